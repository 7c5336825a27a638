"""What has changed of the homes since somebody last read them, so that their copy can follow."""

import re
import uuid
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from institutions.models import Listing, ListingChange

# Whoever missed more than so many homes reads everything anew.
MOST = 5_000
BOOKMARK = re.compile(r"0|([1-9]\d{0,17})-([0-9a-f]{32})", re.ASCII)
Bookmark = tuple[int, uuid.UUID | None]


class BookmarkField(forms.CharField):
    """The last change that a reader has seen: its number and token, or 0 before any."""

    def clean(self, value: Any) -> Bookmark | None:
        text = super().clean(value)
        if not text:
            return None
        told = BOOKMARK.fullmatch(text)
        if not told:
            raise ValidationError("这不是上一次回答里的 since。不写它，就从头读起。")
        return (int(told[1]), uuid.UUID(told[2])) if told[1] else (0, None)


class SinceForm(forms.Form):
    since = BookmarkField(label="照抄上一次回答里的 since；不写是第一次读", required=False)


@dataclass(frozen=True)
class News:
    """Homes to read again and homes to drop; `everything`: too much is new to name it."""

    everything: bool
    changed: list[int]
    gone: list[int]
    since: str


def news(seen: Bookmark | None) -> News:
    """What changed after the change a reader has seen. Changes are numbered as they commit.

    The last change is read before the homes: what changes meanwhile is told the next time.
    """
    last = ListingChange.objects.order_by("pk").last()
    since = f"{last.pk}-{last.token.hex}" if last else "0"
    changes = None if seen is None else ListingChange.objects.after(*seen)
    told = [change.institutions for change in changes or ()]
    ids = {pk for some in told for pk in some or ()}
    if changes is None or None in told or len(ids) > MOST:
        return News(True, [], [], since)
    there = set(Listing.objects.filter(pk__in=ids).values_list("pk", flat=True))
    return News(False, sorted(there), sorted(ids - there), since)
