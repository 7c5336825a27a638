"""Medical care of a home: its links to medical institutions and its dated designations."""

import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce

from regions.models import DatePrecision, Document, Region
from regions.models.document import show_date

from .institution import Institution


class MedicalLink(models.Model):
    """One way a home is linked to medical care, its own clinic included."""

    class Mode(models.TextChoices):
        EMBEDDED = "embedded", "内设医疗机构"
        CONTRACT = "contract", "与医疗机构签约"
        ADJACENT = "adjacent", "与医疗机构毗邻"
        ENTRUSTED = "entrusted", "托管"
        HOSPITAL_RUN = "hospital_run", "医院举办"
        TELEMEDICINE = "telemedicine", "远程医疗"
        CONSORTIUM = "consortium", "医联体（医共体）"

    class PartnerLevel(models.TextChoices):
        TERTIARY = "tertiary", "三级医院"
        SECONDARY = "secondary", "二级医院"
        PRIMARY = "primary", "一级医院或社区卫生服务中心"
        CLINIC = "clinic", "医务室或护理站"

    institution = models.ForeignKey(Institution, models.CASCADE, related_name="medical_links")
    mode = models.CharField("方式", max_length=20, choices=Mode.choices)
    partner = models.CharField("医疗机构", max_length=100, blank=True)
    partner_level = models.CharField(
        "级别", max_length=20, choices=PartnerLevel.choices, blank=True
    )
    is_transfer_hospital = models.BooleanField("转诊医院", null=True, blank=True)
    designated = models.BooleanField("医保定点", null=True, blank=True)
    networked = models.BooleanField("已联网异地直接结算", null=True, blank=True)
    green_channel = models.BooleanField("就医绿色通道", null=True, blank=True)
    on_recognition_list = models.BooleanField("在检查结果互认名单内", null=True, blank=True)

    class Meta:
        verbose_name = "医疗联系"
        verbose_name_plural = "医疗联系"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                "institution",
                "mode",
                "partner",
                name="medical_link_unique",
                violation_error_message="这一种联系方式已经填过。",
            ),
            models.CheckConstraint(
                name="medical_link_networked_needs_designation",
                condition=~Q(networked=True) | Q(designated__isnull=False, designated=True),
                violation_error_message="联网异地结算的一定是医保定点。",
            ),
        ]

    def __str__(self) -> str:
        return " ".join(filter(None, [self.get_mode_display(), self.partner]))

    @property
    def is_on_site(self) -> bool:
        """Inside the home or next door: what insurance settles there serves its residents."""
        return self.mode in ON_SITE


ON_SITE = (
    MedicalLink.Mode.EMBEDDED,
    MedicalLink.Mode.ADJACENT,
    MedicalLink.Mode.HOSPITAL_RUN,
)


class DesignationQuerySet(models.QuerySet["Designation"]):
    def in_force(self, on: datetime.date) -> Self:
        """Designations that hold on the day `on`."""
        return self.filter(Q(valid_from=None) | Q(valid_from__lte=on)).filter(
            Q(valid_to=None) | Q(valid_to__gte=on)
        )


class Designation(models.Model):
    """A region's list that the home stands on for a time, and what that opens."""

    class Kind(models.TextChoices):
        LTCI = "ltci", "长期护理保险定点"
        SUBSIDY_LIST = "subsidy_list", "异地补贴名单"
        PILOT = "pilot", "京津冀协同试点"

    institution = models.ForeignKey(Institution, models.CASCADE, related_name="designations")
    kind = models.CharField("名单", max_length=20, choices=Kind.choices)
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="由哪里认定")
    document = models.ForeignKey(
        Document, models.PROTECT, verbose_name="依据", null=True, blank=True
    )
    valid_from = models.DateField("起始日期", null=True, blank=True)
    valid_from_precision = models.CharField(
        "起始日期精确到", max_length=5, choices=DatePrecision.choices, default=DatePrecision.DAY
    )
    valid_to = models.DateField("终止日期", null=True, blank=True)

    objects = DesignationQuerySet.as_manager()

    class Meta:
        verbose_name = "定点与名单"
        verbose_name_plural = "定点与名单"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="designation_period_in_order",
                condition=Q(valid_from=None) | Q(valid_to=None) | Q(valid_from__lte=F("valid_to")),
                violation_error_message="终止日期不能早于起始日期。",
            ),
            models.UniqueConstraint(
                "institution",
                "kind",
                "region",
                Coalesce("valid_from", Value(datetime.date.min)),
                name="designation_unique",
                violation_error_message="这份名单的这个起始日期已经填过。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.region} {self.get_kind_display()}"

    @property
    def since(self) -> str:
        """Return the known part of its first day, else an empty string."""
        return show_date(self.valid_from, self.valid_from_precision) if self.valid_from else ""

    def is_in_force(self, on: datetime.date) -> bool:
        """Return whether it is in force on the day `on`; the same rule as `in_force`."""
        started = self.valid_from is None or self.valid_from <= on
        return started and (self.valid_to is None or on <= self.valid_to)
