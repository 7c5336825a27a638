"""Policies as dated, cited data: who gets what by which document, and what shuts out what."""

import datetime
from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from .codes import CodesField, Status
from .document import CITABLE, DatePrecision, Document, Grade, show_date
from .region import ELSEWHERE_INSURED, NATION, Region, RegionGroup, in_ranges

# Grades whose figures may be shown; of the rest no amount is kept at all.
QUOTABLE = (Grade.OFFICIAL, Grade.PRESS, Grade.REPORT)
NO_AMOUNT = "核实程度是 C、M 或未查到的政策不写金额，只写问谁。"


class PolicyQuerySet(models.QuerySet["Policy"]):
    def get_by_natural_key(self, slug: str) -> "Policy":
        return self.get(slug=slug)

    def in_force(self, on: datetime.date) -> Self:
        """Policies that hold on the day `on`; an unknown start counts as begun."""
        return self.filter(Q(in_force_from=None) | Q(in_force_from__lte=on)).filter(
            Q(in_force_to=None) | Q(in_force_to__gte=on)
        )

    def of(self, region: Region) -> Self:
        """Policies of `region`, of what lies in it and of the wider regions; of former ones too.

        Of the nation its own only; those stop at Taiwan, Hong Kong and Macao.
        """
        if region.code == NATION:
            return self.filter(region=NATION)
        wider = region.codes_upward()
        if region.code[:2] in ELSEWHERE_INSURED:
            wider.remove(NATION)
        spans = [region.code_range()]
        own = in_ranges("region", spans) | in_ranges("region__successors", spans)
        return self.filter(own | Q(region__in=wider)).distinct()


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
        BEIJING_TWO_STARS = "bj_star2", "北京服务质量二星级以上（按等级评定算出）"

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
        Document,
        models.PROTECT,
        verbose_name="依据",
        related_name="policies",
        limit_choices_to=CITABLE,
    )
    clause = models.CharField("条款", max_length=100, blank=True)
    grade = models.CharField("核实程度", max_length=10, choices=Grade.choices)
    checked_on = models.DateField("文本最后一次核对", null=True, blank=True)
    in_hand = models.BooleanField(
        "符合的人已经在领",
        default=False,
        help_text="比如低保金：列出来，不再从要付的钱里减。",
    )
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
    usage = models.CharField(
        "这笔钱只能怎么用", max_length=100, blank=True, help_text="比如：原则上不取现，只用于服务。"
    )
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

    def get_absolute_url(self) -> str:
        return reverse("policy", args=[self.slug])

    def natural_key(self) -> tuple[str]:
        return (self.slug,)

    def never_beside(self) -> set[int]:
        """Return the ids of the policies that stand in place of this one, or this one of them."""
        others: set[int] = set()
        rows = Exclusion.objects.filter(conflict=Exclusion.Conflict.REPLACES)
        for row in rows.prefetch_related("first", "second"):
            first, second = (
                {policy.pk for policy in side.all()} for side in (row.first, row.second)
            )
            if self.pk in first | second:
                others |= first | second
        return others - {self.pk}

    def clean(self) -> None:
        if self.pk and self.grade not in QUOTABLE and self.rates.exclude(amount_kind="").exists():
            raise ValidationError({"grade": NO_AMOUNT})

    @property
    def since(self) -> str:
        """Return the known part of its first day, else an empty string."""
        if self.in_force_from is None:
            return ""
        return show_date(self.in_force_from, self.in_force_from_precision)


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
    region = models.ForeignKey(
        Region,
        models.PROTECT,
        verbose_name="只在哪里这样",
        related_name="+",
        null=True,
        blank=True,
        help_text="人住在这个地区的才算；不填，到处都算。",
    )
    document = models.ForeignKey(
        Document,
        models.PROTECT,
        verbose_name="依据",
        related_name="exclusions",
        limit_choices_to=CITABLE,
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
