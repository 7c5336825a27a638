"""The bitmaps of this worker, kept as fresh as the listings.

A few changed listings are taken in by whoever asks next; many are loaded in a thread, and one
reference is swapped. Nobody waits for a load: until it is there the database answers itself.
"""

import threading
import uuid
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass

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
class LoadedSnapshot:
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

    A replica may lag behind the primary, so each database has bitmaps of its own: change numbers
    are compared inside one only.
    """

    def __init__(self, start: Callable[[Callable[[], None]], None] = in_thread) -> None:
        self._start = start
        self._of: dict[str, LoadedSnapshot] = {}
        self._taking_in = threading.Lock()
        self._loading = threading.Lock()

    @property
    def _snapshot(self) -> LoadedSnapshot | None:
        return self._of.get(router.db_for_read(ListingChange))

    @_snapshot.setter
    def _snapshot(self, seen: LoadedSnapshot) -> None:
        self._of[router.db_for_read(ListingChange)] = seen

    def current(self) -> Bitmaps | None:
        """Return bitmaps fresh enough to answer by, or None: ask the database. Mostly one query."""
        seen = self._snapshot
        changes = seen and ListingChange.objects.changes_after(seen.number, seen.token)
        if seen is None or changes is None:
            return self._load_aside(None)
        if not changes:
            return seen.bitmaps
        changed_ids = [change.institutions for change in changes]
        changed = {pk for ids in changed_ids for pk in ids or ()}
        young = timezone.now() - changes[0].at < MOST_LAG
        meanwhile = seen.bitmaps if young else None
        if None not in changed_ids and len(changed) <= FEW:
            return self._apply_changes(seen, changed, changes[-1], meanwhile)
        return self._load_aside(meanwhile)

    def _apply_changes(
        self, seen: LoadedSnapshot, ids: set[int], last: ListingChange, meanwhile: Bitmaps | None
    ) -> Bitmaps | None:
        """Return bitmaps with these changes; `meanwhile` where another thread takes long over
        them.
        """
        if not self._taking_in.acquire(timeout=MOST_WAIT):
            return meanwhile
        try:
            if self._snapshot is seen:
                self._snapshot = LoadedSnapshot(seen.bitmaps.with_changes(ids), last.pk, last.token)
        finally:
            self._taking_in.release()
        # Another thread may have taken in the same changes, or later ones.
        return self._snapshot.bitmaps if self._snapshot else None

    def _load_aside(self, meanwhile: Bitmaps | None) -> Bitmaps | None:
        """Start a load if none runs. Returns it if it is there already, else `meanwhile`."""
        before = self._snapshot
        if self._loading.acquire(blocking=False):
            self._start(self._load_snapshot)
        return (
            self._snapshot.bitmaps if self._snapshot and self._snapshot is not before else meanwhile
        )

    def _load_snapshot(self) -> None:
        """Load everything; the last change is read first, so that later changes are read again."""
        try:
            last = ListingChange.objects.order_by("pk").last()
            number, token = (last.pk, last.token) if last else (0, None)
            self._snapshot = LoadedSnapshot(Bitmaps.load_all(), number, token)
        finally:
            self._loading.release()


index = BitmapIndex()


def current() -> Bitmaps | None:
    """Return this worker's bitmaps, if they are fresh."""
    return index.current()
