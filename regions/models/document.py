"""Sources of figures: official documents, reports, notices and data sets."""

import datetime
from typing import Self

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse

from .region import Region
from .stage import Reviewed, Stage

# What families read in place of the title of a document that nobody has passed yet.
UNPASSED = "来源待审核"
WEB = URLValidator(schemes=["http", "https"])
NOT_WEB = "网址要以 http:// 或 https:// 开头，不带用户名和密码，中间没有空格。"


def validate_web_link(url: str) -> None:
    """Refuse all but a plain web address: no script, no file, no name before an @ in the host."""
    try:
        WEB(url)
    except ValidationError as error:
        raise ValidationError(NOT_WEB) from error
    host = url.split("://", 1)[1].split("/", 1)[0]
    if "@" in host or not url.isprintable() or "\\" in url:
        raise ValidationError(NOT_WEB)


class DatePrecision(models.TextChoices):
    """The stated part of a date; the rest of the stored date is its first day."""

    DAY = "day", "日"
    MONTH = "month", "月"
    YEAR = "year", "年"


def precision_field(verbose_name: str = "日期精确到") -> "models.CharField[str, str]":
    """Return the column beside a date with its stated precision."""
    return models.CharField(
        verbose_name, max_length=5, choices=DatePrecision.choices, default=DatePrecision.DAY
    )


def show_date(on: datetime.date, precision: str) -> str:
    """2018-01-22, 2018-01 or 2018: only what the source states."""
    length = {DatePrecision.MONTH: 7, DatePrecision.YEAR: 4}.get(DatePrecision(precision), 10)
    return on.isoformat()[:length]


class Grade(models.TextChoices):
    """Grade of the check of a document's figures; decides whether an amount may be shown."""

    OFFICIAL = "A", "已读官方全文"
    PRESS = "B", "公开报道或官方引述"
    WEAK = "C", "单一弱来源，待核实"
    REPORT = "S", "见于本站依据的五份报告"
    UNVERIFIED = "M", "一般知识，未核实"
    UNKNOWN = "unknown", "未查到"


# What policies and agreements may stand on.
CITABLE = {"stage": Stage.PUBLISHED, "is_sheet": False}


class DocumentQuerySet(models.QuerySet["Document"]):
    def published(self) -> Self:
        """Return those that somebody of enough reach has passed."""
        return self.filter(stage=Stage.PUBLISHED)

    def get_by_natural_key(self, slug: str) -> "Document":
        return self.get(slug=slug)


class Document(Reviewed):
    """A source that figures are cited from.

    `region` is where it speaks of and whose staff keep it; none stands for the whole nation.
    """

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
    region = models.ForeignKey(
        Region,
        models.PROTECT,
        verbose_name="哪里的文件",
        related_name="+",
        null=True,
        blank=True,
        help_text="由这个地区的人审核和维护；全国的空着。",
    )
    is_sheet = models.BooleanField("是导入的表格", default=False, editable=False)
    url = models.URLField("网址", max_length=500, blank=True, validators=[validate_web_link])
    grade = models.CharField("核实程度", max_length=10, choices=Grade.choices)
    licence = models.CharField("许可", max_length=200, blank=True)
    note = models.TextField("说明", blank=True, help_text="它说了什么，没有说什么。")
    repeals = models.ManyToManyField(
        "self",
        verbose_name="废止了哪些文件",
        related_name="repealed_by",
        symmetrical=False,
        blank=True,
    )

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
            models.CheckConstraint(
                name="document_link_is_of_the_web",
                condition=Q(url="")
                | Q(url__istartswith="http://")
                | Q(url__istartswith="https://"),
                violation_error_message=NOT_WEB,
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
        """Return the title in its marks; a title of our own wording wears none."""
        return self.title if self.title_is_ours else f"《{self.title}》"

    @property
    def shown(self) -> str:
        """Return the title for families; a generic one before the document is passed."""
        return str(self) if self.is_published else UNPASSED

    @property
    def shown_url(self) -> str:
        """Our page of it; none before it was passed."""
        return self.get_absolute_url() if self.is_published else ""

    @property
    def issued(self) -> str:
        """Return the known part of the date of issue, or 日期未公布."""
        if self.issued_on is None:
            return "日期未公布"
        return show_date(self.issued_on, self.issued_precision)
