"""Changes of listings in the order of their commits, so that copies in memory can follow."""

import datetime
import uuid
from collections.abc import Iterable
from typing import Self

from django.db import connections, models

from carebridge.lib.fit_text import FitJSONField
from regions.models.stamp import Stamp, as_token, new_token

STAMP = "listings"
# How long copies in memory may lag behind a change while they load it.
MOST_LAG = datetime.timedelta(seconds=1.5)
# A reader further behind than this loads everything anew.
KEPT = 1_000
# A change of more homes than this names no ids: readers load everything.
MOST_LISTED_IDS = 500


class ListingChangeQuerySet(models.QuerySet["ListingChange"]):
    def record_change(self, institutions: Iterable[int] | None, at: datetime.datetime) -> None:
        """Record, in the transaction that changes them, the ids of changed listings; None: all.

        The row of the stamp orders the writers: whoever has it writes the next change, so that
        changes are numbered as they are committed.
        """
        ids = None if institutions is None else sorted(institutions)
        Stamp.objects.touch(STAMP)
        listed = ids if ids is not None and len(ids) <= MOST_LISTED_IDS else None
        change = self.create(institutions=listed, at=at)
        self.filter(pk__lte=change.pk - KEPT).delete()

    def from_number(self, number: int) -> Self:
        """Return the change of this number and those after it, in order."""
        return self.filter(pk__gte=number).order_by("pk")

    def changes_after(self, number: int, token: uuid.UUID | None) -> list["ListingChange"] | None:
        """Return the changes after one; None where that one is not in this database (any more).

        0 and None stand for the time before any. One query while nothing changed, else two.
        """
        if self._is_last(number, token):
            return []
        changes = list(self.from_number(number))
        if token is None:
            return changes if len(changes) < KEPT else None
        if not changes or changes[0].token != token:
            return None
        return changes[1:]

    def _is_last(self, number: int, token: uuid.UUID | None) -> bool:
        """Return whether this is the last change: in plain SQL, since every page asks."""
        with connections[self.db].cursor() as cursor:
            table = self.model._meta.db_table
            cursor.execute(
                f"SELECT token FROM {table} WHERE id >= %s ORDER BY id LIMIT 2",  # noqa: S608
                [number],
            )
            tokens = [as_token(value) for (value,) in cursor.fetchall()]
        return tokens == ([token] if token else [])


class ListingChange(models.Model):
    """Listings changed together. Of a change that was rolled back the token never comes again."""

    token = models.UUIDField("记号", default=new_token, editable=False)
    institutions = FitJSONField("机构编号", null=True)
    at = models.DateTimeField("时间")

    objects = ListingChangeQuerySet.as_manager()

    class Meta:
        verbose_name = "检索行的变动"
        verbose_name_plural = "检索行的变动"

    def __str__(self) -> str:
        return f"{self.pk}"
