"""The site, and beside it one page of its own that is always the same bytes: the floor."""

import threading
from collections.abc import Callable, Iterable
from typing import Any

from django.test import Client

from carebridge.wsgi import application as site

PATH = "/constant/"
_kept: dict[str, bytes] = {}
_lock = threading.Lock()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The results page as it was at the first request, or whatever else was asked for."""
    if environ["PATH_INFO"] != PATH:
        return site(environ, start_response)
    with _lock:
        if "page" not in _kept:
            _kept["page"] = Client(HTTP_HOST=environ["HTTP_HOST"]).get("/institutions/").content
    start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
    return [_kept["page"]]
