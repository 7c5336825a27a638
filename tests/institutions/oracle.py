"""Slow and obvious: which homes a search finds, told from the homes themselves.

Nothing here uses `Listing`, bit masks or code ranges; it is what the fast answers must equal.
"""

import datetime
import functools
from collections.abc import Iterable, Mapping

from institutions.models import Institution
from regions.models import Region, RegionGroup

LEVELS = {"self": [0], "partial": [1, 2], "dependent": [3, 4]}
# The levels a home is priced by, the heaviest care first; the first one with a price counts.
PRICED_BY = {"dependent": [3, 4], "partial": [2, 1], "self": [0]}
ON_SITE = ("embedded", "adjacent", "hospital_run")

Chosen = Mapping[str, list[str]]


def find(
    homes: Iterable[Institution], chosen: Chosen, on: datetime.date, *, lifted: str = ""
) -> set[int]:
    """Ids of the homes that fit every parameter of `chosen` but the `lifted` one."""
    return {
        home.pk
        for home in homes
        if all(
            fits(home, name, values, chosen, on)
            for name, values in chosen.items()
            if name != lifted and values
        )
    }


def fits(
    home: Institution, name: str, values: list[str], chosen: Chosen, on: datetime.date
) -> bool:
    """Whether one home fits any of the values of one parameter."""
    match name:
        case "q":
            return all(word.lower() in _text(home).lower() for word in values[0].split())
        case "price_min":
            price = _price(home, chosen, on)
            return price is not None and price >= int(values[0]) * 100
        case "price_max":
            price = _price(home, chosen, on)
            return price is not None and price <= int(values[0]) * 100
        case "region":
            return _in_region(home.region, values)
        case "need":
            return all(getattr(home, value) is not False for value in values)
        case _:
            return any(_has(home, name, value, on) for value in values)


def _has(home: Institution, name: str, value: str, on: datetime.date) -> bool:
    beds = [bed for bed in home.beds.all() if bed.operating != 0 and bed.registered != 0]
    match name:
        case "care":
            return any(getattr(home, f"takes_level_{k}") is True for k in LEVELS[value])
        case "dementia":
            return home.takes_dementia is True
        case "sojourn":
            return home.takes_sojourn is True
        case "vacant":
            counted = [bed for bed in home.beds.all() if bed.vacant is not None]
            return bool(counted) and (
                home.operating in ("", "open")
                and sum(bed.vacant for bed in counted) > 0
                and 0 <= max((on - bed.as_of).days for bed in counted) <= 90
            )
        case "room":
            return any(bed.room == value for bed in beds)
        case "bed":
            return any(bed.category == value for bed in beds)
        case "designated":
            return any(k.designated is True for k in home.medical_links.all() if k.mode in ON_SITE)
        case "settles":
            return any(k.networked is True for k in home.medical_links.all() if k.mode in ON_SITE)
        case "ltci_city":
            return any(
                d.kind == "ltci"
                and d.region_id == value
                and (d.valid_from is None or d.valid_from <= on)
                and (d.valid_to is None or d.valid_to >= on)
                for d in home.designations.all()
            )
        case "medical":
            return any(link.mode == value for link in home.medical_links.all())
        case "kind" | "ownership" | "operating":
            return getattr(home, name) == ("" if value == "unknown" else value)
        case "rating":
            ratings = [r for r in home.ratings.all() if r.valid_to is None or r.valid_to >= on]
            if value == "none":
                return not ratings
            scheme, level = value.split(":")
            years = [r.year for r in ratings if r.scheme == scheme]
            return any(
                r.scheme == scheme and r.year == max(years) and r.level == int(level)
                for r in ratings
            )
        case "real":
            return not home.is_demo
        case "fresh":
            updated = as_of(home)
            return updated is not None and 0 <= (on - updated).days <= int(value)
    raise AssertionError(name)


def as_of(home: Institution) -> datetime.date | None:
    """The oldest date that beds or fees carry; the newest of any where they carry none."""
    rows = list(home.provenance.all())
    own = [r for r in rows if r.field.split("/")[0] in ("beds", "fees")]
    for part in ("beds", "fees"):
        if not any(r.field == part for r in rows):
            own += [r for r in rows if r.field == ""]
    dates = [r.as_of for r in own]
    dates += [bed.as_of for bed in home.beds.all() if bed.vacant is not None]
    return min(dates) if dates else max((r.as_of for r in rows), default=None)


def _in_region(region: Region, values: list[str]) -> bool:
    """Whether the home lies in a chosen place that no chosen place inside it narrows down."""
    places = {value: _codes(value) for value in values}
    narrowest = [
        members
        for members in places.values()
        if not any(other < members for other in places.values())
    ]
    return any(region.code in members for members in narrowest)


@functools.cache
def _codes(value: str) -> set[str]:
    """All current codes in a region or group, by walking up from every region."""
    group = RegionGroup.objects.filter(slug=value).first()
    tops = {r.code for r in group.regions.all()} if group else {value}
    parents = dict(Region.objects.filter(is_current=True).values_list("code", "parent"))

    def chain(code: str | None) -> Iterable[str]:
        while code:
            yield code
            code = parents.get(code)

    return {code for code in parents if tops & set(chain(code))}


def _text(home: Institution) -> str:
    """Everything a word may stand in; the separator keeps words from running together."""
    region, names = home.region, []
    while region is not None and region.code != "000000":
        names.append(region.name)
        region = region.parent
    return "\n".join([home.name, home.aliases, home.operator, home.address, *names])


def _price(home: Institution, chosen: Chosen, on: datetime.date) -> int | None:
    """The cheapest month for the heaviest care it has a price for, or for any level if none."""
    levels = [k for care, ks in PRICED_BY.items() if care in chosen.get("care", []) for k in ks]
    prices = [_price_at(home, k, on) for k in levels or range(5)]
    known = [price for price in prices if price is not None]
    if not known:
        return None
    return known[0] if levels else min(known)


def _price_at(home: Institution, level: int, on: datetime.date) -> int | None:
    if getattr(home, f"takes_level_{level}") is False:
        return None
    total = 0
    for kind in ("bed", "meals", "care"):
        amounts = [
            fee.amount * (30 if fee.period == "day" else 1)
            for fee in home.fees.all()
            if fee.kind == kind
            and fee.period in ("day", "month")
            and fee.conditions == ""
            and fee.level_from <= level <= fee.level_to
            and (fee.valid_from is None or fee.valid_from <= on)
            and (fee.valid_to is None or fee.valid_to >= on)
        ]
        if not amounts:
            return None
        total += min(amounts)
    return total
