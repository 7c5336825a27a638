"""Public pages as they last were, on the disk of this machine, for when no database answers.

Only what anybody would have got: no cookie came or went, nothing in the address describes a family,
and no view asked that nobody keep it. The names of the files reveal nothing, and they are few.
"""

import datetime
import hashlib
import os
import random
import re
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import patch_cache_control

from carebridge.middleware.display import Display
from carebridge.middleware.privacy import family_params
from carebridge.templating.environment import macro

# Pages that are kept; of the searches also those with a query.
PAGES = {
    *("home", "institutions", "institution", "regions", "region", "region_group", "policies"),
    *("policy", "sources", "source", "about_data", "help", "privacy", "accessibility"),
}
SEARCH = "institutions"
LONGEST_ADDRESS, LARGEST_PAGE = 500, 1_000_000
# Seconds: a page is written anew no sooner, forgotten no later, and a shared cache may hold it.
STEP, LIFE, SHARED = 60, 24 * 60 * 60, 60
# One in so many writers looks whether there are too many.
SWEEP = 50
MAIN = b'<main id="main" tabindex="-1">'
LOOK = re.compile(rb'<html lang="zh-CN" [^>]*>')


def keep_copies(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: keep what any reader would have got, and let shared caches keep it a minute."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if _is_for_all(request, response):
            # Browsers ask again each time: a clerk sees at once what they changed.
            patch_cache_control(
                response, public=True, max_age=0, s_maxage=SHARED, stale_if_error=LIFE
            )
            if settings.COPIES:
                _write_copy(_copy_path(request), response.content)
        return response

    return middleware


def _is_for_all(request: HttpRequest, response: HttpResponse) -> bool:
    match = request.resolver_match
    return (
        request.method == "GET"
        and response.status_code == 200
        and match is not None
        and match.view_name in PAGES
        and (match.view_name == SEARCH or not request.GET)
        and len(request.get_full_path()) <= LONGEST_ADDRESS
        and not (request.COOKIES or response.cookies or family_params(request))
        and "Authorization" not in request.headers
        and "Cache-Control" not in response.headers
        and len(response.content) <= LARGEST_PAGE
    )


def _copy_path(request: HttpRequest) -> Path:
    query = sorted((name, value) for name, values in request.GET.lists() for value in values)
    key = f"{request.build_absolute_uri(request.path)} {query}"
    return settings.COPIES_DIR / hashlib.sha256(key.encode()).hexdigest()


def _write_copy(path: Path, content: bytes) -> None:
    """Write the page unless that was done just now; a full disk is no reader's trouble."""
    try:
        if path.exists() and time.time() - path.stat().st_mtime < STEP:
            return
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if random.randrange(SWEEP) == 0:  # noqa: S311 (nothing secret hangs on it)
            sweep_copies()
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            new = Path(file.name)
            try:
                file.write(zlib.compress(content, 1))
                file.close()
                os.replace(new, path)
            finally:
                new.unlink(missing_ok=True)
    except OSError:
        return


def sweep_copies() -> None:
    """Delete copies a day old, and the oldest of more than `COPIES`."""
    files = sorted((file.stat().st_mtime, file) for file in settings.COPIES_DIR.iterdir())
    surplus = len(files) - settings.COPIES
    for number, (at, file) in enumerate(files):
        if number < surplus or at < time.time() - LIFE:
            file.unlink(missing_ok=True)


def find_copy(request: HttpRequest) -> HttpResponse | None:
    """Return the copy of this address, in the print its reader chose, with its time."""
    if family_params(request):
        return None
    try:
        path = _copy_path(request)
        page, seconds = zlib.decompress(path.read_bytes()), path.stat().st_mtime
    except (OSError, zlib.error):
        return None
    at = datetime.datetime.fromtimestamp(seconds, timezone.get_current_timezone())
    show_notice = macro("show_old_page", "parts/_old_page.html")
    notice = show_notice(at, is_today=at.date() == timezone.localdate())
    look = macro("show_html", "parts/_html.html")(Display.chosen(request.COOKIES))
    page = LOOK.sub(lambda found: look.strip().encode(), page, count=1)
    response = HttpResponse(page.replace(MAIN, MAIN + notice.encode(), 1))
    response.headers["Cache-Control"] = "no-store"
    return response
