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
from institutions.search.facets import Counts, Facet, count_choices
from institutions.search.filters import PRICE, InstitutionFilter
from institutions.search.index import MemoryIndex
from institutions.search.places import HomeCounts, HomesByRegion, Place
from regions.places.map_cells import KEPT, Cell, Window, by_cell, cell_of, spanning

# The rows of some ids, by id.
Read = Callable[[list[int]], Mapping[int, Listing]]


class Finder(Protocol):
    """The questions of a results page to a search."""

    def choice_counts(self) -> Counts:
        """Count all homes, and those with each choice alone in its facet."""

    def homes_by_place(self) -> HomeCounts:
        """Return counts of homes by place, whatever region is chosen."""

    def count_all(self, everything: Q, choices: Mapping[tuple[str, str], Q]) -> Counts:
        """Count the homes of the whole register that meet each condition."""

    def on_ground(self, window: Window) -> "OnGround":
        """Return the homes by the cells of the window that they lie in."""

    def map_extent(self) -> Window | None:
        """Return the window from the westernmost home to the easternmost; None: no known
        position.
        """

    def matching_rows(
        self, base: QuerySet[Listing], parts: Iterable[Q], order: Iterable[OrderBy]
    ) -> "SliceableRows":
        """Return the rows of `base` that match the text and every part, in order; ties by id."""

    def card_rows(
        self, parts: Iterable[Q] | None = None, order: Iterable[OrderBy] | None = None
    ) -> "SliceableRows":
        """Return the rows that the search matches in its order, with all that cards show.

        Other `parts` or another `order` take the place of the search's own.
        """

    def ordered_ids(self) -> list[int]:
        """Return the ids of all matches in the order of the search, which may be many."""


class SliceableRows(Protocol):
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


def make_finder(search: InstitutionFilter) -> Finder:
    """Return a finder that uses bitmaps if they are loaded and fresh."""
    return MemoryFinder(search, search.bitmaps) if search.bitmaps else DatabaseFinder(search)


class DatabaseFinder:
    """Every answer is a query."""

    def __init__(self, search: InstitutionFilter) -> None:
        self.search = search
        self.base = search.queryset.filter(search.text_condition, search.within_reach())

    def choice_counts(self) -> Counts:
        search = self.search
        choices = {
            (facet.name, choice.value): search.condition(**{facet.name: [choice.value]})
            for facet in _counted(search)
            for choice in facet.choices
        }
        return count_choices(self.base, search.conditions, choices)

    def homes_by_place(self) -> HomesByRegion:
        rows = self.base.filter(self.search.condition(region=None)).order_by()
        return HomesByRegion(dict(rows.values_list("region").annotate(homes=Count("pk"))))

    def count_all(self, everything: Q, choices: Mapping[tuple[str, str], Q]) -> Counts:
        return count_choices(self.search.queryset, everything, choices)

    def on_ground(self, window: Window) -> OnGround:
        rows = self.base.filter(self.search.conditions).order_by()
        is_demo = dict(rows.values_list("pk", "is_demo"))
        groups = by_cell(self._cells, window.depth)
        inside = {cell: ids for cell, ids in groups.items() if cell in window}
        demo = BitMap(pk for pk, made_up in is_demo.items() if made_up)
        return OnGround(inside, demo, len(is_demo), len(self._cells))

    def map_extent(self) -> Window | None:
        return spanning(by_cell(self._cells, KEPT))

    @cached_property
    def _cells(self) -> dict[int, Cell]:
        rows = self.base.filter(self.search.conditions, x__isnull=False)
        return {pk: cell_of((x, y, z)) for pk, x, y, z in rows.values_list("pk", "x", "y", "z")}

    def matching_rows(
        self, base: QuerySet[Listing], parts: Iterable[Q], order: Iterable[OrderBy]
    ) -> QuerySet[Listing]:
        found = base.filter(self.search.text_condition, self.search.within_reach())
        return found.filter(*parts).order_by(*order, "pk")

    def card_rows(
        self, parts: Iterable[Q] | None = None, order: Iterable[OrderBy] | None = None
    ) -> QuerySet[Listing]:
        search = self.search
        parts = search.condition_parts() if parts is None else parts
        return self.matching_rows(search.queryset.for_cards(), parts, order or search.order)

    def ordered_ids(self) -> list[int]:
        rows = self.matching_rows(
            self.search.queryset, self.search.condition_parts(), self.search.order
        )
        return list(rows.values_list("pk", flat=True))


class MemoryFinder:
    """Counts and order from bitmaps; of the rows only those shown are read."""

    def __init__(self, search: InstitutionFilter, bitmaps: MemoryIndex) -> None:
        self.search, self.bitmaps = search, bitmaps
        self.base = bitmaps.all_of([search.text_condition, search.within_reach()])

    def choice_counts(self) -> Counts:
        total = self._all_ids
        numbers = {
            (facet.name, choice.value): number
            for facet in _counted(self.search)
            for choice, number in zip(facet.choices, self._counts_of_choices(facet), strict=True)
        }
        return Counts(len(total), self._count_real(total), numbers)

    def _counts_of_choices(self, facet: Facet) -> Iterable[int]:
        """Yield the number of homes for each choice of a facet, the facet itself lifted."""
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
    def _ids_by_part(self) -> dict[str, BitMap]:
        """Return the ids that match each part, taken alone."""
        asked = self.search.parts_by_name()
        return {name: self.bitmaps.find(part) for name, part in asked.items()}

    def _without(self, *names: str) -> BitMap:
        """Return the ids that match with some parts lifted; an empty part changes nothing."""
        if not self._ids_by_part.keys() & {*names}:
            return self._all_ids
        left = (rows for name, rows in self._ids_by_part.items() if name not in names)
        return reduce(and_, left, self.base)

    def _count_real(self, rows: BitMap) -> int:
        return rows.intersection_cardinality(self.bitmaps.find(Q(is_demo=False)))

    def homes_by_place(self) -> "HomesInPlaces":
        return HomesInPlaces(self.bitmaps, self._without("region"))

    def count_all(self, everything: Q, choices: Mapping[tuple[str, str], Q]) -> Counts:
        find = self.bitmaps.find
        total = find(everything)
        return Counts(
            len(total),
            self._count_real(total),
            {choice: len(find(condition)) for choice, condition in choices.items()},
        )

    def on_ground(self, window: Window) -> OnGround:
        ground, total = self.bitmaps.map_grid, self._all_ids
        placed = total.intersection_cardinality(ground.placed)
        demo = total & self.bitmaps.find(Q(is_demo=True))
        return OnGround(ground.group_by_cell(total, window), demo, len(total), placed)

    def map_extent(self) -> Window | None:
        return self.bitmaps.map_grid.extent_of(self._all_ids)

    @cached_property
    def _all_ids(self) -> BitMap:
        return reduce(and_, self._ids_by_part.values(), self.base)

    def matching_rows(
        self, base: QuerySet[Listing], parts: Iterable[Q], order: Iterable[OrderBy]
    ) -> SliceableRows:
        parts = list(parts)
        found = self.base & self.bitmaps.all_of(parts)
        return self._lazy_rows(base.in_bulk, found, parts, order)

    def card_rows(
        self, parts: Iterable[Q] | None = None, order: Iterable[OrderBy] | None = None
    ) -> SliceableRows:
        search, kept = self.search, self.bitmaps.card_rows
        base, known = search.queryset.for_cards(regions=False), search.places.known
        read = partial(kept.read, base=base, known=known)
        asked = search.condition_parts() if parts is None else list(parts)
        found = self._all_ids if parts is None else self.base & self.bitmaps.all_of(asked)
        return self._lazy_rows(read, found, asked, order or search.order)

    def _lazy_rows(
        self, read: Read, found: BitMap, parts: list[Q], order: Iterable[OrderBy]
    ) -> "LazyRows":
        order = list(order)
        if self.bitmaps.can_order(order):
            return LazyRows(
                read,
                found,
                lambda start, stop: self.bitmaps.ordered_slice(found, order, start, stop),
            )
        ids = (
            DatabaseFinder(self.search)
            .matching_rows(Listing.objects.all(), parts, order)
            .values_list("pk")
        )
        return LazyRows(read, found, lambda start, stop: [pk for (pk,) in ids[start:stop]])

    def ordered_ids(self) -> list[int]:
        search, order = self.search, self.search.order
        if not self.bitmaps.can_order(order):
            return DatabaseFinder(search).ordered_ids()
        return self.bitmaps.ordered_slice(self._all_ids, order, 0, len(self._all_ids))


@dataclass(frozen=True)
class HomesInPlaces:
    """Counts of the homes in `found` by place."""

    bitmaps: MemoryIndex
    found: BitMap

    def count_in(self, place: Place) -> int:
        return self.found.intersection_cardinality(self.bitmaps.choosing(place.as_choice))


@dataclass(frozen=True)
class LazyRows:
    """Rows whose ids are sorted before any row is read: few columns sorted, few rows read."""

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
    """Return the facets whose choices are counted; of regions every county is counted instead."""
    return (facet for facet in search.facets.values() if facet.name != "region")
