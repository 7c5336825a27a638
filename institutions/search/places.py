"""The regions a search offers, as a tree: groups, provinces, and what lies in the chosen ones."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import Protocol

from institutions.search.facets import CODE_LENGTH, Choice
from regions.models import Region
from regions.models.region import NATION, lies_within
from regions.places.gazetteer import Gazetteer, gazetteer

# More chosen places than anybody ticks; each one opens a branch of the tree.
MOST_PLACES = 40


@dataclass(frozen=True)
class Place:
    """A region or a group of regions under one value of the `region` parameter."""

    value: str
    label: str
    regions: tuple[Region, ...]

    @cached_property
    def as_choice(self) -> Choice:
        return Choice(self.value, self.label, lies_within("region", self.regions))

    @property
    def is_region(self) -> bool:
        """Return a region of its own, not a group of several."""
        return self.value == self.regions[0].code

    def lies_in(self, other: "Place") -> bool:
        """Return whether every region of this place is in some region of a wider `other`."""
        return self != other and all(
            any(wide.contains(region) for wide in other.regions) for region in self.regions
        )


@dataclass(frozen=True)
class Node:
    """A place of the tree with the places shown below it."""

    place: Place
    children: tuple["Node", ...] = ()


@dataclass(frozen=True)
class Places:
    """Values of the `region` parameter: the chosen places and the tree around them."""

    chosen: tuple[Place, ...]
    former: tuple[str, ...]
    tree: tuple[Node, ...]
    all: dict[str, Place] = field(repr=False)
    known: Gazetteer = field(repr=False)

    def narrowest(self) -> list[Place]:
        """Return the chosen places less those that a chosen place inside them narrows down."""
        return [
            place for place in self.chosen if not any(other.lies_in(place) for other in self.chosen)
        ]


class HomeCounts(Protocol):
    """Counts of the homes of a search by place."""

    def count_in(self, place: Place) -> int: ...


class HomesByRegion:
    """Numbers of homes by county, so that any number of places is counted at once."""

    def __init__(self, homes: Mapping[str, int]) -> None:
        self.codes = sorted(homes)
        self.below = [0, *accumulate(homes[code] for code in self.codes)]

    def count_in(self, place: Place) -> int:
        return sum(self._between(*region.code_range()) for region in place.regions)

    def _between(self, low: str, high: str) -> int:
        return self.below[bisect_right(self.codes, high)] - self.below[bisect_left(self.codes, low)]


def load_places(values: Iterable[str]) -> Places:
    """Load the places of these values: codes (former ones count as their successors) and group
    slugs.

    One query while no region changed, however many values; one more for each of former codes and
    their successors.
    """
    values, known = list(dict.fromkeys(values))[:MOST_PLACES], gazetteer()
    named = [value for value in values if value.isdecimal() and len(value) == CODE_LENGTH]
    codes = {code: [code] for code in named if _is_offered(code, known)}
    codes |= _successors([code for code in named if not _is_offered(code, known)])
    heirs = {code for successors in codes.values() for code in successors}
    groups, by_code = _known_places(known)
    places = groups | {code: by_code[code] for code in _codes_around({*named, *heirs}, known)}
    found = {
        code: places[code]
        for value in values
        for code in codes.get(value, [value])
        if code in places
    }
    chosen = tuple(found.values())
    former = tuple(code for code in codes if code not in places)
    return Places(chosen, former, tuple(_place_tree(places, chosen, known)), places, known)


@lru_cache(maxsize=2)
def _known_places(known: Gazetteer) -> tuple[dict[str, Place], dict[str, Place]]:
    """Return the groups by slug and the regions by code, made once to keep their conditions."""
    groups = {g.slug: Place(g.slug, g.name, tuple(inside)) for g, inside in known.groups.items()}
    regions = {code: Place(code, it.name, (it,)) for code, it in known.regions.items()}
    return groups, regions


def _is_offered(code: str, known: Gazetteer) -> bool:
    return code in known.regions and code != NATION


def _successors(codes: list[str]) -> dict[str, list[str]]:
    """Return the current codes that former ones stand for; a code that leads nowhere is left
    out.
    """
    if not codes:
        return {}
    former = Region.objects.filter(pk__in=codes).prefetch_related("successors")
    found = {region.code: [heir.code for heir in region.heirs()] for region in former}
    return {code: heirs for code, heirs in found.items() if heirs}


def _codes_around(codes: set[str], known: Gazetteer) -> list[str]:
    """Return all provinces, the chosen regions and their ancestors, and what lies directly in
    those.
    """
    opened = {part for code in codes for part in (code, f"{code[:2]}0000", f"{code[:4]}00")}
    around = {region.code for region in known.inside[NATION]}
    around |= opened & known.regions.keys()
    around |= {region.code for code in opened - {NATION} for region in known.inside.get(code, ())}
    return sorted(around - {NATION})


def _place_tree(
    places: dict[str, Place], chosen: tuple[Place, ...], known: Gazetteer
) -> Iterable[Node]:
    """Yield groups first, each with its provinces below it, then other provinces."""
    opened = {
        place.value
        for place in places.values()
        if any(place == one or one.lies_in(place) for one in chosen)
    }

    def node(place: Place) -> Node:
        inside = known.inside.get(place.value, ()) if place.value in opened else ()
        below = (places[region.code] for region in inside if region.code in places)
        return Node(place, tuple(map(node, below)))

    grouped = set()
    for group in (place for place in places.values() if not place.is_region):
        below = [
            places[region.code]
            for region in group.regions
            if region.level == Region.Level.PROVINCE and region.code in places
        ]
        grouped |= {place.value for place in below}
        yield Node(group, tuple(map(node, below)))
    for province in known.inside[NATION]:
        if province.code not in grouped:
            yield node(places[province.code])
