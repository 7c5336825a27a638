"""A sheet's way in: received and checked, agreed to, written; each step kept as `SheetImport`."""

import dataclasses
import hashlib
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from carebridge.lib.sheet_files import CellProblem, Sheet
from institutions.models import SheetImport, SheetLine
from institutions.register.history import as_data
from institutions.sheets import pieces
from institutions.sheets.identity import Answers
from institutions.sheets.pieces import MOST_CHANGES, WrittenError
from institutions.sheets.plan import (
    MovedError,
    Plan,
    PlannedHome,
    Progress,
    SheetSource,
    commit_plan,
    make_plan,
    no_progress,
    read_sheet,
    unknown_heads,
)
from institutions.sheets.rows import NOT_TAKEN
from institutions.sheets.side_by_side import questions_of
from institutions.sheets.write import batches
from regions.models import Document, Grade, Stage


def checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def slug_of(upload: SheetImport) -> str:
    """Return what the sheet is called as a document."""
    return f"sheet-{upload.checksum[:16]}"


def source_of(upload: SheetImport, *, reviewed: bool) -> SheetSource:
    """Return the source of the sheet's figures: a document, the home itself, or the sheet.

    A sheet whose homes have to be `reviewed` is passed together with the first of them.
    """
    document = upload.document
    if document is None and upload.title:
        slug = slug_of(upload)
        document = Document.objects.filter(slug=slug).first() or Document(
            slug=slug,
            is_sheet=True,
            stage=Stage.DRAFT if reviewed else Stage.PUBLISHED,
            region=upload.within,
            author=upload.author,
            title=upload.title,
            title_is_ours=True,
            kind=Document.Kind.DATASET,
            issued_on=upload.as_of,
            issued_precision=upload.as_of_precision,
            grade=Grade.WEAK,
            note=f"导入的表格“{upload.file_name}”。",
        )
    return SheetSource(upload.kind, upload.as_of, document, upload.as_of_precision)


def examine(
    upload: SheetImport, *, reviewed: bool = False, progress: Progress = no_progress
) -> tuple[Sheet, Plan]:
    """Return what the sheet would do; writes nothing. Raises `SheetError`."""
    content = bytes(upload.content or b"")
    upload.checksum = checksum(content)
    sheet = read_sheet(content)
    plan = make_plan(
        sheet,
        source_of(upload, reviewed=reviewed),
        within=upload.within,
        reviewed=reviewed,
        answers=upload.answers,
        progress=progress,
    )
    upload.digest = plan.digest()
    upload.unread = unknown_heads(sheet)
    upload.worksheets = sheet.report()
    return sheet, plan


def check(upload: SheetImport, *, reviewed: bool) -> None:
    """Keep what the sheet would do, to be looked at and agreed to. Raises `SheetError`."""
    _, plan = examine(upload, reviewed=reviewed)
    with transaction.atomic():
        _keep_result(upload, plan)


def keep_answers(upload: SheetImport, given: Answers, *, reviewed: bool) -> None:
    """Store a person's answers on the homes of rows, and examine the sheet anew.

    `given` holds answers by row and home; those of other rows stay. Raises `MovedError` for a
    sheet that is written already, and `SheetError`.
    """
    with transaction.atomic():
        if not _is_waiting(upload):
            raise MovedError
        upload.answers = SheetImport.objects.values_list("answers", flat=True).get(pk=upload.pk)
        for number, of_homes in given.items():
            upload.answers[number] = upload.answers.get(number, {}) | of_homes
        check(upload, reviewed=reviewed)


def write(
    upload: SheetImport,
    by: AbstractBaseUser | None,
    *,
    reviewed: bool = False,
    progress: Progress = no_progress,
) -> None:
    """Write an examined sheet, in one transaction with the record that it was.

    A sheet of many homes that was kept when it was checked is written in pieces (`pieces.py`).
    Changes of published homes wait for a reviewer where the importer's have to be `reviewed`.

    Raises `MovedError` when the register is no longer what it was checked against, and
    `WrittenError` when this sheet is written already: a button pressed twice.
    """
    if upload.pk and upload.new + upload.changed > pieces.PIECE:
        options = {"within": upload.within, "reviewed": reviewed, "answers": upload.answers}
        pieces.write_in_pieces(upload, source_of(upload, reviewed=reviewed), by, options, progress)
        return
    with transaction.atomic():
        if upload.pk and not _is_waiting(upload):
            raise WrittenError
        if upload.pk is None:
            upload.save()
        plan = commit_plan(
            read_sheet(bytes(upload.content or b"")),
            source_of(upload, reviewed=reviewed),
            timezone.localdate(),
            within=upload.within,
            by=by,
            reviewed=reviewed,
            answers=upload.answers,
            note=f"导入“{upload.file_name}”",
            expected=upload.digest,
            upload=upload.pk,
            progress=progress,
        )
        upload.state, upload.done_at = SheetImport.State.DONE, timezone.now()
        _keep_result(upload, plan)


def close_refused(upload: SheetImport, by: AbstractBaseUser) -> None:
    """Close its refused rows: they were mended elsewhere, or never can be."""
    rows = SheetImport.objects.filter(pk=upload.pk, settled_at=None)
    rows.update(settled_by=by.pk, settled_at=timezone.now())


def _is_waiting(upload: SheetImport) -> bool:
    """Locks the row: two who press the button at once wait for each other."""
    rows = SheetImport.objects.select_for_update().filter(pk=upload.pk)
    return rows.values_list("state", flat=True).get() == SheetImport.State.CHECKED


def _keep_result(upload: SheetImport, plan: Plan) -> None:
    for name, count in plan.counts.items():
        setattr(upload, name, count)
    upload.save()
    upload.lines.all().delete()
    questions = questions_of(plan.lines)
    for batch in batches(plan.lines):
        SheetLine.objects.bulk_create(_sheet_line(upload, line, questions) for line in batch)


def _sheet_line(upload: SheetImport, line: PlannedHome, questions: dict[int, Any]) -> SheetLine:
    return SheetLine(
        sheet=upload,
        first_row=line.rows[0],
        rows=line.rows,
        name=line.name[:200],
        institution_id=line.pk,
        outcome=line.outcome,
        changes=as_data(line.changes[:MOST_CHANGES]),
        problems=_plain_problems(line.problems),
        flags=_plain_problems(line.flags),
        questions=questions.get(line.rows[0], []),
    )


def _plain_problems(problems: list[CellProblem]) -> list[dict[str, Any]]:
    return [dataclasses.asdict(problem) for problem in problems]


def reasons(upload: SheetImport) -> dict[int, str]:
    """Why each row is to be mended: it is refused, or has cells that were set aside.

    A refused row has its own problems, or those of the other rows of its home.
    """
    found: dict[int, list[str]] = {}
    for line in upload.lines.filter(outcome=SheetLine.Outcome.REFUSED):
        for number in line.rows:
            own = [p for p in line.problems if p["row"] == number] or line.problems
            found[number] = [f"{p['column']}：{p['reason']}" for p in own]
    for cell in cells_set_aside(upload):
        words = f"{cell['column']}“{cell['value']}”：{cell['reason']}"
        found.setdefault(cell["row"], []).append(words)
    return {number: "；".join(words) for number, words in sorted(found.items())}


def cells_set_aside(upload: SheetImport) -> list[dict[str, Any]]:
    """Return every cell that was not taken: row, column, value and reason; in the order of the
    rows.
    """
    flags = upload.lines.exclude(flags=[]).values_list("flags", flat=True)
    found = [flag for of_line in flags for flag in of_line if NOT_TAKEN in flag["reason"]]
    return sorted(found, key=lambda cell: cell["row"])
