"""An import taken back as one act: what it wrote, newest first, home by home.

A home that was changed since, by anybody, is named and left as it is. A home the import created is
deleted where nobody has seen or used it, and else taken off the site.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError
from django.db.models.functions import Coalesce
from django.utils import timezone

from institutions.models import (
    Correction,
    Institution,
    PendingChange,
    Revision,
    SheetImport,
    SheetLine,
)
from institutions.models.revision import PendingChangeQuerySet
from institutions.register.history import ConflictError, back_to, change_record, lock_home
from institutions.register.listings import delete_homes
from institutions.register.record import difference, to_record
from institutions.register.review import move_stage, propose
from institutions.sheets.pieces import is_left_half
from institutions.sheets.uploads import slug_of
from regions.models import Document, Region

Fate = SheetLine.Undone
Stage = Institution.Stage


class UndoneError(Exception):
    """The import was taken back before, or never written."""


@dataclass
class Undo:
    """Outcome of the undo for one home; `why` is the reason for one that is left."""

    home: Institution
    fate: str
    why: str = ""
    # The steps of the import in the home's history, newest first.
    steps: list[Revision] = field(default_factory=list)

    @property
    def label(self) -> str:
        return str(Fate(self.fate).label)


def examine_undo(
    sheet: SheetImport, *, within: Region | None = None, reviewed: bool = False
) -> list[Undo]:
    """Return what taking the import back would do, home by home; writes nothing.

    `within` is the region of the person's post. Who has to be `reviewed` takes nothing off the
    site alone.
    """
    steps: dict[int, list[Revision]] = {}
    for step in Revision.objects.filter(sheet=sheet).order_by("-version"):
        steps.setdefault(step.institution_id, []).append(step)
    waiting = _waiting(sheet).values_list("institution", flat=True)
    homes = Institution.objects.filter(pk__in={*steps, *waiting}).select_related("region")
    limits = within.heirs() if within else None
    return [
        _judge_home(home, steps.get(home.pk, []), sheet, limits, reviewed)
        for home in homes.order_by("pk")
    ]


def _waiting(sheet: SheetImport) -> PendingChangeQuerySet:
    return PendingChange.objects.waiting().filter(sheet=sheet)


def _judge_home(
    home: Institution,
    steps: list[Revision],
    sheet: SheetImport,
    limits: Iterable[Region] | None,
    reviewed: bool,
) -> Undo:
    undo = Undo(home, Fate.BACK, steps=steps)
    if limits is not None and not home.region.lies_in(limits):
        undo.fate, undo.why = Fate.LEFT, "现在不在您的地区"
    elif not steps:
        undo.fate = Fate.WITHDRAWN
    elif later := _changed_since(home, steps[-1].version, sheet):
        undo.fate, undo.why = _of_changed(home, steps, later, reviewed)
    elif steps[-1].version == 1:
        undo.fate = Fate.DELETED if _is_unused(home, sheet) else Fate.LEFT
        undo.why = "" if undo.fate == Fate.DELETED else "有读者的纠错或待审的修改"
    elif reviewed and home.stage == Stage.PUBLISHED:
        undo.fate = Fate.PROPOSED
    return undo


def _of_changed(
    home: Institution, steps: list[Revision], later: list[Revision], reviewed: bool
) -> tuple[str, str]:
    """Return a new home that was only published since is taken off the site; any other is left."""
    is_new = steps[-1].version == 1
    if is_new and all(step.how == Revision.How.STAGE for step in later):
        if home.stage == Stage.PUBLISHED and not reviewed:
            return Fate.OFF_SITE, ""
        is_public = home.stage == Stage.PUBLISHED
        return Fate.LEFT, "已经发布，要审核人撤下" if is_public else "已经送审过"
    last = later[0]
    when = f"{timezone.localtime(last.made_at):%Y-%m-%d %H:%M}"
    return Fate.LEFT, f"{last.author or '系统'} {when} 又改过（{last.get_how_display()}）"


def _changed_since(home: Institution, version: int, sheet: SheetImport) -> list[Revision]:
    """Return the steps of others after the import's first, newest first.

    Another import that was taken back has left nothing, and neither has taking it back.
    """
    steps = Revision.objects.filter(institution=home, version__gt=version).exclude(sheet=sheet)
    found = list(steps.select_related("author", "sheet").order_by("-version"))
    taken_back = {s.sheet_id for s in found if s.sheet_id and s.how == Revision.How.RESTORED}
    return [step for step in found if step.sheet_id not in taken_back]


def _is_unused(home: Institution, sheet: SheetImport) -> bool:
    """Return whether nothing hangs on the home that is not of the import itself."""
    if home.stage != Stage.DRAFT or Correction.objects.filter(institution=home).exists():
        return False
    others = PendingChange.objects.filter(institution=home).exclude(sheet=sheet)
    return not others.exists()


def undo_import(
    sheet: SheetImport,
    *,
    by: AbstractBaseUser | None,
    on: datetime.date,
    within: Region | None = None,
    reviewed: bool = False,
) -> list[Undo]:
    """Undo the import, in one transaction with the record of it.

    Raises `UndoneError` for one that is not written, or was taken back already.
    """
    with transaction.atomic():
        rows = SheetImport.objects.select_for_update().filter(pk=sheet.pk)
        state, beat_at = rows.values_list("state", "beat_at").get()
        if state != SheetImport.State.DONE and not is_left_half(state, beat_at):
            raise UndoneError
        ids = {u.home.pk for u in examine_undo(sheet)}
        list(Institution.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
        found = examine_undo(sheet, within=within, reviewed=reviewed)
        for one in found:
            _undo_one(one, sheet, by, on)
        _drop_source(sheet)
        rows.update(
            state=SheetImport.State.UNDONE,
            undone_by=by.pk if by else None,
            undone_at=timezone.now(),
            done_at=Coalesce("done_at", timezone.now()),
        )
    return found


def _drop_source(sheet: SheetImport) -> None:
    """The sheet as a document goes where no figure and no history names it."""
    if Revision.objects.filter(sheet__checksum=sheet.checksum).exists():
        return
    try:
        with transaction.atomic():
            Document.objects.filter(slug=slug_of(sheet)).delete()
    except ProtectedError:
        return


def _undo_one(
    one: Undo, sheet: SheetImport, by: AbstractBaseUser | None, on: datetime.date
) -> None:
    # The home may be gone afterwards, and with it what its line names.
    lines = list(sheet.lines.filter(institution=one.home).values_list("pk", flat=True))
    if one.fate != Fate.LEFT:
        try:
            with transaction.atomic():
                _restore_home(one, sheet, by, on)
        except (ConflictError, ValidationError):
            one.fate, one.why = Fate.LEFT, "和更新记录对不上，请到这家机构的“历史”里看"
    SheetLine.objects.filter(pk__in=lines).update(undone=one.fate, undone_note=one.why[:200])


def _restore_home(
    one: Undo, sheet: SheetImport, by: AbstractBaseUser | None, on: datetime.date
) -> None:
    pk, note = one.home.pk, f"撤回导入“{sheet.file_name}”"[:200]
    _withdraw_proposals(one, sheet, by, note)
    if one.fate == Fate.DELETED:
        delete_homes(Institution.objects.filter(pk=pk))
    elif one.fate == Fate.OFF_SITE:
        move_stage(pk, "withdraw", by=by, on=on)
    elif one.fate in {Fate.BACK, Fate.PROPOSED}:
        home = lock_home(pk)
        make = back_to(home, one.steps[-1].version - 1)
        if one.fate == Fate.PROPOSED:
            assert by is not None  # noqa: S101 (only a person's changes have to wait)
            record = to_record(home)
            propose(home, difference(record, make(record)), by=by, on=on)
        else:
            how = Revision.How.RESTORED
            change_record(pk, make, by=by, how=how, on=on, note=note, sheet=sheet.pk)


def _withdraw_proposals(
    one: Undo, sheet: SheetImport, by: AbstractBaseUser | None, note: str
) -> None:
    """Withdraw the changes that wait for a reviewer."""
    for pending in _waiting(sheet).filter(institution=one.home).select_for_update():
        pending.state, pending.reason = PendingChange.State.REJECTED, note
        pending.decided_by_id = by.pk if by else pending.author_id
        pending.decided_at = timezone.now()
        pending.save()
