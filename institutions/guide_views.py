"""帮我找: the guide's one page, which asks and at the end counts and leads on."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from institutions.pages.guide import Guide


# Nobody is signed in and nothing but a count is written: no token, so no cookie either.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def guide(request: HttpRequest) -> HttpResponse:
    """One question, or the summary; a finished guide is posted, counted and becomes a search."""
    on = localdate()
    asked = Guide(request.POST if request.method == "POST" else request.GET, on)
    if request.method == "POST" and asked.step is None:
        asked.count(on)
        return redirect(asked.results_url)
    return render(request, "public/guide/page.html", {"guide": asked})
