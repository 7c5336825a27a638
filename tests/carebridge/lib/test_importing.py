import datetime
import io
import zipfile
from collections.abc import Sequence
from typing import Any

import pytest
from openpyxl import Workbook
from python_calamine import CalamineWorkbook

from carebridge.lib import sheet_files as importing
from carebridge.lib import worksheets
from carebridge.lib.sheet_files import (
    SheetError,
    SheetRow,
    csv_lines,
    display_value,
    neutral,
    read,
    restored,
)

ROWS = [["名称", "床位"], ["甲院", "50"], ["", ""], ["乙院", "6"]]


def wanted(heads: Sequence[str]) -> bool:
    return "名称" in heads


def as_csv(rows: list[list[Any]], encoding: str = "utf-8") -> bytes:
    return "\r\n".join(",".join(map(str, row)) for row in rows).encode(encoding)


def as_xlsx(*sheets: list[list[Any]]) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets):
        page = book.create_sheet(f"表{number}")
        for row in rows:
            page.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def repacked(content: bytes, name: str, change: Any) -> bytes:
    """The workbook with one of its files changed."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for entry in old.namelist():
            data = old.read(entry)
            new.writestr(entry, change(data) if entry == name else data)
    return buffer.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    "content",
    [
        as_csv(ROWS),
        as_csv(ROWS, "utf-8-sig"),
        as_csv(ROWS, "gb18030"),
        as_csv(ROWS).replace(b"\r\n", b"\n"),
        as_csv(ROWS).replace(b"\r\n", b"\r"),
        as_csv(ROWS).replace(b",", b"\t"),
        as_csv(ROWS).replace(b",", b";"),
        b"sep=;\r\n" + as_csv(ROWS).replace(b",", b";"),
        "某县,养老机构;,一览表\r\n".encode() + as_csv(ROWS).replace(b",", b"\t"),
        as_csv(ROWS, "utf-16"),
        as_csv(ROWS, "utf-16-le"),
        as_csv([["某县养老机构一览表", ""], *ROWS]),
        as_xlsx(ROWS),
        as_xlsx([["说明"], ["不是这张"]], ROWS),
    ],
    ids=[
        *(
            "utf-8",
            "bom",
            "gb18030",
            "newlines",
            "returns",
            "tabs",
            "semicolons",
            "sep",
            "delimiters",
        ),
        *("utf-16", "utf-16 without mark", "title", "xlsx", "second sheet"),
    ],
)
def test_a_sheet_is_read(content: bytes):
    sheet = read(content, wanted)
    first = sheet.rows[0].number

    assert sheet.heads == ("名称", "床位")
    # empty rows are left out, and the numbers are those of the file
    assert [(row.number - first, row.cells["名称"]) for row in sheet.rows] == [
        (0, "甲院"),
        (2, "乙院"),
    ]


def test_only_a_wrong_encoding_is_called_one():
    for content in (as_csv([["甲", "乙"], ["1", "2"]]), as_xlsx([["甲", "乙"]]), b"a,b\r\n1,2"):
        with pytest.raises(SheetError, match="没有找到需要的表头") as error:
            read(content, wanted)
        assert "编码" not in str(error.value)
        assert "乱码" not in str(error.value)


def test_a_line_that_names_the_delimiter_is_no_row():
    """Excel takes it away before it numbers the rows."""
    for mark in ("sep=;", '"sep=;"', "SEP=;"):
        content = f"{mark}\r\n名称;数\r\n甲院;1".encode()
        assert read(content, wanted).rows == (SheetRow(2, {"名称": "甲院", "数": "1"}),)


def test_rows_have_the_numbers_excel_shows():
    titled = [["某县", None], [None, None], *ROWS]
    for content in (as_csv(ROWS), as_xlsx(ROWS)):
        assert [row.number for row in read(content, wanted).rows] == [2, 4]
    assert [row.number for row in read(as_xlsx(titled), wanted).rows] == [4, 6]


def test_cells_keep_their_kind():
    day = datetime.date(2026, 1, 31)
    row = read(as_xlsx([["名称", "日期", "数"], ["甲院", day, 50]]), wanted).rows[0]

    assert row == SheetRow(2, {"名称": "甲院", "日期": day, "数": 50})


def far(xml: bytes) -> bytes:
    return xml.replace(
        b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "空的"),
        (b" \n", "空的"),
        (b"x" * (20 * 1024 * 1024 + 1), "20 MB"),
        (b"\xd0\xcf\x11\xe0" + b"x" * 99, "另存为 .xlsx"),
        (b"PK\x03\x04 nothing", "坏了"),
        (as_xlsx(ROWS)[:-200], "坏了"),
        (repacked(as_xlsx(ROWS), SHEET, lambda xml: xml[:300]), "坏了|表头"),
        (repacked(as_xlsx(ROWS), SHEET, far), "100,000 行|列太多"),
        (repacked(as_xlsx(ROWS), "xl/styles.xml", lambda xml: b"0" * 210_000_000), "解压后太大"),
        (as_csv([["甲", "乙"], ["1", "2"]]), "没有找到需要的表头。第一行是：甲、乙"),
        (as_xlsx([["甲", "乙"], ["1", "2"]]), "没有找到需要的表头。第一行是：甲、乙"),
        (as_csv([["名称", "名称"], ["1", "2"]]), "表头重复了：名称"),
        (as_csv([["名称"]]), "没有数据"),
        (as_csv([["名稱", "床位"], ["甲院", "50"]], "big5"), "Big5"),
        (b"\xff\xfe\xff" * 9, "编码"),
        ("名称\0".encode(), "不是 CSV"),
        ('名称\n"甲院'.encode(), "第 2 行的引号不成对"),
        ("名称\n".encode() + b"x" * 5001, "5,000 字"),
        ("名称\n".encode() + b"x\n" * 100_001, "100,000 行"),
        ("名称".encode() + b"," * 600, "列太多"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_sheet_is_refused_with_a_reason(content: bytes, reason: str):
    with pytest.raises(SheetError, match=reason):
        read(content, wanted)


def placed(path: str, row: bytes) -> bytes:
    """A workbook whose sheet stands at `path` and ends with `row`."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(as_xlsx(ROWS))) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            data = old.read(name)
            if name == SHEET:
                name, data = path, data.replace(b"</sheetData>", row + b"</sheetData>")
            new.writestr(name, data.replace(f"/{SHEET}".encode(), f"/{path}".encode()))
    return buffer.getvalue()


FAR = b'<row r="1048576"><c r="Z1048576"><v>1</v></c></row>'


@pytest.mark.parametrize(
    ("path", "row"),
    [
        ("xl/foo/sheet1.xml", FAR),
        ("xl/Worksheets/Sheet1.XML", FAR),
        ("xl/foo/sheet1.bin", FAR),
        (SHEET, FAR.replace(b"r=", b"r =")),
        (SHEET, FAR.replace(b"r=", b"r\n= ").replace(b'"', b"'")),
        (SHEET, FAR.replace(b"Z", b"z").replace(b'row r="1048576"', b"row")),
        (SHEET, b'<row a=">" r="1048576"><c><v>1</v></c></row>'),
        (SHEET, b"<row/>" * 100_001 + b"<row><c><v>1</v></c></row>"),
        (SHEET, b"<row>" + b"<c><v>1</v></c>" * 600 + b"</row>"),
        (SHEET, b'<row><c r="ZZZ9"><v>1</v></c></row>'),
    ],
    ids=["path", "case", "ending", "space", "newline", "small", "quoted", "bare", "wide", "column"],
)
def test_a_small_file_that_claims_a_vast_sheet_is_refused(path: str, row: bytes):
    content = placed(path, row)

    assert len(content) < 10_000
    with pytest.raises(SheetError, match=r"100,000 行|列太多"):
        read(content, wanted)


def test_a_sheet_may_stand_anywhere_in_the_file():
    row = b'<row r="9"><c r="A9" t="inlineStr"><is><t>\xe4\xb8\x99</t></is></c></row>'

    assert [row.number for row in read(placed("xl/foo/s.xml", row), wanted).rows] == [2, 4, 9]


@pytest.mark.parametrize("name", ["content.xml", "mimetype", "xl/Workbook.bin"])
def test_other_kinds_of_workbook_are_refused(name: str):
    """A broken XLSX that is also an ODS or XLSB would be read as that."""
    buffer = io.BytesIO(as_xlsx(ROWS))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(name, "x")

    with pytest.raises(SheetError, match="不是 XLSX"):
        read(buffer.getvalue(), wanted)


def test_a_zip_without_a_workbook_is_refused():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("styles.xml", "x")

    with pytest.raises(SheetError, match="不是 XLSX"):
        read(buffer.getvalue(), wanted)


def test_what_the_reader_found_is_measured_too(monkeypatch):
    monkeypatch.setattr(worksheets, "check_zip", lambda archive: None)

    with pytest.raises(SheetError, match="100,000 行"):
        read(placed(SHEET, FAR.replace(b"Z", b"A")), wanted)


def test_a_workbook_of_very_many_sheets_is_refused():
    with pytest.raises(SheetError, match="100 张工作表"):
        read(as_xlsx(*[[["甲"]]] * 101), wanted)


def test_a_text_shared_by_very_many_cells_is_refused():
    """A small file may name one long text a hundred thousand times."""
    buffer = io.BytesIO(as_xlsx([["名称"], *([["甲"]] * 10_000)]))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("xl/sharedStrings.xml", f"<si>{'长' * 10_000}</si>")

    with pytest.raises(SheetError, match="文字太长"):
        read(buffer.getvalue(), wanted)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (50.0, "50"),
        (1500.5, "1500.5"),
        (1.1e17, "1.10000E+17"),
        (True, "TRUE"),
        (" 甲 ", "甲"),
        (datetime.date(2026, 1, 31), "2026-01-31"),
    ],
    ids=str,
)
def test_a_cell_is_shown_as_its_reader_sees_it(value, text):
    assert display_value(value) == text


@pytest.mark.parametrize(
    "text", ["=1+1", "+86", "-x", "@x", "\t=1", "\r=1", "＝1", "'=1", "'", "''", "=", "'甲"]
)
def test_what_a_spreadsheet_would_run_is_neutralised_and_comes_back(text: str):
    assert neutral(text) == "'" + text
    assert restored(neutral(text)) == text


@pytest.mark.parametrize("text", ["甲院", "-116.4", "50", "", "a=b", "（一）"])
def test_other_text_is_left_alone(text: str):
    assert neutral(text) == restored(text) == text


NASTY = ["名称", '=HYPERLINK("http://x")', "+1", "-1.5", '甲"院', "甲,乙\n丙", "'x"]


def test_csv_goes_out_and_comes_back():
    lines = "".join(csv_lines([NASTY, NASTY])).encode()

    assert lines.startswith(b"\xef\xbb\xbf")
    assert b",'+1," in lines
    sheet = read(lines, wanted)
    assert [restored(head) for head in sheet.rows[0].cells] != []
    assert list(sheet.rows[0].cells.values()) == NASTY


def test_a_workbook_goes_out_and_comes_back():
    content = importing.workbook([("机构", [["名称", "数"], *([text, 7] for text in NASTY)])])

    page = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name("机构")
    assert page.to_python()[2] == ["'" + NASTY[1], 7]
    assert [row.cells["名称"] for row in read(content, wanted).rows] == NASTY
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert b"<f>" not in archive.read(SHEET)
