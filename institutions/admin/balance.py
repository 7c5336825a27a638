"""供需对接: the searches of families for a place, beside the free beds there.

Demand is given in steps of five, downwards: under five is <5, nothing included, and 12 is "at least
10". So no total, other period or other table on the page can be subtracted to the few families
behind a small number. Beds are public and given as they are.
"""

import datetime
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localdate

from institutions.models import Demand, Institution, Level, Listing
from institutions.pages.parts.bar_chart import FULL, HEIGHT, LANE, Bar, bar_length
from institutions.register.ages import VACANCY_DAYS
from institutions.search.facets import fresh_vacancy
from regions.models import Region, RegionGroup
from regions.staff.scope import in_scope

STEP = 5
# Days that can be chosen, each up to today.
PERIODS = (30, 90, 365)
FREE = Q(operating__in=["", Institution.Operating.OPEN])


@dataclass(frozen=True)
class DemandStep:
    """A number of searches, rounded down to a step; under five it is nothing."""

    least: int

    @classmethod
    def from_count(cls, times: int) -> "DemandStep":
        return cls(times // STEP * STEP)

    def __str__(self) -> str:
        return f"{self.least:,} 次以上" if self.least else f"<{STEP} 次"


@dataclass(frozen=True)
class Free:
    """Beds free in homes that reported lately, None where none did; how many homes did not."""

    beds: int | None = None
    demo_beds: int | None = None
    silent: int = 0

    @property
    def drawn(self) -> tuple[int, int]:
        return self.beds or 0, self.demo_beds or 0


@dataclass(frozen=True)
class BalanceRow:
    """One row: a county, or a wider place that was searched without naming a county."""

    label: str
    asked: DemandStep
    free: Free | None
    bars: tuple[Bar, ...] = ()


@dataclass(frozen=True)
class Balance:
    """The rows of one page: places of one post in one period."""

    user: AbstractBaseUser
    on: datetime.date
    days: int

    @property
    def since(self) -> datetime.date:
        return self.on - datetime.timedelta(self.days - 1)

    @cached_property
    def counties(self) -> list[BalanceRow]:
        """Counties that were asked for or have homes, most asked first, then fewest beds."""
        codes = self._free_beds.keys() | (self._times_by_place.keys() - self._wider_places.keys())
        rows = [
            (
                DemandStep.from_count(self._times_by_place[code]),
                self._free_beds.get(code, Free()),
                code,
            )
            for code in codes
            if code in self._regions
        ]
        rows.sort(key=lambda row: (-row[0].least, sum(row[1].drawn), row[2]))
        most = max((asked.least for asked, _, _ in rows), default=0)
        widest = max((sum(free.drawn) for _, free, _ in rows), default=0)
        return [
            BalanceRow(
                self._regions[code].full_name,
                asked,
                free,
                _draw_bars(asked, free, most, widest),
            )
            for asked, free, code in rows
        ]

    @cached_property
    def wider(self) -> list[BalanceRow]:
        """Return provinces, cities and groups that were searched without naming a county."""
        rows = [
            (name, DemandStep.from_count(self._times_by_place[key]))
            for key, name in self._wider_places.items()
        ]
        rows.sort(key=lambda row: (-row[1].least, row[0]))
        return [BalanceRow(name, asked, None) for name, asked in rows]

    @property
    def least(self) -> int:
        """Return the sum of the rounded rows, so that it reveals no more than they do."""
        return sum(place.asked.least for place in [*self.counties, *self.wider])

    @cached_property
    def kinds(self) -> list[tuple[str, list[tuple[str, DemandStep]]]]:
        """Return (heading, [(label, count)]): level and budget whole, provinces only from five
        up.
        """
        names = dict(Region.objects.filter(level=1).values_list("code", "name"))
        origins = [row for row in self._count_by("origin", names.items()) if row[1].least]
        return [
            ("能力等级", self._count_by("ability", [*_level_choices(), ("", "没有说")])),
            ("每月预算", self._count_by("budget", [*Demand.Budget.choices, ("", "没有说")])),
            ("户籍在哪个省", [*origins, ("其余各省，和没有说的", DemandStep(0))]),
        ]

    # Read

    @cached_property
    def _demand_rows(self) -> "QuerySet[Demand]":
        """Return the searches of the period for the person's own places."""
        rows = Demand.objects.filter(on__range=(self.since, self.on))
        return rows.filter(destination__in=[*self._regions, *self._whole_groups])

    @cached_property
    def _times_by_place(self) -> Counter[str]:
        rows = self._demand_rows.order_by().values_list("destination").annotate(Sum("times"))
        return Counter(dict(rows))

    @cached_property
    def _regions(self) -> dict[str, Region]:
        rows: QuerySet[Region] = in_scope(Region.objects.with_ancestors(), self.user, "code")
        return {region.code: region for region in rows}

    @cached_property
    def _whole_groups(self) -> dict[str, str]:
        """Return the groups that lie in the person's region whole."""
        groups = RegionGroup.objects.prefetch_related("regions")
        return {
            group.slug: group.name
            for group in groups
            if all(region.code in self._regions for region in group.regions.all())
        }

    @cached_property
    def _wider_places(self) -> dict[str, str]:
        """Return the names of searched places other than counties, by code or slug."""
        held = {region.parent_id for region in self._regions.values() if region.is_current}
        names = {
            code: region.full_name
            for code, region in self._regions.items()
            if code in held and code not in self._free_beds
        }
        return {
            key: name
            for key, name in (names | self._whole_groups).items()
            if key in self._times_by_place
        }

    @cached_property
    def _free_beds(self) -> dict[str, Free]:
        fresh = fresh_vacancy(self.on) & Q(vacant__isnull=False)
        rows = in_scope(Listing.objects.filter(FREE), self.user, "region").order_by()
        counted = rows.values_list("region_id").annotate(
            beds=Sum("vacant", filter=fresh & Q(is_demo=False)),
            demo_beds=Sum("vacant", filter=fresh & Q(is_demo=True)),
            homes=Count("pk"),
            reporting=Count("pk", filter=fresh),
        )
        return {
            code: Free(beds, demo, homes - reporting)
            for code, beds, demo, homes, reporting in counted
        }

    def _count_by(
        self, field: str, words: Iterable[tuple[Any, Any]]
    ) -> list[tuple[str, DemandStep]]:
        rows = dict(self._demand_rows.order_by().values_list(field).annotate(Sum("times")))
        return [(str(word), DemandStep.from_count(rows.get(value, 0))) for value, word in words]


def _level_choices() -> list[tuple[str, str]]:
    return [(str(value), str(label)) for value, label in Level.choices]


def _draw_bars(asked: DemandStep, free: Free, most: int, widest: int) -> tuple[Bar, ...]:
    """Draw searches above and free beds below, demo beds in another tone; each with its own
    scale.
    """
    real, demo = (bar_length(beds, widest) for beds in free.drawn)
    drawn = (
        Bar("ask", 0, bar_length(asked.least, most), 0, LANE),
        Bar("val", 0, real, HEIGHT - LANE, LANE),
        Bar("alt", real, min(demo, FULL - real), HEIGHT - LANE, LANE),
    )
    return tuple(bar for bar in drawn if bar.length)


PER_PAGE = 100


def balance(request: HttpRequest) -> HttpResponse:
    """Show what is asked for beside what is free, in the places of the person's post."""
    if not request.user.has_perm("institutions.view_institution"):
        raise PermissionDenied
    asked = request.GET.get("days", "")
    days = next((days for days in PERIODS if str(days) == asked), PERIODS[1])
    shown = Balance(request.user, localdate(), days)  # type: ignore[arg-type]
    page = {
        "title": "供需对接",
        "balance": shown,
        "places": Paginator(shown.counties, PER_PAGE).get_page(request.GET.get("page")),
        "periods": PERIODS,
        "step": STEP,
        "fresh_days": VACANCY_DAYS,
    }
    return render(
        request, "admin/institutions/balance.html", admin.site.each_context(request) | page
    )
