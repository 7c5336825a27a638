"""Responses while the database is gone: the last copy of the page, or an apology."""

import sys
from typing import Any

from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections, router
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.views import defaults

from carebridge.databases import writes
from carebridge.databases.breaker import BACK_OFF
from carebridge.middleware import copies
from regions.models import Region

GONE = (OperationalError, InterfaceError)
QUERY_CANCELED = "57014"  # of PostgreSQL: by `statement_timeout`, see gunicorn.conf.py
# When to come again, in seconds: a lock is soon gone, room on a disk takes a person.
WAIT = {writes.LOCKED: 5, writes.FULL: 60}
# RFC 9457, as everything that goes wrong with the API.
PROBLEM = {
    "type": "about:blank",
    "title": "暂时查不了",
    "status": 503,
    "detail": "数据库现在连不上，请等 Retry-After 写明的秒数再试。",
}


class DatabaseIsGone(HttpResponse):
    """Never seen by a reader: `carebridge.databases.router` asks elsewhere."""

    status_code = 500


def server_error(request: HttpRequest) -> HttpResponse:
    """Return the `handler500` of the site: a lock, a full disk, a lost database are no fault of
    ours.
    """
    error = sys.exc_info()[1]
    if why := writes.reason(error):
        return not_kept(request, why)
    if isinstance(error, GONE) and _is_lost(router.db_for_read(Region), error):
        return DatabaseIsGone()
    return defaults.server_error(request)


def _is_lost(alias: str, error: Exception) -> bool:
    """Return whether another database should be asked.

    A row locked for too long is an OperationalError, and no outage; nor is a query broken off for
    its length, which would take as long elsewhere. A replica also refuses what runs into the
    changes it follows; the primary answers that.
    """
    if getattr(error.__cause__, "pgcode", None) == QUERY_CANCELED:
        return False
    return alias != DEFAULT_DB_ALIAS or not connections[alias].is_usable()


def answer_outage(request: HttpRequest, *, is_staff: bool) -> HttpResponse:
    """Return the last good copy of a public page, else 503 with a time to retry."""
    is_read = request.method in {"GET", "HEAD"}
    if is_read and not is_staff and (copy := copies.find_copy(request)):
        return copy
    response: HttpResponse
    if request.path.startswith("/api/"):
        response = JsonResponse(PROBLEM, status=503, content_type="application/problem+json")
    else:
        page: dict[str, Any] = {"is_staff": is_staff, "is_read": is_read}
        response = render(request, "503.html", page, status=503)
    response.headers["Retry-After"] = str(BACK_OFF * 2)
    response.headers["Cache-Control"] = "no-store"
    return response


def not_kept(request: HttpRequest, why: str) -> HttpResponse:
    """Answer that nothing could be written, with a time to retry and a button that sends it again.

    What was typed is in the page; files and passwords are not.
    """
    response: HttpResponse
    if request.path.startswith("/api/"):
        response = JsonResponse(PROBLEM, status=503, content_type="application/problem+json")
    else:
        page = {"is_full": why == writes.FULL, "to": request.get_full_path()} | _typed(request)
        response = render(request, "503_not_kept.html", page, status=503)
    response.headers["Retry-After"] = str(WAIT[why])
    response.headers["Cache-Control"] = "no-store"
    return response


def _typed(request: HttpRequest) -> dict[str, Any]:
    """Return the fields that were sent, the names of passwords, and whether there were files."""
    if request.method != "POST":
        return {"is_read": True}
    try:
        sent = [(name, value) for name, values in request.POST.lists() for value in values]
        # Of a form that could not be taken in, Django has nothing at all.
        has_files = bool(request.FILES) or (
            not sent and request.content_type == "multipart/form-data"
        )
    except (OSError, MultiPartParserError):
        sent, has_files = [], True
    return {
        "fields": [(name, value) for name, value in sent if "password" not in name],
        "passwords": [name for name, _ in sent if "password" in name],
        "has_files": has_files,
    }
