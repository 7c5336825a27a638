"""Request size limits and the Permissions-Policy header."""

from collections.abc import Callable

from django.core.exceptions import TooManyFieldsSent
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.shortcuts import render
from django.urls import reverse

KILOBYTE = 1024
# Bytes a body may have: readers send words, staff send sheets and photos (20 MB the file).
FROM_READERS, FROM_STAFF = 256 * KILOBYTE, 25 * KILOBYTE * KILOBYTE
# Fields that a form or an address of readers may have. The forms of staff have a few for every row
# of a home, so what Django refuses by itself (DATA_UPLOAD_MAX_NUMBER_FIELDS) lies higher.
FIELDS_FROM_READERS = 1_000
# As the API names any parameter it cannot read (`carebridge.api.problems`).
PROBLEM = {
    "type": "about:blank",
    "title": "参数有误",
    "status": 400,
    "detail": f"一个地址最多 {FIELDS_FROM_READERS} 个参数。请照 /api/ 的说明改。",
}
# Distances may start at the position of the browser; no other permission is ever needed.
PERMISSIONS = (
    "geolocation=(self), accelerometer=(), autoplay=(), camera=(), display-capture=(),"
    " fullscreen=(), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=()"
)


def limit_requests(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: refuse what is too large before a byte of it is read; set the permissions of
    pages.

    A body without a length is taken for empty, so there is no way around it.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        is_staff = request.path.startswith(reverse("admin:index"))
        most = FROM_STAFF if is_staff else FROM_READERS
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > most:
            page = {"megabytes": most // KILOBYTE // KILOBYTE}
            response = render(request, "413.html", page, status=413)
        elif request.META.get("QUERY_STRING", "").count("&") >= FIELDS_FROM_READERS:
            response = _refuse_address(request)
        else:
            response = get_response(request)
        response.headers["Permissions-Policy"] = PERMISSIONS
        response.headers["Cross-Origin-Resource-Policy"] = "same-site"
        return response

    return middleware


def _refuse_address(request: HttpRequest) -> HttpResponse:
    """Return the page for people, and problem details for programs."""
    if request.path.startswith("/api/"):
        return JsonResponse(PROBLEM, status=400, content_type="application/problem+json")
    return render(request, "400.html", status=400)


def limit_fields(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: only who is signed in to the back office sends forms of thousands of fields."""

    def middleware(request: HttpRequest) -> HttpResponse:
        is_readers = request.method == "POST" and not _is_signed_in(request)
        if is_readers and _count_fields(request) > FIELDS_FROM_READERS:
            raise TooManyFieldsSent("more fields than a reader's form has")
        return get_response(request)

    return middleware


def _is_signed_in(request: HttpRequest) -> bool:
    in_office = request.path.startswith(reverse("admin:index"))
    return in_office and request.user.is_authenticated and bool(request.user.is_staff)


def _count_fields(request: HttpRequest) -> int:
    try:
        return sum(len(values) for _, values in request.POST.lists())
    except UnreadablePostError:  # who sent it has gone
        return 0
