"""Words in, a condition on listings out."""

from functools import reduce
from operator import and_, or_

from django.db.models import Q

LOOKED_IN = (
    "institution__name",
    "institution__aliases",
    "institution__operator",
    "institution__address",
    "region__name",
    "region__parent__name",
    "region__parent__parent__name",
)


def matching(text: str) -> Q:
    """Listings in which every word of `text` stands in the name, operator, address or region."""
    return reduce(and_, (_holding(word) for word in text.split()), Q())


def _holding(word: str) -> Q:
    return reduce(or_, (Q(**{f"{field}__icontains": word}) for field in LOOKED_IN))
