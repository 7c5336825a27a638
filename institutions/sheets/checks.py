"""Validation of rows of plain values by their models, without a query and each value once."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from institutions.models import Institution
from institutions.register.record import FIELDS, PARTS, AnyField
from institutions.sheets.constraints import broken_constraints

Fields = dict[str, Any]
Model = type[models.Model]
FIELDS_OF: dict[Model, tuple[AnyField, ...]] = {
    Institution: FIELDS,
    **{part.model: part.fields for part in PARTS},
}


class RowChecks:
    """Validation of rows by their models, without a query and each value once."""

    def __init__(self) -> None:
        self.checks = {
            model: [_FieldCheck.of(item) for item in fields] for model, fields in FIELDS_OF.items()
        }

    def errors_of(self, model: Model, values: Fields) -> list[tuple[str, str]]:
        """Return (field, message) of every error; "" stands for the row as a whole."""
        found = [
            (check.name, why)
            for check in self.checks[model]
            if not (check.may_be_left and values[check.name] == check.default)
            for why in check.check_value(values[check.name])
        ]
        if found:
            return found
        if model.clean is not models.Model.clean:
            found = _clean_faults(model, values)
        return found + [("", why) for why in broken_constraints(model, values)]


@dataclass(frozen=True)
class _FieldCheck:
    """Validation of one field; cached, since Django computes choices anew each time."""

    item: AnyField
    name: str
    default: Any
    may_be_left: bool
    is_prose: bool
    errors_of: dict[Any, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, item: AnyField) -> "_FieldCheck":
        may_be_left = item.blank or item.has_default()
        is_text = isinstance(item, models.CharField | models.TextField)
        is_prose = is_text and not item.flatchoices
        return cls(item, item.name, item.get_default(), may_be_left, is_prose)

    def check_value(self, value: Any) -> list[str]:
        # Hardly two homes have one name or address.
        if self.is_prose:
            return _field_faults(self.item, value)
        if value not in self.errors_of:
            self.errors_of[value] = _field_faults(self.item, value)
        return self.errors_of[value]


@cache
def _defaults(model: Model) -> Fields:
    return {item.name: item.get_default() for item in FIELDS_OF[model]}


def empty_row(model: Model) -> Fields:
    """Return a row with everything unknown."""
    return _defaults(model).copy()


def _field_faults(item: AnyField, value: Any) -> list[str]:
    if isinstance(item, models.ForeignKey) and value is not None:
        return []  # it was looked up when the cell was read
    try:
        item.clean(value, None)
    except ValidationError as error:
        return list(error.messages)
    return []


def _clean_faults(model: Model, values: Fields) -> list[tuple[str, str]]:
    plain = [item for item in FIELDS_OF[model] if not item.is_relation]
    row = model(**{item.name: item.to_python(values[item.name]) for item in plain})
    try:
        row.clean()
    except ValidationError as error:
        return [(name, why) for name, whys in error.message_dict.items() for why in whys]
    return []
