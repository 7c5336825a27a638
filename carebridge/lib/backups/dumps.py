"""One file with a whole database in it, and a database with the contents of such a file.

SQLite by its online backup, PostgreSQL by pg_dump and pg_restore, while the site goes on.
"""

import errno
import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from django.db import DatabaseError, OperationalError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from carebridge.lib.backups.fingerprint import Tables, fingerprint_tables
from carebridge.lib.backups.moves import REASONS, Moves, explain

# The database that a dump is tried in.
TRIAL = "trial"
# Files that SQLite keeps beside a database.
JOURNALS = ("-wal", "-shm", "-journal")


# Bytes of a name of PostgreSQL.
LONGEST_NAME = 63
NOT_SWAPPED = "还有别的程序连着数据库，没有换上备份，现有的数据没有动：请先停下网站。"


class DumpError(Exception):
    """A program failed; the text is its output."""


def dump_database(connection: BaseDatabaseWrapper, file: Path) -> Tables:
    """Write the file; return its tables, as they were at one moment."""
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(file)) as copy:
            connection.ensure_connection()
            connection.connection.backup(copy)
        with open_dump(connection, file) as copied:
            return fingerprint_tables(copied)
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT pg_export_snapshot()")
        [snapshot] = cursor.fetchone()
        _run_program(
            connection, "pg_dump", f"--file={file}", "--format=custom", f"--snapshot={snapshot}"
        )
        return fingerprint_tables(connection)


class DatabaseState(Enum):
    """State of a database before a restore."""

    EMPTY = "empty"  # or not there
    FULL = "full"
    DAMAGED = "damaged"


def database_state(connection: BaseDatabaseWrapper) -> DatabaseState:
    """Look at the live database without writing to it, and without trusting that it opens."""
    if connection.vendor == "sqlite":
        return _state_of_file(_database_path(connection))
    try:
        names = connection.introspection.table_names()
    except OperationalError as error:
        if "does not exist" in str(error):
            return DatabaseState.EMPTY
        raise DumpError(f"连不上数据库服务器：{error}") from error
    return DatabaseState.FULL if names else DatabaseState.EMPTY


def _database_path(connection: BaseDatabaseWrapper) -> Path:
    return Path(str(connection.settings_dict["NAME"]))


def _state_of_file(file: Path) -> DatabaseState:
    if not file.exists() or file.stat().st_size == 0:
        return DatabaseState.EMPTY
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as live:
            names = live.execute("SELECT name FROM sqlite_master").fetchall()
            [found] = live.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError:
        return DatabaseState.DAMAGED
    if found != "ok":
        return DatabaseState.DAMAGED
    return DatabaseState.FULL if names else DatabaseState.EMPTY


@dataclass
class Restored:
    """A database with the contents of a dump, beside the live one, to be looked at first."""

    connection: BaseDatabaseWrapper
    # Put it in the place of the live one; returns where that one is kept, or nothing.
    swap: Callable[[str], str]


@contextmanager
def restored(live: BaseDatabaseWrapper, file: Path) -> Iterator[Restored]:
    """Load a dump beside the live database; what is not swapped in is gone afterwards."""
    make = _restored_file if live.vendor == "sqlite" else _restored_database
    with make(live, file) as found:
        yield found


@contextmanager
def _restored_file(live: BaseDatabaseWrapper, file: Path) -> Iterator[Restored]:
    path = _database_path(live)
    fresh = path.with_name(f"{path.name}.restored")
    _remove_file(fresh)
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(fresh, os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with (
            closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as dumped,
            closing(sqlite3.connect(fresh)) as copy,
        ):
            dumped.backup(copy)
            # Without a journal beside it while it is looked at; the site sets its own mode.
            copy.execute("PRAGMA journal_mode = DELETE").fetchone()
            [found] = copy.execute("PRAGMA integrity_check(1)").fetchone()
            if found != "ok":
                raise DumpError(f"备份里的数据库是坏的：{found}")

        def swap(stamp: str) -> str:
            other.close()
            live.close()
            return _swap_files(path, fresh, stamp)

        with _connect_beside(live, f"{fresh.absolute().as_uri()}?mode=ro") as other:
            yield Restored(other, swap)
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL:
            raise DumpError(REASONS[errno.ENOSPC]) from error
        raise DumpError(f"备份里的数据库读不出来：{error}") from error
    finally:
        _remove_file(fresh)


def _remove_file(file: Path) -> None:
    for ending in ("", *JOURNALS):
        file.with_name(file.name + ending).unlink(missing_ok=True)


def _swap_files(path: Path, fresh: Path, stamp: str) -> str:
    """Move the live file and its journals aside, and the fresh one into its place.

    A journal of the old file must never meet the new one, nor be parted from its own: whatever
    step fails, what was moved before it goes back.
    """
    aside = path.with_name(f"{path.name}.before-{stamp}")
    was_there = path.exists() and path.stat().st_size > 0
    moves = Moves()
    try:
        for ending in ("", *JOURNALS):
            file, kept = (one.with_name(one.name + ending) for one in (path, aside))
            if file.exists() and (ending or was_there):
                file.chmod(0o600)
                moves.move(file, kept)
        fresh.replace(path)
    except OSError as error:
        lost = moves.undo()
        where = (
            f"请把 {'、'.join(map(str, lost))} 改回原来的名字。" if lost else "现有的数据没有动。"
        )
        raise DumpError(f"没有换上备份，{where}{explain(error)}") from error
    return str(aside) if was_there else ""


@contextmanager
def _restored_database(live: BaseDatabaseWrapper, file: Path) -> Iterator[Restored]:
    name = str(live.settings_dict["NAME"])
    fresh = named_beside(name, "_restored")
    with live._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{fresh}"')
        cursor.execute(f'CREATE DATABASE "{fresh}" TEMPLATE template0')

    def swap(stamp: str) -> str:
        other.close()
        live.close()
        return _swap_databases(live, fresh, stamp)

    try:
        with _connect_beside(live, fresh) as other:
            _run_program(
                other, "pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", str(file)
            )
            yield Restored(other, swap)
    finally:
        with live._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{fresh}"')


def _swap_databases(live: BaseDatabaseWrapper, fresh: str, stamp: str) -> str:
    """Rename the live database aside, and the fresh one to its name."""
    name = str(live.settings_dict["NAME"])
    aside = named_beside(name, f"_before_{stamp}")
    with live._nodb_cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_database WHERE datname = %s", [name])
        was_there = cursor.fetchone()[0] > 0
        try:
            if was_there:
                cursor.execute(f'ALTER DATABASE "{name}" RENAME TO "{aside}"')
        except DatabaseError as error:
            raise DumpError(f"{NOT_SWAPPED}（{error}）") from error
        try:
            cursor.execute(f'ALTER DATABASE "{fresh}" RENAME TO "{name}"')
        except DatabaseError as error:
            if was_there:
                _rename_back(cursor, aside, name)
            raise DumpError(f"{NOT_SWAPPED}（{error}）") from error
    return aside if was_there else ""


def _rename_back(cursor: Any, aside: str, name: str) -> None:
    try:
        cursor.execute(f'ALTER DATABASE "{aside}" RENAME TO "{name}"')
    except DatabaseError as error:
        raise DumpError(
            f"没有换上备份。现有的数据没有丢，现在叫 {aside}，请把它改回 {name}。（{error}）"
        ) from error


def named_beside(name: str, ending: str) -> str:
    """Return the name with an ending; PostgreSQL cuts a longer one, and might mean the live one."""
    room = LONGEST_NAME - len(ending.encode())
    return name.encode()[:room].decode(errors="ignore") + ending


def load_dump(connection: BaseDatabaseWrapper, file: Path) -> None:
    """Fill a new database of PostgreSQL with the file's contents."""
    connection.close()
    _run_program(
        connection, "pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", str(file)
    )


@contextmanager
def open_dump(connection: BaseDatabaseWrapper, file: Path) -> Iterator[BaseDatabaseWrapper]:
    """Yield a database of its own with the file's contents, for as long as somebody looks at it."""
    if connection.vendor == "sqlite":
        with _connect_beside(connection, f"file:{file}?mode=ro") as trial:
            yield trial
        return
    name = named_beside(str(connection.settings_dict["NAME"]), "_trial")
    # Not on the connection itself: a database cannot be made inside a transaction.
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    try:
        with _connect_beside(connection, name) as trial:
            load_dump(trial, file)
            yield trial
    finally:
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')


@contextmanager
def _connect_beside(connection: BaseDatabaseWrapper, name: str) -> Iterator[BaseDatabaseWrapper]:
    """Yield a connection with the same settings to another database."""
    options: dict[str, Any] = {"uri": True} if connection.vendor == "sqlite" else {}
    options = options or connection.settings_dict["OPTIONS"]
    settings = connection.settings_dict | {"NAME": name, "OPTIONS": options}
    other = type(connection)(settings, TRIAL)
    try:
        yield other
    finally:
        other.close()


def _run_program(connection: BaseDatabaseWrapper, program: str, *arguments: str) -> None:
    """Run a program of PostgreSQL on the database; the password is in no list of processes."""
    parameters = connection.get_connection_params()
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD"}
    names |= {"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT"}
    names |= {"target_session_attrs": "PGTARGETSESSIONATTRS"}
    env = {
        variable: str(parameters[name]) for name, variable in names.items() if parameters.get(name)
    }
    database = parameters.get("dbname") or parameters.get("database")
    command = [program, f"--dbname={database}", "--no-password", *arguments]
    try:
        done = subprocess.run(  # noqa: S603 our own words, no shell
            command,
            env=os.environ | env,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError as error:
        raise DumpError(f"没有找到 {program}：请安装 PostgreSQL 的客户端程序。") from error
    if done.returncode:
        raise DumpError(f"{program}：{done.stderr.strip()}")
