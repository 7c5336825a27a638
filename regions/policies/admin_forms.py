"""Forms of staff about policies, checked as a whole."""

from itertools import combinations
from typing import Any

from django import forms

from regions.models import Rate
from regions.models.rate import SAME_CONDITIONS, SAME_ORDER, overlap

TAKEN = "这一档的先后或条件是另一档原来的。要互换或顶替，请分两次保存。"


class RateFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    """The rates of one policy: each is checked against the policy and the others as typed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for form in self.forms:
            form.instance.policy = self.instance

    def clean(self) -> None:
        """Django leaves the link to the policy, and so every key, out of an inline's validation.

        A key that another row has until it is saved is refused too: rows are written in turn.
        """
        super().clean()
        gone = self.deleted_forms
        kept = [f for f in self.forms if f.is_valid() and f not in gone and f.cleaned_data]
        for one, other in combinations(kept, 2):
            if one.instance.order == other.instance.order:
                other.add_error("order", SAME_ORDER)
            elif is_same(one.instance, other.instance):
                other.add_error(None, SAME_CONDITIONS)
        for row in Rate.objects.filter(policy=self.instance.pk):
            for form in kept:
                if not form.errors and form.instance.pk != row.pk and takes(form.instance, row):
                    form.add_error(None, TAKEN)


def is_same(one: Rate, other: Rate) -> bool:
    """Return whether two rates are for the same people on some day."""
    return overlap(one, other) and one.is_for() == other.is_for()


def takes(typed: Rate, row: Rate) -> bool:
    """Return whether a typed rate has the order or conditions of a stored row."""
    return typed.order == row.order or (
        typed.in_force_from == row.in_force_from and typed.is_for() == row.is_for()
    )


class TrialForm(forms.Form):
    """On which day the worked cases are tried; left out: each on its own day."""

    on = forms.DateField(
        label="试算哪一天（不填：每个案例自己的日期）",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
