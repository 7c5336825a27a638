"""Two ways to the same answers about a search: by bitmaps in memory, or by the database.

Both read the same conditions and orders. The database is what the bitmaps are measured against,
and what answers while they are not there.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial, reduce
from operator import and_
from typing import Protocol

from django.db.models import Count, OrderBy, Q, QuerySet
from pyroaring import BitMap

from institutions.models import Listing
from institutions.search.facets import Counts, Facet, count
from institutions.search.filters import PRICE, InstitutionFilter
from institutions.search.memory.bitmaps import Bitmaps
from institutions.search.places import Homes, HomesByRegion, Place
from regions.places.map_cells import KEPT, Cell, Window, by_cell, cell_of, spanning

# The rows of some ids, by id.
Read = Callable[[list[int]], Mapping[int, Listing]]


class Finding(Protocol):
    """What a results page asks of a search."""

    def counts(self) -> Counts:
        """How many homes there are, and how many with each choice alone in its facet."""

    def homes(self) -> Homes:
        """How many homes stand in a place, whatever region is chosen."""

    def count(self, everything: Q, choices: Mapping[tuple[str, str], Q]) -> Counts:
        """How many homes of the whole register meet each condition."""

    def on_ground(self, window: Window) -> "OnGround":
        """The homes by the cells of the window that they lie in."""

    def extent(self) -> Window | None:
        """From the westernmost home to the easternmost; None where no position is known."""

    def rows(self, base: QuerySet[Listing], parts: Iterable[Q], order: Iterable[OrderBy]) -> "Rows":
        """The rows of `base` that the text and every part find, in order; ties stand by id."""

    def cards(
        self, parts: Iterable[Q] | None = None, order: Iterable[OrderBy] | None = None
    ) -> "Rows":
        """What the search finds in the order it asks for: rows with all that cards show.

        Or what its text and other parts find, or in another order.
        """

    def ids(self) -> list[int]:
        """All that the search finds, in the order it asks for: no rows, which may be many."""


class Rows(Protocol):
    """Rows that can be counted, and cut into pages."""

    def count(self) -> int: ...

    def __getitem__(self, part: slice) -> Iterable[Listing]: ...


@dataclass(frozen=True)
class OnGround:
    """Ids by cell; how many a search finds anywhere, and of how many the position is known.

    `demo` are the ids of all it finds that are made up.
    """

    groups: Mapping[Cell, BitMap]
    demo: BitMap
    total: int
    placed: int


def finding(search: InstitutionFilter) -> Finding:
    """By bitmaps, if they are there and fresh."""
    return ByBitmaps(search, search.bitmaps) if search.bitmaps else ByDatabase(search)


class ByDatabase:
    """Every answer is a query."""

    def __init__(self, search: InstitutionFilter) -> None:
        self.search = search
        self.found = search.queryset.filter(search.text, search.within_reach())

    def counts(self) -> Counts:
        search = self.search
        choices = {
            (facet.name, choice.value): search.condition(**{facet.name: [choice.value]})
            for facet in _counted(search)
            for choice in facet.choices
        }
        return count(self.found, search.conditions, choices)

    def homes(self) -> HomesByRegion:
        rows = self.found.filter(self.search.condition(region=None)).order_by()
        return HomesByRegion(dict(rows.values_list("region").annotate(homes=Count("pk"))))

    def count(self, everything: Q, choices: Mapping[tuple[str, str], Q]) -> Counts:
        return count(self.search.queryset, everything, choices)

    def on_ground(self, window: Window) -> OnGround:
        rows = self.found.filter(self.search.conditions).order_by()
        is_demo = dict(rows.values_list("pk", "is_demo"))
        groups = by_cell(self._cells, window.depth)
        inside = {cell: ids for cell, ids in groups.items() if cell in window}
        demo = BitMap(pk for pk, made_up in is_demo.items() if made_up)
        return OnGround(inside, demo, len(is_demo), len(self._cells))

    def extent(self) -> Window | None:
        return spanning(by_cell(self._cells, KEPT))

    @cached_property
    def _cells(self) -> dict[int, Cell]:
        rows = self.found.filter(self.search.conditions, x__isnull=False)
        return {pk: cell_of((x, y, z)) for pk, x, y, z in rows.values_list("pk", "x", "y", "z")}

    def rows(
        self, base: QuerySet[Listing], parts: Iterable[Q], order: Iterable[OrderBy]
    ) -> QuerySet[Listing]:
        found = base.filter(self.search.text, self.search.within_reach())
        return found.filter(*parts).order_by(*order, "pk")

    def cards(
        self, parts: Iterable[Q] | None = None, order: Iterable[OrderBy] | None = None
    ) -> QuerySet[Listing]:
        search = self.search
        parts = search.parts() if parts is None else parts
        return self.rows(search.queryset.for_cards(), parts, order or search.order)

    def ids(self) -> list[int]:
        rows = self.rows(self.search.queryset, self.search.parts(), self.search.order)
        return list(rows.values_list("pk", flat=True))


class ByBitmaps:
    """Counts and order from bitmaps; of the rows only those shown are read."""

    def __init__(self, search: InstitutionFilter, bitmaps: Bitmaps) -> None:
        self.search, self.bitmaps = search, bitmaps
        self.found = bitmaps.all_of([search.text, search.within_reach()])

    def counts(self) -> Counts:
        total = self._total
        numbers = {
            (facet.name, choice.value): number
            for facet in _counted(self.search)
            for choice, number in zip(facet.choices, self._beside(facet), strict=True)
        }
        return Counts(len(total), self._real(total), numbers)

    def _beside(self, facet: Facet) -> Iterable[int]:
        """How many homes each choice of a facet would find, the facet itself lifted."""
        if facet.name == "care":  # homes are priced by it: each choice has bounds of its own
            beside = self._without("care", PRICE)
            for choice in facet.choices:
                parts = self.search.parts_by_name(care=[choice.value])
                both = [parts["care"], parts.get(PRICE, Q())]
                yield len(beside & self.bitmaps.all_of(both))
        else:
            lifted = self._without(facet.name)
            yield from map(lifted.intersection_cardinality, self.bitmaps.choosing_each(facet))

    @cached_property
    def _parts(self) -> dict[str, BitMap]:
        """Who meets each part of the search, whatever the others."""
        asked = self.search.parts_by_name()
        return {name: self.bitmaps.find(part) for name, part in asked.items()}

    def _without(self, *names: str) -> BitMap:
        """What is found with some parts lifted; one that asks nothing changes nothing."""
        if not self._parts.keys() & {*names}:
            return self._total
        left = (rows for name, rows in self._parts.items() if name not in names)
        return reduce(and_, left, self.found)

    def _real(self, rows: BitMap) -> int:
        return rows.intersection_cardinality(self.bitmaps.find(Q(is_demo=False)))

    def homes(self) -> "HomesIn":
        return HomesIn(self.bitmaps, self._without("region"))

    def count(self, everything: Q, choices: Mapping[tuple[str, str], Q]) -> Counts:
        find = self.bitmaps.find
        total = find(everything)
        return Counts(
            len(total),
            self._real(total),
            {choice: len(find(condition)) for choice, condition in choices.items()},
        )

    def on_ground(self, window: Window) -> OnGround:
        ground, total = self.bitmaps.ground, self._total
        placed = total.intersection_cardinality(ground.placed)
        demo = total & self.bitmaps.find(Q(is_demo=True))
        return OnGround(ground.groups(total, window), demo, len(total), placed)

    def extent(self) -> Window | None:
        return self.bitmaps.ground.extent(self._total)

    @cached_property
    def _total(self) -> BitMap:
        return reduce(and_, self._parts.values(), self.found)

    def rows(self, base: QuerySet[Listing], parts: Iterable[Q], order: Iterable[OrderBy]) -> Rows:
        parts = list(parts)
        found = self.found & self.bitmaps.all_of(parts)
        return self._picked(base.in_bulk, found, parts, order)

    def cards(
        self, parts: Iterable[Q] | None = None, order: Iterable[OrderBy] | None = None
    ) -> Rows:
        search, kept = self.search, self.bitmaps.card_rows
        base, known = search.queryset.for_cards(regions=False), search.places.known
        read = partial(kept.read, base=base, known=known)
        asked = search.parts() if parts is None else list(parts)
        found = self._total if parts is None else self.found & self.bitmaps.all_of(asked)
        return self._picked(read, found, asked, order or search.order)

    def _picked(
        self, read: Read, found: BitMap, parts: list[Q], order: Iterable[OrderBy]
    ) -> "Picked":
        order = list(order)
        if self.bitmaps.orders(order):
            return Picked(
                read, found, lambda start, stop: self.bitmaps.cut(found, order, start, stop)
            )
        ids = ByDatabase(self.search).rows(Listing.objects.all(), parts, order).values_list("pk")
        return Picked(read, found, lambda start, stop: [pk for (pk,) in ids[start:stop]])

    def ids(self) -> list[int]:
        search, order = self.search, self.search.order
        if not self.bitmaps.orders(order):
            return ByDatabase(search).ids()
        return self.bitmaps.cut(self._total, order, 0, len(self._total))


@dataclass(frozen=True)
class HomesIn:
    """How many of `found` stand in a place."""

    bitmaps: Bitmaps
    found: BitMap

    def of(self, place: Place) -> int:
        return self.found.intersection_cardinality(self.bitmaps.choosing(place.choice))


@dataclass(frozen=True)
class Picked:
    """Rows of which the ids of a part are put in order first: few columns are sorted, few read."""

    read: Read
    found: BitMap
    # The ids from one place in the order to another.
    ids: Callable[[int, int], list[int]]

    def count(self) -> int:
        return len(self.found)

    def __getitem__(self, part: slice) -> list[Listing]:
        ids = self.ids(part.start or 0, part.stop)
        rows = self.read(ids)
        return [rows[pk] for pk in ids if pk in rows]


def _counted(search: InstitutionFilter) -> Iterable[Facet]:
    """The facets whose choices are counted; of regions every county is counted instead."""
    return (facet for facet in search.facets.values() if facet.name != "region")
