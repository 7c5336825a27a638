"""Distance of a point outside a place, by the centres of all counties; no borders are known.

A county is taken to reach half way to the centres around it.
"""

from collections.abc import Iterable
from math import sqrt

from regions.models import Region
from regions.places.distance import Position, chord_squared, position


class Centres:
    """The centres of the current counties, and of what has none below it."""

    def __init__(self, regions: Iterable[Region]) -> None:
        current = [region for region in regions if region.is_current]
        parents = {region.parent_id for region in current}
        self._places: list[tuple[Region, Position]] = [
            (region, position(region.longitude, region.latitude))
            for region in current
            if region.code not in parents and region.longitude is not None and region.latitude
        ]
        self._inside: dict[str, list[Position]] = {}

    def kilometres_outside(self, region: Region, longitude: float, latitude: float) -> float:
        """Return how far the point lies outside the region; 0 inside it, or near its centre.

        A region of which no centre is known answers as what it lies in.
        """
        own: list[Position] = []
        wider: Region | None = region
        while wider and not (own := self._of(wider)):
            wider = wider.parent
        if not own or wider is None:
            return 0.0
        point = position(longitude, latitude)
        nearest = min(own, key=lambda centre: chord_squared(centre, point))
        squared, held = chord_squared(nearest, point), set(own)
        beyond = (
            (squared - chord_squared(other, point)) / (2 * sqrt(chord_squared(nearest, other)))
            for _, other in self._places
            if other not in held
        )
        return max(0.0, max(beyond, default=0.0)) / 1000

    def _of(self, region: Region) -> list[Position]:
        if region.code not in self._inside:
            found = [centre for place, centre in self._places if region.contains(place)]
            self._inside[region.code] = found
        return self._inside[region.code]
