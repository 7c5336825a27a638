"""Where a figure comes from: official documents, reports, notices and data sets."""

import datetime

from django.db import models
from django.urls import reverse


class DatePrecision(models.TextChoices):
    """How much of a date the source states; the rest of the stored date is its first day."""

    DAY = "day", "日"
    MONTH = "month", "月"
    YEAR = "year", "年"


def precision_field(verbose_name: str = "日期精确到") -> "models.CharField[str, str]":
    """The column beside a date that says how much of it the source states."""
    return models.CharField(
        verbose_name, max_length=5, choices=DatePrecision.choices, default=DatePrecision.DAY
    )


def show_date(on: datetime.date, precision: str) -> str:
    """2018-01-22, 2018-01 or 2018: only what the source states."""
    length = {DatePrecision.MONTH: 7, DatePrecision.YEAR: 4}.get(DatePrecision(precision), 10)
    return on.isoformat()[:length]


class Grade(models.TextChoices):
    """How far a document's figures were checked; decides whether an amount may be shown."""

    OFFICIAL = "A", "已读官方全文"
    PRESS = "B", "公开报道或官方引述"
    WEAK = "C", "单一弱来源，待核实"
    REPORT = "S", "见于本站依据的五份报告"
    UNVERIFIED = "M", "一般知识，未核实"
    UNKNOWN = "unknown", "未查到"


class DocumentQuerySet(models.QuerySet["Document"]):
    def get_by_natural_key(self, slug: str) -> "Document":
        return self.get(slug=slug)


class Document(models.Model):
    """A source that figures are cited from."""

    class Kind(models.TextChoices):
        REPORT = "report", "报告或报道"
        POLICY = "policy", "政策文件"
        STANDARD = "standard", "标准"
        NOTICE = "notice", "公告或名单"
        DATASET = "dataset", "数据集"
        DEMO = "demo", "示例数据"

    slug = models.SlugField("网址名", max_length=80, unique=True)
    title = models.CharField("标题", max_length=200)
    title_is_ours = models.BooleanField("题名由本站概括", default=False)
    number = models.CharField("文号", max_length=80, blank=True)
    kind = models.CharField("种类", max_length=20, choices=Kind.choices)
    issuer = models.CharField("发布者", max_length=200, blank=True)
    issued_on = models.DateField("发布日期", null=True, blank=True)
    issued_precision = models.CharField(
        "日期精确到", max_length=5, choices=DatePrecision.choices, default=DatePrecision.DAY
    )
    in_force_from = models.DateField("施行日期", null=True, blank=True)
    in_force_to = models.DateField("失效日期", null=True, blank=True)
    url = models.URLField("网址", max_length=500, blank=True)
    grade = models.CharField("核实程度", max_length=10, choices=Grade.choices)
    licence = models.CharField("许可", max_length=200, blank=True)
    note = models.TextField("说明", blank=True, help_text="它说了什么，没有说什么。")

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = "来源文件"
        verbose_name_plural = "来源文件"
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(
                name="document_period_in_order",
                condition=models.Q(in_force_from=None)
                | models.Q(in_force_to=None)
                | models.Q(in_force_from__lte=models.F("in_force_to")),
                violation_error_message="失效日期不能早于施行日期。",
            ),
        ]

    def __str__(self) -> str:
        return self.heading + ("" if self.title_is_ours else self.number)

    def get_absolute_url(self) -> str:
        return reverse("source", args=[self.slug])

    def natural_key(self) -> tuple[str]:
        return (self.slug,)

    @property
    def heading(self) -> str:
        """The title in its marks; a title of our own wording wears none."""
        return self.title if self.title_is_ours else f"《{self.title}》"

    @property
    def issued(self) -> str:
        """The date of issue as far as it is known, or 日期未公布."""
        if self.issued_on is None:
            return "日期未公布"
        return show_date(self.issued_on, self.issued_precision)
