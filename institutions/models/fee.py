"""Prices of a home and their terms."""

import datetime
from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce

from carebridge.lib.money import exact_yuan

from .bed import Bed
from .institution import Institution, Level

# 关于加强养老机构预收费监管的指导意见 (in force 2024-10-01): the most that may be asked ahead.
MOST_PREPAID_MONTHS = 12
MOST_DEPOSIT_IN_BED_FEES = 12


class FeeQuerySet(models.QuerySet["Fee"]):
    def in_force(self, on: datetime.date) -> Self:
        """Fees that hold on the day `on`."""
        return self.filter(Q(valid_from=None) | Q(valid_from__lte=on)).filter(
            Q(valid_to=None) | Q(valid_to__gte=on)
        )


class Fee(models.Model):
    """One published price. Money is whole fen; a missing row is a price not published."""

    class Kind(models.TextChoices):
        BED = "bed", "床位费"
        MEALS = "meals", "餐费"
        CARE = "care", "护理费"
        DEPOSIT = "deposit", "押金"
        MEDICAL_RESERVE = "medical_reserve", "医疗备用金"
        MEMBERSHIP = "membership", "会员费"
        UTILITIES = "utilities", "采暖、空调、水电费"
        SUPPLIES = "supplies", "一次性用品费"
        TRIAL = "trial", "试住费"
        OTHER = "other", "其他费用"

    class Period(models.TextChoices):
        MONTH = "month", "元/月"
        DAY = "day", "元/天"
        ONCE = "once", "元（一次性）"

    institution = models.ForeignKey(Institution, models.CASCADE, related_name="fees")
    kind = models.CharField("项目", max_length=20, choices=Kind.choices)
    room = models.CharField("房型", max_length=20, choices=Bed.Room.choices, blank=True)
    level_from = models.PositiveSmallIntegerField(
        "适用能力等级（从）", choices=Level.choices, default=Level.ABLE
    )
    level_to = models.PositiveSmallIntegerField(
        "适用能力等级（到）", choices=Level.choices, default=Level.COMPLETE
    )
    amount = models.BigIntegerField("金额（分）")
    period = models.CharField(
        "计费周期", max_length=10, choices=Period.choices, default=Period.MONTH
    )
    conditions = models.CharField("条件", max_length=200, blank=True)
    valid_from = models.DateField("起始日期", null=True, blank=True)
    valid_to = models.DateField("终止日期", null=True, blank=True)

    objects = FeeQuerySet.as_manager()

    class Meta:
        verbose_name = "收费"
        verbose_name_plural = "收费"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="fee_amount_not_negative",
                condition=Q(amount__gte=0),
                violation_error_message="金额不能小于 0；未公布的不要填。",
            ),
            models.CheckConstraint(
                name="fee_levels_in_order",
                condition=Q(level_from__lte=F("level_to")),
                violation_error_message="能力等级要从轻到重。",
            ),
            models.CheckConstraint(
                name="fee_levels_only_for_bed_and_care",
                condition=Q(kind__in=["bed", "care"]) | Q(level_from=0, level_to=4),
                violation_error_message="只有床位费和护理费按能力等级分。",
            ),
            models.CheckConstraint(
                name="fee_period_in_order",
                condition=Q(valid_from=None) | Q(valid_to=None) | Q(valid_from__lte=F("valid_to")),
                violation_error_message="终止日期不能早于起始日期。",
            ),
            models.UniqueConstraint(
                "institution",
                "kind",
                "room",
                "level_from",
                "conditions",
                Coalesce("valid_from", Value(datetime.date.min)),
                name="fee_unique",
                violation_error_message="同一项目、房型、等级、条件和起始日期已经有一个价格。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {exact_yuan(self.amount)} {self.get_period_display()}"

    def is_in_force(self, on: datetime.date) -> bool:
        """Return whether the price is in force on the day `on`; the same rule as `in_force`."""
        started = self.valid_from is None or self.valid_from <= on
        return started and (self.valid_to is None or on <= self.valid_to)

    def covers_level(self, level: int) -> bool:
        """Return whether the price is for elders of this ability level."""
        return self.level_from <= level <= self.level_to


class ContractTerms(models.Model):
    """Trial, leaving and prepayment: what protects a family that changes its mind."""

    institution = models.OneToOneField(
        Institution, models.CASCADE, primary_key=True, related_name="terms"
    )
    trial_days = models.PositiveSmallIntegerField("可试住天数", null=True, blank=True)
    refund_rule = models.TextField("退费规则", blank=True)
    bed_hold_rule = models.TextField("请假留床规则", blank=True)
    prepay_months = models.PositiveSmallIntegerField("最多预收月数", null=True, blank=True)
    custody_bank = models.CharField("预收费存管银行", max_length=100, blank=True)
    custody_account_public = models.BooleanField("存管账户已公示", null=True, blank=True)

    class Meta:
        verbose_name = "合同约定"
        verbose_name_plural = "合同约定"

    def __str__(self) -> str:
        # Its home goes with its key: deleted terms are still named, in the admin's log.
        return f"{self.institution} 合同约定" if self.pk else "合同约定"

    def clean(self) -> None:
        """More than the rule allows is recorded, not refused; `prepayment_warnings` warns of it."""
        if self.prepay_months is not None and self.prepay_months > 120:
            raise ValidationError({"prepay_months": "预收月数超过 10 年，请核对。"})
