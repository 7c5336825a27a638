"""Open data: the page about it, files of any search, its feed, and monthly snapshots."""

import datetime
from collections.abc import Collection

from django.conf import settings
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    QueryDict,
    StreamingHttpResponse,
)
from django.shortcuts import render
from django.utils.timezone import localdate
from django.views.decorators.http import condition, require_safe

from carebridge.lib.sheet_files import BYTE_ORDER_MARK, csv_text
from institutions.api.conditional import unless_unchanged
from institutions.models import Listing
from institutions.open_data import snapshots
from institutions.open_data.download_limits import few_at_once
from institutions.open_data.feed import PRIVATE, ChangesFeed, describes_family
from institutions.open_data.files import FORMATS, dictionary, media_type
from institutions.open_data.page import open_page
from institutions.pages.results.page import Results, SearchProblem
from institutions.search.filters import InstitutionFilter, form_class
from institutions.search.finder import make_finder
from regions.elder.form import ElderForm
from regions.places.anchors import AnchorForm

# Whatever a search is asked by, and what its page alone needs: an address is easily copied over.
FORMS = (form_class(), ElderForm, AnchorForm)
KNOWN = {*(name for form in FORMS for name in form.base_fields), "page", "view", "why"}
# Search engines are to find pages.
OPEN = {"X-Robots-Tag": "noindex"}


@require_safe
def open_data(request: HttpRequest) -> HttpResponse:
    """Show the files, their content and their licence."""
    site = request.build_absolute_uri("/")[:-1]
    return render(request, "open_data/page.html", {"page": open_page(localdate(), site)})


@require_safe
@unless_unchanged
@few_at_once
def data_file(request: HttpRequest, name: str) -> HttpResponseBase:
    """Stream all homes of a search, or of the whole register, in the order of the search."""
    on, made = localdate(), FORMATS[name]
    if unknown := _unknown(request.GET):
        return _refused(unknown)
    search = InstitutionFilter(request.GET, Listing.objects.all(), on)
    if problems := _problems(search):
        return _refused([f"{problem.label}：{problem.why}" for problem in problems])
    headers = OPEN | {"Content-Disposition": f'attachment; filename="institutions-{on}.{name}"'}
    ids = make_finder(search).ordered_ids() if request.method == "GET" else []
    lines = made.file_lines(ids, request.build_absolute_uri("/")[:-1])
    return StreamingHttpResponse(lines, content_type=made.media_type, headers=headers)


@require_safe
def data_dictionary(request: HttpRequest) -> HttpResponse:
    """Show the meaning and the codes of each column of each file."""
    if unknown := _unknown(request.GET, ()):
        return _refused(unknown)
    text = BYTE_ORDER_MARK + csv_text(dictionary())
    return HttpResponse(text, content_type="text/csv; charset=utf-8", headers=OPEN)


@require_safe
def changes_feed(request: HttpRequest) -> HttpResponse:
    """Answer changes in the homes of a search, as Atom."""
    if describes_family(request.GET):
        return _refused([PRIVATE])
    if unknown := _unknown(request.GET):
        return _refused(unknown)
    search = InstitutionFilter(request.GET, Listing.objects.all(), localdate())
    if problems := _problems(search):
        return _refused([f"{problem.label}：{problem.why}" for problem in problems])
    response: HttpResponse = ChangesFeed(search, request.build_absolute_uri("/")[:-1])(request)
    for name, value in OPEN.items():
        response.headers[name] = value
    return response


def _kept_on(request: HttpRequest, day: str, name: str) -> datetime.datetime | None:
    """Return the time at which a file of a snapshot was written."""
    path = snapshots.path_of(settings.SNAPSHOT_DIR, day, name)
    return datetime.datetime.fromtimestamp(path.stat().st_mtime, datetime.UTC) if path else None


@require_safe
@condition(last_modified_func=_kept_on)
@few_at_once
def snapshot(request: HttpRequest, day: str, name: str) -> HttpResponseBase:
    """One file of a snapshot."""
    path = snapshots.path_of(settings.SNAPSHOT_DIR, day, name)
    if path is None:
        raise Http404
    return FileResponse(
        path.open("rb"),
        as_attachment=True,
        filename=f"{day}-{name}",
        content_type=media_type(name),
        headers=OPEN,
    )


def _unknown(query: QueryDict, known: Collection[str] = KNOWN) -> list[str]:
    """Name the parameters that nothing asks by: a misspelt filter must not find everything."""
    offered = f"可以用的有：{'、'.join(sorted(known))}。" if known else "这里没有参数。"
    return [f"没有“{name[:40]}”这个参数。{offered}" for name in query if name not in known]


def _problems(search: InstitutionFilter) -> list[SearchProblem]:
    """Return the errors of the search; a file has no pages to be too far on."""
    if not search.form.errors and not search.asked.problems:
        return []
    return Results(search).problems


def _refused(reasons: list[str]) -> HttpResponse:
    """Half an answer would be taken for the whole: none is given, and why."""
    text = "网址里有几处不对，没有给出文件。改好再来：\n" + "".join(f"· {why}\n" for why in reasons)
    headers = {"X-Robots-Tag": "noindex"}
    return HttpResponse(text, status=400, headers=headers, content_type="text/plain; charset=utf-8")
