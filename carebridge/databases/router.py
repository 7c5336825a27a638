"""The database of a request: a replica or the primary, and the next one when one is gone.

Everything that may write, and the back office, asks the primary. Readers ask a replica, except just
after they wrote something themselves, because a replica may lag. Each request asks one database and
no other, so what it reads belongs together.
"""

import logging
import random
from collections.abc import Callable, Iterator
from contextvars import ContextVar, copy_context
from functools import partial
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS as PRIMARY
from django.db import connections
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse

from carebridge.databases import outages
from carebridge.databases.breaker import breakers

# How long whoever wrote something reads from the primary; a replica lags by less.
FRESH_SECONDS = 15
FRESH = "fresh"
# Read from the primary always: a count that lags would let more through.
COUNTS = {"django_cache", "axes"}

logger = logging.getLogger(__name__)
_reading: ContextVar[str] = ContextVar("reading", default=PRIMARY)


class Router:
    """Reads go where the request reads; commands, and threads of their own, ask the primary."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        return PRIMARY if model._meta.app_label in COUNTS else _reading.get()

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        return PRIMARY

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool:
        return True  # every database is a copy of the one

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == PRIMARY


def choose_database(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: ask the databases in turn until one answers; if none does, answer 503."""

    def middleware(request: HttpRequest) -> HttpResponse:
        for alias in _databases_in_turn(request):
            if not breakers[alias].allows_request():
                continue
            response = _ask_database(alias, request, get_response)
            if not isinstance(response, outages.DatabaseIsGone):
                breakers[alias].close_again()
                return _remember_write(request, response)
            breakers[alias].trip_open()
            logger.error("database %s does not answer", alias)
        return outages.answer_outage(request, is_staff=_is_staff(request))

    return middleware


def _ask_database(
    alias: str, request: HttpRequest, get_response: Callable[[HttpRequest], HttpResponse]
) -> HttpResponse:
    """Return the response from one database; retry once if only the connection had died."""
    token = _reading.set(alias)
    try:
        response = get_response(request)
        if (
            isinstance(response, outages.DatabaseIsGone)
            and _is_safe(request)
            and _reconnects(alias)
        ):
            response = get_response(request)
        if isinstance(response, StreamingHttpResponse):
            _keep_reading(response)
    finally:
        _reading.reset(token)
    return response


def _keep_reading(response: StreamingHttpResponse) -> None:
    """Read a stream from the same database, although this request is over by then."""
    context, parts = copy_context(), iter(response)
    response.streaming_content = iter(partial(context.run, next, parts, None), None)


def _reconnects(alias: str) -> bool:
    connection = connections[alias]
    # Not even connected: whoever waited for that shall not wait once more.
    if connection.connection is None:
        return False
    try:
        connection.close()
        connection.ensure_connection()
    except outages.GONE:
        return False
    return True


def _databases_in_turn(request: HttpRequest) -> Iterator[str]:
    """Yield the databases that may answer, the preferred one first."""
    replicas = [alias for alias in connections if alias != PRIMARY]
    if not _is_safe(request) or _is_staff(request):
        yield PRIMARY
        return
    random.shuffle(replicas)
    yield from [PRIMARY, *replicas] if _is_fresh(request) else [*replicas, PRIMARY]


def _is_safe(request: HttpRequest) -> bool:
    """Return whether it only reads; the guide posts so that no address describes the elder."""
    return request.method in {"GET", "HEAD", "OPTIONS"} or request.path == reverse("guide")


def _is_staff(request: HttpRequest) -> bool:
    return request.path.startswith(reverse("admin:index"))


def _is_fresh(request: HttpRequest) -> bool:
    mark = request.get_signed_cookie(FRESH, default="", salt=FRESH, max_age=FRESH_SECONDS)
    return bool(mark)


def _remember_write(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Mark the browser for some seconds as one that wrote; only where replicas lag."""
    if not _is_safe(request) and response.status_code < 400 and len(list(connections)) > 1:
        response.set_signed_cookie(
            FRESH, "1", salt=FRESH, max_age=FRESH_SECONDS,
            secure=settings.HTTPS, httponly=True, samesite="Lax",
        )  # fmt: skip
    return response
