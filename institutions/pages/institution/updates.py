"""Changes on the page of a home: the day and the words, nobody's name."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Prefetch
from django.utils.timezone import localdate

from institutions.models import Revision
from institutions.register.change_text import label_change
from institutions.register.history import from_data

# As many as a reader looks through; staff see them all.
LATEST, NAMED = 10, 5


def for_updates() -> "Prefetch[str]":
    """Return the latest steps, as `latest_steps`; how a home came to the site is no change of
    it.
    """
    steps = Revision.objects.exclude(how__in=[Revision.How.CREATED, Revision.How.STAGE])
    return Prefetch("revisions", steps[:LATEST], to_attr="latest_steps")


@dataclass(frozen=True)
class UpdateLine:
    """One step: its day, how it came about, the first things it changed and how many more."""

    on: datetime.date
    how: str
    what: list[str]
    more: int


def updates(steps: Iterable[Revision]) -> list[UpdateLine]:
    """Return the steps of a home, newest first; those that only mark a check name what was
    checked.
    """
    return [
        UpdateLine(
            localdate(step.made_at),
            step.get_how_display(),
            [label_change(change) for change in from_data(step.changes[:NAMED])],
            max(0, len(step.changes) - NAMED),
        )
        for step in steps
    ]
