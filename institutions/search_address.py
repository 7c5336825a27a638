"""The address of a search: what the links of its page change, keep and leave out."""

from collections.abc import Iterable
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from institutions import comparison, shortlist
from institutions.distance import NEAR
from institutions.filters import InstitutionFilter
from regions.forms import ElderForm

Pairs = list[tuple[str, str]]


class SearchAddress:
    """One checked search with what its page only carries along: homes picked, and the elder."""

    def __init__(self, search: InstitutionFilter) -> None:
        self.search = search

    @property
    def _compared(self) -> dict[str, str]:
        return comparison.carried(comparison.chosen(self.search.data))

    def _query(self) -> QueryDict:
        """The search, without blanks, errors and the page."""
        query = QueryDict(mutable=True)
        for name, value in self.search.values.items():
            if name == "region":
                query.setlist(name, [place.value for place in self.search.places.chosen])
            elif name != "page":
                query.setlist(name, value if isinstance(value, list) else [str(value)])
        query.update(shortlist.carried(self.search.data))
        return query

    def _with_elder(self) -> QueryDict:
        query = self._query()
        query.update(self._compared)
        for name, value in self.search.asked.pairs:
            query.appendlist(name, value)
        return query

    # Links

    def with_(self, **changes: object) -> str:
        """The address with some parameters set anew."""
        query = self._with_elder()
        for name, value in changes.items():
            query[name] = str(value)
        return _relative(query)

    def without(self, *names: str) -> str:
        """The address with some parameters dropped."""
        query = self._with_elder()
        for name in names:
            query.pop(name, None)
        return _relative(query)

    def without_value(self, name: str, value: str) -> str:
        """The address with one of the values of a parameter dropped."""
        query = self._with_elder()
        query.setlist(name, [one for one in query.getlist(name) if one != value])
        return _relative(query)

    @property
    def without_places(self) -> str:
        """The address without any place to measure from, and what rests on one."""
        rests = ("sort",) if self.search.values.get("sort") == "near" else ()
        return self.without(*NEAR, *rests)

    def canonical(self, page: int) -> str:
        """The one path of a page of results: filters in order, whatever sort and family."""
        query = self._query()
        for name in ("sort", "basis", "why", "view", shortlist.KEEP, *NEAR):
            query.pop(name, None)
        if page > 1:
            query["page"] = str(page)
        path = reverse("institutions")
        return f"{path}?{urlencode(sorted(_pairs(query)), safe=':')}" if query else path

    @property
    def of_file(self) -> str:
        """The query of the same results as a file, without what the page only carries along."""
        return self._taken(())

    @property
    def of_feed(self) -> str:
        """The same without the family: the address of a feed is kept by others."""
        values = self.search.values
        family = {*ElderForm.base_fields, *NEAR}
        if values.get("basis") == "net":
            family |= {"basis", "price_min", "price_max"}
        if values.get("sort") in ("net", "near"):
            family.add("sort")
        return self._taken(family)

    @property
    def feed_is_wider(self) -> bool:
        """Whether the feed leaves out something that the results are asked by."""
        return self.of_feed != self.of_file

    def _taken(self, left: Iterable[str]) -> str:
        address = self.without("why", "view", shortlist.KEEP, *self._compared, *left)
        return "" if address == "?" else address

    # What the forms of the page send along beside their own fields

    @property
    def beside_filters(self) -> Pairs:
        values = self.search.values
        chosen = {name: values[name] for name in ("why", "sort", "view") if name in values}
        near = [(name, str(values[name])) for name in NEAR if name in values]
        kept = shortlist.carried(self.search.data) | self._compared
        return [*chosen.items(), *near, *self.search.asked.pairs, *kept.items()]

    @property
    def beside_elder(self) -> Pairs:
        return [*_pairs(self._query()), *self._compared.items()]

    @property
    def beside_places(self) -> Pairs:
        query = self._with_elder()
        for name in (*NEAR, "sort"):
            query.pop(name, None)
        return _pairs(query)


def _pairs(query: QueryDict) -> Pairs:
    return [(name, value) for name, values in query.lists() for value in values]


def _relative(query: QueryDict) -> str:
    """A relative address; first pages and blank values are left out of it."""
    for name in list(query):
        query.setlist(name, [value for value in query.getlist(name) if value != ""])
    if query.get("page") == "1":
        del query["page"]
    return f"?{query.urlencode(safe=':,')}"
