"""Money as staff type it: yuan on the page, whole fen in the database."""

from decimal import Decimal
from typing import Any

from django import forms

TYPED = forms.DecimalField(decimal_places=2, max_digits=15, localize=False)


class YuanField(forms.IntegerField):
    """A number of fen, shown and typed in yuan: 2300 or 2300.50."""

    def __init__(self, *, label: Any = None, **kwargs: Any) -> None:
        # The models call their columns by what these hold.
        super().__init__(label=label and str(label).replace("（分）", "（元）"), **kwargs)

    def to_python(self, value: Any) -> int | None:
        yuan: Decimal | None = None if value in self.empty_values else TYPED.clean(value)
        return None if yuan is None else int(yuan * 100)

    def prepare_value(self, value: Any) -> Any:
        """What was typed stays as it was typed."""
        if not isinstance(value, int):
            return value
        return str(value // 100) if value % 100 == 0 else f"{Decimal(value) / 100:.2f}"

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        # The column's bounds are of fen, and a browser counts its steps from the lower one.
        return {"step": "0.01"}
