"""Numbers, dates and levels as clerks write them into a cell."""

import datetime
import re

DATE = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?|月)?|年)?")
UNIT = re.compile(r"(张|人|名|个|天|个月|月|床)$")
MONEY_UNIT = re.compile(r"元$")
NUMERALS = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5}
LEVEL_WORDS = re.compile(r"([一二三四五1-5])(星|叶)?级?")


class CellError(Exception):
    """What a cell says cannot be taken, and why."""


def number_in(text: str, money: bool = False) -> str:
    """The digits of a number with its unit; commas only where they part thousands."""
    plain = text.strip().lstrip("¥￥").strip()
    plain = (MONEY_UNIT if money else UNIT).sub("", plain).strip().replace("，", ",")
    if not re.fullmatch(r"-?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?", plain, re.ASCII):
        raise CellError("要写一个数，如 1500 或 1,500；不知道就空着。")
    return plain.replace(",", "")


def whole_in(text: str, money: bool) -> int:
    """A count, or fen from yuan: 1,500 and 1500.50元."""
    if money and text.endswith("分"):
        raise CellError("金额要写元，不写分。")
    plain = number_in(text, money)
    whole, _, part = plain.partition(".")
    if len(whole) > 9:
        raise CellError("数字太大，请核对。")
    if money:
        if len(part) > 2:
            raise CellError("金额最多写到分。")
        return int(whole + part.ljust(2, "0"))
    if part.strip("0"):
        raise CellError("要写整数。")
    if int(whole) < 0:
        raise CellError("不能小于 0；不知道就空着。")
    return int(whole)


def level_in(text: str) -> int:
    """五星级, 四叶级, 3级 and 3."""
    if match := LEVEL_WORDS.fullmatch(text):
        return NUMERALS.get(match[1]) or int(match[1])
    raise CellError("等级要写一到五，如 五星级、四叶级、3。")


def date_of(text: str) -> tuple[str, str]:
    """2026-01-31, 2026/1/31, 2026年1月, 2026: the first day of what is said, and how much is."""
    match = DATE.fullmatch(text.removesuffix(" 00:00:00"))
    if not match:
        raise CellError("日期看不懂，请写成 2026-01-31、2026-01 或 2026。")
    year, month, day = match.groups()
    try:
        date = datetime.date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        raise CellError("没有这一天，请核对。") from None
    if date == datetime.date.min:
        raise CellError("没有这一天，请核对。")
    return date.isoformat(), "day" if day else "month" if month else "year"
