"""Pages of the register. A view parses, asks, renders; shaping is left to the presenters."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.timezone import localdate
from django.views.decorators.http import require_safe

from institutions.filters import InstitutionFilter
from institutions.front import front
from institutions.models import Listing
from institutions.profile import for_profile, profile
from institutions.results import Results
from institutions.sources import shelves, source_page
from regions.models import Document


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The front page: ways into the register, with what they lead to counted today."""
    return render(request, "institutions/home.html", {"front": front(localdate())})


def institutions(request: HttpRequest) -> HttpResponse:
    """Search results: the whole state of the search is in the address."""
    search = InstitutionFilter(request.GET, Listing.objects.all(), localdate())
    return render(request, "institutions/institution_list.html", {"results": Results(search)})


@require_safe
def institution(request: HttpRequest, pk: int) -> HttpResponse:
    """One institution, every figure with its source and age."""
    home = get_object_or_404(for_profile().published(), pk=pk)
    page = {"profile": profile(home, localdate())}
    return render(request, "institutions/institution_detail.html", page)


@require_safe
def sources(request: HttpRequest) -> HttpResponse:
    """Every document that figures are cited from."""
    return render(request, "institutions/source_list.html", {"shelves": shelves(localdate())})


@require_safe
def source(request: HttpRequest, slug: str) -> HttpResponse:
    """One document and everything cited from it."""
    document = get_object_or_404(Document, slug=slug)
    page = {"page": source_page(document, localdate())}
    return render(request, "institutions/source_detail.html", page)
