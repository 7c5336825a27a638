"""Sheets as people send them: CSV and XLSX in, rows with their numbers out; and safely out again.

Free of the domain. A sheet that cannot be read is refused whole, with a reason a clerk understands
(`SheetError`); what is wrong with single cells is collected (`Problem`) and told all at once.
"""

import csv
import io
import itertools
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from python_calamine import CalamineError, CalamineWorkbook

from carebridge.lib.text_encoding import EncodingError, decode

MEGABYTE = 1024 * 1024
MOST_BYTES = 20 * MEGABYTE
# An honest sheet of 100,000 rows unpacks to less; a zip bomb to far more.
MOST_UNPACKED = 200 * MEGABYTE
MOST_ROWS = 100_000
MOST_COLUMNS = 500
MOST_CELLS = 6_000_000
MOST_SHEETS = 100
MOST_TEXT = 5_000
# Above the heads there may be a title and a line or two on who filled the sheet in.
HEAD_ROWS = 10
# What a cell begins with that Excel and WPS would take for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'")
# By which Excel knows UTF-8.
BYTE_ORDER_MARK = "\ufeff"
# By which a CSV file tells Excel its delimiter; the heads show it too.
SEPARATOR_LINE = re.compile(r'"?sep=[,;\t]"?(\r\n|\r|\n)', re.IGNORECASE)
NUMBER = re.compile(r"-?\d+(\.\d+)?")
# ODS and XLSB also come as ZIP files, and say in few bytes that a row repeats a million times.
OTHER_KINDS = {"content.xml", "mimetype", "xl/workbook.bin"}
# What places a cell or a row, as lenient as the reader is.
CELL = re.compile(rb"<(?:[\w.-]+:)?c[\s/>]")
ROW = re.compile(rb"<(?:[\w.-]+:)?row[\s/>]")
PLACE = re.compile(rb"""\br\s*=\s*["']\s*([A-Za-z]{1,7})\d""")
FAR_ROW = re.compile(rb"""\br\s*=\s*["']\s*[A-Za-z]*(\d{5,18})""")

Cell = Any  # what calamine gives: str, float, int, bool, date, datetime, time, timedelta
Progress = Callable[[int, int], object]


class SheetError(Exception):
    """The file cannot be taken as a sheet at all."""


@dataclass(frozen=True)
class Row:
    """The cells of one row by the heads they stand under; `number` is what Excel shows."""

    number: int
    cells: dict[str, Cell]


@dataclass(frozen=True)
class Sheet:
    """The rows below one row of heads; empty rows are left out."""

    heads: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Problem:
    """What is wrong, or worth a look, in one cell: which, what stands there, and why."""

    row: int
    column: str
    value: str
    reason: str


@dataclass
class Problems:
    """Everything wrong with one row, collected."""

    row: int
    found: list[Problem] = field(default_factory=list)

    def add(self, column: str, value: Cell, reason: str) -> None:
        self.found.append(Problem(self.row, column, shown(value), reason))


# In


def read(content: bytes, wanted: Callable[[Sequence[str]], bool]) -> Sheet:
    """The sheet in a CSV or XLSX file, told apart by content.

    `wanted` says whether a row of heads is the one looked for; it is sought in the first rows of
    every worksheet. Raises `SheetError`.
    """
    if len(content) > MOST_BYTES:
        raise SheetError(f"文件超过 {MOST_BYTES // MEGABYTE} MB，请分成几份。")
    if not content.strip():
        raise SheetError("文件是空的。")
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise SheetError("这是旧版 Excel 文件（.xls）或加了密码的文件，请另存为 .xlsx 再上传。")
    tables = _worksheets(content) if content.startswith(b"PK") else [_csv_rows(content, wanted)]
    seen: list[str] = []
    for table in tables:
        if sheet := _below_heads(table, wanted):
            return sheet
        seen = seen or [shown(cell) for row in table[:1] for cell in row if shown(cell)]
    words = "、".join(head[:20] for head in seen[:12]) or "什么也没有"
    raise SheetError(f"没有找到需要的表头。第一行是：{words}。")


def _below_heads(table: Sequence[Sequence[Cell]], wanted: Callable[..., bool]) -> Sheet | None:
    for place, line in enumerate(table[:HEAD_ROWS]):
        heads = _heads(line)
        if wanted(heads):
            twice = sorted({head for head in heads if head and heads.count(head) > 1})
            if twice:
                raise SheetError(f"表头重复了：{'、'.join(twice)}。")
            rows = tuple(_rows(table, place + 1, heads))
            if not rows:
                raise SheetError("表头下面没有数据。")
            return Sheet(tuple(filter(None, heads)), rows)
    return None


def _heads(line: Sequence[Cell]) -> tuple[str, ...]:
    return tuple(re.sub(r"\s+", "", shown(cell)) for cell in line)


def _rows(table: Sequence[Sequence[Cell]], start: int, heads: Sequence[str]) -> Iterator[Row]:
    for number, line in enumerate(table[start:], start=start + 1):
        if any(cell not in (None, "") for cell in line):
            cells = {head: restored(cell) for head, cell in zip(heads, line, strict=False) if head}
            yield Row(number, cells)


def _csv_rows(content: bytes, wanted: Callable[[Sequence[str]], bool]) -> list[list[str]]:
    try:
        text = decode(content)
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
            # Most cells say what others say; each text is kept once.
            rows.append([seen.setdefault(cell, cell) for cell in map(str.strip, row)])
            _check_size(len(rows), len(row))
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
                if wanted(_heads(line)):
                    return delimiter
        except csv.Error:
            continue
    return by_count[0]


def _check_size(rows: int, columns: int) -> None:
    if rows > MOST_ROWS:
        raise SheetError(f"超过 {MOST_ROWS:,} 行，请分成几份。")
    if columns > MOST_COLUMNS or rows * columns > MOST_CELLS:
        raise SheetError("列太多，请删去右边的空列再上传。")


def _worksheets(content: bytes) -> Iterator[list[list[Cell]]]:
    _check_zip(content)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        if len(workbook.sheet_names) > MOST_SHEETS:
            raise SheetError(f"超过 {MOST_SHEETS} 张工作表，请只留要上传的那一张。")
        for name in workbook.sheet_names:
            sheet = workbook.get_sheet_by_name(name)
            _check_size(sheet.total_height, sheet.total_width)
            yield sheet.to_python(skip_empty_area=False)
    except (CalamineError, ValueError, OSError) as error:
        raise SheetError("这个 XLSX 文件坏了，或加了密码，打不开。") from error


def _check_zip(content: bytes) -> None:
    """Refuse what would not fit into memory before anything unpacks it.

    Every file is looked at: a workbook may name any of them, in any spelling, as its worksheet.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if sum(entry.file_size for entry in entries) > MOST_UNPACKED or len(entries) > 2_000:
                raise SheetError("文件解压后太大，请删去图片和空行，或分成几份。")
            names = {entry.filename.lower().replace("\\", "/") for entry in entries}
            if names & OTHER_KINDS or "xl/workbook.xml" not in names:
                raise SheetError("这不是 XLSX 文件（也可能坏了），请另存为 .xlsx 再上传。")
            if len(names) < len(entries):
                raise SheetError("这个 XLSX 文件坏了，或加了密码，打不开。")
            longest = max(
                _longest_text(archive.read(entry))
                if entry.filename.lower().endswith("sharedstrings.xml")
                else 0
                for entry in entries
            )
            for entry in entries:
                _check_worksheet(archive.read(entry), longest)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise SheetError("这个 XLSX 文件坏了，或加了密码，打不开。") from error


def _longest_text(xml: bytes) -> int:
    """Bytes of the longest text that the cells share."""
    return max(map(len, re.split(rb"</(?:[\w.-]+:)?si>", xml)))


def _check_worksheet(xml: bytes, longest: int) -> None:
    """A cell in the last row makes a reader set room aside for all before it."""
    cells = len(CELL.findall(xml))
    letters = PLACE.findall(xml)
    last = max(map(int, set(FAR_ROW.findall(xml))), default=0)
    columns = max(map(_column_number, set(letters)), default=0)
    if cells > len(letters):
        # Cells that do not say where they stand follow one another.
        columns += max(len(CELL.findall(row)) for row in ROW.split(xml))
    _check_size(max(last, len(ROW.findall(xml))), columns)
    if longest > 4 * MOST_TEXT and cells * longest > MOST_UNPACKED:
        raise SheetError("有的格子文字太长，请缩短后再上传。")


def _column_number(letters: bytes) -> int:
    """A is 1, Z 26, AA 27."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number


# Cells


def shown(value: Cell) -> str:
    """A cell as its reader sees it: 50.0 is 50, and a long number is 1.1E+17."""
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
    """The cell without the apostrophe that `neutral` put before it."""
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
    """Rows of a CSV file in the making."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerows([neutral(shown(cell)) for cell in row] for row in rows)
    return buffer.getvalue()


def workbook(sheets: Iterable[tuple[str, Iterable[Sequence[Any]]]]) -> bytes:
    """An XLSX file; the first row of each sheet are its heads. Whole numbers stay numbers."""
    book = Workbook(write_only=True)
    for title, rows in sheets:
        page = book.create_sheet(title)
        page.freeze_panes = "A2"
        for number, row in enumerate(rows):
            page.append([_cell(page, value, head=number == 0) for value in row])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _cell(page: Any, value: Any, head: bool) -> Any:
    if type(value) in {int, float}:
        return value
    text = shown(value)
    if not text:
        return None
    # openpyxl takes what begins with = for a formula; as text it is shown, not run.
    cell = WriteOnlyCell(page, neutral(text))
    cell.data_type = "s"
    cell.number_format = "@"
    if head:
        cell.font = Font(bold=True)
    return cell
