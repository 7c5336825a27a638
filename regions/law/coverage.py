"""Checks that every sentence of every text is accounted for. Standard library only."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

# An amount, an age, a level, a day, or a word that gives or takes: such a sentence makes a rule,
# or a person of some role has signed that it does not.
SIGNS = re.compile(
    r"\d[\d,.]*\s*万?元|\d+〔缺〕/|[一二三四五六七八九]百元|[%％]|百分之|\d倍"
    r"|周[岁歲]|\d岁"
    r"|[一二三四五1-5][级級]|重度|中度|轻度|輕度"
    r"|\d{4}年\d{1,2}月|\d{1,2}月\d{1,2}日|\d+个?工作日|\d+[日天]|\d+个月"
    r"|次月|当月|下月|月底|每季|每年"
    r"|不享受|不再|不得|不纳入|不计入|不适用|不低于|不少于|停发|终止"
    r"|可同时|同时[享申]|同時享受|择高|就高"
)
NONE = "none"


@dataclass(frozen=True)
class CoverageLine:
    """One sentence and what it was read to make; `makes` is empty while nobody has read it."""

    text: str
    number: int
    words: str
    makes: str = ""
    rules: tuple[str, ...] = ()
    exclusions: tuple[str, ...] = ()
    reason: str = ""
    signed: str = ""

    @property
    def place(self) -> str:
        return f"{self.text} 第 {self.number} 句"


def faults(lines: Iterable[CoverageLine]) -> list[str]:
    """Return one message in Chinese for every sentence that is not accounted for."""
    return [f"{line.place}：{fault}" for line in lines for fault in faults_of(line)]


def faults_of(line: CoverageLine) -> Iterator[str]:
    """Yield what is missing before one sentence counts as mapped."""
    if not line.makes:
        yield "还没有对应到政策，也没有写明为什么不定待遇。"
    elif line.makes != NONE and not (line.rules or line.exclusions):
        yield "写了定什么，没有写是哪一项政策。"
    elif line.makes == NONE and not line.reason:
        yield "写了不定待遇，没有写为什么。"
    elif line.makes == NONE and not line.signed and (sign := SIGNS.search(line.words)):
        yield f"里面有“{sign[0]}”，不定待遇的理由要有审核人或全国管理员签过。"


def rules_without_sentence(
    lines: Iterable[CoverageLine], documents: Mapping[str, str], official: Iterable[str]
) -> list[str]:
    """Return the `official` rules whose document's text is held and has no sentence for them.

    `documents` maps a rule to its document's slug.
    """
    lines = list(lines)
    held = {line.text for line in lines}
    quoted = {(line.text, rule) for line in lines for rule in line.rules}
    return [
        rule
        for rule in official
        if documents[rule] in held and (documents[rule], rule) not in quoted
    ]
