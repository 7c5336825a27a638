"""Fingerprints of databases, by which two of them can be compared."""

import hashlib
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

Tables = dict[str, dict[str, Any]]
BATCH = 5_000
# The full-text index of SQLite: made of other tables, in a form of its own.
DERIVED = "institutions_tokens_index"


def fingerprint_tables(connection: BaseDatabaseWrapper) -> Tables:
    """Return every table with its number of rows and a checksum that no order of rows changes."""
    with connection.cursor() as cursor:
        names = [table.name for table in connection.introspection.get_table_list(cursor)]
    return {
        name: _fingerprint_table(connection, name) for name in sorted(names) if DERIVED not in name
    }


def _fingerprint_table(connection: BaseDatabaseWrapper, name: str) -> dict[str, Any]:
    rows, total = 0, 0
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {connection.ops.quote_name(name)}")  # noqa: S608 our own name
        columns = [column[0] for column in cursor.description]
        order = sorted(range(len(columns)), key=columns.__getitem__)
        while batch := cursor.fetchmany(BATCH):
            rows += len(batch)
            total += sum(_digest_rows([row[at] for at in order]) for row in batch)
    return {"rows": rows, "checksum": f"{total % 2**256:064x}"}


def _digest_rows(values: list[Any]) -> int:
    plain = [bytes(value) if isinstance(value, memoryview) else value for value in values]
    return int.from_bytes(hashlib.sha256(repr(plain).encode()).digest(), "big")


def differences(wanted: Tables, found: Tables) -> list[str]:
    """Return the differences in words, table by table."""
    messages = []
    for name in sorted(wanted.keys() | found.keys()):
        was, now = wanted.get(name), found.get(name)
        if was is None or now is None:
            messages.append(f"{name}：{'多出来的表' if was is None else '没有这张表'}")
        elif was["rows"] != now["rows"]:
            messages.append(f"{name}：应有 {was['rows']:,} 行，实有 {now['rows']:,} 行")
        elif was != now:
            messages.append(f"{name}：行数一样，内容不一样")
    return messages
