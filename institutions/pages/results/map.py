"""The results on a map: numbered pins beside the same list, and the same by region in words."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.urls import reverse

from institutions.pages.parts.card import Card
from institutions.pages.results.clusters import (
    FIRST_ZOOM,
    LAST_ZOOM,
    LEVELS,
    Box,
    clusters,
    map_window,
)
from institutions.pages.results.page import Results, ResultsLink
from institutions.search.filters import InstitutionFilter
from institutions.search.places import Node, Place
from regions.models import Region
from regions.places.coordinates import gcj02_to_wgs84, wgs84_to_gcj02
from regions.places.gazetteer import gazetteer
from regions.places.map_cells import WORLD, Cell, cell_at

# Names on the plain ground, each apart from the next.
MOST_NAMES = 60
# All of China, where no home found has a position.
CHINA = (73.5, 18.0, 135.1, 53.6)


@dataclass(frozen=True)
class MapRow:
    """A home of the list; `at` is its pin as longitude,latitude of the map, or empty: unknown."""

    number: int
    card: Card
    at: str


class ResultsMap:
    """The map of one page of results."""

    def __init__(self, results: Results) -> None:
        self.results, self.search = results, results.search
        self.tiles: list[str] = settings.MAP_TILES
        self.attribution: str = settings.MAP_ATTRIBUTION
        self.zooms = (FIRST_ZOOM, LAST_ZOOM)

    @cached_property
    def rows(self) -> list[MapRow]:
        """Return the homes of this page, numbered as their pins are."""
        return [
            MapRow(n, card, _card_position(card)) for n, card in enumerate(self.results.cards, 1)
        ]

    @cached_property
    def unplaced(self) -> int:
        """Return homes found whose position is not published."""
        found = self.results.finding.on_ground(WORLD)
        return found.total - found.placed

    @property
    def view(self) -> str:
        """Return the first view: pins of this page if most have one, else all matches, else
        China.
        """
        points = [tuple(map(float, row.at.split(","))) for row in self.rows if row.at]
        if len(points) * 2 > len(self.rows):
            across, up = zip(*points, strict=True)
            return _written(min(across), min(up), max(across), max(up))
        extent = self.results.finding.map_extent()
        return _written(*(extent.edges if extent else CHINA))

    @property
    def clusters_url(self) -> str:
        return reverse("clusters") + self.results.address.with_(view="")

    @property
    def regions(self) -> list[ResultsLink]:
        """Return counts of homes by region below the chosen ones, or by province."""
        places = dict.fromkeys(self._tree_places(self.search.places.tree))
        counted = ((place, self.results.homes.count_in(place)) for place in places)
        return [
            ResultsLink(place.label, self.results.address.with_(region=place.value), number)
            for place, number in counted
            if number
        ]

    def _tree_places(self, nodes: Iterable[Node]) -> Iterator[Place]:
        chosen = self.search.places.narrowest()
        for node in nodes:
            if node.place in chosen:
                yield from [child.place for child in node.children] or [node.place]
            elif not chosen and node.place.is_region:
                yield node.place
            else:
                yield from self._tree_places(node.children)


def map_data(search: InstitutionFilter, box: Box, zoom: int) -> dict[str, Any]:
    """Return the data that the script of the map draws in a box, in the datum of its tiles."""
    true = _true_box(box)
    data = clusters(search, true, zoom).data
    for cluster in data["clusters"]:
        longitude, latitude = on_tiles(cluster["longitude"], cluster["latitude"])
        cluster |= {"longitude": round(longitude, 5), "latitude": round(latitude, 5)}
    return data | {"names": [] if settings.MAP_TILES else _region_names(true, zoom)}


def on_tiles(longitude: float, latitude: float) -> tuple[float, float]:
    """Convert a WGS-84 position, in which homes are stored, to the datum of the tiles."""
    if settings.MAP_DATUM == "gcj02":
        return wgs84_to_gcj02(longitude, latitude)
    return longitude, latitude


def _true_box(box: Box) -> Box:
    """Convert a box of the tiles to WGS-84."""
    if settings.MAP_DATUM != "gcj02":
        return box
    west, south = gcj02_to_wgs84(box.west, box.south)
    east, north = gcj02_to_wgs84(box.east, box.north)
    return Box(west, south, east, north)


def _region_names(box: Box, zoom: int) -> list[dict[str, Any]]:
    """Return names of regions at their centres, for a map without tiles."""
    depth = map_window(box, zoom).depth + 1
    named: dict[Cell, dict[str, Any]] = {}
    for region in _regions(next(level for least, level in LEVELS if zoom >= least)):
        centre = region.longitude or 0.0, region.latitude or 0.0
        if not (box.west <= centre[0] <= box.east and box.south <= centre[1] <= box.north):
            continue
        cell = cell_at(*centre, depth)
        if named.keys().isdisjoint(cell.neighbours):
            longitude, latitude = on_tiles(*centre)
            named[cell] = {"name": region.name, "longitude": longitude, "latitude": latitude}
    return list(named.values())[:MOST_NAMES]


def _regions(level: int) -> Iterator[Region]:
    """Of one level; of prefectures also provinces without any, which are cities themselves."""
    known = gazetteer()
    for region in known.regions.values():
        parts = known.inside.get(region.code, ())
        is_city = region.level == Region.Level.PROVINCE and level == Region.Level.PREFECTURE
        alone = is_city and all(part.level != level for part in parts)
        if (region.level == level or alone) and region.longitude is not None:
            yield region


def _card_position(card: Card) -> str:
    home = card.institution
    if home.longitude is None or home.latitude is None:
        return ""
    return _written(*on_tiles(home.longitude, home.latitude))


def _written(*angles: float) -> str:
    return ",".join(f"{angle:.5f}" for angle in angles)
