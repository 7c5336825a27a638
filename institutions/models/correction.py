"""Corrections that readers send, their outcome, and the sender's contact until it is decided."""

import datetime
import re
import secrets
from functools import reduce
from operator import or_
from typing import Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from regions.models import Document

from .institution import Institution

# Read aloud and copied by hand: no 0 and O, no 1, I and L. 12 of these 31 cannot be guessed.
REFERENCE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
REFERENCE_GROUPS, REFERENCE_GROUP = 3, 4
# A contact is deleted when the correction is closed, and after so many days whatever happens.
CONTACT_DAYS = 90
# A number or an address to reach somebody by, wherever it was written; dates are left alone.
REACHES = "[0-9０-９]{7,}|1[0-9]{2}[- ][0-9]{4}[- ][0-9]{4}|[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+"
DELETED = "（号码已删）"


def new_reference() -> str:
    """Three groups of four: K7MP-3QXR-9HWT."""
    groups = (
        "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(REFERENCE_GROUP))
        for _ in range(REFERENCE_GROUPS)
    )
    return "-".join(groups)


class CorrectionQuerySet(models.QuerySet["Correction"]):
    def undecided(self) -> Self:
        """Return those that nobody has decided yet."""
        return self.filter(state__in=Correction.OPEN)

    def of_day(self, day: datetime.date) -> Self:
        return self.filter(received_on=day)

    def forget_contacts(self, on: datetime.date) -> int:
        """Delete overdue contacts and senders of days before `on`; return the number of contacts.

        Numbers among the words go with them. Closing deletes both at once; this is for those that
        nobody closed.
        """
        self.filter(received_on__lt=on).exclude(sender="").update(sender="")
        lent = on - datetime.timedelta(days=CONTACT_DAYS)
        found = reduce(or_, (Q(**{f"{name}__regex": REACHES}) for name in Correction.WORDS))
        for row in self.filter(found, received_on__lte=lent):
            row.blank_numbers()
            row.save(update_fields=Correction.WORDS)
        due = self.filter(contact_until__lte=on)
        return due.update(contact="", contact_until=None, consented_on=None)


class Correction(models.Model):
    """A reader's report of an error on the page of a home, or of a document.

    `about` is a path of the whole record (`institutions.register.record`), or the code of a fact of
    the document; empty means the whole page. `said` is the text of the page on that day.
    """

    class State(models.TextChoices):
        RECEIVED = "received", "已收到"
        CHECKING = "checking", "正在核实"
        ACCEPTED = "accepted", "已采纳"
        REJECTED = "rejected", "没有采纳"

    class How(models.TextChoices):
        PHONE = "phone", "打电话问过"
        VISIT = "visit", "自己去看过"
        RESIDENT = "resident", "家里有人住在那里"
        PAPER = "paper", "看到文件、网页或价目表"
        DECISION = "decision", "街道或民政局的答复"
        STAFF = "staff", "我在那里工作"
        OTHER = "other", "别的办法"

    OPEN = (State.RECEIVED, State.CHECKING)
    WORDS = ("wrong", "should_be", "how_note")
    DECIDED = "别人刚刚处理完这一条，这次没有再改。请看处理结果。"

    reference = models.CharField("查询号", max_length=14, unique=True, default=new_reference)
    institution = models.ForeignKey(
        Institution,
        models.CASCADE,
        verbose_name="机构",
        related_name="corrections",
        null=True,
        blank=True,
    )
    document = models.ForeignKey(
        Document,
        models.CASCADE,
        verbose_name="来源文件",
        related_name="corrections",
        null=True,
        blank=True,
    )
    about = models.CharField("哪一项", max_length=400, blank=True)
    said = models.TextField("页面当时怎么写", blank=True)
    wrong = models.TextField("哪里不对")
    should_be = models.TextField("应该是什么", blank=True)
    how = models.CharField("怎么知道的", max_length=10, choices=How.choices)
    how_note = models.TextField("怎么知道的（补充）", blank=True)
    received_on = models.DateField("收到日期")
    base_version = models.PositiveIntegerField(
        "收到时的版本号", null=True, blank=True, editable=False
    )
    sender = models.CharField("来处", max_length=64, blank=True, editable=False)

    contact = models.CharField("联系方式", max_length=100, blank=True)
    consented_on = models.DateField("同意日期", null=True, blank=True)
    contact_until = models.DateField("联系方式最晚删除日期", null=True, blank=True)

    state = models.CharField(
        "处理到哪一步", max_length=10, choices=State.choices, default=State.RECEIVED
    )
    outcome = models.TextField("改了什么，或为什么不改", blank=True)
    closed_on = models.DateField("处理完的日期", null=True, blank=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="处理人", null=True, blank=True
    )

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        verbose_name = "纠错"
        verbose_name_plural = "纠错"
        ordering = ["-received_on", "-pk"]
        indexes = [models.Index(fields=["received_on", "sender"], name="correction_rate")]
        constraints = [
            models.CheckConstraint(
                name="correction_about_one_page",
                condition=Q(institution=None, document__isnull=False)
                | Q(institution__isnull=False, document=None),
                violation_error_message="纠错说的是一家机构，或者一份来源文件。",
            ),
            models.CheckConstraint(
                name="correction_says_what_is_wrong",
                condition=~Q(wrong=""),
                violation_error_message="要写哪里不对。",
            ),
            models.CheckConstraint(
                name="correction_contact_with_consent",
                condition=Q(contact="", consented_on=None, contact_until=None)
                | (Q(consented_on__isnull=False, contact_until__isnull=False) & ~Q(contact="")),
                violation_error_message="留联系方式，要有同意的日期和删除的日期；不留，就都不填。",
            ),
            models.CheckConstraint(
                name="correction_closed_whole",
                condition=Q(state__in=["received", "checking"], closed_on=None)
                | (Q(state__in=["accepted", "rejected"], closed_on__isnull=False) & ~Q(outcome="")),
                violation_error_message="处理完要写明改了什么或为什么不改，还有日期。",
            ),
            models.CheckConstraint(
                name="correction_closed_forgets_contact",
                condition=Q(state__in=["received", "checking"]) | Q(contact=""),
                violation_error_message="处理完就要删除联系方式。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.institution or self.document}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    def give_contact(self, contact: str, on: datetime.date) -> None:
        """Keep how to reach the reader, who agreed on the day `on`, for `CONTACT_DAYS`."""
        self.contact, self.consented_on = contact, on
        self.contact_until = on + datetime.timedelta(days=CONTACT_DAYS)

    def close(self, state: str, outcome: str, by: Any, on: datetime.date) -> None:
        """Decided on the day `on` by the user `by`: record the outcome, delete the contact.

        Numbers among the reader's words go too: some write their own where it was not asked for.
        Raises `ValidationError` where somebody has decided before.
        """
        if not type(self).objects.filter(pk=self.pk, state__in=self.OPEN).exists():
            raise ValidationError(self.DECIDED)
        self.state, self.outcome, self.handled_by, self.closed_on = state, outcome, by, on
        self.contact, self.consented_on, self.contact_until = "", None, None
        self.blank_numbers()
        self.full_clean()
        self.save()

    def blank_numbers(self) -> None:
        """Blank what looks like a phone number or e-mail in the reader's words."""
        for name in self.WORDS:
            setattr(self, name, re.sub(REACHES, DELETED, getattr(self, name)))
