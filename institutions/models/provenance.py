"""Source, date and checker of each figure of an institution."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from institutions.validators import validate_not_future
from regions.models import DatePrecision, Document
from regions.models.document import show_date

from .institution import Institution


def validate_field_path(path: str) -> None:
    """A path begins with a field or a part of an institution: fees, beds/nursing/twin, address."""
    head = path.split("/")[0]
    if head not in {field.name for field in Institution._meta.get_fields()}:
        raise ValidationError(f"机构没有“{head}”这一项，来源会落空。")


class Provenance(models.Model):
    """The source of one figure, or of all figures below one path of the record.

    `field` is a path of the whole record (`institutions.register.record`): `name`, `beds`,
    `beds/nursing/twin`. The row with the longest path that leads to a figure is its source; the
    empty path is the source of everything that has none of its own.
    """

    class Kind(models.TextChoices):
        OFFICIAL = "official", "官方报告"
        PUBLIC = "public", "公开记录"
        OWN = "own", "机构填报"
        DEMO = "demo", "示例数据"

    class How(models.TextChoices):
        PHONE = "phone", "电话核实"
        VISIT = "visit", "现场核实"
        DOCUMENT = "document", "查验材料"

    institution = models.ForeignKey(Institution, models.CASCADE, related_name="provenance")
    field = models.CharField(
        "哪个数字", max_length=100, blank=True, validators=[validate_field_path]
    )
    kind = models.CharField("来源种类", max_length=10, choices=Kind.choices)
    document = models.ForeignKey(
        Document,
        models.PROTECT,
        verbose_name="文件",
        related_name="cited_for",
        null=True,
        blank=True,
    )
    as_of = models.DateField("截至", validators=[validate_not_future])
    as_of_precision = models.CharField(
        "日期精确到", max_length=5, choices=DatePrecision.choices, default=DatePrecision.DAY
    )
    quote = models.TextField("原文", blank=True)
    verified_on = models.DateField("核实日期", null=True, blank=True)
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="核实人", null=True, blank=True
    )
    verified_how = models.CharField("核实方式", max_length=10, choices=How.choices, blank=True)

    class Meta:
        verbose_name = "数字来源"
        verbose_name_plural = "数字来源"
        ordering = ["field"]
        constraints = [
            models.UniqueConstraint(
                "institution",
                "field",
                name="provenance_one_per_field",
                violation_error_message="这个数字已经有来源。",
            ),
            models.CheckConstraint(
                name="provenance_own_report_or_document",
                condition=Q(kind="own") | Q(document__isnull=False),
                violation_error_message="不是机构自己填报的，要写明来源文件。",
            ),
            models.CheckConstraint(
                name="provenance_verified_whole",
                condition=Q(verified_on=None, verified_by=None, verified_how="")
                | (Q(verified_on__isnull=False, verified_by__isnull=False) & ~Q(verified_how="")),
                violation_error_message="核实要写明日期、核实人和方式。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field or '全部'}：{self.document or self.get_kind_display()}，{self.dated}"

    @property
    def source(self) -> str:
        """Return the title of the document, or 机构填报 where the home reports itself."""
        return self.document.shown if self.document else self.get_kind_display()

    @property
    def dated(self) -> str:
        return show_date(self.as_of, self.as_of_precision)
