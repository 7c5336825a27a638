"""Decode Chinese text files whose encoding nobody wrote down.

Each reading is judged by its characters: text in the right encoding consists of everyday ones.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable

BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\0\0", "utf-32-le"),
    (b"\0\0\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
# Below this share of everyday characters a reading is no Chinese text.
PLAUSIBLE = 0.5
SURELY = 0.85
HAN = re.compile("[\u3400-\u9fff]")
# What a wrong reading leaves where bytes mean nothing.
LOST = re.compile("[\ue000-\uf8ff\ufffd]")
LAYOUT = set("\t\r\n")
# Control, private and unassigned characters, and halves of pairs.
NO_TEXT = {"Cc", "Co", "Cn", "Cs"}
# Where level 2 of GB2312 begins.
FEWER = b"\xd8"
SAVE_AS = "请另存为“CSV UTF-8”或 .xlsx 再上传。"


class EncodingError(Exception):
    """The bytes are text of no encoding that is read here."""


def decode_text(content: bytes) -> str:
    """Return the text of UTF-8, UTF-16, UTF-32, GBK or GB18030 bytes, without byte order mark.

    Raises `EncodingError` for other encodings (Big5, Latin-1 …), mixed ones and text that was
    saved after it had been read in the wrong one.
    """
    for mark, encoding in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return _decode_as(encoding, content.removeprefix(mark))
    if text := _decode_unmarked_utf16(content):
        return text
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        return _decode_national(content, error)
    _refuse_garbled(text)
    return text


def _decode_as(encoding: str, content: bytes) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].decode(encoding, "replace").count("\n") + 1
        name = encoding.upper().removesuffix("-LE").removesuffix("-BE")
        raise EncodingError(
            f"编码不对：文件是 {name}，但第 {line:,} 行有不能解读的字节。"
        ) from error


def _decode_unmarked_utf16(content: bytes) -> str:
    """Return the text, or nothing: delimiters and digits have a zero byte, on the same side."""
    if len(content) % 2 or b"\0" not in content:
        return ""
    big_end = content[::2].count(0) > content[1::2].count(0)
    try:
        text = content.decode("utf-16-be" if big_end else "utf-16-le")
    except UnicodeDecodeError:
        return ""
    return "" if NO_TEXT & {unicodedata.category(char) for char in set(text) - LAYOUT} else text


def _decode_national(content: bytes, error: UnicodeDecodeError) -> str:
    """Decode as GB18030 what is no UTF-8, if that gives everyday text."""
    damaged = content.decode("utf-8", "replace")
    if len(HAN.findall(damaged)) > 2 * damaged.count("\ufffd"):
        line = content[: error.start].count(b"\n") + 1
        raise EncodingError(f"编码混在一起：文件是 UTF-8，但第 {line:,} 行不是。{SAVE_AS}")
    text, share = _decode_with_share(content, "gb18030", _is_everyday_gb)
    if share < SURELY and _decode_with_share(content, "big5hkscs", _is_everyday_big5)[1] > share:
        raise EncodingError(f"编码不对：文件是繁体的 Big5。{SAVE_AS}")
    if share < PLAUSIBLE:
        raise EncodingError(f"编码看不懂：不是 UTF-8，也不是 GB18030（GBK）。{SAVE_AS}")
    return text


def _decode_with_share(
    content: bytes, encoding: str, is_everyday: Callable[[bytes], bool]
) -> tuple[str, float]:
    """Return the text in an encoding and its share of everyday characters; 0 if it is none."""
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        return "", 0
    counts = {char: n for char, n in Counter(text).items() if not char.isascii()}
    everyday = sum(n for char, n in counts.items() if is_everyday(char.encode(encoding)))
    return text, everyday / (sum(counts.values()) or 1)


def _is_everyday_gb(code: bytes) -> bool:
    """Return whether it is punctuation or one of the 6,763 characters of GB2312."""
    lead, trail = code[0], code[-1]
    return len(code) == 2 and trail >= 0xA1 and (lead <= 0xA3 or 0xB0 <= lead <= 0xF7)


def _is_everyday_big5(code: bytes) -> bool:
    """Return whether it is punctuation or one of the 5,401 characters of level 1."""
    return len(code) == 2 and b"\xa1\x40" <= code <= b"\xc6\x7e"


def _refuse_garbled(text: str) -> None:
    """Refuse UTF-8 that is another encoding's reading of UTF-8: 鍏昏€侀櫌 or å…»è€é™¢."""
    if _was_misread(text) or (LOST.search(text) and _most_used_share(text) < PLAUSIBLE):
        why = "文字已经是乱码：文件用错误的编码打开过，又保存了。"
        raise EncodingError(f"{why}请找原来的文件，{SAVE_AS}")


def _most_used_share(text: str) -> float:
    """Return the share of the 3,755 most used characters (GB2312, level 1) among the Chinese."""
    counts = Counter(HAN.findall(text))
    codes = {char: char.encode("gb18030") for char in counts}
    used = sum(
        counts[char] for char, code in codes.items() if _is_everyday_gb(code) and code < FEWER
    )
    return used / (sum(counts.values()) or 1)


def _was_misread(text: str) -> bool:
    """Return whether the text, written in the encoding it was taken for, is Chinese in UTF-8."""
    for encoding in ("gb18030", "cp1252", "latin-1"):
        try:
            meant = text.encode(encoding).decode()
        except UnicodeError:
            continue
        if 0 < sum(not char.isascii() for char in meant) < 2 * len(HAN.findall(meant)):
            return True
    return False
