"""The one door to the homes that a worker holds in memory.

Nothing else imports `institutions.search.memory`. Without that folder and the setting FACETS every
answer is the same, and takes longer: the database gives it.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from django.conf import settings
from django.db.models import OrderBy, Q, QuerySet
from pyroaring import BitMap

from institutions.models import Listing
from institutions.models.tokens import Sought
from regions.places.gazetteer import Gazetteer
from regions.places.map_cells import Cell, Window


class Grid(Protocol):
    """The positions of homes."""

    @property
    def placed(self) -> BitMap:
        """The homes whose position is known."""

    def group_by_cell(self, rows: BitMap, window: Window) -> Mapping[Cell, BitMap]:
        """Return the homes of `rows` by the cells of the window that they lie in."""

    def extent_of(self, rows: BitMap) -> Window | None:
        """Return the window around the homes of `rows`; None: no position is known."""


class CardReader(Protocol):
    """Rows that cards are made of, some kept from before."""

    def read(
        self, ids: Iterable[int], base: QuerySet[Listing], known: Gazetteer
    ) -> Mapping[int, Listing]:
        """Return the rows of these ids; those that are not kept are read from `base`."""


class MemoryIndex(Protocol):
    """Every published home as one worker holds it, read by the database's own conditions."""

    @property
    def everything(self) -> BitMap:
        """The ids of all homes."""

    @property
    def map_grid(self) -> Grid:
        """Their positions."""

    @property
    def card_rows(self) -> CardReader:
        """Rows of their cards."""

    def find(self, condition: Any, /) -> BitMap:
        """Return the homes that meet a condition as the ORM takes it."""

    def all_of(self, conditions: Iterable[Q], /) -> BitMap:
        """Return the homes that meet every condition."""

    def choosing(self, choice: Hashable, /) -> BitMap:
        """Return the homes that a choice of a facet finds."""

    def choosing_each(self, facet: Hashable, /) -> list[BitMap]:
        """Return the homes that each choice of a facet finds."""

    def regions_designating(self, kind: Hashable, /) -> frozenset[str]:
        """Return the regions whose list of this kind has a home on it."""

    def lists_met(self, lists: Hashable, /) -> Any:
        """Return the sets of these lists that any home is on."""

    def first_holding(self, sought: Sought, most: int, /) -> Iterable[int]:
        """Return the first homes that hold the words."""

    def held_by_each(self, several: Sequence[Sought], most: int, /) -> Sequence[Any]:
        """Return who holds each of several terms, at most so many of each."""

    def can_order(self, orders: list[OrderBy], /) -> bool:
        """Return whether memory holds all that these orders go by."""

    def ordered_slice(
        self, rows: BitMap, orders: Iterable[OrderBy], start: int, stop: int, /
    ) -> list[int]:
        """Return the ids from `start` to `stop` of `rows` in this order; ties stand by id."""


def current_index() -> MemoryIndex | None:
    """Return what this worker holds, if the setting asks for it and it is fresh."""
    if getattr(settings, "FACETS", "orm") != "bitmaps":
        return None
    from institutions.search.memory import snapshot

    return snapshot.current()
