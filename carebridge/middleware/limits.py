"""What a request may bring at most, and what a page may ask of the browser."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

KILOBYTE = 1024
# Bytes a body may have: readers send words, staff send sheets and photos (20 MB the file).
FROM_READERS, FROM_STAFF = 256 * KILOBYTE, 25 * KILOBYTE * KILOBYTE
# A child's home is measured from where the browser says one is; nothing else is ever asked for.
PERMISSIONS = (
    "geolocation=(self), accelerometer=(), autoplay=(), camera=(), display-capture=(),"
    " fullscreen=(), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=()"
)


def limit_requests(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: refuse what is too large before a byte of it is read; say what pages may do.

    A body without a length is taken for empty, so there is no way around it.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        is_staff = request.path.startswith(reverse("admin:index"))
        most = FROM_STAFF if is_staff else FROM_READERS
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > most:
            page = {"megabytes": most // KILOBYTE // KILOBYTE}
            response = render(request, "413.html", page, status=413)
        else:
            response = get_response(request)
        response.headers["Permissions-Policy"] = PERMISSIONS
        response.headers["Cross-Origin-Resource-Policy"] = "same-site"
        return response

    return middleware
