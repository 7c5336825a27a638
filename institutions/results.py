"""What the results page shows: plain data made from a checked search."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.urls import reverse

from institutions.cards import Card, card
from institutions.facets import Counts, count
from institutions.filters import SORTS, InstitutionFilter
from institutions.models import Listing
from institutions.places import HomesByRegion, Node

PER_PAGE = 20
# Of a search text too long to use, as much as a reader needs to mend it.
LONGEST_SHOWN = 1000
# A facet with more options than this folds away those that would find nothing.
FEW = 8
# The panels of the filter column: a heading, its parameters, and whether it starts open.
PANELS = (
    ("地区", ("region",), True),
    ("老人的情况", ("care", "dementia"), True),
    ("每月价格", ("price_min", "price_max"), True),
    ("床位和房型", ("vacant", "room", "bed"), True),
    ("医保和长护险", ("designated", "settles", "ltci_city"), True),
    ("医养结合方式", ("medical",), False),
    ("机构类型", ("kind",), False),
    ("运营方式", ("ownership",), False),
    ("等级", ("rating",), False),
    ("短住、更新、营业和实名", ("sojourn", "fresh", "operating", "real"), False),
)


@dataclass(frozen=True)
class Option:
    """One checkbox: what it sends, how many homes it would find, and what unfolds below it."""

    name: str
    value: str
    label: str
    count: int
    checked: bool
    children: tuple["Option", ...] = ()
    folded: tuple["Option", ...] = ()

    @property
    def disabled(self) -> bool:
        """Nothing to find; a choice already made can always be taken back."""
        return not self.count and not self.checked

    @property
    def id(self) -> str:
        return f"id_{self.name}_{self.value.replace(':', '_')}"


@dataclass(frozen=True)
class Choices:
    """One facet as drawn: the options in sight, and those that find nothing, folded away."""

    name: str
    label: str
    shown: tuple[Option, ...]
    folded: tuple[Option, ...]
    errors: tuple[str, ...]


@dataclass(frozen=True)
class Panel:
    """One fold of the filter column."""

    label: str
    names: tuple[str, ...]
    facets: tuple[Choices, ...]
    chosen: int
    open: bool


@dataclass(frozen=True)
class Link:
    """Words and where they lead; `count` where a number goes with them."""

    label: str
    url: str
    count: int | None = None
    current: bool = False


@dataclass(frozen=True)
class Problem:
    """A value that was not understood: the field to mend, what was typed, and why."""

    field: str
    label: str
    typed: str
    why: str

    @property
    def anchor(self) -> str:
        """The element to jump to: its field, or the search box for what has none."""
        return f"id_{self.field}" if self.field not in ("basis", "sort", "page") else "id_q"


class CountedPaginator(Paginator):  # type: ignore[type-arg]  # not generic at run time
    """A paginator that is told the count, so that it does not ask the database again."""

    def __init__(self, rows: QuerySet[Listing], total: int) -> None:
        super().__init__(rows, PER_PAGE)
        self._total = total

    @property
    def count(self) -> int:
        return self._total


class Results:
    """The results of one search, ready for the template."""

    def __init__(self, search: InstitutionFilter) -> None:
        self.search = search
        self.rows = search.queryset.filter(search.text)
        self.counts: Counts = count(self.rows, search.conditions, self._choices_counted())
        self.homes = HomesByRegion(
            dict(
                self.rows.filter(search.condition(region=None))
                .order_by()
                .values_list("region")
                .annotate(homes=Count("pk"))
            )
        )

    def _choices_counted(self) -> dict[tuple[str, str], Q]:
        """The search with each choice alone in its facet; regions are counted by county instead."""
        return {
            (facet.name, choice.value): self.search.condition(**{facet.name: [choice.value]})
            for facet in self.search.facets.values()
            if facet.name != "region"
            for choice in facet.choices
        }

    @property
    def form(self) -> object:
        return self.search.form

    @cached_property
    def page(self) -> Page[Listing]:
        paginator = CountedPaginator(self.search.qs.for_cards(), self.counts.total)
        return paginator.get_page(self.search.values.get("page") or 1)

    @cached_property
    def cards(self) -> list[Card]:
        search = self.search
        return [card(listing, search.levels, search.on) for listing in self.page]

    @property
    def sort(self) -> str:
        return SORTS[self.search.values.get("sort", "")]

    @property
    def sorts(self) -> list[Link]:
        current = self.search.values.get("sort", "")
        return [
            Link(label, self._address(sort=value), current=value == current)
            for value, label in SORTS.items()
        ]

    @property
    def priced_for(self) -> str:
        """Which ability level the prices on the page are for, in words."""
        if not self.search.levels:
            return "标价是各能力等级里最低的"
        return f"标价按{self.search.levels[0].label}算"

    @cached_property
    def panels(self) -> list[Panel]:
        return [self._panel(label, names, opened) for label, names, opened in PANELS]

    def _panel(self, label: str, names: tuple[str, ...], opened: bool) -> Panel:
        values = [self.search.values.get(name, []) for name in names]
        chosen = sum(len(value) if isinstance(value, list) else 1 for value in values)
        in_error = any(name in self.search.form.errors for name in names)
        facets = tuple(self._choices(name) for name in names if name in self.search.facets)
        return Panel(label, names, facets, chosen, opened or bool(chosen) or in_error)

    def _choices(self, name: str) -> Choices:
        shown, folded = _fold(self._options(name))
        errors = tuple(self.search.form.errors.get(name, ()))
        return Choices(name, self.search.facets[name].label, shown, folded, errors)

    def _options(self, name: str) -> list[Option]:
        if name == "region":
            return [self._place(node) for node in self.search.places.tree]
        chosen = self.search.values.get(name, [])
        return [
            Option(
                name,
                choice.value,
                choice.label,
                self.counts.by_choice[name, choice.value],
                choice.value in chosen,
            )
            for choice in self.search.facets[name].choices
        ]

    def _place(self, node: Node) -> Option:
        place = node.place
        children = [self._place(child) for child in node.children]
        return Option(
            "region",
            place.value,
            place.label,
            self.homes.of(place),
            place in self.search.places.chosen,
            *_fold(children),
        )

    @cached_property
    def chips(self) -> list[Link]:
        """The filters that hold, each with the address without it."""
        return [
            Link(label, self._address_without(name, value)) for name, value, label in self._chosen()
        ]

    def _chosen(self) -> Iterator[tuple[str, str | None, str]]:
        """Every parameter and value that narrows the search, in words."""
        values = self.search.values
        for name in self.search.narrowing:
            match name:
                case "q":
                    yield name, None, f"含有 {values[name]}"
                case "price_min":
                    yield name, None, f"每月 {values[name]:,} 元以上"
                case "price_max":
                    yield name, None, f"每月 {values[name]:,} 元以内"
                case _:
                    facet = self.search.facets[name]
                    for choice in facet.choices:
                        if choice.value in values[name]:
                            yield name, choice.value, facet.words(choice)

    @cached_property
    def relaxations(self) -> list[Link]:
        """When nothing is found: each filter whose removal finds something, with how many."""
        if self.counts.total:
            return []
        search = self.search
        found = count(
            search.queryset,
            search.text & search.conditions,
            {
                (name, ""): search.conditions
                if name == "q"
                else search.text & search.condition(**{name: None})
                for name in search.narrowing
            },
        )
        labels: dict[str, list[str]] = {}
        for name, _, label in self._chosen():
            labels.setdefault(name, []).append(label)
        links = [
            Link("、".join(labels[name]), self._address_without(name, None), number)
            for (name, _), number in found.by_choice.items()
            if number
        ]
        return sorted(links, key=lambda link: -(link.count or 0))

    @cached_property
    def problems(self) -> list[Problem]:
        """The parameters in error; each is told at the top and beside its field."""
        errors: ErrorDict = self.search.form.errors
        told = [
            Problem(name, self._label(name), self._typed(name), " ".join(map(str, errors[name])))
            for name in errors
        ]
        asked = self.search.values.get("page", 1)
        if self.counts.total and asked > self.page.paginator.num_pages:
            last = f"没有这么多页，显示最后一页（第 {self.page.number} 页）。"
            told.append(Problem("page", self._label("page"), str(asked)[:40], last))
        return told

    def _label(self, name: str) -> str:
        return str(self.search.filters[name].label)

    def _typed(self, name: str) -> str:
        return "、".join(self.search.data.getlist(name))[:40]

    @property
    def typed_text(self) -> str:
        """What stands in the search box."""
        return self.search.data.get("q", "")[:LONGEST_SHOWN]

    @property
    def carried(self) -> Iterable[tuple[str, str]]:
        """Parameters no field of the page holds, which a form must send along."""
        return [
            (name, self.search.values[name]) for name in ("sort",) if name in self.search.values
        ]

    @cached_property
    def pages(self) -> list[Link]:
        """Numbers to jump to; the ellipsis has no address."""
        page = self.page
        return [
            Link(str(number), self._address(page=number), current=number == page.number)
            if isinstance(number, int)
            else Link("…", "")
            for number in page.paginator.get_elided_page_range(
                page.number, on_each_side=2, on_ends=1
            )
        ]

    @property
    def previous_url(self) -> str:
        return self._address(page=self.page.previous_page_number())

    @property
    def next_url(self) -> str:
        return self._address(page=self.page.next_page_number())

    @property
    def canonical(self) -> str:
        """The one path of these results: their filters in a fixed order, whatever the sort."""
        query = self._query()
        query.pop("sort", None)
        if self.page.number > 1:
            query["page"] = str(self.page.number)
        pairs = sorted((name, value) for name, values in query.lists() for value in values)
        path = reverse("institutions")
        return f"{path}?{urlencode(pairs, safe=':')}" if pairs else path

    def _query(self) -> QueryDict:
        """The address of this search, without blanks, errors and the page."""
        query = QueryDict(mutable=True)
        for name, value in self.search.values.items():
            if name == "region":
                query.setlist(name, [place.value for place in self.search.places.chosen])
            elif name != "page":
                query.setlist(name, value if isinstance(value, list) else [str(value)])
        return query

    def _address(self, **changes: object) -> str:
        query = self._query()
        for name, value in changes.items():
            query[name] = str(value)
        return _url(query)

    def _address_without(self, name: str, value: str | None) -> str:
        """The address with one value of a parameter dropped, or all of it."""
        query = self._query()
        kept = [one for one in query.getlist(name) if value is not None and one != value]
        query.setlist(name, kept)
        return _url(query)


def _fold(options: list[Option]) -> tuple[tuple[Option, ...], tuple[Option, ...]]:
    """The options to show, and of a long list those that would find nothing, to fold away."""
    folded = [option for option in options if option.disabled] if len(options) > FEW else []
    return tuple(option for option in options if option not in folded), tuple(folded)


def _url(query: QueryDict) -> str:
    """A relative address; first pages and blank values are left out of it."""
    for name in list(query):
        values = [value for value in query.getlist(name) if value != ""]
        query.setlist(name, values)
    if query.get("page") == "1":
        del query["page"]
    return f"?{query.urlencode(safe=':')}"
