"""Rows of result cards that a worker keeps: most families look at the same first pages."""

from collections.abc import Iterable

from django.db.models import QuerySet
from pyroaring import BitMap

from institutions.models import Listing
from regions.places.gazetteer import Gazetteer

# About 14 KB each. When there are more, all are dropped: no order of use is kept.
MOST = 1_000


class CardRows:
    """Rows of `ListingQuerySet.for_cards()` by id, as they stood at one change of the listings.

    They show names of regions and documents too, so they are kept for one gazetteer, which is
    another one as soon as any of those change. Whoever still reads for an older one keeps apart.
    """

    def __init__(self, rows: dict[int, Listing] | None = None, of: Gazetteer | None = None) -> None:
        self._kept = of, rows or {}

    def without(self, gone: BitMap) -> "CardRows":
        """Return a copy without the rows that changed."""
        of, rows = self._kept
        return CardRows({pk: row for pk, row in list(rows.items()) if pk not in gone}, of)

    def read(
        self, ids: Iterable[int], base: QuerySet[Listing], known: Gazetteer
    ) -> dict[int, Listing]:
        """Return the rows of these ids; those that are not kept are read from `base`, without
        regions.

        Their regions are those that the worker has: read again for each row, with all that lies
        around them, they take a sixth of the time.
        """
        of, rows = self._kept
        if of is not known or len(rows) >= MOST:
            rows = {}
            self._kept = known, rows
        found = {pk: rows.get(pk) for pk in ids}
        if missing := [pk for pk, row in found.items() if row is None]:
            read = base.in_bulk(missing)
            for row in read.values():
                if region := known.names.by_code.get(row.institution.region_id):  # or it is new
                    row.institution.region = region
            rows.update(read)
            found.update(read)
        return {pk: row for pk, row in found.items() if row is not None}
