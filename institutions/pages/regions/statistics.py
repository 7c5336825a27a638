"""Statistics of the register in some regions: counted in few queries, real and demo apart.

Money is fen. Every statistic has the number of homes that did not publish its figures.
"""

import datetime
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from django.db.models import Count, Q, Sum

from institutions.models import Bed, Level, Listing, MedicalLink
from institutions.models.listing import ListingQuerySet, bit_mask, has_any
from institutions.register.ages import AGES, FRESH_DAYS, VACANCY_DAYS, first_day
from regions.models import Region
from regions.models.region import lies_within

# The categories known to be nursing beds or not; 医养 or 普惠 beds may be either.
DISTINGUISHED = (Bed.Category.ORDINARY, Bed.Category.NURSING, Bed.Category.DEMENTIA)


@dataclass(frozen=True)
class Spread:
    """List prices of a month at one ability level, in fen, and the homes without one."""

    level: Level
    lowest: int | None
    middle: int | None
    highest: int | None
    priced: int
    unpublished: int
    refusing: int


@dataclass(frozen=True)
class BedSums:
    """Registered beds; the nursing share is taken among beds whose category is known."""

    registered: int
    nursing: int
    classified: int
    homes: int
    homes_unpublished: int

    @property
    def unclassified(self) -> int:
        return self.registered - self.classified

    @property
    def nursing_percent(self) -> float | None:
        """Return the share with one digit after the point, or None without classified beds."""
        return round(100 * self.nursing / self.classified, 1) if self.classified else None


@dataclass(frozen=True)
class Side:
    """The real homes of a place, or the demo homes."""

    is_demo: bool
    homes: int
    kinds: Counter[str]
    ownerships: Counter[str]
    prices: tuple[Spread, ...]
    beds: BedSums
    vacancy: dict[str, int]
    medical: dict[str, int]
    medical_unknown: int

    @property
    def name(self) -> str:
        return "示例" if self.is_demo else "实名"


@dataclass(frozen=True)
class Holdings:
    """Both sides, and how many homes stand in each region that has any."""

    real: Side
    demo: Side
    by_region: dict[tuple[str, bool], int] = field(repr=False)

    @property
    def homes(self) -> int:
        return self.real.homes + self.demo.homes

    def inside(self, region: Region) -> tuple[int, int]:
        """Return the numbers of real and demo homes in `region`."""
        low, high = region.code_range()
        found = Counter[bool]()
        for (code, is_demo), homes in self.by_region.items():
            if low <= code <= high:
                found[is_demo] += homes
        return found[False], found[True]


def holdings(regions: Sequence[Region], on: datetime.date) -> Holdings:
    """Return the statistics of `regions` on the day `on`; four queries."""
    listings = Listing.objects.in_regions(*regions)
    kinds, ownerships, by_region = _standing(listings.order_by())
    answers = _answers(listings.order_by(), on)
    prices = list(
        listings.values_list("is_demo", "refuses", *(f"price_{level}" for level in Level))
    )
    beds = _bed_sums(regions)
    homes = {demo: sum(kinds[demo].values()) for demo in (False, True)}

    def side(demo: bool) -> Side:
        found = answers.get(demo, Counter())
        return Side(
            is_demo=demo,
            homes=homes[demo],
            kinds=kinds[demo],
            ownerships=ownerships[demo],
            prices=tuple(_price_spread(level, prices, demo) for level in Level),
            beds=_beds_of(beds.get(demo, {}), homes[demo]),
            vacancy={age: found[f"age_{age}"] for age in AGES},
            medical={mode: found[f"mode_{mode}"] for mode in MedicalLink.Mode.values},
            medical_unknown=found["mode_unknown"],
        )

    return Holdings(side(False), side(True), by_region)


def count_by_region() -> dict[tuple[str, bool], int]:
    """Return homes of the whole register by (region code, is demo); one query."""
    rows = Listing.objects.order_by().values_list("region_id", "is_demo")
    return {(code, demo): homes for code, demo, homes in rows.annotate(homes=Count("pk"))}


Counts = dict[bool, Counter[str]]


def _standing(listings: ListingQuerySet) -> tuple[Counts, Counts, dict[tuple[str, bool], int]]:
    """Kinds and ownerships by side, and homes by region and side, from one grouped query."""
    kinds: Counts = {False: Counter(), True: Counter()}
    ownerships: Counts = {False: Counter(), True: Counter()}
    by_region: Counter[tuple[str, bool]] = Counter()
    rows = listings.values_list("region_id", "is_demo", "kind", "ownership")
    for code, demo, kind, ownership, homes in rows.annotate(homes=Count("pk")):
        kinds[demo][kind] += homes
        ownerships[demo][ownership] += homes
        by_region[code, demo] += homes
    return kinds, ownerships, dict(by_region)


def _answers(listings: ListingQuerySet, on: datetime.date) -> dict[bool, Counter[str]]:
    """Count the homes of each side by the age of their vacancy figure, and by medical mode."""
    conditions = {f"age_{age}": q for age, q in age_conditions(on).items()}
    conditions |= {f"mode_{m}": has_any("medical", [m]) for m in MedicalLink.Mode.values}
    conditions["mode_unknown"] = Q(medical=0)
    counts = {name: Count("pk", filter=q) for name, q in conditions.items()}
    rows = listings.values("is_demo").annotate(**counts)
    return {row["is_demo"]: Counter({name: row[name] for name in counts}) for row in rows}


def age_conditions(on: datetime.date) -> dict[str, Q]:
    """Return the condition of each age; a date in the future counts as too old."""
    fresh, oldest = first_day(FRESH_DAYS, on), first_day(VACANCY_DAYS, on)
    known = Q(vacant__isnull=False)
    return {
        "fresh": known & Q(vacant_as_of__range=(fresh, on)),
        "aging": known & Q(vacant_as_of__gte=oldest, vacant_as_of__lt=fresh),
        "stale": known & (Q(vacant_as_of__lt=oldest) | Q(vacant_as_of__gt=on)),
        "unknown": Q(vacant=None),
    }


def _price_spread(level: Level, rows: list[tuple[Any, ...]], demo: bool) -> Spread:
    """Return the prices of one level on one side; homes that refuse the level are left out."""
    refused = bit_mask("refuses", [f"takes_level_{level}"])
    side = [row for row in rows if row[0] is demo]
    asked = [row[2 + level] for row in side if not row[1] & refused]
    prices = [price for price in asked if price is not None]
    return Spread(
        level=level,
        lowest=min(prices, default=None),
        middle=int(median(prices)) if prices else None,
        highest=max(prices, default=None),
        priced=len(prices),
        unpublished=len(asked) - len(prices),
        refusing=len(side) - len(asked),
    )


def _bed_sums(regions: Sequence[Region]) -> dict[bool, dict[str, int]]:
    """Return sums of registered beds, and homes that publish any, by side."""
    listed = Bed.objects.filter(lies_within("institution__listing__region", regions))
    known = Q(registered__isnull=False)
    rows = (
        listed.order_by()
        .values("institution__is_demo")
        .annotate(
            all_beds=Sum("registered", default=0),
            nursing=Sum("registered", filter=Q(category=Bed.Category.NURSING), default=0),
            classified=Sum("registered", filter=Q(category__in=DISTINGUISHED), default=0),
            homes=Count("institution", filter=known, distinct=True),
        )
    )
    return {row.pop("institution__is_demo"): row for row in rows}


def _beds_of(row: dict[str, int], homes: int) -> BedSums:
    published = row.get("homes", 0)
    return BedSums(
        registered=row.get("all_beds", 0),
        nursing=row.get("nursing", 0),
        classified=row.get("classified", 0),
        homes=published,
        homes_unpublished=homes - published,
    )
