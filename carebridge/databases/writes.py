"""Why nothing can be written just now: a lock that another holds, or a disk without room."""

import errno
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from time import monotonic

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import DEFAULT_DB_ALIAS, Error, connections, transaction
from django.utils import timezone

LOCKED, FULL = "locked", "full"
# Letters of the row that is tried, more than the pages that happen to have room for it.
SIZE = 16_384
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG}
# Of SQLite, by the beginning of the name.
SQLITE = {
    **dict.fromkeys(("SQLITE_BUSY", "SQLITE_LOCKED"), LOCKED),
    **dict.fromkeys(("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY"), FULL),
}
# Of PostgreSQL: `lock_timeout`, `statement_timeout`, a deadlock, failing to serialize, then a disk
# that is full and a server that may only be read.
POSTGRESQL = {
    **dict.fromkeys(("55P03", "57014", "40P01", "40001"), LOCKED),
    **dict.fromkeys(("53100", "25006"), FULL),
}


def reason(error: BaseException | None) -> str:
    """Return LOCKED, FULL or an empty string for an exception and what it came from."""
    return next(filter(None, map(_reason, _causes(error))), "")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _reason(error: BaseException) -> str:
    if isinstance(error, sqlite3.Error):
        name = getattr(error, "sqlite_errorname", "")
        return next((why for start, why in SQLITE.items() if name.startswith(start)), "")
    if isinstance(error, OSError):
        return FULL if error.errno in NO_ROOM else ""
    return POSTGRESQL.get(getattr(error, "pgcode", None) or "", "")


class Probe:
    """Trial of writing a row, at most once in `EVERY` seconds by each process.

    A lock is no failure before it has been held for as long as a request would wait for it.
    """

    EVERY = 5  # seconds
    PATIENCE_MS = 500

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next = 0.0
        self._locked_since: float | None = None
        self._trouble = ""

    def trouble(self) -> str:
        """Return LOCKED, FULL or an empty string; what was found last while it is fresh."""
        with self._lock:
            if monotonic() >= self._next:
                self._trouble = self._judge(_try(self.PATIENCE_MS))
                self._next = monotonic() + self.EVERY
            return self._trouble

    def _judge(self, found: str) -> str:
        now = monotonic()
        if found != LOCKED:
            self._locked_since = None
            return found
        self._locked_since = self._locked_since if self._locked_since is not None else now
        return LOCKED if now - self._locked_since >= settings.LOCK_SECONDS else ""


def _try(patience_ms: int) -> str:
    """Write a session that is over and delete it, waiting for a lock no longer than that."""
    connection = connections[DEFAULT_DB_ALIAS]
    key = f"readyz{secrets.token_hex(10)}"
    is_lite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        if is_lite:
            cursor.execute(f"PRAGMA busy_timeout = {patience_ms}")
        try:
            with transaction.atomic():
                if not is_lite:
                    cursor.execute(f"SET LOCAL lock_timeout = {patience_ms}")
                Session.objects.create(
                    session_key=key, session_data="x" * SIZE, expire_date=timezone.now()
                )
            Session.objects.filter(session_key=key).delete()
        except Error as error:
            if found := reason(error):
                return found
            raise
        finally:
            if is_lite:
                cursor.execute(f"PRAGMA busy_timeout = {settings.LOCK_SECONDS * 1000}")
    return ""


probe = Probe()
