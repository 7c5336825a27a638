"""The published register as open data: homes, their columns, every figure.

One row per home holds what results pages show; `figures` yields everything with its source. The
columns are those of sheets (`institutions.sheets.columns`); those added stand in `ADDED`.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.db import models

from carebridge.lib.money import yuan_number
from institutions.models import Institution, Level, Listing, Provenance, Rating
from institutions.models.institution import PARTS as PART_NAMES
from institutions.register.provenance import source_of, sources_of
from institutions.register.record import PARTS, Part, Record, Row
from institutions.sheets.columns import BY_KEY, COLUMNS, Column
from institutions.sheets.write import Current, batches
from regions.models import Document, Region

# Homes read at a time: what is held of the register while a file is written.
BATCH = 500
LICENCE = "CC BY 4.0（知识共享 署名 4.0 国际）"
LICENCE_URL = "https://creativecommons.org/licenses/by/4.0/deed.zh-hans"
ATTRIBUTION = "来源：颐桥 CareBridge 养老机构名录"
# What a table of one row per home reads.
TABLE_PARTS = ("phones", "ratings", "provenance")
# Sources stand beside their figures, and pictures are no figures.
NO_FIGURES = {"provenance", "photos"}
HAS = "有"


@dataclass(frozen=True)
class FigureSource:
    """Source of a figure as columns of a file."""

    field: str
    kind: str
    title: str
    url: str
    as_of: str
    verified_on: str
    quote: str


# A figure without a known source.
NO_SOURCE = FigureSource("", "", "", "", "", "", "")


@dataclass(frozen=True)
class PublishedHome:
    """One published home: its record, and its derived listing."""

    pk: int
    record: Record
    listing: Listing
    site: str
    sources: tuple[FigureSource, ...]

    @property
    def region(self) -> Region:
        return self.listing.region

    @property
    def url(self) -> str:
        return f"{self.site}{self.listing.institution.get_absolute_url()}"

    @cached_property
    def source(self) -> FigureSource | None:
        """Return the source of figures that have none of their own."""
        return source_of(self.sources, "name")

    @cached_property
    def price_source(self) -> FigureSource | None:
        """Return the oldest source of its prices."""
        return self._oldest_source("fees") if self.listing.price_from is not None else None

    @cached_property
    def vacancy_source(self) -> FigureSource | None:
        """Return the source of the free beds, with the date of the count itself."""
        counted = self.listing.vacant_as_of
        source = self._oldest_source("beds") if counted else None
        return replace(source or NO_SOURCE, as_of=counted.isoformat()) if counted else None

    def _oldest_source(self, path: str) -> FigureSource | None:
        return min(sources_of(self.sources, [path]), key=lambda row: row.as_of, default=None)


def published_homes(
    ids: Iterable[int], site: str = "", parts: Iterable[str] = PART_NAMES
) -> Iterator[PublishedHome]:
    """Yield the homes in this order, read by hundreds; links begin with `site`.

    One that is withdrawn meanwhile is left out. Nobody of the staff is named.
    """
    documents = {document.slug: document for document in Document.objects.all()}
    published = Listing.objects.filter(institution__stage=Institution.Stage.PUBLISHED)
    listings = published.select_related("institution", "region__parent__parent")
    parts = tuple(parts)
    for batch in batches(ids, BATCH):
        current, found = Current(), listings.in_bulk(batch)
        current.load_fields(batch)
        for part in PARTS:
            if part.name in parts:
                current.load_part(part, batch)
        for pk in batch:
            if pk in found and pk in current.fields:
                record = _record_of(current, pk)
                sources = tuple(_source_of(row, documents, site) for row in record["provenance"])
                _drop_unpassed(record, documents)
                yield PublishedHome(pk, record, found[pk], site, sources)


def _record_of(current: Current, pk: int) -> Record:
    record = dict(current.fields[pk])
    for part in PARTS:
        if part.name in current.parts:
            rows = part.in_order(current.rows(part, pk).values())
            record[part.name] = (rows[0] if rows else None) if part.single else rows
    for row in record["provenance"]:
        del row["verified_by"]
    return record


def _drop_unpassed(record: Record, documents: dict[str, Document]) -> None:
    """Take the names of documents that nobody has passed out of the rows that cite them."""
    for part in ("provenance", "designations"):
        for row in record.get(part, []):
            if row["document"] and not documents[row["document"]].is_published:
                row["document"] = None


def _source_of(row: Row, documents: dict[str, Document], site: str) -> FigureSource:
    document = documents.get(row["document"])
    kind = Provenance.Kind(row["kind"]).label
    return FigureSource(
        field=row["field"],
        kind=str(kind),
        title=document.shown if document else str(kind),
        url=f"{site}{document.shown_url}" if document and document.is_published else "",
        as_of=BY_KEY["provenance.as_of"].write(row),
        verified_on=row["verified_on"] or "",
        quote=row["quote"],
    )


# One row per home


@dataclass(frozen=True)
class TableColumn:
    """One column of the table: its name in JSON, its head in CSV, its value for a home."""

    key: str
    head: str
    meaning: str
    value: Callable[[PublishedHome], Any]
    column: Column | None = None

    def format_cell(self, home: PublishedHome) -> Any:
        """Return the value in words, as in sheets; empty where nothing is published."""
        if self.column:
            return self.column.write(home.record)
        value = self.value(home)
        return "、".join(value) if isinstance(value, list) else "" if value is None else value

    @property
    def codes(self) -> list[tuple[str, str]]:
        """Return the JSON code for each word, where there is a choice."""
        return codes_of(self.column) if self.column else []


def codes_of(column: Column) -> list[tuple[str, str]]:
    """Return the JSON code for each word that a column has to choose from."""
    choices = column.field.flatchoices
    return [(str(value), str(label)) for value, label in choices if value != ""]


def _of_field(column: Column) -> TableColumn:
    def value(home: PublishedHome) -> Any:
        plain = home.record[column.field.name]
        if plain in (None, ""):
            return None
        return column.write(home.record) if column.precision else plain

    return TableColumn(column.key, column.head, describe_column(column), value, column)


def describe_column(column: Column) -> str:
    """Return a Chinese description of the cells of the column."""
    if isinstance(column.field, models.BooleanField):
        return "是或否"
    if column.names_region:
        return "六位行政区划代码"
    if column.field.flatchoices:
        return "这几种之一"
    if column.field.name == "amount":
        return "CSV 里是元，完整记录里是分"
    if isinstance(column.field, models.DateField):
        return "日期；只知道年或月的，只写到年或月"
    if isinstance(column.field, models.FloatField):
        return "度"
    return str(column.field.help_text or "文字")


def _price_column(level: Level) -> TableColumn:
    return TableColumn(
        f"price_{level}",
        f"标价·{level.label}（元/月）",
        "最便宜的床位费、餐费、护理费之和；缺一样就空着",
        lambda home: yuan_number(home.listing.price(level)),
    )


def _source_columns(
    name: str, head: str, of: str, source: Callable[[PublishedHome], FigureSource | None]
) -> tuple[TableColumn, ...]:
    """Return the columns for the source of a figure."""

    def read_source(attribute: str) -> Callable[[PublishedHome], Any]:
        return lambda home: getattr(source(home), attribute, None) or None

    return (
        TableColumn(
            f"{name}source_kind", f"{head}来源种类", f"{of}是哪一种来源", read_source("kind")
        ),
        TableColumn(f"{name}source", f"{head}来源", f"{of}出自哪份文件", read_source("title")),
        TableColumn(
            f"{name}source_url", f"{head}来源网页", "本站写这份文件的网页", read_source("url")
        ),
        TableColumn(f"{name}as_of", f"{head}截至", f"{of}是什么时候的", read_source("as_of")),
        TableColumn(
            f"{name}verified_on", f"{head}核实日期", "有人核实过才有", read_source("verified_on")
        ),
    )


def _ratings(home: PublishedHome) -> list[str]:
    ratings = [Rating(**row) for row in home.record["ratings"]]
    return [f"{r.get_scheme_display()} {r.level_name}（{r.year}）" for r in ratings]


ADDED = (
    TableColumn("region_name", "地区全名", "从省到区县", lambda home: home.region.full_name),
    TableColumn(
        "phones",
        "电话",
        "用顿号隔开；000 开头的是示例，打不通",
        lambda home: [row["number"] for row in home.record["phones"]] or None,
    ),
    TableColumn(
        "ratings",
        "等级评定",
        "办法、等级、年份；不同办法不能比",
        lambda home: _ratings(home) or None,
    ),
    *(_price_column(level) for level in Level),
    *_source_columns("price_", "标价", "标价", lambda home: home.price_source),
    TableColumn(
        "vacant",
        "空余床位",
        "各类床位空着的合计；没公布的几类没算进去，所以实际可能更多",
        lambda home: home.listing.vacant,
    ),
    *_source_columns("vacant_", "空余床位", "空余床位", lambda home: home.vacancy_source),
    *_source_columns("", "", "这一行其余内容", lambda home: home.source),
)
TABLE: tuple[TableColumn, ...] = (
    TableColumn("id", "编号", "本站的号码，不会改", lambda home: home.pk),
    TableColumn("url", "网页", "这家机构在本站的网页", lambda home: home.url),
    *(_of_field(column) for column in COLUMNS if not column.part),
    *ADDED,
)


# One row per figure


@dataclass(frozen=True)
class PublishedFigure:
    """One thing that is published of a home, where it stands in the record, and its source."""

    path: str
    label: str
    value: Any
    source: FigureSource | None


def figures(home: PublishedHome) -> Iterator[PublishedFigure]:
    """Everything published of a home; what is not known has no row."""
    for path, label, value in _published_values(home.record):
        yield PublishedFigure(path, label, value, source_of(home.sources, path))


def _published_values(record: Record) -> Iterator[tuple[str, str, Any]]:
    for column in _OF_HOME:
        value = column.write(record)
        if value != "":
            yield column.key, column.head, value
    for part, columns in _OF_PART:
        for row in part.rows_in(record):
            path, label = part.path_of(row), part.label_of(row)
            written = [(column, column.write(row)) for column in columns]
            known = [(column, value) for column, value in written if value != ""]
            for column, value in known:
                head = column.head.rpartition("·")[2]
                yield f"{path}/{column.field.name}", f"{label}·{head}", value
            if not known:
                # Its key is all that is known: a telephone number, a service it has.
                yield path, label, HAS


_OF_HOME = [column for column in COLUMNS if not column.part and column.key != "is_demo"]
_OF_PART: list[tuple[Part, list[Column]]] = [
    (part, [c for c in COLUMNS if c.part is part and c.field.name not in part.key])
    for part in PARTS
    if part.name not in NO_FIGURES
]


@dataclass(frozen=True)
class FigureColumn:
    key: str
    head: str
    meaning: str
    value: Callable[[PublishedHome, PublishedFigure], Any]
    codes: tuple[tuple[str, str], ...] = ()


def _of_source(attribute: str) -> Callable[[PublishedHome, PublishedFigure], Any]:
    return lambda home, figure: getattr(figure.source, attribute, "")


FIGURES = (
    FigureColumn("id", "编号", "哪家机构，和机构表的编号相同", lambda home, _: home.pk),
    FigureColumn("name", "名称", "机构名称", lambda home, _: home.record["name"]),
    FigureColumn("region", "地区", "六位行政区划代码", lambda home, _: home.record["region"]),
    FigureColumn(
        "is_demo", "示例数据", "是或否", lambda home, _: BY_KEY["is_demo"].write(home.record)
    ),
    FigureColumn("path", "路径", "这一项在整条记录里的位置", lambda _, figure: figure.path),
    FigureColumn("label", "哪一项", "用中文说的位置", lambda _, figure: figure.label),
    FigureColumn("value", "内容", "公布的内容；金额是元", lambda _, figure: figure.value),
    FigureColumn(
        "source_kind",
        "来源种类",
        "、".join(str(label) for label in Provenance.Kind.labels),
        _of_source("kind"),
    ),
    FigureColumn("source", "来源", "出自哪份文件", _of_source("title")),
    FigureColumn("source_url", "来源网页", "本站写这份文件的网页", _of_source("url")),
    FigureColumn("as_of", "截至", "是什么时候的", _of_source("as_of")),
    FigureColumn("verified_on", "核实日期", "有人核实过才有", _of_source("verified_on")),
    FigureColumn("quote", "原文", "文件里的原话", _of_source("quote")),
)
