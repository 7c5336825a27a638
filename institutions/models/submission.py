"""Forms of the back office that were sent, so that one sent twice makes nothing twice."""

import datetime
import uuid

from django.db import models
from django.utils import timezone

KEPT = datetime.timedelta(days=1)


class SubmissionQuerySet(models.QuerySet["Submission"]):
    def claim_token(self, token: uuid.UUID) -> tuple["Submission", bool]:
        """Return the submission of this token, and whether it is the first.

        Call it in the transaction that does the work: a second submission waits for the end of
        the first, and is the first itself where that one made nothing.
        """
        self.filter(at__lt=timezone.now() - KEPT).delete()
        return self.get_or_create(pk=token)


class Submission(models.Model):
    """A form sent once, by the token that its page carried, and where to see what it made."""

    token = models.UUIDField("记号", primary_key=True)
    made = models.CharField("做成了什么", max_length=200, blank=True)
    at = models.DateTimeField("时间", auto_now_add=True)

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        verbose_name = "提交"
        verbose_name_plural = "提交"

    def __str__(self) -> str:
        return str(self.token)
