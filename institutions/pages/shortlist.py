"""Homes put aside to talk over: the address is the list, so a link shares it."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from django.http import QueryDict
from django.urls import reverse

from institutions.models import Listing
from institutions.pages.compare import page as comparison
from institutions.pages.parts import carried_homes as picked
from institutions.pages.parts.card import Card, make_card
from regions.places.anchors import AnchorForm

MOST = picked.MOST_KEPT


@dataclass(frozen=True)
class ShortlistEntry:
    """One home of the list, and the addresses of the list without it and with it moved."""

    card: Card
    without_url: str
    up_url: str
    down_url: str


def address(ids: Iterable[int], **more: str) -> str:
    """Return the page of a list; nothing of the elder is in it. Always with a query."""
    return picked.address("shortlist", ids, more)


class Shortlist:
    """The homes that an address names, in its order, and what was wrong with the address.

    `search` is the one that the homes were picked from, as a parameter; links take it along.
    """

    def __init__(self, query: QueryDict, on: datetime.date, search: Mapping[str, str]) -> None:
        self.search = search
        texts = list(dict.fromkeys(text.strip() for text in query.getlist("id")))
        asked = picked.read_ids(texts)
        self.unreadable = [text for text in texts if text and not picked.is_id(text)]
        self.left_off = len(asked[MOST:])
        found = Listing.objects.for_cards().in_bulk(asked[:MOST])
        self.unknown = [pk for pk in asked[:MOST] if pk not in found]
        self.ids = [pk for pk in asked[:MOST] if pk in found]
        anchors = AnchorForm(query).anchors
        self.cards = [make_card(found[pk], [], on, anchors=anchors) for pk in self.ids]

    @cached_property
    def entries(self) -> list[ShortlistEntry]:
        last = len(self.ids) - 1
        return [
            ShortlistEntry(
                home,
                self._moved_url(self.ids[:place] + self.ids[place + 1 :]),
                self._moved_url(_swapped(self.ids, place - 1)) if place else "",
                self._moved_url(_swapped(self.ids, place)) if place < last else "",
            )
            for place, home in enumerate(self.cards)
        ]

    def _moved_url(self, ids: list[int]) -> str:
        """Return the address of another list on this page, to which the elder can be added."""
        return address(ids, **self.search)

    @property
    def url(self) -> str:
        """Return the path of the list without doubles and missing homes."""
        return address(self.ids) if self.ids else reverse("shortlist")

    @property
    def more_url(self) -> str:
        """Return the register as it was searched, carrying the list along."""
        return picked.register(picked.KEPT, self.ids, self.search)

    @property
    def compared(self) -> list[int]:
        """Return the first of the list, as many as can be compared; none where there is but one."""
        return self.ids[: comparison.MOST] if len(self.ids) > 1 else []

    @property
    def compare_url(self) -> str:
        return comparison.address(self.compared, **self.search)

    @property
    def problems(self) -> list[str]:
        """Return the errors of the address in words: unreadable or missing ids."""
        messages = [f"“{text[:20]}”不是机构编号，没有列出。" for text in self.unreadable[:MOST]]
        if self.unknown:
            numbers = "、".join(map(str, self.unknown))
            messages.append(f"编号 {numbers} 的机构找不到：可能已经下架，也可能网址抄错了。")
        if self.left_off:
            messages.append(f"一份清单最多 {MOST} 家，后面 {self.left_off} 家没有列出。")
        return messages


def _swapped(ids: list[int], place: int) -> list[int]:
    """Return the list with the home at `place` and the next one in each other's place."""
    return [*ids[:place], ids[place + 1], ids[place], *ids[place + 2 :]]
