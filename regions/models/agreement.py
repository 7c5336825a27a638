"""Agreements of regions: settlement of medical bills, recognition of results and ratings."""

import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q

from .document import CITABLE, DatePrecision, Document, show_date
from .region import ELSEWHERE_INSURED, NATION, Region

# The columns of the agreed terms.
RECOGNISED = ("assessments", "ratings", "lab_results", "imaging")
SUBJECTS = ("inpatient", "outpatient", "pharmacy", "chronic", *RECOGNISED)


class AgreementQuerySet(models.QuerySet["Agreement"]):
    def get_by_natural_key(self, slug: str) -> "Agreement":
        return self.get(slug=slug)

    def in_force(self, on: datetime.date) -> Self:
        """Agreements that hold on the day `on`; an unknown start counts as begun."""
        return self.filter(Q(in_force_from=None) | Q(in_force_from__lte=on)).filter(
            Q(in_force_to=None) | Q(in_force_to__gte=on)
        )

    def covering(self, region: Region) -> Self:
        """Agreements to which `region`, or a wider region it lies in, is a party.

        The nation's rules on insurance stop at Taiwan, Hong Kong and Macao.
        """
        codes = region.codes_upward()
        if region.code[:2] in ELSEWHERE_INSURED:
            codes.remove(NATION)
        return self.filter(regions__in=codes).distinct()


class Agreement(models.Model):
    """One rule between regions; a blank column is a matter the document does not name."""

    class Settlement(models.TextChoices):
        DIRECT = "direct", "直接结算，不用备案"
        FILE_FIRST = "file_first", "先备案，再直接结算"
        NO = "no", "不能直接结算"
        ASK = "ask", "没有写明，要问参保地医保部门"

    class Recognition(models.TextChoices):
        MUTUAL = "mutual", "互认"
        SHARED = "shared", "共享（不等于互认）"

    slug = models.SlugField("网址名", unique=True)
    name = models.CharField("名称", max_length=100)
    regions = models.ManyToManyField(Region, verbose_name="哪些地区", related_name="agreements")
    document = models.ForeignKey(
        Document,
        models.PROTECT,
        verbose_name="依据",
        related_name="agreements",
        limit_choices_to=CITABLE,
    )
    in_force_from = models.DateField("起始日期", null=True, blank=True)
    in_force_from_precision = models.CharField(
        "起始日期精确到", max_length=5, choices=DatePrecision.choices, default=DatePrecision.DAY
    )
    in_force_to = models.DateField("终止日期", null=True, blank=True)

    inpatient = models.CharField("住院", max_length=10, choices=Settlement.choices, blank=True)
    outpatient = models.CharField("普通门诊", max_length=10, choices=Settlement.choices, blank=True)
    pharmacy = models.CharField("药店买药", max_length=10, choices=Settlement.choices, blank=True)
    chronic = models.CharField("门诊慢特病", max_length=10, choices=Settlement.choices, blank=True)
    lab_results = models.CharField(
        "检验结果", max_length=10, choices=Recognition.choices, blank=True
    )
    imaging = models.CharField(
        "影像检查资料", max_length=10, choices=Recognition.choices, blank=True
    )
    ratings = models.CharField(
        "养老机构等级", max_length=10, choices=Recognition.choices, blank=True
    )
    assessments = models.CharField(
        "老人能力评估结果", max_length=10, choices=Recognition.choices, blank=True
    )
    note = models.TextField("说明", blank=True)

    objects = AgreementQuerySet.as_manager()

    class Meta:
        verbose_name = "地区间约定"
        verbose_name_plural = "地区间约定"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="agreement_period_in_order",
                condition=Q(in_force_from=None)
                | Q(in_force_to=None)
                | Q(in_force_from__lte=F("in_force_to")),
                violation_error_message="终止日期不能早于起始日期。",
            ),
            models.CheckConstraint(
                name="agreement_says_something",
                condition=~Q(**dict.fromkeys(SUBJECTS, "")),
                violation_error_message="至少写明一项约定。",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[str]:
        return (self.slug,)

    @property
    def since(self) -> str:
        """Return the known part of its first day, else an empty string."""
        if self.in_force_from is None:
            return ""
        return show_date(self.in_force_from, self.in_force_from_precision)

    @property
    def terms(self) -> list[tuple[str, str]]:
        """Return the agreed terms, each with its subject in words; unnamed subjects are left
        out.
        """
        return [
            (str(field.verbose_name), str(dict(field.flatchoices)[value]))
            for field in self._meta.fields
            if field.name in SUBJECTS and (value := getattr(self, field.name))
        ]
