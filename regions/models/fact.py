"""Facts that documents state about regions: one figure or finding each."""

from decimal import Decimal
from typing import Self

from django.db import models
from django.db.models import Q

from .document import DatePrecision, Document, show_date
from .region import Region
from .stage import Reviewed, Stage


class FactQuerySet(models.QuerySet["Fact"]):
    def get_by_natural_key(self, code: str) -> "Fact":
        return self.get(code=code)

    def published(self) -> Self:
        """Return those that somebody of enough reach has passed, and their document too."""
        return self.filter(stage=Stage.PUBLISHED, document__stage=Stage.PUBLISHED)

    def naming(self, region: Region) -> "FactQuerySet":
        """Facts that name the region, or a former one that it succeeded."""
        return self.filter(Q(regions=region) | Q(regions__successors=region)).distinct()

    def results(self) -> "FactQuerySet":
        """Return observed results; targets are plans and never counted as results."""
        return self.filter(nature=Fact.Nature.RESULT)


class Fact(Reviewed):
    """One statement of a document about regions: a figure with its bound, or a text."""

    class Nature(models.TextChoices):
        RESULT = "result", "实际数"
        TARGET = "target", "目标"

    class Bound(models.TextChoices):
        EXACT = "exact", ""
        ABOUT = "about", "约"
        NEARLY = "nearly", "近"
        MORE_THAN = "more_than", "超过"
        AT_LEAST = "at_least", "不少于"

    code = models.CharField("编号", max_length=20, unique=True)
    document = models.ForeignKey(
        Document,
        models.PROTECT,
        verbose_name="来源",
        related_name="facts",
        limit_choices_to={"is_sheet": False},
    )
    regions = models.ManyToManyField(Region, verbose_name="地区", related_name="facts")
    label = models.CharField("指标", max_length=100)
    entity = models.CharField("对象", max_length=100, blank=True)
    value = models.DecimalField("数值", max_digits=16, decimal_places=2, null=True, blank=True)
    text = models.CharField("文字", max_length=300, blank=True)
    bound = models.CharField("界限", max_length=10, choices=Bound.choices, default=Bound.EXACT)
    unit = models.CharField("单位", max_length=30, blank=True)
    nature = models.CharField("性质", max_length=10, choices=Nature.choices, default=Nature.RESULT)
    as_of = models.DateField("截至", help_text="只知年月的填该年或该月第一天。")
    as_of_precision = models.CharField(
        "日期精确到", max_length=5, choices=DatePrecision.choices, default=DatePrecision.DAY
    )
    as_of_end = models.DateField("截至（期间末）", null=True, blank=True)
    quote = models.TextField("原文")
    note = models.CharField("注", max_length=300, blank=True)

    objects = FactQuerySet.as_manager()

    class Meta:
        verbose_name = "事实"
        verbose_name_plural = "事实"
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="fact_has_value_or_text",
                condition=Q(value__isnull=False) | ~Q(text=""),
                violation_error_message="数值和文字至少填一项。",
            ),
            models.CheckConstraint(
                name="fact_bound_needs_value",
                condition=Q(bound="exact") | Q(value__isnull=False),
                violation_error_message="没有数值就没有界限。",
            ),
            models.CheckConstraint(
                name="fact_period_in_order",
                condition=Q(as_of_end=None) | Q(as_of_end__gte=models.F("as_of")),
                violation_error_message="期间的末尾不能早于开头。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label}：{self.shown}"

    def natural_key(self) -> tuple[str]:
        return (self.code,)

    @property
    def shown(self) -> str:
        """Return the figure as people write it: 近 6,000 位, 33.8%, or the text."""
        if self.value is None:
            return self.text
        return f"{self.get_bound_display()} {readable(self.value)} {self.unit}".strip()

    @property
    def planned(self) -> str:
        """For a plan 到 2020 年的目标, or 计划 where it names no later year; else empty."""
        if self.nature != self.Nature.TARGET:
            return ""
        issued = self.document.issued_on
        is_later = issued is not None and self.as_of.year > issued.year
        return f"到 {self.as_of.year} 年的目标" if is_later else "计划"

    @property
    def dated_by(self) -> str:
        """Return the meaning of `dated`: the day stated, or the day of issue for want of one."""
        return "发布于" if self.as_of == self.document.issued_on else "截至"

    @property
    def dated(self) -> str:
        """2018-01-22, 2023, or 2021—2022 for a period."""
        start = show_date(self.as_of, self.as_of_precision)
        if self.as_of_end is None:
            return start
        return f"{start}—{show_date(self.as_of_end, self.as_of_precision)}"


def readable(value: Decimal) -> str:
    """Thousands in commas, and no zeros after the decimal point that the source did not write."""
    return f"{value:,.2f}".rstrip("0").rstrip(".")
