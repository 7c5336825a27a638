"""Numbers and money as people write them: 120张, １，２００元, 1.2万, 约100, 一百二十.

Free of the domain. What is not certainly one number is refused with a reason in Chinese.
"""

import re
import unicodedata
from collections.abc import Collection
from decimal import Decimal
from typing import NamedTuple

from carebridge.lib.text import normalize


class UnreadableError(ValueError):
    """Text that cannot be read as a number, with the reason in words for people."""


class Number(NamedTuple):
    """A number with what stood behind it, and what a person should check of it ("" for nothing)."""

    value: Decimal
    unit: str = ""
    note: str = ""


class Money(NamedTuple):
    """Whole fen, their period (month, day, once, or "" where none is given), and a note to
    check.
    """

    fen: int
    period: str = ""
    note: str = ""


# Longer than any figure that somebody means; also keeps Python's limits on numerals far away.
LONGEST = 100
# What marks a footnote behind a figure, besides signs that Unicode itself calls numbers (①, ¹, ½).
FOOTNOTES = "*＊﹡∗※†‡"
SIGNED = "数字中间或前面有注释号、上标或圈号，看不出是哪个数，请按原件填写。"
COUNT_HINT = "要写一个数，如 1500 或 1,500；不知道就空着。"
RANGE_HINT = "写的是一个范围，不是一个数，没有导入（不取平均）。"
BOUND_HINT = "写的是“起”“以上”这样的界限，不是一个数。"
DASHES = "-‐‑‒–—―−~～∼〜至到"
ABOUT = re.compile(r"约|大约|大概|近|将近|左右|上下|来|多|余|\+|估计|预计|计划|拟")
BEFORE = re.compile(r"^(?:约|大约|大概|近|将近|约计|估计|预计|计划|拟)\s*")
AFTER = re.compile(r"(?:左右|上下|余|多|来|\+)+$")
TOTAL = re.compile(r"^(?:床位数?[:：]?|共有|共计|合计|总计|总共|共|计)\s*")
BOUND = re.compile(
    r"起步?$|起价|以上|以下|以内|不少于|不低于|不超过|不高于|至少|最[低高多少]|超过|超|大于|小于|[<>≤≥]"
)
BRACKETS = re.compile(r"[（(\[【〔].*?[）)\]】〕]")
RANGE = re.compile(rf"\d\s*\D{{0,3}}?\s*[{DASHES}/]\s*\D{{0,2}}\d")
PLAIN = re.compile(r"-?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)", re.ASCII)
SCALES = {"万": 10_000, "千": 1_000, "百": 100, "亿": 100_000_000, "w": 10_000, "k": 1_000}
SCALED = re.compile(r"(\d+(?:\.\d+)?)\s*([万千百亿wk])\s*", re.IGNORECASE)
DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")}
DIGITS |= {"〇": 0, "○": 0, "两": 2, "俩": 2}
DIGITS |= {character: value for value, character in enumerate("壹贰叁肆伍陆柒捌玖", start=1)}
STEPS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
HAN_NUMBER = re.compile(f"[{''.join(DIGITS)}{''.join(STEPS)}万亿]+")
COUNT_UNIT = re.compile(
    r"(?:个|张|位|名|床|间|人|套|户|家|人次|天|日|周|星期|个月|月|年|岁|小时|床位|张床位?|个床位"
    r"|位老人|名老人|平方米|平米|米|亩|层|栋|幢|元|万元|块|%)$"
)
# By what a label speaks of: 可试住天数 is counted in days, 其中持证 in heads.
HEADS = frozenset({"个", "位", "名", "人", "人次", "位老人", "名老人"})
BEDS = HEADS | {"张", "床", "床位", "张床", "张床位", "个床位"}
UNITS = (
    (r"天数|日数", frozenset({"天", "日"})),
    (r"月数", frozenset({"月", "个月"})),
    (r"年份", frozenset({"年"})),
    (r"床|入住", BEDS),
    (r"人|持证|培训", HEADS),
)
CURRENCY = re.compile(r"^(?:人民币|rmb|cny|￥|¥)\s*", re.IGNORECASE)
YUAN = re.compile(r"(?:元整|元钱|块钱|人民币|rmb|元|块|圆)$", re.IGNORECASE)
# 元/月, 元每人每月, /床/天, 元·人/月: how long the money is for stands last.
PERIOD = re.compile(
    r"(?:[/每·.]\s*(?:人|床|床位|位|间|张|名)\s*)*(?:[/每·]\s*|按)?"
    r"(?:(?P<month>个?月)|(?P<day>天|日)|(?P<once>次性?|次))$"
)
PER_HEAD = re.compile(r"(?:[/每·]\s*(?:人|床|床位|位|间|张|名))+$")
MOST_DIGITS = 9


def without_footnotes(text: str) -> str:
    """Return the text in the form it is kept, but for signs of footnotes behind figures: 120①,
    120¹, 120*.

    To be called before `normalize`, which would make a figure of the sign: 1201. Raises
    `UnreadableError` where a sign stands before a digit, and for a fraction (½).
    """
    if (text.isascii() and "*" not in text) or all(map(_is_plain, text)):
        return normalize(text)
    kept: list[str] = []
    for place, character in enumerate(text):
        if _is_plain(character):
            kept.append(character)
        elif "<fraction>" in unicodedata.decomposition(character):
            raise UnreadableError("分数请写成小数。")
        elif not "".join(kept).strip() or any(_is_digit(c) for c in text[place + 1 :]):
            raise UnreadableError(SIGNED)
    return normalize("".join(kept))


def _is_plain(character: str) -> bool:
    return character not in FOOTNOTES and unicodedata.category(character) != "No"


def _is_digit(character: str) -> bool:
    return unicodedata.category(character) == "Nd" or character in DIGITS


def units_of(label: str) -> frozenset[str] | None:
    """Return the units in which a figure under this label is counted; None where the label names
    none.
    """
    return next((units for words, units in UNITS if re.search(words, label)), None)


def read_number(text: str) -> Number:
    """Return a number with its unit; thousands may be parted by commas. Raises `UnreadableError`.

    An approximate number (约120, 120余) has a note; a range or a bound is no number. The sign
    of a footnote is left out, and noted.
    """
    if len(text) > LONGEST:
        raise UnreadableError("这一格太长，不是一个数，请核对。")
    plain = without_footnotes(text)
    note = "" if plain == normalize(text) else f"数字后面的注释号没有导入：{text.strip()}"
    text = plain.replace("，", ",").replace("＋", "+").strip()
    bare = BRACKETS.sub("", text).strip() or text
    if bare != text:
        note = f"括号里的话没有导入：{text}"
    bare = TOTAL.sub("", bare)
    if RANGE.search(bare):
        raise UnreadableError(RANGE_HINT)
    if BOUND.search(bare):
        raise UnreadableError(BOUND_HINT)
    exact = BEFORE.sub("", bare)
    unit = _unit_of(exact)
    exact = AFTER.sub("", exact[: len(exact) - len(unit)].strip()).strip()
    if not unit:
        unit = _unit_of(exact)
        exact = exact[: len(exact) - len(unit)].strip()
    value = _parse_value(AFTER.sub("", exact).strip())
    if ABOUT.search(bare):
        note = note or f"原表写的是“{text}”，不是确数。"
    return Number(value, unit, note)


def read_count(text: str, units: Collection[str] | None = None) -> Number:
    """Return a whole number that is not negative, in one of the `units` if it names one.

    None takes any unit. Raises `UnreadableError`.
    """
    number = read_number(text)
    if units is not None and number.unit and number.unit not in units:
        raise UnreadableError(f"写的是“{number.unit}”，不是这一项的单位，请核对。")
    if number.value != number.value.to_integral_value():
        raise UnreadableError("要写整数。")
    if number.value < 0:
        raise UnreadableError("不能小于 0；不知道就空着。")
    if number.value >= 10**MOST_DIGITS:
        raise UnreadableError("数字太大，请核对。")
    return number


def read_yuan(text: str) -> Money:
    """Money written in yuan: 1,200元, ￥1500.50, 1.2万元, 3000元/月. Raises `UnreadableError`."""
    if len(text) > LONGEST:
        raise UnreadableError("这一格太长，不是一个金额，请核对。")
    plain = without_footnotes(text)
    sign = "" if plain == normalize(text) else f"数字后面的注释号没有导入：{text.strip()}"
    text = plain
    bare = re.sub(r"（[/每]?(一次性|月|天|日)）$", r"/\1", CURRENCY.sub("", text).strip())
    if bare.endswith(("分", "角")):
        raise UnreadableError("金额要写元，不写分。")
    if re.search(r"[/每](?:年|季|周|星期|小时|时)|年$", bare):
        raise UnreadableError("只能写每月、每天或一次性的金额。")
    bare, period = _without_period(bare)
    inexact = AFTER.search(bare)
    bare = YUAN.sub("", AFTER.sub("", PER_HEAD.sub("", bare).strip()).strip()).strip()
    number = read_number(bare)
    if number.unit:
        raise UnreadableError("要写一个金额，如 1500 或 1,500元。")
    if number.value < 0:
        raise UnreadableError("金额不能小于 0；不知道就空着。")
    fen = number.value * 100
    if fen != fen.to_integral_value():
        raise UnreadableError("金额最多写到分。")
    if number.value >= 10**MOST_DIGITS:
        raise UnreadableError("数字太大，请核对。")
    note = f"原表写的是“{text}”，不是确数。" if ABOUT.search(bare) or inexact else ""
    return Money(int(fen), period, note or number.note or sign)


def _without_period(text: str) -> tuple[str, str]:
    if text.endswith("一次性"):
        return text.removesuffix("一次性").strip("/ "), "once"
    match = PERIOD.search(text)
    if match and match.start():
        return text[: match.start()].strip(), str(match.lastgroup)
    for start, period in (("每月", "month"), ("月", "month"), ("每天", "day"), ("每日", "day")):
        if text.startswith(start):
            return text.removeprefix(start).strip(), period
    return text, ""


def _unit_of(text: str) -> str:
    unit = ""
    while match := COUNT_UNIT.search(text[: len(text) - len(unit)].rstrip()):
        unit = text[match.start() :]
    return unit


def _parse_value(text: str) -> Decimal:
    if PLAIN.fullmatch(text):
        return Decimal(text.replace(",", ""))
    if (found := _parse_scaled(text)) is not None:
        return found
    if HAN_NUMBER.fullmatch(text):
        return Decimal(han_number(text))
    raise UnreadableError(COUNT_HINT)


def _parse_scaled(text: str) -> Decimal | None:
    """Parse 1.2万, 1万2千, 3千5: a last digit counts tenths of the last scale."""
    total, last, rest = Decimal(0), 0, text
    while match := SCALED.match(rest):
        scale = SCALES[match[2].lower()]
        if last and scale >= last:
            return None
        total, last, rest = total + Decimal(match[1]) * scale, scale, rest[match.end() :]
    if not last or not rest:
        return total if last else None
    if re.fullmatch(r"\d", rest, re.ASCII):
        return total + Decimal(rest) * last / 10
    return total + Decimal(rest) if re.fullmatch(r"\d+", rest, re.ASCII) else None


def han_number(text: str) -> int:
    """一百二十 is 120, 两万五 is 25000, 一二〇 is 120. Raises `UnreadableError`."""
    if all(character in DIGITS for character in text) and text:
        return int("".join(str(DIGITS[character]) for character in text))
    total, section, digit, last = 0, 0, None, 1
    if text[0] in SCALES and text[0] not in STEPS:
        raise UnreadableError(COUNT_HINT)
    for character in text:
        if character in DIGITS:
            if digit not in (None, 0):
                raise UnreadableError(COUNT_HINT)
            digit, last = DIGITS[character], 1 if DIGITS[character] == 0 else last
        elif character in STEPS:
            step = STEPS[character]
            section += (1 if digit is None else digit) * step
            digit, last = None, step
        elif character in SCALES:
            total = (total + section + (digit or 0)) * SCALES[character]
            section, digit, last = 0, None, SCALES[character]
        else:
            raise UnreadableError(COUNT_HINT)
    # 二百五 is 250, 二百零五 and 二十五 are as they are written.
    return total + section + (digit or 0) * (last // 10 if last > 10 else 1)
