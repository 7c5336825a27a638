"""The results page: plain data made from a checked search."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from django.core.paginator import Page, Paginator
from django.db.models import Q, prefetch_related_objects
from django.forms import Form
from django.forms.utils import ErrorDict
from django.urls import reverse

from institutions.costs.estimator import Estimator
from institutions.models import Listing
from institutions.models.listing import ListingQuerySet, has_any
from institutions.pages.parts.card import Card, make_card
from institutions.pages.parts.carried_homes import Carried
from institutions.pages.parts.match_reasons import Wanted, refusals
from institutions.pages.results.filter_panels import FilterColumn
from institutions.pages.results.links import SearchAddress
from institutions.search.distance import DistanceForm, distance_form
from institutions.search.filters import RECOMMENDED, SORTS, InstitutionFilter
from institutions.search.finder import SliceableRows, make_finder
from institutions.search.places import HomeCounts
from regions.elder.form import ElderForm
from regions.elder.questions import Questions, questions

PER_PAGE = 20
# A page explains the match of the first homes, and the mismatch of the first set apart.
MOST_EXPLAINED = 10
# Of a search text too long to use, as much as a reader needs to mend it.
LONGEST_SHOWN = 1000


@dataclass(frozen=True)
class ResultsLink:
    """Words and where they lead; `count` where a number goes with them."""

    label: str
    url: str
    count: int | None = None
    current: bool = False
    icon: str = ""


@dataclass(frozen=True)
class SearchProblem:
    """A value that was not understood: the field to mend, what was typed, and why."""

    field: str
    label: str
    typed: str
    why: str

    @property
    def anchor(self) -> str:
        """Return the element to jump to: its field, or the search box where it has none."""
        return f"id_{self.field}" if self.field not in ("basis", "sort", "page") else "id_q"


@dataclass(frozen=True)
class Refused:
    """A home that declares it does not meet a need."""

    name: str
    url: str
    is_demo: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Apart:
    """The number of homes set apart, and the first of them."""

    total: int
    homes: tuple[Refused, ...]

    @property
    def more(self) -> bool:
        return self.total > len(self.homes)


@dataclass(frozen=True)
class Unpriced:
    """The number of homes without a price that a budget leaves out, and the search without it."""

    total: int
    real: int
    url: str


class CountedPaginator(Paginator):  # type: ignore[type-arg]  # not generic at run time
    """A paginator with a known count, so that it does not ask the database again."""

    def __init__(self, rows: SliceableRows, total: int) -> None:
        super().__init__(rows, PER_PAGE)  # type: ignore[arg-type]  # counts and slices suffice
        self._total = total

    @property
    def count(self) -> int:
        return self._total


class Results:
    """The results of one search, ready for the template."""

    def __init__(self, search: InstitutionFilter, carried: Carried | None = None) -> None:
        self.search = search
        self.finding = make_finder(search)
        self.counts = self.finding.choice_counts()
        self.address = SearchAddress(search, carried or Carried(search.data))

    @property
    def form(self) -> Form:
        return self.search.form

    @property
    def elder(self) -> ElderForm:
        """Return the elder that prices are computed for."""
        return self.search.asked

    @cached_property
    def questions(self) -> Questions:
        """Return the strip that asks about the elder; it sends the search along."""
        rules = self._estimator.book.rules if self._estimator else None
        return questions(self.elder, reverse("institutions"), self.address.beside_elder, rules)

    @cached_property
    def near(self) -> DistanceForm:
        """Return the form for places to measure from; it sends the rest of the search along."""
        kept = self.address.beside_places
        return distance_form(self.form, self.search.anchors, reverse("institutions"), kept)

    @property
    def base(self) -> ListingQuerySet:
        """Return rows with all that their cards show."""
        base: ListingQuerySet = self.search.queryset.for_cards()
        return base.prefetch_related("designations") if self._estimator else base

    @cached_property
    def page(self) -> Page[Listing]:
        paginator = CountedPaginator(self.finding.card_rows(), self.counts.total)
        page = paginator.get_page(self.search.values.get("page") or 1)
        page.object_list = list(page.object_list)
        if self._estimator:  # of rows that are kept, only those without are read
            prefetch_related_objects(page.object_list, "designations")
        return page

    @property
    def _estimator(self) -> Estimator | None:
        """Return the estimator of the cards, once an elder is given."""
        return self.search.estimator if self.elder.given else None

    @cached_property
    def cards(self) -> list[Card]:
        return self.cards_of(self.page)

    def cards_of(self, rows: Iterable[Listing]) -> list[Card]:
        search, by, wish = self.search, self._estimator, self._wanted
        return [
            make_card(
                row,
                search.levels,
                search.on,
                by,
                wish if n < MOST_EXPLAINED else None,
                search.anchors,
            )
            for n, row in enumerate(rows)
        ]

    @property
    def _wanted(self) -> Wanted | None:
        """Return the wishes to explain the first homes by, where the search asks for reasons."""
        search = self.search
        if "why" not in search.values:
            return None
        most = search.values.get("price_max") if search.values.get("basis") == "net" else None
        return Wanted(tuple(search.values.get("need", [])), search.level, most, self.elder.elder)

    @cached_property
    def apart(self) -> Apart:
        """Return homes kept out of the list only by a need they refuse, with the reason."""
        search = self.search
        needs = search.values.get("need", [])
        if not needs:
            return Apart(0, ())
        parts = [*search.condition_parts(need=None), has_any("refuses", needs)]
        rows = self.finding.card_rows(parts, RECOMMENDED)
        homes = tuple(
            Refused(
                row.institution.name,
                row.institution.get_absolute_url(),
                row.is_demo,
                tuple(refusals(row, needs)),
            )
            for row in rows[:MOST_EXPLAINED]
        )
        return Apart(rows.count(), homes)

    @cached_property
    def column(self) -> FilterColumn:
        """Return the filters beside the list."""
        return FilterColumn(self.search, self.counts, self.homes)

    @property
    def canonical(self) -> str:
        return self.address.canonical(self.page.number)

    @property
    def is_alike(self) -> bool:
        """Return whether no home matches the text, and those of a similar name are shown."""
        return self.search.text_match.is_alike

    @property
    def sort(self) -> str:
        return SORTS[self.search.values.get("sort", "")]

    @property
    def sorts(self) -> list[ResultsLink]:
        current = self.search.values.get("sort", "")
        return [
            ResultsLink(label, self.address.with_(sort=value), current=value == current)
            for value, label in SORTS.items()
            if (value != "net" or self.search.level is not None)
            and (value != "near" or "near" in self.search.values)
        ]

    @property
    def is_map(self) -> bool:
        return self.search.values.get("view") == "map"

    @property
    def views(self) -> list[ResultsLink]:
        """Return links to the same page of results as a list, and on a map."""
        listed, mapped = (self.address.with_(view=v, page=self.page.number) for v in ("", "map"))
        return [
            ResultsLink("列表", listed, current=not self.is_map, icon="list"),
            ResultsLink("地图", mapped, current=self.is_map, icon="map"),
        ]

    @cached_property
    def homes(self) -> HomeCounts:
        """Return counts of homes by place, whatever region is chosen."""
        return self.finding.homes_by_place()

    @property
    def priced_for(self) -> str:
        """Return the ability level of the prices on the page, in words."""
        if not self.search.levels:
            return "标价是各能力等级里最低的"
        return f"标价按{self.search.levels[0].label}算"

    @cached_property
    def chips(self) -> list[ResultsLink]:
        """Return the active filters, each with the address without it."""
        return [ResultsLink(label, url) for _, url, label in self._narrowing_links()]

    def _narrowing_links(self) -> Iterator[tuple[str, str, str]]:
        """Yield each narrowing parameter, the address without it, and its words."""
        values = self.search.values
        basis = "补贴后每月" if values.get("basis") == "net" else "每月"
        for name in self.search.narrowing:
            without = self.address.without(name)
            match name:
                case "q":
                    yield name, without, f"含有 {values[name]}"
                case "price_min":
                    yield name, without, f"{basis} {values[name]:,} 元以上"
                case "price_max":
                    yield name, without, f"{basis} {values[name]:,} 元以内"
                case "within":
                    yield name, without, f"离{values['near'].name}直线 {values[name]:,} 公里以内"
                case _:
                    facet = self.search.facets[name]
                    for choice in facet.choices:
                        if choice.value in values[name]:
                            url = self.address.without_value(name, choice.value)
                            yield name, url, facet.phrase(choice)

    @cached_property
    def unpriced(self) -> Unpriced | None:
        """Return homes that a bound on the price leaves out because they publish none, real ones
        counted apart.
        """
        lifted = {"price_min": None, "price_max": None}
        search = self.search
        if not lifted.keys() & search.values.keys():
            return None
        asked = search.text_condition & search.within_reach(**lifted) & search.condition(**lifted)
        found = self.finding.count_all(asked & search.unpriced, {})
        url = self.address.without(*lifted, "basis")
        return Unpriced(found.total, found.real, url) if found.total else None

    @cached_property
    def relaxations(self) -> list[ResultsLink]:
        """Return each filter whose removal finds homes, with their number, when nothing is
        found.
        """
        if self.counts.total:
            return []
        search = self.search
        found = self.finding.count_all(
            search.text_condition & search.within_reach() & search.conditions,
            {
                (name, ""): (Q() if name == "q" else search.text_condition)
                & search.within_reach(**{name: None})
                & search.condition(**{name: None})
                for name in search.narrowing
            },
        )
        labels: dict[str, list[str]] = {}
        for name, _, label in self._narrowing_links():
            labels.setdefault(name, []).append(label)
        links = [
            ResultsLink("、".join(labels[name]), self.address.without(name), number)
            for (name, _), number in found.by_choice.items()
            if number
        ]
        return sorted(links, key=lambda link: -(link.count or 0))

    @cached_property
    def problems(self) -> list[SearchProblem]:
        """Return the parameters in error; each is shown at the top and beside its field."""
        errors: ErrorDict = self.search.form.errors
        problems = [
            SearchProblem(
                name,
                self._field_label(name),
                self._typed_value(name),
                " ".join(map(str, errors[name])),
            )
            for name in errors
        ]
        problems += [
            SearchProblem(name, label, self._typed_value(name), why)
            for name, label, why in self.elder.problems
        ]
        asked = self.search.values.get("page", 1)
        if self.counts.total and asked > self.page.paginator.num_pages:
            last = f"没有这么多页，显示最后一页（第 {self.page.number} 页）。"
            problems.append(SearchProblem("page", self._field_label("page"), str(asked)[:40], last))
        return problems

    def _field_label(self, name: str) -> str:
        return str(self.search.form.fields[name].label)

    def _typed_value(self, name: str) -> str:
        return "、".join(self.search.data.getlist(name))[:40]

    @property
    def typed_text(self) -> str:
        """Return the text of the search box."""
        return self.search.data.get("q", "")[:LONGEST_SHOWN]

    @cached_property
    def pages(self) -> list[ResultsLink]:
        """Return page numbers to jump to; the ellipsis has no address."""
        page = self.page
        return [
            ResultsLink(str(number), self.address.with_(page=number), current=number == page.number)
            if isinstance(number, int)
            else ResultsLink("…", "")
            for number in page.paginator.get_elided_page_range(
                page.number, on_each_side=2, on_ends=1
            )
        ]

    @property
    def previous_url(self) -> str:
        return self.address.with_(page=self.page.previous_page_number())

    @property
    def next_url(self) -> str:
        return self.address.with_(page=self.page.next_page_number())
