"""Pages of the policies. A view parses, asks, renders; shaping is left to the presenters."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate
from django.views.decorators.http import require_safe

from regions.policies.list_page import PolicyList
from regions.policies.page import PolicyPage, for_page


@require_safe
def policies(request: HttpRequest) -> HttpResponse:
    """Every policy, or those of a region or kind; a former region leads to its successor."""
    page = PolicyList(request.GET, localdate())
    if page.moved:
        return redirect(page.moved, permanent=True)
    return render(request, "policies/index.html", {"page": page})


@require_safe
def policy(request: HttpRequest, slug: str) -> HttpResponse:
    """One policy: for whom, how much, where it can be had, and by which document."""
    row = get_object_or_404(for_page(), slug=slug)
    return render(request, "policies/page.html", {"page": PolicyPage(row, localdate())})
