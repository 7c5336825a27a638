"""The parameters of an address as everybody below reads them.

A parameter without a value asks for nothing, on every page, file, feed and call of the API. A
parameter of a family is no longer than it can mean, since each link of a page carries it on.
"""

import re
from collections.abc import Callable
from urllib.parse import quote_plus, unquote_plus

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from regions.elder.parameters import is_of_family

# Space of any kind, and the marks without width that come along when text is copied.
BLANK = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]*")
# Letters of a name and of a value that describe a family: the longest that is understood has 100,
# and one more makes it too long. Pairs of them: all ten parameters with all their choices have 60.
LONGEST_NAME, LONGEST_VALUE, MOST = 20, 101, 60


def tidy_parameters(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: a browser sends every field of a form, filled in or not.

    The query itself is changed, before anybody reads it, so that the links of a page do not carry
    on what nobody asked. The back office has empty values of its own that mean something; the API
    has no links, and names what is too long.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "")
        if query and not request.path_info.startswith(reverse("admin:index")):
            query = without_blanks(query)
            if len(query) > LONGEST_VALUE and not request.path_info.startswith("/api/"):
                query = with_short_values(query)
            request.META["QUERY_STRING"] = query
        return get_response(request)

    return middleware


def without_blanks(query: str) -> str:
    """Return the query less the pairs that have no value; the others as they were, in their
    order.
    """
    return "&".join(pair for pair in query.split("&") if not is_blank(pair))


def is_blank(pair: str) -> bool:
    return BLANK.fullmatch(unquote_plus(pair.partition("=")[2])) is not None


def with_short_values(query: str) -> str:
    """Return the query with the parameters of a family cut; all else as it was, in its order."""
    kept, number = [], 0
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if not is_of_family(name := unquote_plus(name)):
            kept.append(pair)
        elif number < MOST and len(name) <= LONGEST_NAME:
            number += 1
            text = unquote_plus(value)
            short = text[:LONGEST_VALUE]
            kept.append(pair if text == short else f"{quote_plus(name)}={quote_plus(short)}")
    return "&".join(kept)
