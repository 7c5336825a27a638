"""The regions a search offers, as a tree: groups, provinces, and what lies in the chosen ones."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Q, prefetch_related_objects

from institutions.facets import Choice
from regions.models import Region, RegionGroup
from regions.models.region import within


@dataclass(frozen=True)
class Place:
    """A region or a group of regions under one value of the `region` parameter."""

    value: str
    label: str
    regions: tuple[Region, ...]

    @property
    def choice(self) -> Choice:
        return Choice(self.value, self.label, within("region", self.regions))

    def lies_in(self, other: "Place") -> bool:
        """Whether every region of this place is in some region of a wider `other`."""
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
    """What the `region` parameter may say here: the chosen places and the tree around them."""

    chosen: tuple[Place, ...]
    former: tuple[str, ...]
    tree: tuple[Node, ...]
    all: dict[str, Place] = field(repr=False)

    def narrowest(self) -> list[Place]:
        """The chosen places less those that a chosen place inside them narrows down."""
        return [
            place for place in self.chosen if not any(other.lies_in(place) for other in self.chosen)
        ]


def load(values: Iterable[str]) -> Places:
    """Places for these values: codes (former ones count as their successors) and group slugs.

    Four queries at most, however many values.
    """
    values = list(dict.fromkeys(values))
    groups = {
        group.slug: Place(group.slug, group.name, tuple(group.regions.all()))
        for group in RegionGroup.objects.prefetch_related("regions")
    }
    codes = _current_codes([value for value in values if value not in groups])
    regions = _regions_around({code for heirs in codes.values() for code in heirs})
    by_code = {code: Place(code, region.name, (region,)) for code, region in regions.items()}
    places = groups | by_code
    found: dict[str, Place] = {}
    for value in values:
        for code in codes.get(value, [value]):
            if code in places:
                found[code] = places[code]
    chosen = tuple(found.values())
    former = tuple(code for code in codes if code not in places)
    return Places(chosen, former, tuple(_tree(groups, by_code, chosen)), places)


def _current_codes(values: list[str]) -> dict[str, list[str]]:
    """Each known code with the current codes it stands for."""
    named = [value for value in values if value.isdecimal() and len(value) == 6]
    if not named:
        return {}
    regions = list(Region.objects.filter(pk__in=named))
    prefetch_related_objects([r for r in regions if not r.is_current], "successors")
    return {region.code: [heir.code for heir in region.heirs()] for region in regions}


def _regions_around(codes: set[str]) -> dict[str, Region]:
    """All provinces, the chosen regions and their ancestors, and what lies directly in those."""
    opened = codes | {f"{code[:2]}0000" for code in codes} | {f"{code[:4]}00" for code in codes}
    rows = Region.objects.current().filter(
        Q(level=Region.Level.PROVINCE) | Q(pk__in=opened) | Q(parent__in=opened)
    )
    return {region.code: region for region in rows.exclude(level=Region.Level.NATION)}


def _tree(
    groups: dict[str, Place], places: dict[str, Place], chosen: tuple[Place, ...]
) -> Iterable[Node]:
    """Groups first, a group of provinces with its provinces below it, then other provinces."""
    opened = {
        place.value
        for place in places.values()
        if any(place == one or one.lies_in(place) for one in chosen)
    }

    def node(place: Place) -> Node:
        inside = [
            child
            for child in places.values()
            if child.regions[0].parent_id == place.value and place.value in opened
        ]
        return Node(place, tuple(node(child) for child in inside))

    grouped = set()
    for group in groups.values():
        below = [
            places[region.code]
            for region in group.regions
            if region.level == Region.Level.PROVINCE and region.code in places
        ]
        grouped |= {place.value for place in below}
        yield Node(group, tuple(node(place) for place in below))
    for place in places.values():
        if place.regions[0].level == Region.Level.PROVINCE and place.value not in grouped:
            yield node(place)
