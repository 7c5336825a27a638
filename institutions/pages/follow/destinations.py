"""The same elder in other places: those where the register holds most homes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Count

from institutions.costs.benefit_changes import Crossing, Item
from institutions.models import Listing
from regions.engine.conditions import city_of
from regions.engine.rules import Answer, Payee
from regions.models import Region
from regions.policies.agreements import Matter

# Beside the place asked for; a table of more does not fit a page.
MOST = 5


@dataclass(frozen=True)
class Destination:
    """One place as a column: what follows there, how bills settle there, how many homes it has.

    `url` is the page about it, `results` are its homes, both for the same elder.
    """

    region: Region
    url: str
    results: str
    homes: int | None
    crossing: Crossing
    care: Sequence[Matter]
    chosen: bool


Cell = TypeVar("Cell")


@dataclass(frozen=True)
class DestinationRow(Generic[Cell]):
    """One matter across the places."""

    name: str
    cells: tuple[tuple[Destination, Cell], ...]


def homes_by_city() -> Counter[str]:
    """Count the homes in each city, a municipality being one; one query."""
    found: Counter[str] = Counter()
    for code, homes in Listing.objects.order_by().values_list("region").annotate(Count("pk")):
        found[city_of(code)] += homes
    return found


def elsewhere(homes: Counter[str], chosen: Region | None) -> list[Region]:
    """Return the cities with most homes but for the one asked about, most first; one query."""
    spoken_for = {city_of(chosen.code), chosen.code} if chosen else set()
    codes = [code for code, _ in homes.most_common() if code not in spoken_for]
    rows = Region.objects.current().with_ancestors().in_bulk(codes[:MOST])
    return [rows[code] for code in codes[:MOST] if code in rows]


def homes_in(region: Region, homes: Counter[str]) -> int | None:
    """Return the number of homes there; None for a part of a city, which is not counted apart."""
    if city_of(region.code) != region.code:
        return None
    low, high = region.code_range()
    return sum(number for code, number in homes.items() if low <= code <= high)


def benefits(columns: Sequence[Destination]) -> list[DestinationRow[Item]]:
    """Return the benefits that some place has, or that places answer differently."""
    lines = zip(*(column.crossing.items for column in columns), strict=True)
    return [
        DestinationRow(items[0].line.policy.name, tuple(zip(columns, items, strict=True)))
        for items in lines
        if items[0].line.payee is not Payee.HOME and differ_by_home(items)
    ]


def differ_by_home(items: Sequence[Item]) -> bool:
    answers = {item.line.answer for item in items}
    return bool(answers & {Answer.YES, Answer.CONFIRM}) or len(answers) > 1


def settlements(columns: Sequence[Destination]) -> list[DestinationRow[Matter]]:
    """Return the settlement of each kind of care in each place."""
    matters = zip(*(column.care for column in columns), strict=True)
    return [
        DestinationRow(found[0].label, tuple(zip(columns, found, strict=True))) for found in matters
    ]
