"""Whether two databases find the same homes in the same order: many searches as one digest."""

import hashlib
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.timezone import localdate

from institutions.models import Listing
from institutions.search.filters import InstitutionFilter
from institutions.search.finder import make_finder

from . import addresses

SEARCHES = 500
# Of each search so many ids are compared, from the first on.
COMPARED = 100


def digest() -> str:
    """Totals and ids of searches of every kind, each another one."""
    addresses.begin_again()
    kinds, found = addresses.pages(), hashlib.sha256()
    for number in range(SEARCHES):
        pairs = kinds[number % len(kinds)].pairs(number)
        found.update(f"{sorted(pairs)} {_answer(QueryDict(urlencode(pairs, doseq=True)))}".encode())
    return found.hexdigest()


def _answer(data: QueryDict) -> tuple[int, list[int]]:
    search = InstitutionFilter(data, Listing.objects.only("pk"), localdate())
    found = make_finder(search)
    rows = found.matching_rows(search.queryset, search.condition_parts(), search.order)
    return found.choice_counts().total, [row.pk for row in rows[0:COMPARED]]
