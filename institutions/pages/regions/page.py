"""The page of a region or of a group of regions: plain data made from one place."""

import datetime
from dataclasses import dataclass
from functools import cached_property

from django.db.models import QuerySet
from django.urls import reverse

from institutions.models import Institution, Listing
from institutions.pages.parts.bar_chart import Chart
from institutions.pages.regions import facts as fact_sheet
from institutions.pages.regions import statistics_charts as register_charts
from institutions.pages.regions.facts import FactSheet, Highlight, Mentions
from institutions.pages.regions.statistics import Holdings, holdings
from institutions.search.filters import RECOMMENDED
from institutions.search.places import Place
from regions.models import Agreement, Fact, Policy, Region, RegionGroup
from regions.models.region import NATION, RegionQuerySet

FIRST_HOMES = 6


@dataclass(frozen=True)
class NearPlace:
    """Another place to go to, with its numbers of facts and homes."""

    name: str
    url: str
    facts: int
    real: int = 0
    demo: int = 0

    @property
    def homes(self) -> int:
        return self.real + self.demo


@dataclass(frozen=True)
class Former:
    """A region that was merged into this one, renamed or given another code."""

    name: str
    code: str
    until: datetime.date | None


def for_regional() -> RegionQuerySet:
    """Current regions with their ancestors and the former regions they succeeded."""
    return Region.objects.current().with_ancestors().prefetch_related("predecessors")


def groups_for_regional() -> QuerySet[RegionGroup]:
    return RegionGroup.objects.prefetch_related("regions__predecessors")


class Regional:
    """The page of one place on one day: a region of `for_regional`, or a group of them."""

    def __init__(self, whole: Region | RegionGroup, on: datetime.date) -> None:
        self.on = on
        self.is_group = isinstance(whole, RegionGroup)
        if isinstance(whole, RegionGroup):
            self.definition = whole.definition
            self.place = Place(whole.slug, whole.name, tuple(whole.regions.all()))
        else:
            self.definition = ""
            self.place = Place(whole.code, whole.name, (whole,))
        place = self.place
        self.is_nation = place.value == NATION
        self.mentions = Mentions(place.regions)

    @property
    def name(self) -> str:
        return self.place.label

    @property
    def where(self) -> str:
        """Return 河北省·廊坊市·三河市; for a group, the names of its regions."""
        if self.is_group:
            return "、".join(region.name for region in self.place.regions)
        return "" if self.is_nation else self.place.regions[0].path_words

    @property
    def lineage(self) -> list[Region]:
        """Return the regions above, widest first, without the nation."""
        if self.is_group or self.is_nation:
            return []
        return self.place.regions[0].lineage()[:-1]

    @property
    def search_url(self) -> str:
        """Return the results page narrowed to this place."""
        url = reverse("institutions")
        return url if self.is_nation else f"{url}?region={self.place.value}"

    @cached_property
    def former(self) -> list[Former]:
        """Return the regions this one succeeded, the latest first; unknown dates last."""
        if self.is_group:
            return []
        found = [
            Former(old.name, old.code, old.valid_to)
            for old in self.place.regions[0].predecessors.all()
        ]
        return sorted(found, key=lambda old: (old.until or datetime.date.min, old.code))[::-1]

    @cached_property
    def facts(self) -> list[Fact]:
        return self.mentions.facts()

    @cached_property
    def sheets(self) -> tuple[FactSheet, ...]:
        if self.is_group:
            return fact_sheet.fact_sheets(self.facts, {self.name})
        region = self.place.regions[0]
        return fact_sheet.fact_sheets(self.facts, {region.name, region.full_name})

    @property
    def highlights(self) -> list[Highlight]:
        return [] if self.is_group else fact_sheet.highlights(self.facts)

    @property
    def newest(self) -> Fact | None:
        return fact_sheet.newest_result(self.facts)

    @property
    def is_old(self) -> bool:
        """Return whether even the newest figure is old."""
        return self.newest is not None and fact_sheet.is_old(self.newest, self.on)

    @property
    def fact_charts(self) -> list[Chart]:
        """Only for one region: figures of several regions are never parts of one whole."""
        return [] if self.is_group else fact_sheet.fact_charts(self.facts)

    @cached_property
    def holdings(self) -> Holdings:
        return holdings(self.place.regions, self.on)

    @cached_property
    def register_charts(self) -> list[Chart]:
        return register_charts.register_charts(self.holdings) if self.holdings.homes else []

    @cached_property
    def homes(self) -> list[Institution]:
        """Return the first homes of the results page: real ones first."""
        rows = Listing.objects.in_regions(*self.place.regions).order_by(*RECOMMENDED, "pk")
        places = rows.select_related("institution__region__parent__parent")
        return [row.institution for row in places[:FIRST_HOMES]]

    @cached_property
    def agreements(self) -> list[Agreement]:
        """Agreements in force to which every region of this place is a party."""
        if not self.place.regions:
            return []
        found = Agreement.objects.in_force(self.on).covering(self.place.regions[0])
        rows = found.select_related("document").prefetch_related("regions")
        return [one for one in rows if self._all_party_to(one)]

    def _all_party_to(self, agreement: Agreement) -> bool:
        parties = list(agreement.regions.all())
        return all(region.lies_in(parties) for region in self.place.regions)

    @cached_property
    def policies(self) -> list[Policy]:
        """Policies of this place, of what lies in it and above it, that no date speaks against."""
        found = Policy.objects.none()
        for region in self.place.regions:
            found |= Policy.objects.of(region)
        rows = found.in_force(self.on).select_related("region__parent__parent")
        return list(rows.order_by("region", "slug").distinct())

    @property
    def policies_url(self) -> str:
        """Return the list of policies narrowed to this place; a group has no list of its own."""
        url = reverse("policies")
        return url if self.is_group else f"{url}?region={self.place.value}"

    @cached_property
    def inside(self) -> list[NearPlace]:
        """Return the regions of a group, or those directly in a region."""
        if self.is_group:
            return [self._near_place(region) for region in self.place.regions]
        rows = Region.objects.current().filter(parent=self.place.value)
        return [self._near_place(region) for region in rows]

    def _near_place(self, region: Region) -> NearPlace:
        real, demo = self.holdings.inside(region)
        facts = self.mentions.count(region, inside=True)
        return NearPlace(region.name, reverse("region", args=[region.code]), facts, real, demo)

    @cached_property
    def around(self) -> list[NearPlace]:
        """Return the wider regions and the groups of this place, with the facts of each."""
        return [*self._group_places(), *self._wider_places()]

    def _wider_places(self) -> list[NearPlace]:
        if self.is_nation:
            return []
        nation = Region(code=NATION, name="全国", level=0)
        return [
            NearPlace(
                region.name, reverse("region", args=[region.code]), self.mentions.count(region)
            )
            for region in [*reversed(self.lineage), nation]
        ]

    def _group_places(self) -> list[NearPlace]:
        """Groups that hold the whole region; a province does not lie in 环京."""
        if self.is_group:
            return []
        codes = self.place.regions[0].codes_upward()
        groups = RegionGroup.objects.filter(regions__in=codes).distinct()
        return [NearPlace(one.name, reverse("region_group", args=[one.slug]), 0) for one in groups]
