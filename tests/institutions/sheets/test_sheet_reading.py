"""How files are read, case by case: which rows of which worksheets, and why the rest are not."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.styles import Font

from carebridge.lib.sheet_files import SheetError
from institutions.sheets.export import refused
from institutions.sheets.plan import read_sheet
from tests.carebridge.lib.test_importing import SHEET, repacked
from tests.institutions.sheets.sheets import as_csv, planned, told

pytestmark = pytest.mark.django_db
CASES = Path(__file__).parents[2] / "cases"
SANHE = "河北省廊坊市三河市"
HEADS = ["名称", "地区", "床位数"]


def saved(book: Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def book_of(*pages: list[list[Any]]) -> Workbook:
    book = Workbook()
    book.remove(book.active)
    for number, rows in enumerate(pages, start=1):
        page = book.create_sheet(f"表{number}")
        for row in rows:
            page.append(row)
    return book


def names(content: bytes) -> list[Any]:
    return [row.cells["名称"] for row in read_sheet(content).rows]


def case(name: str) -> bytes:
    return (CASES / name).read_bytes()


# Worksheets


def test_every_visible_sheet_with_our_heads_is_read_and_all_are_named():
    book = book_of(
        [HEADS, ["甲院", SANHE, 1]],
        [["说明"], ["怎么填"]],
        [HEADS, ["乙院", SANHE, 2], ["丙院", "某某", 3]],
        [HEADS, ["丁院", SANHE, 4]],
        [HEADS, ["戊院", SANHE, 5]],
        [HEADS],
    )
    book["表4"].sheet_state, book["表5"].sheet_state = "hidden", "veryHidden"
    book.create_chartsheet("图")
    sheet = read_sheet(saved(book))

    assert [row.cells["名称"] for row in sheet.rows] == ["甲院", "乙院", "丙院"]
    assert [row.place for row in sheet.rows] == [
        "“表1”第 2 行",
        "“表3”第 2 行",
        "“表3”第 3 行",
    ]
    assert sheet.left_out == {
        "表2": "没有需要的表头",
        "表4": "隐藏的工作表",
        "表5": "深度隐藏的工作表",
        "表6": "表头下面没有数据",
        "图": "不是工作表（图表或宏）",
    }


def test_rows_of_two_sheets_make_one_home_and_its_faults_name_their_sheet():
    fees = ["名称", "地区", "收费·项目", "收费·房型", "收费·金额（元）"]
    book = book_of(
        [HEADS, ["甲院", SANHE, 10], ["乙院", "某某", 1]],
        [
            fees,
            ["甲院", SANHE, "床位费", "单人间", 1500],
            ["甲院", SANHE, "床位费", "单人间", 1600],
        ],
    )
    sheet = read_sheet(saved(book))
    plan = planned(saved(book))

    assert plan.counts["refused"] == 2
    first = plan.lines[0]
    assert len(first.rows) == 3
    assert "同一家机构的这一项在表里出现了两次" in "".join(p.reason for p in first.problems)
    pages = refused(sheet, {number: "为什么" for line in plan.lines for number in line.rows})
    assert len(read_sheet(pages).rows) == 4


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_file_of_hidden_sheets_is_refused_by_name(state):
    book = book_of([["说明"]], [HEADS, ["甲院", SANHE, 1]])
    book["表2"].sheet_state = state

    with pytest.raises(SheetError, match=r"“表2”没有读：.*隐藏"):
        read_sheet(saved(book))


# Rows


def test_hidden_case():
    sheet = read_sheet(case("hidden.xlsx"))

    assert [row.cells["名称"] for row in sheet.rows] == ["试验看得见院"]
    assert sheet.report() == [
        {"name": "Sheet", "rows": 1, "hidden": 1},
        {"name": "旧数据", "left_out": "隐藏的工作表"},
    ]


def test_filtered_folded_and_flat_rows_are_left_out_and_counted():
    book = book_of([HEADS, *([f"院{n}", SANHE, n] for n in range(1, 6))])
    page = book["表1"]
    page.auto_filter.ref = "A1:C6"
    page.row_dimensions[2].hidden = True
    page.row_dimensions.group(3, 3, hidden=True)
    page.row_dimensions[5].height = 20

    def flat(xml: bytes) -> bytes:
        return xml.replace(b'<row r="4"', b'<row r="4" ht="0" customHeight="1"')

    sheet = read_sheet(repacked(saved(book), SHEET, flat))

    assert [(row.number, row.cells["名称"]) for row in sheet.rows] == [(5, "院4"), (6, "院5")]
    assert sheet.tables[0].hidden == 3
    for number in (4, 5, 6):
        page.row_dimensions[number].hidden = True
    with pytest.raises(SheetError, match="5 行都隐藏了或筛选掉了"):
        read_sheet(saved(book))


def test_struck_rows_are_flagged_and_taken():
    book = book_of([HEADS, ["甲院", SANHE, 1], ["乙院", SANHE, 2], ["丙院", SANHE, 3]])
    book["表1"]["A3"].font = Font(strike=True)
    book["表1"]["D2"].font = Font(strike=True)  # holds nothing
    plan = planned(saved(book))

    found = [["删除线" in flag.reason for flag in line.flags] for line in plan.of("new")]
    assert found == [[], [True], []]


# Merged cells


def test_merged_case():
    plan = planned(case("merged-long.xlsx"))

    home = next(line for line in plan.of("new") if line.name == "试验合并多2院")
    assert plan.counts["refused"] == 0
    assert sum(bed["registered"] for bed in home.parts["beds"].values()) == 520
    assert home.rows == [3, 4, 5]


def test_a_merged_number_holds_for_every_row_and_is_flagged():
    rows = [["甲院", SANHE, 300, "单人间"], [None, None, None, "双人间"]]
    book = book_of([[*HEADS, "床位·房型"], *rows])
    for letter in "ABC":
        book["表1"].merge_cells(f"{letter}2:{letter}3")
    (line,) = planned(saved(book)).lines

    assert [bed["registered"] for bed in line.parts["beds"].values()] == [300, 300]
    assert ["合并的单元格" in flag.reason for flag in line.flags] == [True]


def test_heads_of_two_rows_are_read_at_the_lower():
    book = book_of(
        [["名称", "地区", "床位", None], [None, None, "床位数", "空床"], ["甲院", SANHE, 9, 2]]
    )
    for cells in ("A1:A2", "B1:B2", "C1:D1"):
        book["表1"].merge_cells(cells)
    (row,) = read_sheet(saved(book)).rows

    assert (row.number, row.cells["床位数"], row.cells["空床"]) == (3, 9, 2)


def test_a_merge_over_the_whole_sheet_makes_no_rows():
    def merged(xml: bytes) -> bytes:
        cells = b'</sheetData><mergeCells count="1"><mergeCell ref="C2:XFD1048576"/></mergeCells>'
        return xml.replace(b"</sheetData>", cells)

    content = saved(book_of([HEADS, ["甲院", SANHE, 1]]))
    assert names(repacked(content, SHEET, merged)) == ["甲院"]


# Totals and footers


def test_total_case():
    plan = planned(case("total15.xlsx"))

    assert (plan.counts["new"], plan.counts["refused"]) == (15, 2)
    assert [(p.row, p.reason) for line in plan.of("refused") for p in line.problems] == [
        (17, "这是合计行，不是一家机构，没有导入。"),
        (18, "这是表尾的说明，不是一家机构，没有导入。"),
    ]


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (["合计", "", 1200], "合计行"),
        (["合　计", "", 1200], "合计行"),
        (["总计：15家", "", 1200], "合计行"),
        (["小 计", SANHE, 20], "合计行"),
        (["", "合计", 20], "合计行"),
        (["三河市小计", "", 20], "合计行"),
        (["全县总计", SANHE, 20], "合计行"),
        (["制表人：张某", "审核人：李某", ""], "表尾"),
        (["填报单位（盖章）：某某民政局", "", ""], "表尾"),
        (["填表日期：2026年11月", "", ""], "表尾"),
        (["备注：床位以备案为准", "", ""], "表尾"),
        (["注：1. 数字截至月底", SANHE, ""], "表尾"),
        (["名称", "地区", "床位数"], "又是表头"),
    ],
)
def test_totals_and_footers_are_refused_as_such(cells, reason):
    plan = planned(as_csv(HEADS, ["甲院", SANHE, 1], cells))

    assert (plan.counts["new"], plan.counts["refused"]) == (1, 1)
    (why,) = told(plan)
    assert reason in why[1]


@pytest.mark.parametrize(
    "name", ["试验合计1号院", "总计养老院", "注册养老院", "联系人养老服务中心", "制表街敬老院"]
)
def test_a_home_may_be_called_so(name):
    assert planned(as_csv(["说明", *HEADS], ["备注：已核", name, SANHE, 1])).counts["new"] == 1


# Far cells


def test_a_formatted_empty_cell_far_below_is_no_row():
    book = book_of([HEADS, ["甲院", SANHE, 1]])
    book["表1"]["C1048576"].font = Font(bold=True)
    book["表1"]["XFD3"].font = Font(bold=True)

    assert names(saved(book)) == ["甲院"]
    book["表1"]["C1048576"] = 7
    with pytest.raises(SheetError, match="超过 100,000 行"):
        read_sheet(saved(book))


def test_a_document_type_is_refused():
    """By which XML could expand without end; Excel never writes one."""
    content = saved(book_of([HEADS, ["甲院", SANHE, 1]]))

    def typed(xml: bytes) -> bytes:
        return re.sub(rb"<worksheet", b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet', xml, count=1)

    with pytest.raises(SheetError, match="坏了"):
        read_sheet(repacked(content, SHEET, typed))
