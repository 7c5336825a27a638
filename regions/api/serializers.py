"""Serializers of regions, documents and facts cited from them. Unknown is null."""

from typing import Any

from django.urls import reverse
from django.utils.timezone import localdate
from drf_spectacular.utils import extend_schema_field, inline_serializer
from rest_framework import serializers

from regions.models import Document, Fact, Grade, Policy, Rate, Region, Sentence
from regions.policies import text as words
from regions.policies.page import NamedPlace, PolicyConflict, PolicyPage, Tier
from regions.policies.text import Follows


class KnownValueField(serializers.CharField):
    """Text; what is not published is null, not an empty string."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_null=True, read_only=True, **kwargs)

    def to_representation(self, value: Any) -> str | None:
        return str(value) if value not in (None, "") else None


class Page(serializers.URLField):
    """The address of our own page of something."""

    def to_representation(self, value: Any) -> str:
        return str(self.context["request"].build_absolute_uri(str(value)))


class RegionRef(serializers.Serializer[Region]):
    code = serializers.CharField(help_text="GB/T 2260 行政区划代码")
    name = serializers.CharField()
    full_name = serializers.CharField(help_text="从省写起")


class RegionSerializer(serializers.ModelSerializer[Region]):
    full_name = serializers.CharField(help_text="从省写起")
    short_name = KnownValueField()
    pinyin = KnownValueField()
    level_words = serializers.CharField(source="get_level_display")
    telephone_code = KnownValueField()
    parent = serializers.CharField(source="parent_id", allow_null=True, help_text="上级的代码")
    successors = serializers.SlugRelatedField[Region](
        "code", many=True, read_only=True, help_text="撤销后归入的现行地区"
    )
    page = serializers.SerializerMethodField(help_text="本站的页面")

    class Meta:
        model = Region
        fields = [
            "code", "name", "full_name", "short_name", "pinyin", "level", "level_words", "parent",
            "longitude", "latitude", "telephone_code", "is_current", "valid_from", "valid_to",
            "successors", "page",
        ]  # fmt: skip

    def get_page(self, region: Region) -> str:
        return _absolute(self, reverse("region", args=[region.code]))


def _absolute(serializer: serializers.BaseSerializer[Any], path: str) -> str:
    return str(serializer.context["request"].build_absolute_uri(path))


class DocumentRef(serializers.Serializer[Document]):
    slug = serializers.CharField()
    title = serializers.CharField()
    number = KnownValueField(help_text="文号")
    issued = KnownValueField(help_text="发布日期，只知年月的只写年月")
    page = Page(source="get_absolute_url")

    def to_representation(self, instance: Document) -> dict[str, Any]:
        data: dict[str, Any] = super().to_representation(instance)
        return data if instance.issued_on else data | {"issued": None}


class FactSerializer(serializers.ModelSerializer[Fact]):
    regions = RegionRef(many=True)
    document = DocumentRef()
    entity = KnownValueField(help_text="说的是谁；null 是整个地区")
    value = serializers.FloatField(allow_null=True, help_text="null 是没有数字，看 text")
    text = KnownValueField()
    unit = KnownValueField()
    note = KnownValueField()
    words = serializers.CharField(source="shown", help_text="照原文的写法，带“近”“约”")
    dated = serializers.CharField(help_text="截至，只知年月的只写年月")

    class Meta:
        model = Fact
        fields = [
            "code", "regions", "label", "entity", "value", "bound", "unit", "text", "words",
            "nature", "as_of", "as_of_precision", "as_of_end", "dated", "quote", "note", "document",
        ]  # fmt: skip


class PolicyRef(serializers.Serializer[Policy]):
    slug = serializers.CharField()
    name = serializers.CharField()
    page = Page(source="get_absolute_url")


class FollowsSerializer(serializers.Serializer[Follows]):
    """Portability of a benefit when the elder moves."""

    state = serializers.ChoiceField([(s, s) for s in ("yes", "part", "no")])
    label = serializers.CharField()
    words = serializers.CharField()


class PolicySerializer(serializers.Serializer[Any]):
    """One benefit: whose it is, how much, and by which document."""

    policy = PolicyRef(source="*")
    region = RegionRef()
    kind = serializers.ChoiceField(Policy.Kind.choices)
    kind_words = serializers.CharField(source="get_kind_display")
    anchor = serializers.ChoiceField(Policy.Anchor.choices, help_text="看什么")
    payee = serializers.ChoiceField(Policy.Payee.choices, help_text="给谁")
    portability = serializers.ChoiceField(Policy.Portability.choices)
    follows = serializers.SerializerMethodField()
    gives = serializers.SerializerMethodField(help_text="给多少")
    in_force_from = serializers.DateField(allow_null=True)
    in_force_to = serializers.DateField(allow_null=True)
    state = serializers.SerializerMethodField(help_text="为什么今天不算数；null 是没有日期说不算")
    grade = serializers.ChoiceField(Grade.choices, help_text="核实程度")
    grade_words = serializers.CharField(source="get_grade_display")
    who = KnownValueField(help_text="给什么人")
    papers = KnownValueField(help_text="带什么")
    where_to_apply = KnownValueField(help_text="到哪里办")
    paid = KnownValueField(help_text="什么时候给")
    ask = serializers.CharField(help_text="问谁")
    note = KnownValueField()
    document = DocumentRef()
    clause = KnownValueField()

    @extend_schema_field(FollowsSerializer)
    def get_follows(self, policy: Policy) -> dict[str, Any]:
        return dict(FollowsSerializer(words.follows(policy)).data)

    def get_gives(self, policy: Policy) -> str:
        return words.gives(policy)

    def get_state(self, policy: Policy) -> str | None:
        return words.state(policy, localdate()) or None


class RateSerializer(serializers.ModelSerializer[Rate]):
    """An amount as its document states it; which of them are filled depends on the kind."""

    amount_kind = KnownValueField(
        help_text="fixed、range、share、standard、formula、least、of_standard、"
        "least_of_standard、local；null 是金额没有查到"
    )
    amount_fen = serializers.IntegerField(source="amount", allow_null=True)
    amount_to_fen = serializers.IntegerField(source="amount_to", allow_null=True)
    base = KnownValueField(help_text="比例算在什么上")
    ceiling_fen = serializers.IntegerField(
        source="ceiling", allow_null=True, help_text="计算基数最多"
    )
    cap_fen = serializers.IntegerField(source="cap", allow_null=True, help_text="最多给")
    formula = KnownValueField()
    standard = KnownValueField(help_text="按哪个标准的百分比")

    class Meta:
        model = Rate
        fields = [
            "amount_kind", "amount_fen", "amount_to_fen", "percent", "base", "ceiling_fen",
            "cap_fen", "formula", "standard", "period", "in_force_from", "in_force_to",
        ]  # fmt: skip


class TierSerializer(serializers.Serializer[Tier]):
    name = serializers.CharField()
    conditions = serializers.ListField(child=serializers.CharField(), help_text="都要符合")
    amount_words = serializers.CharField(source="amount")
    amount = RateSerializer(source="rate")


class ConflictSerializer(serializers.Serializer[PolicyConflict]):
    words = serializers.CharField()
    policies = PolicyRef(many=True)
    statuses = serializers.ListField(child=serializers.CharField())
    document = DocumentRef(source="exclusion.document")
    clause = KnownValueField(source="exclusion.clause")


class PlaceRef(serializers.Serializer[NamedPlace]):
    name = serializers.CharField()
    page = Page(source="url")


class SentenceSerializer(serializers.Serializer[Sentence]):
    """One sentence of an official text that makes a policy."""

    document = DocumentRef(source="text.document")
    number = serializers.IntegerField(help_text="第几句")
    clause = KnownValueField(help_text="条款")
    words = serializers.CharField(help_text="原文")
    makes = serializers.ChoiceField(Sentence.Makes.choices, help_text="定什么")
    page = Page(source="get_absolute_url")


class PolicyPageSerializer(serializers.Serializer[PolicyPage]):
    """One policy with every rate and what stands in its way."""

    policy = PolicySerializer()
    tiers = TierSerializer(many=True, help_text="从高到低，先符合的一档算数")
    places = PlaceRef(many=True, help_text="除了本地，写明的地区")
    doubtful = PlaceRef(many=True, help_text="户籍在这里的要另问")
    conflicts = ConflictSerializer(many=True, help_text="不能同时享受的")
    sentences = SentenceSerializer(many=True, help_text="原文里定这一项的句子；空的是原文没有找到")


def paged_schema(
    name: str, child: type[serializers.BaseSerializer[Any]]
) -> serializers.Serializer[Any]:
    """Return the schema of a list that is read page by page."""
    fields = {
        "results": child(many=True, help_text="这一页的"),
        "next": serializers.URLField(allow_null=True, help_text="下一页的地址；null 是没有了"),
    }
    return inline_serializer(name, fields)
