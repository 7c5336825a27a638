"""One file with a whole database in it, and a database with the contents of such a file.

SQLite by its online backup, PostgreSQL by pg_dump and pg_restore, while the site goes on.
"""

import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from carebridge.lib.backups.fingerprint import Tables, tables

# The database that a dump is tried in.
TRIAL = "trial"


class DumpError(Exception):
    """A program failed; the text is what it said."""


def dump(connection: BaseDatabaseWrapper, file: Path) -> Tables:
    """Write the file; returns what is in it, as it was at one moment."""
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(file)) as copy:
            connection.ensure_connection()
            connection.connection.backup(copy)
        with opened(connection, file) as copied:
            return tables(copied)
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT pg_export_snapshot()")
        [snapshot] = cursor.fetchone()
        _run(connection, "pg_dump", f"--file={file}", "--format=custom", f"--snapshot={snapshot}")
        return tables(connection)


def is_empty(connection: BaseDatabaseWrapper) -> bool:
    return not connection.introspection.table_names()


def load(connection: BaseDatabaseWrapper, file: Path) -> None:
    """Put the file's contents in the place of what is in the database."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as copy:
            copy.backup(connection.connection)
        return
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
    connection.close()
    _run(connection, "pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", str(file))


@contextmanager
def opened(connection: BaseDatabaseWrapper, file: Path) -> Iterator[BaseDatabaseWrapper]:
    """A database of its own with the file's contents, for as long as somebody looks at it."""
    if connection.vendor == "sqlite":
        with _beside(connection, f"file:{file}?mode=ro") as trial:
            yield trial
        return
    name = f"{connection.settings_dict['NAME']}_trial"
    # Not on the connection itself: a database cannot be made inside a transaction.
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    try:
        with _beside(connection, name) as trial:
            load(trial, file)
            yield trial
    finally:
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')


@contextmanager
def _beside(connection: BaseDatabaseWrapper, name: str) -> Iterator[BaseDatabaseWrapper]:
    """A connection with the same settings to another database."""
    options: dict[str, Any] = {"uri": True} if connection.vendor == "sqlite" else {}
    options = options or connection.settings_dict["OPTIONS"]
    settings = connection.settings_dict | {"NAME": name, "OPTIONS": options}
    other = type(connection)(settings, TRIAL)
    try:
        yield other
    finally:
        other.close()


def _run(connection: BaseDatabaseWrapper, program: str, *arguments: str) -> None:
    """Run a program of PostgreSQL on the database; the password is in no list of processes."""
    told = connection.get_connection_params()
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD"}
    names |= {"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT"}
    names |= {"target_session_attrs": "PGTARGETSESSIONATTRS"}
    env = {variable: str(told[name]) for name, variable in names.items() if told.get(name)}
    database = told.get("dbname") or told.get("database")
    command = [program, f"--dbname={database}", "--no-password", *arguments]
    try:
        done = subprocess.run(  # noqa: S603 our own words, no shell
            command, env=os.environ | env, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise DumpError(f"没有找到 {program}：请安装 PostgreSQL 的客户端程序。") from error
    if done.returncode:
        raise DumpError(f"{program}：{done.stderr.strip()}")
