"""Text as people type and paste it, brought into the one form that is kept and compared.

Sheets, forms, corrections and the search box clean their text here. Free of the domain.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import cache

# EquivalentUnifiedIdeograph.txt of the Unicode Character Database 14.0, block CJK Radicals
# Supplement: each radical, then the character it looks like. NFKC maps the Kangxi radicals only.
RADICALS = (
    "⺁厂⺂乛⺃乚⺄乙⺅亻⺆冂⺇𠘨⺈刀⺉刂⺊卜⺋㔾⺌小⺍小⺎兀⺏尣⺐尢⺑𡯂⺒巳⺓幺⺔彑⺕彐⺖忄⺗心⺘扌⺙攵⺛旡⺜日⺝月⺞歺⺟母⺠民⺡氵"
    "⺢氺⺣灬⺤爫⺥爫⺦丬⺧牛⺨犭⺩王⺪𤴔⺫目⺬示⺭礻⺮𥫗⺯糹⺰纟⺱罓⺲罒⺳㓁⺴冗⺵𦉫⺶羊⺷𦍌⺸𦍋⺹耂⺺肀⺻聿⺼肉⺽𦥑⺾艹⺿艹⻀艹⻁虎"
    "⻂衤⻃覀⻄西⻅见⻆角⻇𧢲⻈讠⻉贝⻊𧾷⻋车⻌辶⻍辶⻎辶⻏邑⻐钅⻑長⻒镸⻓长⻔门⻕𨸏⻖阝⻗雨⻘青⻙韦⻚页⻛风⻜飞⻝食⻞𩙿⻟飠⻠饣⻡𩠐"
    "⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻫斉⻬齐⻭歯⻮齿⻯竜⻰龙⻱龜⻲亀⻳龟"
)
_RADICALS = str.maketrans(dict(zip(RADICALS[::2], RADICALS[1::2], strict=True)))
# Characters no text is made of: controls but tab and line ends, surrogates, noncharacters.
_NO_TEXT = r"\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef" + "".join(
    f"{chr(plane << 16 | 0xFFFE)}-{chr(plane << 16 | 0xFFFF)}" for plane in range(17)
)
# Characters without a shape (Default_Ignorable_Code_Point), which hide, join or turn what stands
# beside them, and the marks of annotated and embedded objects.
_SHAPELESS = (
    r"\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    r"\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    r"\U000e0000-\U000e0fff"
)
_UNSEEN = re.compile(f"[{_NO_TEXT}{_SHAPELESS}]+")
_LINE_END = re.compile(r"\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")
# Han characters; a line end between two of them is where a cell was wrapped, not a space.
_HAN = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
_WRAPPED = re.compile(f"(?<=[{_HAN}])[^\\S\\n]*\\n\\s*(?=[{_HAN}])")
_HAS_HAN = re.compile(f"[{_HAN}]")
# What NFKC leaves as it is; everything else takes the long way.
_PLAIN = re.compile("[\\n -~\u4e00-\u9fa5\u3001\u3002，：；！？（）“”‘’《》—…·]*")
# Chinese punctuation that NFKC would make European.
_PUNCTUATION = "，：；！？（）～…"
_WIDE, _NARROW = str.maketrans("()", "（）"), str.maketrans("（）", "()")
# Marks that are stacked on one letter beyond this number leave the line.
MOST_MARKS = 2


def normalize(text: str) -> str:
    """Return one line in the stored form of names, addresses, numbers and codes.

    Compatibility forms (full width, vertical, radicals, ①, Ⅲ) become plain characters, Chinese
    punctuation stays, brackets are （） in a text with Han characters and () in any other. What
    has no shape is gone: controls, zero-width, marks of direction. White space of any kind is one
    space; a line end between two Han characters is nothing. Twice is once.
    """
    return _settled(text, _one_line)


def normal_lines(text: str) -> str:
    """Text of several lines as it is kept: as `normalize`, but line by line.

    Line ends are "\\n"; brackets, and signs that NFKC would make digits (², ½, ①), stay. Twice is
    once.
    """
    return _settled(text, _fold_lines)


def name_key(name: str) -> str:
    """Return a key that spellings of one name share; compared, never shown.

    Guarantees: equal for names that differ in what `normalize` takes away, in traditional or
    simplified characters, in letter case, in white space, in brackets or other punctuation.
    Symbols, digits and every letter still count: 试验（一）院 is 试验一院, not 试验院. A key is its
    own key. Empty for a name of nothing but marks.
    """
    return _settled(name, _compare_key)


def simplified(text: str) -> str:
    """Traditional characters as simplified ones, each by itself.

    In a phrase its form would depend on its neighbours.
    """
    return "".join(map(_simplified, text))


@cache
def _simplified(character: str) -> str:
    return character if character.isascii() else _converter().convert(character)


@cache
def _converter():  # type: ignore[no-untyped-def]  # OpenCC ships no types
    # Loaded at the first use: 40 ms.
    from opencc import OpenCC

    return OpenCC("t2s")


def _settled(text: str, step: Callable[[str], str]) -> str:
    """Return the text after as many steps as change it: a few decompose into what is mapped
    again.
    """
    while (after := step(text)) != text:
        text = after
    return text


def _one_line(text: str) -> str:
    text = _fold_characters(_LINE_END.sub("\n", text), _is_punctuation)
    text = " ".join(_WRAPPED.sub("", text).split())
    return text.translate(_WIDE if _HAS_HAN.search(text) else _NARROW)


def _fold_lines(text: str) -> str:
    lines = _LINE_END.sub("\n", text).split("\n")
    found = [" ".join(_fold_characters(line, _is_sign).split()) for line in lines]
    return "\n".join(found).strip("\n")


def _compare_key(text: str) -> str:
    text = unicodedata.normalize("NFKC", simplified(_one_line(text)).casefold())
    return "".join(c for c in text if unicodedata.category(c)[0] not in "PZC")


def _fold_characters(text: str, is_kept: Callable[[str], bool]) -> str:
    """Return plain characters for compatibility forms and radicals, without shapeless ones.

    Characters that are `is_kept` stay what they are.
    """
    if _PLAIN.fullmatch(text):
        return text
    text = _UNSEEN.sub("", text)
    text = "".join(c if is_kept(c) else unicodedata.normalize("NFKC", c) for c in text)
    return _unstacked(unicodedata.normalize("NFC", text.translate(_RADICALS)))


def _is_punctuation(character: str) -> bool:
    return character in _PUNCTUATION


def _is_sign(character: str) -> bool:
    return _is_punctuation(character) or unicodedata.category(character) == "No"


def _unstacked(text: str) -> str:
    kept, stacked = [], 0
    for character in text:
        stacked = stacked + 1 if unicodedata.category(character) in {"Mn", "Me"} else 0
        if stacked <= MOST_MARKS:
            kept.append(character)
    return "".join(kept)
