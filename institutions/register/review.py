"""Stages of a home and of its changes: draft, review, published.

A clerk's change of a published home waits for a reviewer; bed figures of the day go live at once.
"""

import datetime
from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.timezone import now

from institutions.models import Bed, Institution, PendingChange, Revision
from institutions.register.history import (
    as_data,
    back_to,
    change_record,
    cite_own_word,
    from_data,
    keep_revision,
    lock_home,
    outstanding_changes,
    patch_record,
)
from institutions.register.listings import refresh
from institutions.register.photos import delete_unused, requested_files
from institutions.register.record import Change, Record, difference, to_record
from regions.models import DatePrecision, Document
from regions.policies import rulebook as policies
from regions.staff.stages import MOVES, DecidedError, UnreadError

Stage = Institution.Stage
State = PendingChange.State

# Figures of a bed row that are the news of a day: of no use when they come after a review.
COUNTS = ("/occupied", "/vacant")
NEWS = {"occupied", "vacant", "as_of", "as_of_precision"}


def is_news(change: Change) -> bool:
    """Return whether the change may go live without a review."""
    names = change.path.split("/")
    if names[0] == "provenance" and len(names) > 1:  # a figure and its source go together
        names = names[1].replace("~1", "/").replace("~0", "~").split("/")
        return names[0] == "beds" and names[-1] in NEWS
    is_row = isinstance(change.old, dict) or isinstance(change.new, dict)
    return names[0] == "beds" and names[-1] in NEWS and not is_row


# From stage to stage


def move_stage(
    pk: int,
    name: str,
    *,
    by: AbstractBaseUser | None,
    on: datetime.date,
    seen: int | None = None,
) -> bool:
    """Take the home one step further; False where it does not stand at the step's beginning.

    `seen` is the version that was read; raises `UnreadError` where the home has another by now.
    """
    step = MOVES[name]
    with transaction.atomic():
        home = Institution.objects.select_for_update().get(pk=pk)
        if home.stage != step.origin:
            return False
        if seen is not None and home.version != seen:
            raise UnreadError
        home.stage, home.version = step.target, F("version") + 1
        home.save(update_fields=["stage", "version", "updated_at"])
        home.refresh_from_db()
        change = Change("stage", "发布阶段", step.origin, step.target)
        keep_revision(home, [change], by=by, how=Revision.How.STAGE)
        if step.target == Stage.PUBLISHED:
            pass_sheets(pk)
        refresh([pk], on)
    return True


def pass_sheets(pk: int) -> None:
    """Publish the sheets that the home came in with: who passes it has read what they are called.

    Other documents are passed on their own, by somebody of enough reach.
    """
    cited = Document.objects.filter(is_sheet=True, cited_for__institution=pk)
    if changed := cited.exclude(stage=Stage.PUBLISHED).values_list("pk", flat=True):
        Document.objects.filter(pk__in=list(changed)).update(stage=Stage.PUBLISHED)
        policies.changed()


# A clerk's change of a published home


def propose(
    home: Institution,
    changes: list[Change],
    *,
    by: AbstractBaseUser,
    on: datetime.date,
    sheet: int | None = None,
) -> PendingChange | None:
    """Publish what is news of the day, keep the rest for a reviewer; None if all went live."""
    waiting = [change for change in changes if not is_news(change)]
    news = [change for change in changes if is_news(change)]
    counted = {_bed_row_path(change) for change in news if change.path.endswith(COUNTS)}
    # A day typed for figures that wait is not the day of those that stand.
    undated = {_bed_row_path(change) for change in waiting} - counted - {""}
    waiting += [change for change in news if _bed_row_path(change) in undated]
    news = [change for change in news if _bed_row_path(change) not in undated]
    try:
        with transaction.atomic():
            options: dict[str, Any] = {"by": by, "how": Revision.How.BEDS, "on": on, "sheet": sheet}
            change_record(home.pk, lambda record: patch_record(record, news), **options)
    except ValidationError:
        # The day's figures stand only together with the rest: more beds, more of them free.
        waiting = changes
    if not waiting:
        return None
    home.refresh_from_db(fields=["version"])
    return PendingChange.objects.create(
        institution=home,
        base_version=home.version,
        changes=as_data(waiting),
        author_id=by.pk,
        sheet_id=sheet,
    )


def _bed_row_path(change: Change) -> str:
    """Return the path of the row that the changed figure stands in; nothing for the home's own."""
    return change.path.rpartition("/")[0] if change.path.startswith("beds/") else ""


def approve_change(pk: int, *, by: AbstractBaseUser, on: datetime.date) -> Revision | None:
    """Make the pending change: record, version, history and listing, or nothing.

    Raises `DecidedError`, `ConflictError` where the home was changed since in the same places, and
    `ValidationError` for what the models refuse by now.
    """
    with transaction.atomic():
        pending = _undecided(pk)

        def make(record: Record) -> Record:
            return patch_record(record, outstanding_changes(record, from_data(pending.changes)))

        note = f"{pending.author} 提交"
        step = change_record(
            pending.institution_id,
            make,
            by=by,
            how=Revision.How.APPROVED,
            on=on,
            note=note,
            sheet=pending.sheet_id,
        )
        _close_pending(pending, State.APPROVED, by)
        pass_sheets(pending.institution_id)
        return step


def reject_change(pk: int, reason: str, *, by: AbstractBaseUser) -> None:
    """Reject the pending change and its photos, with a reason. Raises `DecidedError`."""
    with transaction.atomic():
        pending = _undecided(pk)
        pending.reason = reason
        _close_pending(pending, State.REJECTED, by)
        delete_unused(requested_files(pending))


def restore_version(
    pk: int, version: int, *, by: AbstractBaseUser, on: datetime.date, reviewed: bool
) -> PendingChange | None:
    """Make of the home what it was; of a published one after a review, if it has to be `reviewed`.

    Raises `ConflictError` and `ValidationError`; the stage stays what it is.
    """
    with transaction.atomic():
        home = lock_home(pk)
        make, record = back_to(home, version), to_record(home)
        if reviewed and home.stage == Stage.PUBLISHED:
            return propose(home, difference(record, make(record)), by=by, on=on)
        note = f"到第 {version} 版"
        change_record(pk, make, by=by, how=Revision.How.RESTORED, on=on, note=note)
        return None


def _undecided(pk: int) -> PendingChange:
    pending = PendingChange.objects.select_for_update().get(pk=pk)
    if pending.state != State.WAITING:
        raise DecidedError
    return pending


def _close_pending(pending: PendingChange, state: str, by: AbstractBaseUser) -> None:
    pending.state, pending.decided_at = state, now()
    pending.decided_by_id = by.pk
    pending.save()


# Acts of their own


def verify_figures(
    pk: int, fields: list[str], how: str, *, by: AbstractBaseUser, on: datetime.date
) -> Revision | None:
    """Record that somebody checked the figures: when, and how.

    `fields` are paths of the home's sources. A figure without a source cannot be verified: who
    looked confirms the source, not where the figure comes from. Raises
    `ValidationError` for a day that has not come.
    """
    stamp = {"verified_on": on.isoformat(), "verified_by": by.get_username(), "verified_how": how}

    def make(record: Record) -> Record:
        rows = record["provenance"]
        stamped = [row | stamp if row["field"] in fields else row for row in rows]
        return record | {"provenance": stamped}

    return change_record(pk, make, by=by, how=Revision.How.VERIFIED, on=on)


def count_beds(
    bed: Bed, values: dict[str, Any], *, by: AbstractBaseUser, on: datetime.date
) -> Revision | None:
    """Write daily figures of one row of beds; `values` may hold `occupied`, `vacant`, `as_of`."""
    plain = values | {"as_of": values["as_of"] and values["as_of"].isoformat()}
    plain |= {"as_of_precision": DatePrecision.DAY}

    def make(record: Record) -> Record:
        key = (bed.category, bed.room)
        rows = [
            row | plain if (row["category"], row["room"]) == key else row for row in record["beds"]
        ]
        return cite_own_word(record, record | {"beds": rows}, on)

    return change_record(bed.institution_id, make, by=by, how=Revision.How.BEDS, on=on)


def confirm_beds(
    homes: dict[int, set[tuple[str, str]]], *, by: AbstractBaseUser, on: datetime.date
) -> int:
    """Confirm that bed rows, as (category, room) by home, are unchanged today.

    Returns the number of homes changed; rows without any count hold nothing to confirm.
    """

    def make(keys: set[tuple[str, str]]) -> Callable[[Record], Record]:
        return lambda record: (
            record | {"beds": [_date_bed_row(row, keys, on) for row in record["beds"]]}
        )

    options: dict[str, Any] = {"by": by, "how": Revision.How.CONFIRMED, "on": on}
    # In the order of their ids: two who confirm the same homes never wait for each other in turn.
    with transaction.atomic():
        return sum(
            change_record(pk, make(keys), **options) is not None
            for pk, keys in sorted(homes.items())
        )


def _date_bed_row(
    row: dict[str, Any], keys: set[tuple[str, str]], on: datetime.date
) -> dict[str, Any]:
    counted = any(
        row[name] is not None for name in ("registered", "operating", "occupied", "vacant")
    )
    if (row["category"], row["room"]) not in keys or not counted:
        return row
    return row | {"as_of": on.isoformat(), "as_of_precision": "day"}
