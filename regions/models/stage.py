"""Rows that families see once somebody of enough reach has passed them."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from carebridge.lib.fit_text import FitJSONField


class Stage(models.TextChoices):
    DRAFT = "draft", "草稿"
    REVIEW = "review", "待审核"
    PUBLISHED = "published", "已发布"


class Reviewed(models.Model):
    """A row with a stage. What the code makes and ships is published; staff begin with a draft."""

    stage = models.CharField(
        "发布阶段", max_length=10, choices=Stage.choices, default=Stage.PUBLISHED, editable=False
    )
    version = models.PositiveIntegerField("版本号", default=1, editable=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name="谁录入的",
        related_name="+",
        null=True,
        blank=True,
        editable=False,
    )

    class Meta:
        abstract = True

    @property
    def is_published(self) -> bool:
        return self.stage == Stage.PUBLISHED


class PendingEditQuerySet(models.QuerySet["PendingEdit"]):
    def waiting(self) -> Self:
        """Return what a reviewer has not decided yet."""
        return self.filter(state=PendingEdit.State.WAITING)


class PendingEdit(models.Model):
    """An edit of a published source or fact, until a reviewer decides.

    `changes` are plain data, one for each field:
    `[{"field": "title", "old": "旧题", "new": "新题"}]`.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "等审核"
        APPROVED = "approved", "已通过"
        REJECTED = "rejected", "已退回"

    document = models.ForeignKey(
        "Document",
        models.CASCADE,
        verbose_name="来源文件",
        related_name="pending_edits",
        null=True,
        blank=True,
    )
    fact = models.ForeignKey(
        "Fact",
        models.CASCADE,
        verbose_name="事实",
        related_name="pending_edits",
        null=True,
        blank=True,
    )
    changes: "models.JSONField[Any, Any]" = FitJSONField("改了什么")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="谁改的", related_name="+"
    )
    made_at = models.DateTimeField("提交时间", auto_now_add=True)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.WAITING)
    reason = models.CharField("退回的原因", max_length=200, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name="谁审核的",
        related_name="+",
        null=True,
        blank=True,
    )
    decided_at = models.DateTimeField("审核时间", null=True, blank=True)

    objects = PendingEditQuerySet.as_manager()

    class Meta:
        verbose_name = "来源和事实的待审修改"
        verbose_name_plural = "来源和事实的待审修改"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="pending_edit_of_one_row",
                condition=Q(document=None, fact__isnull=False)
                | Q(document__isnull=False, fact=None),
                violation_error_message="一份修改说的是一份来源文件，或者一条事实。",
            ),
            models.CheckConstraint(
                name="pending_edit_decided_whole",
                condition=Q(state="waiting", decided_by=None, decided_at=None)
                | (~Q(state="waiting") & Q(decided_by__isnull=False, decided_at__isnull=False)),
                violation_error_message="审核过的要写明是谁、什么时候审核的。",
            ),
            models.CheckConstraint(
                name="pending_edit_rejected_with_a_reason",
                condition=Q(state="rejected") & ~Q(reason="") | ~Q(state="rejected"),
                violation_error_message="退回要写明原因。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.row} {len(self.changes)} 处修改（{self.get_state_display()}）"

    @property
    def row(self) -> Any:
        """Return the document or fact that it is about."""
        return self.document or self.fact
