"""Administrative regions by their GB/T 2260 codes, and named groups of them."""

import re
from collections.abc import Iterable
from typing import Self

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

NATION = "000000"
CODE_LENGTH = 6
# The nation's rules on insurance and benefits stop at Taiwan, Hong Kong and Macao.
ELSEWHERE_INSURED = ("71", "81", "82")
# No full name comes near it; longer texts, and those with control characters, name no region.
LONGEST_TEXT = 50
# What may stand between the parts of a place name: 河北·廊坊, 河北 廊坊, 河北省/廊坊市.
SEPARATORS = re.compile(r"[\s·・/、，,>-]+")


def is_code(text: str) -> bool:
    """Return whether `text` is a code of GB/T 2260, or one of 9 or 12 digits that begins with
    one.
    """
    return re.fullmatch(r"\d{6}(\d{3}|\d{6})?", text) is not None


def is_name(text: str) -> bool:
    """Return whether `text` may be a name at all."""
    return len(text) <= LONGEST_TEXT and text.isprintable()


class RegionQuerySet(models.QuerySet["Region"]):
    def get_by_natural_key(self, code: str) -> "Region":
        return self.get(code=code)

    def current(self) -> Self:
        """Regions in force today: what an institution may stand in."""
        return self.filter(is_current=True)

    def inside_of(self, region: "Region") -> Self:
        """Return current regions that are `region` or lie in it, or in its successors."""
        return self.current().filter(lies_within("code", [region]))

    def with_ancestors(self) -> Self:
        """Load the regions above, so that full names need no other query."""
        return self.select_related("parent__parent")

    def resolve(self, text: str, context: "Region | None" = None) -> "Region":
        """Return the one current region that `text` means; former codes and names lead to
        successors.

        Raises `Region.DoesNotExist` for an unknown text and `Region.MultipleObjectsReturned`
        for one that several regions answer to (朝阳区): a bare ambiguous name never guesses.
        """
        final = self.candidates(text, context)
        if not final:
            raise Region.DoesNotExist(f"没有“{text}”这个地区")
        if len(final) > 1:
            raise Region.MultipleObjectsReturned(f"“{text}”对应多个地区")
        return final[0]

    def candidates(self, text: str, context: "Region | None" = None) -> list["Region"]:
        """Return the current regions that `text` may mean, by code; former ones count as
        successors.

        `text` is a code (6 digits, or 9 or 12 of which the first six count) or names from wide
        to narrow (河北省廊坊市三河市, 河北·三河). `context` narrows where a name is looked up.
        Two queries at most.
        """
        text = SEPARATORS.sub("", text)
        places = context.heirs() if context else None
        return meant_regions(
            {
                region: heirs
                for region in self._answering(text)
                if (heirs := [h for h in region.heirs() if places is None or h.lies_in(places)])
            }
        )

    def _answering(self, text: str) -> list["Region"]:
        """Regions, current and former, that have this code or answer to this name."""
        rows = self.with_ancestors().prefetch_related("successors")
        if is_code(text):
            return list(rows.filter(code=text[:6]))
        if not is_name(text):
            return []
        endings = [text[start:] for start in range(len(text))]
        named = rows.filter(Q(name__in=endings) | Q(short_name__in=endings))
        return [region for region in named if region.answers_to(text)]


class Region(models.Model):
    """A place with an administrative code: the nation, a province, a prefecture or a county."""

    class Level(models.IntegerChoices):
        NATION = 0, "全国"
        PROVINCE = 1, "省级"
        PREFECTURE = 2, "地级"
        COUNTY = 3, "县级"

    code = models.CharField(
        "行政区划代码",
        max_length=6,
        primary_key=True,
        validators=[RegexValidator(r"^\d{6}$", "行政区划代码是 6 位数字。")],
    )
    name = models.CharField("名称", max_length=50)
    short_name = models.CharField("简称", max_length=50, blank=True)
    pinyin = models.CharField("拼音", max_length=100, blank=True, help_text="如 lang fang")
    level = models.PositiveSmallIntegerField("级别", choices=Level.choices)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        verbose_name="上级地区",
        related_name="children",
        null=True,
        blank=True,
    )
    longitude = models.FloatField("经度（WGS-84）", null=True, blank=True)
    latitude = models.FloatField("纬度（WGS-84）", null=True, blank=True)
    telephone_code = models.CharField("电话区号", max_length=4, blank=True)
    is_current = models.BooleanField("现行", default=True)
    valid_from = models.DateField("设立日期", null=True, blank=True)
    valid_to = models.DateField(
        "撤销日期", null=True, blank=True, help_text="已撤销但日期不明的，留空并取消“现行”。"
    )
    successors = models.ManyToManyField(
        "self",
        verbose_name="现在归属",
        related_name="predecessors",
        symmetrical=False,
        blank=True,
        help_text="撤销后归入的现行地区。",
    )

    objects = RegionQuerySet.as_manager()

    class Meta:
        verbose_name = "地区"
        verbose_name_plural = "地区"
        ordering = ["code"]
        indexes = [
            models.Index(fields=["name"], name="region_name"),
            models.Index(fields=["short_name"], name="region_short_name"),
        ]
        constraints = [
            models.CheckConstraint(
                name="region_only_the_nation_has_no_parent",
                condition=Q(code=NATION, level=0, parent=None)
                | (~Q(code=NATION) & Q(level__gt=0, parent__isnull=False)),
                violation_error_message="除全国外，每个地区都要有上级地区。",
            ),
            models.CheckConstraint(
                name="region_current_has_no_end",
                condition=Q(is_current=False) | Q(valid_to=None),
                violation_error_message="现行地区不能有撤销日期。",
            ),
            models.CheckConstraint(
                name="region_period_in_order",
                condition=Q(valid_from=None)
                | Q(valid_to=None)
                | Q(valid_from__lt=models.F("valid_to")),
                violation_error_message="撤销日期要晚于设立日期。",
            ),
            models.CheckConstraint(
                name="region_centroid_on_earth",
                condition=Q(longitude=None, latitude=None)
                | Q(
                    longitude__isnull=False,
                    latitude__isnull=False,
                    longitude__range=(-180, 180),
                    latitude__range=(-90, 90),
                ),
                violation_error_message="经纬度要成对填写，并在有效范围内。",
            ),
        ]

    def __str__(self) -> str:
        """Return the whole path, as staff meet it: four regions are called 鼓楼区."""
        return self.full_name if self.is_current else f"{self.full_name}（已撤销）"

    def natural_key(self) -> tuple[str]:
        return (self.code,)

    @property
    def full_name(self) -> str:
        """河北省廊坊市三河市; the ancestors come from `with_ancestors()`."""
        return "".join(region.name for region in self.lineage())

    @property
    def path_words(self) -> str:
        """河北省·廊坊市·三河市, from the province down."""
        return "·".join(region.name for region in self.lineage())

    def lineage(self) -> list["Region"]:
        """From the province down to this region; the nation names nothing and is left out."""
        above = self.parent.lineage() if self.parent_id != NATION and self.parent else []
        return [*above, self]

    def code_range(self) -> tuple[str, str]:
        """Return the first and last code of this region and everything in it, both inclusive."""
        if self.code == NATION:
            return NATION, "999999"
        stem = self.code[: 2 * self.level]
        return stem.ljust(6, "0"), stem.ljust(6, "9")

    def codes_upward(self) -> list[str]:
        """Its own code and the codes of every region it lies in, the nation last."""
        return list(
            dict.fromkeys([self.code, f"{self.code[:4]}00", f"{self.code[:2]}0000", NATION])
        )

    def heirs(self) -> list["Region"]:
        """Return the current regions this one stands for: itself, or its successors."""
        return [self] if self.is_current else list(self.successors.all())

    def contains(self, other: "Region") -> bool:
        low, high = self.code_range()
        return low <= other.code <= high

    def lies_in(self, regions: Iterable["Region"]) -> bool:
        return any(region.contains(self) for region in regions)

    def answers_to(self, text: str) -> bool:
        """Return whether `text` is its name, full or short, after any names from above
        (河北三河).
        """
        for name in {self.name, self.short_name} - {""}:
            above = text.removesuffix(name)
            if above != text and (not above or self._lies_under(above)):
                return True
        return False

    def _lies_under(self, text: str) -> bool:
        return any(wider.answers_to(text) for wider in self.lineage()[:-1])

    def gives_way_to(self, other: "Region") -> bool:
        """Of two that answer to one name, a former region gives way to a current one.

        Within its province only: 江北区 was in 重庆, and still is in 宁波.
        """
        return not self.is_current and other.is_current and self.code[:2] == other.code[:2]


def meant_regions(found: dict[Region, list[Region]]) -> list[Region]:
    """Return the current regions meant by one text, by code, from the matches with their heirs."""
    final = {heir for region in preferred(list(found)) for heir in found[region]}
    return sorted(final, key=lambda region: region.code)


def preferred(candidates: list[Region]) -> list[Region]:
    """Of the regions that answer to one name, those people mean: 河北 is the province."""
    provinces = [region for region in candidates if region.level == Region.Level.PROVINCE]
    candidates = provinces or candidates
    return [r for r in candidates if not any(r.gives_way_to(other) for other in candidates)]


def lies_within(field: str, regions: Iterable[Region]) -> Q:
    """Return the condition that `field`, a current region's code, lies in any of `regions`.

    An abolished region stands for its successors.
    """
    return in_ranges(field, [heir.code_range() for region in regions for heir in region.heirs()])


def in_ranges(field: str, ranges: Iterable[tuple[str, str]]) -> Q:
    """Code ranges, not prefix matches: SQLite scans the whole table for the latter."""
    condition = Q(pk__in=[])
    for low, high in ranges:
        condition |= Q(**{f"{field}__gte": low, f"{field}__lte": high})
    return condition


class RegionGroupQuerySet(models.QuerySet["RegionGroup"]):
    def get_by_natural_key(self, slug: str) -> "RegionGroup":
        return self.get(slug=slug)


class RegionGroup(models.Model):
    """A set of regions people speak of that has no code of its own, such as 京津冀."""

    slug = models.SlugField("网址名", unique=True)
    name = models.CharField("名称", max_length=50, unique=True)
    regions = models.ManyToManyField(Region, verbose_name="地区", related_name="groups")
    definition = models.TextField("怎么划定", help_text="这一组地区由谁、按什么划定。")

    objects = RegionGroupQuerySet.as_manager()

    class Meta:
        verbose_name = "地区组"
        verbose_name_plural = "地区组"
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[str]:
        return (self.slug,)
