"""A sheet's way in: received and checked, agreed to, written; each step kept as `SheetImport`."""

import dataclasses
import hashlib
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from carebridge.lib.sheet_files import Problem, Sheet
from institutions.models import SheetImport, SheetLine
from institutions.register.history import as_data
from institutions.sheets.identity import Answers
from institutions.sheets.plan import (
    Line,
    MovedError,
    Plan,
    Say,
    Source,
    commit,
    make_plan,
    quiet,
    read_sheet,
    unknown_heads,
)
from institutions.sheets.side_by_side import questions_of
from institutions.sheets.write import batches
from regions.models import Document, Grade, Stage

# A refused sheet of thousands of rows is told by its first problems; the file has all.
MOST_CHANGES = 200


class WrittenError(MovedError):
    """The sheet is written already."""


def checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def slug_of(taken: SheetImport) -> str:
    """What the sheet is called as a document."""
    return f"sheet-{taken.checksum[:16]}"


def source_of(taken: SheetImport, *, reviewed: bool) -> Source:
    """Where the figures of the sheet come from: a document, the home itself, or the sheet.

    A sheet whose homes have to be `reviewed` is passed together with the first of them.
    """
    document = taken.document
    if document is None and taken.title:
        slug = slug_of(taken)
        document = Document.objects.filter(slug=slug).first() or Document(
            slug=slug,
            is_sheet=True,
            stage=Stage.DRAFT if reviewed else Stage.PUBLISHED,
            region=taken.within,
            author=taken.author,
            title=taken.title,
            title_is_ours=True,
            kind=Document.Kind.DATASET,
            issued_on=taken.as_of,
            issued_precision=taken.as_of_precision,
            grade=Grade.WEAK,
            note=f"导入的表格“{taken.file_name}”。",
        )
    return Source(taken.kind, taken.as_of, document, taken.as_of_precision)


def examine(taken: SheetImport, *, reviewed: bool = False, say: Say = quiet) -> tuple[Sheet, Plan]:
    """What the sheet would do; writes nothing. Raises `SheetError`."""
    content = bytes(taken.content or b"")
    taken.checksum = checksum(content)
    sheet = read_sheet(content)
    plan = make_plan(
        sheet,
        source_of(taken, reviewed=reviewed),
        within=taken.within,
        reviewed=reviewed,
        answers=taken.answers,
        say=say,
    )
    taken.digest = plan.digest()
    taken.unread = unknown_heads(sheet)
    taken.worksheets = sheet.report()
    return sheet, plan


def check(taken: SheetImport, *, reviewed: bool) -> None:
    """Keep what the sheet would do, to be looked at and agreed to. Raises `SheetError`."""
    _, plan = examine(taken, reviewed=reviewed)
    with transaction.atomic():
        _keep(taken, plan)


def answer(taken: SheetImport, given: Answers, *, reviewed: bool) -> None:
    """Keep a person's answers of which homes rows speak of, and examine the sheet anew.

    `given` holds answers by row and home; those of other rows stay. Raises `MovedError` for a
    sheet that is written already, and `SheetError`.
    """
    with transaction.atomic():
        if not _is_waiting(taken):
            raise MovedError
        taken.answers = SheetImport.objects.values_list("answers", flat=True).get(pk=taken.pk)
        for number, of_homes in given.items():
            taken.answers[number] = taken.answers.get(number, {}) | of_homes
        check(taken, reviewed=reviewed)


def write(
    taken: SheetImport, by: AbstractBaseUser | None, *, reviewed: bool = False, say: Say = quiet
) -> None:
    """Write an examined sheet, in one transaction with the record that it was.

    Changes of published homes wait for a reviewer where the importer's have to be `reviewed`.

    Raises `MovedError` when the register is no longer what it was checked against, and
    `WrittenError` when this sheet is written already: a button pressed twice.
    """
    with transaction.atomic():
        if taken.pk and not _is_waiting(taken):
            raise WrittenError
        if taken.pk is None:
            taken.save()
        plan = commit(
            read_sheet(bytes(taken.content or b"")),
            source_of(taken, reviewed=reviewed),
            timezone.localdate(),
            within=taken.within,
            by=by,
            reviewed=reviewed,
            answers=taken.answers,
            note=f"导入“{taken.file_name}”",
            expected=taken.digest,
            upload=taken.pk,
            say=say,
        )
        taken.state, taken.done_at = SheetImport.State.DONE, timezone.now()
        _keep(taken, plan)


def settle(taken: SheetImport, by: AbstractBaseUser) -> None:
    """Say that its refused rows need no more work: they were mended elsewhere, or never can be."""
    rows = SheetImport.objects.filter(pk=taken.pk, settled_at=None)
    rows.update(settled_by=by.pk, settled_at=timezone.now())


def _is_waiting(taken: SheetImport) -> bool:
    """Locks the row: two who press the button at once wait for each other."""
    rows = SheetImport.objects.select_for_update().filter(pk=taken.pk)
    return rows.values_list("state", flat=True).get() == SheetImport.State.CHECKED


def _keep(taken: SheetImport, plan: Plan) -> None:
    for name, count in plan.counts.items():
        setattr(taken, name, count)
    taken.save()
    taken.lines.all().delete()
    questions = questions_of(plan.lines)
    for batch in batches(plan.lines):
        SheetLine.objects.bulk_create(_line(taken, line, questions) for line in batch)


def _line(taken: SheetImport, line: Line, questions: dict[int, Any]) -> SheetLine:
    return SheetLine(
        sheet=taken,
        first_row=line.rows[0],
        rows=line.rows,
        name=line.name[:200],
        institution_id=line.pk,
        outcome=line.outcome,
        changes=as_data(line.changes[:MOST_CHANGES]),
        problems=_plain(line.problems),
        flags=_plain(line.flags),
        questions=questions.get(line.rows[0], []),
    )


def _plain(problems: list[Problem]) -> list[dict[str, Any]]:
    return [dataclasses.asdict(problem) for problem in problems]


def reasons(taken: SheetImport) -> dict[int, str]:
    """Why each refused row is: its own problems, or those of the other rows of its home."""
    found = {}
    for line in taken.lines.filter(outcome=SheetLine.Outcome.REFUSED):
        for number in line.rows:
            own = [p for p in line.problems if p["row"] == number] or line.problems
            found[number] = "；".join(f"{p['column']}：{p['reason']}" for p in own)
    return found
