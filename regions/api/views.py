"""The API of regions and of what is cited about them: the query sets and words of the pages."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Prefetch, QuerySet
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.timezone import localdate
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from carebridge.lib.api_parameters import described, refuse_errors, refuse_unknown
from carebridge.lib.paging import PageForm, list_page, next_url
from carebridge.lib.query_fields import legible
from regions.api import serializers
from regions.models import Document, Fact, Policy, Region
from regions.places.fields import PlaceField
from regions.policies.list_page import PolicyList
from regions.policies.page import PolicyPage, for_page

READ = ["GET", "HEAD"]
CODE = {"type": "string", "pattern": "^[0-9]{6}$"}
SLUG = {"type": "string", "pattern": r"^[-a-zA-Z0-9_]+$"}
PAGING = described(PageForm.base_fields)


class RegionForm(forms.Form):
    """Filters of the list of regions."""

    name = forms.CharField(label="叫什么，也可以是曾用名", required=False, max_length=50)
    parent = forms.RegexField(
        r"^[0-9]{6}$",
        label="在哪个地区里面（下一级），代码",
        required=False,
        error_messages={"invalid": "代码是 6 位数字，比如 131000。"},
    )
    level = forms.TypedChoiceField(
        label="级别：1 省，2 地，3 县", choices=Region.Level.choices, coerce=int, required=False
    )


class FactForm(forms.Form):
    """Filters of the list of facts."""

    region = PlaceField("哪个地区，代码或全名")
    document = forms.CharField(label="出自哪份文件，slug", required=False, max_length=80)
    nature = forms.ChoiceField(label="实际数还是目标", choices=Fact.Nature.choices, required=False)

    def clean_document(self) -> Document | None:
        slug = self.cleaned_data["document"]
        if not slug:
            return None
        if found := Document.objects.published().filter(slug=slug).first():
            return found
        raise ValidationError("没有这份文件。")


class PolicyForm(forms.Form):
    """Describes what `PolicyList` reads and checks."""

    region = forms.CharField(label="哪个地区，代码；连同上级和下级的", required=False)
    kind = forms.ChoiceField(label="种类", choices=Policy.Kind.choices, required=False)


@extend_schema(
    operation_id="regions",
    summary="行政区划",
    description="现行的地区，代码照 GB/T 2260；按名字找的，曾用名算作现在的。",
    parameters=[*described(RegionForm.base_fields, {"parent": CODE}), *PAGING],
    responses=serializers.paged_schema("Regions", serializers.RegionSerializer),
    extensions={"x-example": "/api/v1/regions?parent=131000"},
)
@api_view(READ)
def regions(request: Request) -> HttpResponseBase:
    """Current regions by code."""
    asked, paging = _checked(request, RegionForm)
    rows = Region.objects.current().with_ancestors().prefetch_related("successors")
    if asked["name"]:
        found = Region.objects.candidates(asked["name"])
        rows = rows.filter(pk__in=[region.pk for region in found])
    if asked["parent"]:
        rows = rows.filter(parent=asked["parent"])
    if asked["level"] != "":
        rows = rows.filter(level=asked["level"])
    return _answer_page(request, rows, paging, serializers.RegionSerializer)


@extend_schema(
    operation_id="region",
    summary="一个地区",
    description="已经撤销的也有，successors 写着它现在归入哪里。",
    parameters=[OpenApiParameter("code", CODE, "path", description="行政区划代码")],
    responses=serializers.RegionSerializer,
    extensions={"x-example": "/api/v1/regions/131082"},
)
@api_view(READ)
def region_detail(request: Request, code: str) -> HttpResponseBase:
    """One region, current or former."""
    refuse_unknown(request.GET, {})
    rows = Region.objects.with_ancestors().prefetch_related("successors")
    return _answer_one(request, get_object_or_404(rows, pk=code), serializers.RegionSerializer)


@extend_schema(
    operation_id="facts",
    summary="文件里写明的事实",
    description="每一条都带原文、出处和截至的日期。nature 是 target 的是计划，不是已经做到。",
    parameters=[*described(FactForm.base_fields, {"document": SLUG}), *PAGING],
    responses=serializers.paged_schema("Facts", serializers.FactSerializer),
    extensions={"x-example": "/api/v1/facts?region=500000"},
)
@api_view(READ)
def fact_list(request: Request) -> HttpResponseBase:
    """Return facts that documents state about regions."""
    asked, paging = _checked(request, FactForm)
    rows = Fact.objects.published()
    if asked["region"]:
        rows = rows.naming(asked["region"])
    if asked["document"]:
        rows = rows.filter(document=asked["document"])
    if asked["nature"]:
        rows = rows.filter(nature=asked["nature"])
    rows = rows.select_related("document").prefetch_related(
        Prefetch("regions", Region.objects.with_ancestors())
    )
    return _answer_page(request, rows, paging, serializers.FactSerializer)


@extend_schema(
    operation_id="policies",
    summary="政策清单",
    description="和网页 /policies/ 一样；核实程度不够的不写金额。",
    parameters=[*described(PolicyForm.base_fields, {"region": CODE}), *PAGING],
    responses=serializers.paged_schema("Policies", serializers.PolicySerializer),
    extensions={"x-example": "/api/v1/policies?region=110000&kind=voucher"},
)
@api_view(READ)
def policies(request: Request) -> HttpResponseBase:
    """Return every policy, or those of a region or kind."""
    _, paging = _checked(request, PolicyForm)
    page = PolicyList(legible(request.GET), localdate())
    refuse_errors({problem.name: [problem.why] for problem in page.problems})
    return _answer_page(request, page.rows, paging, serializers.PolicySerializer)


@extend_schema(
    operation_id="policy",
    summary="一项政策",
    description="给谁、给多少、每一档的条件，和哪些不能同时享受。",
    parameters=[OpenApiParameter("slug", SLUG, "path", description="列表里的 policy.slug")],
    responses=serializers.PolicyPageSerializer,
    extensions={"x-example": "/api/v1/policies/bj-01"},
)
@api_view(READ)
def policy_detail(request: Request, slug: str) -> HttpResponseBase:
    """One policy."""
    refuse_unknown(request.GET, {})
    page = PolicyPage(get_object_or_404(for_page(), slug=slug), localdate())
    return _answer_one(request, page, serializers.PolicyPageSerializer)


def _checked(request: Request, form: type[forms.Form]) -> tuple[dict[str, Any], PageForm]:
    """Return the checked parameters and the page; raise for any error."""
    refuse_unknown(request.GET, form.base_fields | PageForm.base_fields)
    asked, paging = form(legible(request.GET)), PageForm(request.GET)
    refuse_errors(asked.errors, paging.errors)
    return asked.cleaned_data, paging


def _answer_page(request: Request, rows: QuerySet[Any], paging: PageForm, kind: Any) -> Response:
    found, cursor = list_page(rows, paging)
    results = kind(found, many=True, context={"request": request}).data
    return Response({"results": results, "next": next_url(request, cursor)})


def _answer_one(request: Request, row: Any, kind: Any) -> Response:
    return Response(kind(row, context={"request": request}).data)
