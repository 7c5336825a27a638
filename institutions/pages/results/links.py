"""The address of a search: what the links of its page change, keep and leave out."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from urllib.parse import quote, urlencode

from django.urls import reverse

from institutions.pages.parts.carried_homes import KEPT, Carried
from institutions.search.distance import NEAR
from institutions.search.filters import InstitutionFilter
from regions.elder.parameters import is_of_family

Pairs = list[tuple[str, str]]
# The parameter that names the facet to draw whole.
WHOLE = "all"
# The values of each parameter.
Query = dict[str, list[str]]


class SearchAddress:
    """One checked search with what its page only carries along: homes picked, and the elder."""

    def __init__(self, search: InstitutionFilter, carried: Carried) -> None:
        self.search, self.carried = search, carried

    @cached_property
    def _search_query(self) -> Query:
        """Return the search without blanks, errors and the page."""
        query: Query = {}
        for name, value in self.search.values.items():
            if name == "region":
                query[name] = [place.value for place in self.search.places.chosen]
            elif name != "page":
                query[name] = value if isinstance(value, list) else [str(value)]
        return query | _carried_pairs(self.carried.kept_parameter)

    @cached_property
    def _with_elder(self) -> Query:
        query = self._search_query | _carried_pairs(self.carried.compared_parameter)
        for name, value in self.search.asked.pairs:
            query[name] = [*query.get(name, ()), value]
        return query

    # Links

    @cached_property
    def _kept_pairs(self) -> Query:
        """Return the parameters that all links keep, encoded once."""
        return {name: _encode_values(name, values) for name, values in self._with_elder.items()}

    def with_(self, **changes: object) -> str:
        """Return the address with some parameters set anew."""
        anew = {name: _encode_values(name, [str(value)]) for name, value in changes.items()}
        return _relative(self._kept_pairs | anew)

    def without(self, *names: str) -> str:
        """Return the address with some parameters dropped."""
        return _relative(_query_without(self._kept_pairs, names))

    def without_value(self, name: str, value: str) -> str:
        """Return the address with one of the values of a parameter dropped."""
        left = [one for one in self._with_elder.get(name, ()) if one != value]
        return _relative(self._kept_pairs | {name: _encode_values(name, left)})

    @property
    def whole_facet(self) -> str:
        """Return the name of the facet to draw whole; "" for none."""
        name = str(self.search.data.get(WHOLE, ""))
        return name if name in self.search.facets else ""

    def to_whole_facet(self, name: str) -> str:
        """Return the address of the same page with all options of a facet, where they begin."""
        return f"{self.with_(**{WHOLE: name})}#id_{name}"

    @property
    def without_places(self) -> str:
        """Return the address without any place to measure from, and what rests on one."""
        rests = ("sort",) if self.search.values.get("sort") == "near" else ()
        return self.without(*NEAR, *rests)

    def canonical(self, page: int) -> str:
        """Return the one path of a page of results: filters in order, whatever sort and family."""
        query = _query_without(self._search_query, ("sort", "basis", "why", "view", KEPT, *NEAR))
        if page > 1:
            query["page"] = [str(page)]
        path = reverse("institutions")
        return f"{path}?{urlencode(sorted(_sorted_pairs(query)), safe=':')}" if query else path

    @property
    def of_file(self) -> str:
        """Return the query of the same results as a file, without what the page only carries
        along.
        """
        return self._with_left(())

    @property
    def of_feed(self) -> str:
        """Return the same without the family: the address of a feed is kept by others."""
        values = self.search.values
        family = {*filter(is_of_family, self._kept_pairs), *NEAR}
        if values.get("basis") == "net":
            family |= {"basis", "price_min", "price_max"}
        if values.get("sort") in ("net", "near"):
            family.add("sort")
        return self._with_left(family)

    @property
    def feed_is_wider(self) -> bool:
        """Return whether the feed leaves out some parameter of the results."""
        return self.of_feed != self.of_file

    def _with_left(self, left: Iterable[str]) -> str:
        address = self.without("why", "view", KEPT, *self.carried.compared_parameter, *left)
        return "" if address == "?" else address

    # What the forms of the page send along beside their own fields

    @property
    def beside_filters(self) -> Pairs:
        values = self.search.values
        chosen = {name: values[name] for name in ("why", "sort", "view") if name in values}
        near = [(name, str(values[name])) for name in NEAR if name in values]
        kept = self.carried.kept_parameter | self.carried.compared_parameter
        if self.whole_facet:
            kept = {WHOLE: self.whole_facet, **kept}
        return [*chosen.items(), *near, *self.search.asked.pairs, *kept.items()]

    @property
    def beside_elder(self) -> Pairs:
        return [*_sorted_pairs(self._search_query), *self.carried.compared_parameter.items()]

    @property
    def beside_places(self) -> Pairs:
        return _sorted_pairs(_query_without(self._with_elder, (*NEAR, "sort")))


def _carried_pairs(carried: Mapping[str, str]) -> Query:
    return {name: [value] for name, value in carried.items()}


def _query_without(query: Query, names: Iterable[str]) -> Query:
    dropped = set(names)
    return {name: values for name, values in query.items() if name not in dropped}


def _sorted_pairs(query: Query) -> Pairs:
    return [(name, value) for name, values in query.items() for value in values]


def _encode_values(name: str, values: Iterable[str]) -> list[str]:
    """Encode values for an address; first pages and blank values are left out."""
    meaningful = (value for value in values if value and (name, value) != ("page", "1"))
    return [urlencode([(name, value)], safe=":,", quote_via=quote) for value in meaningful]


def _relative(coded: Query) -> str:
    return "?" + "&".join(part for parts in coded.values() for part in parts)
