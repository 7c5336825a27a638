"""Policies as dated, cited data: who gets what by which document, and what shuts out what."""

import datetime
from collections.abc import Iterable
from typing import Any, Self

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Cast, Coalesce

from .document import DatePrecision, Document, Grade, show_date
from .region import Region, RegionGroup

# Grades whose figures may be shown; of the rest no amount is kept at all.
QUOTABLE = (Grade.OFFICIAL, Grade.PRESS, Grade.REPORT)
NO_AMOUNT = "核实程度是 C、M 或未查到的政策不写金额，只写问谁。"


class Scale(models.TextChoices):
    """Who assessed ability, and how; levels of different scales never mean the same."""

    NATIONAL = "gbt42195", "国家能力评估（GB/T 42195，0—4 级）"
    BEIJING = "beijing", "北京市老年人能力综合评估（3 为重度失能）"
    LTCI = "ltci", "长期护理保险评估（3—5 为重度Ⅰ—Ⅲ级）"
    CHONGQING = "ltci_chongqing", "重庆长期护理保险评估（2 中度、3 重度）"
    TIANJIN_CARE = "tianjin_care", "天津照料等级（1 轻度、2 中度、3 重度）"
    CONTRACT = "contract", "机构护理等级（0 自理、1 介助、2 介护）"


class Status(models.TextChoices):
    """What an elder is recognised as, benefits already received included."""

    SUBSISTENCE = "subsistence", "享受低保"
    LOW_INCOME = "low_income", "低收入家庭"
    EXTREME_HARDSHIP = "extreme_hardship", "特困人员"
    BELOW_SUBSISTENCE = "below_subsistence", "有稳定收入但低于低保标准"
    CHILD_DISABLED = "child_disabled", "计划生育特殊家庭（独生子女伤残）"
    CHILD_DECEASED = "child_deceased", "计划生育特殊家庭（独生子女死亡）"
    BASIC_SERVICE = "basic_service", "基本养老服务对象"
    RURAL = "rural", "农村户籍"
    WORK_INJURY_CARE = "work_injury_care", "正在领工伤生活护理费"
    BRAVERY_CARE = "bravery_care", "正在领见义勇为致残护理补贴"
    RETURNED_YOUTH_CARE = "returned_youth_care", "正在领因公致残返城知青护理费"
    HARDSHIP_IN_HOME = "hardship_in_home", "正在领困境家庭入住机构补贴"
    RETIRED_CADRE = "retired_cadre", "离休"
    DUTY_DISABLED = "duty_disabled", "因公致残"


class DisabilityKind(models.TextChoices):
    SIGHT = "sight", "视力"
    HEARING = "hearing", "听力"
    SPEECH = "speech", "言语"
    LIMB = "limb", "肢体"
    INTELLECT = "intellect", "智力"
    MENTAL = "mental", "精神"


class Setting(models.TextChoices):
    """Where care is given."""

    INSTITUTION = "institution", "住养老机构"
    HOME_CARE = "home_care", "居家，专业人员上门"
    FAMILY_CARE = "family_care", "居家，家人照护并有专业人员上门"
    COMBINED_HOME = "combined_home", "居家，机构服务加个人护理"


class Scheme(models.TextChoices):
    EMPLOYEE = "employee", "职工医保（含退休）"
    RESIDENT = "resident", "居民医保"


class CodesFormField(forms.MultipleChoiceField):
    """Ticks for the codes of a `CodesField`."""

    widget = forms.CheckboxSelectMultiple

    def prepare_value(self, value: Any) -> Any:
        return value.split() if isinstance(value, str) else value

    def clean(self, value: Any) -> str:
        return " ".join(sorted(super().clean(value)))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class CodesField(models.CharField):  # type: ignore[type-arg]
    """A set of codes of one list, kept sorted and parted by spaces; empty: no condition."""

    def __init__(
        self, *args: Any, codes: type[models.TextChoices] | None = None, **kwargs: Any
    ) -> None:
        self.codes = codes
        super().__init__(*args, **{"max_length": 200, "blank": True, **kwargs})

    def clean(self, value: Any, model_instance: models.Model | None) -> str:
        found = set(str(value or "").split())
        if wrong := sorted(found - set(self.codes.values if self.codes else [])):
            raise ValidationError(f"没有这些代码：{'，'.join(wrong)}。")
        return " ".join(sorted(found))

    def formfield(self, **kwargs: Any) -> forms.Field:  # type: ignore[override]
        choices = self.codes.choices if self.codes else []
        return CodesFormField(choices=choices, required=False, label=self.verbose_name)


def overlap(first: "Rate | Policy", second: "Rate | Policy") -> bool:
    """Whether two periods share a day; an open end has no bound."""
    return (first.in_force_from or datetime.date.min) <= (
        second.in_force_to or datetime.date.max
    ) and (second.in_force_from or datetime.date.min) <= (first.in_force_to or datetime.date.max)


class PolicyQuerySet(models.QuerySet["Policy"]):
    def get_by_natural_key(self, slug: str) -> "Policy":
        return self.get(slug=slug)

    def in_force(self, on: datetime.date) -> Self:
        """Policies that hold on the day `on`; an unknown start counts as begun."""
        return self.filter(Q(in_force_from=None) | Q(in_force_from__lte=on)).filter(
            Q(in_force_to=None) | Q(in_force_to__gte=on)
        )


class Policy(models.Model):
    """One benefit of one region: whose it is, who is paid, and where it can be had."""

    class Kind(models.TextChoices):
        ALLOWANCE = "allowance", "老年人补贴津贴"
        DISABILITY = "disability", "残疾人补贴"
        FAMILY = "family", "计划生育扶助"
        SUPPORT = "support", "特困供养"
        VOUCHER = "voucher", "养老服务消费补贴"
        LTCI = "ltci", "长期护理保险"
        HOME = "home", "给机构的补贴"

    class Anchor(models.TextChoices):
        HUKOU = "hukou", "看户籍"
        SERVICE = "service", "看在哪里接受服务"
        INSURED = "insured", "看在哪里参保"
        INSTITUTION = "institution", "看机构在哪里"

    class Payee(models.TextChoices):
        ELDER = "elder", "给老人"
        BILL = "bill", "抵老人的账单"
        HOME = "home", "给机构，不减少账单"

    class Portability(models.TextChoices):
        STAYS = "stays", "只在本地"
        REGIONS = "regions", "到写明的地区"
        LISTED = "listed", "到名单上的机构"
        ANYWHERE = "anywhere", "到哪里都跟着走"
        UNKNOWN = "unknown", "本地可以，外地没有写明"

    class HomeList(models.TextChoices):
        LTCI = "ltci", "长期护理保险定点"
        SUBSIDY_LIST = "subsidy_list", "异地补贴名单"
        PILOT = "pilot", "京津冀协同试点"

    class Stage(models.IntegerChoices):
        INSURANCE = 1, "先：保险"
        VOUCHER = 2, "再：消费补贴"
        CASH = 9, "不在账单上抵"

    slug = models.SlugField("编号", unique=True, help_text="小写，如 bj-01，也是网址名。")
    name = models.CharField("名称", max_length=100)
    kind = models.CharField("种类", max_length=20, choices=Kind.choices)
    region = models.ForeignKey(
        Region, models.PROTECT, verbose_name="哪里的政策", related_name="policies"
    )
    anchor = models.CharField("看什么", max_length=20, choices=Anchor.choices)
    payee = models.CharField("给谁", max_length=10, choices=Payee.choices)
    stage = models.PositiveSmallIntegerField("抵账单的先后", choices=Stage.choices, default=9)
    portability = models.CharField("能不能跟着走", max_length=10, choices=Portability.choices)
    portable_to = models.ManyToManyField(
        Region, verbose_name="写明的地区", related_name="+", blank=True
    )
    portable_to_groups = models.ManyToManyField(
        RegionGroup, verbose_name="写明的地区组", related_name="+", blank=True
    )
    home_list = models.CharField(
        "机构要在哪份名单上", max_length=20, choices=HomeList.choices, blank=True
    )
    document = models.ForeignKey(
        Document, models.PROTECT, verbose_name="依据", related_name="policies"
    )
    clause = models.CharField("条款", max_length=100, blank=True)
    grade = models.CharField("核实程度", max_length=10, choices=Grade.choices)
    in_force_from = models.DateField("起始日期", null=True, blank=True)
    in_force_from_precision = models.CharField(
        "起始日期精确到", max_length=5, choices=DatePrecision.choices, default=DatePrecision.DAY
    )
    in_force_to = models.DateField("终止日期", null=True, blank=True)
    conditions_known = models.BooleanField(
        "条件查全了", default=True, help_text="没有查全的，只答“要确认”，不计入合计。"
    )
    doubtful_in = models.ManyToManyField(
        Region,
        verbose_name="哪些地方要另问",
        related_name="+",
        blank=True,
        help_text="户籍在这些地方的，要当地确认。",
    )
    who = models.TextField("给什么人", blank=True)
    papers = models.TextField("带什么", blank=True)
    where_to_apply = models.TextField("到哪里办", blank=True)
    paid = models.TextField("什么时候给", blank=True)
    ask = models.CharField("问谁", max_length=200)
    note = models.TextField("说明", blank=True)

    objects = PolicyQuerySet.as_manager()

    class Meta:
        verbose_name = "政策"
        verbose_name_plural = "政策"
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(
                name="policy_period_in_order",
                condition=Q(in_force_from=None)
                | Q(in_force_to=None)
                | Q(in_force_from__lte=F("in_force_to")),
                violation_error_message="终止日期不能早于起始日期。",
            ),
            models.CheckConstraint(
                name="policy_only_bills_have_a_stage",
                condition=Q(payee="bill", stage__lt=9) | (~Q(payee="bill") & Q(stage=9)),
                violation_error_message="抵账单的要写先后，其余的选“不在账单上抵”。",
            ),
            models.CheckConstraint(
                name="policy_list_is_named",
                condition=~Q(portability="listed") | ~Q(home_list=""),
                violation_error_message="“到名单上的机构”要写明是哪份名单。",
            ),
            models.CheckConstraint(
                name="policy_says_whom_to_ask",
                condition=~Q(ask=""),
                violation_error_message="写明问谁。",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[str]:
        return (self.slug,)

    def clean(self) -> None:
        if self.pk and self.grade not in QUOTABLE and self.rates.exclude(amount_kind="").exists():
            raise ValidationError({"grade": NO_AMOUNT})

    @property
    def since(self) -> str:
        """When it began as far as it is known, else an empty string."""
        if self.in_force_from is None:
            return ""
        return show_date(self.in_force_from, self.in_force_from_precision)


# The columns that say for whom a rate is; two rates never have all of them alike.
CONDITIONS = (
    "age_from",
    "age_to",
    "scale",
    "level_from",
    "level_to",
    "statuses",
    "disability_kinds",
    "disability_grade_from",
    "disability_grade_to",
    "multiple",
    "scheme",
    "settings",
)
# What each kind of amount is made of: these columns must, `optional` ones may be filled.
PARTS = {
    "": (set(), set()),
    "fixed": ({"amount"}, set()),
    "range": ({"amount", "amount_to"}, set()),
    "share": ({"percent"}, {"ceiling", "cap"}),
    "standard": ({"ceiling"}, set()),
    "formula": (set(), set()),
}
AMOUNTS = ("amount", "amount_to", "percent", "ceiling", "cap")


def parts_fit() -> Q:
    """Every kind of amount has its own columns filled and no other."""
    condition = Q(pk__in=[])
    for kind, (needed, optional) in PARTS.items():
        filled = {f"{name}__isnull": False for name in needed}
        empty = {f"{name}__isnull": True for name in set(AMOUNTS) - needed - optional}
        text = ~Q(formula="") if kind == "formula" else Q(formula="")
        condition |= Q(amount_kind=kind, **filled, **empty) & text
    return condition


class Rate(models.Model):
    """An amount of a policy with every condition for it; an "or" is two rates, the best first."""

    class AmountKind(models.TextChoices):
        FIXED = "fixed", "固定金额"
        RANGE = "range", "一个范围"
        SHARE = "share", "按比例"
        STANDARD = "standard", "只知结算标准，付多少没有查到"
        FORMULA = "formula", "按公式，只用文字写"

    class Period(models.TextChoices):
        DAY = "day", "每天"
        MONTH = "month", "每月"
        YEAR = "year", "每年"
        ONCE = "once", "一次性"
        MEAL = "meal", "每餐"

    class Base(models.TextChoices):
        WHOLE = "whole", "前面抵过以后的全部费用"
        CARE = "care", "护理费"

    policy = models.ForeignKey(Policy, models.CASCADE, verbose_name="政策", related_name="rates")
    order = models.PositiveSmallIntegerField("先后", help_text="从高到低：先符合的那一档算数。")
    name = models.CharField("档次", max_length=100)

    age_from = models.PositiveSmallIntegerField("年龄从", null=True, blank=True)
    age_to = models.PositiveSmallIntegerField("年龄到（含）", null=True, blank=True)
    scale = models.CharField("能力评估", max_length=20, choices=Scale.choices, blank=True)
    level_from = models.PositiveSmallIntegerField("等级从", null=True, blank=True)
    level_to = models.PositiveSmallIntegerField("等级到（含）", null=True, blank=True)
    statuses = CodesField("身份（有一个就行）", codes=Status)
    disability_kinds = CodesField("残疾类别（有一个就行）", codes=DisabilityKind)
    disability_grade_from = models.PositiveSmallIntegerField("残疾等级从", null=True, blank=True)
    disability_grade_to = models.PositiveSmallIntegerField(
        "残疾等级到（含）", null=True, blank=True
    )
    multiple = models.BooleanField("多重残疾", null=True, blank=True)
    scheme = models.CharField("险种", max_length=10, choices=Scheme.choices, blank=True)
    settings = CodesField("照护方式（有一个就行）", codes=Setting)

    amount_kind = models.CharField(
        "金额种类", max_length=10, choices=AmountKind.choices, blank=True
    )
    amount = models.PositiveBigIntegerField("金额（分）", null=True, blank=True)
    amount_to = models.PositiveBigIntegerField("金额到（分）", null=True, blank=True)
    percent = models.PositiveSmallIntegerField("比例（%）", null=True, blank=True)
    base = models.CharField("比例算在什么上", max_length=10, choices=Base.choices, blank=True)
    ceiling = models.PositiveBigIntegerField("计算基数最多（分）", null=True, blank=True)
    cap = models.PositiveBigIntegerField("最多给（分）", null=True, blank=True)
    formula = models.CharField("公式", max_length=300, blank=True)
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
                violation_error_message="同一政策的档次先后不能相同。",
            ),
            models.UniqueConstraint(
                "policy",
                *(
                    Coalesce(name, Value(-1))
                    for name in CONDITIONS
                    if name.endswith(("from", "to"))
                ),
                "scale",
                "statuses",
                "disability_kinds",
                Coalesce(Cast("multiple", models.IntegerField()), Value(-1)),
                "scheme",
                "settings",
                Coalesce("in_force_from", Value(datetime.date.min)),
                name="rate_conditions_unique",
                violation_error_message="同一期间已有条件完全相同的一档。",
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
                | Q(percent=None, amount_kind="standard", base="care"),
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
        if not self.policy_id:
            return
        if self.amount_kind and self.policy.grade not in QUOTABLE:
            raise ValidationError({"amount_kind": NO_AMOUNT})
        others = Rate.objects.exclude(pk=self.pk).select_related("policy")
        for other in others.filter(policy=self.policy_id):
            if overlap(self, other) and self.is_for() == other.is_for():
                raise ValidationError("同一期间已有条件完全相同的一档。")
        if self.percent and self.policy.payee == Policy.Payee.BILL:
            self._leave_something(others.filter(policy__stage=self.policy.stage, base=self.base))

    def _leave_something(self, others: Iterable["Rate"]) -> None:
        """Shares of one stage that may be had together take no more than all."""
        most: dict[int, int] = {self.policy_id: self.percent or 0}
        for other in others:
            if other.percent and other.policy_id != self.policy_id and self.may_meet(other):
                most[other.policy_id] = max(most.get(other.policy_id, 0), other.percent)
        if sum(most.values()) > 100:
            raise ValidationError({"percent": "能同时享受的几项比例合起来超过 100%。"})

    def is_for(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in CONDITIONS)

    def may_meet(self, other: "Rate") -> bool:
        """Whether one elder may have both in one month, as far as place and care tell."""
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


class ExclusionQuerySet(models.QuerySet["Exclusion"]):
    def get_by_natural_key(self, slug: str) -> "Exclusion":
        return self.get(slug=slug)


class Exclusion(models.Model):
    """One sentence of a document about benefits that stand in each other's way."""

    class Conflict(models.TextChoices):
        CHOOSE = "choose", "两组选一组"
        BLOCKS = "blocks", "有这些身份的，不享受第一组"
        ASKS = "asks", "有这些身份的，第一组要确认"
        REPLACES = "replaces", "第一组代替第二组"
        UNCLEAR = "unclear", "第二组能不能和第一组一起享受，没有写明"

    slug = models.SlugField("编号", unique=True)
    conflict = models.CharField("怎么相互影响", max_length=10, choices=Conflict.choices)
    first = models.ManyToManyField(Policy, verbose_name="第一组", related_name="excluded_first")
    second = models.ManyToManyField(
        Policy, verbose_name="第二组", related_name="excluded_second", blank=True
    )
    statuses = CodesField("身份（有一个就算）", codes=Status)
    document = models.ForeignKey(
        Document, models.PROTECT, verbose_name="依据", related_name="exclusions"
    )
    clause = models.CharField("条款", max_length=100, blank=True)
    note = models.TextField("说明", blank=True)

    objects = ExclusionQuerySet.as_manager()

    class Meta:
        verbose_name = "不能同时享受"
        verbose_name_plural = "不能同时享受"
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(
                name="exclusion_by_status_or_by_policy",
                condition=(Q(conflict__in=["blocks", "asks"]) & ~Q(statuses=""))
                | (~Q(conflict__in=["blocks", "asks"]) & Q(statuses="")),
                violation_error_message="按身份排除的写身份，按政策排除的写第二组。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.slug} {self.get_conflict_display()}"

    def natural_key(self) -> tuple[str]:
        return (self.slug,)
