"""Map cells at each depth, with the ids of the homes in each."""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping
from math import (
    inf,
)
from operator import attrgetter
from typing import NamedTuple

from pyroaring import BitMap

from regions.places.distance import Position
from regions.places.map_cells import (
    DEEPEST,
    KEPT,
    SHALLOWEST,
    WORLD,
    Cell,
    Window,
    by_cell,
    cell_of,
    spanning,
)

# So few homes of a cell are measured one by one sooner than by narrower cells.
FEW = 16


class MapGrid:
    """Map tiles at each zoom, with the ids of the homes in each; immutable, `with_changes`
    copies.
    """

    def __init__(self) -> None:
        # The listings that lie anywhere, their deepest cells and x, y, z in the same order, and who
        # is inside of each kept cell.
        self.placed, self.codes = BitMap(), array("q")
        self.axes = array("i"), array("i"), array("i")
        # Keys are plain tuples, which the garbage collector need not walk; a `Cell` finds them.
        self.inside: dict[tuple[int, ...], BitMap] = {}

    def with_changes(self, gone: BitMap, positions: Mapping[int, Position]) -> "MapGrid":
        """Return a copy without the ids that are gone, then with these new ones."""
        ground = MapGrid()
        ground.placed, ground.inside = self.placed.copy(), {**self.inside}
        ground.codes = self.codes[:]
        x, y, z = self.axes
        ground.axes = x[:], y[:], z[:]
        for pk in gone & self.placed:
            ground._remove_home(pk)
        ground._add_homes(positions)
        return ground

    def _remove_home(self, pk: int) -> None:
        deepest = self._cell_of(pk)
        for depth in range(SHALLOWEST, KEPT + 1):
            cell = deepest.at(depth)
            # Not in place: an older ground has the same one.
            self.inside[cell] = self.inside[cell] - BitMap([pk])
        place = self._index_of(pk)
        for values in (self.codes, *self.axes):
            del values[place]
        self.placed.remove(pk)

    def _add_homes(self, positions: Mapping[int, Position]) -> None:
        cells = {pk: cell_of(position) for pk, position in positions.items()}
        for pk, deepest in cells.items():
            self.placed.add(pk)
            place = self._index_of(pk)
            self.codes.insert(place, deepest.column << DEEPEST | deepest.row)
            for axis, metres in zip(self.axes, positions[pk], strict=True):
                axis.insert(place, metres)
        groups = by_cell(cells, KEPT)
        for depth in reversed(range(SHALLOWEST, KEPT + 1)):
            groups = _merge_cells(groups, depth)
            for cell, ids in groups.items():
                self.inside[tuple(cell)] = self._ids_in(cell) | ids

    def group_by_cell(self, found: BitMap, window: Window) -> dict[Cell, BitMap]:
        """Group `found` by the cells of the window; cells without any are left out."""
        if window.depth > KEPT:
            wider = window.at(KEPT).cells
            near = BitMap.union(BitMap(), *(self._ids_in(cell) for cell in wider)) & found
            groups = by_cell({pk: self._cell_of(pk) for pk in near}, window.depth)
            return {cell: ids for cell, ids in groups.items() if cell in window}
        met = ((cell, self._ids_in(cell) & found) for cell in window.cells)
        return {cell: ids for cell, ids in met if ids}

    def extent_of(self, found: BitMap) -> Window | None:
        """Return the kept cells from the westernmost of `found` to the easternmost, and north to
        south.

        Of each depth only cells at the rim can hold those.
        """
        cells = [*WORLD.cells]
        while True:
            met = [cell for cell in cells if self._ids_in(cell).intersect(found)]
            around = spanning(met)
            if around is None or around.depth == KEPT:
                return around
            cells = [part for cell in met if around.borders(cell) for part in cell.quarters]

    def within_chord(self, here: Position, chord_squared: int) -> BitMap:
        """Return the ids so near. Only homes of cells that the circle cuts are measured."""
        chord = chord_squared**0.5
        parts, met = self._parts_of(WORLD.cells, self.placed, here), []
        while parts:
            met += [part.ids for part in parts if part.most <= chord]
            cut = [part for part in parts if part.least <= chord < part.most]
            last = [pk for part in cut if part.is_last for pk in part.ids]
            met.append(
                BitMap(
                    pk for far, pk in self._squared_distances(last, here) if far <= chord_squared
                )
            )
            parts = [
                one for part in cut if not part.is_last for one in self._split_part(part, here)
            ]
        return BitMap.union(BitMap(), *met)

    def nearest(self, found: BitMap, here: Position, start: int, stop: int) -> list[int]:
        """Return the ids from `start` to `stop` of `found`, nearest first; ties stand by id.

        Those without a position come last.
        """
        placed = found & self.placed
        total = len(placed)
        ids: list[int] = []
        if start < total:
            nearer, around = self._ids_around(placed, here, start, min(stop, total))
            far = sorted(self._squared_distances(around, here))[start - nearer : stop - nearer]
            ids = [pk for _, pk in far]
        return [*ids, *(found - placed)[max(start - total, 0) : max(stop - total, 0)]]

    def _ids_around(
        self, found: BitMap, here: Position, start: int, stop: int
    ) -> tuple[int, BitMap]:
        """Return a set of `found` that holds the ones from `start` to `stop`, nearest first.

        Before it comes the number of homes nearer than all of these. Cells are split until few
        remain.
        """
        nearer, parts = 0, self._parts_of(WORLD.cells, found, here)
        while True:
            first, last = _distance_ring(parts, start - nearer, stop - nearer)
            nearer += sum(len(part.ids) for part in parts if part.most < first)
            parts = [part for part in parts if part.most >= first and part.least <= last]
            left = sum(len(part.ids) for part in parts)
            if left <= FEW + 2 * (stop - start) or all(part.is_last for part in parts):
                return nearer, BitMap.union(BitMap(), *(part.ids for part in parts))
            parts = [
                one
                for part in parts
                for one in ([part] if part.is_last else self._split_part(part, here))
            ]

    def _split_part(self, part: "CellPart", here: Position) -> list["CellPart"]:
        return self._parts_of(part.cell.quarters, part.ids, here)

    def _parts_of(self, cells: Iterable[Cell], found: BitMap, here: Position) -> list["CellPart"]:
        met = ((cell, self._ids_in(cell) & found) for cell in cells)
        return [CellPart(cell, ids, *cell.reach(here)) for cell, ids in met if ids]

    def _squared_distances(self, ids: Iterable[int], here: Position) -> Iterable[tuple[int, int]]:
        """Yield the square of the straight line to each, and its id."""
        (x, y, z), (xs, ys, zs) = here, self.axes
        for pk in ids:
            place = self._index_of(pk)
            east, north, up = xs[place] - x, ys[place] - y, zs[place] - z
            yield east * east + north * north + up * up, pk

    def _ids_in(self, cell: Cell) -> BitMap:
        return self.inside.get(cell, BitMap())

    def _cell_of(self, pk: int) -> Cell:
        code = self.codes[self._index_of(pk)]
        return Cell(DEEPEST, code >> DEEPEST, code & (1 << DEEPEST) - 1)

    def _index_of(self, pk: int) -> int:
        return self.placed.rank(pk) - 1


class CellPart(NamedTuple):
    """Homes of one cell, and the least and most metres to a place."""

    cell: Cell
    ids: BitMap
    least: float
    most: float

    @property
    def is_last(self) -> bool:
        """Return whether its homes are measured one by one."""
        return self.cell.depth == KEPT or len(self.ids) <= FEW


def _distance_ring(parts: Iterable[CellPart], start: int, stop: int) -> tuple[float, float]:
    """Return the least and most metres to the homes from `start` to `stop`, nearest first."""
    first, last = 0.0, inf
    for part in sorted(parts, key=attrgetter("least")):
        start -= len(part.ids)
        if start < 0:
            first = part.least
            break
    for part in sorted(parts, key=attrgetter("most")):
        stop -= len(part.ids)
        if stop <= 0:
            last = part.most
            break
    return first, last


def _merge_cells(groups: Mapping[Cell, BitMap], depth: int) -> dict[Cell, BitMap]:
    """Merge groups of narrower cells into the cells of a smaller depth."""
    wider: dict[Cell, BitMap] = defaultdict(BitMap)
    for cell, ids in groups.items():
        wider[cell.at(depth)] |= ids
    return dict(wider)
