"""The official text of a document, sentence by sentence, and what each sentence makes."""

import hashlib
import json

from django.db import models
from django.db.models import Q
from django.urls import reverse

from .document import Document
from .policy import Exclusion, Policy
from .staff import StaffMember


class LawTextQuerySet(models.QuerySet["LawText"]):
    def published(self) -> "LawTextQuerySet":
        """Texts that the nation's staff have passed."""
        return self.filter(stage=LawText.Stage.PUBLISHED)


class LawText(models.Model):
    """The official text of one document: how whole it is, where and when it was read."""

    class Completeness(models.TextChoices):
        WHOLE = "whole", "全文"
        PART = "part", "一部分"

    class Stage(models.TextChoices):
        DRAFT = "draft", "草稿，只有工作人员看得到"
        PUBLISHED = "published", "已通过，网站上看得到"

    document = models.OneToOneField(
        Document, models.PROTECT, verbose_name="文件", related_name="law_text"
    )
    completeness = models.CharField("读到多少", max_length=10, choices=Completeness.choices)
    missing = models.CharField("缺什么", max_length=200, blank=True)
    read_at = models.URLField("在哪里读到", max_length=500, blank=True)
    checked_on = models.DateField("文本最后一次核对", null=True, blank=True)
    stage = models.CharField(
        "阶段", max_length=10, choices=Stage.choices, default=Stage.DRAFT, editable=False
    )
    shipped = models.CharField("随软件发布时的样子", max_length=64, blank=True, editable=False)

    objects = LawTextQuerySet.as_manager()

    class Meta:
        verbose_name = "法规文本"
        verbose_name_plural = "法规文本"
        ordering = ["document"]
        constraints = [
            models.CheckConstraint(
                name="law_text_in_part_says_what_is_missing",
                condition=~Q(completeness="part") | ~Q(missing=""),
                violation_error_message="只读到一部分的，要写明缺什么。",
            ),
        ]

    def __str__(self) -> str:
        return self.document.heading

    def get_absolute_url(self) -> str:
        return reverse("source", args=[self.document.slug]) + "#text"

    def digest(self) -> str:
        """Return a checksum of what staff may edit; equal to `shipped` while nobody has."""
        return checksum(
            self.completeness, self.missing, self.read_at, str(self.checked_on), self.stage
        )


class SentenceQuerySet(models.QuerySet["Sentence"]):
    def published(self) -> "SentenceQuerySet":
        return self.filter(text__stage=LawText.Stage.PUBLISHED)

    def unmapped(self) -> "SentenceQuerySet":
        """Return sentences that nobody has mapped yet."""
        return self.filter(makes="")


class Sentence(models.Model):
    """One sentence of a text, and the policies that it makes, or why it makes none."""

    class Makes(models.TextChoices):
        RULE = "rule", "定这项待遇"
        RATE = "rate", "定金额"
        CONDITION = "condition", "定条件"
        EXCLUSION = "exclusion", "定能不能一起享受"
        PAPER = "paper", "定带什么"
        OFFICE = "office", "定到哪里办"
        PAYMENT = "payment", "定怎样办、怎样发"
        PERIOD = "period", "定什么时候起止"
        NONE = "none", "不定待遇"

    text = models.ForeignKey(
        LawText, models.CASCADE, verbose_name="法规文本", related_name="sentences"
    )
    number = models.PositiveSmallIntegerField("第几句")
    clause = models.CharField("条款", max_length=60, blank=True, editable=False)
    words = models.TextField("原文")
    makes = models.CharField("定什么", max_length=10, choices=Makes.choices, blank=True)
    policies = models.ManyToManyField(
        Policy, verbose_name="哪些政策", related_name="sentences", blank=True
    )
    exclusions = models.ManyToManyField(
        Exclusion, verbose_name="哪些“不能同时享受”", related_name="sentences", blank=True
    )
    reason = models.CharField(
        "为什么不定待遇", max_length=200, blank=True, help_text="选“不定待遇”的，写一句理由。"
    )
    signed = models.CharField(
        "谁签的",
        max_length=10,
        choices=StaffMember.Role.choices,
        blank=True,
        editable=False,
        help_text="有金额、年龄、等级、日子或“不享受”等字样而不定待遇的，要审核过。",
    )
    shipped = models.CharField("随软件发布时的样子", max_length=64, blank=True, editable=False)

    objects = SentenceQuerySet.as_manager()

    class Meta:
        verbose_name = "法规文本的一句"
        verbose_name_plural = "法规文本的句子"
        ordering = ["text", "number"]
        constraints = [
            models.UniqueConstraint(
                name="sentence_number_once_in_a_text",
                fields=["text", "number"],
                violation_error_message="这份文本已经有这个句号的句子。",
            ),
            models.CheckConstraint(
                name="sentence_that_makes_nothing_says_why",
                condition=(Q(makes="none") & ~Q(reason="")) | (~Q(makes="none") & Q(reason="")),
                violation_error_message="不定待遇的要写理由；定了待遇的不写。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.text} 第 {self.number} 句"

    def get_absolute_url(self) -> str:
        return f"{reverse('source', args=[self.text.document.slug])}#{self.anchor}"

    @property
    def anchor(self) -> str:
        """Return the id of the sentence on the page of its document."""
        return f"s{self.number}"

    def digest(self) -> str:
        """Return a checksum of words and mapping; equal to `shipped` while nobody edited them."""
        return checksum_of(
            self,
            [policy.slug for policy in self.policies.all()],
            [exclusion.slug for exclusion in self.exclusions.all()],
        )


def checksum_of(row: Sentence, policies: list[str], exclusions: list[str]) -> str:
    """Return the checksum of a sentence mapped to these slugs."""
    mapped = sorted(policies), sorted(exclusions)
    return checksum(row.words, row.makes, *mapped, row.reason, row.signed)


def checksum(*parts: str | list[str]) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()
