"""The files of photos: what nobody shows any more, nor waits to show, is deleted.

A photo may show a person, so one that was taken down or turned away does not stay on the server.
"""

import datetime
from collections.abc import Iterable, Iterator

from django.core.files.storage import default_storage
from django.db import models, transaction

from institutions.models import Institution, PendingChange, Photo
from institutions.register.record import Change, Record

FOLDER = "photos"


def removed_files(changes: Iterable[Change]) -> set[str]:
    """The files of photos that these changes take away; an exchanged one is of another row."""
    return {
        change.old["image"] for change in changes if _is_photo(change.path) and change.new is None
    }


def requested_files(pending: PendingChange) -> set[str]:
    """The files of photos that this change would bring."""
    return {
        change["new"]["image"]
        for change in pending.changes
        if _is_photo(change["path"]) and change["new"]
    }


def _is_photo(path: str) -> bool:
    return path.startswith(f"{FOLDER}/")


def files_of(homes: models.QuerySet[Institution]) -> set[str]:
    """The files of all photos that these homes show, or were asked to show."""
    found = set(Photo.objects.filter(institution__in=homes).values_list("image", flat=True))
    return found.union(*map(requested_files, PendingChange.objects.filter(institution__in=homes)))


def delete_unused(files: Iterable[str]) -> None:
    """Delete those of the files that nothing needs, once what is being written is written."""
    if names := set(files):
        transaction.on_commit(lambda: _delete_files(names), robust=True)


def _delete_files(names: set[str]) -> None:
    for name in names - _used_files():
        default_storage.delete(name)


def _used_files() -> set[str]:
    """The files of every photo that is shown or waits to be."""
    found = set(Photo.objects.values_list("image", flat=True))
    return found.union(*map(requested_files, PendingChange.objects.waiting()))


def drop_lost_photos(record: Record, before: Record) -> Record:
    """The record without photos that it would bring back though their files are deleted."""
    held = {row["image"] for row in before["photos"]}
    kept = [
        row
        for row in record["photos"]
        if row["image"] in held or default_storage.exists(row["image"])
    ]
    return record | {"photos": kept}


def find_strays(until: datetime.datetime) -> set[str]:
    """Files written before then that no photo and no waiting change names."""
    old = {name for name in _walk_files(FOLDER) if default_storage.get_modified_time(name) < until}
    return old - _used_files()


def _walk_files(folder: str) -> Iterator[str]:
    if not default_storage.exists(folder):
        return
    folders, files = default_storage.listdir(folder)
    yield from (f"{folder}/{name}" for name in files)
    for name in folders:
        yield from _walk_files(f"{folder}/{name}")
