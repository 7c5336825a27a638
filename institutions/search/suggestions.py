"""Suggestions while somebody types: places that hold homes, and homes.

At most eight. A full search finds more, and similar names.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse

from institutions.models import Institution, Listing, Tokens
from institutions.models.tokens import All, Sought
from institutions.register.tokens import LONGEST, fold_text, squeeze
from institutions.search.filters import LONGEST_QUERY, RECOMMENDED
from institutions.search.index import MemoryIndex, current_index
from institutions.search.text import Word, beginning, holding_all, read_words
from regions.models import Region
from regions.models.region import NATION, in_ranges
from regions.places.gazetteer import Gazetteer, gazetteer

MOST = 8
MOST_PLACES = 3
# Of homes that hold a common word, so many are looked at: enough to choose eight from.
LOOKED_AT = 200


@dataclass(frozen=True)
class Suggestion:
    """One option: its words, a note to distinguish it from others of the name, and its link."""

    words: str
    hint: str
    url: str
    is_demo: bool = False
    region: str = ""
    home: int | None = None


def suggestions(text: str) -> list[Suggestion]:
    """Places first, then names that begin so, then homes there or that hold the words.

    Five queries at most while the bitmaps are there: whether regions or homes changed, homes whose
    name begins so, homes that hold the words, and the names of those that are shown.
    """
    if not squeeze(fold_text(text)) or len(text) > LONGEST_QUERY:
        return []
    known, bitmaps = gazetteer(), current_index()
    places = _place_suggestions(squeeze(fold_text(text)), known, bitmaps)
    ids: list[int] = []
    for among in _wider_and_wider(read_words(text, known), bitmaps):
        ids += [pk for pk in _best_ids(among, MOST, bitmaps) if pk not in ids]
        if len(ids) + len(places) >= MOST:
            break
    return [*places, *_home_suggestions(ids[: MOST - len(places)], known)]


def _wider_and_wider(asked: list[Word], bitmaps: MemoryIndex | None) -> Iterator[Q]:
    """Yield homes whose name begins so, those in the place that was typed alone, those that hold
    it.
    """
    sought = holding_all(asked)
    yield _first_matches(_beginning_so(asked, sought), bitmaps)
    if len(asked) == 1 and asked[0].places and not asked[0].rest:
        yield in_ranges("region", [place.code_range() for place in asked[0].places])
    yield _first_matches(sought, bitmaps)


def _beginning_so(asked: list[Word], sought: Sought) -> Sought:
    """Names that begin as the words do, and hold them: a single word they hold, if they do."""
    begun = beginning(asked)
    if len(asked) == 1 and not asked[0].places and len(asked[0].text) <= LONGEST:
        return begun
    return All((begun, sought))


def _place_suggestions(
    text: str, known: Gazetteer, bitmaps: MemoryIndex | None
) -> list[Suggestion]:
    """Return regions whose name or pinyin begins so, wide ones first, if any home lies in them."""
    regions = known.regions.values()
    begun = (region for region in regions if region.code != NATION and _begins_with(region, text))
    found = sorted(begun, key=lambda region: (region.level, region.code))[: 3 * MOST_PLACES]
    held = (region for region in found if _has_homes(region, bitmaps))
    return [
        Suggestion(
            region.path_words,
            "地区",
            f"{reverse('institutions')}?{urlencode({'region': region.code})}",
            region=region.code,
        )
        for region in islice(held, MOST_PLACES)
    ]


def _begins_with(region: Region, text: str) -> bool:
    if text.isascii():
        return region.pinyin.replace(" ", "").startswith(text)
    return region.name.startswith(text) or region.short_name.startswith(text)


def _has_homes(region: Region, bitmaps: MemoryIndex | None) -> bool:
    inside = in_ranges("region", [region.code_range()])
    if bitmaps:
        return bool(bitmaps.find(inside))
    return Listing.objects.filter(inside).exists()


def _first_matches(sought: Sought, bitmaps: MemoryIndex | None) -> Q:
    """Return the condition of being one of the first homes that hold the words."""
    holding = bitmaps.first_holding if bitmaps else Tokens.objects.holding
    return Q(pk__in=list(holding(sought, LOOKED_AT)))


def _best_ids(among: Q, most: int, bitmaps: MemoryIndex | None) -> list[int]:
    """Return the ids of the homes to recommend first."""
    if bitmaps:
        return bitmaps.ordered_slice(bitmaps.find(among), RECOMMENDED, 0, most)
    rows = Listing.objects.filter(among).order_by(*RECOMMENDED, "pk")
    return list(rows.values_list("pk", flat=True)[:most])


def _home_suggestions(ids: list[int], known: Gazetteer) -> list[Suggestion]:
    rows = Institution.objects.published().only("name", "region", "is_demo").in_bulk(ids)
    return [
        Suggestion(
            home.name,
            (known.names.by_code.get(home.region_id) or home.region).path_words,
            home.get_absolute_url(),
            home.is_demo,
            home=pk,
        )
        for pk in ids
        if (home := rows.get(pk))
    ]
