"""Serializers of institutions: the presenters of the pages as data.

Money is whole fen and its names end in `_fen`; what is not published is null.
"""

from typing import Any

from drf_spectacular.helpers import lazy_serializer
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from institutions.api.changes import HomeChanges
from institutions.costs.monthly_cost import Cost, Lack
from institutions.models import Institution, Phone, Provenance
from institutions.models.institution import TAKES
from institutions.pages.parts.card import Card
from institutions.pages.results.filter_panels import Option, PanelChoices
from institutions.pages.sources import MOST, CitedSource, Figures, SourcePage, SourceUse, Stands
from institutions.register.provenance import SourceLine
from institutions.search.suggestions import Suggestion
from regions.api.serializers import DocumentRef, KnownValueField, Page, PolicyRef, RegionRef
from regions.models import Document, Fact, Grade

DEMO = "示例数据：编出来演示的，不是真的机构，名称、价格、空床和电话都不能当真。"
Fen = serializers.IntegerField


class PhoneSerializer(serializers.ModelSerializer[Phone]):
    class Meta:
        model = Phone
        fields = ["number", "purpose", "hours"]


class SourceSerializer(serializers.Serializer[SourceLine]):
    """Source of a figure, its date, and its last check."""

    title = serializers.CharField(help_text="文件的标题，或者“机构填报”")
    page = Page(source="url", allow_null=True, help_text="本站写这份文件的页面")
    kind = serializers.CharField(help_text="官方报告、公开记录、机构填报、示例数据")
    dated = serializers.CharField(help_text="截至哪一天；只知年月的只写年月")
    verified = KnownValueField(help_text="谁去核实过；null 是没有核实")
    quote = KnownValueField(help_text="原文")

    def to_representation(self, instance: SourceLine | Provenance) -> dict[str, Any]:
        line = instance if isinstance(instance, SourceLine) else SourceLine.from_row(instance)
        data: dict[str, Any] = super().to_representation(line)
        return data if line.url else data | {"page": None}


class InstitutionRef(serializers.Serializer[Institution]):
    """Identity of a home, and whether it is real."""

    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()
    is_demo = serializers.BooleanField(help_text="true 是编出来演示的，不是真的机构")
    notice = serializers.SerializerMethodField(help_text="示例数据要一起写明的话；实名机构是 null")
    page = Page(source="get_absolute_url", help_text="本站的页面")
    region = RegionRef()
    address = KnownValueField()
    longitude = serializers.FloatField(allow_null=True, help_text="WGS-84")
    latitude = serializers.FloatField(allow_null=True, help_text="WGS-84")
    kind = KnownValueField(help_text="机构类型的代码")
    kind_words = KnownValueField(source="get_kind_display")
    ownership = KnownValueField(help_text="运营方式的代码")
    ownership_words = KnownValueField(source="get_ownership_display")
    operating = KnownValueField(help_text="营业状态的代码")
    operating_words = KnownValueField(source="get_operating_display")
    phones = PhoneSerializer(many=True)
    takes = serializers.SerializerMethodField(help_text="收不收、能不能照顾；null 是未公布")

    def get_notice(self, home: Institution) -> str | None:
        return DEMO if home.is_demo else None

    @extend_schema_field(
        {
            "type": "object",
            "properties": {name: {"type": ["boolean", "null"]} for name in TAKES},
            "required": list(TAKES),
        }
    )
    def get_takes(self, home: Institution) -> dict[str, bool | None]:
        return {name: getattr(home, name) for name in TAKES}


class LackField(serializers.ChoiceField):
    """Reason for a missing sum: no level given, the home refuses, or unpublished parts."""

    def __init__(self, **kwargs: Any) -> None:
        codes = [(lack.value, lack.value) for lack in Lack]
        super().__init__(codes, allow_null=True, help_text="没有金额的原因，代码", **kwargs)


class PriceSerializer(serializers.Serializer[Any]):
    """List price of a month."""

    list_price_fen = Fen(source="amount", allow_null=True, help_text="标价，一个月")
    words = KnownValueField(help_text="这个价是给谁的")
    lack = LackField()
    lack_words = KnownValueField(source="missing", help_text="没有标价的原因")


class NetSerializer(serializers.Serializer[Cost]):
    """Cost of a month for the elder of the address; `estimate` has its parts."""

    level = serializers.IntegerField(allow_null=True, help_text="按国家标准哪一级算的，0—4")
    list_price_fen = Fen(source="list_price", allow_null=True)
    to_pay_fen = Fen(source="to_pay", allow_null=True, help_text="补贴后自己付")
    is_at_most = serializers.BooleanField(
        source="ledger.is_at_most", help_text="true：至多这么多，还有要确认的"
    )
    lack = LackField()
    lack_words = KnownValueField(source="missing")


class DistanceSerializer(serializers.Serializer[Any]):
    measured_from = serializers.CharField(source="anchor.name")
    metres = serializers.FloatField(allow_null=True, help_text="直线；null 是位置未公布")


class CardSerializer(serializers.Serializer[Card]):
    """One home of a list, as its card on the results page."""

    institution = InstitutionRef()
    warning = KnownValueField(help_text="没有在营业的写在这里")
    tags = serializers.ListField(child=serializers.CharField())
    price = PriceSerializer()
    net = NetSerializer(source="cost", allow_null=True, help_text="告诉了老人的情况才有")
    medical = serializers.CharField(help_text="医养结合方式")
    settlement = serializers.CharField(help_text="医保结算")
    vacant = serializers.IntegerField(allow_null=True, help_text="空床，张")
    vacant_as_of = serializers.DateField(allow_null=True)
    is_vacancy_recent = serializers.BooleanField(source="vacancy_known")
    distances = DistanceSerializer(many=True)
    source = SourceSerializer(allow_null=True, help_text="这家机构出自哪里")
    price_source = SourceSerializer(allow_null=True, help_text="价格出自哪里，几份里最旧的")


class ChoiceSerializer(serializers.Serializer[Option]):
    """One choice of a facet, and how many homes it would find."""

    value = serializers.CharField()
    label = serializers.CharField()
    count = serializers.IntegerField(help_text="选它会找到几家；同一组别的选择先放开")
    chosen = serializers.BooleanField(source="checked")
    children = serializers.SerializerMethodField(help_text="里面的地区")

    @extend_schema_field(
        lazy_serializer("institutions.api.serializers.ChoiceSerializer")(many=True)
    )
    def get_children(self, option: Option) -> list[dict[str, Any]]:
        return _choices(option.children, option.folded)


class FacetSerializer(serializers.Serializer[PanelChoices]):
    name = serializers.CharField(help_text="参数名")
    label = serializers.CharField()
    choices = serializers.SerializerMethodField()

    @extend_schema_field(ChoiceSerializer(many=True))
    def get_choices(self, facet: PanelChoices) -> list[dict[str, Any]]:
        return _choices(facet.shown, facet.folded)


class ResultsSerializer(serializers.Serializer[Any]):
    """Results of a search, a page at a time."""

    count = serializers.IntegerField(help_text="一共找到几家")
    real = serializers.IntegerField(help_text="其中实名几家")
    demo = serializers.IntegerField(help_text="其中示例几家")
    is_alike = serializers.BooleanField(help_text="true：没有完全一样的，下面是名字相近的")
    facets = FacetSerializer(
        many=True, allow_null=True, help_text="可以怎么筛选，各有几家；只在第一页，后面是 null"
    )
    results = CardSerializer(many=True, help_text="这一页的机构")
    next = serializers.URLField(allow_null=True, help_text="下一页的地址；null 是没有了")


class LevelPriceSerializer(serializers.Serializer[Any]):
    """The cheapest month for an elder of one ability level."""

    level = serializers.IntegerField(help_text="国家标准（GB/T 42195）0—4 级")
    level_words = serializers.CharField(source="official")
    list_price_fen = Fen(source="price", allow_null=True)
    bed_fen = Fen(source="bed", allow_null=True)
    meals_fen = Fen(source="meals", allow_null=True)
    care_fen = Fen(source="care", allow_null=True)
    lack = LackField()
    lack_words = KnownValueField(source="missing")


@extend_schema_field({"type": ["string", "number", "boolean"]})
class ValueField(serializers.JSONField):
    """A value as the record holds it."""


class FigureSerializer(serializers.Serializer[Any]):
    path = serializers.CharField(help_text="在 record 里的位置，比如 beds/nursing/twin/vacant")
    label = serializers.CharField()
    value = ValueField(allow_null=True, help_text="原值；null 或空文字是未公布")
    words = serializers.CharField(help_text="网页上的写法；没有公布的写“未公布”")
    source = serializers.IntegerField(
        allow_null=True, help_text="出处：sources 里的第几个，从 0 数起；null 是没有写明"
    )


class DetailSerializer(serializers.Serializer[Any]):
    """One home: every figure with its source, prices by ability level, and the whole record."""

    institution = InstitutionRef()
    prices = LevelPriceSerializer(many=True)
    figures = FigureSerializer(many=True)
    sources = SourceSerializer(many=True)
    record = serializers.DictField(help_text="整条记录，和 figures 同样的内容，按部分排好")


def _choices(shown: tuple[Option, ...], folded: tuple[Option, ...]) -> list[dict[str, Any]]:
    data: list[dict[str, Any]] = ChoiceSerializer([*shown, *folded], many=True).data
    return data


class UseSerializer(serializers.Serializer[SourceUse]):
    """Citations of a document; demo homes are never counted among real ones."""

    facts = serializers.IntegerField()
    policies = serializers.IntegerField()
    agreements = serializers.IntegerField()
    homes = serializers.IntegerField(help_text="实名机构几家")
    figures = serializers.IntegerField(help_text="实名机构的几项内容")
    demo_homes = serializers.IntegerField()
    demo_figures = serializers.IntegerField()


class DocumentSerializer(serializers.Serializer[CitedSource]):
    """A source that figures are cited from."""

    document = DocumentRef()
    kind = serializers.ChoiceField(Document.Kind.choices, source="document.kind")
    kind_words = serializers.CharField(source="document.get_kind_display")
    is_demo = serializers.BooleanField()
    title_is_ours = serializers.BooleanField(
        source="document.title_is_ours", help_text="true：没有看到原题，题名由本站概括"
    )
    issuer = KnownValueField(source="document.issuer")
    in_force_from = serializers.DateField(source="document.in_force_from", allow_null=True)
    in_force_to = serializers.DateField(source="document.in_force_to", allow_null=True)
    original = KnownValueField(source="document.url", help_text="原文的网址")
    grade = serializers.ChoiceField(Grade.choices, source="document.grade", help_text="核实程度")
    grade_words = serializers.CharField(source="grade")
    licence = KnownValueField(source="document.licence", help_text="许可；null 是没有写明")
    note = KnownValueField(source="document.note", help_text="它说了什么，没有说什么")
    use = UseSerializer()


class CitedSerializer(serializers.Serializer[Figures]):
    institution = serializers.IntegerField(source="institution.pk", help_text="机构的 id")
    name = serializers.CharField(source="institution.name")
    labels = serializers.CharField(help_text="哪些内容出自这份文件")
    dated = serializers.CharField()
    quote = KnownValueField()


class StandsSerializer(serializers.Serializer[Stands]):
    policy = PolicyRef()
    period = KnownValueField()
    state = KnownValueField(help_text="为什么今天不算数")


class FactRef(serializers.Serializer[Fact]):
    code = serializers.CharField()
    label = serializers.CharField()
    words = serializers.CharField(source="shown")


class DocumentPageSerializer(serializers.Serializer[SourcePage]):
    """One document and what is cited from it."""

    source = DocumentSerializer()
    facts = FactRef(many=True)
    policies = StandsSerializer(many=True, help_text="依据它的政策")
    figures = CitedSerializer(many=True, help_text=f"实名机构出自它的内容，最多 {MOST} 行")


class SuggestionSerializer(serializers.Serializer[Suggestion]):
    words = serializers.CharField()
    hint = serializers.CharField(help_text="“地区”，或者机构在哪里")
    region = KnownValueField(help_text="地区的代码；null 是机构")
    institution = serializers.IntegerField(source="home", allow_null=True)
    is_demo = serializers.BooleanField()
    page = Page(source="url")


class NewsSerializer(serializers.Serializer[HomeChanges]):
    everything = serializers.BooleanField(
        help_text="true：变动太多或太久没读，请把 institutions 从头读一遍"
    )
    changed = serializers.ListField(child=serializers.IntegerField(), help_text="要重读的机构 id")
    gone = serializers.ListField(child=serializers.IntegerField(), help_text="不再公开的机构 id")
    since = serializers.CharField(help_text="下一次带上它")


class NamedHomeSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    is_demo = serializers.BooleanField()


class ClusterSerializer(serializers.Serializer[Any]):
    longitude = serializers.FloatField(help_text="WGS-84")
    latitude = serializers.FloatField()
    count = serializers.IntegerField()
    demo = serializers.IntegerField(help_text="其中示例几家，不是真的机构")
    place = serializers.CharField()
    homes = NamedHomeSerializer(many=True, help_text="少的时候写明是哪几家")


class ClustersSerializer(serializers.Serializer[Any]):
    """The homes of a search in a box, near ones counted together."""

    total = serializers.IntegerField(help_text="检索一共找到几家，不管在不在范围里")
    demo = serializers.IntegerField(help_text="其中示例几家，不是真的机构")
    placed = serializers.IntegerField(help_text="其中位置公布了的")
    unplaced = serializers.IntegerField()
    clusters = ClusterSerializer(many=True)
