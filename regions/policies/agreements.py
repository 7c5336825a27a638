"""Agreements between two places: settlement of medical bills, and mutual recognition."""

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from regions.engine.conditions import lies_in
from regions.engine.settlement import KINDS, Settlement, settle
from regions.models import Agreement
from regions.models.agreement import RECOGNISED
from regions.policies.rulebook import pact

# Does it hold across: yes, in part, no; and in words.
SETTLES = {
    Settlement.LOCAL: ("yes", "本地", "在参保地之内，不算异地"),
    Settlement.DIRECT: ("yes", "直接", "直接结算，不用备案"),
    Settlement.FILE_FIRST: ("part", "先备案", "先备案，再直接结算"),
    Settlement.ASK: ("part", "先问", "没有写明，先问参保地医保部门"),
    Settlement.NO: ("no", "不能", "不能直接结算"),
}
RECOGNISES = {
    Agreement.Recognition.MUTUAL: ("yes", "互认", "互认"),
    Agreement.Recognition.SHARED: ("part", "共享", "共享，不等于互认"),
}
UNDECIDED = "还不能判断"


@dataclass(frozen=True)
class Matter:
    """One matter of an agreement. `state` is yes, part or no; empty where it is undecided."""

    label: str
    state: str
    short: str
    words: str
    agreement: Agreement | None = None


def agreements(on: datetime.date) -> list[Agreement]:
    """The agreements in force on the day `on`, with parties and documents; two queries."""
    rows = Agreement.objects.in_force(on).select_related("document")
    return list(rows.prefetch_related("regions"))


def care(insured: str | None, place: str | None, rows: Iterable[Agreement]) -> list[Matter]:
    """Return the settlement of each kind of care for someone insured here and treated there."""
    if insured is None or place is None:
        lack = "参保地" if insured is None else "要去的地方"
        return [Matter(label_of(kind), "", UNDECIDED, f"{UNDECIDED}：请填{lack}") for kind in KINDS]
    by_slug = {row.slug: row for row in rows}
    answers = settle(insured, place, map(pact, by_slug.values()))
    return [
        Matter(label_of(kind), *SETTLES[answer.settlement], by_slug.get(answer.pact))
        for kind, answer in answers.items()
    ]


def recognition(home: str | None, place: str | None, rows: Iterable[Agreement]) -> list[Matter]:
    """Return the mutual recognition of two places; empty inside one province."""
    if home is None or place is None or home[:2] == place[:2]:
        return []
    between = [row for row in rows if joins(row, home, place)]
    return [matter for name in RECOGNISED for matter in recognised(name, between)]


def recognised(name: str, rows: Iterable[Agreement]) -> Iterator[Matter]:
    terms = [(row, value) for row in rows if (value := getattr(row, name))]
    for row, value in terms:
        yield Matter(label_of(name), *RECOGNISES[Agreement.Recognition(value)], row)
    if not terms:
        yield Matter(label_of(name), "", "没有查到", "没有查到两地之间的约定")


def joins(row: Agreement, one: str, other: str) -> bool:
    """Return whether both places surely lie in parties of the agreement."""
    parties = [region.code for region in row.regions.all()]
    return all(any(lies_in(code, party) for party in parties) for code in (one, other))


def label_of(name: str) -> str:
    return str(Agreement._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
