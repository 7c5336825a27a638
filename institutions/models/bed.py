"""Beds by category and room, in four counts that are never derived from one another."""

from django.db import models
from django.db.models import F, Q

from institutions.validators import validate_not_future
from regions.models.document import precision_field, show_date

from .institution import Institution


class Bed(models.Model):
    """Beds of one category in one kind of room; a missing count is not published."""

    class Category(models.TextChoices):
        ORDINARY = "ordinary", "普通床位"
        NURSING = "nursing", "护理型床位"
        DEMENTIA = "dementia", "认知症床位"
        YIYANG = "yiyang", "医养床位"
        SAFETY_NET = "safety_net", "兜底床位"
        INCLUSIVE = "inclusive", "普惠床位"
        RESPITE = "respite", "短期托养（喘息）床位"
        UNSPECIFIED = "unspecified", "未分类床位"

    class Room(models.TextChoices):
        SINGLE = "single", "单人间"
        TWIN = "twin", "双人间"
        TRIPLE = "triple", "三人间"
        MULTI = "multi", "多人间"
        SUITE = "suite", "套间"
        UNSPECIFIED = "unspecified", "房型未公布"

    institution = models.ForeignKey(Institution, models.CASCADE, related_name="beds")
    category = models.CharField(
        "床位类别", max_length=20, choices=Category.choices, default=Category.UNSPECIFIED
    )
    room = models.CharField("房型", max_length=20, choices=Room.choices, default=Room.UNSPECIFIED)
    registered = models.PositiveIntegerField("备案床位", null=True, blank=True)
    operating = models.PositiveIntegerField("运营床位", null=True, blank=True)
    occupied = models.PositiveIntegerField("已入住", null=True, blank=True)
    vacant = models.PositiveIntegerField(
        "空余床位",
        null=True,
        blank=True,
        help_text="能接新人的床位；不确定就留空。",
    )
    as_of = models.DateField("截至", null=True, blank=True, validators=[validate_not_future])
    as_of_precision = precision_field()

    class Meta:
        verbose_name = "床位"
        verbose_name_plural = "床位"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                "institution",
                "category",
                "room",
                name="bed_unique_by_category_and_room",
                violation_error_message="这一类床位和房型已经填过一行。",
            ),
            models.CheckConstraint(
                name="bed_operating_within_registered",
                condition=Q(operating=None)
                | Q(registered=None)
                | Q(operating__lte=F("registered")),
                violation_error_message="运营床位不能多于备案床位。",
            ),
            models.CheckConstraint(
                name="bed_occupied_and_vacant_within_operating",
                condition=(
                    (Q(occupied=None) | Q(operating=None) | Q(occupied__lte=F("operating")))
                    & (Q(vacant=None) | Q(operating=None) | Q(vacant__lte=F("operating")))
                    & (
                        Q(occupied=None)
                        | Q(vacant=None)
                        | Q(operating=None)
                        | Q(operating__gte=F("occupied") + F("vacant"))
                    )
                ),
                violation_error_message="已入住加空余不能多于运营床位。",
            ),
            models.CheckConstraint(
                name="bed_counts_have_a_date",
                condition=Q(as_of__isnull=False)
                | Q(registered=None, operating=None, occupied=None, vacant=None),
                violation_error_message="填了床位数就要写截至日期。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_category_display()}·{self.get_room_display()}"

    @property
    def dated(self) -> str:
        """Return the day, month or year of the counts; an empty string where nothing is counted."""
        return show_date(self.as_of, self.as_of_precision) if self.as_of else ""


class BedFigures(Bed):
    """The same rows as the clerk's list of daily figures, all homes together."""

    class Meta:
        proxy = True
        verbose_name = "床位数字"
        verbose_name_plural = "床位数字一览"
