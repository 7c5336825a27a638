"""The homes of a search on a map: near ones counted together, by box and zoom."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from pyroaring import BitMap

from carebridge.lib.query_fields import legible
from institutions.models import Institution
from institutions.search.filters import InstitutionFilter
from institutions.search.finder import make_finder
from regions.places.map_cells import SHALLOWEST, Cell, Window, cell_at

FIRST_ZOOM, LAST_ZOOM = 3, 18
# A cell is half a tile of a map, 128 pixels: the pin of one never covers that of the next.
PER_TILE = 1
# Cells and homes listed in one answer: 40 KB, however long the names are.
MOST_CELLS = 120
MOST_NAMED = 120
# At the last zoom nothing parts homes any more: so many of a cluster are named.
MOST_IN_CELL = 10
LONGEST_NAME = 30
# From which zoom on a place is named by its county (3), its prefecture, its province.
LEVELS = ((8, 3), (5, 2), (0, 1))
NUMBER = r"[-+]?\d{1,3}(?:\.\d{1,15})?"
BOX = re.compile(rf"\s*{NUMBER}\s*(?:,\s*{NUMBER}\s*){{3}}", re.ASCII)
HOW = "请写西、南、东、北四个数，用逗号隔开，比如 115.4,39.4,117.5,41.1。"


@dataclass(frozen=True)
class Box:
    """Degrees of WGS-84."""

    west: float
    south: float
    east: float
    north: float

    def window(self, depth: int) -> Window:
        """Return the cells the box touches."""
        first = cell_at(self.west, self.north, depth)
        last = cell_at(self.east, self.south, depth)
        columns = range(first.column, last.column + 1)
        return Window(depth, columns, range(first.row, last.row + 1))


@dataclass(frozen=True)
class MapHome:
    id: int
    name: str
    is_demo: bool
    longitude: float
    latitude: float

    @property
    def data(self) -> dict[str, Any]:
        return {"id": self.id, "name": self.name, "is_demo": self.is_demo}


@dataclass(frozen=True)
class Cluster:
    """Homes near each other. Alone, a home stands where it is; several near where the first is.

    `demo` of the `count` are made up. `place` is the region of the first. Those that are named are
    `named`.
    """

    longitude: float
    latitude: float
    count: int
    demo: int
    place: str
    named: tuple[MapHome, ...]

    @property
    def data(self) -> dict[str, Any]:
        return {
            "longitude": round(self.longitude, 5),
            "latitude": round(self.latitude, 5),
            "count": self.count,
            "demo": self.demo,
            "place": self.place,
            "homes": [home.data for home in self.named],
        }


@dataclass(frozen=True)
class Clusters:
    """The clusters of a box; the numbers are of the whole search, wherever it finds."""

    clusters: tuple[Cluster, ...]
    total: int
    demo: int
    placed: int

    @property
    def unplaced(self) -> int:
        """Return homes whose position is not published."""
        return self.total - self.placed

    @property
    def data(self) -> dict[str, Any]:
        return {
            "total": self.total,
            "demo": self.demo,
            "placed": self.placed,
            "unplaced": self.unplaced,
            "clusters": [cluster.data for cluster in self.clusters],
        }


class BoxField(forms.CharField):
    """`box=west,south,east,north`."""

    def clean(self, value: Any) -> Box:
        text = super().clean(value)
        if not BOX.fullmatch(text):
            raise ValidationError(f"看不懂这个范围。{HOW}")
        west, south, east, north = map(float, text.split(","))
        if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
            raise ValidationError(f"这个范围不对：西要小于东，南要小于北。{HOW}")
        return Box(west, south, east, north)


class BoxForm(forms.Form):
    """The part of the world that is looked at, and how near."""

    box = BoxField(
        label="范围",
        max_length=100,
        error_messages={
            "required": f"没有写范围。{HOW}",
            "max_length": f"看不懂这个范围。{HOW}",
        },
    )
    zoom = forms.IntegerField(
        label="放大级别",
        min_value=FIRST_ZOOM,
        max_value=LAST_ZOOM,
        error_messages={
            "required": f"没有写放大级别，请写 {FIRST_ZOOM} 到 {LAST_ZOOM} 的整数。",
            "invalid": f"放大级别请写 {FIRST_ZOOM} 到 {LAST_ZOOM} 的整数。",
            "min_value": f"放大级别最小是 {FIRST_ZOOM}。",
            "max_value": f"放大级别最大是 {LAST_ZOOM}。",
        },
    )

    def __init__(self, data: QueryDict) -> None:
        super().__init__(legible(data))


def clusters(search: InstitutionFilter, box: Box, zoom: int) -> Clusters:
    """Return the homes a search finds in a box, grouped as a map of this zoom can separate them."""
    found = make_finder(search).on_ground(map_window(box, zoom))
    most = min(MOST_IN_CELL, MOST_NAMED // (len(found.groups) or 1)) if zoom == LAST_ZOOM else 1
    listed = {cell: list(ids[:most]) for cell, ids in found.groups.items()}
    homes = _load_homes(pk for ids in listed.values() for pk in ids)
    made = (
        _cluster(cell, ids, found.demo, [homes[pk] for pk in listed[cell] if pk in homes], zoom)
        for cell, ids in sorted(found.groups.items())
    )
    return Clusters(tuple(filter(None, made)), found.total, len(found.demo), found.placed)


def map_window(box: Box, zoom: int) -> Window:
    """Return the cells to count in: of the zoom, or wider ones for a large box."""
    depths = range(zoom + PER_TILE, SHALLOWEST, -1)
    fitting = (cells for depth in depths if len(cells := box.window(depth)) <= MOST_CELLS)
    return next(fitting, box.window(SHALLOWEST))


def _load_homes(ids: Iterable[int]) -> dict[int, Institution]:
    """Load the fields a map shows of these homes, in one query."""
    upward = (f"region__{'parent__' * up}" for up in range(3))
    regions = (f"{region}{field}" for region in upward for field in ("name", "parent"))
    rows = Institution.objects.published().select_related("region__parent__parent")
    return rows.only("name", "is_demo", "longitude", "latitude", *regions).in_bulk(list(ids))


def _cluster(
    cell: Cell, ids: BitMap, demo: BitMap, homes: list[Institution], zoom: int
) -> Cluster | None:
    """None where a home went away since it was counted."""
    listed = tuple(_map_home(home) for home in homes)
    if not listed:
        return None
    first, count = listed[0], len(ids)
    longitude, latitude = (
        (first.longitude, first.latitude)
        if count == 1
        else cell.inner_point(first.longitude, first.latitude)
    )
    names_all = count == 1 or zoom == LAST_ZOOM
    place = _place_name(homes[0], zoom)
    made_up = ids.intersection_cardinality(demo)
    return Cluster(longitude, latitude, count, made_up, place, listed if names_all else ())


def _map_home(home: Institution) -> MapHome:
    name = home.name
    if len(name) > LONGEST_NAME:
        name = f"{name[: LONGEST_NAME - 1]}…"
    return MapHome(home.pk, name, home.is_demo, home.longitude or 0.0, home.latitude or 0.0)


def _place_name(home: Institution, zoom: int) -> str:
    """Return the region of a home, a wider one at a smaller zoom."""
    lineage = home.region.lineage()
    level = next(level for least, level in LEVELS if zoom >= least)
    return lineage[:level][-1].name
