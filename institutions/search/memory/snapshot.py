"""The bitmaps of this worker, kept as fresh as the listings.

A few changed listings are taken in by whoever asks next; many are loaded in a thread, and one
reference is swapped. Nobody waits for a load: until it is there the database answers itself.
"""

import threading
import uuid
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass

from django.conf import settings
from django.db import connections, router
from django.utils import timezone

from institutions.models import ListingChange
from institutions.models.change import MOST_LAG
from institutions.search.memory.bitmaps import Bitmaps

# Changed listings that are taken in at once: some milliseconds at 41,000.
FEW = 200
# Nobody waits longer than this for another who takes changes in.
MOST_WAIT = 0.05


@dataclass(frozen=True)
class Seen:
    """Bitmaps and the last change they hold: its number and token, or 0 and None before any."""

    bitmaps: Bitmaps
    number: int
    token: uuid.UUID | None


def in_thread(work: Callable[[], None]) -> None:
    """Run it aside, on the database that this request reads from."""
    context = copy_context()

    def run() -> None:
        try:
            context.run(work)
        finally:
            connections.close_all()

    threading.Thread(target=run, name="load listings", daemon=True).start()


class BitmapIndex:
    """Bitmaps that follow the database; `start` runs a load aside.

    A replica may lag behind the primary, so each database has bitmaps of its own: changes are only
    ever told apart inside one.
    """

    def __init__(self, start: Callable[[Callable[[], None]], None] = in_thread) -> None:
        self._start = start
        self._of: dict[str, Seen] = {}
        self._taking_in = threading.Lock()
        self._loading = threading.Lock()

    @property
    def _seen(self) -> Seen | None:
        return self._of.get(router.db_for_read(ListingChange))

    @_seen.setter
    def _seen(self, seen: Seen) -> None:
        self._of[router.db_for_read(ListingChange)] = seen

    def current(self) -> Bitmaps | None:
        """Bitmaps fresh enough to answer by, or None: ask the database. Mostly one query."""
        seen = self._seen
        news = seen and ListingChange.objects.after(seen.number, seen.token)
        if seen is None or news is None:
            return self._load_aside(None)
        if not news:
            return seen.bitmaps
        told = [change.institutions for change in news]
        changed = {pk for ids in told for pk in ids or ()}
        young = timezone.now() - news[0].at < MOST_LAG
        meanwhile = seen.bitmaps if young else None
        if None not in told and len(changed) <= FEW:
            return self._take_in(seen, changed, news[-1], meanwhile)
        return self._load_aside(meanwhile)

    def _take_in(
        self, seen: Seen, ids: set[int], last: ListingChange, meanwhile: Bitmaps | None
    ) -> Bitmaps | None:
        """With these changes; `meanwhile` where another thread takes long over them."""
        if not self._taking_in.acquire(timeout=MOST_WAIT):
            return meanwhile
        try:
            if self._seen is seen:
                self._seen = Seen(seen.bitmaps.after(ids), last.pk, last.token)
        finally:
            self._taking_in.release()
        # Another thread may have taken in the same changes, or later ones.
        return self._seen.bitmaps if self._seen else None

    def _load_aside(self, meanwhile: Bitmaps | None) -> Bitmaps | None:
        """Start a load if none runs. Returns it if it is there already, else `meanwhile`."""
        before = self._seen
        if self._loading.acquire(blocking=False):
            self._start(self._load)
        return self._seen.bitmaps if self._seen and self._seen is not before else meanwhile

    def _load(self) -> None:
        """The last change is read before the rows: what changes meanwhile is read again."""
        try:
            last = ListingChange.objects.order_by("pk").last()
            number, token = (last.pk, last.token) if last else (0, None)
            self._seen = Seen(Bitmaps.load(), number, token)
        finally:
            self._loading.release()


index = BitmapIndex()


def current() -> Bitmaps | None:
    """This worker's bitmaps, if they are asked for and fresh."""
    return index.current() if settings.FACETS == "bitmaps" else None
