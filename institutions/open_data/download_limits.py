"""Limits on simultaneous downloads of open data by one network.

To write a file of a whole country's register takes minutes, and a thread of a worker all the while:
so many a minute would not keep one network from holding every thread, so many at once do.
"""

import secrets
from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from carebridge.lib import visitors
from carebridge.lib.limits import LIMITS

# After `seconds` a place is free again although nobody gave it back: its worker was killed.
LIMIT = LIMITS["downloads"]
# Retry-After in seconds; the duration of the other downloads is unknown.
WAIT = 30
View = Callable[..., HttpResponseBase]


def few_at_once(view: View) -> View:
    """Answer 429 while the visitor's network has as many files on the way as it may."""

    @wraps(view)
    def limited(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        most, network = LIMIT.most, visitors.network(request)
        if not most or not network or request.method == "HEAD":
            return view(request, *args, **kwargs)
        mine = secrets.token_hex(8)
        places = (f"download:{network}:{n}" for n in range(most))
        place = next((place for place in places if cache.add(place, mine, LIMIT.seconds)), None)
        if place is None:
            return _refuse_for_now(most)
        try:
            response = view(request, *args, **kwargs)
        except BaseException:
            _release_place(place, mine)
            raise
        # Every server closes an answer, when it is sent or when the reader went away.
        response._resource_closers.append(partial(_release_place, place, mine))  # type: ignore[attr-defined]
        return response

    return limited


def _release_place(place: str, mine: str) -> None:
    """Release the place, unless it expired meanwhile and is somebody else's."""
    if cache.get(place) == mine:
        cache.delete(place)


def _refuse_for_now(most: int) -> HttpResponse:
    text = (
        f"同一个网络地址，同时只能下载 {most} 个文件。请等前面的下完，再来下这一个。\n"
        "没有在下载的话，可能是同一个网络里别的人在下，也可能是上一次断了，请过几分钟再试。\n"
    )
    headers = {"Retry-After": str(WAIT), "Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
    return HttpResponse(text, status=429, headers=headers, content_type="text/plain; charset=utf-8")
