"""The provenance row of a figure, and the Chinese label of its path."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Protocol, Self, TypeVar

from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet

from institutions.models import Institution, Provenance
from institutions.register.record import FIELDS, PARTS, AnyField
from regions.models import Document


class Sourced(Protocol):
    """A source with the path of the figures it covers."""

    @property
    def field(self) -> str: ...


AnySource = TypeVar("AnySource", bound=Sourced)


@dataclass(frozen=True)
class SourceLine:
    """Source of a figure, its date, and its last check.

    `url` is our own page of the document, which leads on to the original.
    """

    label: str
    title: str
    url: str
    kind: str
    as_of: datetime.date
    dated: str
    verified: str
    quote: str
    is_demo: bool
    # Of all rows that `grouped` puts together, the path of one.
    path: str = field(default="", compare=False)

    @classmethod
    def from_row(cls, row: Provenance) -> Self:
        verified = f"{row.verified_on}，{row.get_verified_how_display()}" if row.verified_on else ""
        return cls(
            label_of(row.field),
            row.source,
            row.document.shown_url if row.document else "",
            row.get_kind_display(),
            row.as_of,
            row.dated,
            verified,
            row.quote,
            row.kind == Provenance.Kind.DEMO,
            row.field,
        )


def public_documents() -> "QuerySet[Document]":
    """Return the documents that families see: passed, and of a sheet while one of its homes is.

    What a sheet is called was typed by whoever brought it in, and means nothing without its homes.
    """
    homes = Provenance.objects.filter(
        document=OuterRef("pk"), institution__stage=Institution.Stage.PUBLISHED
    )
    return Document.objects.published().filter(Q(is_sheet=False) | Exists(homes))


def leads_to(field: str, path: str) -> bool:
    """Return whether a row for `field` covers `path`: the same path, one above it, or
    everything.
    """
    return not field or path == field or path.startswith(f"{field}/")


def source_of(rows: Iterable[AnySource], path: str) -> AnySource | None:
    """Return the source of the figure at `path`: the row whose own path is the longest that leads
    there.

    None when the source of the figure is unknown.
    """
    leading = (row for row in rows if leads_to(row.field, path))
    return max(leading, key=lambda row: len(row.field), default=None)


def sources_of(rows: Iterable[AnySource], paths: Iterable[str]) -> list[AnySource]:
    """Return every source of what stands at `paths` and below them, each once, widest path
    first.
    """
    rows = list(rows)
    found: dict[str, AnySource] = {}
    for path in paths:
        if source := source_of(rows, path):
            found[source.field] = source
        found |= {row.field: row for row in rows if row.field and leads_to(path, row.field)}
    return sorted(found.values(), key=lambda row: (row.field.count("/"), row.field))


def group_sources(rows: Iterable[Provenance]) -> list[SourceLine]:
    """One line for all rows of one document, date and check, naming what each is the source of."""
    groups: dict[SourceLine, list[str]] = {}
    for row in rows:
        line = SourceLine.from_row(row)
        groups.setdefault(replace(line, label="", quote=""), []).append(line.label)
    return [replace(line, label="、".join(labels)) for line, labels in groups.items()]


def label_of(path: str) -> str:
    """Return the path in people's words: beds/nursing/twin is 床位·护理型床位·双人间."""
    if not path:
        return "其他全部内容"
    head, *segments = path.split("/")
    part = next((part for part in PARTS if part.name == head), None)
    if part is None:
        return _label_field(FIELDS, head)
    names = segments[len(part.key) :]
    key = zip(part.key, map(_unescaped, segments), strict=False)
    words = [
        str(part.model._meta.verbose_name_plural),
        *filter(None, (_label_choice(part.fields, name, value) for name, value in key if value)),
        *(_label_field(part.fields, name) for name in names),
    ]
    return "·".join(words)


def _label_field(fields: Iterable[AnyField], name: str) -> str:
    # The column holds fen; people read and type yuan.
    labels = {field.name: str(field.verbose_name).removesuffix("（分）") for field in fields}
    return labels.get(name, name)


def _label_choice(fields: Iterable[AnyField], name: str, value: str) -> str:
    """Return the value in the words of its field; itself where there is nothing to choose from.

    File names mean nothing to readers, and a source is labelled by the figures it covers.
    """
    field = next(field for field in fields if field.name == name)
    if isinstance(field, models.FileField):
        return ""
    if field.model is Provenance:
        return label_of(value)
    return next((str(label) for key, label in field.flatchoices if str(key) == value), value)


def _unescaped(segment: str) -> str:
    return segment.replace("~1", "/").replace("~0", "~")
