"""Pages that a reader already has are not sent again: 304 by the ETag of their bytes.

Only what any reader would have got: no cookie came or went, and nothing describes a family.
"""

import hashlib
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import (
    get_conditional_response,
    patch_cache_control,
    patch_vary_headers,
)


def answer_unchanged(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: give public pages an ETag, and answer 304 where the reader holds the same bytes.

    It stands before the compression, which pads each answer at random, and after all that forbids
    to keep a page. The page is made each time, so that a change shows at once.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not _is_comparable(request, response):
            return response
        patch_cache_control(response, max_age=0, must_revalidate=True)
        # A 304 is not compressed, but says on what the page depends.
        patch_vary_headers(response, ["Accept-Encoding"])
        # Weak: compressed or not, the page is the same.
        digest = hashlib.blake2b(response.content, digest_size=16).hexdigest()
        response.headers["ETag"] = etag = f'W/"{digest}"'
        return get_conditional_response(request, etag=etag, response=response) or response

    return middleware


def _is_comparable(request: HttpRequest, response: HttpResponse) -> bool:
    return (
        request.method in {"GET", "HEAD"}
        and response.status_code == 200
        and not response.streaming
        and response.headers.get("Content-Type", "").startswith("text/html")
        and not (request.COOKIES or response.cookies)
        and "Authorization" not in request.headers
        and "no-store" not in response.headers.get("Cache-Control", "")
    )
