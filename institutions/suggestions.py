"""What a text so far may mean: places that hold homes, and homes; offered while somebody types.

At most eight, whatever is typed. A full search finds more, and what is only alike.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import F, OrderBy, Q, Value
from django.db.models.functions import Replace
from django.urls import reverse

from institutions.cards import place_words
from institutions.filters import LONGEST_QUERY, RECOMMENDED
from institutions.models import Listing
from institutions.models.tokens import All, First, Sought
from institutions.search import beginning, holding_all, read
from institutions.tokens import fold, squeezed
from regions.models import Region
from regions.models.region import in_ranges

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

    Six queries at most: regions of the name, homes in them, regions in the words with their
    successors, homes whose name begins so, homes that hold the words.
    """
    if not squeezed(fold(text)) or len(text) > LONGEST_QUERY:
        return []
    places = _places(squeezed(fold(text)))
    asked = read(text)
    sought = holding_all(asked)
    homes = _homes(All((beginning(asked), sought)), MOST - len(places))
    if len(homes) + len(places) < MOST:
        more = _homes(sought, MOST)
        homes += [home for home in more if home not in homes]
    return [*places, *homes][:MOST]


def _places(text: str) -> list[Suggestion]:
    """Regions whose name or pinyin begins so, wide ones first, if any home lies in them."""
    spelt = Replace(F("pinyin"), Value(" "), Value(""))
    rows = Region.objects.current().exclude(level=Region.Level.NATION).alias(spelt=spelt)
    begun = Q(name__startswith=text) | Q(short_name__startswith=text)
    if text.isascii():
        begun = Q(spelt__startswith=text)
    found = rows.filter(begun).with_ancestors().order_by("level", "code")[: 3 * MOST_PLACES]
    held = [region for region, has in _with_homes(found) if has]
    return [
        Suggestion(
            place_words(region),
            "地区",
            f"{reverse('institutions')}?{urlencode({'region': region.code})}",
            region=region.code,
        )
        for region in held[:MOST_PLACES]
    ]


def _with_homes(regions: Iterable[Region]) -> list[tuple[Region, bool]]:
    """Each region with whether a home lies in it."""
    found = list(regions)
    if not found:
        return []
    inside = in_ranges("region", [region.code_range() for region in found])
    rows = Listing.objects.filter(inside).order_by().values_list("region", flat=True).distinct()
    codes = list(rows)
    ranges = [region.code_range() for region in found]
    return [
        (region, any(low <= code <= high for code in codes))
        for region, (low, high) in zip(found, ranges, strict=True)
    ]


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
