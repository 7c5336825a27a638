"""Limits of one network at the site: the one table for every door, and its counters.

Counts stand in the cache: without a shared one (`CACHE_URL`) each worker process counts its own.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from carebridge.lib import visitors

MINUTE = 60
DAY = 24 * 60 * MINUTE


@dataclass(frozen=True)
class Limit:
    """A number, from the setting, in so many seconds; 0 in the setting: without a limit."""

    setting: str
    seconds: int

    @property
    def most(self) -> int:
        return int(getattr(settings, self.setting))


LIMITS = {
    # Requests to the API.
    "api": Limit("API_PER_MINUTE", MINUTE),
    # Forms with a password: each costs a third of a second of computing, right or wrong.
    "passwords": Limit("PASSWORDS_IN_TEN_MINUTES", 10 * MINUTE),
    # Those that were not accepted, and wrong codes of the second factor. Many people share the
    # address of an office, and some of them mistype: this is for a network, five for a name.
    "wrong": Limit("WRONG_PASSWORDS_IN_TEN_MINUTES", 10 * MINUTE),
    # Corrections sent by readers. A street office or a hospital ward may be one address.
    "corrections": Limit("CORRECTIONS_A_DAY", DAY),
    # Files of open data on the way at once; one on the way for longer no longer counts.
    "downloads": Limit("DOWNLOADS_AT_ONCE", 30 * MINUTE),
}


def take(door: str, request: HttpRequest) -> int:
    """Count one more at the door: 0, or in how many seconds the network may come again."""
    limit, key = LIMITS[door], _key(door, request)
    if key is None:
        return 0
    cache.add(key, 0, 2 * limit.seconds)
    try:
        number = cache.incr(key)
    except ValueError:  # the cache has just lost it, or keeps nothing at all
        return 0
    return _left(limit) if number > limit.most else 0


def wait(door: str, request: HttpRequest) -> int:
    """Return 0, or the seconds until the network may come again; counts nothing."""
    limit, key = LIMITS[door], _key(door, request)
    if key is None or cache.get(key, 0) < limit.most:
        return 0
    return _left(limit)


def _key(door: str, request: HttpRequest) -> str | None:
    """Name the count of this span of time; None where nothing is limited."""
    limit, network = LIMITS[door], visitors.network(request)
    if not limit.most or network is None:
        return None
    return f"limit:{door}:{network}:{int(time.time()) // limit.seconds}"


def _left(limit: Limit) -> int:
    """Return the seconds that are left of this span of time, at least one."""
    return limit.seconds - int(time.time()) % limit.seconds


class Gate:
    """Counter of the threads of this process behind a door: in all, and of one network.

    A server without an address counts as one network here: it is threads that are spared.
    """

    def __init__(self, most: int, of_one: int) -> None:
        self.most, self.of_one = most, of_one
        self._inside: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def enter(self, request: HttpRequest) -> Iterator[bool]:
        """Yield whether there is room; whoever is let in counts until the block is left."""
        network = visitors.network(request) or ""
        with self._lock:
            is_in = self._inside.total() < self.most and self._inside[network] < self.of_one
            if is_in:
                self._inside[network] += 1
        try:
            yield is_in
        finally:
            if is_in:
                with self._lock:
                    self._inside[network] -= 1
                    self._inside += Counter()  # forget who is gone
