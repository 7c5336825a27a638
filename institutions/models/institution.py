"""The institution itself: what it is, where it is, whom it takes."""

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse

from carebridge.lib.phones import dial_string
from institutions.validators import validate_credit_code, validate_phone
from regions.models import Region, Stage
from regions.models.document import precision_field, show_date, validate_web_link
from regions.models.region import lies_within
from regions.places.distance import Position, position

if TYPE_CHECKING:
    from .medical import MedicalLink
    from .provenance import Provenance
    from .quality import Rating

# Whom it takes and which needs it meets, in the order pages and bit masks use.
TAKES = (
    "takes_level_0",
    "takes_level_1",
    "takes_level_2",
    "takes_level_3",
    "takes_level_4",
    "takes_dementia",
    "takes_men",
    "takes_women",
    "takes_nonlocal",
    "takes_sojourn",
    "meets_dialysis",
    "meets_tube_feeding",
    "meets_oxygen",
    "meets_wandering",
    "meets_psychiatric",
)


class Level(models.IntegerChoices):
    """Ability levels of GB/T 42195-2022, best to worst."""

    ABLE = 0, "能力完好"
    MILD = 1, "轻度失能"
    MODERATE = 2, "中度失能"
    SEVERE = 3, "重度失能"
    COMPLETE = 4, "完全失能"


# Everything else a whole record is made of: the related names of an institution's parts.
PARTS = (
    "phones",
    "services",
    "beds",
    "fees",
    "terms",
    "medical_links",
    "designations",
    "ratings",
    "quality_records",
    "staff_figures",
    "photos",
    "provenance",
)


class InstitutionQuerySet(models.QuerySet["Institution"]):
    def get_by_natural_key(self, region: str, name: str) -> "Institution":
        return self.get(region=region, name=name)

    def published(self) -> Self:
        """Return the institutions that families may see."""
        return self.filter(stage=Institution.Stage.PUBLISHED)

    def demo(self) -> Self:
        """Return invented records that show how the site works; never counted as real."""
        return self.filter(is_demo=True)

    def real(self) -> Self:
        return self.filter(is_demo=False)

    def in_regions(self, *regions: Region) -> Self:
        """Return institutions in any of `regions`, or in its successors."""
        return self.filter(lies_within("region", regions))

    def with_place(self) -> Self:
        """Load the regions above, so that full place names need no other query."""
        return self.select_related("region__parent__parent")

    def with_parts(self) -> Self:
        """Return rows with everything a whole record is made of; one query per part."""
        return self.with_place().prefetch_related(*(_with_links(part) for part in PARTS))


def _with_links(part: str) -> "models.Prefetch[str]":
    """Return a part with the documents, regions and users its rows name."""
    model: Any = Institution._meta.get_field(part).related_model
    links = [f.name for f in model._meta.fields if f.many_to_one and f.name != "institution"]
    rows = model._default_manager.all()
    return models.Prefetch(part, rows.select_related(*links) if links else rows)


class Institution(models.Model):
    """A place or service that cares for the elderly, as the register knows it."""

    class Kind(models.TextChoices):
        RESIDENTIAL = "residential_care", "养老院"
        RURAL_HOME = "jinglaoyuan", "敬老院"
        WELFARE_HOME = "welfare_home", "社会福利院"
        CARE_CENTER = "care_center", "养老照料中心"
        YIYANG_CENTER = "yiyang_center", "医养中心"
        SOJOURN = "sojourn", "旅居康养机构"
        STATION = "station", "社区养老服务驿站"
        COMMUNITY_CENTER = "community_center", "社区养老服务中心（站）"
        DAY_CARE = "day_care", "日间照料中心"
        HAPPINESS_HOME = "happiness_home", "农村幸福院"
        MEAL_POINT = "meal_point", "老年餐桌（助餐点）"
        NURSING_HOSPITAL = "nursing_hospital", "护理院"
        NURSING_STATION = "nursing_station", "护理站"
        REHAB_HOSPITAL = "rehab_hospital", "康复医院"
        ELDER_NURSING_CENTER = "elder_nursing_center", "老年护理中心"
        HOSPICE = "hospice", "安宁疗护中心"
        HEALTH_CENTER = "health_center", "社区卫生服务中心（乡镇卫生院）"

    class Ownership(models.TextChoices):
        PUBLIC = "public", "公办"
        PUBLIC_BUILT = "public_built_private_run", "公建民营"
        PRIVATE_SUBSIDISED = "private_subsidised", "民办公助"
        PRIVATE = "private", "民办"

    class Operating(models.TextChoices):
        PLANNED = "planned", "筹建中"
        OPEN = "open", "营业中"
        SUSPENDED = "suspended", "暂停营业"
        CLOSED = "closed", "已停业"

    Stage = Stage

    # What it is
    name = models.CharField("名称", max_length=100)
    aliases = models.TextField("别名", blank=True, help_text="一行一个：曾用名、简称、分院名。")
    operator = models.CharField("运营方", max_length=100, blank=True)
    credit_code = models.CharField(
        "统一社会信用代码", max_length=18, blank=True, validators=[validate_credit_code]
    )
    kind = models.CharField("机构类型", max_length=30, choices=Kind.choices, blank=True)
    ownership = models.CharField("运营方式", max_length=30, choices=Ownership.choices, blank=True)
    website = models.URLField("网址", blank=True, validators=[validate_web_link])
    introduction = models.TextField("简介", blank=True)
    is_demo = models.BooleanField("示例数据", default=False)

    # Where it is
    region = models.ForeignKey(
        Region, models.PROTECT, verbose_name="地区", limit_choices_to={"is_current": True}
    )
    address = models.CharField("地址", max_length=200, blank=True)
    longitude = models.FloatField("经度（WGS-84）", null=True, blank=True)
    latitude = models.FloatField("纬度（WGS-84）", null=True, blank=True)

    # Its standing with the authorities; a filing number has no national format
    filing_number = models.CharField("备案编号", max_length=100, blank=True)
    filing_authority = models.CharField("备案机关", max_length=100, blank=True)
    filed_on = models.DateField("备案日期", null=True, blank=True)
    filed_precision = precision_field("备案日期精确到")
    opened_on = models.DateField("开业日期", null=True, blank=True)
    opened_precision = precision_field("开业日期精确到")
    operating = models.CharField("营业状态", max_length=10, choices=Operating.choices, blank=True)
    operating_since = models.DateField("状态日期", null=True, blank=True)
    operating_since_precision = precision_field("状态日期精确到")
    operating_reason = models.CharField("状态原因", max_length=200, blank=True)
    on_beijing_platform = models.BooleanField("在北京养老服务网展示", null=True, blank=True)

    # Whom it takes: yes, no, or not published
    takes_level_0 = models.BooleanField("收能力完好（自理）", null=True, blank=True)
    takes_level_1 = models.BooleanField("收轻度失能", null=True, blank=True)
    takes_level_2 = models.BooleanField("收中度失能", null=True, blank=True)
    takes_level_3 = models.BooleanField("收重度失能", null=True, blank=True)
    takes_level_4 = models.BooleanField("收完全失能", null=True, blank=True)
    takes_dementia = models.BooleanField("收认知症老人", null=True, blank=True)
    takes_men = models.BooleanField("收男性", null=True, blank=True)
    takes_women = models.BooleanField("收女性", null=True, blank=True)
    takes_nonlocal = models.BooleanField("收外地户籍", null=True, blank=True)
    takes_sojourn = models.BooleanField("收短住（旅居康养）", null=True, blank=True)
    meets_dialysis = models.BooleanField("能照顾透析老人", null=True, blank=True)
    meets_tube_feeding = models.BooleanField("能照顾鼻饲老人", null=True, blank=True)
    meets_oxygen = models.BooleanField("能供氧", null=True, blank=True)
    meets_wandering = models.BooleanField("能防走失", null=True, blank=True)
    meets_psychiatric = models.BooleanField("能配合精神科复诊", null=True, blank=True)

    # Our own bookkeeping
    stage = models.CharField("发布阶段", max_length=10, choices=Stage.choices, default=Stage.DRAFT)
    version = models.PositiveIntegerField("版本号", default=1, editable=False)
    created_at = models.DateTimeField("录入时间", auto_now_add=True)
    updated_at = models.DateTimeField("最后修改", auto_now=True)

    objects = InstitutionQuerySet.as_manager()

    # What `ListingQuerySet.for_cards()` reads.
    card_ratings: "list[Rating]"
    card_links: "list[MedicalLink]"
    card_provenance: "list[Provenance]"

    class Meta:
        verbose_name = "机构"
        verbose_name_plural = "机构"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                "region",
                "name",
                name="institution_name_unique_in_region",
                violation_error_message="这个地区已经有一家同名机构。",
            ),
            models.UniqueConstraint(
                "credit_code",
                name="institution_credit_code_unique",
                condition=~Q(credit_code=""),
                violation_error_message="已经有一家机构用了这个统一社会信用代码。",
            ),
            models.CheckConstraint(
                name="institution_coordinates_on_earth",
                condition=Q(longitude=None, latitude=None)
                | Q(
                    longitude__isnull=False,
                    latitude__isnull=False,
                    longitude__range=(-180, 180),
                    latitude__range=(-90, 90),
                ),
                violation_error_message="经纬度要成对填写，并在有效范围内。",
            ),
            models.CheckConstraint(
                name="institution_stop_has_a_date",
                condition=~Q(operating__in=["suspended", "closed"])
                | Q(operating_since__isnull=False),
                violation_error_message="暂停或停业要写明日期。",
            ),
            models.CheckConstraint(
                name="institution_version_positive",
                condition=Q(version__gte=1),
                violation_error_message="版本号从 1 开始。",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("institution", args=[self.pk])

    @property
    def position(self) -> Position | None:
        """Return the place in metres from the centre of the earth; None: not published."""
        if self.longitude is None or self.latitude is None:
            return None
        return position(self.longitude, self.latitude)

    def natural_key(self) -> tuple[str, str]:
        return (self.region_id, self.name)

    natural_key.dependencies = ["regions.region"]  # type: ignore[attr-defined]

    def takes(self, level: int) -> bool | None:
        """Return whether it takes elders of this ability level; None: not published."""
        answer: bool | None = getattr(self, f"takes_level_{level}")
        return answer

    @property
    def filed(self) -> str:
        """Return the known part of the filing date, else an empty string."""
        return show_date(self.filed_on, self.filed_precision) if self.filed_on else ""

    @property
    def stopped(self) -> str:
        """Since when its operating status holds, as far as it is known, else an empty string."""
        if self.operating_since is None:
            return ""
        return show_date(self.operating_since, self.operating_since_precision)

    @property
    def opened(self) -> str:
        """Return the known part of the opening date, else an empty string."""
        return show_date(self.opened_on, self.opened_precision) if self.opened_on else ""


class Phone(models.Model):
    """A number to ring, with the hours when somebody answers."""

    institution = models.ForeignKey(Institution, models.CASCADE, related_name="phones")
    number = models.CharField("电话", max_length=30, validators=[validate_phone])
    purpose = models.CharField("用途", max_length=30, blank=True, help_text="如 入住咨询、值班室")
    hours = models.CharField("接听时间", max_length=60, blank=True, help_text="如 每天 8:00—20:00")

    class Meta:
        verbose_name = "电话"
        verbose_name_plural = "电话"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                "institution",
                "number",
                name="phone_unique_in_institution",
                violation_error_message="这个电话已经填过了。",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def dialable(self) -> bool:
        """Return whether a `tel:` link may be made: demo numbers begin with 000 and reach
        nobody.
        """
        return not self.number.startswith("000")

    @property
    def dialled(self) -> str:
        """Return what a `tel:` link dials; an extension follows after a pause."""
        return dial_string(self.number)
