"""Pages of the register. A view parses, asks, renders; shaping is left to the presenters."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe
from django.views.generic import ListView

from carebridge.lib.qr import qr_code
from institutions.costs.monthly_cost import priced
from institutions.models import Listing
from institutions.pages.compare.page import HomeComparison
from institutions.pages.follow.page import Follow
from institutions.pages.front import front_content
from institutions.pages.guide import Guide
from institutions.pages.institution.json_ld import describe_home
from institutions.pages.institution.location import whereabouts
from institutions.pages.institution.page import for_profile, profile
from institutions.pages.institution.visit_pack import Pack
from institutions.pages.parts.carried_homes import carried_by
from institutions.pages.regions.index import Index, by_name, group_by_name, is_code
from institutions.pages.regions.page import Regional, for_regional, groups_for_regional
from institutions.pages.results.clusters import BoxForm
from institutions.pages.results.map import ResultsMap, map_data
from institutions.pages.results.page import Results
from institutions.pages.shortlist import Shortlist
from institutions.pages.sources import shelves, source_page
from institutions.register.provenance import public_documents
from institutions.search.filters import InstitutionFilter
from institutions.search.suggestions import suggestions
from regions.elder.form import ElderForm
from regions.models import Document, Grade, Region, RegionGroup
from regions.models.region import LONGEST_TEXT
from regions.places.anchors import AnchorForm

# Chinese as it is and no blanks: half the bytes.
READABLE = {"ensure_ascii": False, "separators": (",", ":")}


@require_safe
def front_page(request: HttpRequest) -> HttpResponse:
    """Return the front page: ways into the register, with what they lead to counted today."""
    return render(request, "front/page.html", {"front": front_content(localdate())})


# Nobody is signed in and nothing but a count is written: no token, so no cookie either.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def guide_page(request: HttpRequest) -> HttpResponse:
    """帮我找: one question, or the summary; a finished guide is posted, counted, and a search."""
    on = localdate()
    asked = Guide(request.POST if request.method == "POST" else request.GET, on)
    if request.method == "POST" and asked.step is None:
        asked.count(on)
        return redirect(asked.results_url)
    return render(request, "guide/page.html", {"guide": asked})


@require_safe
def institutions(request: HttpRequest) -> HttpResponse:
    """Search results: the whole state of the search is in the address."""
    search = InstitutionFilter(request.GET, Listing.objects.all(), localdate())
    results = Results(search, carried_by(request))
    page = {"results": results, "map": ResultsMap(results) if results.is_map else None}
    return render(request, "results/page.html", page)


@require_safe
def on_map(request: HttpRequest) -> JsonResponse:
    """Return the homes of a search in a box of the map, near ones counted together."""
    form = BoxForm(request.GET)
    if not form.is_valid():
        return JsonResponse({"errors": form.errors}, status=400, json_dumps_params=READABLE)
    search = InstitutionFilter(request.GET, Listing.objects.all(), localdate())
    found = map_data(search, form.cleaned_data["box"], form.cleaned_data["zoom"])
    return JsonResponse(found, json_dumps_params=READABLE)


@require_safe
def suggest(request: HttpRequest) -> HttpResponse:
    """Options for the search box while somebody types: places and homes."""
    page = {"suggestions": suggestions(request.GET.get("q", ""))}
    return render(request, "results/suggestions.html", page)


@require_safe
def institution(request: HttpRequest, pk: int) -> HttpResponse:
    """One institution, every figure with its source and age."""
    home = get_object_or_404(for_profile().published(), pk=pk)
    on = localdate()
    asked, anchors = ElderForm(request.GET, on), AnchorForm(request.GET)
    shown, way = profile(home, on), carried_by(request).parameters.items()
    page = {
        "profile": shown,
        "about": describe_home(shown, request.build_absolute_uri(home.get_absolute_url())),
        "priced": priced(home, asked, [*anchors.parameter_pairs, *way]),
        "where": whereabouts(home, anchors, [*asked.pairs, *way]),
    }
    return render(request, "institution/page.html", page)


@require_safe
def visit_pack(request: HttpRequest, pk: int) -> HttpResponse:
    """One institution on paper: to take along on the visit and to the offices."""
    home = get_object_or_404(for_profile().published(), pk=pk)
    on = localdate()
    kept = [*AnchorForm(request.GET).parameter_pairs, *carried_by(request).parameters.items()]
    folder = Pack(home, ElderForm(request.GET, on), on, kept)
    link = request.build_absolute_uri(folder.path)
    wrong = request.build_absolute_uri(reverse("correct", args=[pk]))
    page = {"pack": folder, "link": link, "wrong": wrong, "qr": qr_code(link)}
    return render(request, "visit_pack/page.html", page)


@require_safe
def follow_page(request: HttpRequest) -> HttpResponse:
    """Show the benefits that follow an elder to a place or to a home."""
    page = {"page": Follow(request.GET, localdate())}
    return render(request, "follow/page.html", page)


@require_safe
def shortlist(request: HttpRequest) -> HttpResponse:
    """Return the homes that the address names, to look over and to share."""
    homes = Shortlist(request.GET, localdate(), carried_by(request).search_parameter)
    link = request.build_absolute_uri(homes.url)
    page = {"shortlist": homes, "link": link, "qr": qr_code(link)}
    return render(request, "shortlist/page.html", page)


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """Return the homes that the address names, side by side."""
    homes = HomeComparison(request.GET, localdate(), carried_by(request).search_parameter)
    page = {"comparison": homes, "link": request.build_absolute_uri(homes.url)}
    return render(request, "compare/page.html", page)


@require_safe
def sources(request: HttpRequest) -> HttpResponse:
    """Return every document that figures are cited from."""
    return render(request, "sources/index.html", {"shelves": shelves(localdate())})


@require_safe
def source_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """One document and everything cited from it."""
    document = get_object_or_404(public_documents(), slug=slug)
    page = {"page": source_page(document, localdate())}
    return render(request, "sources/page.html", page)


@require_safe
def regions(request: HttpRequest) -> HttpResponse:
    """Regions side by side, and the ways to one of them: by name, or step by step."""
    if name := request.GET.get("name", "").strip():
        return _named_region(request, name)
    index = Index(request.GET)
    if index.picker.chosen and index.picker.is_done:
        return redirect("region", index.picker.chosen.code)
    return render(request, "regions/index.html", {"index": index})


@require_safe
def region_detail(request: HttpRequest, code: str) -> HttpResponse:
    """One region; former codes and names lead to what stands for them now."""
    whole = for_regional().filter(pk=code).first() if is_code(code) else None
    if whole is None:
        return _named_region(request, code, permanent=is_code(code[:6]))
    return _regional(request, whole)


@require_safe
def region_group(request: HttpRequest, slug: str) -> HttpResponse:
    """Return a named group of regions, such as 京津冀."""
    return _regional(request, get_object_or_404(groups_for_regional(), slug=slug))


def _regional(request: HttpRequest, whole: Region | RegionGroup) -> HttpResponse:
    page = {"page": Regional(whole, localdate())}
    return render(request, "regions/page.html", page)


def _named_region(request: HttpRequest, text: str, *, permanent: bool = False) -> HttpResponse:
    """On to the group or the one region `text` means; else those to choose from, or none: 404."""
    if group := group_by_name(text):
        return redirect("region_group", group.slug)
    found = by_name(text)
    if len(found) == 1:
        return redirect("region", found[0].code, permanent=permanent)
    page = {"typed": text[:LONGEST_TEXT].replace("\0", "�"), "found": found}
    status = 200 if found else 404
    return render(request, "regions/choices.html", page, status=status)


class AboutData(ListView):  # type: ignore[type-arg]  # not generic at run time
    """Sources of the data, with the reports of their collection."""

    queryset = (
        Document.objects.published()
        .filter(kind=Document.Kind.REPORT, grade=Grade.REPORT)
        .order_by("pk")
    )
    template_name = "about/data.html"
