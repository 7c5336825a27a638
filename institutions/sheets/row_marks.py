"""Recognise rows that are no homes (totals, footers, repeated heads), and marks to check."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from carebridge.lib.sheet_files import CellProblem, SheetRow, display_value
from institutions.sheets.columns import Column

SPACE = re.compile(r"\s+")
TOTAL = re.compile(
    r"[（(【]?(本页|全[省市州区县旗]|各?类|以上)?(合计|总计|小计|共计|累计|总合计)(数|人数|床位|床位数)?[）)】]?([:：(（\d].*)?"
)
SUBTOTAL = re.compile(r".{0,14}(合计|总计|小计|共计|累计)[数]?([:：（(].{0,12})?")
FOOTER = re.compile(
    r"(制表|填表|填报|上报|报送|统计|审核|复核|审批|核对|经办|负责|分管|主管|单位|部门|机构|联系|制作|编制|数据|打印|签)"
    r"(表)?(人|人员|单位|部门|机关|日期|时间|负责人|领导|来源|截止|电话|方式|字|章|盖章)?(（.{0,8}）|\(.{0,8}\))?[:：].*"
    r"|(备注|注|附注|说明|填表说明|填报说明|日期|盖章|公章)\d{0,2}[:：].*"
    r"|(备注|注|填表说明|填报说明)\d{0,2}[.、].*|[（(](盖章|公章)[）)]"
)


def why_no_home(
    row: SheetRow, columns: Mapping[str, Column], *, is_placed: bool
) -> tuple[str, Any, str] | None:
    """Return the head, the cell and the reason where the row is no home, else None.

    `is_placed` says that its region is known: then only the name reveals a total or a footer.
    """
    heads = {column.key: head for head, column in columns.items()}
    name = _cell_text(row.cells.get(heads["name"]))
    if all(
        name_of == _cell_text(row.cells.get(name_of))
        for name_of in (heads["name"], heads["region"])
    ):
        return heads["name"], name, "这一行又是表头，不是一家机构，没有导入。"
    first = next((head for head, cell in row.cells.items() if display_value(cell)), heads["name"])
    places = [heads["name"], heads["region"], first]
    for head in dict.fromkeys(places):
        text = _cell_text(row.cells.get(head))
        is_name = head == heads["name"]
        is_home = bool(name) and is_placed
        is_total = TOTAL.fullmatch(text) and (is_name or head == heads["region"] or not is_home)
        if is_total or (SUBTOTAL.fullmatch(text) and not is_home):
            return head, row.cells[head], "这是合计行，不是一家机构，没有导入。"
        if FOOTER.fullmatch(text) and (is_name or not is_home):
            return head, row.cells[head], "这是表尾的说明，不是一家机构，没有导入。"
    return None


def marks_of(row: SheetRow, parts: Mapping[str, Mapping[str, Any]]) -> Iterator[CellProblem]:
    """Yield what somebody should look at: text struck through, figures of merged cells."""
    if row.is_struck:
        yield CellProblem(row.number, "名称", "", "这一行画了删除线，请核对是不是已经作废。")
    merged = {head: row.cells.get(head) for head in row.merged}
    numbers = {head: cell for head, cell in merged.items() if _is_number(cell)}
    if "beds" in parts:
        for head, value in sorted(numbers.items()):
            why = "这个数在合并的单元格里，每一行都算了一次，请核对是不是几行的合计。"
            yield CellProblem(row.number, head, display_value(value), why)


def _cell_text(cell: Any) -> str:
    return SPACE.sub("", display_value(cell)) if isinstance(cell, str) else ""


def _is_number(cell: Any) -> bool:
    return isinstance(cell, int | float) and not isinstance(cell, bool)
