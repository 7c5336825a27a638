"""One whole record: an institution with all its parts as plain data, out, in and compared.

A record is what JSON can hold: `{"name": …, "region": "110105", …, "beds": [{…}, …],
"terms": {…} or None, …}`. Dates are ISO strings; a link is the natural key of what it leads to
(a region's code, a document's slug, a user's name). Part rows are known by their key and stand in
the order of their keys.

What belongs: every field of the models but the bookkeeping. `stage` is left out, because who may
publish is decided by the workflow and no record publishes itself; `is_demo` belongs, because the
label 示例数据 goes wherever the figures go.

A path names a figure: `name`, `terms/trial_days`, `beds/nursing/twin/vacant`, that is the part, the
values of its key ("" for none, "/" written ~1 and "~" written ~0 as in RFC 6901) and the field.
"""

import copy
import datetime
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.core.exceptions import (
    NON_FIELD_ERRORS,
    ObjectDoesNotExist,
    SuspiciousFileOperation,
    ValidationError,
)
from django.core.files.utils import validate_file_name
from django.db import models, transaction

from institutions.models import Institution
from institutions.models.institution import PARTS as PART_NAMES

Record = dict[str, Any]
Row = dict[str, Any]
Key = tuple[Any, ...]
AnyField: TypeAlias = "models.Field[Any, Any]"
Errors = dict[str, list[str]]

BOOKKEEPING = {"id", "stage", "version", "created_at", "updated_at"}
# Parts without a UniqueConstraint to read the key from.
KEYS = {"photos": ("image",)}


@dataclass(frozen=True)
class Part:
    """One kind of row below an institution: its model, its fields, and the key among them."""

    name: str
    model: type[models.Model]
    fields: tuple[AnyField, ...]
    key: tuple[str, ...]
    # At most one row, given as a dict or None instead of a list.
    single: bool

    def saved_rows(self, institution: Institution) -> list[models.Model]:
        if institution._state.adding:
            return []
        if self.single:
            row = getattr(institution, self.name, None)
            return [] if row is None else [row]
        return list(getattr(institution, self.name).all())

    def plain_values(self, row: models.Model) -> Row:
        return plain_row(row, self.fields)

    def rows_in(self, record: Record) -> list[Row]:
        """Return the part's rows in a record, whether it holds one or many."""
        value = record[self.name]
        if self.single:
            return [] if value is None else [value]
        return list(value)

    def key_of(self, row: Row) -> Key:
        return tuple(row.get(name) for name in self.key)

    def in_order(self, rows: Iterable[Row]) -> list[Row]:
        """Return the rows as they stand in a record: by their keys."""
        return sorted(rows, key=lambda row: _sort_key(self.key_of(row)))

    def path_of(self, row: Row) -> str:
        return "/".join([self.name, *(_segment(value) for value in self.key_of(row))])

    def label_of(self, row: Row) -> str:
        """床位·护理型床位·双人间: the part and its key in words."""
        words = [str(self.model._meta.verbose_name)]
        for field in self.fields:
            if field.name in self.key and row[field.name] not in (None, ""):
                words.append(str(dict(field.flatchoices).get(row[field.name], row[field.name])))
        return "·".join(words)


def _segment(value: Any) -> str:
    return "" if value is None else str(value).replace("~", "~0").replace("/", "~1")


def _model_fields(model: type[models.Model], but: Iterable[str]) -> tuple[AnyField, ...]:
    return tuple(field for field in model._meta.concrete_fields if field.name not in but)


def _key_fields(name: str, model: type[models.Model]) -> tuple[str, ...]:
    """Return the fields that the model's one UniqueConstraint names beside the institution."""
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            named = [_field_name_in(expression) for expression in constraint.expressions]
            return tuple(field for field in named if field != "institution")
    return KEYS.get(name, ())


def _field_name_in(expression: Any) -> str:
    """Return the field in an expression: F("room"), or Coalesce(F("valid_from"), …)."""
    if hasattr(expression, "name"):
        return str(expression.name)
    return next(_field_name_in(inner) for inner in expression.get_source_expressions())


def _make_part(name: str) -> Part:
    relation = Institution._meta.get_field(name)
    assert isinstance(relation, models.ManyToOneRel)  # noqa: S101 (narrows for mypy)
    model: Any = relation.related_model
    single = isinstance(relation, models.OneToOneRel)
    return Part(
        name, model, _model_fields(model, {"id", "institution"}), _key_fields(name, model), single
    )


FIELDS = _model_fields(Institution, BOOKKEEPING)
PARTS = tuple(_make_part(name) for name in PART_NAMES)
_BY_MODEL: dict[type[models.Model], Part] = {part.model: part for part in PARTS}


def path_of(row: models.Model) -> str:
    """Return the path of one row of a part: beds/nursing/twin."""
    part = _BY_MODEL[type(row)]
    return part.path_of(part.plain_values(row))


# Out


def to_record(institution: Institution) -> Record:
    """Return the institution and all its parts as plain data.

    No query for one that comes from `Institution.objects.with_parts()`. An unsaved institution
    gives an empty record: fill it in and give it to `apply_record`.
    """
    record = plain_row(institution, FIELDS)
    for part in PARTS:
        rows = [part.plain_values(row) for row in part.saved_rows(institution)]
        if part.single:
            record[part.name] = rows[0] if rows else None
        else:
            record[part.name] = part.in_order(rows)
    return record


def plain_row(row: models.Model, fields: Iterable[AnyField]) -> Row:
    return {field.name: _plain_value(row, field) for field in fields}


def _plain_value(row: models.Model, field: AnyField) -> Any:
    value = getattr(row, field.attname)
    if value is None:
        return None
    if field.is_relation:
        return getattr(row, field.name).natural_key()[0]
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(field, models.FileField):
        return value.name
    return value


def _sort_key(key: Key) -> list[tuple[bool, Any]]:
    """None sorts first: a date is never compared with nothing."""
    return [(value is not None, value) for value in key]


# In


def apply_record(institution: Institution, record: Record) -> None:
    """Write the record to the institution, saved or new, and all its parts.

    Rows are matched by their keys: changed ones are updated, missing ones created, others deleted,
    equal ones left alone. If anything changed, `version` goes up by one and the instance is read
    anew; a new institution starts at version 1. Raises `ValidationError` with messages by path,
    before anything is written, for a record that is not whole and well formed or that the models
    refuse. Rows that do not change are not judged again. The caller refreshes the listing
    (`institutions.register.listings.refresh`) in the same transaction.
    """
    _raise_errors(check_shape(record))
    current = to_record(institution)
    is_new = institution._state.adding
    if not is_new and not difference(current, record):
        return
    errors: Errors = {}
    # A copy is judged, so that a refused record leaves the instance as it was.
    draft = copy.copy(institution)
    if is_new or any(_compare(FIELDS, current, record, "", "")):
        _fill_row(draft, FIELDS, record, "", errors)
    plans = [_plan_part(part, institution, record, errors) for part in PARTS]
    _raise_errors(errors)
    with transaction.atomic():
        for field in FIELDS:
            setattr(institution, field.name, getattr(draft, field.name))
        if not is_new:
            institution.version = models.F("version") + 1
        institution.save()
        for plan in plans:
            plan.write_rows(institution)
        institution.refresh_from_db()


@dataclass(frozen=True)
class PartPlan:
    """Rows of one part to add, change and remove."""

    changed: list[models.Model]
    gone: list[models.Model]

    def write_rows(self, institution: Institution) -> None:
        for row in self.gone:
            row.delete()
        for row in self.changed:
            row.institution = institution  # type: ignore[attr-defined]
            row.save()


def _plan_part(part: Part, institution: Institution, record: Record, errors: Errors) -> PartPlan:
    rows = {}
    for row in part.saved_rows(institution):
        was = part.plain_values(row)
        rows[part.key_of(was)] = (row, was)
    changed = []
    for data in part.rows_in(record):
        row, was = rows.pop(part.key_of(data), (part.model(), {}))
        if data != was:
            row = copy.copy(row)
            _fill_row(row, part.fields, data, part.path_of(data) + "/", errors)
            changed.append(row)
    return PartPlan(changed, [row for row, _ in rows.values()])


def _fill_row(
    row: models.Model,
    fields: Iterable[AnyField],
    data: Row,
    prefix: str,
    errors: Errors,
) -> None:
    """Fill the row and add to `errors` what its model has against it."""
    # The institution may not be saved yet; that keys are unique in it was checked on the record.
    skip = {"institution"}
    for field in fields:
        try:
            setattr(row, field.name, _parse_value(field, data[field.name]))
        except ValidationError as error:
            errors[prefix + field.name] = error.messages
            skip.add(field.name)
    try:
        row.full_clean(exclude=skip)
    except ValidationError as error:
        for name, messages in error.message_dict.items():
            path = prefix.rstrip("/") if name == NON_FIELD_ERRORS else prefix + name
            errors.setdefault(path or NON_FIELD_ERRORS, []).extend(messages)


def _parse_value(field: AnyField, value: Any) -> Any:
    """Return the value a model takes; one query for a link."""
    if value is None or not isinstance(field, models.ForeignKey):
        return field.to_python(value)
    rows: Any = field.remote_field.model._default_manager
    try:
        return rows.get_by_natural_key(value)
    except ObjectDoesNotExist:
        raise ValidationError(f"没有“{value}”。") from None


def _raise_errors(errors: Errors) -> None:
    if errors:
        raise ValidationError(errors)


# The shape


def check_shape(record: Any) -> Errors:
    """Return the errors of shape in `record`: messages by path; no query."""
    if not isinstance(record, dict):
        return {NON_FIELD_ERRORS: ["记录要是一个对象（键和值）。"]}
    names = [*(field.name for field in FIELDS), *PART_NAMES]
    found = [*_key_errors(record, names, ""), *_value_errors(record, FIELDS, "")]
    for part in PARTS:
        if part.name in record:
            found += _part_errors(part, record[part.name])
    errors: Errors = {}
    for path, message in found:
        errors.setdefault(path, []).append(message)
    return errors


Found = Iterator[tuple[str, str]]


def _part_errors(part: Part, value: Any) -> Found:
    if part.single:
        value = [] if value is None else [value]
    if not isinstance(value, list):
        yield part.name, "要是一个列表。"
        return
    seen = set()
    for place, row in enumerate(value, start=1):
        if not isinstance(row, dict):
            yield part.name, f"第 {place} 行要是一个对象（键和值）。"
            continue
        path = part.path_of(row)
        if path in seen:
            yield path, "重复了：每一行的关键内容只能出现一次。"
        seen.add(path)
        yield from _key_errors(row, [field.name for field in part.fields], path + "/")
        yield from _value_errors(row, part.fields, path + "/")


def _key_errors(row: Row, names: Iterable[str], prefix: str) -> Found:
    known = set(names)
    for name in row:
        if name not in known:
            yield prefix + str(name), "没有这一项。"
    for name in names:
        if name not in row:
            yield prefix + name, "缺这一项；未公布的填 null 或空文字。"


def _value_errors(row: Row, fields: Iterable[AnyField], prefix: str) -> Found:
    for field in fields:
        if field.name in row and (message := _shape_error(field, row[field.name])):
            yield prefix + field.name, message


def _shape_error(field: AnyField, value: Any) -> str:
    """Why JSON value `value` does not fit `field`, or an empty string."""
    if value is None:
        return "" if field.null else "不能是 null。"
    for kind, wrong in _SHAPES:
        if isinstance(field, kind):
            return wrong(value)
    return _wrong_text(value)


def _wrong_text(value: Any) -> str:
    if not isinstance(value, str):
        return "要是文字。"
    # PostgreSQL takes neither; SQLite takes the first and fails on the second.
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        return "含有不能保存的字符。"
    return ""


def _wrong_date(value: Any) -> str:
    try:
        date = datetime.date.fromisoformat(value)
    except (TypeError, ValueError):
        return "要是日期，写成 2026-01-31。"
    # The first day of the calendar stands for "no start" in the unique constraints.
    if date == datetime.date.min or date.isoformat() != value:
        return "要是日期，写成 2026-01-31。"
    return ""


def _wrong_boolean(value: Any) -> str:
    return "" if isinstance(value, bool) else "要是 true 或 false。"


def _wrong_integer(value: Any) -> str:
    return "" if type(value) is int else "要是整数。"


def _wrong_number(value: Any) -> str:
    # No figure here is above a billion; a larger integer would not fit a float either.
    if type(value) in {int, float} and abs(value) < 1e9:
        return ""
    return "要是数字。"


def _wrong_file(value: Any) -> str:
    if wrong := _wrong_text(value):
        return wrong
    try:
        validate_file_name(value, allow_relative_path=True)
    except SuspiciousFileOperation:
        return "不是一个文件路径。"
    return "文件路径太长。" if len(value) > 100 else ""


_SHAPES: tuple[tuple[type[AnyField], Callable[[Any], str]], ...] = (
    (models.ForeignKey, _wrong_text),
    (models.DateField, _wrong_date),
    (models.BooleanField, _wrong_boolean),
    (models.IntegerField, _wrong_integer),
    (models.FloatField, _wrong_number),
    (models.FileField, _wrong_file),
)


# Compared


@dataclass(frozen=True)
class Change:
    """One figure or one whole row that differs; `old` or `new` is None for a row that is not there.

    `label` is the path in words: 床位·护理型床位·双人间·空余床位.
    """

    path: str
    label: str
    old: Any
    new: Any


def difference(old: Record, new: Record) -> list[Change]:
    """Return what changes from one whole record to another, in the order of the models.

    Empty if and only if the records are equal; the order of part rows does not matter.
    """
    changes = list(_compare(FIELDS, old, new, "", ""))
    for part in PARTS:
        before = {part.key_of(row): row for row in part.rows_in(old)}
        after = {part.key_of(row): row for row in part.rows_in(new)}
        for key in sorted(before.keys() | after.keys(), key=_sort_key):
            changes += _compare_rows(part, before.get(key), after.get(key))
    return changes


def _compare_rows(part: Part, old: Row | None, new: Row | None) -> Iterator[Change]:
    row = new if old is None else old
    assert row is not None  # noqa: S101 (one of the two is there)
    path, label = part.path_of(row), part.label_of(row)
    if old is None or new is None:
        yield Change(path, label, old, new)
    else:
        yield from _compare(part.fields, old, new, f"{path}/", f"{label}·")


def _compare(
    fields: Iterable[AnyField], old: Row, new: Row, path: str, label: str
) -> Iterator[Change]:
    for field in fields:
        if old[field.name] != new[field.name]:
            yield Change(
                path + field.name,
                f"{label}{field.verbose_name}",
                old[field.name],
                new[field.name],
            )
