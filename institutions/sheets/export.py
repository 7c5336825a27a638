"""Homes as sheets: the columns of an import, the template to fill in, and refused rows to mend."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from carebridge.lib.sheet_files import (
    Sheet,
    SheetRow,
    Table,
    csv_lines,
    display_value,
    place_of,
    workbook,
)
from institutions.models import Institution
from institutions.models.institution import InstitutionQuerySet
from institutions.register.record import PARTS, Record, to_record
from institutions.sheets.columns import BY_KEY, COLUMNS, ID, MARK, REASON, Column
from institutions.sheets.identity import mark_of
from regions.models import Region
from regions.models.region import NATION
from regions.places.gazetteer import gazetteer

BATCH = 200
CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# What a template asks for; any other column of an export may be added.
ASKED = (
    "name", "region", "address", "credit_code", "kind", "ownership", "operator", "operating",
    "operating_since", "filing_number", "filed_on", "phones.number", "phones.purpose",
    "beds.category", "beds.room", "beds.registered", "beds.operating", "beds.occupied",
    "beds.vacant", "beds.as_of", "fees.kind", "fees.room", "fees.amount", "fees.period",
    "ratings.scheme", "ratings.level", "ratings.year", "takes_level_0", "takes_level_1",
    "takes_level_2", "takes_level_3", "takes_level_4", "takes_dementia", "takes_nonlocal",
)  # fmt: skip
CELLS = ("哪一行", "哪一列", "原来写的", "没有导入的原因")
GUIDE = (
    "一家机构至少一行：名称和地区必填，其余知道什么填什么。",
    "床位、收费、电话、评级有几条就写几行，每行都写同一个名称和地区。",
    "不知道就空着，不要填 0；本站会显示“未公布”。要把已有的内容改为未公布，写“清空”。",
    "地区写全名（如 河北省廊坊市三河市）或 6 位代码。",
    "信用代码、电话、地区代码的列要设成“文本”。金额用元。",
    "日期写 2026-01-31，只知道年月就写 2026-01。",
    "编号是本站的号码，新机构空着；从本站导出的表里有，改名时靠它和“本站记号”认出是哪一家。",
    "台账自己的序号不要填在“编号”下面，请把表头写成“序号”。",
)


def export_rows(institutions: InstitutionQuerySet) -> Iterator[Sequence[Any]]:
    """Yield heads, then whole records: the first row of a home has its own fields, parts fill the
    rest.

    Demo homes wear 示例数据 in a column of their own.
    """
    yield [ID, MARK, *(column.head for column in COLUMNS)]
    regions = gazetteer().names.by_code
    ids = list(institutions.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), BATCH):
        batch = Institution.objects.with_parts().filter(pk__in=ids[start : start + BATCH])
        for home in batch.order_by("pk"):
            yield from _rows_of(home, to_record(home), regions)


def _rows_of(
    home: Institution, record: Record, regions: Mapping[str, Region]
) -> Iterator[list[Any]]:
    """As many rows as the longest part has; each names its home."""
    parts = {part.name: part.rows_in(record) for part in PARTS}
    mark = mark_of(home.pk, home.created_at)
    for place in range(max(1, *(len(found) for found in parts.values()))):
        cells = [_cell_value(column, record, parts, place) for column in COLUMNS]
        yield [
            home.pk,
            mark,
            *(
                # A code would come back from Excel as a number.
                regions[cell].full_name if cell and column.names_region else cell
                for column, cell in zip(COLUMNS, cells, strict=True)
            ),
        ]


def _cell_value(column: Column, record: Record, parts: dict[str, list[Any]], place: int) -> Any:
    if column.part:
        found = parts[column.part.name]
        return column.write(found[place]) if place < len(found) else ""
    return column.write(record) if place == 0 or column.key in {"name", "region"} else ""


def as_csv(institutions: InstitutionQuerySet) -> Iterator[str]:
    return csv_lines(export_rows(institutions))


def as_xlsx(institutions: InstitutionQuerySet) -> bytes:
    return workbook([("机构", export_rows(institutions))])


def template(within: Region | None = None) -> bytes:
    """Return a workbook to fill in, with what may be written in each column and the region
    codes.
    """
    heads = [ID, *(BY_KEY[key].head for key in ASKED)]
    return workbook(
        [
            ("机构", [heads]),
            ("怎么填", [["怎么填"], *([line] for line in GUIDE)]),
            ("代码", _region_codes()),
            ("地区", _regions(within)),
            ("全部列", _all_columns()),
        ]
    )


def _region_codes() -> Iterator[Sequence[Any]]:
    yield "列", "写这个", "或写代码"
    for column in COLUMNS:
        for value, label in column.field.flatchoices:
            if value != "":
                yield column.head, str(label), str(value)


def _regions(within: Region | None) -> Iterator[Sequence[Any]]:
    yield "地区代码", "全名"
    regions = Region.objects.inside_of(within) if within else Region.objects.current()
    for region in regions.exclude(code=NATION).with_ancestors().order_by("code"):
        yield region.code, region.full_name


def _all_columns() -> Iterator[Sequence[Any]]:
    yield "中文表头", "英文表头"
    for column in COLUMNS:
        yield column.head, column.key


def refused(
    sheet: Sheet, reasons: dict[int, str], cells: Sequence[Mapping[str, Any]] = ()
) -> bytes:
    """Return the rows to mend as they came, each with why, to be imported again.

    `cells` are those that were set aside: a worksheet of their own lists each with its row, column,
    value and reason. It has no heads of ours and is not read.
    """
    names = [table.name for table in sheet.tables]
    pages = [
        (table.name or "退回", rows)
        for table in sheet.tables
        if len(rows := _refused(table, reasons)) > 1 or len(sheet.tables) == 1
    ]
    listed = [
        [place_of(cell["row"], names), cell["column"], cell["value"], cell["reason"]]
        for cell in cells
    ]
    if listed:
        title = next(t for t in _document_titles() if t not in {name.lower() for name, _ in pages})
        pages.append((title, [[*CELLS], *listed]))
    return workbook(pages)


def _document_titles() -> Iterator[str]:
    yield "没有导入的格子"
    yield from (f"没有导入的格子{number}" for number in itertools.count(2))


def _refused(table: Table, reasons: dict[int, str]) -> list[list[str]]:
    heads = [head for head in table.heads if head != REASON]
    refused_rows = [row for row in table.rows if row.number in reasons]
    lines = [[*_as_they_came(row, heads), reasons[row.number]] for row in refused_rows]
    return [[*heads, REASON], *lines]


def _as_they_came(row: SheetRow, heads: Iterable[str]) -> list[str]:
    return [display_value(row.cells.get(head)) for head in heads]
