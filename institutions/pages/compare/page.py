"""The comparison of up to four homes: which ones the address names, and the page as plain data."""

import datetime
from collections.abc import Iterable, Mapping
from functools import cached_property

from django.http import QueryDict
from django.urls import reverse

from institutions.costs.estimator import Estimator, estimator
from institutions.models import Listing
from institutions.pages.compare.questions import question_groups
from institutions.pages.compare.rating_scales import Crosswalk, crosswalk
from institutions.pages.compare.table import Group, HomeColumn, Notes
from institutions.pages.institution.page import for_profile, profile
from institutions.pages.parts import carried_homes as picked
from institutions.pages.parts.card import make_card, with_lists
from regions.elder.form import ElderForm
from regions.elder.questions import Questions, questions
from regions.models import Agreement
from regions.places.anchors import AnchorForm
from regions.policies import rulebook as policies
from regions.policies.agreements import agreements, care

MOST = picked.MOST_COMPARED


def address(ids: Iterable[int], **more: str) -> str:
    """Return the page that compares these homes; nothing of the elder is in it. Always with a
    query.
    """
    return picked.address("compare", ids, more)


class HomeComparison:
    """The homes that an address names, in its order, each asked the same questions.

    `search` is the one that the homes were picked from, as a parameter; links take it along.
    """

    def __init__(self, query: QueryDict, on: datetime.date, search: Mapping[str, str]) -> None:
        self.on = on
        self.elder, self.places = ElderForm(query, on), AnchorForm(query)
        self.search = search
        self.only_differences = query.get("only") == "differences"
        texts = list(dict.fromkeys(text.strip() for text in query.getlist("id")))
        self.unreadable = [text for text in texts if text and not picked.is_id(text)]
        self.asked = picked.read_ids(texts)[: picked.MOST_READ]
        listings = Listing.objects.select_related("institution").prefetch_related("designations")
        self.listings = listings.in_bulk(self.asked)
        self.known = [pk for pk in self.asked if pk in self.listings]
        self.ids = self.known[:MOST]

    @cached_property
    def columns(self) -> list[HomeColumn]:
        """Return a dozen queries, however many homes."""
        homes = for_profile().published().in_bulk(self.ids)
        found = []
        for pk in (pk for pk in self.ids if pk in homes):
            listing = self.listings[pk]
            listing.institution = with_lists(homes[pk])
            by = self.by if self.elder.given else None
            shown = make_card(listing, [], self.on, by, anchors=self.places.anchors)
            settles = tuple(care(self.insured, listing.region_id, self._agreements))
            found.append(HomeColumn(profile(homes[pk], self.on), shown, settles, self.on))
        return found

    @property
    def insured(self) -> str | None:
        return self.elder.elder.insured

    @cached_property
    def _agreements(self) -> list[Agreement]:
        return agreements(self.on) if self.insured else []

    @cached_property
    def rulebook(self) -> policies.Book:
        return policies.book()

    @cached_property
    def by(self) -> Estimator:
        return estimator(self.elder.elder, self.rulebook, self.elder.day)

    @cached_property
    def notes(self) -> Notes:
        return Notes()

    @cached_property
    def all_groups(self) -> list[Group]:
        return question_groups(self.columns, self.notes)

    @cached_property
    def groups(self) -> list[Group]:
        """Return the groups to show: all rows, or those that differ."""
        if not self.only_differences:
            return self.all_groups
        kept = [Group(g.title, tuple(r for r in g.rows if r.differs)) for g in self.all_groups]
        return [group for group in kept if group.rows]

    @cached_property
    def crosswalk(self) -> Crosswalk:
        return crosswalk(self.columns, self.notes, self.elder.elder, self.rulebook)

    @property
    def differing(self) -> int:
        return sum(row.differs for group in self.all_groups for row in group.rows)

    @property
    def same(self) -> int:
        return sum(not row.differs for group in self.all_groups for row in group.rows)

    @cached_property
    def questions(self) -> Questions:
        kept = [("id", str(pk)) for pk in self.ids]
        kept += [*self._view_parameters.items(), *self.places.parameter_pairs]
        rules = self.rulebook.rules if self.elder.given else None
        return questions(self.elder, reverse("compare"), kept, rules)

    @property
    def _view_parameters(self) -> dict[str, str]:
        """Return parameters of links to this comparison beside homes and elder."""
        return {**({"only": "differences"} if self.only_differences else {}), **self.search}

    # Ways on

    @property
    def url(self) -> str:
        """Return the path of this comparison without the elder, doubles and missing homes."""
        return address(self.ids) if self.ids else reverse("compare")

    @property
    def all_url(self) -> str:
        return address(self.ids, **self.search)

    @property
    def differences_url(self) -> str:
        return address(self.ids, only="differences", **self.search)

    @property
    def removals(self) -> list[tuple[HomeColumn, str]]:
        """Return every column with the address of the comparison without it."""
        return [
            (
                column,
                address((pk for pk in self.ids if pk != column.home.pk), **self._view_parameters),
            )
            for column in self.columns
        ]

    @property
    def more_url(self) -> str:
        """Return the register as it was searched, carrying the choice along."""
        return picked.register(picked.COMPARED, self.ids, self.search)

    @property
    def room_left(self) -> int:
        return MOST - len(self.ids)

    @property
    def problems(self) -> list[str]:
        """Return the errors of the address in words: unreadable, missing or surplus ids."""
        messages = [f"“{text[:20]}”不是机构编号，没有放进来。" for text in self.unreadable[:MOST]]
        if unknown := [pk for pk in self.asked if pk not in self.listings]:
            numbers = "、".join(map(str, unknown))
            messages.append(f"编号 {numbers} 的机构找不到：可能已经下架，也可能网址抄错了。")
        if left_off := self.known[MOST:]:
            names = "、".join(str(self.listings[pk].institution.name) for pk in left_off)
            messages.append(f"一次最多对比 {MOST} 家，没有放进来的：{names}。先移出一家，再加。")
        return messages
