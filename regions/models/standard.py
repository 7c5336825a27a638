"""Published standards that amounts refer to, such as 低保标准: dated figures."""

import datetime
from typing import Self

from django.db import models
from django.db.models import OuterRef, Q, Subquery

from .document import CITABLE, DatePrecision, Document, show_date
from .region import Region

# Standards are set anew about once a year.
YEAR = 365


class StandardQuerySet(models.QuerySet["Standard"]):
    def get_by_natural_key(self, slug: str, since: str) -> "Standard":
        return self.get(slug=slug, since=since)

    def outdated(self, on: datetime.date) -> Self:
        """Return the newest figure of each standard that has stood for a year or more."""
        newest = Standard.objects.filter(slug=OuterRef("slug")).order_by("-since").values("pk")[:1]
        a_year_before = on - datetime.timedelta(days=YEAR)
        return self.filter(pk=Subquery(newest), since__lte=a_year_before)


class Standard(models.Model):
    """One figure of a standard, in fen a person and month, in force until the next of its slug."""

    slug = models.SlugField("编号", help_text="同一个标准各年用同一个编号，如 bj-subsistence。")
    name = models.CharField("名称", max_length=100)
    region = models.ForeignKey(
        Region, models.PROTECT, verbose_name="哪里的标准", related_name="standards"
    )
    since = models.DateField("从哪天起")
    since_precision = models.CharField(
        "起始日期精确到", max_length=5, choices=DatePrecision.choices, default=DatePrecision.DAY
    )
    amount = models.PositiveBigIntegerField("金额（分）")
    document = models.ForeignKey(
        Document,
        models.PROTECT,
        verbose_name="依据",
        related_name="standards",
        limit_choices_to=CITABLE,
    )
    note = models.CharField("说明", max_length=200, blank=True)

    objects = StandardQuerySet.as_manager()

    class Meta:
        verbose_name = "标准"
        verbose_name_plural = "标准"
        ordering = ["slug", "since"]
        constraints = [
            models.UniqueConstraint(
                "slug",
                "since",
                name="standard_unique_by_day",
                violation_error_message="这个标准从这一天起已经有一个数。",
            ),
            models.CheckConstraint(
                name="standard_amount_positive",
                condition=Q(amount__gt=0),
                violation_error_message="标准要大于 0。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}（{self.began} 起）"

    def natural_key(self) -> tuple[str, str]:
        return self.slug, self.since.isoformat()

    @property
    def began(self) -> str:
        """The first day, as exactly as it is known."""
        return show_date(self.since, self.since_precision)
