"""The ground in square cells, each cut into four by the next depth: how homes are told apart.

Cells are those of the web's maps (Mercator): at depth n the world is 2 ** n cells wide and high,
counted from the north-west. A home lies in one cell of each depth, known from its position in
whole metres, so that both databases and both engines agree.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import (
    asinh,
    atan,
    atan2,
    cos,
    cosh,
    degrees,
    dist,
    hypot,
    inf,
    pi,
    radians,
    sin,
    sinh,
    tan,
    tanh,
)
from operator import attrgetter
from typing import NamedTuple

from pyroaring import BitMap

from regions.places.distance import RADIUS, Position

# Where Mercator's square world ends.
NORTHMOST = 85.0511
# Seventy metres a side: homes closer than that stay together at any zoom.
DEEPEST = 19
# To this depth cells are kept with the homes in them; deeper ones are few homes, told one by one.
KEPT = 12
SHALLOWEST = 3
# What rounding to whole metres may carry a home beyond the edge of its cell, and more.
SLACK = 10
# So few homes of a cell are measured one by one sooner than by narrower cells.
FEW = 16


class Cell(NamedTuple):
    depth: int
    column: int
    row: int

    def at(self, depth: int) -> "Cell":
        """The cell of a smaller depth that this one lies in."""
        up = self.depth - depth
        return Cell(depth, self.column >> up, self.row >> up)

    @property
    def quarters(self) -> Iterable["Cell"]:
        columns, rows = (2 * self.column, 2 * self.column + 1), (2 * self.row, 2 * self.row + 1)
        return (Cell(self.depth + 1, column, row) for row in rows for column in columns)

    @property
    def neighbours(self) -> Iterable["Cell"]:
        """The cells around this one, and itself."""
        near = (-1, 0, 1)
        return (Cell(self.depth, self.column + x, self.row + y) for y in near for x in near)

    def reach(self, here: Position) -> tuple[float, float]:
        """How near and how far homes of the cell lie at most, in metres through the earth.

        All of a cell lies within half its diagonal of its middle, taken at the edge where it is
        widest: the one by the equator.
        """
        half: int = 2 ** (self.depth - 1)
        if self.row in (0, 2 * half - 1):  # all that lies farther than a map of the web goes
            return 0, inf
        side = pi / half
        east, north = (self.column + 0.5) * side - pi, pi - (self.row + 0.5) * side
        across = RADIUS / cosh(north)
        middle = (across * cos(east), across * sin(east), RADIUS * tanh(north))
        around = RADIUS / cosh(abs(north) - side / 2) * hypot(side / 2, side / 2) + SLACK
        away = dist(here, middle)
        return away - around, away + around

    def inner_point(self, longitude: float, latitude: float) -> tuple[float, float]:
        """The nearest point in the middle half of the cell: never close to one of the next cell."""
        east, south = (
            max(first + 0.25, min(first + 0.75, place))
            for first, place in zip(
                self[1:], _mercator(longitude, latitude, self.depth), strict=True
            )
        )
        return _degrees(east, south, self.depth)


def cell_at(longitude: float, latitude: float, depth: int) -> Cell:
    return _cell(*_mercator(longitude, latitude, depth), depth)


def cell_of(position: Position) -> Cell:
    """The deepest cell a home lies in."""
    x, y, z = position
    return _cell(*_columns_and_rows(atan2(y, x), z / (hypot(x, y) or 1), DEEPEST), DEEPEST)


def _cell(east: float, south: float, depth: int) -> Cell:
    last = 2**depth - 1
    return Cell(depth, max(0, min(last, int(east))), max(0, min(last, int(south))))


def _mercator(longitude: float, latitude: float, depth: int) -> tuple[float, float]:
    """Columns from the west and rows from the north."""
    latitude = max(-NORTHMOST, min(NORTHMOST, latitude))
    return _columns_and_rows(radians(longitude), tan(radians(latitude)), depth)


def _columns_and_rows(angle: float, slope: float, depth: int) -> tuple[float, float]:
    """Of the longitude in radians and the tangent of the latitude."""
    half: int = 2 ** (depth - 1)
    return (1 + angle / pi) * half, (1 - asinh(slope) / pi) * half


def _degrees(east: float, south: float, depth: int) -> tuple[float, float]:
    """Longitude and latitude of so many columns and rows."""
    half: int = 2 ** (depth - 1)
    return (east / half - 1) * 180, degrees(atan(sinh((1 - south / half) * pi)))


@dataclass(frozen=True)
class Window:
    """The cells of one depth that a box touches."""

    depth: int
    columns: range
    rows: range

    def __len__(self) -> int:
        return len(self.columns) * len(self.rows)

    def __contains__(self, cell: Cell) -> bool:
        return cell.column in self.columns and cell.row in self.rows

    def at(self, depth: int) -> "Window":
        """The cells of a smaller depth that cover this."""
        up = self.depth - depth
        columns = range(self.columns[0] >> up, (self.columns[-1] >> up) + 1)
        return Window(depth, columns, range(self.rows[0] >> up, (self.rows[-1] >> up) + 1))

    @property
    def cells(self) -> Iterable[Cell]:
        return (Cell(self.depth, column, row) for row in self.rows for column in self.columns)

    @property
    def edges(self) -> tuple[float, float, float, float]:
        """West, south, east and north in degrees."""
        west, north = _degrees(self.columns.start, self.rows.start, self.depth)
        east, south = _degrees(self.columns.stop, self.rows.stop, self.depth)
        return west, south, east, north

    def borders(self, cell: Cell) -> bool:
        """Whether a cell of the window lies at its rim."""
        ends = {self.columns[0], self.columns[-1]}, {self.rows[0], self.rows[-1]}
        return cell.column in ends[0] or cell.row in ends[1]


WORLD = Window(SHALLOWEST, range(2**SHALLOWEST), range(2**SHALLOWEST))


class Ground:
    """Where listings lie, by id. Never changed; `after` makes the next one."""

    def __init__(self) -> None:
        # The listings that lie anywhere, their deepest cells and x, y, z in the same order, and who
        # is inside of each kept cell.
        self.placed, self.codes = BitMap(), array("q")
        self.axes = array("i"), array("i"), array("i")
        # Keys are plain tuples, which the garbage collector need not walk; a `Cell` finds them.
        self.inside: dict[tuple[int, ...], BitMap] = {}

    def after(self, gone: BitMap, positions: Mapping[int, Position]) -> "Ground":
        """Without the ids that are gone, then with these new ones."""
        ground = Ground()
        ground.placed, ground.inside = self.placed.copy(), {**self.inside}
        ground.codes = self.codes[:]
        x, y, z = self.axes
        ground.axes = x[:], y[:], z[:]
        for pk in gone & self.placed:
            ground._remove(pk)
        ground._add(positions)
        return ground

    def _remove(self, pk: int) -> None:
        deepest = self._cell(pk)
        for depth in range(SHALLOWEST, KEPT + 1):
            cell = deepest.at(depth)
            # Not in place: an older ground has the same one.
            self.inside[cell] = self.inside[cell] - BitMap([pk])
        place = self._place(pk)
        for told in (self.codes, *self.axes):
            del told[place]
        self.placed.remove(pk)

    def _add(self, positions: Mapping[int, Position]) -> None:
        cells = {pk: cell_of(position) for pk, position in positions.items()}
        for pk, deepest in cells.items():
            self.placed.add(pk)
            place = self._place(pk)
            self.codes.insert(place, deepest.column << DEEPEST | deepest.row)
            for axis, metres in zip(self.axes, positions[pk], strict=True):
                axis.insert(place, metres)
        groups = by_cell(cells, KEPT)
        for depth in reversed(range(SHALLOWEST, KEPT + 1)):
            groups = _merged(groups, depth)
            for cell, ids in groups.items():
                self.inside[tuple(cell)] = self._inside(cell) | ids

    def groups(self, found: BitMap, window: Window) -> dict[Cell, BitMap]:
        """Those of `found` in each cell of the window; cells without any are left out."""
        if window.depth > KEPT:
            wider = window.at(KEPT).cells
            near = BitMap.union(BitMap(), *(self._inside(cell) for cell in wider)) & found
            groups = by_cell({pk: self._cell(pk) for pk in near}, window.depth)
            return {cell: ids for cell, ids in groups.items() if cell in window}
        met = ((cell, self._inside(cell) & found) for cell in window.cells)
        return {cell: ids for cell, ids in met if ids}

    def extent(self, found: BitMap) -> Window | None:
        """The kept cells from the westernmost of `found` to the easternmost, and north to south.

        Of each depth only cells at the rim can hold those.
        """
        cells = [*WORLD.cells]
        while True:
            met = [cell for cell in cells if self._inside(cell).intersect(found)]
            around = spanning(met)
            if around is None or around.depth == KEPT:
                return around
            cells = [part for cell in met if around.borders(cell) for part in cell.quarters]

    def within(self, here: Position, chord_squared: int) -> BitMap:
        """Who lies so near. Only homes of cells that the circle cuts are measured."""
        chord = chord_squared**0.5
        parts, met = self._parts(WORLD.cells, self.placed, here), []
        while parts:
            met += [part.ids for part in parts if part.most <= chord]
            cut = [part for part in parts if part.least <= chord < part.most]
            last = [pk for part in cut if part.is_last for pk in part.ids]
            met.append(BitMap(pk for far, pk in self._far(last, here) if far <= chord_squared))
            parts = [one for part in cut if not part.is_last for one in self._cut(part, here)]
        return BitMap.union(BitMap(), *met)

    def nearest(self, found: BitMap, here: Position, start: int, stop: int) -> list[int]:
        """The ids from `start` to `stop` of `found`, nearest first; ties stand by id.

        Those without a position come last.
        """
        placed = found & self.placed
        total = len(placed)
        ids: list[int] = []
        if start < total:
            nearer, around = self._around(placed, here, start, min(stop, total))
            far = sorted(self._far(around, here))[start - nearer : stop - nearer]
            ids = [pk for _, pk in far]
        return [*ids, *(found - placed)[max(start - total, 0) : max(stop - total, 0)]]

    def _around(self, found: BitMap, here: Position, start: int, stop: int) -> tuple[int, BitMap]:
        """Those of `found` among which the ones from `start` to `stop` are, nearest first.

        And how many are nearer than all of these. Told from cells, narrower and narrower.
        """
        nearer, parts = 0, self._parts(WORLD.cells, found, here)
        while True:
            first, last = _ring(parts, start - nearer, stop - nearer)
            nearer += sum(len(part.ids) for part in parts if part.most < first)
            parts = [part for part in parts if part.most >= first and part.least <= last]
            left = sum(len(part.ids) for part in parts)
            if left <= FEW + 2 * (stop - start) or all(part.is_last for part in parts):
                return nearer, BitMap.union(BitMap(), *(part.ids for part in parts))
            parts = [
                one for part in parts for one in ([part] if part.is_last else self._cut(part, here))
            ]

    def _cut(self, part: "Part", here: Position) -> list["Part"]:
        return self._parts(part.cell.quarters, part.ids, here)

    def _parts(self, cells: Iterable[Cell], found: BitMap, here: Position) -> list["Part"]:
        met = ((cell, self._inside(cell) & found) for cell in cells)
        return [Part(cell, ids, *cell.reach(here)) for cell, ids in met if ids]

    def _far(self, ids: Iterable[int], here: Position) -> Iterable[tuple[int, int]]:
        """The square of the straight line to each, and its id."""
        (x, y, z), (xs, ys, zs) = here, self.axes
        for pk in ids:
            place = self._place(pk)
            east, north, up = xs[place] - x, ys[place] - y, zs[place] - z
            yield east * east + north * north + up * up, pk

    def _inside(self, cell: Cell) -> BitMap:
        return self.inside.get(cell, BitMap())

    def _cell(self, pk: int) -> Cell:
        code = self.codes[self._place(pk)]
        return Cell(DEEPEST, code >> DEEPEST, code & (1 << DEEPEST) - 1)

    def _place(self, pk: int) -> int:
        return self.placed.rank(pk) - 1


class Part(NamedTuple):
    """Homes of one cell, and between how many metres they lie from somewhere."""

    cell: Cell
    ids: BitMap
    least: float
    most: float

    @property
    def is_last(self) -> bool:
        """Whether its homes are measured one by one."""
        return self.cell.depth == KEPT or len(self.ids) <= FEW


def _ring(parts: Iterable[Part], start: int, stop: int) -> tuple[float, float]:
    """Between how many metres the homes from `start` to `stop` lie, nearest first."""
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


def spanning(cells: Iterable[Cell]) -> Window | None:
    """The smallest window that holds all of these, which are of one depth; of none, none."""
    cells = list(cells)
    if not cells:
        return None
    (depth, *_), columns, rows = zip(*cells, strict=True)
    return Window(depth, range(min(columns), max(columns) + 1), range(min(rows), max(rows) + 1))


def by_cell(cells: Mapping[int, Cell], depth: int) -> dict[Cell, BitMap]:
    """The ids in each cell of one depth, from the deepest cell of each id."""
    groups: dict[Cell, list[int]] = defaultdict(list)
    for pk, deepest in cells.items():
        groups[deepest.at(depth)].append(pk)
    return {cell: BitMap(ids) for cell, ids in groups.items()}


def _merged(groups: Mapping[Cell, BitMap], depth: int) -> dict[Cell, BitMap]:
    """The groups of narrower cells by the cells of a smaller depth."""
    wider: dict[Cell, BitMap] = defaultdict(BitMap)
    for cell, ids in groups.items():
        wider[cell.at(depth)] |= ids
    return dict(wider)
