"""Sheets that were brought in: who, when, which file, and what became of each home in it."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from carebridge.lib.fit_text import FitJSONField
from carebridge.lib.sheet_files import place_of
from institutions.validators import validate_not_future
from regions.models import Document, Region
from regions.models.document import precision_field

from .institution import Institution
from .provenance import Provenance


class SheetImport(models.Model):
    """One file of institutions: checked first, then written; a large one piece by piece."""

    class State(models.TextChoices):
        CHECKED = "checked", "已核对，还没有导入"
        WRITING = "writing", "导入了一部分"
        DONE = "done", "已导入"
        UNDONE = "undone", "已撤回"

    file_name = models.CharField("文件名", max_length=200)
    checksum = models.CharField("校验和（SHA-256）", max_length=64)
    content = models.BinaryField("文件", null=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name="谁导入的",
        related_name="+",
        null=True,
        blank=True,
    )
    within = models.ForeignKey(
        Region,
        models.PROTECT,
        verbose_name="限于地区",
        related_name="+",
        null=True,
        blank=True,
    )
    made_at = models.DateTimeField("上传时间", auto_now_add=True)
    done_at = models.DateTimeField("导入时间", null=True, blank=True)
    # When the last piece of a large sheet was written, while somebody writes it
    beat_at = models.DateTimeField("写到哪一刻", null=True, blank=True, editable=False)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.CHECKED)
    # Where its figures come from
    kind = models.CharField("来源种类", max_length=10, choices=Provenance.Kind.choices)
    document = models.ForeignKey(
        Document,
        models.PROTECT,
        verbose_name="来源文件",
        related_name="+",
        null=True,
        blank=True,
    )
    title = models.CharField("这张表的名称", max_length=200, blank=True)
    as_of = models.DateField("数字截至", validators=[validate_not_future])
    as_of_precision = precision_field()
    # Who took it back
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name="谁撤回的",
        related_name="+",
        null=True,
        blank=True,
    )
    undone_at = models.DateTimeField("撤回时间", null=True, blank=True)
    # What became of its homes
    digest = models.CharField("核对结果的校验和", max_length=64, blank=True)
    unread: "models.JSONField[Any, Any]" = FitJSONField("看不懂的列", default=list, blank=True)
    # What became of each worksheet: name, rows and hidden rows, or why it was left out
    worksheets: "models.JSONField[Any, Any]" = FitJSONField("工作表", default=list, blank=True)
    new = models.PositiveIntegerField("新增", default=0)
    changed = models.PositiveIntegerField("有变化", default=0)
    waiting = models.PositiveIntegerField("已提交待审核", default=0)
    same = models.PositiveIntegerField("没有变化", default=0)
    asked = models.PositiveIntegerField("要人确认", default=0)
    refused = models.PositiveIntegerField("退回", default=0)
    flagged = models.PositiveIntegerField("请核对", default=0)
    # A person's answer for each row and candidate home: {"5": {"12": "same"}}
    answers: "models.JSONField[Any, Any]" = FitJSONField("回答", default=dict, blank=True)
    # The user who closed the refused rows
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name="谁说不再提醒",
        related_name="+",
        null=True,
        blank=True,
    )
    settled_at = models.DateTimeField("什么时候起不再提醒", null=True, blank=True)

    class Meta:
        verbose_name = "表格导入"
        verbose_name_plural = "表格导入"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="sheet_import_done_has_a_time",
                condition=Q(state__in=["done", "undone"], done_at__isnull=False)
                | Q(state__in=["checked", "writing"], done_at__isnull=True),
                violation_error_message="导入了的要有导入时间，没有导入的不写。",
            ),
            models.CheckConstraint(
                name="sheet_import_undone_has_a_time",
                condition=Q(state="undone", undone_at__isnull=False)
                | (~Q(state="undone") & Q(undone_at__isnull=True, undone_by=None)),
                violation_error_message="撤回了的要有撤回时间，没有撤回的不写。",
            ),
            models.CheckConstraint(
                name="sheet_import_settled_whole",
                condition=Q(settled_by=None, settled_at=None)
                | Q(settled_by__isnull=False, settled_at__isnull=False),
                violation_error_message="不再提醒要写明是谁、什么时候。",
            ),
            models.CheckConstraint(
                name="sheet_import_own_report_or_source",
                condition=Q(kind="own") | Q(document__isnull=False) | ~Q(title=""),
                violation_error_message="不是机构自己填报的，要选来源文件，或写明这张表的名称。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file_name}（{self.get_state_display()}）"

    def get_absolute_url(self) -> str:
        return reverse("admin:institutions_sheetimport_change", args=[self.pk])

    def place(self, number: int) -> str:
        """Return the number of a row in words, with its worksheet where several were read."""
        names = [page["name"] for page in self.worksheets if "rows" in page]
        return place_of(number, names if len(names) > 1 else [""])

    def about_worksheets(self) -> list[str]:
        """Return a sentence on the worksheets read and not read, and on hidden rows."""
        found = []
        for page in self.worksheets:
            name = f"工作表“{page['name']}”" if page["name"] else "这份文件"
            if "left_out" in page:
                found.append(f"{name}没有读：{page['left_out']}。")
            else:
                hidden = f"，隐藏或筛选掉的 {page['hidden']:,} 行没有读" if page["hidden"] else ""
                found.append(f"{name}读了 {page['rows']:,} 行{hidden}。")
        return found


class SheetLine(models.Model):
    """One home of a sheet: its outcome, differences, and reasons for refusal."""

    class Outcome(models.TextChoices):
        NEW = "new", "新增"
        CHANGED = "changed", "有变化"
        WAITING = "waiting", "已提交待审核"
        SAME = "same", "没有变化"
        ASKED = "asked", "要人确认"
        REFUSED = "refused", "退回"

    class Undone(models.TextChoices):
        """Outcome of undoing the import for this home."""

        BACK = "back", "改回原来的内容"
        PROPOSED = "proposed", "改回原来的内容（要审核的已送审）"
        WITHDRAWN = "withdrawn", "送审的修改已撤回"
        DELETED = "deleted", "新录入的，已删除"
        OFF_SITE = "off_site", "新录入的，已从网站撤下"
        LEFT = "left", "没有动"

    sheet = models.ForeignKey(SheetImport, models.CASCADE, related_name="lines")
    first_row = models.PositiveIntegerField("第一行")
    rows: "models.JSONField[Any, Any]" = FitJSONField("行", default=list)
    name = models.CharField("名称", max_length=200, blank=True)
    institution = models.ForeignKey(
        Institution,
        models.SET_NULL,
        verbose_name="机构",
        related_name="+",
        null=True,
        blank=True,
    )
    outcome = models.CharField("结果", max_length=10, choices=Outcome.choices)
    changes: "models.JSONField[Any, Any]" = FitJSONField("变化", default=list, blank=True)
    problems: "models.JSONField[Any, Any]" = FitJSONField("问题", default=list, blank=True)
    flags: "models.JSONField[Any, Any]" = FitJSONField("请核对", default=list, blank=True)
    # What is asked of which home it is: `institutions.sheets.side_by_side.questions_of`
    questions: "models.JSONField[Any, Any]" = FitJSONField("是哪一家", default=list, blank=True)

    undone = models.CharField("撤回结果", max_length=10, choices=Undone.choices, blank=True)
    undone_note = models.CharField("为什么没有撤回", max_length=200, blank=True)

    class Meta:
        verbose_name = "导入结果"
        verbose_name_plural = "导入结果"
        ordering = ["sheet", "first_row"]
        constraints = [
            models.UniqueConstraint(
                "sheet",
                "first_row",
                name="sheet_line_one_per_row",
                violation_error_message="这一行已经有结果。",
            ),
        ]

    def __str__(self) -> str:
        return f"第 {self.first_row} 行 {self.name}（{self.get_outcome_display()}）"
