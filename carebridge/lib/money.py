"""Money in words and as staff type it: yuan on the page, whole fen in the database."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from carebridge.lib.numbers import UnreadableError, read_yuan

UNKNOWN = "未公布"
FEN = 100
TYPED = forms.DecimalField(decimal_places=2, max_digits=15, localize=False)


def whole_yuan(fen: int | None) -> str:
    """Return whole yuan with thousands commas, half a yuan up; 未公布 for None."""
    if fen is None or fen == "":
        return UNKNOWN
    rounded = (abs(fen) + FEN // 2) // FEN
    return f"{'−' if fen < 0 < rounded else ''}{rounded:,}"


def exact_yuan(fen: int) -> str:
    """Return yuan with thousands commas, to the fen where it is not whole: 55.50."""
    whole, rest = divmod(fen, FEN)
    return f"{whole:,}.{rest:02}" if rest else f"{whole:,}"


def plain_yuan(fen: int) -> str:
    """Return yuan without commas, to the fen where it is not whole: what a form or sheet takes."""
    return str(fen // FEN) if fen % FEN == 0 else f"{Decimal(fen) / FEN:.2f}"


def yuan_number(fen: int | None) -> int | float | None:
    """Return yuan as a number, whole where it is whole; None stays None."""
    if fen is None:
        return None
    return fen // FEN if fen % FEN == 0 else fen / FEN


class YuanField(forms.IntegerField):
    """A number of fen, shown and typed in yuan: 2300 or 2300.50."""

    def __init__(self, *, label: Any = None, **kwargs: Any) -> None:
        # The models call their columns by what these hold.
        super().__init__(label=label and str(label).replace("（分）", "（元）"), **kwargs)

    def to_python(self, value: Any) -> int | None:
        if not isinstance(value, str):
            return super().to_python(value)
        if not value.strip():
            return None
        try:
            money = read_yuan(value)
        except UnreadableError as error:
            raise ValidationError(str(error)) from None
        if money.note:
            raise ValidationError(f"请写一个确定的数。{money.note}")
        return money.fen

    def prepare_value(self, value: Any) -> Any:
        """Keep typed text as it was typed."""
        if not isinstance(value, int):
            return value
        return plain_yuan(value)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        # The column's bounds are of fen, and a browser counts its steps from the lower one.
        return {"step": "0.01"}
