"""What the results page shows: plain data made from a checked search."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Q
from django.forms import Form
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.urls import reverse

from institutions import comparison, shortlist
from institutions.cards import Card, card
from institutions.distance import NEAR, Near, near
from institutions.estimates import Estimator
from institutions.filters import BASES, RECOMMENDED, SORTS, InstitutionFilter
from institutions.finding import Rows, finding
from institutions.fit import Wish, refusals
from institutions.models import Listing
from institutions.models.listing import has_any
from institutions.places import Node
from regions.forms import ElderForm
from regions.questions import Questions, questions

PER_PAGE = 20
# Needs that the care of the elder asks for already; a column need not ask twice.
LEVEL_NEED = "takes_level_"
# Of the first so many homes a page says why they fit, and of those set apart why they do not.
SAID_WHY = 10
# Of a search text too long to use, as much as a reader needs to mend it.
LONGEST_SHOWN = 1000
# A facet with more options than this folds away those that would find nothing.
FEW = 8
# The panels of the filter column: a heading, its parameters, and whether it starts open.
PANELS = (
    ("地区", ("region",), True),
    ("老人的情况", ("care", "dementia", "need"), True),
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


@dataclass(frozen=True)
class Refused:
    """A home that says it does not meet a need."""

    name: str
    url: str
    is_demo: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Apart:
    """How many homes are set apart, and the first of them."""

    total: int
    homes: tuple[Refused, ...]

    @property
    def more(self) -> bool:
        return self.total > len(self.homes)


@dataclass(frozen=True)
class Unpriced:
    """How many homes a budget leaves out unasked, and the same search without it."""

    total: int
    real: int
    url: str


class CountedPaginator(Paginator):  # type: ignore[type-arg]  # not generic at run time
    """A paginator that is told the count, so that it does not ask the database again."""

    def __init__(self, rows: Rows, total: int) -> None:
        super().__init__(rows, PER_PAGE)  # type: ignore[arg-type]  # counts and slices suffice
        self._total = total

    @property
    def count(self) -> int:
        return self._total


class Results:
    """The results of one search, ready for the template."""

    def __init__(self, search: InstitutionFilter) -> None:
        self.search = search
        self.finding = finding(search)
        self.counts = self.finding.counts()
        self.homes = self.finding.homes()

    @property
    def form(self) -> Form:
        return self.search.form

    @property
    def elder(self) -> ElderForm:
        """The elder that prices are computed for."""
        return self.search.asked

    @property
    def to_compare(self) -> dict[str, str]:
        """The homes chosen for comparison, which the page only carries along."""
        return comparison.carried(comparison.chosen(self.search.data))

    @cached_property
    def questions(self) -> Questions:
        """The strip that asks about the elder; it sends the search along."""
        kept = [(name, value) for name, values in self._query().lists() for value in values]
        kept += self.to_compare.items()
        return questions(self.elder, reverse("institutions"), kept)

    @cached_property
    def near(self) -> Near:
        """The strip that asks where to measure from; it sends the rest of the search along."""
        query = self._with_elder()
        for name in (*NEAR, "sort"):
            query.pop(name, None)
        kept = [(name, value) for name, values in query.lists() for value in values]
        return near(self.form, self.search.anchors, reverse("institutions"), kept)

    @property
    def without_places(self) -> str:
        """The address without any place to measure from, and what rests on one."""
        query = self._with_elder()
        for name in NEAR:
            query.pop(name, None)
        if query.get("sort") == "near":
            del query["sort"]
        return _url(query)

    @cached_property
    def page(self) -> Page[Listing]:
        base = self.search.queryset.for_cards()
        if self._estimator:
            base = base.prefetch_related("designations")
        rows = self.finding.rows(base, self.search.parts(), self.search.order)
        paginator = CountedPaginator(rows, self.counts.total)
        return paginator.get_page(self.search.values.get("page") or 1)

    @property
    def _estimator(self) -> Estimator | None:
        """What prices the cards, once anything is told of the elder."""
        return self.search.estimator if self.elder.told else None

    @cached_property
    def cards(self) -> list[Card]:
        search, by, wish = self.search, self._estimator, self._wish
        return [
            card(
                row,
                search.levels,
                search.on,
                by,
                wish if n < SAID_WHY else None,
                search.anchors,
            )
            for n, row in enumerate(self.page)
        ]

    @property
    def _wish(self) -> Wish | None:
        """What the first homes are measured against, where the search asks why they fit."""
        search = self.search
        if "why" not in search.values:
            return None
        most = search.values.get("price_max") if search.values.get("basis") == "net" else None
        return Wish(tuple(search.values.get("need", [])), search.level, most, self.elder.elder)

    @cached_property
    def apart(self) -> Apart:
        """Homes that only a need they refuse keeps out of the list, with the reason."""
        search = self.search
        needs = search.values.get("need", [])
        if not needs:
            return Apart(0, ())
        parts = [*search.parts(need=None), has_any("refuses", needs)]
        base = search.queryset.select_related("institution")
        rows = self.finding.rows(base, parts, RECOMMENDED)
        homes = tuple(
            Refused(
                row.institution.name,
                row.institution.get_absolute_url(),
                row.is_demo,
                tuple(refusals(row, needs)),
            )
            for row in rows[:SAID_WHY]
        )
        return Apart(rows.count(), homes)

    @property
    def is_alike(self) -> bool:
        """Whether no home holds what was typed, and those of a like name are shown."""
        return self.search.found.is_alike

    @property
    def sort(self) -> str:
        return SORTS[self.search.values.get("sort", "")]

    @property
    def sorts(self) -> list[Link]:
        current = self.search.values.get("sort", "")
        return [
            Link(label, self._address(sort=value), current=value == current)
            for value, label in SORTS.items()
            if (value != "net" or self.search.level is not None)
            and (value != "near" or "near" in self.search.values)
        ]

    @property
    def bases(self) -> list[Option]:
        """Whether bounds are on the list price or on what is left to pay."""
        current = self.search.values.get("basis", "list")
        return [
            Option("basis", value, label, self.counts.total, value == current)
            for value, label in BASES.items()
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
            if choice.value in chosen or not choice.value.startswith(LEVEL_NEED)
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
        basis = "补贴后每月" if values.get("basis") == "net" else "每月"
        for name in self.search.narrowing:
            match name:
                case "q":
                    yield name, None, f"含有 {values[name]}"
                case "price_min":
                    yield name, None, f"{basis} {values[name]:,} 元以上"
                case "price_max":
                    yield name, None, f"{basis} {values[name]:,} 元以内"
                case "within":
                    yield name, None, f"离{values['near'].name}直线 {values[name]:,} 公里以内"
                case _:
                    facet = self.search.facets[name]
                    for choice in facet.choices:
                        if choice.value in values[name]:
                            yield name, choice.value, facet.words(choice)

    @cached_property
    def unpriced(self) -> Unpriced | None:
        """Homes that a bound on the price leaves out because they publish none, real ones told."""
        lifted = {"price_min": None, "price_max": None}
        search = self.search
        if not lifted.keys() & search.values.keys():
            return None
        asked = search.text & search.within_reach(**lifted) & search.condition(**lifted)
        found = self.finding.count(asked & search.unpriced, {})
        query = self._with_elder()
        for name in (*lifted, "basis"):
            query.pop(name, None)
        return Unpriced(found.total, found.real, _url(query)) if found.total else None

    @cached_property
    def relaxations(self) -> list[Link]:
        """When nothing is found: each filter whose removal finds something, with how many."""
        if self.counts.total:
            return []
        search = self.search
        found = self.finding.count(
            search.text & search.within_reach() & search.conditions,
            {
                (name, ""): (Q() if name == "q" else search.text)
                & search.within_reach(**{name: None})
                & search.condition(**{name: None})
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
        told += [
            Problem(name, label, self._typed(name), why) for name, label, why in self.elder.problems
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
        values = self.search.values
        chosen = {name: values[name] for name in ("why", "sort") if name in values}
        near = [(name, str(values[name])) for name in NEAR if name in values]
        kept = shortlist.carried(self.search.data)
        return [*chosen.items(), *near, *self.elder.pairs, *kept.items(), *self.to_compare.items()]

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
        """The one path of these results: filters in a fixed order, whatever sort and family."""
        query = self._query()
        for name in ("sort", "basis", "why", shortlist.KEEP, *NEAR):
            query.pop(name, None)
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
        query.update(shortlist.carried(self.search.data))
        return query

    def _with_elder(self) -> QueryDict:
        """The address with what the page only carries along: homes to compare, and the elder."""
        query = self._query()
        query.update(self.to_compare)
        for name, value in self.elder.pairs:
            query.appendlist(name, value)
        return query

    def _address(self, **changes: object) -> str:
        query = self._with_elder()
        for name, value in changes.items():
            query[name] = str(value)
        return _url(query)

    def _address_without(self, name: str, value: str | None) -> str:
        """The address with one value of a parameter dropped, or all of it."""
        query = self._with_elder()
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
    return f"?{query.urlencode(safe=':,')}"
