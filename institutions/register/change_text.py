"""Changes of a record in people's words: what was there, what is there now."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from carebridge.lib.money import UNKNOWN, exact_yuan
from institutions.models import Institution, Provenance
from institutions.register.history import ConflictError
from institutions.register.provenance import label_of
from institutions.register.record import FIELDS, PARTS, AnyField, Change, Row
from regions.models import DatePrecision, Region

FIELD_OF = {field.name: field for field in FIELDS} | {
    f"{part.name}/{field.name}": field for part in PARTS for field in part.fields
}


@dataclass(frozen=True)
class ChangeLine:
    """One change: what of the home, the words before and after; a row not there is 没有."""

    label: str
    old: str
    new: str


def describe_changes(changes: Iterable[Change]) -> list[ChangeLine]:
    return [
        ChangeLine(
            label_change(change),
            describe_value(change.path, change.old),
            describe_value(change.path, change.new),
        )
        if not _is_row(change)
        else ChangeLine(
            label_change(change),
            _describe_row(change.path, change.old),
            _describe_row(change.path, change.new),
        )
        for change in changes
    ]


def label_change(change: Change) -> str:
    """Return what changed, in people's words; those kept with the change name files and paths."""
    return label_of(change.path) if "/" in change.path else change.label


def reason_of(error: Exception) -> str:
    """Why changes could not be made, in words."""
    if isinstance(error, ValidationError):
        return "；".join(error.messages)
    if isinstance(error, ConflictError):
        now = "；".join(
            f"{label_change(c)}现在是“{describe_value(c.path, value)}”" for c, value in error.found
        )
        return f"提交以后，这些内容又被改过：{now}。请看过现在的内容再改。"
    return "别人已经审过这一条。"


def describe_value(path: str, value: Any) -> str:
    """Return the words for the value of the figure, or of the row, at `path`."""
    if isinstance(value, dict):
        return _describe_row(path, value)
    names = path.split("/")
    if path == "stage":
        return str(Institution.Stage(value).label)
    return _describe_field(
        FIELD_OF.get(names[0] if len(names) == 1 else f"{names[0]}/{names[-1]}"), value
    )


def _describe_field(field: "AnyField | None", value: Any) -> str:
    if value is None or value == "":
        return UNKNOWN
    if isinstance(value, bool):
        return "是" if value else "否"
    if field is not None and field.related_model is Region:
        found = Region.objects.with_ancestors().filter(pk=value).first()
        return str(found or value)
    if field is not None and field.name == "amount":
        return f"{exact_yuan(value)} 元"
    if field is not None and field.model is Provenance and field.name == "field":
        return label_of(value)
    choices = dict(field.flatchoices) if field is not None else {}
    return str(choices.get(value, value))


def _is_row(change: Change) -> bool:
    return isinstance(change.old, dict) or isinstance(change.new, dict)


def _describe_row(path: str, row: Row | None) -> str:
    """Return the values of a row, without empty ones."""
    if row is None:
        return "没有"
    part = path.split("/")[0]
    values = ((FIELD_OF[f"{part}/{name}"], value) for name, value in row.items())
    words = [
        f"{str(field.verbose_name).removesuffix('（分）')}：{_describe_field(field, value)}"
        for field, value in values
        if value not in (None, "") and not isinstance(field, models.FileField)
        if (field.name, value) != ("as_of_precision", DatePrecision.DAY)
    ]
    return "；".join(words)
