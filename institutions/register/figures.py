"""The figures of one home, each in words, and a new value for one of them."""

import copy
import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from carebridge.lib.money import UNKNOWN, exact_yuan
from institutions.models import Fee, Institution
from institutions.register.record import FIELDS, PARTS, AnyField, Record, Row, plain_row
from regions.models import Document, Region
from regions.models.document import UNPASSED, show_date

# Sources speak of figures and are none; the label 示例数据 is no claim of anybody's.
NO_FIGURES = {"provenance", "is_demo"}
ANSWERS = {"是": True, "有": True, "否": False, "没有": False}


@dataclass(frozen=True)
class Figure:
    """One value of a record: its path, its label, and its value in words."""

    path: str
    label: str
    field: AnyField
    words: str
    value: Any = None


def list_figures(institution: Institution, paths: Iterable[str] = ("",)) -> list[Figure]:
    """Return the figures at `paths` and below; no query for one of
    `Institution.objects.with_parts()`.
    """
    wanted = tuple(paths)
    return [
        figure
        for figure in _walk_figures(institution)
        if any(not p or figure.path == p or figure.path.startswith(f"{p}/") for p in wanted)
    ]


def _walk_figures(institution: Institution) -> Iterator[Figure]:
    values = plain_row(institution, FIELDS)
    for field in _figure_fields(FIELDS):
        words = words_of(institution, field)
        yield Figure(field.name, str(field.verbose_name), field, words, values[field.name])
    for part in PARTS:
        if part.name in NO_FIGURES:
            continue
        for row in part.saved_rows(institution):
            data = part.plain_values(row)
            path, label = part.path_of(data), part.label_of(data)
            for field in _figure_fields(part.fields):
                # The label holds it.
                if not (field.name in part.key and field.choices):
                    at = f"{path}/{field.name}"
                    named, words = f"{label}·{_label_field(field)}", words_of(row, field)
                    value = None if words == UNPASSED else data[field.name]
                    yield Figure(at, named, field, words, value)


def _label_field(field: AnyField) -> str:
    # The column holds fen; people read and type yuan.
    return str(field.verbose_name).removesuffix("（分）")


def _figure_fields(fields: Iterable[AnyField]) -> list[AnyField]:
    """Return the fields without the precision of dates, which is shown with its date."""
    return [f for f in fields if not f.name.endswith("precision") and f.name not in NO_FIGURES]


def _precision(field: AnyField) -> str:
    """Return the field with the precision of a date; an empty string where there is none."""
    names = {other.name for other in field.model._meta.fields}
    guesses = (f"{field.name}_precision", f"{field.name.removesuffix('_on')}_precision")
    return next((name for name in guesses if name in names), "")


def words_of(row: models.Model, field: AnyField) -> str:
    """Return the value as pages show it; 未公布 for none."""
    value = getattr(row, field.name)
    if value is None or value == "":
        return UNKNOWN
    if isinstance(value, bool):
        return "是" if value else "否"
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, datetime.date):
        precision = _precision(field)
        return show_date(value, getattr(row, precision) if precision else "day")
    if _is_money(field):
        return f"{exact_yuan(value)} 元"
    if isinstance(value, Region) and field.model is not Institution:
        return value.name
    if isinstance(value, Document):
        return value.shown
    return str(value.full_name if field.name == "region" and field.model is Institution else value)


def _is_money(field: AnyField) -> bool:
    return field.model is Fee and field.name == "amount"


# A new value


def may_change(institution: Institution, path: str) -> bool:
    """Return whether `path` is one figure that can be changed without its neighbours.

    A row with a date of its own cannot: a new count under the old date would be as wrong as the
    other counts under a new one.
    """
    found = list_figures(institution, [path])
    return len(found) == 1 and found[0].path == path and not _is_dated(found[0].field)


def _is_dated(field: AnyField) -> bool:
    return field.model is not Institution and any(
        f.name == "as_of" for f in field.model._meta.fields
    )


def change_figure(before: Record, path: str, text: str) -> tuple[Record, str]:
    """Return the record with the figure at `path` set from `text`, and its new path.

    The path differs where the figure is part of its row's key: another telephone number. Sources
    of the row move along. Raises `ValidationError` for a text that is no such value.
    """
    record = copy.deepcopy(before)
    for part in PARTS:
        for row in part.rows_in(record):
            was = part.path_of(row)
            if path.startswith(f"{was}/"):
                name = path.removeprefix(f"{was}/")
                _set_value(row, _find_field(part.fields, name), text)
                _move_sources(record, was, part.path_of(row))
                return record, f"{part.path_of(row)}/{name}"
    _set_value(record, _find_field(FIELDS, path), text)
    return record, path


def _find_field(fields: Iterable[AnyField], name: str) -> AnyField:
    for field in fields:
        if field.name == name:
            return field
    raise ValidationError(f"没有“{name}”这一项。")


def _set_value(row: Row, field: AnyField, text: str) -> None:
    row[field.name] = value = parse_value(field, text)
    if (precision := _precision(field)) and value is not None:
        row[precision] = "day"


def _move_sources(record: Record, was: str, now: str) -> None:
    for source in record["provenance"]:
        if source["field"] == was or source["field"].startswith(f"{was}/"):
            source["field"] = now + source["field"].removeprefix(was)


def parse_value(field: AnyField, text: str) -> Any:
    """Return the value of a record that `text` means: 是, 2300 (yuan), 双人间, 2026-11-01,
    未公布.
    """
    text = text.strip()
    if text in ("", UNKNOWN):
        return None if field.null else ""
    if isinstance(field, models.BooleanField):
        if text not in ANSWERS:
            raise ValidationError("写“是”“否”或“未公布”。")
        return ANSWERS[text]
    if field.choices:
        return _parse_choice(field, text)
    if _is_money(field):
        return _parse_fen(text)
    if isinstance(field, models.IntegerField | models.FloatField):
        return _parse_number(field, text)
    return text


def _parse_choice(field: AnyField, text: str) -> Any:
    for value, label in field.flatchoices:
        if text in (str(value), str(label)):
            return value
    offered = "、".join(str(label) for _, label in field.flatchoices)
    raise ValidationError(f"要是其中一个：{offered}。")


def _parse_fen(text: str) -> int:
    yuan, _, fen = text.replace(",", "").removesuffix("元").strip().partition(".")
    if not (yuan.isascii() and yuan.isdecimal() and len(yuan) <= 7):
        raise ValidationError("写几元，如 2300 或 2300.50。")
    if fen and not (fen.isascii() and fen.isdecimal() and len(fen) <= 2):
        raise ValidationError("写几元，如 2300 或 2300.50。")
    return int(yuan) * 100 + int(fen.ljust(2, "0") or 0)


def _parse_number(field: AnyField, text: str) -> int | float:
    try:
        return int(text) if isinstance(field, models.IntegerField) else float(text)
    except ValueError:
        raise ValidationError("要是数字。") from None
