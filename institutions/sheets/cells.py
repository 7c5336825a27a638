"""Numbers, days, levels and answers as clerks write them into a cell."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from carebridge.lib import dates, numbers
from carebridge.lib.numbers import UnreadableError

NUMERALS = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5}
LEVEL_WORDS = re.compile(r"([一二三四五1-5])(星|叶)?级?")
# Of a formula that failed, and of a number too wide for its column, in Excel, WPS and LibreOffice.
BROKEN = re.compile(
    r"#(?:N/?A\b|(?:REF|VALUE|DIV/0|NUM|NULL|SPILL|CALC|FIELD|BLOCKED|CONNECT|UNKNOWN|BUSY|PYTHON"
    r"|EXTERNAL|EXEC|TIMEOUT)\s*[!！]|(?:NAME|MACRO)\s*[?？!！]|GETTING_DATA)"
    r"|\bErr:\s?\d{3}\b|^#{2,}$|^#[\u4e00-\u9fff]{1,6}[!！?？]$",
    re.IGNORECASE,
)
# A whole cell of these is no name and no address: a spreadsheet made it of 3-5 or 3:5.
DAY_AS_TEXT = re.compile(
    r"\d{4}\s?[-/年.]\s?\d{1,2}(?:\s?[-/月.]\s?\d{1,2}\s?[日号]?|月)?"
    r"(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?"
    r"|\d{1,2}月\d{1,2}[日号]?|\d{1,2}/\d{1,2}/\d{2,4}"
    r"|\d{1,2}-(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*(?:-\d{2,4})?"
    r"|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*-\d{1,4}"
    r"|\d{1,3}:\d{2}(?::\d{2})?(?: ?[ap]m)?|\d+ days?, \d+:\d{2}:\d{2}",
    re.IGNORECASE,
)
NUMBER_AS_TEXT = re.compile(r"[-+]?\d+(?:[.,]\d+)*(?:e[+-]?\d+)?%?|true|false", re.IGNORECASE)
# Compared in small letters, without spaces.
YES = {
    "是", "是的", "有", "收", "收住", "接收", "可收", "可接收", "能", "能够", "可", "可以", "已",
    "对", "具备", "提供", "支持", "已有", "已设", "已设置", "已开通", "已联网", "已公示", "true",
    "yes", "y", "t", "1", "v", "√", "✓", "✔", "☑", "✅", "○", "◯", "⭕", "●",
}  # fmt: skip
NO = {
    "否", "不是", "没有", "无", "不收", "不收住", "不接收", "不接受", "不能", "不可", "不可以",
    "不具备", "不提供", "不支持", "未", "未设", "未设置", "未开通", "未联网", "未公示", "尚无",
    "不", "没", "错", "false", "no", "n", "f", "0", "x", "×", "✗", "✘", "✕", "✖", "❌", "☒",
    "╳", "⨯",
}  # fmt: skip


class CellError(Exception):
    """Raised with the reason, in words for people, why a cell cannot be taken."""


@dataclass(frozen=True)
class Reading:
    """The values of one cell, by field.

    `note` is what a person should look at; `implied` are values for fields that the row does not
    state otherwise; `more` are further rows of the same part.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    implied: Mapping[str, Any] = field(default_factory=dict)
    more: tuple[Mapping[str, Any], ...] = ()


def parse_count(text: str, units: Collection[str] | None = None) -> tuple[int, str]:
    """Return a whole number in one of the units, and what to look at; raise `CellError`."""
    try:
        number = numbers.read_count(text, units)
    except UnreadableError as error:
        raise CellError(str(error)) from None
    return int(number.value), number.note


def parse_yuan(text: str) -> numbers.Money:
    """Return whole fen and for how long; raise `CellError`."""
    if text in {"免费", "不收费", "不要钱"}:
        return numbers.Money(0)
    try:
        return numbers.read_yuan(text)
    except UnreadableError as error:
        raise CellError(str(error)) from None


def parse_decimal(text: str) -> tuple[float, str]:
    """Return a number without a unit, and what to look at; raise `CellError`."""
    try:
        number = numbers.read_number(text)
    except UnreadableError as error:
        raise CellError(str(error)) from None
    if number.unit:
        raise CellError(f"写的是“{number.unit}”，不是这一项的单位，请核对。")
    return float(number.value), number.note


def parse_level(text: str) -> int:
    """Return 5 for 五星级, 4 for 四叶级, 3 for 3级 and 3; raise `CellError`."""
    if match := LEVEL_WORDS.fullmatch(text):
        return NUMERALS.get(match[1]) or int(match[1])
    raise CellError("等级要写一到五，如 五星级、四叶级、3。")


def parse_date(text: str, cell: Any = "") -> tuple[str, str, str]:
    """Return the first day stated as ISO text, its precision, and a note to check.

    `cell` is what the sheet holds, if it is no text. Raises `CellError`.
    """
    try:
        day, precision, note = dates.read_cell(cell, text)
    except UnreadableError as error:
        raise CellError(str(error)) from None
    return day.isoformat(), precision, note


def parse_year(text: str, cell: Any = "") -> int:
    """Return the year of a year, a month or a day; raise `CellError`."""
    return int(parse_date(text.removesuffix("度"), cell)[0][:4])
