"""Read XLSX files: the cells of each worksheet, and what Excel shows of them besides values.

The reader of cells knows nothing of hidden rows and struck-through text; both are found in the XML
by patterns that take one pass and expand nothing. Nothing is unpacked before its size is known.
"""

import bisect
import html
import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

MEGABYTE = 1024 * 1024
# An honest sheet of 100,000 rows unpacks to less; a zip bomb to far more.
MOST_UNPACKED = 200 * MEGABYTE
MOST_ROWS = 100_000
MOST_COLUMNS = 500
MOST_CELLS = 6_000_000
MOST_SHEETS = 100
MOST_TEXT = 5_000
BROKEN = "这个 XLSX 文件坏了，或加了密码，打不开。"
# ODS and XLSB also come as ZIP files, and repeat a row a million times in few bytes.
OTHER_KINDS = {"content.xml", "mimetype", "xl/workbook.bin"}

PREFIX = rb"<(?:[\w.-]+:)?"
ATTRIBUTES = rb"""((?:\s(?:[^<>"'/]++|/(?!>)|"[^"]*+"|'[^']*+')*+)?)"""
# What places a cell or a row, as lenient as the reader is.
CELL = re.compile(PREFIX + rb"c[\s/>]")
ROW = re.compile(PREFIX + rb"row[\s/>]")
PLACE = re.compile(rb"""\br\s*=\s*["']\s*([A-Za-z]{1,7})\d""")
FAR_ROW = re.compile(rb"""\br\s*=\s*["']\s*[A-Za-z]*(\d{5,18})""")
EMPTY_CELL = re.compile(PREFIX + rb"c" + ATTRIBUTES + rb"\s*(?:/>|>\s*</(?:[\w.-]+:)?c\s*>)")
EMPTY_ROW = re.compile(PREFIX + rb"row" + ATTRIBUTES + rb"\s*(?:/>|>\s*</(?:[\w.-]+:)?row\s*>)")
NUMBERED_ROW = re.compile(PREFIX + rb"""row\s(?:[^<>"']*?\s)?r\s*=\s*["']\s*\d""")
ROW_TAG = re.compile(PREFIX + rb"row" + ATTRIBUTES + rb"\s*/?>")
ATTRIBUTE = re.compile(rb"""([\w:.-]+)\s*=\s*("[^"]*"|'[^']*')""")
STRIKE = re.compile(PREFIX + rb"strike" + ATTRIBUTES + rb"\s*/?>")
SHARED_TEXT = re.compile(PREFIX + rb"si[\s>].*?</(?:[\w.-]+:)?si\s*>", re.DOTALL)
ERROR = re.compile(PREFIX.replace(b"<", b"(<") + rb"""c\s[^<>]*?\bt\s*=\s*["'])e(["'])""")
FALSE = {"0", "false"}


class SheetError(Exception):
    """The file cannot be taken as a sheet at all; the message has the reason."""


@dataclass(frozen=True)
class Worksheet:
    """A worksheet: rows of cells from its first row on, and what Excel shows of them.

    `hidden` and `struck` hold row numbers as Excel shows them; `filled` the places (row, column)
    that take their value from the first cell of a merged range, both counted from 0.
    """

    name: str
    left_out: str = ""
    cells: Sequence[list[Any]] = ()
    hidden: frozenset[int] = frozenset()
    struck: frozenset[int] = frozenset()
    filled: dict[int, set[int]] = field(default_factory=dict)


def worksheets(content: bytes) -> Iterator[Worksheet]:
    """Return every worksheet of an XLSX file; one that Excel hides has no cells but a reason.

    Raises `SheetError`.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            check_zip(archive)
            marks = _Marks(archive)
            workbook = CalamineWorkbook.from_filelike(io.BytesIO(_with_errors(archive, content)))
            if len(workbook.sheet_names) > MOST_SHEETS:
                raise SheetError(f"超过 {MOST_SHEETS} 张工作表，请只留要上传的那一张。")
            for about in workbook.sheets_metadata:
                yield _worksheet(workbook, about, marks)
    except (CalamineError, ValueError, OSError, KeyError) as error:
        raise SheetError(BROKEN) from error
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise SheetError(BROKEN) from error


def _with_errors(archive: zipfile.ZipFile, content: bytes) -> bytes:
    """Return the file with formulas that failed as text: #REF!.

    The reader of cells leaves them empty, and fails at those it does not know, as #SPILL!.
    """
    if not any(ERROR.search(archive.read(entry)) for entry in archive.infolist()):
        return content
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy:
        for entry in archive.infolist():
            copy.writestr(entry.filename, ERROR.sub(rb"\1str\2", archive.read(entry)))
    return buffer.getvalue()


def _worksheet(workbook: CalamineWorkbook, about: Any, marks: "_Marks") -> Worksheet:
    if about.typ != SheetTypeEnum.WorkSheet:
        return Worksheet(about.name, "不是工作表（图表或宏）")
    if about.visible == SheetVisibleEnum.VeryHidden:
        return Worksheet(about.name, "深度隐藏的工作表")
    if about.visible != SheetVisibleEnum.Visible:
        return Worksheet(about.name, "隐藏的工作表")
    sheet = workbook.get_sheet_by_name(about.name)
    check_size(sheet.total_height, sheet.total_width)
    cells = sheet.to_python(skip_empty_area=False)
    xml = marks.xml_of(about.name)
    filled = _fill_merged(cells, sheet.merged_cell_ranges or [])
    return Worksheet(about.name, "", cells, _hidden_rows(xml), marks.struck_rows(xml), filled)


def _fill_merged(cells: list[list[Any]], ranges: Sequence[Any]) -> dict[int, set[int]]:
    """Give all rows of merged cells the value of the first; the other columns stay empty."""
    filled: dict[int, set[int]] = {}
    work = 0
    for (top, left), (bottom, _) in ranges:
        if top >= len(cells) or left >= len(cells[top]) or cells[top][left] in (None, ""):
            continue
        rows = range(top + 1, min(bottom + 1, len(cells)))
        work += len(rows)
        if work > MOST_CELLS:
            raise SheetError("合并的单元格太多，请取消合并再上传。")
        for row in rows:
            if cells[row][left] in (None, ""):
                cells[row][left] = cells[top][left]
                filled.setdefault(row, set()).add(left)
    return filled


# Before anything is unpacked by a reader


def check_size(rows: int, columns: int) -> None:
    if rows > MOST_ROWS:
        raise SheetError(f"超过 {MOST_ROWS:,} 行，请分成几份。")
    if columns > MOST_COLUMNS or rows * columns > MOST_CELLS:
        raise SheetError("列太多，请删去右边的空列再上传。")


def check_zip(archive: zipfile.ZipFile) -> None:
    """Refuse what would not fit into memory before anything unpacks it.

    Every file is looked at: a workbook may name any of them, in any spelling, as its worksheet.
    """
    entries = archive.infolist()
    if sum(entry.file_size for entry in entries) > MOST_UNPACKED or len(entries) > 2_000:
        raise SheetError("文件解压后太大，请删去图片和空行，或分成几份。")
    names = {entry.filename.lower().replace("\\", "/") for entry in entries}
    if names & OTHER_KINDS or "xl/workbook.xml" not in names:
        raise SheetError("这不是 XLSX 文件（也可能坏了），请另存为 .xlsx 再上传。")
    if len(names) < len(entries):
        raise SheetError(BROKEN)
    longest = max(
        _longest_text(archive.read(entry))
        if entry.filename.lower().endswith("sharedstrings.xml")
        else 0
        for entry in entries
    )
    for entry in entries:
        _check_worksheet(archive.read(entry), longest)


def _longest_text(xml: bytes) -> int:
    """Return the bytes of the longest text that the cells share."""
    return max(map(len, re.split(rb"</(?:[\w.-]+:)?si>", xml)))


def _check_worksheet(xml: bytes, longest: int) -> None:
    """Refuse a cell so far away that a reader would set too much room aside for all before it."""
    if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
        raise SheetError(BROKEN)
    rows, columns = _declared_size(xml)
    if rows > MOST_ROWS or columns > MOST_COLUMNS or rows * columns > MOST_CELLS:
        rows, columns = _declared_size(_without_empty(xml))
    check_size(rows, columns)
    cells = len(CELL.findall(xml)) if longest > 4 * MOST_TEXT else 0
    if longest > 4 * MOST_TEXT and cells * longest > MOST_UNPACKED:
        raise SheetError("有的格子文字太长，请缩短后再上传。")


def _declared_size(xml: bytes) -> tuple[int, int]:
    """Return how many rows and columns a reader sets room aside for, or more."""
    cells = len(CELL.findall(xml))
    letters = PLACE.findall(xml)
    last = max(map(int, set(FAR_ROW.findall(xml))), default=0)
    columns = max(map(_column_number, set(letters)), default=0)
    if cells > len(letters):
        # Cells without a reference follow one another.
        columns += max(len(CELL.findall(row)) for row in ROW.split(xml))
    return max(last, len(ROW.findall(xml))), columns


def _without_empty(xml: bytes) -> bytes:
    """Leave out cells that have a format but no value, where all rows and cells have a reference.

    The reader passes them over too: a formatted cell in row 1,048,576 makes no row.
    """
    rows = len(ROW.findall(xml))
    if rows != len(NUMBERED_ROW.findall(xml)) or len(CELL.findall(xml)) != len(PLACE.findall(xml)):
        return xml
    return EMPTY_ROW.sub(b"", EMPTY_CELL.sub(b"", xml))


def _column_number(letters: bytes) -> int:
    """Return a is 1, Z 26, AA 27."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number


# Marks


class _Marks:
    """The XML of worksheets by their names, and which formats and texts are struck through."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.files = {
            name.lower().replace("\\", "/").lstrip("/"): name for name in archive.namelist()
        }
        links = _tag_attributes(self._read_part("xl/_rels/workbook.xml.rels"), "Relationship")
        self.targets = {link.get("Id", ""): link.get("Target", "") for link in links}
        self.sheets = _tag_attributes(self._read_part("xl/workbook.xml"), "sheet")
        self.formats = _struck_formats(self._read_part("xl/styles.xml"))
        self.texts = _struck_texts(self._read_part("xl/sharedstrings.xml"))

    def _read_part(self, path: str) -> bytes:
        name = self.files.get(path.lower())
        return self.archive.read(name) if name else b""

    def xml_of(self, title: str) -> bytes:
        sheet = next((sheet for sheet in self.sheets if sheet.get("name") == title), {})
        link = next((value for key, value in sheet.items() if key.rpartition(":")[2] == "id"), "")
        target = self.targets.get(link, "").replace("\\", "/")
        return self._read_part(posixpath.normpath(posixpath.join("/xl", target)).lstrip("/"))

    def struck_rows(self, xml: bytes) -> frozenset[int]:
        """Return the numbers of the rows with a struck-through cell that has a value."""
        found = [cell.start() for cell in self._struck_cells(xml)]
        if not found:
            return frozenset()
        starts, numbers = [], []
        for start, number, _ in _find_rows(xml):
            starts.append(start)
            numbers.append(number)
        places = (bisect.bisect(starts, start) - 1 for start in found)
        return frozenset(numbers[place] for place in places if place >= 0)

    def _struck_cells(self, xml: bytes) -> Iterator[re.Match[bytes]]:
        if self.formats:
            style = rb"|".join(str(number).encode() for number in sorted(self.formats))
            yield from re.finditer(
                PREFIX
                + rb"""c\s[^<>]*?\bs\s*=\s*["'](?:"""
                + style
                + rb""")["'][^<>/]*>\s*<(?!/)""",
                xml,
            )
        if self.texts:
            shared = re.compile(
                PREFIX + rb"""c\s[^<>]*?\bt\s*=\s*["']s["'][^<>/]*>\s*<v>(\d+)</v>"""
            )
            yield from (cell for cell in shared.finditer(xml) if int(cell[1]) in self.texts)


def _find_rows(xml: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield where each row begins in the file, its number and its attributes."""
    number = 0
    for tag in ROW_TAG.finditer(xml):
        found = re.search(rb"""\br\s*=\s*["']\s*(\d{1,18})""", tag[1])
        number = int(found[1]) if found else number + 1
        yield tag.start(), number, tag[1]


def _hidden_rows(xml: bytes) -> frozenset[int]:
    """Return the numbers of the rows that are hidden, filtered out, folded, or of no height."""
    found = set()
    for _, number, attributes in _find_rows(xml):
        if b"hidden" in attributes or b"ht" in attributes:
            values = _attributes(attributes)
            height = values.get("ht", "1").strip()
            if values.get("hidden", "0") not in FALSE or height in {"0", "0.0"}:
                found.add(number)
    return frozenset(found)


def _struck_formats(xml: bytes) -> set[int]:
    """Return the numbers of the cell formats whose font is struck through."""
    fonts = {
        number
        for number, font in enumerate(_all_elements(_first_element(xml, "fonts"), "font"))
        if _is_struck(font)
    }
    formats = _tag_attributes(_first_element(xml, "cellXfs"), "xf") if fonts else []
    return {
        number for number, found in enumerate(formats) if int(found.get("fontId") or 0) in fonts
    }


def _struck_texts(xml: bytes) -> set[int]:
    """Return the numbers of the shared texts of which a part is struck through."""
    if b"strike" not in xml:
        return set()
    return {n for n, text in enumerate(SHARED_TEXT.finditer(xml)) if _is_struck(text[0])}


def _is_struck(xml: bytes) -> bool:
    return any(_attributes(tag[1]).get("val", "1") not in FALSE for tag in STRIKE.finditer(xml))


def _first_element(xml: bytes, name: str) -> bytes:
    """Return the content between the first tag of a name and its end."""
    tag = name.encode()
    match = re.search(PREFIX + tag + rb"[\s>].*?</(?:[\w.-]+:)?" + tag + rb"\s*>", xml, re.DOTALL)
    return match[0] if match else b""


def _all_elements(xml: bytes, name: str) -> list[bytes]:
    """Return every element of a name, those without content too."""
    tag = name.encode()
    pattern = PREFIX + tag + ATTRIBUTES + rb"\s*(?:/>|>.*?</(?:[\w.-]+:)?" + tag + rb"\s*>)"
    return [match[0] for match in re.finditer(pattern, xml, re.DOTALL)]


def _tag_attributes(xml: bytes, name: str) -> list[dict[str, str]]:
    """Return the attributes of every tag of a name."""
    pattern = PREFIX + name.encode() + ATTRIBUTES + rb"\s*/?>"
    return [_attributes(match[1]) for match in re.finditer(pattern, xml)]


def _attributes(text: bytes) -> dict[str, str]:
    return {
        key.decode(): html.unescape(value[1:-1].decode("utf-8", "replace"))
        for key, value in ATTRIBUTE.findall(text)
    }
