"""The list of policies for one address: narrowed by region and by kind, in words."""

import datetime
import re
from dataclasses import dataclass
from functools import cached_property

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from regions.models import Policy, Region
from regions.models.policy import PolicyQuerySet
from regions.models.region import LONGEST_TEXT
from regions.policies import text as words


@dataclass(frozen=True)
class Entry:
    """One policy as a row: what it gives, whether it follows, and how sure that is."""

    policy: Policy
    gives: str
    follows: words.Follows
    grade: str
    state: str


@dataclass(frozen=True)
class Shelf:
    """The policies of one region."""

    region: Region
    entries: list[Entry]


@dataclass(frozen=True)
class Problem:
    """A filter that is not understood: its field, what was typed, and what to do."""

    name: str
    label: str
    typed: str
    why: str


class PolicyList:
    """The page `/policies/` for one address, as of the day `on`."""

    def __init__(self, query: QueryDict, on: datetime.date) -> None:
        self.on = on
        self.typed = {name: query.get(name, "").strip() for name in ("region", "kind")}

    @cached_property
    def named(self) -> Region | None:
        """The region of the address, current or former."""
        if not re.fullmatch(r"[0-9]{6}", self.typed["region"]):
            return None
        rows = Region.objects.with_ancestors().prefetch_related("successors__parent__parent")
        return rows.filter(pk=self.typed["region"]).first()

    @property
    def moved(self) -> str:
        """Return the address of the single successor of a former region; else an empty string."""
        if self.named and not self.named.is_current and len(self.heirs) == 1:
            return self.address(self.heirs[0])
        return ""

    @cached_property
    def heirs(self) -> list[Region]:
        """The regions that a former one was parted into."""
        former = self.named if self.named and not self.named.is_current else None
        return sorted(former.heirs(), key=lambda region: region.code) if former else []

    @property
    def region(self) -> Region | None:
        return self.named if self.named and self.named.is_current else None

    @property
    def kind(self) -> Policy.Kind | None:
        typed = self.typed["kind"]
        return Policy.Kind(typed) if typed in Policy.Kind.values else None

    @property
    def problems(self) -> list[Problem]:
        found = []
        if self.typed["region"] and not self.region:
            found.append(self._problem("region", "地区", self._no_region()))
        if self.typed["kind"] and not self.kind:
            found.append(self._problem("kind", "种类", "没有这个种类，请在列表里选一个。"))
        return found

    def _no_region(self) -> str:
        if self.heirs:
            return f"{self.named}已经撤销，分到了几个地区，请选一个。"
        return "没有这个地区，请在列表里选一个。"

    def _problem(self, name: str, label: str, why: str) -> Problem:
        typed = self.typed[name].replace("\0", "�")
        return Problem(name, label, typed[:LONGEST_TEXT], why)

    @property
    def problem_of(self) -> dict[str, Problem]:
        return {problem.name: problem for problem in self.problems}

    @property
    def rows(self) -> PolicyQuerySet:
        """The policies asked for, with all that an entry shows. Two queries."""
        rows = Policy.objects.select_related("document", "region__parent__parent")
        if self.region:
            rows = rows.of(self.region)
        if self.kind:
            rows = rows.filter(kind=self.kind)
        return rows.prefetch_related("rates")

    @cached_property
    def shelves(self) -> list[Shelf]:
        """Those, region by region, the nation first."""
        found: dict[Region, list[Entry]] = {}
        for policy in self.rows.order_by("region", "slug"):
            found.setdefault(policy.region, []).append(self.entry(policy))
        return [Shelf(region, entries) for region, entries in found.items()]

    def entry(self, policy: Policy) -> Entry:
        return Entry(
            policy,
            words.gives(policy),
            words.follows(policy),
            words.grade(policy),
            words.state(policy, self.on),
        )

    @property
    def total(self) -> int:
        return sum(len(shelf.entries) for shelf in self.shelves)

    @property
    def is_narrowed(self) -> bool:
        return bool(self.region or self.kind)

    @cached_property
    def regions(self) -> list[Region]:
        """Return the choices: regions with policies of their own, and the chosen one."""
        rows = Region.objects.current().with_ancestors().filter(policies__isnull=False).distinct()
        found = set(rows) | ({self.region} if self.region else set())
        return sorted(found, key=lambda region: region.code)

    @property
    def kinds(self) -> list[tuple[str, str]]:
        return [(value, str(label)) for value, label in Policy.Kind.choices]

    @property
    def path(self) -> str:
        """Return the lasting address without empty parameters."""
        return self.address(self.region)

    def address(self, region: Region | None) -> str:
        """This list for `region`."""
        chosen = {"kind": self.kind, "region": region and region.code}
        query = urlencode({name: value for name, value in chosen.items() if value})
        return reverse("policies") + (f"?{query}" if query else "")
