"""Changes made to whole records, one step at a time: every step is kept and can be undone.

A change is a `records.Change`: a path, its label in words, the value before and the value after.
Everything that edits a home after it was entered goes through here, so that version, history and
listing follow in one transaction.
"""

import copy
import dataclasses
import datetime
from collections.abc import Callable, Iterable
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import models, transaction

from institutions.models import Institution, Provenance, Revision
from institutions.register.listings import refresh
from institutions.register.photos import delete_unused, drop_lost_photos, removed_files
from institutions.register.record import PARTS, Change, Part, Record, Row, apply_record, difference
from institutions.register.record import to_record as record_of

How = Revision.How
LONGEST_PATH = 100  # that a source can be given for


class ConflictError(Exception):
    """Figures that differ from the old value of a change: (change, current value)."""

    def __init__(self, found: list[tuple[Change, Any]]) -> None:
        super().__init__("、".join(change.label for change, _ in found))
        self.found = found


# Changes as plain data


def as_data(changes: Iterable[Change]) -> list[dict[str, Any]]:
    """Return the changes as plain data that JSON can hold."""
    return [dataclasses.asdict(change) for change in changes]


def from_data(data: Iterable[dict[str, Any]]) -> list[Change]:
    return [Change(**fields) for fields in data]


def reverse_changes(changes: Iterable[Change]) -> list[Change]:
    """Return the changes that lead back."""
    return [dataclasses.replace(change, old=change.new, new=change.old) for change in changes]


# Changes made to a record


def patch_record(record: Record, changes: Iterable[Change]) -> Record:
    """Return the record with the changes made, rows of parts in the order of their keys.

    Raises `ConflictError` with every change whose old value is not there, made already or not: two
    who each count one bed less mean two.
    """
    sheet = _PathIndex(copy.deepcopy(record))
    found = []
    for change in changes:
        now = sheet.value_at(change)
        if now == change.old:
            sheet.put(change)
        else:
            found.append((change, now))
    if found:
        raise ConflictError(found)
    return sheet.record


def outstanding_changes(record: Record, changes: Iterable[Change]) -> list[Change]:
    """Return the changes that the record does not hold already."""
    sheet = _PathIndex(record)
    return [change for change in changes if sheet.value_at(change) != change.new]


class _PathIndex:
    """A record whose figures and rows are reached by their paths."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.rows: dict[str, Row] = {
            part.path_of(row): row for part in PARTS for row in part.rows_in(record)
        }

    def value_at(self, change: Change) -> Any:
        """Return the value at the change's path; None for a missing row or a figure of one."""
        if _is_row(change):
            return self.rows.get(change.path)
        where, _, name = change.path.rpartition("/")
        return (self.rows.get(where, {}) if where else self.record).get(name)

    def put(self, change: Change) -> None:
        if _is_row(change):
            self._put_row(_part_of(change.path), change)
            return
        where, _, name = change.path.rpartition("/")
        (self.rows[where] if where else self.record)[name] = change.new

    def _put_row(self, part: Part, change: Change) -> None:
        rows = [row for row in part.rows_in(self.record) if part.path_of(row) != change.path]
        self.rows.pop(change.path, None)
        if change.new is not None:
            self.rows[change.path] = new = copy.deepcopy(change.new)
            rows.append(new)
        self.record[part.name] = (rows[0] if rows else None) if part.single else rows


def _is_row(change: Change) -> bool:
    return isinstance(change.old, dict) or isinstance(change.new, dict)


def _part_of(path: str) -> Part:
    name = path.split("/")[0]
    return next(part for part in PARTS if part.name == name)


# Sources


def cite_own_word(before: Record, after: Record, on: datetime.date) -> Record:
    """`after`, where each figure that was typed anew is the home's own word of the day `on`.

    Nobody has checked a new figure, and the old document does not state it. A source that was typed
    along with the figure stands; what is below it has it already. Demo stays demo.
    """
    changes = difference(before, after)
    old = {row["field"]: row for row in before["provenance"]}
    rows = {row["field"]: row for row in after["provenance"]}
    typed = {path for path, row in rows.items() if row != old.get(path)}
    for path in dict.fromkeys(
        shorten_path(change.path) for change in changes if _states_figure(change)
    ):
        if any(not field or path == field or path.startswith(f"{field}/") for field in typed):
            continue
        leading = [f for f in rows if not f or path == f or path.startswith(f"{f}/")]
        speaking = rows[max(leading, key=len)] if leading else None
        rows[path] = _own_word(path, speaking, on)
    return {**after, "provenance": [rows[path] for path in sorted(rows)]}


def _states_figure(change: Change) -> bool:
    """Return whether the change states a figure: no source, label, date or removed row."""
    names = change.path.split("/")
    is_figure = names[0] not in {"provenance", "is_demo", "stage"}
    return is_figure and not names[-1].startswith("as_of") and change.new is not None


def _own_word(path: str, speaking: Row | None, on: datetime.date) -> Row:
    is_demo = speaking is not None and speaking["kind"] == Provenance.Kind.DEMO
    return {
        "field": path,
        "kind": Provenance.Kind.DEMO if is_demo else Provenance.Kind.OWN,
        "document": speaking["document"] if speaking and is_demo else None,
        "as_of": on.isoformat(),
        "as_of_precision": "day",
        "quote": "",
        "verified_on": None,
        "verified_by": None,
        "verified_how": "",
    }


def shorten_path(path: str) -> str:
    """Return the path itself, or the one above it that fits the column."""
    while len(path) > LONGEST_PATH:
        path = path.rpartition("/")[0]
    return path


# Steps


def lock_home(pk: int) -> Institution:
    """Return the home with all its parts, nobody else's to change until the transaction ends."""
    # The lock comes first: what is read after it is what the last writer left.
    Institution.objects.select_for_update().get(pk=pk)
    return Institution.objects.with_parts().get(pk=pk)


def change_record(
    pk: int,
    make: Callable[[Record], Record],
    *,
    by: AbstractBaseUser | None,
    how: Revision.How,
    on: datetime.date,
    note: str = "",
    sheet: int | None = None,
) -> Revision | None:
    """Apply `make` to a home's record: parts, version, history and listing in one.

    None if nothing changes. Raises what `apply_record` and `make` raise, and changes nothing then.
    """
    with transaction.atomic():
        home = lock_home(pk)
        before = record_of(home)
        after = make(before)
        apply_record(home, after)
        step = keep_revision(
            home, difference(before, after), by=by, how=how, note=note, sheet=sheet
        )
        refresh([pk], on)
        return step


def keep_revision(
    home: Institution,
    changes: list[Change],
    *,
    by: AbstractBaseUser | None,
    how: Revision.How,
    note: str = "",
    sheet: int | None = None,
) -> Revision | None:
    """Return the step of changes that were just written as the home's present version; None of
    none.

    Files of photos that were taken down go with it.
    """
    if not changes:
        return None
    delete_unused(removed_files(changes))
    return Revision.objects.create(
        institution=home,
        version=home.version,
        how=how,
        note=note,
        changes=as_data(changes),
        author_id=by.pk if by else None,
        sheet_id=sheet,
    )


def revisions_since(home: Institution, version: int) -> models.QuerySet[Revision]:
    """Return the steps made after the home had this version, newest first."""
    return Revision.objects.filter(institution=home, version__gt=version).select_related("author")


def back_to(home: Institution, version: int) -> Callable[[Record], Record]:
    """Return a function for `change_record` that makes of the record what it was at `version`."""
    steps = list(revisions_since(home, version))

    def make(record: Record) -> Record:
        before = record
        for step in steps:
            changes = [c for c in from_data(step.changes) if c.path != "stage"]
            record = patch_record(record, reverse_changes(changes))
        return drop_lost_photos(record, before)

    return make
