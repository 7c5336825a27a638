"""Telephone numbers as people write them, brought into the form in which they are kept.

Kept: 13800138000, 010-12345678, 010-12345678-801, 400-800-1234, 400-800-1234-801, 12345. No digit
is ever added but the 0 of an area code behind +86. Free of the domain.
"""

import re
from dataclasses import dataclass

from carebridge.lib.numbers import UnreadableError, without_footnotes
from carebridge.lib.text import normalize

HINT = "电话的写法不对。例：010-12345678、13800000000、400-000-0000、12345。"
NO_AREA_CODE = "没有区号，从外地打不通：请写成 0316-1234567 这样。"
CUT_SHORT = "像是表格软件去掉了前面的 0，请按原件补全。"
DASH = re.compile(r"[\-‐‑‒–—―−－﹣ー_·.]")
EXTENSION = re.compile(r"\(?(?:转|分机号?|ext\.?|#|x)[:： ]*(\d{1,6})\)?$", re.IGNORECASE)
BRACKETS = str.maketrans("（）【】〔〕［］", "()()()()")
# Stands before an extension; `normalize` leaves no such character in a text.
TAIL = "\x01"
# Without + or 00, 86 is as well the beginning of a number: ten digits more make it the country.
ABROAD = re.compile(r"^(?:(?:\+|00)86[ -]*(?=\(?\d)|86[ -]*(?=\(?(?:\D?\d){10}))")
PARTED = re.compile(r"[、,，;；/|\n]| 或 ?|和(?=[\d(])")
# A name or an office beside the number: 办公室：0316-3312345, 0316-3312345（王主任）.
BESIDE = re.compile(r"（[^）\d]*）|\([^)\d]*\)|[\u4e00-\u9fff]+[:： ]*|[A-Za-z]+[:： ]+")
MOBILE = re.compile(r"1[3-9]\d{9}")
SERVICE = re.compile(r"1\d{2}|1\d{4}|9\d{4,5}")
# Of the police, the fire brigade, the town hall: 110, 120, 12345.
PUBLIC = re.compile(r"1\d{2}|1\d{4}")
# Of companies and of towns alike: 95598, 96156.
SHORT = re.compile(r"9\d{4,5}")
AREA = re.compile(r"0(?:10|2\d|[3-9]\d{2})")


@dataclass(frozen=True)
class PhoneText:
    """The numbers a text holds, each once, and what a person should look at ("" for nothing)."""

    numbers: tuple[str, ...]
    note: str = ""


def read_phones(text: str) -> PhoneText:
    """Return every number in the text; raise `UnreadableError` where a part of it is none.

    010-12345678/87654321 is two numbers of one area; two numbers may be parted by a space.
    """
    plain = without_footnotes(text)
    numbers: list[str] = []
    for part in _split_parts(plain):
        area = numbers[-1].partition("-")[0] if numbers and numbers[-1].startswith("0") else ""
        try:
            numbers.append(_number(part))
        except UnreadableError:
            digits = DASH.sub("", part)
            if not (area and re.fullmatch(r"[2-9]\d{6,7}", digits)):
                raise
            numbers.append(f"{area}-{digits}")
    if not numbers:
        raise UnreadableError(HINT)
    if plain != normalize(text):
        return PhoneText(tuple(dict.fromkeys(numbers)), f"号码旁边的注释号没有导入：{text.strip()}")
    words = "".join(match[0] for match in BESIDE.finditer(EXTENSION.sub("", plain)))
    is_name = re.search(r"[\u4e00-\u9fff]", words)
    note = f"号码旁边的字没有导入：{plain}" if is_name else ""
    return PhoneText(tuple(dict.fromkeys(numbers)), note)


def _split_parts(plain: str) -> list[str]:
    found: list[str] = []
    for part in filter(None, (part.strip() for part in PARTED.split(plain))):
        # Words part what stands before and behind them: 1号楼3800138000 is no mobile.
        for bare in filter(None, (bare.strip() for bare in BESIDE.split(_with_extension(part)))):
            pieces = bare.split()
            # Two whole numbers beside each other, not one that is parted by spaces.
            whole = [piece for piece in pieces if _is_whole(piece)]
            found += pieces if len(whole) > 1 and len(whole) == len(pieces) else [bare]
    return [part for part in found if re.search(r"\w", part)]


def _is_whole(piece: str) -> bool:
    return len(re.sub(r"\D", "", piece)) >= 10 or SERVICE.fullmatch(piece) is not None


def _with_extension(text: str) -> str:
    """Return the text with its extension marked, in which no word is left of 转 or 分机."""
    return EXTENSION.sub(rf"{TAIL}\1", text.strip().translate(BRACKETS))


def read_phone(text: str) -> str:
    """Return one number in the form it is kept; raise `UnreadableError`."""
    return _number(_with_extension(without_footnotes(text)))


def _number(marked: str) -> str:
    bare, _, extension = marked.partition(TAIL)
    if extension and not re.fullmatch(r"\d+", extension, re.ASCII):
        raise UnreadableError(HINT)
    plain = bare.strip()
    bare = ABROAD.sub("", plain)
    tail = f"-{extension}" if extension else ""
    split = [piece for piece in re.split(r"[\s()]+|" + DASH.pattern, bare) if piece]
    digits = "".join(split)
    if not re.fullmatch(r"\d+", digits, re.ASCII):
        raise UnreadableError(HINT)
    if digits.startswith("000"):
        return _read_demo(digits)
    if MOBILE.fullmatch(digits) and not tail:
        return digits
    if SERVICE.fullmatch(digits) and not tail and len(split) == 1 and bare == plain:
        return digits
    if match := re.fullmatch(r"([48]00)(\d{3})(\d{4})", digits):
        return "-".join(match.groups()) + tail
    if match := re.fullmatch(r"([48]00\d{7})(\d{1,6})", digits):
        return _service_extension(split, match[1], match[2], tail)
    if bare != plain and not digits.startswith("0"):
        # +86 10 12345678: the 0 of the area code is not dialled from abroad.
        split = ["0" + split[0], *split[1:]]
        digits = "0" + digits
    if digits.startswith("0"):
        return _read_landline(split, digits, tail)
    if re.fullmatch(r"[2-9]\d{6,7}", digits):
        raise UnreadableError(NO_AREA_CODE)
    if re.fullmatch(r"[1-9]\d{8,10}", digits) and _is_area("0" + digits):
        raise UnreadableError(CUT_SHORT)
    raise UnreadableError(HINT)


def _service_extension(split: list[str], number: str, extension: str, tail: str) -> str:
    """400-800-1234-801: the last piece is the extension, where it is a piece of its own."""
    if tail or split[-1] != extension:
        raise UnreadableError(HINT)
    return f"{number[:3]}-{number[3:6]}-{number[6:]}-{extension}"


def _read_demo(digits: str) -> str:
    """Return 000-12345678 for the numbers of made-up homes, which cannot be dialled."""
    if re.fullmatch(r"000\d{7,8}", digits):
        return f"000-{digits[3:]}"
    raise UnreadableError(HINT)


def _is_area(digits: str) -> bool:
    area = AREA.match(digits)
    return area is not None and len(digits) - len(area[0]) in (7, 8)


def _read_landline(split: list[str], digits: str, tail: str) -> str:
    """Return area code, number and extension parted by dashes."""
    match = AREA.match(digits)
    if match is None:
        raise UnreadableError(HINT)
    area, rest = match[0], digits[match.end() :]
    # Where the number is parted, it is parted behind its area code; 0106-1234567 has lost a digit.
    if len(split) > 1 and split[0] != area and len(split[0]) < len(area) + 7:
        raise UnreadableError(HINT)
    if not tail and len(split) > 1 and len(split[-1]) <= 6:
        number, last = digits[len(area) : -len(split[-1])], split[-1]
        if re.fullmatch(r"[1-9]\d{6,7}", number):
            return f"{area}-{number}-{last}"
    if re.fullmatch(r"[1-9]\d{6,7}", rest):
        return f"{area}-{rest}{tail}"
    if re.fullmatch(r"1\d{4}", rest) and not tail:  # a service number of that area
        return f"{area}-{rest}"
    raise UnreadableError(HINT)


def dial_string(number: str) -> str:
    """Return the number of a `tel:` link: an extension follows after a pause, 01012345678,801."""
    line = r"(0\d{2,3}-?\d{5,8}|[48]00-?\d{3}-?\d{4})(?:-(\d{1,6}))?"
    if match := re.fullmatch(line, number, re.ASCII):
        return match[1].replace("-", "") + (f",{match[2]}" if match[2] else "")
    return number.replace("-", "")
