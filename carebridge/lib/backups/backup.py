"""A backup: a folder with the database, the uploaded files, and a list of what is in it.

The list has the rows and a checksum of every table, and a checksum of each file, so that a restore
can be held against it, and a backup can be tried before anybody needs it.
"""

import datetime
import hashlib
import json
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from carebridge.lib.backups import dumps
from carebridge.lib.backups.fingerprint import Tables, differences, fingerprint_tables
from carebridge.lib.backups.moves import Moves, explain

DATABASE, FILES, LIST = "database.dump", "media.tar", "manifest.json"
BLOCK = 1 << 20
# Within the folder of uploaded files: what a restore brings, and what was there before it.
ASIDE = ".restore-"
REFUSALS = {
    dumps.DatabaseState.FULL: (
        "数据库里已经有数据。要用备份代替它，请加 --replace；现在的数据会放在旁边。"
    ),
    dumps.DatabaseState.DAMAGED: (
        "数据库打不开或损坏了。要用备份代替它，请加 --replace；坏的会放在旁边。"
    ),
}


class BackupError(Exception):
    """An error in words for the operator of the site."""


def make_backup(folder: Path, at: datetime.datetime) -> Tables:
    """Write a backup into a new folder, which is there whole or not at all."""
    if folder.exists():
        raise BackupError(f"{folder} 已经存在。请给一个新的文件夹。")
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished.mkdir(mode=0o700)
    try:
        found = _write_files(unfinished, at)
        unfinished.rename(folder)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return found


def _write_files(unfinished: Path, at: datetime.datetime) -> Tables:
    connection = connections[DEFAULT_DB_ALIAS]
    found = dumps.dump_database(connection, unfinished / DATABASE)
    _pack_photos(unfinished / FILES)
    listing = {
        "made_at": at.isoformat(),
        "vendor": connection.vendor,
        "tables": found,
        "files": {name: _checksum(unfinished / name) for name in (DATABASE, FILES)},
    }
    (unfinished / LIST).write_text(json.dumps(listing, ensure_ascii=False, indent=1))
    for file in unfinished.iterdir():
        file.chmod(0o600)
    return found


def verify_backup(folder: Path) -> Tables:
    """Prove that the backup can be restored, by doing so beside the site; return its tables."""
    listing = _read_list(folder)
    with dumps.open_dump(connections[DEFAULT_DB_ALIAS], folder / DATABASE) as trial:
        _compare_tables(listing, trial)
    return listing["tables"]


@dataclass(frozen=True)
class RestoreOutcome:
    """The tables that a restore put in place, and where the database and files before it are."""

    tables: Tables
    aside: str
    files_aside: str


def restore(folder: Path, at: datetime.datetime, *, replace: bool) -> RestoreOutcome:
    """Put the backup in the place of an empty database, or of any with `replace`.

    The live database is neither opened for writing nor moved before the backup has been read into
    a fresh one and compared with its list, row by row. It may be damaged, cut short or not there.
    """
    listed = _read_list(folder)
    connection = connections[DEFAULT_DB_ALIAS]
    found = dumps.database_state(connection)
    if found is not dumps.DatabaseState.EMPTY and not replace:
        raise BackupError(REFUSALS[found])
    stamp = f"{at:%Y%m%d%H%M%S}"
    media = _unpack_photos(folder / FILES, stamp)
    try:
        with dumps.restored(connection, folder / DATABASE) as fresh:
            _compare_tables(listed, fresh.connection)
            files_aside, moves = _swap_media(media, stamp)
            try:
                aside = fresh.swap(stamp)
            except BaseException:
                moves.undo()
                raise
            finally:
                _remove_if_empty(settings.MEDIA_ROOT / f"{ASIDE}before-{stamp}")
    finally:
        shutil.rmtree(media, ignore_errors=True)
    return RestoreOutcome(listed["tables"], aside, files_aside)


def _read_list(folder: Path) -> dict[str, Any]:
    """Return the list of a backup of this kind of database whose files are as they were written."""
    try:
        listing: dict[str, Any] = json.loads((folder / LIST).read_text())
        wrong = [name for name, was in listing["files"].items() if _checksum(folder / name) != was]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupError(f"{folder} 不是完整的备份：{error}") from error
    if wrong:
        raise BackupError(f"备份里的文件和写下时不一样：{'、'.join(wrong)}。")
    if listing["vendor"] != (vendor := connections[DEFAULT_DB_ALIAS].vendor):
        raise BackupError(f"这份备份来自 {listing['vendor']}，不能放进 {vendor}。")
    return listing


def _compare_tables(listing: dict[str, Any], connection: BaseDatabaseWrapper) -> None:
    try:
        found = fingerprint_tables(connection)
    except DatabaseError as error:
        raise BackupError(f"备份里的数据库读不出来：{error}") from error
    if unlike := differences(listing["tables"], found):
        raise BackupError("和备份时不一样：" + "；".join(unlike))


def _pack_photos(file: Path) -> None:
    with tarfile.open(file, "w") as archive:
        if settings.MEDIA_ROOT.exists():
            archive.add(settings.MEDIA_ROOT, arcname=".", filter=_without_asides)


def _without_asides(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if member.name.startswith(f"./{ASIDE}") else member


def _unpack_photos(file: Path, stamp: str) -> Path:
    """Return a new folder within that of the uploaded files, with those of the backup.

    The folder itself may be a mount point, which nothing moves; within it every move is a rename.
    """
    root: Path = settings.MEDIA_ROOT
    fresh = root / f"{ASIDE}new-{stamp}"
    fresh.mkdir(parents=True)
    try:
        with tarfile.open(file) as archive:
            archive.extractall(fresh, filter="data")
        fresh.chmod(0o700)
    except (tarfile.TarError, EOFError) as error:
        shutil.rmtree(fresh, ignore_errors=True)
        raise BackupError(f"备份里的上传文件（{FILES}）读不出来：{error}") from error
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    return fresh


def _swap_media(fresh: Path, stamp: str) -> tuple[str, Moves]:
    """Put what was uploaded aside and the fresh files in its place; all of it or nothing.

    Returns the folder with what was there, or an empty string where there was nothing.
    """
    root: Path = settings.MEDIA_ROOT
    before, moves = root / f"{ASIDE}before-{stamp}", Moves()
    before.mkdir(mode=0o700)
    try:
        for folder, target in ((root, before), (fresh, root)):
            for path in sorted(folder.iterdir()):
                if not path.name.startswith(ASIDE):
                    moves.move(path, target / path.name)
    except OSError as error:
        lost = moves.undo()
        where = f"请把 {before} 里的文件移回 {root}。" if lost else "现有的数据和文件没有动。"
        _remove_if_empty(before)
        raise BackupError(f"没有换上备份，{where}{explain(error)}") from error
    return str(before) if any(before.iterdir()) else "", moves


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


@contextmanager
def in_plain_words() -> Iterator[None]:
    """Turn what can go wrong with a backup into the error of a command, without a traceback."""
    try:
        yield
    except (BackupError, dumps.DumpError) as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"没有做成：{explain(error)}") from error
    except DatabaseError as error:
        raise CommandError(f"没有做成，数据库说：{error}") from error


def _checksum(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        while block := opened.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
