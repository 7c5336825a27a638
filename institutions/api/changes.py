"""Homes changed since a reader's last request, so that their copy can follow."""

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
        match = BOOKMARK.fullmatch(text)
        if not match:
            raise ValidationError("这不是上一次回答里的 since。不写它，就从头读起。")
        return (int(match[1]), uuid.UUID(match[2])) if match[1] else (0, None)


class SinceForm(forms.Form):
    since = BookmarkField(label="照抄上一次回答里的 since；不写是第一次读", required=False)


@dataclass(frozen=True)
class HomeChanges:
    """Homes to read again and homes to drop; `everything`: too much is new to name it."""

    everything: bool
    changed: list[int]
    gone: list[int]
    since: str


def changes_since(seen: Bookmark | None) -> HomeChanges:
    """Return the homes changed after `seen`. Changes are numbered as they commit.

    The last change is read before the homes: later changes are returned the next time.
    """
    last = ListingChange.objects.order_by("pk").last()
    since = f"{last.pk}-{last.token.hex}" if last else "0"
    changes = None if seen is None else ListingChange.objects.changes_after(*seen)
    listed = [change.institutions for change in changes or ()]
    ids = {pk for some in listed for pk in some or ()}
    if changes is None or None in listed or len(ids) > MOST:
        return HomeChanges(True, [], [], since)
    there = set(Listing.objects.filter(pk__in=ids).values_list("pk", flat=True))
    return HomeChanges(False, sorted(there), sorted(ids - there), since)
