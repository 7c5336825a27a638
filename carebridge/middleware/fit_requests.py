"""Characters that no text is made of never get from a request into a page or a row."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus, unquote_to_bytes

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.datastructures import MultiValueDict

from carebridge.lib.fit_text import UNFIT, fit, fit_lines, marked

LATIN = "latin-1"  # how a server hands on bytes


def clean_requests(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: a mark in the place of each in an address, none in cookies, headers and forms.

    A form is cleaned when somebody reads it, so nothing is read sooner than it was.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        request.path, request.path_info = marked(request.path), marked(request.path_info)
        query = request.META.get("QUERY_STRING", "")
        if "%" in query or not query.isprintable() or not query.isascii():
            request.META["QUERY_STRING"] = "&".join(map(_marked_pair, query.split("&")))
        for name, value in request.META.items():
            if name.startswith("HTTP_") and UNFIT.search(value):
                request.META[name] = fit(value)
        request.COOKIES = {fit(name): fit(value) for name, value in request.COOKIES.items()}
        _clean_when_read(request)
        return get_response(request)

    return middleware


def _marked_pair(pair: str) -> str:
    """Return the pair as it was sent, but for what no text is made of."""
    name, equals, value = pair.partition("=")
    return equals.join(map(_marked_part, (name, value))) if equals else _marked_part(name)


def _marked_part(part: str) -> str:
    sent = part.encode(LATIN, "replace").replace(b"+", b" ")
    read = unquote_to_bytes(sent).decode("utf-8", "replace")
    return quote_plus(marked(read)) if UNFIT.search(read) else part


def _clean_when_read(request: Any) -> None:
    """Let the form of the request be read as before, then cleaned."""
    load = request._load_post_and_files

    def load_clean() -> None:
        load()
        request._post, request._files = _clean(request._post), _clean_names(request._files)

    request._load_post_and_files = load_clean


def _clean(post: QueryDict) -> QueryDict:
    cleaned = QueryDict(mutable=True, encoding=post.encoding)
    for name, values in post.lists():
        cleaned.setlist(fit(name), list(map(fit_lines, values)))
    cleaned._mutable = False
    return cleaned


def _clean_names(files: MultiValueDict[str, Any]) -> MultiValueDict[str, Any]:
    for _, sent in files.lists():
        for file in sent:
            file.name = fit(file.name)
    return files
