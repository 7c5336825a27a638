"""Changes of a home with their authors: changes made, and changes that wait for a reviewer."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from carebridge.lib.fit_text import FitJSONField
from regions.models import Region
from regions.models.region import lies_within

from .institution import Institution


class Revision(models.Model):
    """One step from one version of a home to the next: its changes, who made them, and how.

    `changes` are those of `institutions.register.record.difference` as plain data, in order:
    `[{"path": "beds/nursing/twin/vacant", "label": "床位·…·空余床位", "old": 3, "new": 2}]`. All
    of them undone from the newest back give any former state.
    """

    class How(models.TextChoices):
        CREATED = "created", "录入"
        FORM = "form", "后台修改"
        BEDS = "beds", "更新床位"
        CONFIRMED = "confirmed", "确认没有变化"
        VERIFIED = "verified", "核实"
        APPROVED = "approved", "审核通过"
        STAGE = "stage", "改变发布阶段"
        RESTORED = "restored", "恢复"
        IMPORTED = "imported", "导入"
        CORRECTED = "corrected", "采纳纠错"

    institution = models.ForeignKey(
        Institution, models.CASCADE, verbose_name="机构", related_name="revisions"
    )
    version = models.PositiveIntegerField("版本号")
    how = models.CharField("怎么改的", max_length=10, choices=How.choices)
    note = models.CharField("说明", max_length=200, blank=True)
    changes = FitJSONField("改了什么", default=list, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name="谁改的",
        related_name="+",
        null=True,
        blank=True,
    )
    sheet = models.ForeignKey(
        "SheetImport",
        models.SET_NULL,
        verbose_name="哪次导入",
        related_name="+",
        null=True,
        blank=True,
    )
    made_at = models.DateTimeField("时间", auto_now_add=True)

    class Meta:
        verbose_name = "更新记录"
        verbose_name_plural = "更新记录"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                "institution",
                "version",
                name="revision_one_per_version",
                violation_error_message="这个版本已经有更新记录。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution} 第 {self.version} 版（{self.get_how_display()}）"


class PendingChangeQuerySet(models.QuerySet["PendingChange"]):
    def waiting(self) -> Self:
        """Return the changes that no reviewer has decided yet."""
        return self.filter(state=PendingChange.State.WAITING)

    def of_regions(self, *regions: Region) -> Self:
        """Return changes of homes in any of `regions`, or in its successors."""
        return self.filter(lies_within("institution__region", regions))


class PendingChange(models.Model):
    """A clerk's change of a published home, until a reviewer decides."""

    class State(models.TextChoices):
        WAITING = "waiting", "等审核"
        APPROVED = "approved", "已通过"
        REJECTED = "rejected", "已退回"

    institution = models.ForeignKey(
        Institution, models.CASCADE, verbose_name="机构", related_name="pending_changes"
    )
    base_version = models.PositiveIntegerField("在哪一版上改的")
    changes: "models.JSONField[Any, Any]" = FitJSONField("要改什么")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="谁要改", related_name="+"
    )
    sheet = models.ForeignKey(
        "SheetImport",
        models.SET_NULL,
        verbose_name="哪次导入",
        related_name="+",
        null=True,
        blank=True,
    )
    made_at = models.DateTimeField("提交时间", auto_now_add=True)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.WAITING)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name="谁审的",
        related_name="+",
        null=True,
        blank=True,
    )
    decided_at = models.DateTimeField("审核时间", null=True, blank=True)
    reason = models.CharField("退回的原因", max_length=200, blank=True)

    objects = PendingChangeQuerySet.as_manager()

    class Meta:
        verbose_name = "待审修改"
        verbose_name_plural = "待审修改"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="pending_change_decided_whole",
                condition=Q(state="waiting", decided_by=None, decided_at=None)
                | (~Q(state="waiting") & Q(decided_by__isnull=False) & Q(decided_at__isnull=False)),
                violation_error_message="审过的要写明谁在什么时候审的，没审的不写。",
            ),
            models.CheckConstraint(
                name="pending_change_rejected_with_reason",
                condition=(Q(state="rejected") & ~Q(reason=""))
                | (~Q(state="rejected") & Q(reason="")),
                violation_error_message="退回要写明原因，没有退回的不写。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution}：{len(self.changes)} 处修改"
