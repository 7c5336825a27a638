"""What a text so far may mean: places that hold homes, and homes; offered while somebody types.

At most eight, whatever is typed. A full search finds more, and what is only alike.
"""

from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlencode

from django.db.models import OrderBy
from django.urls import reverse

from institutions import bitmap_index
from institutions.bitmaps import Bitmaps
from institutions.cards import place_words
from institutions.filters import LONGEST_QUERY, RECOMMENDED
from institutions.models import Listing
from institutions.models.tokens import All, First, Sought
from institutions.search import Word, beginning, holding_all, read
from institutions.tokens import LONGEST, fold, squeezed
from regions.gazetteer import gazetteer
from regions.models import Region
from regions.models.region import NATION, in_ranges

MOST = 8
MOST_PLACES = 3
# All that an option shows of a home: whole rows would take longer than the search.
HOME = "institution__region"
COLUMNS = (
    "is_demo",
    "institution__name",
    HOME,
    *(f"{HOME}__{name}" for name in ("name", "parent", "parent__name", "parent__parent")),
    f"{HOME}__parent__parent__name",
    f"{HOME}__parent__parent__parent",
)
# Of homes that hold a common word, so many are looked at: enough to choose eight from.
LOOKED_AT = 200


@dataclass(frozen=True)
class Suggestion:
    """One option: its words, what tells it from others of the name, and where it leads."""

    words: str
    hint: str
    url: str
    is_demo: bool = False
    region: str = ""
    home: int | None = None


def suggestions(text: str) -> list[Suggestion]:
    """Places first, then names that begin so, then homes that hold the words.

    Six queries at most: whether regions or homes changed, regions in the words with their
    successors, homes whose name begins so, homes that hold the words.
    """
    if not squeezed(fold(text)) or len(text) > LONGEST_QUERY:
        return []
    places = _places(squeezed(fold(text)))
    asked = read(text)
    sought = holding_all(asked)
    homes = _homes(_beginning_so(asked, sought), MOST - len(places))
    if len(homes) + len(places) < MOST:
        more = _homes(sought, MOST)
        homes += [home for home in more if home not in homes]
    return [*places, *homes][:MOST]


def _beginning_so(asked: list[Word], sought: Sought) -> Sought:
    """Names that begin as the words do, and hold them: a single word they hold, if they do."""
    begun = beginning(asked)
    if len(asked) == 1 and not asked[0].places and len(asked[0].text) <= LONGEST:
        return begun
    return All((begun, sought))


def _places(text: str) -> list[Suggestion]:
    """Regions whose name or pinyin begins so, wide ones first, if any home lies in them."""
    known = gazetteer().regions.values()
    begun = (region for region in known if region.code != NATION and _begins(region, text))
    found = sorted(begun, key=lambda region: (region.level, region.code))[: 3 * MOST_PLACES]
    bitmaps = bitmap_index.current() if found else None
    held = (region for region in found if _has_homes(region, bitmaps))
    return [
        Suggestion(
            place_words(region),
            "地区",
            f"{reverse('institutions')}?{urlencode({'region': region.code})}",
            region=region.code,
        )
        for region in islice(held, MOST_PLACES)
    ]


def _begins(region: Region, text: str) -> bool:
    if text.isascii():
        return region.pinyin.replace(" ", "").startswith(text)
    return region.name.startswith(text) or region.short_name.startswith(text)


def _has_homes(region: Region, bitmaps: Bitmaps | None) -> bool:
    inside = in_ranges("region", [region.code_range()])
    if bitmaps:
        return bool(bitmaps.find(inside))
    return Listing.objects.filter(inside).exists()


def _homes(sought: Sought, most: int) -> list[Suggestion]:
    rows = Listing.objects.filter(pk__holds=First(sought, LOOKED_AT))
    order: tuple[OrderBy | str, ...] = (*RECOMMENDED, "pk")
    chosen = rows.select_related(f"{HOME}__parent__parent").only(*COLUMNS).order_by(*order)[:most]
    return [
        Suggestion(
            row.institution.name,
            place_words(row.institution.region),
            row.institution.get_absolute_url(),
            row.is_demo,
            home=row.pk,
        )
        for row in chosen
    ]
