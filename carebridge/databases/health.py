"""Health checks for machines: of this process, and of all it depends on.

Answered before hosts are checked and before HTTPS is asked for: a probe knows neither.
"""

import secrets
from collections.abc import Callable

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, InterfaceError, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

from carebridge.databases import writes
from institutions.search import fulltext as search_index

PATHS = ("/healthz", "/readyz")
# Databases whose migrations were found applied: that stays so, and asking takes a while.
_migrated: set[str] = set()


def answer_probes(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: `/healthz` (this process answers) and `/readyz` (all is as it should be)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path not in PATHS or request.method not in ("GET", "HEAD"):
            return get_response(request)
        problems = find_problems() if request.path == "/readyz" else []
        body = {"ok": not problems, "problems": problems, "version": settings.VERSION}
        response = JsonResponse(body, status=503 if problems else 200)
        response.headers["Cache-Control"] = "no-store"
        return response

    return middleware


def find_problems() -> list[str]:
    """Return problems in words that reveal no hosts, names or passwords."""
    found = [why for alias in connections for why in _database(alias)]
    found = found or _writes()
    return found if _cache_keeps() else [*found, "cache: does not keep what it is given"]


def _database(alias: str) -> list[str]:
    connection = connections[alias]
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not _is_migrated(alias):
            return [f"database {alias}: migrations not applied"]
        gone = search_index.missing(connection)
        return [f"database {alias}: search index not complete"] if gone else []
    except (DatabaseError, InterfaceError):
        return [f"database {alias}: does not answer"]


def _writes() -> list[str]:
    try:
        trouble = writes.probe.trouble()
    except (DatabaseError, InterfaceError):
        return ["database default: does not take what is written"]
    words = {writes.LOCKED: "waits for a lock", writes.FULL: "no room on its disk, or read only"}
    return [f"database default: {words[trouble]}"] if trouble else []


def _is_migrated(alias: str) -> bool:
    if alias not in _migrated:
        executor = MigrationExecutor(connections[alias])
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return False
        _migrated.add(alias)
    return True


def _cache_keeps() -> bool:
    token = secrets.token_hex(8)
    try:
        cache.set("readyz", token, 10)
        return cache.get("readyz") == token
    except Exception:  # whatever the cache is made of: that it fails is the answer
        return False
