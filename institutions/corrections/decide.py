"""Corrections as they come in and as they are decided; everything that writes them is here."""

import dataclasses
import datetime
import unicodedata
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from carebridge.lib.limits import LIMITS
from carebridge.lib.visitors import network
from institutions.corrections.subject import Subject, current_text, paths_about
from institutions.models import Correction, Institution, PendingChange, Revision
from institutions.models.correction import REFERENCE_GROUP, REFERENCE_GROUPS
from institutions.register.figures import change_figure, list_figures, may_change
from institutions.register.history import change_record, from_data, lock_home
from institutions.register.record import Change, Record, to_record
from regions.models import Document

# In a day, whoever sends them.
MOST_ABOUT_PAGE = 30


def sender_of(request: HttpRequest, on: datetime.date) -> str:
    """Stands for the visitor's network during one day, and cannot be turned back into it."""
    return salted_hmac("institutions.corrections", f"{on} {network(request)}").hexdigest()


def too_many(subject: Subject, sender: str, on: datetime.date) -> str:
    """Why no more can be taken today, or an empty string; two queries, right for every worker."""
    today, most = Correction.objects.of_day(on), LIMITS["corrections"].most
    if most and today.filter(sender=sender).count() >= most:
        return f"今天从您这个网络已经报告了 {most} 次，先到这里。"
    if today.filter(**subject.owner).count() >= MOST_ABOUT_PAGE:
        return f"今天这一页已经收到 {MOST_ABOUT_PAGE} 次纠错，工作人员正在看。"
    return ""


def find_by_reference(typed: str) -> Correction | None:
    """Return the correction of a typed reference: small letters, spaces, no hyphens."""
    kept = "".join(c for c in unicodedata.normalize("NFKC", typed[:100]).upper() if c.isalnum())
    groups = [kept[at : at + REFERENCE_GROUP] for at in range(0, len(kept), REFERENCE_GROUP)]
    if len(kept) != REFERENCE_GROUP * REFERENCE_GROUPS:
        return None
    rows = Correction.objects.select_related("institution", "document")
    return rows.filter(reference="-".join(groups)).first()


# Decided


def has_led_to_a_change(correction: Correction) -> bool:
    """Return whether what the correction is about has changed since it came in.

    A change that waits for a reviewer counts; one that was taken back, or made elsewhere on the
    page, does not, and neither does a check that changed no figure.
    """
    if correction.institution_id is None:
        return current_text(correction) != correction.said
    return any(_concerns(change.path, correction.about) for change in _changes_since(correction))


def _changes_since(correction: Correction) -> list[Change]:
    """Return the net changes of the home since then, and those that wait for a reviewer."""
    owner = {"institution": correction.institution_id}
    steps = Revision.objects.filter(**owner).exclude(how=Revision.How.VERIFIED)
    if correction.base_version is None:  # of before versions were noted
        steps = steps.filter(made_at__date__gte=correction.received_on)
    else:
        steps = steps.filter(version__gt=correction.base_version)
    net: dict[str, Change] = {}
    for step in steps.order_by("version"):
        for change in from_data(step.changes):
            first = net.setdefault(change.path, change)
            net[change.path] = dataclasses.replace(first, new=change.new)
    made = [change for change in net.values() if change.old != change.new]
    waiting = PendingChange.objects.waiting().filter(**owner)
    return made + [change for pending in waiting for change in from_data(pending.changes)]


def _concerns(path: str, about: str) -> bool:
    """Return whether a change at `path` is one of what a correction is `about`, or of a source."""
    if not about:
        return not path.startswith("provenance/")
    return any(
        path == own or path.startswith(f"{own}/") or own.startswith(f"{path}/")
        for own in paths_about(about)
    )


@dataclass(frozen=True)
class StatedSource:
    """The source of a changed figure: the values of a row of provenance."""

    kind: str
    document: Document | None
    as_of: datetime.date
    how: str


def can_fill(correction: Correction) -> bool:
    """Return whether accepting can change the figure by itself; else the clerk edits the home."""
    if correction.institution_id is None or not correction.about:
        return False
    return may_change(_lock_home(correction.institution_id), correction.about)


def _lock_home(pk: int) -> Institution:
    return Institution.objects.with_parts().get(pk=pk)


def fill_figure(
    correction: Correction, text: str, source: StatedSource, by: AbstractBaseUser, on: datetime.date
) -> str:
    """Set the figure from `text`, with its source: one step of the home's history.

    Returns what changed, in words. Raises `ValidationError`, with nothing written, for a value the
    figure cannot have and for one it already has. One transaction.
    """
    pk = correction.institution_id
    assert pk is not None  # noqa: S101 (`can_fill` checked it)
    with transaction.atomic():
        home = lock_home(pk)
        [was] = list_figures(home, [correction.about])
        record, path = change_figure(to_record(home), correction.about, text)
        _add_source(record, path, source, by, on)
        note = f"纠错 {correction.reference}"
        change_record(pk, lambda _: record, by=by, how=Revision.How.CORRECTED, on=on, note=note)
        [now] = list_figures(_lock_home(pk), [path])
        if now.words == was.words:
            raise ValidationError("和页面现在写的一样，没有什么要改。")
    return f"{was.label}：原来是“{was.words}”，改为“{now.words}”，截至 {source.as_of}。"


def _add_source(
    record: Record, path: str, source: StatedSource, by: AbstractBaseUser, on: datetime.date
) -> None:
    """Add one row of provenance for the figure itself, checked today by whoever decides."""
    rows = [row for row in record["provenance"] if row["field"] != path]
    rows.append(
        {
            "field": path,
            "kind": source.kind,
            "document": source.document and source.document.slug,
            "as_of": source.as_of.isoformat(),
            "as_of_precision": "day",
            "quote": "",
            "verified_on": on.isoformat(),
            "verified_by": by.get_username(),
            "verified_how": source.how,
        }
    )
    record["provenance"] = rows


def rehearse(
    correction: Correction, text: str, source: StatedSource, by: AbstractBaseUser, on: datetime.date
) -> None:
    """Run `fill_figure` to the end and back: raises what it would raise and writes nothing."""
    with transaction.atomic():
        fill_figure(correction, text, source, by, on)
        transaction.set_rollback(True)


def accept_correction(
    correction: Correction, text: str, source: StatedSource, by: AbstractBaseUser, on: datetime.date
) -> None:
    """Change the figure and close the correction with what changed; all or nothing."""
    with transaction.atomic():
        summary = fill_figure(correction, text, source, by, on)
        outcome = "\n".join(filter(None, [summary, correction.outcome]))
        correction.close(Correction.State.ACCEPTED, outcome, by, on)
