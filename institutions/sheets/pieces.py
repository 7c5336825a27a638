"""A large sheet written piece by piece, so that nobody else waits long for their own save.

Each piece is a short transaction. An import that was killed stands as WRITING: it is gone on with
by the same button, or taken back as one act with all that it wrote. A home that somebody changed
after the sheet was agreed to is left as it is, and named.
"""

import dataclasses
import datetime
import json
import time
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, transaction
from django.db.models import Count, Q
from django.utils import timezone

from carebridge.lib.sheet_files import CellProblem
from institutions.models import Institution, PendingChange, Revision, SheetImport, SheetLine
from institutions.register.history import as_data
from institutions.register.listings import lock_homes
from institutions.sheets.plan import (
    MovedError,
    Plan,
    PlannedHome,
    Progress,
    SheetSource,
    make_plan,
    read_sheet,
)
from institutions.sheets.write import Writer, batches

# A sheet of more homes goes in pieces, each at most as large. A piece is to take so many seconds:
# the size of the next follows from how long the last one took.
PIECE, LEAST, AIM = 200, 10, 0.2
# Seconds between two pieces, or half of what the last one took: whoever waits for SQLite looks
# again within a tenth of a second.
PAUSE = 0.12
# An import that has written nothing for so long has been killed.
SILENCE = datetime.timedelta(minutes=2)
# A changed home is described by its first changes; the file has all.
MOST_CHANGES = 200
MOVED = "核对之后，别人改过这一家，这一行没有导入。请重新上传核对。"
State = SheetImport.State
Outcome = SheetLine.Outcome


class WrittenError(MovedError):
    """The sheet is written already."""


class RunningError(WrittenError):
    """Somebody is writing the sheet just now."""


def is_left_half(state: str, beat_at: datetime.datetime | None) -> bool:
    """Return whether an import was broken off: it is WRITING and nobody writes."""
    return state == State.WRITING and (beat_at is None or timezone.now() - beat_at > SILENCE)


def write_in_pieces(
    upload: SheetImport,
    source: SheetSource,
    by: AbstractBaseUser | None,
    options: dict[str, Any],
    progress: Progress,
) -> None:
    """Write what is left to write of a kept sheet; raises as `uploads.write` does."""
    rows = SheetImport.objects.filter(pk=upload.pk)
    is_first = _begin(upload)
    try:
        plan = make_plan(
            read_sheet(bytes(upload.content or b"")), source, progress=progress, **options
        )
        if is_first and plan.digest() != upload.digest:
            raise MovedError
        _Pieces(upload, plan, source, by, progress).write(is_first)
    except BaseException as error:
        # Nobody has to wait before going on; what was not even begun is to be agreed to anew.
        nothing = is_first and isinstance(error, MovedError)
        rows.update(beat_at=None, state=State.CHECKED if nothing else State.WRITING)
        raise
    upload.refresh_from_db()


def _begin(upload: SheetImport) -> bool:
    """Take the sheet for writing; return whether nothing of it is written yet."""
    with transaction.atomic():
        rows = SheetImport.objects.select_for_update().filter(pk=upload.pk)
        state, beat_at = rows.values_list("state", "beat_at").get()
        if state == State.WRITING and not is_left_half(state, beat_at):
            raise RunningError
        if state not in {State.CHECKED, State.WRITING}:
            raise WrittenError
        rows.update(state=State.WRITING, beat_at=timezone.now())
    return state == State.CHECKED


class _Pieces:
    """The lines of one sheet on their way into the register."""

    def __init__(
        self, upload: SheetImport, plan: Plan, source: SheetSource, by: Any, progress: Progress
    ) -> None:
        self.upload, self.plan, self.source, self.progress = upload, plan, source, progress
        note = f"导入“{upload.file_name}”"
        on = timezone.localdate()
        self.writer = Writer(plan, source, on, by, note, lambda *_: None, upload.pk)

    def write(self, is_first: bool) -> None:
        lines = [line for line in self.plan.lines if line.outcome in {"new", "changed"}]
        if not is_first:
            lines = self._still_agreed(lines)
        done, size = 0, min(PIECE, LEAST)
        while batch := lines[done : done + size]:
            began = time.monotonic()
            self._write_piece(batch)
            took = time.monotonic() - began
            for _ in batch:
                done += 1
                self.progress("写入", done, len(lines))
            size = max(min(PIECE, LEAST), min(PIECE, int(size * AIM / max(took, 0.001))))
            time.sleep(max(PAUSE, took / 2))
        self._finish()

    def _still_agreed(self, lines: list[PlannedHome]) -> list[PlannedHome]:
        """Return the lines that would do what was agreed to; the others are refused.

        A home that is written already, and that somebody has changed since, is none of them.
        """
        mine: set[int] = set()
        for model in (Revision, PendingChange):
            homes: Any = model._default_manager.filter(sheet=self.upload.pk)
            mine |= set(homes.values_list("institution", flat=True))
        agreed: dict[int, tuple[str, str]] = {}
        kept = SheetLine.objects.filter(sheet=self.upload)
        for row, outcome, changes in kept.values_list("first_row", "outcome", "changes").iterator():
            agreed[row] = outcome, _text(changes)
        left = [line for line in lines if line.pk not in mine]
        moved = [
            line
            for line in left
            if agreed.get(line.rows[0]) != (line.outcome, _text(_described(line)))
        ]
        for batch in batches(moved, PIECE):
            with transaction.atomic():
                self._refuse(batch)
        refused = {line.rows[0] for line in moved}
        return [line for line in left if line.rows[0] not in refused]

    def _write_piece(self, lines: list[PlannedHome]) -> None:
        try:
            self._write_together(lines)
        except IntegrityError:
            # Somebody has entered one of the new homes meanwhile: the others need not wait for it.
            for line in lines:
                if line.outcome == "new":
                    line.pk = None
            for line in lines:
                self._write_alone(line)

    def _write_alone(self, line: PlannedHome) -> None:
        try:
            self._write_together([line])
        except IntegrityError:
            with transaction.atomic():
                self._refuse([line])

    def _write_together(self, lines: list[PlannedHome]) -> None:
        with transaction.atomic():
            homes = {line.pk: line for line in lines if line.pk}
            lock_homes(homes)
            found = dict(Institution.objects.filter(pk__in=homes).values_list("pk", "version"))
            kept = self.plan.current.kept
            moved = [line for pk, line in homes.items() if found.get(pk) != kept[pk]["version"]]
            refused = {line.rows[0] for line in moved}
            still = [line for line in lines if line.rows[0] not in refused]
            if self.source.document and self.source.document.pk is None:
                self.source.document.save()
            self.writer.write_piece(still)
            self._refuse(moved)
            self._name_new(still)
            SheetImport.objects.filter(pk=self.upload.pk).update(beat_at=timezone.now())
        for line in lines:
            # What is written need not be kept in memory.
            line.fields, line.parts, line.writes = {}, {}, []

    def _name_new(self, lines: list[PlannedHome]) -> None:
        """Let the kept lines of new homes progress which homes these are."""
        homes = {line.rows[0]: line.pk for line in lines if line.outcome == "new"}
        rows = list(SheetLine.objects.filter(sheet=self.upload, first_row__in=homes))
        for row in rows:
            row.institution_id = homes[row.first_row]
        SheetLine.objects.bulk_update(rows, ["institution"])

    def _refuse(self, lines: list[PlannedHome]) -> None:
        numbers = {line.rows[0]: line for line in lines}
        rows = list(SheetLine.objects.filter(sheet=self.upload, first_row__in=numbers))
        for row in rows:
            problem = CellProblem(row.first_row, "名称", row.name, MOVED)
            row.outcome, row.problems = Outcome.REFUSED, [dataclasses.asdict(problem)]
        SheetLine.objects.bulk_update(rows, ["outcome", "problems"])

    def _finish(self) -> None:
        lines = SheetLine.objects.filter(sheet=self.upload)
        named = {name: Count("pk", filter=Q(outcome=name)) for name in Outcome.values}
        with transaction.atomic():
            SheetImport.objects.filter(pk=self.upload.pk).update(
                state=State.DONE, done_at=timezone.now(), beat_at=None, **lines.aggregate(**named)
            )


def _described(line: PlannedHome) -> list[dict[str, Any]]:
    return as_data(line.changes[:MOST_CHANGES])


def _text(changes: list[dict[str, Any]]) -> str:
    return json.dumps(changes, sort_keys=True, cls=DjangoJSONEncoder)
