"""Limits of time for the sessions of staff."""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from carebridge.staff import resubmit as typed

# In the session: seconds since 1970 of the first and of the last look at the back office.
SINCE, SEEN = "signed_in_at", "last_seen_at"
# The session is written at most this often, in seconds.
STEP = 60


def end_in_time(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: nobody stays signed in for longer than a day's work, nor at a desk left alone."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(reverse("admin:index")) or not request.user.is_authenticated:
            return get_response(request)
        if reason := _end_reason(request, now := int(time.time())):
            return _ask_again(request, reason)
        if request.method == "POST" and request.session.get(typed.KEY, {}).get("to") == (
            request.get_full_path()
        ):
            del request.session[typed.KEY]
        _mark_seen(request, now)
        return get_response(request)

    return middleware


def _ask_again(request: HttpRequest, reason: str) -> HttpResponse:
    """Sign out; what was just sent waits for the same person to sign in again."""
    sent = typed.keep_request(request)
    logout(request)
    if sent is None:
        messages.warning(request, f"{reason}，请重新登录。")
        return redirect_to_login(_way_back(request), reverse("admin:login"))
    request.session[typed.KEY] = sent
    messages.warning(request, f"{reason}，请重新登录。您填的内容还在，登录以后可以接着保存。")
    return redirect_to_login(reverse("typed"), reverse("admin:login"))


def _end_reason(request: HttpRequest, now: int) -> str:
    """Return the reason why the session is over, or an empty string."""
    since, seen = request.session.get(SINCE, now), request.session.get(SEEN, now)
    if now - since >= settings.SESSION_COOKIE_AGE:
        return f"登录已满 {settings.SESSION_COOKIE_AGE // 3600} 小时"
    if now - seen >= settings.STAFF_IDLE_SECONDS:
        return f"超过 {settings.STAFF_IDLE_SECONDS // 60} 分钟没有操作"
    return ""


def _mark_seen(request: HttpRequest, now: int) -> None:
    if SINCE not in request.session:
        request.session[SINCE] = now
    if now - request.session.get(SEEN, 0) >= STEP:
        request.session[SEEN] = now


def _way_back(request: HttpRequest) -> str:
    """Return a page that can be opened again; what was sent is not sent once more."""
    return request.get_full_path() if request.method == "GET" else request.path
