"""A parameter without a value asks for nothing, on every page, file, feed and call of the API."""

import re
from collections.abc import Callable
from urllib.parse import unquote_plus

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

# Space of any kind, and the marks without width that come along when text is copied.
BLANK = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]*")


def drop_blank_parameters(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: a browser sends every field of a form, filled in or not.

    They are dropped from the query itself, before anybody reads it, so that the links of a page
    do not carry them on either. The back office has empty values of its own that mean something.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "")
        if query and not request.path_info.startswith(reverse("admin:index")):
            request.META["QUERY_STRING"] = without_blanks(query)
        return get_response(request)

    return middleware


def without_blanks(query: str) -> str:
    """The query less the pairs that have no value; the others as they were, in their order."""
    return "&".join(pair for pair in query.split("&") if not is_blank(pair))


def is_blank(pair: str) -> bool:
    return BLANK.fullmatch(unquote_plus(pair.partition("=")[2])) is not None
