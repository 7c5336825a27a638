"""Facts that documents state about some regions, in order, and comparable ones."""

import datetime
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q

from institutions.pages.parts.bar_chart import Chart, ChartFigure, ChartRow, stacked
from regions.models import Document, Fact, Region
from regions.models.fact import readable
from regions.models.region import lies_within

PERCENT = Decimal(100)
# A figure older than this is about another time: read it as history.
OLD_DAYS = 2 * 365


@dataclass(frozen=True)
class Measure:
    """A measure to compare regions by: the labels of documents for it, and its scale.

    `labels` differ in what they count, so a page that compares them prints the label too.
    """

    slug: str
    name: str
    labels: tuple[str, ...]
    scale: Decimal | None = None


MEASURES = (
    Measure("homes", "养老机构", ("养老机构",)),
    Measure("beds", "床位", ("养老床位", "康养床位", "医养床位")),
    Measure("density", "每千名老人的床位", ("每千名老年人拥有床位",), Decimal(1000)),
    Measure("nursing", "护理型床位占比", ("护理型床位占比",), PERCENT),
    Measure(
        "medical",
        "医养结合机构",
        ("开展医养结合的服务机构", "医养结合机构", "开展医养结合的养老机构（签约服务）"),
    ),
    Measure("elders", "老年人口", ("老年人口", "60 岁及以上常住人口")),
)


@dataclass(frozen=True)
class FactComparison:
    """Figures of one document that are parts of one whole, or shares of a hundred.

    `is_share`: a figure is a share of the whole even when it stands alone.
    """

    title: str
    labels: tuple[str, ...]
    whole: str | Decimal
    is_share: bool = False


COMPARISONS = (
    FactComparison("养老机构是谁办的", ("公办福利院", "敬老院", "社会办养老机构"), "养老机构"),
    FactComparison(
        "医养结合和责任保险",
        ("开展医养结合的服务机构", "投保综合责任保险的养老机构", "医养结合机构"),
        "养老机构",
    ),
    FactComparison("护理型床位占全部床位", ("护理型床位占比",), PERCENT, is_share=True),
    FactComparison("每千名老人有多少床位", ("每千名老年人拥有床位",), Decimal(1000), is_share=True),
    FactComparison(
        "老人占常住人口",
        ("60 岁及以上常住人口占比", "65 岁及以上常住人口占比"),
        PERCENT,
        is_share=True,
    ),
    FactComparison("老人和需要照护的人", ("老年人口", "失能、半失能老年人"), "老年人口"),
    FactComparison(
        "医养中心的入住", ("已完成入住的医养中心",), "规划建设的医养中心", is_share=True
    ),
    FactComparison(
        "医养床位住了多少", ("入住医养中心的人数", "入住人员中符合政策兜底的"), "医养床位"
    ),
)


@dataclass(frozen=True)
class FactLine:
    """One fact as a page prints it: whom it is about, and the regions it counts together."""

    fact: Fact
    entity: str
    together: str


@dataclass(frozen=True)
class Highlight:
    """A fact shown in large type at the head of the page, its number apart from its unit."""

    fact: Fact
    number: str


@dataclass(frozen=True)
class FactSheet:
    """The facts of one document."""

    document: Document
    lines: tuple[FactLine, ...]


class Mentions:
    """Facts by the regions they name: some regions, those in them, and around them."""

    def __init__(self, regions: Sequence[Region]) -> None:
        """One query; `regions` come with their predecessors."""
        self.regions = regions
        self.own = {region.code for region in regions}
        self.own |= {old.code for region in regions for old in region.predecessors.all()}
        wider = {code for region in regions for code in region.codes_upward()}
        rows = Fact.regions.through.objects.filter(
            lies_within("region", regions) | Q(region__in=self.own | wider),
            fact__in=Fact.objects.published(),
        )
        self.named: dict[int, set[str]] = {}
        for fact, code in rows.values_list("fact_id", "region_id"):
            self.named.setdefault(fact, set()).add(code)

    def facts(self) -> list[Fact]:
        """Facts that name any of the regions, or a former region one of them succeeded.

        For a group also those that name two places or more in it. Two queries.
        """
        wanted = [fact for fact, codes in self.named.items() if self._is_wanted(codes)]
        facts = Fact.objects.filter(pk__in=wanted).select_related("document")
        return list(facts.prefetch_related("regions"))

    def _is_wanted(self, codes: set[str]) -> bool:
        if codes & self.own:
            return True
        inside = {code for code in codes if self._lies_in(code)}
        return len(self.regions) > 1 and len(inside) > 1

    def _lies_in(self, code: str) -> bool:
        return any(low <= code <= high for low, high in (r.code_range() for r in self.regions))

    def count(self, region: Region, *, inside: bool = False) -> int:
        """Count the facts that name `region` itself or, with `inside`, it or a place in it."""
        low, high = region.code_range() if inside else (region.code, region.code)
        return sum(any(low <= code <= high for code in codes) for codes in self.named.values())


def fact_sheets(facts: Iterable[Fact], names: Collection[str]) -> tuple[FactSheet, ...]:
    """Return facts by document, the latest figures first; those of one document by their codes.

    `names` are those of the page's own place: it need not be named in every line.
    """
    found: dict[Document, list[FactLine]] = {}
    for fact in sorted(facts, key=lambda fact: fact.code):
        regions = list(fact.regions.all())
        together = "、".join(region.name for region in regions) if len(regions) > 1 else ""
        entity = "" if fact.entity in names else fact.entity
        found.setdefault(fact.document, []).append(FactLine(fact, entity, together))
    listed = [FactSheet(document, tuple(lines)) for document, lines in found.items()]
    return tuple(sorted(listed, key=lambda s: max(line.fact.as_of for line in s.lines))[::-1])


def newest_result(facts: Iterable[Fact]) -> Fact | None:
    """Return the numeric result with the latest date; targets are no results."""
    numbers = [fact for fact in _results(facts) if fact.value is not None]
    return max(numbers, key=lambda fact: (fact.as_of, fact.code), default=None)


def _results(facts: Iterable[Fact]) -> list[Fact]:
    return [fact for fact in facts if fact.nature == Fact.Nature.RESULT]


def highlights(facts: Iterable[Fact]) -> list[Highlight]:
    """Return the latest result under each measure; figures of several regions together are left
    out.
    """
    own = [
        fact for fact in _results(facts) if fact.value is not None and len(fact.regions.all()) == 1
    ]
    found = []
    for measure in MEASURES:
        under = [fact for fact in own if fact.label in measure.labels]
        if under:
            latest = max(under, key=lambda fact: (fact.as_of, fact.code))
            found.append(Highlight(latest, _format_figure(latest)))
    return found


def _format_figure(fact: Fact) -> str:
    """Return the figure with its bound, without its unit."""
    return f"{fact.get_bound_display()} {readable(fact.value or Decimal(0))}".strip()


def is_old(fact: Fact, on: datetime.date) -> bool:
    return (on - (fact.as_of_end or fact.as_of)).days > OLD_DAYS


def fact_charts(facts: Iterable[Fact]) -> list[Chart]:
    """Return every comparison for which a document's facts of one region hold figures."""
    by_document: dict[Document, list[Fact]] = {}
    for fact in facts:
        if fact.value is not None:
            by_document.setdefault(fact.document, []).append(fact)
    return [
        chart
        for comparison in COMPARISONS
        for numbers in by_document.values()
        for chart in _compared(comparison, numbers)
    ]


def _compared(comparison: FactComparison, facts: list[Fact]) -> list[Chart]:
    """Return the charts of one document's facts: one, or one for each date its whole was
    counted.
    """
    parts = sorted(
        (fact for fact in facts if fact.label in comparison.labels),
        key=lambda fact: comparison.labels.index(fact.label),
    )
    if isinstance(comparison.whole, Decimal):
        words = "100%" if comparison.whole == PERCENT else "1,000 人"
        return _comparison_chart(comparison, parts, comparison.whole, words)
    wholes = {fact.dated: fact for fact in _results(facts) if fact.label == comparison.whole}
    found = []
    for dated, whole in wholes.items():
        same_day = [part for part in parts if part.dated == dated]
        words = f"{whole.label} {whole.shown}（{dated}）"
        found += _comparison_chart(comparison, same_day, whole.value or Decimal(0), words)
    return found


def _comparison_chart(
    comparison: FactComparison, parts: list[Fact], whole: Decimal, words: str
) -> list[Chart]:
    """Return no chart for a single figure that is no share of the whole."""
    if len(parts) < (1 if comparison.is_share else 2):
        return []
    rows = tuple(_part_row(fact, whole) for fact in parts)
    document = parts[0].document
    source = f"来源：{document}，{document.issued}"
    return [Chart(comparison.title, f"条的全长是 {words}。", rows, (source,))]


def _part_row(fact: Fact, whole: Decimal) -> ChartRow:
    return ChartRow(
        label=fact.label,
        bars=stacked([("alt" if fact.planned else "val", fact.value or Decimal(0))], whole),
        figures=(ChartFigure(_format_figure(fact), fact.unit),),
        note=fact.planned or fact.dated,
    )
