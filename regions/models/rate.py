"""The amounts of a policy, each with every condition for it."""

import datetime
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Cast, Coalesce

from .codes import CodesField, DisabilityKind, Scale, Scheme, Setting, Status
from .policy import NO_AMOUNT, QUOTABLE, Policy
from .region import Region

# The columns that identify the group of a rate; two rates never have all of them alike.
CONDITIONS = (
    "age_from",
    "age_to",
    "born_from",
    "scale",
    "level_from",
    "level_to",
    "statuses",
    "also_statuses",
    "without_statuses",
    "hukou_id",
    "disability_kinds",
    "disability_grade_from",
    "disability_grade_to",
    "multiple",
    "scheme",
    "settings",
)
SAME_CONDITIONS = "同一期间已有条件完全相同的一档。"
SAME_ORDER = "同一政策的档次先后不能相同。"
# What each kind of amount is made of: these columns must, `optional` ones may be filled.
PARTS = {
    "": (set(), set()),
    "fixed": ({"amount"}, set()),
    "range": ({"amount", "amount_to"}, set()),
    "share": ({"percent"}, {"ceiling", "cap"}),
    "standard": ({"ceiling"}, set()),
    "formula": (set(), set()),
    "least": ({"amount"}, set()),
    "of_standard": ({"percent"}, set()),
    "least_of_standard": ({"percent"}, set()),
    "local": (set(), set()),
}
# Those that are a percentage of a dated standard.
OF_STANDARD = ("of_standard", "least_of_standard")
AMOUNTS = ("amount", "amount_to", "percent", "ceiling", "cap")


def parts_fit() -> Q:
    """Return every kind of amount has its own columns filled and no other."""
    condition = Q(pk__in=[])
    for kind, (needed, optional) in PARTS.items():
        filled = {f"{name}__isnull": False for name in needed}
        empty = {f"{name}__isnull": True for name in set(AMOUNTS) - needed - optional}
        text = ~Q(formula="") if kind == "formula" else Q(formula="")
        named = ~Q(standard="") if kind in OF_STANDARD else Q(standard="")
        condition |= Q(amount_kind=kind, **filled, **empty) & text & named
    return condition


def overlap(first: "Rate | Policy", second: "Rate | Policy") -> bool:
    """Return whether two periods share a day; an open end has no bound."""
    return (first.in_force_from or datetime.date.min) <= (
        second.in_force_to or datetime.date.max
    ) and (second.in_force_from or datetime.date.min) <= (first.in_force_to or datetime.date.max)


class Rate(models.Model):
    """An amount of a policy with every condition for it; an "or" is two rates, the best first."""

    class AmountKind(models.TextChoices):
        FIXED = "fixed", "固定金额"
        RANGE = "range", "一个范围"
        SHARE = "share", "按比例"
        STANDARD = "standard", "只知结算标准，付多少没有查到"
        FORMULA = "formula", "按公式，只用文字写"
        LEAST = "least", "不低于"
        OF_STANDARD = "of_standard", "按一个标准的百分比"
        LEAST_OF_STANDARD = "least_of_standard", "不低于一个标准的百分比"
        LOCAL = "local", "由当地定，没有查到"

    class Period(models.TextChoices):
        DAY = "day", "每天"
        MONTH = "month", "每月"
        YEAR = "year", "每年"
        ONCE = "once", "一次性"
        MEAL = "meal", "每餐"
        USED_DAY = "used_day", "每个使用的日子"

    class Base(models.TextChoices):
        WHOLE = "whole", "前面抵过以后的全部费用"
        CARE = "care", "护理费"

    policy = models.ForeignKey(Policy, models.CASCADE, verbose_name="政策", related_name="rates")
    order = models.PositiveSmallIntegerField("先后", help_text="从高到低：先符合的那一档算数。")
    name = models.CharField("档次", max_length=100)

    age_from = models.PositiveSmallIntegerField("年龄从", null=True, blank=True)
    age_to = models.PositiveSmallIntegerField("年龄到（含）", null=True, blank=True)
    born_from = models.DateField("出生日期从（含）", null=True, blank=True)
    scale = models.CharField("能力评估", max_length=20, choices=Scale.choices, blank=True)
    level_from = models.PositiveSmallIntegerField("等级从", null=True, blank=True)
    level_to = models.PositiveSmallIntegerField("等级到（含）", null=True, blank=True)
    statuses = CodesField("身份（有一个就行）", codes=Status)
    also_statuses = CodesField("还要有这些身份（有一个就行）", codes=Status)
    without_statuses = CodesField("不能有这些身份", codes=Status)
    hukou = models.ForeignKey(
        Region,
        models.PROTECT,
        verbose_name="户籍要在",
        related_name="+",
        null=True,
        blank=True,
    )
    disability_kinds = CodesField("残疾类别（有一个就行）", codes=DisabilityKind)
    disability_grade_from = models.PositiveSmallIntegerField("残疾等级从", null=True, blank=True)
    disability_grade_to = models.PositiveSmallIntegerField(
        "残疾等级到（含）", null=True, blank=True
    )
    multiple = models.BooleanField("多重残疾", null=True, blank=True)
    scheme = models.CharField("险种", max_length=10, choices=Scheme.choices, blank=True)
    settings = CodesField("照护方式（有一个就行）", codes=Setting)

    amount_kind = models.CharField(
        "金额种类", max_length=20, choices=AmountKind.choices, blank=True
    )
    amount = models.PositiveBigIntegerField("金额（分）", null=True, blank=True)
    amount_to = models.PositiveBigIntegerField("金额到（分）", null=True, blank=True)
    percent = models.PositiveSmallIntegerField("比例（%）", null=True, blank=True)
    base = models.CharField("比例算在什么上", max_length=10, choices=Base.choices, blank=True)
    ceiling = models.PositiveBigIntegerField("计算基数最多（分）", null=True, blank=True)
    cap = models.PositiveBigIntegerField("最多给（分）", null=True, blank=True)
    formula = models.CharField("公式", max_length=300, blank=True)
    standard = models.SlugField("按哪个标准", blank=True, db_index=False)
    spend_over = models.PositiveBigIntegerField("花费超过多少才给（分）", null=True, blank=True)
    payee = models.CharField(
        "这一档给谁",
        max_length=10,
        choices=Policy.Payee.choices,
        blank=True,
        help_text="和政策不同时才填。",
    )
    is_unsure = models.BooleanField(
        "要当地确认", default=False, help_text="文件没有写清楚的，只答“要确认”，不计入合计。"
    )
    period = models.CharField("周期", max_length=10, choices=Period.choices, default=Period.MONTH)
    in_force_from = models.DateField("起始日期", null=True, blank=True)
    in_force_to = models.DateField("终止日期", null=True, blank=True)

    class Meta:
        verbose_name = "档次"
        verbose_name_plural = "档次"
        ordering = ["policy", "order"]
        constraints = [
            models.UniqueConstraint(
                "policy",
                "order",
                name="rate_order_unique",
                violation_error_message=SAME_ORDER,
            ),
            models.UniqueConstraint(
                "policy",
                *(
                    Coalesce(name, Value(-1))
                    for name in CONDITIONS
                    if name.endswith(("from", "to")) and name != "born_from"
                ),
                Coalesce("born_from", Value(datetime.date.min)),
                Coalesce("hukou", Value("")),
                "scale",
                "statuses",
                "also_statuses",
                "without_statuses",
                "disability_kinds",
                Coalesce(Cast("multiple", models.IntegerField()), Value(-1)),
                "scheme",
                "settings",
                Coalesce("in_force_from", Value(datetime.date.min)),
                name="rate_conditions_unique",
                violation_error_message=SAME_CONDITIONS,
            ),
            models.CheckConstraint(
                name="rate_age_in_order",
                condition=Q(age_from=None) | Q(age_to=None) | Q(age_from__lte=F("age_to")),
                violation_error_message="年龄从小到大填。",
            ),
            models.CheckConstraint(
                name="rate_levels_of_a_scale",
                condition=Q(scale="", level_from=None, level_to=None)
                | (
                    ~Q(scale="")
                    & Q(
                        level_from__isnull=False,
                        level_to__isnull=False,
                        level_from__lte=F("level_to"),
                    )
                ),
                violation_error_message="能力等级要写明是哪种评估，从几级到几级。",
            ),
            models.CheckConstraint(
                name="rate_grades_of_a_disability",
                condition=Q(
                    disability_kinds="",
                    disability_grade_from=None,
                    disability_grade_to=None,
                    multiple=None,
                )
                | (
                    ~Q(disability_kinds="")
                    & Q(
                        disability_grade_from__isnull=False,
                        disability_grade_to__isnull=False,
                        disability_grade_from__gte=1,
                        disability_grade_from__lte=F("disability_grade_to"),
                        disability_grade_to__lte=4,
                    )
                ),
                violation_error_message="残疾要写明类别和等级，等级是一至四级。",
            ),
            models.CheckConstraint(
                name="rate_amount_fits_its_kind",
                condition=parts_fit(),
                violation_error_message="金额种类和所填的金额对不上。",
            ),
            models.CheckConstraint(
                name="rate_range_in_order",
                condition=Q(amount_to=None) | Q(amount__lt=F("amount_to")),
                violation_error_message="金额范围从小到大填。",
            ),
            models.CheckConstraint(
                name="rate_share_of_something",
                condition=Q(percent=None, base="")
                | Q(percent__isnull=False, percent__range=(1, 100), base__in=["whole", "care"])
                | Q(percent=None, amount_kind="standard", base="care")
                | Q(percent__range=(1, 1000), amount_kind__in=OF_STANDARD, base=""),
                violation_error_message="比例是百分之一到百分之一百，并写明算在什么上。",
            ),
            models.CheckConstraint(
                name="rate_period_in_order",
                condition=Q(in_force_from=None)
                | Q(in_force_to=None)
                | Q(in_force_from__lte=F("in_force_to")),
                violation_error_message="终止日期不能早于起始日期。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.policy} {self.name}"

    def clean(self) -> None:
        policy: Policy | None = getattr(self, "policy", None)
        if policy is None:
            return
        if self.amount_kind and policy.grade not in QUOTABLE:
            raise ValidationError({"amount_kind": NO_AMOUNT})
        if policy.pk is None:
            return
        others = Rate.objects.exclude(pk=self.pk).select_related("policy")
        for other in others.filter(policy=self.policy_id):
            if overlap(self, other) and self.is_for() == other.is_for():
                raise ValidationError(SAME_CONDITIONS)
        if self.percent and self.policy.payee == Policy.Payee.BILL:
            self._leave_something(others.filter(policy__stage=self.policy.stage, base=self.base))

    def _leave_something(self, others: Iterable["Rate"]) -> None:
        """Shares of one stage that may be had together take no more than all."""
        apart = self.policy.never_beside()
        most: dict[int, int] = {self.policy_id: self.percent or 0}
        for other in others:
            if other.policy_id in {self.policy_id, *apart} or not other.percent:
                continue
            if self.may_meet(other):
                most[other.policy_id] = max(most.get(other.policy_id, 0), other.percent)
        if sum(most.values()) > 100:
            raise ValidationError({"percent": "能同时享受的几项比例合起来超过 100%。"})

    def is_for(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in CONDITIONS)

    def may_meet(self, other: "Rate") -> bool:
        """Return whether one elder may have both in one month, judged by place and care."""
        nested = other.policy.region_id in self.policy.region.codes_upward() or (
            self.policy.region_id in other.policy.region.codes_upward()
        )
        return (
            (nested or self.policy.anchor != other.policy.anchor)
            and overlap(self, other)
            and overlap(self.policy, other.policy)
            and (not self.scheme or not other.scheme or self.scheme == other.scheme)
            and (
                not self.settings
                or not other.settings
                or bool(set(self.settings.split()) & set(other.settings.split()))
            )
        )
