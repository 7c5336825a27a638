"""Numbers, days, levels and answers as clerks write them into a cell."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from carebridge.lib import dates, numbers
from carebridge.lib.numbers import UnreadableError

NUMERALS = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5}
LEVEL_WORDS = re.compile(r"([一二三四五1-5])(星|叶)?级?")
YES = {"是", "是的", "有", "收", "能", "可", "可以", "已", "对", "true", "yes", "y", "t", "1"}
YES |= set("√✓✔☑✅○●")
NO = {"否", "不是", "没有", "无", "不收", "不能", "不可", "不可以", "未", "不", "没", "错"}
NO |= {"false", "no", "n", "f", "0", *"×✗✘✕✖❌☒"}


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


def parse_count(text: str) -> tuple[int, str]:
    """Return a whole number and what to look at; raise `CellError`."""
    try:
        number = numbers.read_count(text)
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


def parse_decimal(text: str) -> float:
    try:
        return float(numbers.read_number(text).value)
    except UnreadableError as error:
        raise CellError(str(error)) from None


def parse_level(text: str) -> int:
    """Return 5 for 五星级, 4 for 四叶级, 3 for 3级 and 3; raise `CellError`."""
    if match := LEVEL_WORDS.fullmatch(text):
        return NUMERALS.get(match[1]) or int(match[1])
    raise CellError("等级要写一到五，如 五星级、四叶级、3。")


def parse_date(text: str) -> tuple[str, str]:
    """Return the first day of what is said as ISO text, and its precision; raise `CellError`."""
    try:
        day, precision = dates.read_date(text)
    except UnreadableError as error:
        raise CellError(str(error)) from None
    return day.isoformat(), precision
