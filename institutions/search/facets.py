"""The choices a family narrows a search by, each defined once: its words and its condition.

Within a facet choices widen (any of them), between facets they narrow (all of them).
"""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache, reduce
from operator import and_, or_

from django.db.models import Count, Q, QuerySet

from institutions.models import (
    Bed,
    Designation,
    Institution,
    Level,
    Listing,
    ListingDesignation,
    MedicalLink,
    Rating,
)
from institutions.models.listing import has_any
from institutions.register.ages import ASKED_DAYS, VACANCY_DAYS, first_day
from institutions.register.needs import NEEDS, need_words
from institutions.search.index import MemoryIndex
from regions.models import Region
from regions.models.region import CODE_LENGTH
from regions.places.gazetteer import Gazetteer


@dataclass(frozen=True, eq=False)
class Choice:
    """One choice of a facet: `value` in the address, `label` on the page, `q` on listings.

    Each is only itself: what a worker keeps of it is found again without reading its condition.
    """

    value: str
    label: str
    q: Q


@dataclass(frozen=True, eq=False)
class Facet:
    """One parameter of the search with its choices; `all_of`: every chosen one must hold.

    Each is only itself, as a choice is.
    """

    name: str
    label: str
    choices: tuple[Choice, ...]
    all_of: bool = False

    @cached_property
    def values(self) -> frozenset[str]:
        """Return the values that the parameter accepts."""
        return frozenset(choice.value for choice in self.choices)

    def phrase(self, choice: Choice) -> str:
        """Return the choice as a phrase of its own; 未公布 names the field that is not
        published.
        """
        return f"{self.label}{choice.label}" if choice.value == "unknown" else choice.label

    def condition(self, values: Iterable[str]) -> Q:
        """Return the condition for any of `values`, or for all of them."""
        chosen = (choice.q for choice in self.choices if choice.value in set(values))
        return reduce(and_ if self.all_of else or_, chosen)


@dataclass(frozen=True)
class Care:
    """A word families use for ability, and the levels it spans, the one to price by first."""

    value: str
    label: str
    levels: tuple[Level, ...]


# Contract words against GB/T 42195 levels. A home is priced by the first of the levels that it
# takes and has a price for; a price is always shown with the level it is for.
CARE = (
    Care("self", "能自理（能力完好）", (Level.ABLE,)),
    Care("partial", "要人帮一部分（轻度、中度失能）", (Level.MODERATE, Level.MILD)),
    Care("dependent", "大部分要人照顾（重度、完全失能）", (Level.SEVERE, Level.COMPLETE)),
)


def build_facets(
    on: datetime.date, places: Iterable[Choice], cities: Iterable[tuple[str, str]]
) -> list[Facet]:
    """Return every facet as of the day `on`; `places` and `cities` (code and name) are to be
    offered.
    """
    first, last = _fixed_facets(on)
    return [
        Facet("region", "地区", tuple(places)),
        *first,
        _insured_in(tuple(cities)),
        *last,
    ]


@lru_cache(maxsize=4)
def _insured_in(cities: tuple[tuple[str, str], ...]) -> Facet:
    kind = Designation.Kind.LTCI.value
    by_city = (
        Choice(code, f"{name}长护险（长期护理保险）定点", Q(pk__on_list=(kind, code)))
        for code, name in cities
    )
    return Facet("ltci_city", "长护险", tuple(by_city))


@lru_cache(maxsize=4)
def _fixed_facets(on: datetime.date) -> tuple[list[Facet], list[Facet]]:
    """Return the facets with the same choices in every search of a day: before and after 长护险."""
    first = [
        Facet(
            "care",
            "老人的情况",
            tuple(
                Choice(c.value, c.label, has_any("takes", (f"takes_level_{k}" for k in c.levels)))
                for c in CARE
            ),
        ),
        _yes_facet(
            "dementia", "认知症", "收认知症（失智）老人", has_any("takes", ["takes_dementia"])
        ),
        Facet(
            "need",
            "要能照顾",
            tuple(
                Choice(name, f"不拒收{need_words(name)}", ~has_any("refuses", [name]))
                for name in NEEDS
            ),
            all_of=True,
        ),
        _yes_facet(
            "vacant",
            "空床",
            "只看有空床",
            Q(vacant__gt=0, operating__in=["", Institution.Operating.OPEN]) & fresh_vacancy(on),
        ),
        _of_mask("room", "房型", "rooms", Bed.Room.choices),
        _of_mask("bed", "床位类别", "bed_categories", Bed.Category.choices),
        _yes_facet("designated", "医保定点", "院内或隔壁的医疗机构是医保定点", Q(designated=True)),
        _yes_facet("settles", "异地结算", "院内或隔壁能异地直接结算（已联网）", Q(networked=True)),
    ]
    last = [
        _of_mask("medical", "医养结合方式", "medical", MedicalLink.Mode.choices),
        _of_field("kind", "机构类型", Institution.Kind.choices),
        _of_field("ownership", "运营方式", Institution.Ownership.choices),
        Facet(
            "rating",
            "等级",
            (
                *(
                    Choice(
                        f"{scheme}:{level}",
                        f"{label} {Rating(scheme=scheme, level=level).level_name}",
                        has_any("ratings", [f"{scheme}:{level}"]),
                    )
                    for scheme, label in Rating.Scheme.choices
                    for level in range(5, 0, -1)
                ),
                Choice("none", "没有查到等级", Q(ratings=0)),
            ),
        ),
        _yes_facet("sojourn", "旅居", "收短住（旅居康养）", has_any("takes", ["takes_sojourn"])),
        Facet(
            "fresh",
            "更新",
            tuple(
                Choice(str(days), f"近 {days} 天更新过", Q(as_of__gte=first_day(days, on)))
                for days in ASKED_DAYS
            ),
        ),
        _of_field("operating", "营业状态", Institution.Operating.choices),
        _yes_facet("real", "实名", "只看实名机构，不看示例", Q(is_demo=False)),
    ]
    return first, last


def fresh_vacancy(on: datetime.date) -> Q:
    """Return the condition that the bed count is young enough to be shown on the day `on`."""
    return Q(vacant_as_of__range=(first_day(VACANCY_DAYS, on), on))


def _yes_facet(name: str, label: str, choice: str, q: Q) -> Facet:
    return Facet(name, label, (Choice("1", choice, q),))


def _of_field(name: str, label: str, choices: Iterable[tuple[str, str]]) -> Facet:
    """Return a facet over one column; a blank column is its own choice, 未公布."""
    known = (Choice(value, str(text), Q(**{name: value})) for value, text in choices)
    return Facet(name, label, (*known, Choice("unknown", "未公布", Q(**{name: ""}))))


def _of_mask(name: str, label: str, field: str, choices: Iterable[tuple[str, str]]) -> Facet:
    return Facet(
        name,
        label,
        tuple(Choice(value, str(text), has_any(field, [value])) for value, text in choices),
    )


def ltci_cities(
    asked: Iterable[str], known: Gazetteer, bitmaps: MemoryIndex | None
) -> Iterable[tuple[str, str]]:
    """Code and name of the regions whose long-term-care insurance has a designated home here.

    And of those asked for, former regions among them.
    """
    codes = frozenset(code for code in asked if code.isdecimal() and len(code) == CODE_LENGTH)
    if bitmaps:
        codes = bitmaps.regions_designating(Designation.Kind.LTCI) | codes
    else:
        rows = ListingDesignation.objects.filter(kind=Designation.Kind.LTCI)
        codes |= set(rows.values_list("region", flat=True).distinct())
    cities = _in_force(codes, known)
    if len(cities) == len(codes):
        return cities
    former = Region.objects.filter(pk__in=codes - dict(cities).keys())
    return sorted([*cities, *former.values_list("code", "name")])


@lru_cache(maxsize=2)
def _in_force(codes: frozenset[str], known: Gazetteer) -> tuple[tuple[str, str], ...]:
    """Code and name of those that are current regions."""
    return tuple((code, known.regions[code].name) for code in sorted(codes & known.regions.keys()))


@dataclass(frozen=True)
class Counts:
    """Numbers of listings that a search finds, and that each choice would find."""

    total: int
    real: int
    by_choice: Mapping[tuple[str, str], int]

    @property
    def demo(self) -> int:
        return self.total - self.real


def count_choices(
    rows: QuerySet[Listing], everything: Q, choices: Mapping[tuple[str, str], Q]
) -> Counts:
    """Count over `rows`, in one aggregate query, matches of `everything` and of each choice.

    `choices` maps (parameter, value) to the whole condition of the search with that choice alone
    in its facet: its own facet is lifted, so that a family sees what else it could have.
    """
    aggregates = {
        "total": Count("pk", filter=everything),
        "real": Count("pk", filter=everything & Q(is_demo=False)),
    }
    for number, condition in enumerate(choices.values()):
        aggregates[f"choice_{number}"] = Count("pk", filter=condition)
    found = rows.aggregate(**aggregates)
    by_choice = {choice: found[f"choice_{number}"] for number, choice in enumerate(choices)}
    return Counts(found["total"], found["real"], by_choice)
