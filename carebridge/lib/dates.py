"""Days as people write them: 2026/4/30 0:00, 20160430, 2016年4月5号, 2016.4, 46142."""

import datetime
import re

from carebridge.lib.numbers import UnreadableError, han_number
from carebridge.lib.text import normal

HINT = "日期看不懂，请写成 2026-01-31、2026-01 或 2026。"
TWO_DIGITS = "年份只有两位，看不出是哪一年，请写四位。"
TIME = re.compile(r"[ T]+\d{1,2}[:：]\d{2}(?:[:：]\d{2}(?:\.\d+)?)?(?:Z|\+\d{2}:?\d{2})?$")
PARTS = re.compile(
    r"(\d{4})\s*(?:[-/.年]\s*(\d{1,2})\s*(?:[-/.月]\s*(\d{1,2})\s*[日号]?|月份?)?|年)?"
)
SOLID = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})?")
SHORT_YEAR = re.compile(r"['’]?\d{2}[-/.年]\d{1,2}([-/.月]\d{1,2}[日号]?)?|\d{1,2}/\d{1,2}/\d{2}")
HAN = "[一二三四五六七八九十]{1,3}"
HAN_DAY = re.compile(rf"([〇零○一二三四五六七八九]{{4}})年(?:({HAN})月(?:({HAN})[日号])?)?")
# Days of a spreadsheet, counted from 1899-12-30: from 1954 to 2064.
SERIAL = re.compile(r"([2-5]\d{4})(?:\.\d+)?")
EPOCH = datetime.date(1899, 12, 30)


def read_date(text: str) -> tuple[datetime.date, str]:
    """Return the first day of what is said, and its precision: day, month or year.

    Raises `UnreadableError`.
    """
    plain = TIME.sub("", normal(text)).strip()
    if match := HAN_DAY.fullmatch(plain):
        year = "".join(str(han_number(digit)) for digit in match[1])
        rest = [str(han_number(part)) if part else None for part in match.groups()[1:]]
        return _day(year, *rest)
    if match := PARTS.fullmatch(plain) or SOLID.fullmatch(plain):
        return _day(*match.groups())
    if match := SERIAL.fullmatch(plain):
        return EPOCH + datetime.timedelta(int(match[1])), "day"
    raise UnreadableError(TWO_DIGITS if SHORT_YEAR.fullmatch(plain) else HINT)


def _day(year: str, month: str | None, day: str | None) -> tuple[datetime.date, str]:
    try:
        date = datetime.date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        raise UnreadableError("没有这一天，请核对。") from None
    if date == datetime.date.min:
        raise UnreadableError("没有这一天，请核对。")
    return date, "day" if day else "month" if month else "year"
