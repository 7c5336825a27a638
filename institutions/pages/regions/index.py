"""The page that sets regions side by side, and the picker that leads to one of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from django.db.models import Q
from django.http import QueryDict
from django.urls import reverse

from institutions.pages.parts.bar_chart import Chart, ChartFigure, ChartRow, stacked
from institutions.pages.regions.facts import MEASURES, Measure
from institutions.pages.regions.statistics import count_by_region
from regions.models import Fact, Region, RegionGroup
from regions.models.fact import readable
from regions.models.region import NATION

# The parameters of the picker, wide to narrow, with their words.
STEPS = (("province", "省（自治区、直辖市）"), ("city", "市，或直辖的区县"), ("county", "区县"))


@dataclass(frozen=True)
class Compared:
    """One region beside others: its figures under each measure, and its homes."""

    region: Region
    figures: Mapping[str, tuple[Fact, ...]]
    real: int
    demo: int

    @property
    def cells(self) -> list[tuple[Measure, tuple[Fact, ...]]]:
        return [(measure, self.figures.get(measure.slug, ())) for measure in MEASURES]

    def result(self, measure: Measure) -> Fact | None:
        """Return the latest result under a measure; a target never counts as one."""
        results = [
            fact
            for fact in self.figures.get(measure.slug, ())
            if fact.nature == Fact.Nature.RESULT and fact.value is not None
        ]
        return max(results, key=lambda fact: fact.as_of, default=None)


@dataclass(frozen=True)
class UncomparedRegion:
    """A region whose facts compare with nothing."""

    region: Region
    facts: int


@dataclass(frozen=True)
class IndexStep:
    """One select of the picker: its options and the one that is chosen."""

    name: str
    label: str
    options: tuple[Region, ...]
    chosen: Region | None


class Index:
    """The page `/regions/` for one address."""

    def __init__(self, query: QueryDict) -> None:
        self.query = query
        self.picker = Picker(query)

    @cached_property
    def measure(self) -> Measure | None:
        """Return the measure of sorting and chart; None: by place."""
        return next((m for m in MEASURES if m.slug == self.query.get("sort")), None)

    @property
    def drawn(self) -> Measure:
        return self.measure or MEASURES[0]

    @property
    def measures(self) -> tuple[Measure, ...]:
        return MEASURES

    @cached_property
    def groups(self) -> list[RegionGroup]:
        return list(RegionGroup.objects.prefetch_related("regions"))

    @cached_property
    def rows(self) -> list[Compared]:
        """Return regions with a figure to compare, and provinces with homes; sorted as asked."""
        compared = [self._compared(region) for region in self._regions if self._has_place(region)]
        if self.measure is None:
            return compared
        return sorted(compared, key=self._sort_rank)

    def _sort_rank(self, row: Compared) -> tuple[bool, object, str]:
        """Rank the largest first; regions without a figure come last."""
        fact = row.result(self.drawn)
        value = fact.value if fact else None
        return (value is None, -(value or 0), row.region.code)

    @cached_property
    def others(self) -> list[UncomparedRegion]:
        """Return other regions that documents mention."""
        shown = {row.region for row in self.rows}
        return [
            UncomparedRegion(region, self._facts_by_region[region.code])
            for region in self._regions
            if region not in shown and region.code in self._facts_by_region
        ]

    @cached_property
    def chart(self) -> Chart | None:
        """Return one measure across regions, each bar with its year."""
        found = [(row.region, fact) for row in self.rows if (fact := row.result(self.drawn))]
        if not found:
            return None
        found.sort(key=lambda item: -(item[1].value or 0))
        scale = self.drawn.scale or max(fact.value or Decimal(0) for _, fact in found)
        return Chart(
            self.drawn.name,
            _scale_words(self.drawn, scale, found[0][1].unit),
            tuple(_region_bar(region, fact, scale) for region, fact in found),
            _cautions([fact for _, fact in found]),
        )

    @cached_property
    def _measured_facts(self) -> list[Fact]:
        """Return facts under any measure, in one order for every page."""
        labels = [label for measure in MEASURES for label in measure.labels]
        rows = Fact.objects.published().filter(label__in=labels).select_related("document")
        return list(rows.prefetch_related("regions"))

    @cached_property
    def _facts_by_region(self) -> dict[str, int]:
        """Return the number of facts that name each region."""
        named: dict[str, int] = {}
        rows = Fact.regions.through.objects.filter(fact__in=Fact.objects.published())
        for code in rows.values_list("region_id", flat=True):
            named[code] = named.get(code, 0) + 1
        return named

    @cached_property
    def _regions(self) -> list[Region]:
        rows = Region.objects.current().filter(
            Q(pk__in=self._facts_by_region) | Q(level=Region.Level.PROVINCE)
        )
        return list(rows.with_ancestors())

    @cached_property
    def _homes_by_region(self) -> dict[tuple[str, bool], int]:
        return count_by_region()

    def _has_place(self, region: Region) -> bool:
        if region.code in self._figures:
            return True
        return region.level == Region.Level.PROVINCE and any(
            _homes_in(region, self._homes_by_region)
        )

    @cached_property
    def _figures(self) -> dict[str, dict[str, tuple[Fact, ...]]]:
        """By region and measure; a fact about several regions together is left out."""
        found: dict[str, dict[str, tuple[Fact, ...]]] = {}
        for fact in self._measured_facts:
            regions = list(fact.regions.all())
            if len(regions) != 1:
                continue
            by_measure = found.setdefault(regions[0].code, {})
            for measure in MEASURES:
                if fact.label in measure.labels:
                    by_measure[measure.slug] = (*by_measure.get(measure.slug, ()), fact)
        return found

    def _compared(self, region: Region) -> Compared:
        real, demo = _homes_in(region, self._homes_by_region)
        return Compared(region, self._figures.get(region.code, {}), real, demo)


def _homes_in(region: Region, homes: Mapping[tuple[str, bool], int]) -> tuple[int, int]:
    """Real and demo homes in a region."""
    low, high = region.code_range()
    inside = [(demo, n) for (code, demo), n in homes.items() if low <= code <= high]
    return sum(n for demo, n in inside if not demo), sum(n for demo, n in inside if demo)


def _cautions(facts: list[Fact]) -> tuple[str, ...]:
    """Why the bars of these facts do not simply compare."""
    years = sorted({str(fact.as_of.year) for fact in facts})
    notes = [f"年份不同（{'、'.join(years)} 年），不能直接比高低。"] if len(years) > 1 else []
    if len({fact.label for fact in facts}) > 1:
        notes.append("各地说法不同，数的不一定是同一样东西。")
    return tuple(notes)


def _scale_words(measure: Measure, scale: Decimal, unit: str) -> str:
    """Return the meaning of the whole bar in words."""
    words = "1,000 人" if measure.slug == "density" else f"{readable(scale)} {unit}"
    return f"条的全长是 {words}。"


def _region_bar(region: Region, fact: Fact, scale: Decimal) -> ChartRow:
    return ChartRow(
        label=region.full_name,
        bars=stacked([("val", fact.value or Decimal(0))], scale),
        figures=(ChartFigure(fact.shown),),
        note=f"{fact.dated}，{fact.label}",
        url=reverse("region", args=[region.code]),
    )


class Picker:
    """Province, then what lies directly in it, then in that; three queries at most.

    A code that is not offered is as if it were not there.
    """

    def __init__(self, query: QueryDict) -> None:
        self.steps: list[IndexStep] = []
        self.chosen: Region | None = None
        above = NATION
        for name, label in STEPS:
            options = tuple(Region.objects.current().filter(parent=above))
            if not options:
                break
            picked = next((one for one in options if one.code == query.get(name)), None)
            self.steps.append(IndexStep(name, label, options, picked))
            if picked is None:
                break
            self.chosen, above = picked, picked.code

    @property
    def is_done(self) -> bool:
        """Return whether nothing is left to choose."""
        return self.chosen is not None and self.steps[-1].chosen is not None


def by_name(text: str) -> list[Region]:
    """Return the current regions a typed name or code may mean, with their full names."""
    codes = [region.code for region in Region.objects.candidates(text)]
    return list(Region.objects.with_ancestors().filter(pk__in=codes)) if codes else []


def group_by_name(text: str) -> RegionGroup | None:
    """Return the group a typed name or slug means; no two share one."""
    if not text.isprintable():
        return None
    return RegionGroup.objects.filter(Q(name=text) | Q(slug=text)).first()


def is_code(text: str) -> bool:
    """Return whether a text has the form of a region's code."""
    return len(text) == 6 and text.isascii() and text.isdigit()
