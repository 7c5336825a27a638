"""Whether medical bills of a stay settle directly, by the agreements between regions."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from regions.conditions import lies_in
from regions.rules import NATION

KINDS = ("inpatient", "outpatient", "pharmacy", "chronic")


class Settlement(StrEnum):
    DIRECT = "direct"
    FILE_FIRST = "file_first"
    NO = "no"
    ASK = "ask"
    LOCAL = "local"  # not away from the insured place: no agreement is needed


@dataclass(frozen=True)
class Pact:
    """An agreement in force: its parties' codes, and what it says of each kind it names."""

    slug: str
    parties: frozenset[str]
    terms: tuple[tuple[str, Settlement], ...]


@dataclass(frozen=True)
class Answer:
    """How one kind of care settles, and the agreement that says so; none: nobody says."""

    settlement: Settlement
    pact: str = ""


def settle(insured: str | None, place: str | None, pacts: Iterable[Pact]) -> dict[str, Answer]:
    """The answer for every kind of care: the narrowest agreement that names it decides."""
    if insured and place and same_pool(insured, place):
        return dict.fromkeys(KINDS, Answer(Settlement.LOCAL))
    answers = dict.fromkeys(KINDS, Answer(Settlement.ASK))
    covering = [pact for pact in pacts if covers(pact, insured) and covers(pact, place)]
    for pact in sorted(covering, key=_width, reverse=True):
        answers |= {kind: Answer(said, pact.slug) for kind, said in pact.terms}
    return answers


def covers(pact: Pact, code: str | None) -> bool:
    return any(lies_in(code, party) for party in pact.parties)


def same_pool(insured: str, place: str) -> bool:
    """Whether both surely pool together: one prefecture, or one municipality."""
    if insured[:2] in {"11", "12", "31", "50"}:
        return place[:2] == insured[:2]
    return insured[2:4] != "00" and insured[:4] == place[:4]


def _width(pact: Pact) -> tuple[bool, int, str]:
    """The nation is the widest; of others, the one of more parties."""
    return NATION in pact.parties, len(pact.parties), pact.slug
