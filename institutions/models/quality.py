"""Ratings by scheme and year, inspections, credit entries and insurance of a home."""

import datetime
from collections.abc import Iterable

from django.db import models
from django.db.models import Q

from institutions.validators import validate_not_future
from regions.models.document import precision_field, show_date

from .institution import Institution


class Rating(models.Model):
    """A level under one scheme in one year; levels of different schemes are never compared."""

    class Scheme(models.TextChoices):
        NATIONAL = "national", "养老机构等级（GB/T 37276）"
        BEIJING_STAR = "beijing_star", "北京服务质量星级"
        CHONGQING_LEVEL = "chongqing_level", "重庆养老机构等级"
        CHONGQING_LEAF = "chongqing_leaf", "重庆社区养老叶级"

    institution = models.ForeignKey(Institution, models.CASCADE, related_name="ratings")
    scheme = models.CharField("评定办法", max_length=20, choices=Scheme.choices)
    level = models.PositiveSmallIntegerField("等级（满分 5）")
    year = models.PositiveSmallIntegerField("评定年份")
    valid_to = models.DateField("有效期至", null=True, blank=True)

    class Meta:
        verbose_name = "等级评定"
        verbose_name_plural = "等级评定"
        ordering = ["-year", "scheme"]
        constraints = [
            models.UniqueConstraint(
                "institution",
                "scheme",
                "year",
                name="rating_unique_by_scheme_and_year",
                violation_error_message="这个办法这一年的等级已经填过。",
            ),
            models.CheckConstraint(
                name="rating_level_one_to_five",
                condition=Q(level__range=(1, 5)),
                violation_error_message="等级是 1 到 5。",
            ),
            models.CheckConstraint(
                name="rating_year_plausible",
                condition=Q(year__range=(1990, 2100)),
                violation_error_message="评定年份不对。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_scheme_display()} {self.level_name}（{self.year}）"

    def is_in_force(self, on: datetime.date) -> bool:
        """Return whether the rating is still valid on the day `on`; one without an end is."""
        return self.valid_to is None or on <= self.valid_to

    @property
    def level_name(self) -> str:
        """五星级, 四叶级, 三级: the level in the words of its scheme."""
        unit = {self.Scheme.BEIJING_STAR: "星级", self.Scheme.CHONGQING_LEVEL: "星级"}
        unit |= {self.Scheme.CHONGQING_LEAF: "叶级"}
        return "零一二三四五"[self.level] + unit.get(self.Scheme(self.scheme), "级")


def latest_ratings(ratings: Iterable[Rating], on: datetime.date) -> list[Rating]:
    """Return the newest rating under each scheme that is valid on the day `on`."""
    valid = sorted((r for r in ratings if r.is_in_force(on)), key=lambda rating: rating.year)
    return list({rating.scheme: rating for rating in valid}.values())


class QualityRecord(models.Model):
    """One inspection, evaluation, credit entry or insurance policy, with its source and date."""

    class Kind(models.TextChoices):
        CIVIL_AFFAIRS = "civil_affairs", "民政部门检查"
        FIRE = "fire", "消防检查"
        FOOD = "food", "食品安全"
        MEDICAL = "medical", "医疗卫生检查"
        EVALUATION = "evaluation", "第三方评估"
        CREDIT = "credit", "信用记录"
        LIABILITY_INSURANCE = "liability_insurance", "责任保险"

    institution = models.ForeignKey(Institution, models.CASCADE, related_name="quality_records")
    kind = models.CharField("项目", max_length=30, choices=Kind.choices)
    result = models.CharField("结果", max_length=100)
    by = models.CharField("谁评的", max_length=100, blank=True)
    on = models.DateField("日期", validators=[validate_not_future])
    on_precision = precision_field()
    valid_to = models.DateField("有效期至", null=True, blank=True)

    class Meta:
        verbose_name = "检查与评价"
        verbose_name_plural = "检查与评价"
        ordering = ["-on", "pk"]
        constraints = [
            models.UniqueConstraint(
                "institution",
                "kind",
                "on",
                name="quality_record_unique",
                violation_error_message="这一项这一天的结果已经填过。",
            ),
            models.CheckConstraint(
                name="quality_record_period_in_order",
                condition=Q(valid_to=None) | Q(valid_to__gte=models.F("on")),
                violation_error_message="有效期不能早于日期。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}：{self.result}"

    @property
    def dated(self) -> str:
        return show_date(self.on, self.on_precision)
