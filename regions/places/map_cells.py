"""Square cells of the web's maps (Mercator), each cut into four by the next depth.

At depth n the world is 2 ** n cells wide and high, counted from the north-west. A place lies in one
cell of each depth, computed from its position in whole metres, so that all databases agree.
"""

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
from typing import NamedTuple

from pyroaring import BitMap

from regions.places.distance import RADIUS, Position

# Where Mercator's square world ends.
NORTHMOST = 85.0511
# Seventy metres a side: homes closer than that stay together at any zoom.
DEEPEST = 19
# To this depth cells are kept with the homes in them; deeper ones are few homes, placed one by one.
KEPT = 12
SHALLOWEST = 3
# What rounding to whole metres may carry a home beyond the edge of its cell, and more.
SLACK = 10


class Cell(NamedTuple):
    depth: int
    column: int
    row: int

    def at(self, depth: int) -> "Cell":
        """Return the cell of a smaller depth that this one lies in."""
        up = self.depth - depth
        return Cell(depth, self.column >> up, self.row >> up)

    @property
    def quarters(self) -> Iterable["Cell"]:
        columns, rows = (2 * self.column, 2 * self.column + 1), (2 * self.row, 2 * self.row + 1)
        return (Cell(self.depth + 1, column, row) for row in rows for column in columns)

    @property
    def neighbours(self) -> Iterable["Cell"]:
        """Return the cells around this one, and itself."""
        near = (-1, 0, 1)
        return (Cell(self.depth, self.column + x, self.row + y) for y in near for x in near)

    def reach(self, here: Position) -> tuple[float, float]:
        """Return the least and greatest distance to homes of the cell, in metres through the earth.

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
        """Return the nearest point in the middle half of the cell: never close to one of the next
        cell.
        """
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
    """Return the deepest cell a home lies in."""
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
        """Return the cells of a smaller depth that cover this."""
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
        """Return whether a cell of the window lies at its rim."""
        ends = {self.columns[0], self.columns[-1]}, {self.rows[0], self.rows[-1]}
        return cell.column in ends[0] or cell.row in ends[1]


WORLD = Window(SHALLOWEST, range(2**SHALLOWEST), range(2**SHALLOWEST))


def spanning(cells: Iterable[Cell]) -> Window | None:
    """Return the smallest window that holds all of these, which are of one depth; of none, none."""
    cells = list(cells)
    if not cells:
        return None
    (depth, *_), columns, rows = zip(*cells, strict=True)
    return Window(depth, range(min(columns), max(columns) + 1), range(min(rows), max(rows) + 1))


def by_cell(cells: Mapping[int, Cell], depth: int) -> dict[Cell, BitMap]:
    """Return the ids in each cell of one depth, from the deepest cell of each id."""
    groups: dict[Cell, list[int]] = defaultdict(list)
    for pk, deepest in cells.items():
        groups[deepest.at(depth)].append(pk)
    return {cell: BitMap(ids) for cell, ids in groups.items()}
