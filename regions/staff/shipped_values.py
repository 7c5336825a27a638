"""A row with its parts as plain values: to compare with another state of it, to show and to write.

The values are a dict of field -> value: text, numbers, dates as ISO, decimals as text, links as
keys, links to many as sorted lists of keys; and PARTS -> a list of such dicts. Fields that are not
for editing (stages, versions, times) are left out.
"""

import datetime
import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Field, Model

from regions.models import Policy, Rate, Reviewed

PARTS = "parts"
# The parts of a row, and the field by which each names it.
PARTS_OF: dict[type[Model], tuple[type[Model], str]] = {Policy: (Rate, "policy")}
Values = dict[str, Any]


def fields_of(model: type[Model]) -> list[Any]:
    """Return the concrete fields that people edit, without the link of a part to its owner."""
    owner = next((name for part, name in PARTS_OF.values() if part is model), "")
    return [
        field
        for field in model._meta.concrete_fields
        if field.editable and field.name != owner and not (field.primary_key and field.auto_created)
    ]


def plain(value: Any) -> Any:
    """Return the value as JSON holds it."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return value.isoformat() if isinstance(value, datetime.date) else value


def own_values(row: Model) -> Values:
    """Return the concrete values of a row, saved or not."""
    return {field.name: plain(getattr(row, field.attname)) for field in fields_of(type(row))}


def with_parts(values: Values, parts: Iterable[Values]) -> Values:
    return values | {PARTS: sorted(parts, key=lambda part: json.dumps(part, sort_keys=True))}


def values_of(model: type[Model], rows: Iterable[Any]) -> dict[Any, Values]:
    """Return the values of saved rows by primary key; a query for each kind of link and part."""
    found = {row.pk: own_values(row) for row in rows}
    for field in model._meta.many_to_many:
        source, target = f"{field.m2m_field_name()}_id", f"{field.m2m_reverse_field_name()}_id"
        for values in found.values():
            values[field.name] = []
        through = getattr(model, field.name).through._default_manager
        for pk, other in through.values_list(source, target):
            if pk in found:
                found[pk][field.name].append(other)
        for values in found.values():
            values[field.name].sort(key=str)
    if model in PARTS_OF:
        part, owner = PARTS_OF[model]
        parts: dict[Any, list[Values]] = {pk: [] for pk in found}
        for row in part._default_manager.filter(**{f"{owner}__in": list(found)}):
            parts[getattr(row, f"{owner}_id")].append(own_values(row))
        found = {pk: with_parts(values, parts[pk]) for pk, values in found.items()}
    return found


def is_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two states agree in all that both know: a column may be newer than one of
    them.
    """
    return all(
        [_common(part, other[name]) for part in values] == [_common(p, values) for p in other[name]]
        if name == PARTS
        else values == other[name]
        for name, values in one.items()
        if name in other
    )


def _common(part: Values, others: list[Values]) -> Values:
    known = others[0].keys() if others else part.keys()
    return {name: value for name, value in part.items() if name in known}


def write(row: Any, values: Mapping[str, Any]) -> None:
    """Write the values to the row, parts and links included; in the caller's transaction."""
    fields = [field for field in fields_of(type(row)) if field.name in values]
    for field in fields:
        value = values[field.name]
        setattr(row, field.attname, value if field.is_relation else field.to_python(value))
    names = [field.name for field in fields if not field.primary_key]
    if isinstance(row, Reviewed):
        row.version += 1
        names.append("version")
    row.save(update_fields=names)
    for field in type(row)._meta.many_to_many:
        if field.name in values:
            getattr(row, field.name).set(values[field.name])
    if PARTS in values and type(row) in PARTS_OF:
        part, owner = PARTS_OF[type(row)]
        part._default_manager.filter(**{owner: row}).delete()
        part._default_manager.bulk_create(
            _built(part, {owner: row}, each) for each in values[PARTS]
        )


def _built(part: type[Model], owner: dict[str, Any], values: Values) -> Model:
    made = part(**owner)
    for field in fields_of(part):
        if field.name in values:
            value = values[field.name]
            setattr(made, field.attname, value if field.is_relation else field.to_python(value))
    return made


# In words


def differences(
    model: type[Model], old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[tuple[str, str, str, bool]]:
    """Yield (what, old words, new words, whether it is an amount) of all that is not the same."""
    for name in new:
        if name == PARTS:
            yield from _part_differences(PARTS_OF[model][0], old.get(PARTS, []), new[PARTS])
        elif name not in old or old[name] != new[name]:
            field: Any = model._meta.get_field(name)
            was = words(field, old[name]) if name in old else "不知道"
            yield str(field.verbose_name), was, words(field, new[name]), is_amount(field)


def _part_differences(
    part: type[Model], old: list[Values], new: list[Values]
) -> Iterator[tuple[str, str, str, bool]]:
    """Parts are matched by their order, or by their place where they have none."""
    before = {values.get("order", at): values for at, values in enumerate(old)}
    after = {values.get("order", at): values for at, values in enumerate(new)}
    for place in sorted(before.keys() | after.keys()):
        was, now = before.get(place), after.get(place)
        name = f"{(now or was or {}).get('name', '')}（第 {place} 档）"
        if was is None or now is None:
            yield name, "没有" if was is None else "有", "有" if was is None else "没有", True
            continue
        for what, one, other, money in differences(part, was, now):
            yield f"{name}{what}", one, other, money


def is_amount(field: Any) -> bool:
    """Return whether the field is a figure that families rely on, not an order or a level."""
    kind = field.get_internal_type()
    return kind in {"PositiveBigIntegerField", "DecimalField"} or field.name == "percent"


def words(field: "Field[Any, Any]", value: Any) -> str:
    """Return a value as people read it."""
    if value in (None, "", []):
        return "没有填"
    if field.is_relation:
        keys = value if isinstance(value, list) else [value]
        related: Any = field.related_model
        return "、".join(str(row) for row in related._default_manager.filter(pk__in=keys))
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, bool):
        return "是" if value else "否"
    return str(value)
