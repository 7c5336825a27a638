"""The API of the register: searches, figures and words of the pages as data."""

import datetime

from django import forms
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.timezone import localdate
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from carebridge.lib.api_parameters import Schema, described, refuse_errors, refuse_unknown, several
from carebridge.lib.paging import PageForm, Pager, list_page, next_url
from carebridge.lib.query_fields import legible
from institutions.api import serializers
from institutions.api.changes import SinceForm, changes_since
from institutions.api.conditional import unless_unchanged
from institutions.api.estimate_serializers import EstimateSerializer
from institutions.costs.monthly_cost import price_list
from institutions.models import Institution, Listing, Provenance
from institutions.pages.follow.destination_form import DestinationForm
from institutions.pages.follow.page import Follow
from institutions.pages.results.clusters import BoxForm
from institutions.pages.results.clusters import clusters as find_clusters
from institutions.pages.results.page import Results
from institutions.pages.sources import source_page, sources
from institutions.register.figures import UNKNOWN, Figure, list_figures
from institutions.register.provenance import public_documents, source_of
from institutions.register.record import to_record
from institutions.search.facets import build_facets
from institutions.search.filters import LONGEST_QUERY, ChoicesField, InstitutionFilter, form_class
from institutions.search.suggestions import suggestions
from regions.api.serializers import paged_schema
from regions.elder.form import ElderForm
from regions.models import Document

READ = ["GET", "HEAD"]
# What only a page needs: its number, list or map, and words for those who came by 帮我找.
OF_PAGES = {"page", "view", "why"}
SLUG: Schema = {"type": "string", "pattern": r"^[-a-zA-Z0-9_]+$"}
PLACE: Schema = {"type": "string", "pattern": "^([0-9]{6}|[a-z]+(-[a-z]+)*)$"}

# Facets without what stands in the database: places and cities are too many to name.
FACETS = build_facets(datetime.date.max, [], [])
PLACES = {"type": "array", "items": PLACE, "maxItems": ChoicesField.most}
CHOICES = {one.name: several(choice.value for choice in one.choices) for one in FACETS}
FIELDS = {name: one for name, one in form_class().base_fields.items() if name not in OF_PAGES}
SEARCH = {**FIELDS, **ElderForm.base_fields}
SEARCH_PARAMETERS = described(
    SEARCH,
    CHOICES | {"region": PLACES, "ltci_city": PLACES},
    {one.name: one.label for one in FACETS},
)
ESTIMATE = {**DestinationForm.base_fields, **ElderForm.base_fields}
NUMBER = r"[-+]?[0-9]{1,3}(\.[0-9]{1,15})?"
BOX: Schema = {"type": "string", "pattern": rf"^{NUMBER}(,{NUMBER}){{3}}$"}


class SuggestForm(forms.Form):
    q = forms.CharField(label="已经输入的", required=False, max_length=LONGEST_QUERY)


def _make_search(request: Request) -> InstitutionFilter:
    return InstitutionFilter(request.GET, Listing.objects.all(), localdate())


@extend_schema(
    operation_id="institutions",
    summary="查找养老机构",
    description="和网页 /institutions/ 一样的筛选、排序、家数和价格，一页一页读。",
    parameters=[*SEARCH_PARAMETERS, *described(PageForm.base_fields)],
    responses=serializers.ResultsSerializer,
    extensions={"x-example": "/api/v1/institutions?region=131082&care=partial&sort=price"},
)
@api_view(READ)
@unless_unchanged
def institutions(request: Request) -> HttpResponseBase:
    """Search results, by cursor."""
    refuse_unknown(request.GET, SEARCH | PageForm.base_fields)
    search = _make_search(request)
    asked = PageForm(request.GET)
    refuse_errors(search.form.errors, search.form.unplaced, search.asked.errors, asked.errors)
    results, pager = Results(search), Pager(asked, search.order)
    base = results.base.annotate(**pager.keys)
    found = results.finding.matching_rows(
        base, [*search.condition_parts(), pager.after], search.order
    )
    rows, cursor = pager.cut_page(found[: pager.limit + 1])
    data = {
        "count": results.counts.total,
        "real": results.counts.real,
        "demo": results.counts.demo,
        "is_alike": results.is_alike,
        "facets": results.column.facets if pager.is_first else None,
        "results": results.cards_of(rows),
        "next": next_url(request, cursor),
    }
    return Response(serializers.ResultsSerializer(data, context={"request": request}).data)


@extend_schema(
    operation_id="institution",
    summary="一家机构，每个数字带出处",
    description="figures 逐个数字写明出处和截至的日期，record 是按部分排好的整条记录。",
    parameters=[OpenApiParameter("id", int, "path", description="列表里的 institution.id")],
    responses=serializers.DetailSerializer,
)
@api_view(READ)
@unless_unchanged
def institution(request: Request, pk: int) -> HttpResponseBase:
    """One published home."""
    refuse_unknown(request.GET, {})
    rows = Institution.objects.published().with_parts().select_related("listing")
    home = get_object_or_404(rows, pk=pk)
    provenance = list(home.provenance.all())
    record = to_record(home)
    del record["provenance"]
    passed = {
        row.document.slug
        for row in home.designations.all()
        if row.document and row.document.is_published
    }
    for row in record["designations"]:
        row["document"] = row["document"] if row["document"] in passed else None
    data = {
        "institution": home,
        "prices": price_list(home.listing),
        "figures": [
            {
                "path": one.path,
                "label": one.label,
                "value": one.value,
                "words": one.words,
                "source": _source_number(one, provenance),
            }
            for one in list_figures(home)
        ],
        "sources": provenance,
        "record": record,
    }
    return Response(serializers.DetailSerializer(data, context={"request": request}).data)


def _source_number(figure: Figure, provenance: list[Provenance]) -> int | None:
    """Return the number of the source of a figure; an unpublished one has none."""
    row = None if figure.words == UNKNOWN else source_of(provenance, figure.path)
    return None if row is None else provenance.index(row)


@extend_schema(
    operation_id="documents",
    summary="来源文件",
    description="每个数字出自的文件：谁发布、什么时候、核实到什么程度、许可、被引用了多少次。",
    parameters=described(PageForm.base_fields),
    responses=paged_schema("Documents", serializers.DocumentSerializer),
    extensions={"x-example": "/api/v1/documents?limit=5"},
)
@api_view(READ)
def documents(request: Request) -> HttpResponseBase:
    """Return every document that figures are cited from."""
    refuse_unknown(request.GET, PageForm.base_fields)
    paging = PageForm(request.GET)
    refuse_errors(paging.errors)
    rows, cursor = list_page(public_documents(), paging)
    read = Document.objects.filter(pk__in=[row.pk for row in rows]).order_by("pk")
    documents = sources(read, localdate())
    results = serializers.DocumentSerializer(
        documents, many=True, context={"request": request}
    ).data
    return Response({"results": results, "next": next_url(request, cursor)})


@extend_schema(
    operation_id="document",
    summary="一份来源文件",
    description="它是什么，哪些事实、政策和机构的内容出自它。",
    parameters=[OpenApiParameter("slug", SLUG, "path", description="列表里的 document.slug")],
    responses=serializers.DocumentPageSerializer,
    extensions={"x-example": "/api/v1/documents/chongqing-2018"},
)
@api_view(READ)
def document(request: Request, slug: str) -> HttpResponseBase:
    """One document."""
    refuse_unknown(request.GET, {})
    page = source_page(get_object_or_404(public_documents(), slug=slug), localdate())
    return Response(serializers.DocumentPageSerializer(page, context={"request": request}).data)


@extend_schema(
    operation_id="estimate",
    summary="什么跟着这位老人走，一个月付多少",
    description=(
        "和网页 /follow/ 一样的算法。写 home（住进哪一家）或 to（去哪里）。老人的情况知道多少"
        "写多少，不写的当作没有告诉，不当作没有。每一行带文件和日期。"
    ),
    parameters=[*described(ESTIMATE, {"home": {"type": "integer", "minimum": 1}})],
    responses=EstimateSerializer,
    extensions={"x-example": "/api/v1/estimate?to=131082&e_hukou=110000&e_age=86"},
)
@api_view(READ)
def estimate(request: Request) -> HttpResponseBase:
    """Return the ledger of one elder in one place or home."""
    refuse_unknown(request.GET, ESTIMATE)
    page = Follow(request.GET, localdate())
    refuse_errors(page.going.errors, page.asked.errors)
    if page.to is None:
        refuse_errors({"home": ["写 home（机构的 id），或者写 to（去哪里）。"]})
    there = page.crossing.ledger
    data = {
        "on": page.on,
        "to": page.to,
        "institution": page.home and page.home.institution,
        "net": page.cost,
        "price_source": page.price_source,
        "to_elder_fen": there.to_elder,
        "on_bill_fen": there.on_bill,
        "is_at_most": there.is_at_most,
        "last_day": there.last_day,
        "ends_on": there.ends_on,
        "to_pay_after_fen": there.to_pay_after,
        "lines": page.crossing.items,
        "choices": there.choices,
    }
    return Response(EstimateSerializer(data, context={"request": request}).data)


@extend_schema(
    operation_id="suggest",
    summary="边输入边提示",
    description="最多 8 条：名字这样开头的地区，再是机构。",
    parameters=described(SuggestForm.base_fields),
    responses=serializers.SuggestionSerializer(many=True),
    extensions={"x-example": "/api/v1/suggest?q=langf"},
)
@api_view(READ)
@unless_unchanged
def suggest(request: Request) -> HttpResponseBase:
    """Places and homes that a text so far may mean."""
    refuse_unknown(request.GET, SuggestForm.base_fields)
    asked = SuggestForm(legible(request.GET))
    refuse_errors(asked.errors)
    found = suggestions(asked.cleaned_data["q"])
    context = {"request": request}
    return Response(serializers.SuggestionSerializer(found, many=True, context=context).data)


@extend_schema(
    operation_id="clusters",
    summary="机构在地图上的分布",
    description="检索找到的机构里落在范围内的，近的合在一起数。位置没有公布的另外数。",
    parameters=[*described(BoxForm.base_fields, {"box": BOX}), *SEARCH_PARAMETERS],
    responses=serializers.ClustersSerializer,
    extensions={"x-example": "/api/v1/clusters?box=115.4,39.4,117.5,41.1&zoom=8"},
)
@api_view(READ)
@unless_unchanged
def clusters(request: Request) -> HttpResponseBase:
    """Return the homes of a search by box and zoom."""
    refuse_unknown(request.GET, BoxForm.base_fields | SEARCH)
    search, box = _make_search(request), BoxForm(request.GET)
    refuse_errors(search.form.errors, search.form.unplaced, search.asked.errors, box.errors)
    found = find_clusters(search, box.cleaned_data["box"], box.cleaned_data["zoom"])
    return Response(serializers.ClustersSerializer(found.data).data)


@extend_schema(
    operation_id="changes",
    summary="哪些机构变了",
    description=(
        "第一次不写 since：记下回答里的 since，再把 institutions 读一遍。以后带着它来问，"
        "只重读 changed，删掉 gone。变动按提交的先后编号，不会漏掉晚提交的。"
    ),
    parameters=described(SinceForm.base_fields),
    responses=serializers.NewsSerializer,
    extensions={"x-example": "/api/v1/changes"},
)
@api_view(READ)
def changes(request: Request) -> HttpResponseBase:
    """Return homes that changed after the change a reader has seen."""
    refuse_unknown(request.GET, SinceForm.base_fields)
    asked = SinceForm(request.GET)
    refuse_errors(asked.errors)
    found = changes_since(asked.cleaned_data["since"])
    return Response(serializers.NewsSerializer(found).data)
