"""Dated copies of the open data in a folder: whole or not there, with checksums.

A snapshot is a folder named by its day. It is written beside and renamed when it is complete, so
that who lists the folder never meets half of one.
"""

import datetime
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from django.http import QueryDict

from carebridge.lib.sheet_files import BYTE_ORDER_MARK, csv_text
from institutions.models import Listing
from institutions.open_data.files import FORMATS, dictionary
from institutions.open_data.tables import ATTRIBUTION, LICENCE, LICENCE_URL, published_homes
from institutions.search.filters import InstitutionFilter
from institutions.search.finder import make_finder

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
SUMS = "SHA256SUMS"
DICTIONARY, READ_ME = "dictionary.csv", "README.txt"
FILES = (*(f"institutions.{name}" for name in FORMATS), DICTIONARY, READ_ME, SUMS)


@dataclass(frozen=True)
class Copy:
    """One file of a snapshot."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Snapshot:
    day: str
    files: list[Copy]


def write_snapshot(folder: Path, on: datetime.date, site: str = "") -> bool:
    """Write the snapshot of the day; False where there is one already."""
    if (folder / on.isoformat()).exists():
        return False
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".part-", dir=folder) as part:
        draft = Path(part) / "draft"
        draft.mkdir()
        _write_files(draft, on, site)
        _flush_to_disk(draft)
        try:
            draft.rename(folder / on.isoformat())
        except OSError:
            if not (folder / on.isoformat()).exists():
                raise
            return False  # somebody else was quicker
    return True


def _write_files(draft: Path, on: datetime.date, site: str) -> None:
    """Write all files, reading each home once so that the files agree."""
    search = InstitutionFilter(QueryDict(), Listing.objects.all(), on)
    with ExitStack() as open_files:
        files = {
            made: open_files.enter_context(_open_file(draft / f"institutions.{name}"))
            for name, made in FORMATS.items()
        }
        for made, out in files.items():
            out.write(made.head)
        gaps = dict.fromkeys(files, "")
        for home in published_homes(make_finder(search).ordered_ids(), site):
            for made, out in files.items():
                out.write(gaps[made] + made.text(home))
                gaps[made] = made.between
        for made, out in files.items():
            out.write(made.tail)
    with _open_file(draft / DICTIONARY) as out:
        out.write(BYTE_ORDER_MARK + csv_text(dictionary()))
    with _open_file(draft / READ_ME) as out:
        out.write(f"养老机构名录，{on}\n许可：{LICENCE} {LICENCE_URL}\n署名：{ATTRIBUTION}，{on}\n")
    with _open_file(draft / SUMS) as out:
        out.writelines(f"{digest}  {name}\n" for name, digest in _digests(draft))


def _open_file(path: Path) -> TextIO:
    return path.open("w", encoding="utf-8", newline="")


def _digests(draft: Path) -> Iterator[tuple[str, str]]:
    for name in FILES:
        if name != SUMS:
            with (draft / name).open("rb") as content:
                yield name, hashlib.file_digest(content, "sha256").hexdigest()


def _flush_to_disk(draft: Path) -> None:
    """Flush to disk before the rename: a power cut leaves all of it or none."""
    for path in (*draft.iterdir(), draft):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def prune_snapshots(folder: Path, keep: int) -> list[str]:
    """Remove all but the newest; return the days removed."""
    gone = _snapshot_days(folder)[keep:]
    for day in gone:
        shutil.rmtree(folder / day)
    return gone


def list_snapshots(folder: Path) -> list[Snapshot]:
    """Return the snapshots, newest first."""
    return [Snapshot(day, _file_copies(folder / day)) for day in _snapshot_days(folder)]


def _snapshot_days(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    days = (path.name for path in folder.iterdir() if DAY.fullmatch(path.name))
    return sorted(days, reverse=True)


def _file_copies(snapshot: Path) -> list[Copy]:
    lines = (snapshot / SUMS).read_text(encoding="utf-8").splitlines()
    sums = [line.split("  ", 1) for line in lines]
    return [Copy(name, (snapshot / name).stat().st_size, digest) for digest, name in sums]


def path_of(folder: Path, day: str, name: str) -> Path | None:
    """Return the file of a snapshot; none for what is no snapshot or no file of one."""
    path = folder / day / name
    return path if DAY.fullmatch(day) and name in FILES and path.is_file() else None
