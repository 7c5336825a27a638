"""Direct settlement of medical bills of a stay, by the agreements between regions."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from regions.engine.conditions import MUNICIPALITIES, city_of, lies_in
from regions.engine.rules import NATION

# Insured by rules of their own.
ELSEWHERE = {"71", "81", "82"}
KINDS = ("inpatient", "outpatient", "pharmacy", "chronic")


class Settlement(StrEnum):
    DIRECT = "direct"
    FILE_FIRST = "file_first"
    NO = "no"
    ASK = "ask"
    LOCAL = "local"  # not away from the insured place: no agreement is needed


@dataclass(frozen=True)
class Pact:
    """An agreement in force: its parties' codes, and its terms for each kind it names."""

    slug: str
    parties: frozenset[str]
    terms: tuple[tuple[str, Settlement], ...]


@dataclass(frozen=True)
class Answer:
    """Settlement of one kind of care, and its agreement; None: no agreement."""

    settlement: Settlement
    pact: str = ""


def settle(insured: str | None, place: str | None, pacts: Iterable[Pact]) -> dict[str, Answer]:
    """The answer for every kind of care: the narrowest agreement that names it decides."""
    if insured and place and same_pool(insured, place):
        return dict.fromkeys(KINDS, Answer(Settlement.LOCAL))
    answers = dict.fromkeys(KINDS, Answer(Settlement.ASK))
    covering = [pact for pact in pacts if covers(pact, insured, place)]
    for pact in sorted(covering, key=_width, reverse=True):
        answers |= {kind: Answer(term, pact.slug) for kind, term in pact.terms}
    return answers


def covers(pact: Pact, insured: str | None, place: str | None) -> bool:
    """Return whether the pact covers this pair; the nation's rules are for two provinces."""
    if NATION in pact.parties:
        return in_two_provinces(insured, place)
    return all(any(lies_in(code, party) for party in pact.parties) for code in (insured, place))


def in_two_provinces(insured: str | None, place: str | None) -> bool:
    """Return whether they surely lie in different ones; Taiwan, Hong Kong and Macao are apart."""
    provinces = {(code or NATION)[:2] for code in (insured, place)}
    return len(provinces) == 2 and not provinces & {NATION[:2], *ELSEWHERE}


def same_pool(insured: str, place: str) -> bool:
    """Return whether both surely pool together: one prefecture, or one municipality."""
    city = city_of(insured)
    if city != city_of(place):
        return False
    return city[:2] in MUNICIPALITIES or city[2:] not in {"0000", "9000"}


def _width(pact: Pact) -> tuple[bool, int, str]:
    """The nation is the widest; of others, the one of more parties."""
    return NATION in pact.parties, len(pact.parties), pact.slug
