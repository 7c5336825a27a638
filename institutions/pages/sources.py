"""The documents that figures are cited from, and what each is cited for: plain data for pages.

Real and demo homes are never added up. Only published homes count.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Prefetch, Q, QuerySet

from institutions.models import Designation, Institution, Provenance
from institutions.register.ages import format_period, state_on
from institutions.register.provenance import label_of, public_documents
from regions.law.citing import clause_words, quoting
from regions.law.page import TextPage, text_page
from regions.models import Agreement, Document, Exclusion, Fact, Policy, Region

# Most rows of one table; a sentence counts those left out.
MOST = 200

PUBLISHED = Q(institution__stage=Institution.Stage.PUBLISHED)
REAL = Q(institution__is_demo=False)
DEMO = Q(institution__is_demo=True)
# Kinds that come into force; of the others nobody would ask when.
BINDING = (Document.Kind.POLICY, Document.Kind.STANDARD)


@dataclass(frozen=True)
class SourceUse:
    """Citations of a document; figures are those of homes, designations their lists."""

    facts: int = 0
    agreements: int = 0
    policies: int = 0
    exclusions: int = 0
    homes: int = 0
    figures: int = 0
    designations: int = 0
    demo_homes: int = 0
    demo_figures: int = 0
    demo_designations: int = 0

    @property
    def words(self) -> list[str]:
        """Return one phrase for each kind of use; none for a document that nothing cites."""
        phrases = (
            (self.facts, f"{self.facts:,} 条事实"),
            (self.agreements, f"{self.agreements:,} 项地区间约定"),
            (self.policies, f"{self.policies:,} 项政策"),
            (self.exclusions, f"{self.exclusions:,} 条政策之间的排斥"),
            (self.homes, f"{self.homes:,} 家实名机构的 {self.figures:,} 项内容"),
            (self.designations, f"实名机构的 {self.designations:,} 项名单"),
            (self.demo_homes, f"{self.demo_homes:,} 家示例机构的 {self.demo_figures:,} 项内容"),
            (self.demo_designations, f"示例机构的 {self.demo_designations:,} 项名单"),
        )
        return [words for number, words in phrases if number]


@dataclass(frozen=True)
class CitedSource:
    """One document as a row of the list, or the head of its own page."""

    document: Document
    force: str
    use: SourceUse

    @property
    def is_demo(self) -> bool:
        return self.document.kind == Document.Kind.DEMO

    @property
    def grade(self) -> str:
        """Return the grade of its check; made-up documents have none."""
        return "编造的，用来演示" if self.is_demo else self.document.get_grade_display()


@dataclass(frozen=True)
class SourceShelf:
    """All documents of one kind, newest first."""

    label: str
    sources: list[CitedSource]


@dataclass(frozen=True)
class Figures:
    """Figures of a home cited from a document with one date and one quotation."""

    institution: Institution
    labels: str
    dated: str
    quote: str


@dataclass(frozen=True)
class Listed:
    """A list that a home stands on by this document, and when that holds."""

    institution: Institution
    name: str
    region: Region
    period: str
    state: str


@dataclass(frozen=True)
class Agreed:
    """An agreement of regions by this document, and its period."""

    agreement: Agreement
    period: str
    state: str


@dataclass(frozen=True)
class Stands:
    """A policy that stands on this document, and when it holds."""

    policy: Policy
    period: str
    state: str

    @property
    def clause(self) -> str:
        return clause_words(self.policy, getattr(self.policy.document, "law_text", None))


@dataclass(frozen=True)
class SourcePage:
    source: CitedSource
    facts: list[Fact]
    agreements: list[Agreed]
    policies: list[Stands]
    exclusions: list[Exclusion]
    figures: list[Figures]
    designations: list[Listed]
    text: TextPage | None = None
    repeals: tuple[Document, ...] = ()
    repealed_by: tuple[Document, ...] = ()
    most: int = MOST

    @property
    def is_text_missing(self) -> bool:
        """Return whether policies cite an official document whose text was not found."""
        is_official = self.source.document.kind == Document.Kind.POLICY
        return self.text is None and is_official and bool(self.policies or self.exclusions)


def shelves(on: datetime.date) -> list[SourceShelf]:
    """Return every document by kind, as of the day `on`. Seven queries."""
    by_id = {s.document.pk: s for s in sources(public_documents().order_by("title"), on)}
    by_kind: dict[str, list[Document]] = defaultdict(list)
    for source in by_id.values():
        by_kind[source.document.kind].append(source.document)
    return [
        SourceShelf(str(label), [by_id[document.pk] for document in newest_first(by_kind[kind])])
        for kind, label in Document.Kind.choices
        if by_kind[kind]
    ]


def sources(documents: QuerySet[Document], on: datetime.date) -> list[CitedSource]:
    """Return each of `documents` with how often it is cited. Seven queries."""
    used = count_uses(documents)
    return [_make_source(document, used.get(document.pk), on) for document in documents]


def newest_first(documents: Iterable[Document]) -> list[Document]:
    """By the date of issue, else the date of coming into force; undated ones last."""

    def day(document: Document) -> datetime.date:
        return document.issued_on or document.in_force_from or datetime.date.min

    return sorted(documents, key=day, reverse=True)


def source_page(document: Document, on: datetime.date) -> SourcePage:
    """Return `document` and everything cited from it, as of the day `on`. 17 to 20 queries."""
    used = count_uses(Document.objects.filter(pk=document.pk))
    facts = document.facts.published()
    agreements = Agreement.objects.filter(document=document)
    named = Region.objects.with_ancestors()
    return SourcePage(
        _make_source(document, used.get(document.pk), on),
        list(facts.prefetch_related(Prefetch("regions", named))),
        [_agreed_of(a, on) for a in agreements.prefetch_related(Prefetch("regions", named))],
        [_stands_of(policy, on) for policy in _policies(document)],
        list(document.exclusions.prefetch_related("first", "second")),
        _figures(document),
        [_listed_of(designation, on) for designation in _designations(document)],
        text_page(document),
        tuple(document.repeals.published()),
        tuple(document.repealed_by.published()),
    )


def count_uses(documents: QuerySet[Document]) -> dict[int, SourceUse]:
    """Return the citations of each of `documents` by primary key; uncited ones are left out."""
    facts = Fact.objects.published().filter(document__in=documents).values("document")
    agreements = Agreement.objects.filter(document__in=documents).values("document")
    policies = Policy.objects.filter(document__in=documents).values("document")
    exclusions = Exclusion.objects.filter(document__in=documents).values("document")
    figures = Provenance.objects.filter(PUBLISHED, document__in=documents).values("document")
    designations = Designation.objects.filter(PUBLISHED, document__in=documents).values("document")
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    for rows in (
        facts.annotate(facts=Count("pk")).order_by(),
        agreements.annotate(agreements=Count("pk")).order_by(),
        policies.annotate(policies=Count("pk")).order_by(),
        exclusions.annotate(exclusions=Count("pk")).order_by(),
        figures.annotate(
            homes=Count("institution", distinct=True, filter=REAL),
            figures=Count("pk", filter=REAL),
            demo_homes=Count("institution", distinct=True, filter=DEMO),
            demo_figures=Count("pk", filter=DEMO),
        ).order_by(),
        designations.annotate(
            designations=Count("pk", filter=REAL), demo_designations=Count("pk", filter=DEMO)
        ).order_by(),
    ):
        for row in rows:
            counts[row.pop("document")] |= row
    return {pk: SourceUse(**counted) for pk, counted in counts.items()}


def _make_source(document: Document, use: SourceUse | None, on: datetime.date) -> CitedSource:
    return CitedSource(document, _force_words(document, on), use or SourceUse())


def _force_words(document: Document, on: datetime.date) -> str:
    """Return its period in words; an empty string for kinds without one."""
    start, end = document.in_force_from, document.in_force_to
    if not start and not end:
        return "施行日期未公布" if document.kind in BINDING else ""
    remark = state_on(start, end, on)
    return f"施行：{format_period(start, end)}" + (f"（{remark}）" if remark else "")


def _figures(document: Document) -> list[Figures]:
    rows = (
        Provenance.objects.filter(PUBLISHED, REAL, document=document)
        .select_related("institution__region__parent__parent")
        .order_by("institution__region", "institution", "field")[:MOST]
    )
    labels: dict[tuple[Institution, str, str], list[str]] = defaultdict(list)
    for row in rows:
        labels[row.institution, row.dated, row.quote].append(label_of(row.field))
    return [
        Figures(institution, "、".join(names), dated, quote)
        for (institution, dated, quote), names in labels.items()
    ]


def _designations(document: Document) -> QuerySet[Designation]:
    return (
        Designation.objects.filter(PUBLISHED, REAL, document=document)
        .select_related("institution__region__parent__parent", "region__parent__parent")
        .order_by("institution__region", "institution", "pk")[:MOST]
    )


def _agreed_of(agreement: Agreement, on: datetime.date) -> Agreed:
    return Agreed(
        agreement,
        format_period(agreement.since, agreement.in_force_to),
        state_on(agreement.in_force_from, agreement.in_force_to, on) or "有效",
    )


def _policies(document: Document) -> QuerySet[Policy]:
    return quoting(document.policies.select_related("region__parent__parent", "document__law_text"))


def _stands_of(policy: Policy, on: datetime.date) -> Stands:
    return Stands(
        policy,
        format_period(policy.since, policy.in_force_to),
        state_on(policy.in_force_from, policy.in_force_to, on),
    )


def _listed_of(designation: Designation, on: datetime.date) -> Listed:
    return Listed(
        designation.institution,
        designation.get_kind_display(),
        designation.region,
        format_period(designation.since, designation.valid_to),
        state_on(designation.valid_from, designation.valid_to, on) or "有效",
    )
