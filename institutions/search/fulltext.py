"""The full-text index over `Tokens`: made, kept, watched and made again, on either database.

SQLite keeps it in step by triggers, which Django drops whenever it rebuilds the table for a
changed field; so it is looked after at the end of every `migrate`.
"""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from institutions.models import ListingChange
from institutions.models.tokens import INDEX, VECTOR, Tokens

TABLE = Tokens._meta.db_table
# All names are ours; nothing in these statements comes from outside.
FORGET = (
    f"INSERT INTO {INDEX}({INDEX}, rowid, text) "  # noqa: S608
    "VALUES ('delete', old.institution_id, old.text);"
)
LEARN = f"INSERT INTO {INDEX}(rowid, text) VALUES (new.institution_id, new.text);"  # noqa: S608
# What must be there, by name. Positions and lengths are not asked for and not kept.
SQLITE = {
    INDEX: f"CREATE VIRTUAL TABLE {INDEX} USING fts5(text, content='{TABLE}',"
    " content_rowid='institution_id', detail=none, columnsize=0, prefix='1 2 3',"
    " tokenize=\"ascii tokenchars '#='\")",
    f"{INDEX}_insert": f"CREATE TRIGGER {INDEX}_insert AFTER INSERT ON {TABLE} BEGIN {LEARN} END",
    f"{INDEX}_delete": f"CREATE TRIGGER {INDEX}_delete AFTER DELETE ON {TABLE} BEGIN {FORGET} END",
    f"{INDEX}_update": f"CREATE TRIGGER {INDEX}_update AFTER UPDATE ON {TABLE}"
    f" BEGIN {FORGET} {LEARN} END",
}
POSTGRESQL = {
    INDEX: f"CREATE INDEX {INDEX} ON {TABLE} USING gin ({VECTOR}(text)) WITH (fastupdate = off)",
}
# The built-in functions pass for cheap, and PostgreSQL would run them on every row instead of
# asking the index; a function of our own declares its cost.
FUNCTION = f"""
CREATE OR REPLACE FUNCTION {VECTOR}(text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 100
AS $$ BEGIN RETURN array_to_tsvector(string_to_array($1, ' ')); END $$
"""


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the names of the parts of the index that are not there."""
    if connection.vendor == "sqlite":
        wanted, known = SQLITE, "SELECT name FROM sqlite_master"
    else:
        wanted, known = POSTGRESQL, "SELECT relname FROM pg_class WHERE relkind = 'i'"
    with connection.cursor() as cursor:
        cursor.execute(known)
        there = {name for (name,) in cursor.fetchall()}
    return [name for name in wanted if name not in there]


def make(connection: BaseDatabaseWrapper) -> None:
    """Rebuild the index from the existing rows."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            drop(connection)
            for statement in SQLITE.values():
                cursor.execute(statement)
            cursor.execute(f"INSERT INTO {INDEX}({INDEX}) VALUES ('rebuild')")  # noqa: S608
        else:
            # Rows written in this transaction must be checked before the table is touched.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            drop(connection)
            cursor.execute(FUNCTION)
            for statement in POSTGRESQL.values():
                cursor.execute(statement)


def drop(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for name in [*SQLITE][1:]:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
            cursor.execute(f"DROP TABLE IF EXISTS {INDEX}")
        else:
            cursor.execute(f"DROP INDEX IF EXISTS {INDEX}")
            cursor.execute(f"DROP FUNCTION IF EXISTS {VECTOR}(text)")


def keep_index(using: str, **more: Any) -> None:
    """Rebuild the index after a migration if any part is gone, and notify workers."""
    connection = connections[using]
    tables = connection.introspection.table_names()
    if TABLE in tables and missing(connection):
        make(connection)
        if ListingChange._meta.db_table in tables:
            ListingChange.objects.record_change(None, timezone.now())


@register(Tags.database)
def check_index(
    app_configs: Any = None, databases: Sequence[str] | None = None, **more: Any
) -> list[CheckMessage]:
    """Without its triggers the index on SQLite grows old without a word; so it is asked for."""
    found: list[CheckMessage] = []
    for alias in databases or []:
        connection = connections[alias]
        if TABLE not in connection.introspection.table_names():
            continue
        if gone := missing(connection):
            found.append(
                Warning(
                    f"检索索引不完整，缺少 {'、'.join(gone)}。",
                    hint="运行 manage.py rebuild_search 重建。",
                    id="institutions.W001",
                )
            )
    return found
