"""Days as people write them: 2026/4/30 0:00, 20160430, 2016年4月5号, 2016.4, 46142."""

import datetime
import re

from django.utils.timezone import localdate

from carebridge.lib.numbers import UnreadableError, han_number, without_footnotes
from carebridge.lib.text import normalize

HINT = "日期看不懂，请写成 2026-01-31、2026-01 或 2026。"
TWO_DIGITS = "年份只有两位，看不出是哪一年，请写四位。"
LONGEST = 60
TOO_EARLY = "早于 1900 年，请核对年份。"
NOT_A_SERIAL = "五位数字看不出是哪一天，请写成 2026-01-31。"
TIME = re.compile(r"[ T]+\d{1,2}[:：]\d{2}(?:[:：]\d{2}(?:\.\d+)?)?(?:Z|\+\d{2}:?\d{2})?$")
PARTS = re.compile(
    r"(\d{4})\s*(?:[-/.年]\s*(\d{1,2})\s*(?:[-/.月]\s*(\d{1,2})\s*[日号]?|月份?)?|年)?"
)
SOLID = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})?")
SHORT_YEAR = re.compile(r"['’]?\d{2}[-/.年]\d{1,2}([-/.月]\d{1,2}[日号]?)?|\d{1,2}/\d{1,2}/\d{2}")
HAN = "[一二三四五六七八九十]{1,3}"
HAN_DAY = re.compile(rf"([〇零○一二三四五六七八九]{{4}})年(?:({HAN})月(?:({HAN})[日号])?)?")
# Days of a spreadsheet, counted from 1899-12-30. 20161 would be a day of 1955, and is sooner a
# month typed wrong: only what lies in these years is taken for one.
SERIAL = re.compile(r"(\d{5})(?:\.\d+)?", re.ASCII)
EPOCH = datetime.date(1899, 12, 30)
FIRST_SERIAL = datetime.date(1990, 1, 1)
# A serial may be announced: so many days after today.
SERIAL_AHEAD = datetime.timedelta(366)
# Days that a spreadsheet makes of a year or of a small number typed into a column of dates.
LAST_MISTAKEN = 1909


def read_date(text: str) -> tuple[datetime.date, str]:
    """Return the first day of the period, and its precision: day, month or year.

    Raises `UnreadableError`.
    """
    if len(text) > LONGEST:
        raise UnreadableError(HINT)
    plain = without_footnotes(text)
    if plain != normalize(text):
        raise UnreadableError("日期旁边有注释号，请只写日期。")
    plain = TIME.sub("", plain).strip()
    if match := HAN_DAY.fullmatch(plain):
        year = "".join(str(han_number(digit)) for digit in match[1])
        rest = [str(han_number(part)) if part else None for part in match.groups()[1:]]
        return _first_day(year, *rest)
    if match := PARTS.fullmatch(plain) or SOLID.fullmatch(plain):
        return _first_day(*match.groups())
    if match := SERIAL.fullmatch(plain):
        return _of_serial(int(match[1])), "day"
    raise UnreadableError(TWO_DIGITS if SHORT_YEAR.fullmatch(plain) else HINT)


def read_cell(cell: object, text: str) -> tuple[datetime.date, str, str]:
    """Return the day in a cell of a spreadsheet: the day, its precision and what to look at.

    `text` is what the cell shows. Raises `UnreadableError` also for what a spreadsheet made of
    something else: 2016 as a day of 1905, 2016.10 as the number 2016.1.
    """
    if isinstance(cell, datetime.datetime):
        cell = cell.date()
    if isinstance(cell, datetime.date):
        if cell.year <= LAST_MISTAKEN:
            raise UnreadableError("像是表格软件把年份或别的数字变成了日期，请按原件填写。")
        return cell, "day", ""
    if isinstance(cell, bool | datetime.time | datetime.timedelta):
        raise UnreadableError(HINT)
    note = ""
    if re.fullmatch(r"\d{4}\.1", text.strip()):
        if isinstance(cell, float):
            raise UnreadableError("这一格是数字，看不出是 1 月还是 10 月，请写成 2016-01 这样。")
        note = f"写的是“{text.strip()}”，按 1 月导入；如果是 10 月请改正。"
    elif isinstance(cell, float) and re.fullmatch(r"\d{4}\.\d+", text.strip()):
        note = f"这一格是数字 {text.strip()}，当作年和月，请核对。"
    return *read_date(text), note


def _of_serial(number: int) -> datetime.date:
    day = EPOCH + datetime.timedelta(number)
    if not FIRST_SERIAL <= day <= localdate() + SERIAL_AHEAD:
        raise UnreadableError(NOT_A_SERIAL)
    return day


def _first_day(year: str, month: str | None, day: str | None) -> tuple[datetime.date, str]:
    try:
        date = datetime.date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        raise UnreadableError("没有这一天，请核对。") from None
    if date.year < 1900:
        raise UnreadableError(TOO_EARLY)
    return date, "day" if day else "month" if month else "year"
