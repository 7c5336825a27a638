"""The API of the register: what the pages say, as data. The same searches, figures and words."""

import copy
import datetime

from django.forms import Field
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.timezone import localdate
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from institutions import serializers
from institutions.cost import price_list
from institutions.facets import facets
from institutions.figures import UNKNOWN, Figure, figures
from institutions.filters import ChoicesField, InstitutionFilter
from institutions.freshness import unless_unchanged
from institutions.models import Institution, Listing, Provenance
from institutions.provenance import source_of
from institutions.records import to_record
from institutions.results import Results
from regions.forms import ElderForm
from regions.paging import PageForm, Pager
from regions.parameters import Schema, described, refuse_errors, refuse_unknown, several

READ = ["GET", "HEAD"]
# What only a page needs: its number, list or map, and words for those who came by 帮我找.
OF_PAGES = {"page", "view", "why"}
PLACE: Schema = {"type": "string", "pattern": r"^(\d{6}|[a-z]+(-[a-z]+)*)$"}


def _search_fields() -> dict[str, Field]:
    # A filter keeps the field it makes; those of the class stay without, for each search's own.
    filters = copy.deepcopy(InstitutionFilter.base_filters).items()
    return {name: one.field for name, one in filters if name not in OF_PAGES}


# Facets without what stands in the database: places and cities are too many to name.
FACETS = facets(datetime.date.max, [], [])
PLACES = {"type": "array", "items": PLACE, "maxItems": ChoicesField.most}
CHOICES = {one.name: several(choice.value for choice in one.choices) for one in FACETS}
SEARCH = {**_search_fields(), **ElderForm.base_fields}


@extend_schema(
    operation_id="institutions",
    summary="查找养老机构",
    description="和网页 /institutions/ 一样的筛选、排序、家数和价格，一页一页读。",
    parameters=[
        *described(
            SEARCH,
            CHOICES | {"region": PLACES, "ltci_city": PLACES},
            {one.name: one.label for one in FACETS},
        ),
        *described(PageForm.base_fields),
    ],
    responses=serializers.ResultsSerializer,
    extensions={"x-example": "/api/v1/institutions?region=131082&care=partial&sort=price"},
)
@api_view(READ)
@unless_unchanged
def institutions(request: Request) -> HttpResponseBase:
    """Search results, by cursor."""
    refuse_unknown(request.GET, [*SEARCH, *PageForm.base_fields])
    search = InstitutionFilter(request.GET, Listing.objects.all(), localdate())
    asked = PageForm(request.GET)
    refuse_errors(search.form.errors, search.asked.errors, asked.errors)
    results, pager = Results(search), Pager(asked, search.order)
    base = results.base.annotate(**pager.keys)
    found = results.finding.rows(base, [*search.parts(), pager.after], search.order)
    rows, cursor = pager.cut(found[: pager.limit + 1])
    data = {
        "count": results.counts.total,
        "real": results.counts.real,
        "demo": results.counts.demo,
        "is_alike": results.is_alike,
        "facets": results.column.facets if pager.is_first else None,
        "results": results.cards_of(rows),
        "next": _next(request, cursor),
    }
    return Response(serializers.ResultsSerializer(data, context={"request": request}).data)


def _next(request: Request, cursor: str) -> str | None:
    if not cursor:
        return None
    query = request.GET.copy()
    query["cursor"] = cursor
    return str(request.build_absolute_uri(f"?{query.urlencode(safe=':,')}"))


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
    refuse_unknown(request.GET, [])
    rows = Institution.objects.published().with_parts().select_related("listing")
    home = get_object_or_404(rows, pk=pk)
    provenance = list(home.provenance.all())
    record = to_record(home)
    del record["provenance"]
    data = {
        "institution": home,
        "prices": price_list(home.listing),
        "figures": [
            {
                "path": one.path,
                "label": one.label,
                "value": one.value,
                "words": one.words,
                "source": _number(one, provenance),
            }
            for one in figures(home)
        ],
        "sources": provenance,
        "record": record,
    }
    return Response(serializers.DetailSerializer(data, context={"request": request}).data)


def _number(figure: Figure, provenance: list[Provenance]) -> int | None:
    """Which source speaks for a figure; what is not published has none."""
    row = None if figure.words == UNKNOWN else source_of(provenance, figure.path)
    return None if row is None else provenance.index(row)
