"""The files that open data goes out in, each written home by home while the register is read."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from carebridge.lib.sheet_files import BYTE_ORDER_MARK, csv_text
from institutions.models.institution import PARTS as PART_NAMES
from institutions.open_data.tables import (
    ATTRIBUTION,
    FIGURES,
    LICENCE,
    LICENCE_URL,
    TABLE,
    TABLE_PARTS,
    FigureColumn,
    PublishedHome,
    TableColumn,
    codes_of,
    describe_column,
    figures,
    published_homes,
)
from institutions.sheets.columns import COLUMNS

# What a map has in its geometry; everything else of the table are its properties.
POINT = ("longitude", "latitude")
PROPERTIES = tuple(column for column in TABLE if column.key not in POINT)
# Characters sent at a time: a line each would cost more to send than to write.
PIECE = 32_768


@dataclass(frozen=True)
class Format:
    """One kind of file: what comes first, what each home adds, what stands between and at last."""

    name: str
    media_type: str
    head: str
    text: Callable[[PublishedHome], str]
    between: str = ""
    tail: str = ""
    parts: tuple[str, ...] = PART_NAMES

    def file_lines(self, ids: Iterable[int], site: str = "") -> Iterator[str]:
        """Yield the file piece by piece; the first comes before any home is read."""
        yield self.head
        gap, piece, size = "", [], 0
        for home in published_homes(ids, site, self.parts):
            text = gap + self.text(home)
            gap, size = self.between, size + len(text)
            piece.append(text)
            if size > PIECE:
                yield "".join(piece)
                piece, size = [], 0
        yield "".join(piece) + self.tail


def _dump_json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _csv_heads(columns: Iterable[Any]) -> str:
    return BYTE_ORDER_MARK + csv_text([[column.head for column in columns]])


def _table_row(home: PublishedHome) -> str:
    return csv_text([[column.format_cell(home) for column in TABLE]])


def _figure_rows(home: PublishedHome) -> str:
    return csv_text([column.value(home, figure) for column in FIGURES] for figure in figures(home))


def _dump_record(home: PublishedHome) -> str:
    """Return the whole record with codes, not their words."""
    more = {"id": home.pk, "url": home.url, "region_name": home.region.full_name}
    return _dump_json(more | home.record) + "\n"


def _feature(home: PublishedHome) -> str:
    """RFC 7946: longitude first, WGS-84; a home whose place is not published has no geometry."""
    place = [home.record[name] for name in POINT]
    return _dump_json(
        {
            "type": "Feature",
            "id": home.pk,
            "geometry": None if None in place else {"type": "Point", "coordinates": place},
            "properties": {column.key: column.value(home) for column in PROPERTIES},
        }
    )


def _collection() -> str:
    """Return a collection as it begins, with what one may do with it."""
    about = {"licence": LICENCE, "licence_url": LICENCE_URL, "attribution": ATTRIBUTION}
    return _dump_json({"type": "FeatureCollection", **about})[:-1] + ',"features":[\n'


FORMATS: dict[str, Format] = {
    made.name: made
    for made in (
        Format("csv", "text/csv; charset=utf-8", _csv_heads(TABLE), _table_row, parts=TABLE_PARTS),
        Format("figures.csv", "text/csv; charset=utf-8", _csv_heads(FIGURES), _figure_rows),
        Format("jsonl", "application/x-ndjson; charset=utf-8", "", _dump_record),
        Format(
            "geojson",
            "application/geo+json; charset=utf-8",
            _collection(),
            _feature,
            between=",\n",
            tail="\n]}\n",
            parts=TABLE_PARTS,
        ),
    )
}
# What every file but the dictionary itself holds, column by column.
COLUMNS_OF: dict[str, Sequence[TableColumn | FigureColumn]] = {
    "csv": TABLE,
    "figures.csv": FIGURES,
    "geojson": PROPERTIES,
}


def dictionary() -> Iterator[list[str]]:
    """Yield the data dictionary as rows of a table: each column of each file, and its codes.

    What a line of JSON holds beside is a column of sheets (`institutions.sheets.columns`).
    """
    yield ["文件", "列（CSV）", "列（GeoJSON、JSON）", "意思", "代码"]
    for name, columns in COLUMNS_OF.items():
        for column in columns:
            codes = _list_codes(column.codes)
            yield [f"institutions.{name}", column.head, column.key, column.meaning, codes]
    for sheet in COLUMNS:
        codes = _list_codes(codes_of(sheet))
        yield ["institutions.jsonl", sheet.head, sheet.key, describe_column(sheet), codes]


def _list_codes(codes: Iterable[tuple[str, str]]) -> str:
    return "；".join(f"{code}={words}" for code, words in codes)


def media_type(name: str) -> str:
    """Of a file by its name."""
    made = FORMATS.get(name.rpartition(".")[2])
    return made.media_type if made else "text/plain; charset=utf-8"
