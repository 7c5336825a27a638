"""Sheets as people send them: CSV and XLSX in, rows with their numbers out; and safely out again.

Free of the domain. A sheet that cannot be read is refused whole, with a reason a clerk understands
(`SheetError`); what is wrong with single cells is collected (`CellProblem`) and reported all at
once.
"""

import csv
import io
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from carebridge.lib.fit_text import fit
from carebridge.lib.text_encoding import EncodingError, decode_text
from carebridge.lib.worksheets import MEGABYTE, MOST_TEXT, Worksheet, check_size, worksheets
from carebridge.lib.worksheets import SheetError as SheetError

MOST_BYTES = 20 * MEGABYTE
# Above the heads there may be a title and a line or two on who filled the sheet in.
HEAD_ROWS = 10
# What a cell begins with that Excel and WPS would take for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'")
# By which Excel knows UTF-8.
BYTE_ORDER_MARK = "\ufeff"
# By which a CSV file declares its delimiter to Excel; the heads show it too.
SEPARATOR_LINE = re.compile(r'"?sep=[,;\t]"?(\r\n|\r|\n)', re.IGNORECASE)
NUMBER = re.compile(r"-?\d+(\.\d+)?")

EMPTY = "表头下面没有数据"
# As many rows as Excel has.
ROWS_OF_A_SHEET = 2**20

Cell = Any  # what calamine gives: str, float, int, bool, date, datetime, time, timedelta
Progress = Callable[[int, int], object]


@dataclass(frozen=True)
class SheetRow:
    """The cells of one row by the heads they stand under.

    `number` is what Excel shows. In the second worksheet that is read it begins after the last row
    that Excel has, and so on: it is one of its own in the whole file; `place_of` puts it in words.
    """

    number: int
    cells: dict[str, Cell]
    # The worksheet, where several are read.
    sheet: str = ""
    is_struck: bool = False
    # The heads whose cells take their value from a merged range.
    merged: frozenset[str] = frozenset()

    @property
    def place(self) -> str:
        return place_of(self.number, (self.sheet,))


@dataclass(frozen=True)
class Table:
    """The rows below one row of heads; empty and hidden rows are left out, these are counted."""

    name: str
    heads: tuple[str, ...]
    rows: tuple[SheetRow, ...]
    hidden: int = 0


@dataclass(frozen=True)
class Sheet:
    """The tables of a file, one of each worksheet that is read, and why the others are not."""

    tables: tuple[Table, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def heads(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(head for table in self.tables for head in table.heads))

    @cached_property
    def rows(self) -> tuple[SheetRow, ...]:
        return tuple(row for table in self.tables for row in table.rows)

    def report(self) -> list[dict[str, Any]]:
        """Return the outcome of each worksheet, those that were read first, as plain data."""
        return [
            *({"name": t.name, "rows": len(t.rows), "hidden": t.hidden} for t in self.tables),
            *({"name": name, "left_out": why} for name, why in self.left_out.items()),
        ]


def place_of(number: int, names: Sequence[str]) -> str:
    """Put the number of a row in words; `names` are those of the worksheets that were read."""
    sheet, row = divmod(number - 1, ROWS_OF_A_SHEET)
    name = names[min(sheet, len(names) - 1)] if names else ""
    return f"{f'“{name}”' if name else ''}第 {row + 1} 行"


@dataclass(frozen=True)
class CellProblem:
    """An error or a doubt in one cell: its column, its value, and the reason."""

    row: int
    column: str
    value: str
    reason: str


@dataclass
class Problems:
    """Everything wrong with one row, collected."""

    row: int
    found: list[CellProblem] = field(default_factory=list)

    def add_problem(self, column: str, value: Cell, reason: str) -> None:
        self.found.append(CellProblem(self.row, column, display_value(value), reason))


# In


def read(content: bytes, wanted: Callable[[Sequence[str]], bool]) -> Sheet:
    """Read the sheet in a CSV or XLSX file, recognised by content.

    `wanted` recognises the row of heads; it is looked for in the first rows of
    every worksheet. Raises `SheetError`.
    """
    if len(content) > MOST_BYTES:
        raise SheetError(f"文件超过 {MOST_BYTES // MEGABYTE} MB，请分成几份。")
    if not content.strip():
        raise SheetError("文件是空的。")
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise SheetError("这是旧版 Excel 文件（.xls）或加了密码的文件，请另存为 .xlsx 再上传。")
    if content.startswith(b"PK"):
        return _in_workbook(content, wanted)
    lines = _csv_rows(content, wanted)
    if table := _below_heads(Worksheet("", cells=lines), wanted, 0):
        return Sheet((_with_rows(table),))
    raise SheetError(_no_heads(lines))


def _in_workbook(content: bytes, wanted: Callable[[Sequence[str]], bool]) -> Sheet:
    found: list[Table] = []
    left_out: dict[str, str] = {}
    seen = ""
    for page in worksheets(content):
        table = None if page.left_out else _below_heads(page, wanted, len(found))
        if page.left_out or table is None:
            left_out[page.name] = page.left_out or "没有需要的表头"
            seen = seen or ("" if page.left_out else _no_heads(page.cells))
        elif table.rows:
            found.append(table)
        else:
            left_out[page.name] = _why_no_rows(table)
    if not found:
        empty = [f"“{name}”：{why}。" for name, why in left_out.items() if EMPTY in why]
        hidden = [f"“{name}”没有读：{why}。" for name, why in left_out.items() if "隐藏" in why]
        raise SheetError("".join(empty) or "".join([seen, *hidden]) or "没有工作表。")
    if len(found) > 1:
        found = [_name_table(table) for table in found]
    return Sheet(tuple(found), left_out)


def _name_table(table: Table) -> Table:
    return replace(table, rows=tuple(replace(row, sheet=table.name) for row in table.rows))


def _with_rows(table: Table) -> Table:
    if not table.rows:
        raise SheetError(f"{_why_no_rows(table)}。")
    return table


def _why_no_rows(table: Table) -> str:
    if table.hidden:
        return f"{EMPTY}：{table.hidden:,} 行都隐藏了或筛选掉了"
    return EMPTY


def _no_heads(lines: Sequence[Sequence[Cell]]) -> str:
    seen = [display_value(cell)[:20] for line in lines[:1] for cell in line if display_value(cell)]
    return f"没有找到需要的表头。第一行是：{'、'.join(seen[:12]) or '什么也没有'}。"


def _below_heads(page: Worksheet, wanted: Callable[..., bool], before: int) -> Table | None:
    """Return the table of a worksheet, or nothing; `before` counts the worksheets read so far."""
    for place, line in enumerate(page.cells[:HEAD_ROWS]):
        heads = _read_heads(line)
        if not wanted(heads):
            continue
        if place + 1 in page.filled and wanted(below := _read_heads(page.cells[place + 1])):
            # Heads of two rows: what stands in both is merged.
            place, heads = place + 1, below
        twice = sorted({head for head in heads if head and heads.count(head) > 1})
        if twice:
            where = f"“{page.name}”的" if page.name else ""
            raise SheetError(f"{where}表头重复了：{'、'.join(twice)}。")
        rows = list(_read_rows(page, place + 1, heads, before * ROWS_OF_A_SHEET))
        shown_rows = tuple(row for row in rows if row)
        return Table(page.name, tuple(filter(None, heads)), shown_rows, rows.count(None))
    return None


def _read_heads(line: Sequence[Cell]) -> tuple[str, ...]:
    return tuple(re.sub(r"\s+", "", display_value(cell)) for cell in line)


def _read_rows(
    page: Worksheet, start: int, heads: Sequence[str], before: int
) -> Iterator[SheetRow | None]:
    """Yield every row that is not empty, and None for one that is hidden."""
    for number, line in enumerate(page.cells[start:], start=start + 1):
        filled = page.filled.get(number - 1, set())
        if all(cell in (None, "") for place, cell in enumerate(line) if place not in filled):
            continue
        if number in page.hidden:
            yield None
            continue
        cells = {head: restored(cell) for head, cell in zip(heads, line, strict=False) if head}
        merged = frozenset(heads[n] for n in filled if n < len(heads) and heads[n])
        yield SheetRow(before + number, cells, "", number in page.struck, merged)


def _csv_rows(content: bytes, wanted: Callable[[Sequence[str]], bool]) -> list[list[str]]:
    try:
        text = decode_text(content)
    except EncodingError as error:
        raise SheetError(str(error)) from error
    if "\0" in text:
        raise SheetError("这不是 CSV 或 XLSX 表格文件。")
    if match := SEPARATOR_LINE.match(text):
        # Excel shows no row for it.
        text = text[match.end() :]
    rows: list[list[str]] = []
    seen: dict[str, str] = {}
    try:
        for row in _csv_reader(text, _delimiter(text, wanted)):
            # Most cells repeat the text of others; each text is kept once.
            rows.append([seen.setdefault(cell, cell) for cell in map(str.strip, row)])
            check_size(len(rows), len(row))
            if any(len(cell) > MOST_TEXT for cell in row):
                raise SheetError(f"第 {len(rows)} 行有一格超过 {MOST_TEXT:,} 字。")
    except csv.Error as error:
        raise SheetError(f"第 {len(rows) + 1} 行的引号不成对，或有一格太长。") from error
    return rows


def _csv_reader(text: str, delimiter: str) -> Any:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)


def _delimiter(text: str, wanted: Callable[[Sequence[str]], bool]) -> str:
    """Return the delimiter that gives the heads looked for, else the most frequent one.

    A title above the heads may hold other delimiters, or none.
    """
    first = text[: HEAD_ROWS * MOST_TEXT]
    by_count = sorted(",\t;", key=first.count, reverse=True)
    for delimiter in by_count:
        try:
            for line in itertools.islice(_csv_reader(first, delimiter), HEAD_ROWS):
                if wanted(_read_heads(line)):
                    return delimiter
        except csv.Error:
            continue
    return by_count[0]


# Cells


def display_value(value: Cell) -> str:
    """Return a cell as its reader sees it: 50.0 is 50, and a long number is 1.1E+17."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        if abs(value) >= 1e15:
            return f"{value:.5E}"
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, str):
        return value.strip()
    return str(value)


def neutral(text: str) -> str:
    """Text that no spreadsheet runs as a formula: an apostrophe goes before what would begin one.

    `restored` takes it away again.
    """
    if text.startswith(FORMULA_STARTS) and not NUMBER.fullmatch(text):
        return "'" + text
    return text


def restored(value: Cell) -> Cell:
    """Return the cell without the apostrophe that `neutral` put before it."""
    if isinstance(value, str) and value[:1] == "'" and value[1:].startswith(FORMULA_STARTS):
        return value[1:]
    return value


# Out


def csv_lines(rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """CSV line by line, with the mark by which Excel knows UTF-8."""
    mark = BYTE_ORDER_MARK
    for row in rows:
        yield mark + csv_text([row])
        mark = ""


def csv_text(rows: Iterable[Sequence[Any]]) -> str:
    """Return rows of a CSV file in the making."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerows([neutral(fit(display_value(cell))) for cell in row] for row in rows)
    return buffer.getvalue()


def workbook(sheets: Iterable[tuple[str, Iterable[Sequence[Any]]]]) -> bytes:
    """Return an XLSX file; the first row of each sheet are its heads. Whole numbers stay
    numbers.
    """
    book = Workbook(write_only=True)
    for title, rows in sheets:
        page = book.create_sheet(title)
        page.freeze_panes = "A2"
        for number, row in enumerate(rows):
            page.append([_cell_value(page, value, head=number == 0) for value in row])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _cell_value(page: Any, value: Any, head: bool) -> Any:
    if type(value) in {int, float}:
        return value
    text = fit(display_value(value))
    if not text:
        return None
    # openpyxl takes what begins with = for a formula; as text it is shown, not run.
    cell = WriteOnlyCell(page, neutral(text))
    cell.data_type = "s"
    cell.number_format = "@"
    if head:
        cell.font = Font(bold=True)
    return cell
