"""Logs as lines of JSON about requests and faults, without data of readers.

A query or typed text may describe an elder. So no line has a query string, a body, a cookie
or an address, and of an exception it has the class and the places in the code, not the message:
a database quotes the row there that it refused.
"""

import datetime
import json
import logging
import re
import time
import traceback
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.db import connections
from django.http import HttpRequest, HttpResponse

HEADER = "X-Request-ID"
WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}")
# A query, the words of gunicorn about a request it could not read (from where it came, and its
# words), and what the admin was asked for and refused.
FAMILY_DATA = re.compile(
    r"(?<=\?)\S+"
    r"|(?<=Invalid request from ip=).*"
    r"|(?<=^The field ).*(?= cannot be referenced)"
    r"|(?<=^Filtering by ).*(?= not allowed)",
    re.DOTALL,
)
# Fields that a line may have beside its message.
FIELDS = ("method", "path", "status", "ms", "database", "sql")
LONGEST = 2_000

requests = logging.getLogger("carebridge.requests")
queries = logging.getLogger("carebridge.queries")
# Set by each request and never cleared: Django logs an error after the last middleware has left.
request_id: ContextVar[str] = ContextVar("request_id", default="")


class JsonFormatter(logging.Formatter):
    """One object a line."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
        line: dict[str, object] = {
            "at": at.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "request": request_id.get(),
            "message": FAMILY_DATA.sub("…", record.getMessage())[:LONGEST],
        }
        line |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if record.exc_info and record.exc_info[1]:
            line["error"] = list(_cause_chain(record.exc_info[1]))
        return json.dumps(line, ensure_ascii=False, default=str)


def _cause_chain(error: BaseException | None) -> Any:
    """Return an exception and its causes: class and place of each, innermost last."""
    while error is not None:
        frames = traceback.extract_tb(error.__traceback__)
        places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        yield {"class": f"{type(error).__module__}.{type(error).__name__}", "places": places}
        error = error.__cause__ or error.__context__


def log_requests(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, the outermost: an id for every request, a line for it, a line per slow query."""

    def middleware(request: HttpRequest) -> HttpResponse:
        given, started = request.headers.get(HEADER, ""), time.perf_counter()
        request_id.set(given if WELL_FORMED.fullmatch(given) else uuid.uuid4().hex)
        with ExitStack() as wrapped:
            for connection in connections.all() if settings.SLOW_QUERY_MS else ():
                wrapped.enter_context(connection.execute_wrapper(log_slow))
            response = get_response(request)
        response.headers[HEADER] = request_id.get()
        fields: dict[str, object] = {"method": request.method, "path": request.path[:LONGEST]}
        fields |= {"status": response.status_code, "ms": _ms_since(started)}
        requests.info("request", extra=fields)
        return response

    return middleware


def log_slow(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """Around every query: the slow ones are logged without what was asked."""
    started = time.perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        if (ms := _ms_since(started)) >= settings.SLOW_QUERY_MS:
            fields = {"ms": ms, "database": context["connection"].alias, "sql": sql[:LONGEST]}
            queries.warning("slow query", extra=fields)


def _ms_since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)
