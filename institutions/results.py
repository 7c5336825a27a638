"""What the results page shows: plain data made from a checked search."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.urls import reverse

from institutions.cards import Card, card
from institutions.facets import Counts, count, relaxations
from institutions.filters import SORTS, InstitutionFilter
from institutions.models import Listing
from institutions.places import Node

PER_PAGE = 20
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
    ("短住、更新和营业", ("sojourn", "fresh", "operating"), False),
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
        self.counts: Counts = count(search.queryset, search.facets.values(), search.conditions)

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
        return [card(listing, search.care_priced, search.on) for listing in self.page]

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
        care = self.search.care_priced
        return f"标价按{care.priced_by.label}算" if care else "标价是各能力等级里最低的"

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
            self.counts.by_choice["region", place.value],
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
        if "q" in self.search.conditions:
            yield "q", None, f"含有 {values['q']}"
        for name in self.search.conditions:
            if name in self.search.facets:
                for choice in self.search.facets[name].choices:
                    if choice.value in values[name]:
                        yield name, choice.value, choice.label
        if "price_min" in values:
            yield "price_min", None, f"每月 {values['price_min']:,} 元以上"
        if "price_max" in values:
            yield "price_max", None, f"每月 {values['price_max']:,} 元以内"

    @cached_property
    def relaxations(self) -> list[Link]:
        """When nothing is found: each filter whose removal finds something, with how many."""
        if self.counts.total:
            return []
        found = relaxations(self.search.queryset, self.search.conditions)
        words: dict[str, list[str]] = {}
        for name, _, label in self._chosen():
            words.setdefault(name, []).append(label)
        return [
            Link("、".join(words[name]), self._address_without(name, None), number)
            for name, number in sorted(found.items(), key=lambda item: -item[1])
        ]

    @cached_property
    def problems(self) -> list[Problem]:
        """The parameters in error; each is told at the top and beside its field."""
        errors: ErrorDict = self.search.form.errors
        return [
            Problem(
                name,
                str(self.search.filters[name].label),
                "、".join(self.search.data.getlist(name))[:40].replace("\0", "�"),
                " ".join(str(error) for error in errors[name]),
            )
            for name in errors
        ]

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
