"""A backup: a folder with the database, the uploaded files, and a list of what is in it.

The list has the rows and a checksum of every table, and a checksum of each file, so that a restore
can be held against it, and a backup can be tried before anybody needs it.
"""

import datetime
import hashlib
import json
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from carebridge.lib.backups import dumps
from carebridge.lib.backups.fingerprint import Tables, differences, tables

DATABASE, FILES, LIST = "database.dump", "media.tar", "manifest.json"
BLOCK = 1 << 20
REFUSALS = {
    dumps.State.FULL: "数据库里已经有数据。要用备份代替它，请加 --replace；现在的数据会放在旁边。",
    dumps.State.DAMAGED: "数据库打不开或损坏了。要用备份代替它，请加 --replace；坏的会放在旁边。",
}


class BackupError(Exception):
    """What is wrong, in words for whoever keeps the site."""


def make(folder: Path, at: datetime.datetime) -> Tables:
    """Write a backup into a new folder, which is there whole or not at all."""
    if folder.exists():
        raise BackupError(f"{folder} 已经存在。请给一个新的文件夹。")
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700, parents=True)
    connection = connections[DEFAULT_DB_ALIAS]
    found = dumps.dump(connection, unfinished / DATABASE)
    _pack(unfinished / FILES)
    told = {
        "made_at": at.isoformat(),
        "vendor": connection.vendor,
        "tables": found,
        "files": {name: _checksum(unfinished / name) for name in (DATABASE, FILES)},
    }
    (unfinished / LIST).write_text(json.dumps(told, ensure_ascii=False, indent=1))
    unfinished.rename(folder)
    return found


def verify(folder: Path) -> Tables:
    """Prove that the backup can be restored, by doing so beside the site; returns what is in it."""
    told = _read(folder)
    with dumps.opened(connections[DEFAULT_DB_ALIAS], folder / DATABASE) as trial:
        _compare(told, trial)
    return told["tables"]


@dataclass(frozen=True)
class Outcome:
    """The tables that a restore put in place, and where the database before it is kept."""

    tables: Tables
    aside: str


def restore(folder: Path, at: datetime.datetime, *, replace: bool) -> Outcome:
    """Put the backup in the place of an empty database, or of any with `replace`.

    The live database is neither opened for writing nor moved before the backup has been read into
    a fresh one and compared with its list, row by row. It may be damaged, cut short or not there.
    """
    listed = _read(folder)
    connection = connections[DEFAULT_DB_ALIAS]
    found = dumps.state(connection)
    if found is not dumps.State.EMPTY and not replace:
        raise BackupError(REFUSALS[found])
    media = _unpack(folder / FILES)
    try:
        with dumps.restored(connection, folder / DATABASE) as fresh:
            _compare(listed, fresh.connection)
            aside = fresh.swap(f"{at:%Y%m%d%H%M%S}")
    except BaseException:
        shutil.rmtree(media, ignore_errors=True)
        raise
    _swap_media(media)
    return Outcome(listed["tables"], aside)


def _read(folder: Path) -> dict[str, Any]:
    """The list of a backup of this kind of database whose files are as they were written."""
    try:
        told: dict[str, Any] = json.loads((folder / LIST).read_text())
        wrong = [name for name, was in told["files"].items() if _checksum(folder / name) != was]
    except (OSError, ValueError, KeyError) as error:
        raise BackupError(f"{folder} 不是完整的备份：{error}") from error
    if wrong:
        raise BackupError(f"备份里的文件和写下时不一样：{'、'.join(wrong)}。")
    if told["vendor"] != (vendor := connections[DEFAULT_DB_ALIAS].vendor):
        raise BackupError(f"这份备份来自 {told['vendor']}，不能放进 {vendor}。")
    return told


def _compare(told: dict[str, Any], connection: BaseDatabaseWrapper) -> None:
    try:
        found = tables(connection)
    except DatabaseError as error:
        raise BackupError(f"备份里的数据库读不出来：{error}") from error
    if unlike := differences(told["tables"], found):
        raise BackupError("和备份时不一样：" + "；".join(unlike))


def _pack(file: Path) -> None:
    with tarfile.open(file, "w") as archive:
        if settings.MEDIA_ROOT.exists():
            archive.add(settings.MEDIA_ROOT, arcname=".")


def _unpack(file: Path) -> Path:
    """Return a new folder beside the uploaded files with those of the backup."""
    root: Path = settings.MEDIA_ROOT
    fresh = root.with_name(f"{root.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    with tarfile.open(file) as archive:
        archive.extractall(fresh, filter="data")
    return fresh


def _swap_media(fresh: Path) -> None:
    root: Path = settings.MEDIA_ROOT
    before = root.with_name(f"{root.name}.before")
    shutil.rmtree(before, ignore_errors=True)
    if root.exists():
        root.rename(before)
    fresh.rename(root)
    shutil.rmtree(before, ignore_errors=True)


def _checksum(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        while block := opened.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
