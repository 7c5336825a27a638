"""The page of one policy: plain data made from its rows, as of a day."""

import datetime
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Prefetch, Q, QuerySet
from django.urls import reverse

from carebridge.lib.money import exact_yuan
from regions.engine.conditions import share_of
from regions.law.citing import (
    Quotation,
    clause_words,
    quotations,
    quoting,
    sentences_of,
    url_of,
)
from regions.models import (
    Document,
    Exclusion,
    LawText,
    Policy,
    Rate,
    Region,
    Sentence,
    Standard,
    Status,
)
from regions.policies import text as words


@dataclass(frozen=True)
class Tier:
    """One rate: for whom, how much, and when, if it has dates of its own."""

    name: str
    conditions: list[str]
    amount: str
    period: str
    rate: Rate


@dataclass(frozen=True)
class NamedPlace:
    name: str
    url: str


@dataclass(frozen=True)
class PolicyConflict:
    """A conflict stated by one sentence of a document: with other policies, or with statuses."""

    words: str
    policies: list[Policy]
    statuses: list[str]
    exclusion: Exclusion


def for_page() -> QuerySet[Policy]:
    """Policies with everything their page shows but the exclusions."""
    named = Region.objects.with_ancestors()
    rows = quoting(Policy.objects.select_related("document", "region__parent__parent"))
    return rows.prefetch_related(
        Prefetch("rates", Rate.objects.select_related("hukou__parent__parent")),
        "portable_to_groups",
        Prefetch("portable_to", named),
        Prefetch("doubtful_in", named),
    )


class PolicyPage:
    """One policy of `for_page` on the day `on`."""

    def __init__(self, policy: Policy, on: datetime.date) -> None:
        self.policy, self.on = policy, on
        self.state = words.state(policy, on)
        self.gives = words.gives(policy)
        self.whose = words.whose(policy)
        self.follows = words.follows(policy)
        self.grade = words.grade(policy)
        self.is_quotable = words.is_quotable(policy)

    @cached_property
    def text(self) -> LawText | None:
        """The published text of the policy's own document."""
        return LawText.objects.published().filter(document=self.policy.document_id).first()

    @property
    def clause(self) -> str:
        """The clause, or why there is none."""
        return clause_words(self.policy, self.text)

    @property
    def is_text_missing(self) -> bool:
        """Return whether its official document was looked for and not found."""
        return self.text is None and self.policy.document.kind == Document.Kind.POLICY

    @cached_property
    def quotations(self) -> list[Quotation]:
        return quotations(self.policy)

    @property
    def sentences(self) -> list[Sentence]:
        """Every sentence that makes the policy, of all texts."""
        return sentences_of(self.policy)

    @property
    def url(self) -> str:
        """Return the address of its clause."""
        return url_of(self.policy)

    @property
    def fix_path(self) -> str:
        """Return the subject of a correction of this page."""
        return f"policies/{self.policy.slug}"

    @property
    def region(self) -> NamedPlace:
        return _place(self.policy.region)

    @property
    def tiers(self) -> list[Tier]:
        return [
            Tier(
                rate.name,
                words.conditions(rate),
                words.amount(rate, self.policy) + self._figure(rate),
                _dates(rate),
                rate,
            )
            for rate in sorted(self.policy.rates.all(), key=lambda rate: rate.order)
        ]

    @cached_property
    def _standards(self) -> dict[str, Standard]:
        """The newest figure of each standard that a rate refers to; a query where any does."""
        slugs = {rate.standard for rate in self.policy.rates.all()} - {""}
        if not slugs:
            return {}
        rows = Standard.objects.filter(slug__in=slugs, since__lte=self.on).order_by("since")
        return {row.slug: row for row in rows}

    def _figure(self, rate: Rate) -> str:
        """Return the amount of a share of a standard by its newest figure: 1,450 元/月."""
        row = self._standards.get(rate.standard)
        if row is None:
            return ""
        fen = share_of(row.amount, rate.percent or 0)
        return f"，就是 {exact_yuan(fen)} 元/月（{row.name}，{row.began} 起）"

    @property
    def places(self) -> list[NamedPlace]:
        """The regions and groups that the policy names beside its own."""
        groups = [
            NamedPlace(group.name, reverse("region_group", args=[group.slug]))
            for group in self.policy.portable_to_groups.all()
        ]
        return groups + [_place(region) for region in self.policy.portable_to.all()]

    @property
    def doubtful(self) -> list[NamedPlace]:
        """Return the places whose hukou makes it doubtful."""
        return [_place(region) for region in self.policy.doubtful_in.all()]

    @property
    def until(self) -> str:
        end = self.policy.in_force_to
        return f"到 {end} 为止；以后有没有，没有公布" if end else "没有查到终止日期"

    @property
    def conflicts(self) -> list[PolicyConflict]:
        """Three queries where it is named at all, else one."""
        rows = (
            Exclusion.objects.filter(Q(first=self.policy) | Q(second=self.policy))
            .select_related("document")
            .prefetch_related("first", "second")
            .distinct()
        )
        return [_conflict(row, self.policy) for row in rows]


def _place(region: Region) -> NamedPlace:
    return NamedPlace(region.full_name, reverse("region", args=[region.code]))


def _dates(rate: Rate) -> str:
    """起 and 止 of a rate that has dates of its own."""
    start, end = rate.in_force_from, rate.in_force_to
    bounds = [f"{start} 起" if start else "", f"到 {end} 为止" if end else ""]
    return "，".join(filter(None, bounds))


def _conflict(row: Exclusion, policy: Policy) -> PolicyConflict:
    is_first = policy in row.first.all()
    others = row.second if is_first else row.first
    statuses = [str(Status(code).label) for code in row.statuses.split()]
    return PolicyConflict(_conflict_words(row, is_first), list(others.all()), statuses, row)


def _conflict_words(row: Exclusion, is_first: bool) -> str:
    """Return the meaning of the sentence for a policy on its first or its second side."""
    kinds = Exclusion.Conflict
    match row.conflict:
        case kinds.CHOOSE:
            return "和下面这些只能选一组"
        case kinds.BLOCKS:
            return "有下面这些身份的，不能享受这一项"
        case kinds.ASKS:
            return "有下面这些身份的，这一项要当地确认"
        case kinds.REPLACES if is_first:
            return "有了这一项，下面的不另给"
        case kinds.REPLACES:
            return "有了下面任何一项，就按那一项，这一项不另给"
    return "能不能和下面的一起享受，没有写明"
