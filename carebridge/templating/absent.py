"""Values of templates for missing names, and the output of a value."""

import datetime
from collections.abc import Mapping
from decimal import Decimal
from types import BuiltinMethodType, FunctionType, MethodType

from django.utils import timezone
from django.utils.formats import localize
from jinja2 import ChainableUndefined, TemplateRuntimeError, Undefined, UndefinedError
from jinja2.utils import missing

NUMBERS_AND_DAYS = (datetime.date, datetime.time, float, Decimal)
CALLABLE = (MethodType, FunctionType, BuiltinMethodType)


class Absent(ChainableUndefined):
    """Nothing: a name that a page was not given, or an attribute of None, at any depth.

    Raises:
        UndefinedError: an object has no such attribute, so that the template is wrong.
    """

    def __init__(
        self,
        hint: str | None = None,
        obj: object = missing,
        name: str | None = None,
        exc: type[TemplateRuntimeError] = UndefinedError,
    ) -> None:
        super().__init__(hint, obj, name, exc)
        if obj is not missing and obj is not None and not isinstance(obj, (Undefined, Mapping)):
            raise UndefinedError(f"{type(obj).__qualname__} has no {name!r}")


def is_none(value: object) -> bool:
    """Return whether there is no value: None, or nothing at all."""
    return value is None or isinstance(value, Undefined)


def write(value: object) -> object:
    """Return a value as a page writes it: days and numbers in the language of the site.

    Raises:
        TypeError: a method, which a template forgot to call.
    """
    if isinstance(value, str) or type(value) is int:
        return value
    if isinstance(value, datetime.datetime) and timezone.is_aware(value):
        value = timezone.localtime(value)
    if isinstance(value, NUMBERS_AND_DAYS):
        return localize(value)
    if isinstance(value, CALLABLE):
        raise TypeError(f"{value!r} is written without being called")
    return value
