"""Django settings of databases and the cache from environment variables.

Read by settings.py, so it knows no settings itself. An error names the accepted forms.
"""

from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

POSTGRESQL, SQLITE = "django.db.backends.postgresql", "django.db.backends.sqlite3"
# No reader waits long for a server that is gone: seconds to connect, milliseconds for an answer of
# its network, and idle connections are looked after.
PATIENCE = {"connect_timeout": 2, "tcp_user_timeout": 2_000, "keepalives_idle": 30}
LITE = {
    # Readers never wait for the writer, and two writers queue instead of failing.
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    "transaction_mode": "IMMEDIATE",
}
# Entries a cache of ours holds: one for each network that is limited, and few beside.
ENTRIES = {"MAX_ENTRIES": 50_000}
EXAMPLES = "sqlite:////srv/carebridge.sqlite3, postgres://user:password@host:5432/carebridge"


def databases(
    primary: str, replicas: str, pgbouncer: bool, lock_seconds: int = 20
) -> dict[str, dict[str, Any]]:
    """`default`, which is written to, and `replica1`, `replica2` ... to read from.

    On SQLite a writer waits `lock_seconds` for the one before; PostgreSQL has `lock_timeout`.
    """
    found = {"default": _database("DATABASE_URL", primary)}
    if found["default"]["ENGINE"] == SQLITE:
        found["default"]["OPTIONS"] = LITE | {"timeout": lock_seconds}
    for number, url in enumerate(replicas.split(), 1):
        replica = _database("DATABASE_REPLICA_URL", url) | {"TEST": {"MIRROR": "default"}}
        if {replica["ENGINE"], found["default"]["ENGINE"]} != {POSTGRESQL}:
            raise ImproperlyConfigured(
                "DATABASE_REPLICA_URL and DATABASE_URL must both name PostgreSQL; SQLite has no"
                " replicas. Several replicas are separated by spaces."
            )
        found[f"replica{number}"] = replica
    for database in found.values():
        database["DISABLE_SERVER_SIDE_CURSORS"] = pgbouncer
    return found


def _database(variable: str, url: str) -> dict[str, Any]:
    """One database; of several hosts the one that takes writes, wherever that is by now."""
    try:
        parts = urlsplit(url)
        user, at, hosts = parts.netloc.rpartition("@")
        first, *others = hosts.split(",")
        url = parts._replace(netloc=user + at + first).geturl() if others else url
        found: dict[str, Any] = dict(
            dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True)
        )
        places = [urlsplit(f"//{host}") for host in hosts.split(",")]
        ports = [str(place.port or 5432) for place in places]
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{variable} is not understood. Examples: {EXAMPLES}."
        ) from error
    if found["ENGINE"] not in {POSTGRESQL, SQLITE}:
        raise ImproperlyConfigured(f"{variable} must name SQLite or PostgreSQL.")
    if found["ENGINE"] == POSTGRESQL:
        several = {"target_session_attrs": "read-write"} if others else {}
        found["OPTIONS"] = PATIENCE | several | found.get("OPTIONS", {})
        if others:
            found["HOST"] = ",".join(place.hostname or "" for place in places)
            found["PORT"] = ",".join(ports)
    return found


def parse_cache_url(url: str) -> dict[str, Any]:
    """Return the cache: one per process, a table of the database, or Redis."""
    parts = urlsplit(url)
    if url == "locmem://":
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": ENTRIES}
    if parts.scheme == "db" and parts.netloc.isidentifier() and not parts.path:
        return {
            "BACKEND": "carebridge.databases.caches.SparingDatabaseCache",
            "LOCATION": parts.netloc,
            "OPTIONS": ENTRIES,
        }
    if parts.scheme in {"redis", "rediss"} and parts.hostname:
        return {"BACKEND": "carebridge.databases.caches.SparingRedisCache", "LOCATION": url}
    raise ImproperlyConfigured(
        "CACHE_URL is not understood. Examples: locmem://, db://cache,"
        " redis://:password@host:6379/0."
    )
