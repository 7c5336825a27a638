"""Keep what an address reveals of an elder and the family between the reader and the site."""

from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.core.exceptions import TooManyFieldsSent
from django.http import HttpRequest, HttpResponse

from regions.elder.parameters import is_of_family


def family_params(request: HttpRequest) -> list[tuple[str, str]]:
    """Return the parameters that describe a family; none of an address too long to be read."""
    try:
        parameters = request.GET.lists()
    except TooManyFieldsSent:
        return []
    return [
        (name, value)
        for name, values in parameters
        for value in values
        if value and is_of_family(name)
    ]


def keep_private(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: a page made for an elder is kept by no cache, shared or in the browser.

    Posted data and the target of a redirect may describe one as well.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if (
            request.method == "POST"
            or family_params(request)
            or describes_family(response.headers.get("Location", ""))
        ):
            response.headers["Cache-Control"] = "private, no-store"
        return response

    return middleware


def describes_family(address: str) -> bool:
    """Return whether the target of a redirect describes a family."""
    names = [name for name, _ in parse_qsl(urlsplit(address).query)]
    return any(map(is_of_family, names))


def carried(request: HttpRequest) -> dict[str, str]:
    """Template context: what links to other priced pages carry on, to open or to join a query."""
    query = urlencode(family_params(request), safe=":")
    return {"elder_query": f"?{query}" if query else "", "elder_and": f"&{query}" if query else ""}
