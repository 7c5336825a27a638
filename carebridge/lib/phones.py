"""Telephone numbers as people write them, brought into the form in which they are kept.

Kept: 13800138000, 010-12345678, 010-12345678-801, 400-800-1234, 12345. Free of the domain.
"""

import re
from dataclasses import dataclass

from carebridge.lib.numbers import UnreadableError
from carebridge.lib.text import normal

HINT = "电话的写法不对。例：010-12345678、13800000000、400-000-0000、12345。"
NO_AREA_CODE = "没有区号，从外地打不通：请写成 0316-1234567 这样。"
CUT_SHORT = "像是表格软件去掉了前面的 0，请按原件补全。"
# Area codes of two digits after the 0: the others have three.
SHORT_AREA_CODES = ("010", "020", "021", "022", "023", "024", "025", "027", "028", "029")
DASH = re.compile(r"[\-‐‑‒–—―−－﹣ー_·.]")
EXTENSION = re.compile(r"\(?(?:转|分机号?|ext\.?|#|x)[:： ]*(\d{1,6})\)?$", re.IGNORECASE)
ABROAD = re.compile(r"^(?:\+|00)?86[ -]*(?=\(?0?\d)")
PARTED = re.compile(r"[、,，;；/|\n]| 或 ?|和(?=[\d(])")
# A name or an office beside the number: 办公室：0316-3312345, 0316-3312345（王主任）.
BESIDE = re.compile(r"（[^）\d]*）|\([^)\d]*\)|[\u4e00-\u9fff]+[:： ]*|[A-Za-z]+[:： ]+")
MOBILE = re.compile(r"1[3-9]\d{9}")
SERVICE = re.compile(r"1\d{2}|1\d{4}|9\d{4,5}")


@dataclass(frozen=True)
class PhoneText:
    """The numbers a text holds, each once, and what a person should look at ("" for nothing)."""

    numbers: tuple[str, ...]
    note: str = ""


def read_phones(text: str) -> PhoneText:
    """Return every number in the text; raise `UnreadableError` where a part of it is none.

    010-12345678/87654321 is two numbers of one area; two numbers may be parted by a space.
    """
    plain = normal(text)
    numbers: list[str] = []
    for part in _parts(plain):
        area = numbers[-1].partition("-")[0] if numbers and numbers[-1].startswith("0") else ""
        try:
            numbers.append(read_phone(part))
        except UnreadableError:
            digits = DASH.sub("", part)
            if not (area and re.fullmatch(r"[2-9]\d{6,7}", digits)):
                raise
            numbers.append(f"{area}-{digits}")
    if not numbers:
        raise UnreadableError(HINT)
    words = "".join(match[0] for match in BESIDE.finditer(EXTENSION.sub("", plain)))
    is_name = bool(re.search(r"[\u4e00-\u9fff]", words.replace("转", "")))
    note = f"号码旁边的字没有导入：{plain}" if is_name else ""
    return PhoneText(tuple(dict.fromkeys(numbers)), note)


def _parts(plain: str) -> list[str]:
    parts = [part.strip() for part in PARTED.split(plain) if part.strip()]
    found: list[str] = []
    for part in parts:
        bare = BESIDE.sub(" ", _with_extension(part)).strip()
        pieces = bare.split()
        # Two whole numbers beside each other, not one that is parted by spaces.
        whole = [piece for piece in pieces if len(re.sub(r"\D", "", piece)) >= 10]
        found += pieces if len(whole) > 1 and len(whole) == len(pieces) else [bare]
    return [part for part in found if part]


def _with_extension(text: str) -> str:
    """Return the text with its extension as -801, in which no word is left of 转 or 分机."""
    return EXTENSION.sub(r"~\1", text.strip())


def read_phone(text: str) -> str:
    """Return one number in the form it is kept; raise `UnreadableError`."""
    bare, _, extension = _with_extension(normal(text)).partition("~")
    bare = ABROAD.sub("", bare.strip())
    tail = f"-{extension}" if extension else ""
    split = [piece for piece in re.split(r"[\s()]+|" + DASH.pattern, bare) if piece]
    digits = "".join(split)
    if not re.fullmatch(r"\d+", digits, re.ASCII):
        raise UnreadableError(HINT)
    if digits.startswith("000"):
        return _demo(split, digits)
    if MOBILE.fullmatch(digits) or (SERVICE.fullmatch(digits) and not tail):
        return digits + tail if not tail else _refused(HINT)
    if re.fullmatch(r"[48]00\d{7}", digits) and not tail:
        return f"{digits[:3]}-{digits[3:6]}-{digits[6:]}"
    if digits.startswith("0") or len(split) > 1:
        return _fixed(split, digits, tail)
    if re.fullmatch(r"[2-9]\d{6,7}", digits):
        raise UnreadableError(NO_AREA_CODE)
    if re.fullmatch(r"[1-9]\d{8,10}", digits) and _is_area("0" + digits):
        raise UnreadableError(CUT_SHORT)
    raise UnreadableError(HINT)


def _demo(split: list[str], digits: str) -> str:
    """000-12345678 cannot be dialled: the numbers of made-up homes."""
    return f"000-{digits[3:]}" if re.fullmatch(r"000\d{7,8}", digits) else _refused(HINT)


def _is_area(digits: str) -> bool:
    size = 3 if digits.startswith(SHORT_AREA_CODES) else 4
    return len(digits) - size in (7, 8)


def _fixed(split: list[str], digits: str, tail: str) -> str:
    """Return area code, number and extension parted by dashes."""
    first = split[0]
    if not first.startswith("0"):
        # +86 10 12345678: the 0 of the area code is not dialled from abroad.
        first = "0" + first
        split = [first, *split[1:]]
        digits = "".join(split)
    size = 3 if digits.startswith(SHORT_AREA_CODES) else 4
    area, rest = digits[:size], digits[size:]
    parted = split[1:] if len(first) == size else []
    if not tail and len(parted) > 1:
        number, last = "".join(parted[:-1]), parted[-1]
        if re.fullmatch(r"\d{7,8}", number) and len(last) <= 6:
            return f"{area}-{number}-{last}"
    if re.fullmatch(r"[1-9]\d{6,7}", rest):
        return f"{area}-{rest}{tail}"
    if re.fullmatch(r"1\d{4}", rest) and not tail:  # a service number of that area
        return f"{area}-{rest}"
    return _refused(HINT)


def _refused(why: str) -> str:
    raise UnreadableError(why)


def dial(number: str) -> str:
    """Return what a `tel:` link dials: an extension follows after a pause, 01012345678,801."""
    fixed = re.fullmatch(r"(0\d{2,3})-?(\d{5,8})(?:-(\d{1,6}))?", number, re.ASCII)
    if fixed:
        return fixed[1] + fixed[2] + (f",{fixed[3]}" if fixed[3] else "")
    return number.replace("-", "")
