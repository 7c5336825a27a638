"""Form fields for the parameters of an address, built to be copied cheaply with their form."""

from collections.abc import Iterable
from typing import Any, Self, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from carebridge.lib.fit_text import MARK, marked

AnyThing = TypeVar("AnyThing")

UNREADABLE = MARK  # what Django puts for bytes that are no text, and we for NUL
NONE = "none"


def legible(data: QueryDict) -> QueryDict:
    """Return the data with a mark in place of characters that neither page nor PostgreSQL takes."""
    readable = QueryDict(mutable=True)
    for name, values in data.lists():
        readable.setlist(name, list(map(marked, values)))
    return readable


def shallow_copy(of: AnyThing) -> AnyThing:
    """Return a shallow copy of the attributes; `copy.copy` takes five times as long."""
    new = object.__new__(type(of))
    vars(new).update(vars(of))
    return new


class SharedField(forms.Field):
    """A field whose parts all forms share, for they never change; Django would copy each."""

    def __deepcopy__(self, memo: object) -> Self:
        return shallow_copy(self)


class TokensField(SharedField):
    """Any number of the offered words; blanks are left out."""

    def __init__(self, label: str, offered: Iterable[tuple[str, str]]) -> None:
        super().__init__(label=label, required=False, widget=forms.SelectMultiple)
        self.offered = dict(offered)

    def clean(self, value: Any) -> list[str]:
        tokens = list(dict.fromkeys(token for token in value or [] if token))
        if unknown := [token for token in tokens if token not in self.offered]:
            raise ValidationError(self.refusal(unknown))
        if NONE in tokens and len(tokens) > 1:
            raise ValidationError("选了“没有”，又选了别的，请改一处。")
        return tokens

    def refusal(self, unknown: list[str]) -> str:
        shown = "”“".join(token[:40] for token in unknown[:3])
        return f"没有“{shown}”这一项。"
