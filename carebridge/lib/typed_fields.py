"""Form fields that read what people type as a sheet is read: １２０张, 1,200元, 2016年4月5号."""

import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

from carebridge.lib.dates import read_date
from carebridge.lib.numbers import UnreadableError, read_count, units_of
from carebridge.lib.phones import read_phones
from carebridge.lib.text import normal_lines, normalize


class LineField(forms.CharField):
    """One line in the form it is kept."""

    def to_python(self, value: Any) -> str | None:
        return super().to_python(normalize(value) if isinstance(value, str) else value)


class LinesField(forms.CharField):
    """Text of several lines in the form it is kept."""

    def to_python(self, value: Any) -> str | None:
        return super().to_python(normal_lines(value) if isinstance(value, str) else value)


class PhoneField(forms.CharField):
    """One telephone number."""

    def to_python(self, value: Any) -> str | None:
        text = super().to_python(value)
        if not text:
            return text
        try:
            numbers = read_phones(text).numbers
        except UnreadableError as error:
            raise ValidationError(str(error)) from None
        if len(numbers) > 1:
            raise ValidationError("这里写了不止一个号码，请一行填一个。")
        return numbers[0]


class CountField(forms.IntegerField):
    """A whole number; typed in a plain box, for a number box drops what it cannot read."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs["widget"] = forms.TextInput(
            attrs={"class": "vIntegerField", "inputmode": "numeric", "autocomplete": "off"}
        )
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> int | None:
        if value in self.empty_values or not isinstance(value, str) or not value.strip():
            return super().to_python(value if not isinstance(value, str) else value.strip())
        try:
            number = read_count(value, units_of(str(self.label or "")))
        except UnreadableError as error:
            raise ValidationError(str(error)) from None
        if number.note:
            raise ValidationError(f"请写一个确定的数。{number.note}")
        return int(number.value)


class DayField(forms.DateField):
    """A day."""

    def to_python(self, value: Any) -> datetime.date | None:
        if not isinstance(value, str) or not value.strip():
            return super().to_python(value if not isinstance(value, str) else value.strip())
        try:
            day, precision = read_date(value)
        except UnreadableError as error:
            raise ValidationError(str(error)) from None
        if precision != "day":
            raise ValidationError("要写到日，如 2026-01-31。")
        return day


def typed_field(column: models.Field) -> type[forms.Field] | None:  # type: ignore[type-arg]
    """Return the form field for what people type into a column; None: the usual one."""
    if column.choices or isinstance(column, models.URLField | models.SlugField | models.EmailField):
        return None
    if type(column) is models.CharField:
        names = {getattr(validator, "message", "") for validator in column.validators}
        return PhoneField if any("010-12345678" in str(name) for name in names) else LineField
    if type(column) is models.TextField:
        return LinesField
    if isinstance(column, models.IntegerField) and not isinstance(column, models.AutoField):
        return CountField
    return DayField if type(column) is models.DateField else None
