"""Words in, a condition on listings out."""

from functools import reduce
from operator import and_, or_

from django.db.models import Q

from regions.models import Region
from regions.models.region import SEPARATORS, within

MOST_WORDS = 8
LOOKED_IN = (
    "institution__name",
    "institution__aliases",
    "institution__operator",
    "institution__address",
    "region__name",
    "region__parent__name",
    "region__parent__parent__name",
)


def words(text: str) -> list[str]:
    """What a family typed, cut at spaces and at what stands between the parts of a place."""
    return [word for word in SEPARATORS.split(text) if word]


def matching(text: str) -> Q:
    """Listings in the place that the whole text names (北京朝阳), or that hold every word of it.

    A word may stand in the name, the aliases, the operator, the address or the region.
    """
    holding = reduce(and_, (_holding(word) for word in words(text)), Q())
    try:
        place = Region.objects.resolve(text)
    except (Region.DoesNotExist, Region.MultipleObjectsReturned):
        return holding
    return holding | within("region", [place])


def _holding(word: str) -> Q:
    return reduce(or_, (Q(**{f"{field}__icontains": word}) for field in LOOKED_IN))
