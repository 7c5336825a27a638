"""The parameters of the API: described by the forms that check them, and refused in their words."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError

from carebridge.lib.query_fields import TokensField

Schema = dict[str, Any]


def described(
    fields: Mapping[str, forms.Field],
    schemas: Mapping[str, Schema] | None = None,
    labels: Mapping[str, str] | None = None,
) -> list[OpenApiParameter]:
    """Return the parameters of a form; `schemas` and `labels` describe some beyond their fields."""
    schemas, labels = schemas or {}, labels or {}
    return [
        OpenApiParameter(
            name,
            schemas.get(name) or field_schema(field),
            description=labels.get(name) or str(field.label or ""),
            required=field.required,
        )
        for name, field in fields.items()
    ]


def field_schema(field: forms.Field) -> Schema:
    """Return the schema of a field."""
    match field:
        case TokensField():
            return several(field.offered)
        case forms.IntegerField():
            bounds = {"minimum": field.min_value, "maximum": field.max_value}
            known = {name: bound for name, bound in bounds.items() if bound is not None}
            return {"type": "integer", **known}
        case forms.ChoiceField():
            offered: Any = field.choices
            return {"type": "string", "enum": [str(v) for v, _ in offered if v not in ("", None)]}
    longest = getattr(field, "max_length", None)
    return {"type": "string", "minLength": 1, **({"maxLength": longest} if longest else {})}


def several(offered: Iterable[str]) -> Schema:
    """Any number of these, each once."""
    return {"type": "array", "items": {"type": "string", "enum": list(offered)}}


def refuse_unknown(data: QueryDict, known: Mapping[str, forms.Field]) -> None:
    """Refuse unknown and repeated parameters: a misspelt filter must not find everything."""
    offered = sorted(known)
    words = f"没有这个参数。可以用的有：{'、'.join(offered)}。" if offered else "这里没有参数。"
    errors = {name[:40]: [words] for name in data if name not in known}
    for name, values in data.lists():
        if name in known and len(values) > 1 and not _takes_several(known[name]):
            errors[name] = ["这一项写了不止一次，只写一次。"]
    if errors:
        raise ValidationError(errors)


def _takes_several(field: forms.Field) -> bool:
    return isinstance(field, TokensField) or isinstance(field.widget, forms.SelectMultiple)


def refuse_errors(*found: Mapping[str, Iterable[Any]]) -> None:
    """Every parameter in error, all at once."""
    errors = {name: [*map(str, why)] for errors in found for name, why in errors.items()}
    if errors:
        raise ValidationError(errors)
