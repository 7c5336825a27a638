"""Conditional requests of the API: ETag and Last-Modified.

Both come from the last change of the listings, so that an answer that has not changed costs one
query. Answers about a family are never compared, since no cache may keep them.
"""

import datetime
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag
from rest_framework.request import Request

from institutions.models import ListingChange
from institutions.models.change import MOST_LAG
from regions.elder.parameters import is_of_family

# Goes up when the same rows are written in another way.
SHAPE = 2
View = Callable[..., HttpResponseBase]


def unless_unchanged(view: View) -> View:
    """Answer 304 where the reader already has the current answer."""

    @wraps(view)
    def fresh(request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        family = filter(is_of_family, request.GET)
        last = None if any(map(request.GET.get, family)) else _last_change()
        if last is None:
            return view(request, *args, **kwargs)
        etag, modified = _make_etag(last), _modified(last)
        same = get_conditional_response(request, etag=etag, last_modified=modified)
        response = same or view(request, *args, **kwargs)
        if response.status_code >= 400:  # nothing to keep or to compare
            return response
        response.headers["ETag"] = etag
        response.headers["Last-Modified"] = http_date(modified)
        response.headers["Cache-Control"] = "public, max-age=60"
        return response

    return fresh


def _last_change() -> ListingChange | None:
    """None while old bitmaps may still answer: what is shown is not yet what is stored."""
    last = ListingChange.objects.order_by("pk").last()
    return last if last and timezone.now() - last.at > 2 * MOST_LAG else None


def _make_etag(last: ListingChange) -> str:
    """Return an ETag with the day in it, on which free beds and prices in force depend."""
    return quote_etag(f"{SHAPE}-{timezone.localdate():%Y%m%d}-{last.token.hex}")


def _modified(last: ListingChange) -> int:
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return int(max(last.at, midnight.astimezone(datetime.UTC)).timestamp())
