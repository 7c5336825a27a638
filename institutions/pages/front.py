"""Content of the front page: ways into the register with live counts, and benefits that follow.

Six queries however large the register is: groups, their regions, homes per region, the regions,
the sayings, the facts.
"""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from operator import and_
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.urls import reverse

from institutions.models import Listing
from institutions.register.ages import VACANCY_DAYS
from institutions.search.facets import Choice, Counts, Facet, build_facets, count_choices
from institutions.search.filters import LONGEST_QUERY
from institutions.search.places import Place
from regions.elder.questions import OFFERED
from regions.models import Fact, Region, RegionGroup
from regions.models.region import LONGEST_TEXT

# Common wishes of families with their searches; words of the filters come from facets.
SAYINGS: Mapping[str, Mapping[str, str]] = {
    "想住到廊坊，离北京近": {"region": "131000"},
    "白天夜里都要人照顾": {"care": "dependent"},
    "老人记不住事，怕走失": {"dementia": "1"},
    "常看病，想直接刷医保": {"settles": "1"},
    "想先短住一阵看看": {"sojourn": "1"},
    "急着要一张空床": {"vacant": "1", "fresh": "30"},
    "想离北京近，好常去看": {"region": "huan-jing"},
    "身体不稳，院里要有大夫": {"medical": "embedded"},
}
# The first fact of a story is its figure, the others limit it.
STORIES = (
    ("医保", ("F000-17", "F000-18")),
    ("补贴", ("F000-36",)),
    ("检查结果", ("F000-21", "F000-24")),
)
# Rows under one area: those with most homes, the rest is a click away.
MOST_ROWS = 5
# Days that show each state of the age of a figure once.
EXAMPLE_AGES = {"fresh": 3, "aging": 26, "stale": 128}


@dataclass(frozen=True)
class Tally:
    """Numbers of homes, real and demo apart."""

    real: int = 0
    demo: int = 0

    @property
    def total(self) -> int:
        return self.real + self.demo

    @property
    def words(self) -> str:
        return f"实名 {self.real:,} 家，示例 {self.demo:,} 家"


@dataclass(frozen=True)
class CommonWish:
    """A common wish, its filters, and the number of homes the link finds."""

    words: str
    means: str
    tally: Tally
    url: str


@dataclass(frozen=True)
class Offer:
    """A place that holds homes, the link to them, and the page about the place."""

    place: Place
    label: str
    tally: Tally
    url: str
    page: str


@dataclass(frozen=True)
class OfferArea:
    """A group or a province with the places in it that hold most; `more` are not shown."""

    offer: Offer
    rows: tuple[Offer, ...]
    more: int


@dataclass(frozen=True)
class Story:
    """One benefit that follows the elder, shown by facts of the documents."""

    topic: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Front:
    """The front page as of the day `on`."""

    on: datetime.date
    tally: Tally
    offers: tuple[Offer, ...]
    sayings: tuple[CommonWish, ...]
    areas: tuple[OfferArea, ...]
    stories: tuple[Story, ...]
    longest_query: int = LONGEST_QUERY
    vacancy_days: int = VACANCY_DAYS
    hukou_places: tuple[str, ...] = OFFERED
    longest_place: int = LONGEST_TEXT

    @property
    def examples(self) -> dict[str, datetime.date]:
        """Return a day for each state of age, for the legend."""
        return {state: self.on - datetime.timedelta(days) for state, days in EXAMPLE_AGES.items()}


def front_content(on: datetime.date) -> Front:
    """Return the content of the front page on the day `on`; an empty register gives empty parts."""
    groups, regions = _make_offers(_homes_by_region())
    wide = [offer for offer in regions if _offer_level(offer) < Region.Level.COUNTY]
    tally, sayings = _make_wishes([offer.place.as_choice for offer in [*groups, *regions]], on)
    return Front(
        on=on,
        tally=tally,
        offers=(*groups, *wide),
        sayings=tuple(sayings),
        areas=tuple(_group_areas(groups, regions)),
        stories=tuple(_stories()),
    )


def _homes_by_region() -> dict[str, Tally]:
    """Return the tally of each region that a home stands in, by its code."""
    found: dict[str, Tally] = {}
    rows = Listing.objects.values_list("region", "is_demo").annotate(Count("pk"))
    for code, is_demo, number in rows.order_by("region", "is_demo"):
        found[code] = replace(found.get(code, Tally()), **{"demo" if is_demo else "real": number})
    return found


def _make_offers(homes: Mapping[str, Tally]) -> tuple[list[Offer], list[Offer]]:
    """Return the groups, and the regions of every level in the order of codes, that hold homes."""
    groups = [
        Place(group.slug, group.name, tuple(group.regions.all()))
        for group in RegionGroup.objects.prefetch_related("regions")
    ]
    above = {f"{code[:2]}0000" for code in homes} | {f"{code[:4]}00" for code in homes}
    rows = Region.objects.current().filter(pk__in=above | homes.keys()).with_ancestors()
    regions = [
        Place(region.code, region.name, (region,))
        for region in rows.exclude(level=Region.Level.NATION)
    ]
    return _holding(groups, homes), _holding(regions, homes)


def _holding(places: Iterable[Place], homes: Mapping[str, Tally]) -> list[Offer]:
    offers = (_make_offer(place, _tally_homes(place, homes)) for place in places)
    return [offer for offer in offers if offer.tally.total]


def _make_offer(place: Place, tally: Tally) -> Offer:
    """Make an offer; a region is labelled with the names above it too: 河北省·廊坊市."""
    results = _results({"region": place.value})
    if place.value not in {region.code for region in place.regions}:
        group = reverse("region_group", args=[place.value])
        return Offer(place, place.label, tally, results, group)
    region = reverse("region", args=[place.value])
    return Offer(place, place.regions[0].path_words, tally, results, region)


def _tally_homes(place: Place, homes: Mapping[str, Tally]) -> Tally:
    """As `regions.models.region.lies_within` finds them, but counted here, for all places at
    once.
    """
    ranges = [heir.code_range() for region in place.regions for heir in region.heirs()]
    inside = [
        tally for code, tally in homes.items() if any(low <= code <= high for low, high in ranges)
    ]
    return Tally(sum(tally.real for tally in inside), sum(tally.demo for tally in inside))


def _offer_level(offer: Offer) -> int:
    return offer.place.regions[0].level


def _group_areas(groups: Iterable[Offer], regions: list[Offer]) -> Iterable[OfferArea]:
    """Yield groups first, then the provinces that no group holds, those with most homes first."""
    groups = list(groups)
    provinces = [offer for offer in regions if _offer_level(offer) == Region.Level.PROVINCE]
    alone = [p for p in provinces if not any(p.place.lies_in(group.place) for group in groups)]
    for offer in [*groups, *_most_homes(alone)]:
        inside = [other for other in regions if other.place.lies_in(offer.place)]
        # Counties only where there is nothing wider: 朝阳区 is not a peer of 天津市.
        wide = [other for other in inside if _offer_level(other) < Region.Level.COUNTY]
        rows = _most_homes(wide or inside)
        yield OfferArea(offer, tuple(rows[:MOST_ROWS]), len(rows[MOST_ROWS:]))


def _most_homes(offers: Iterable[Offer]) -> list[Offer]:
    return sorted(offers, key=lambda offer: -offer.tally.total)


def _make_wishes(places: Iterable[Choice], on: datetime.date) -> tuple[Tally, list[CommonWish]]:
    """Return the tally of the whole register, and the sayings that find something; one query."""
    offered = {facet.name: facet for facet in build_facets(on, places, ())}
    spoken = {words: _choices(query, offered) for words, query in SAYINGS.items()}
    searches = [
        Choice(words, "·".join(c.label for c in choices), reduce(and_, (c.q for c in choices)))
        for words, choices in spoken.items()
        if len(choices) == len(SAYINGS[words])
    ]
    asked = {("all", search.value): search.q for search in searches}
    asked |= {("real", search.value): search.q & Q(is_demo=False) for search in searches}
    counts = count_choices(Listing.objects.all(), Q(), asked)
    found = [
        CommonWish(
            words.value,
            words.label,
            _split_tally(counts, words.value),
            _results(SAYINGS[words.value]),
        )
        for words in searches
    ]
    return Tally(counts.real, counts.demo), [wish for wish in found if wish.tally.total]


def _split_tally(counts: Counts, value: str) -> Tally:
    real = counts.by_choice["real", value]
    return Tally(real, counts.by_choice["all", value] - real)


def _results(query: Mapping[str, str]) -> str:
    return f"{reverse('institutions')}?{urlencode(query)}"


def _choices(query: Mapping[str, str], offered: Mapping[str, Facet]) -> list[Choice]:
    """Return the choices a query makes; fewer than it has parameters where a place holds no
    home.
    """
    return [
        choice
        for name, value in query.items()
        for choice in offered[name].choices
        if choice.value == value
    ]


def _stories() -> Iterable[Story]:
    """Yield the stories of which a fact is in the database, in one query."""
    codes = [code for _, codes in STORIES for code in codes]
    rows = Fact.objects.published().results().filter(code__in=codes).select_related("document")
    facts = {fact.code: fact for fact in rows}
    for topic, wanted in STORIES:
        if shown := tuple(facts[code] for code in wanted if code in facts):
            yield Story(topic, shown)
