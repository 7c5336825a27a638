"""Doors at which a password or a code is asked for: how often, and how many at once."""

import time
from collections.abc import Callable, Iterator
from typing import Any

from django.contrib.auth.signals import user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.template.loader import render_to_string
from django.urls import reverse

from carebridge.lib.limits import Gate, take, wait

# A hash takes a third of a second of computing; the code of the second factor costs none.
HASHING = ("admin:login", "admin:password_change")
GUARDED = (*HASHING, "two_step", "two_step_phone")
# Of the four desks of a worker (carebridge.lib.desks) one is for readers, whoever signs in. Of one
# network one is computed and one waits for it.
gate = Gate(most=3, of_one=2)
# Who is refused waits for that, or would ask again hundreds of times a second. The threads of a
# worker that wait so, of its twenty-four, and for how many seconds.
pit = Gate(most=12, of_one=8)
PAUSE = 1.0
# Seconds after which a place is likely to be free.
SOON = 2


def limit_doors(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: refuse before anything is computed or asked of the database."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.method != "POST" or request.path not in map(reverse, GUARDED):
            return get_response(request)
        is_hashing = request.path in map(reverse, HASHING)
        if seconds := wait("wrong", request):
            return _refuse(request, seconds, is_busy=False)
        if not is_hashing:
            return get_response(request)
        with gate.enter(request) as is_in:
            if not is_in:
                return _refuse(request, SOON, is_busy=True)
            if seconds := take("passwords", request):
                return _refuse(request, seconds, is_busy=False)
            return _ask(request, get_response)

    return middleware


def _ask(
    request: HttpRequest, get_response: Callable[[HttpRequest], HttpResponseBase]
) -> HttpResponseBase:
    response = get_response(request)
    # Who has changed it is sent on; who gave the old one wrong sees the form again.
    if request.path == reverse("admin:password_change") and response.status_code == 200:
        take("wrong", request)
    return response


@receiver(user_login_failed)
def count_wrong(request: HttpRequest | None = None, **_: Any) -> None:
    """Count a wrong password, and a wrong code (`carebridge.staff.second_factor`)."""
    if request is not None:
        take("wrong", request)


def _refuse(request: HttpRequest, seconds: int, *, is_busy: bool) -> HttpResponseBase:
    """Refuse with a time to come again; a typed name stays, a password does not.

    A page of its own without frame and menu: it may be asked for often.
    """
    page = {
        "is_busy": is_busy,
        "seconds": seconds,
        "minutes": -(-seconds // 60),
        "is_sign_in": request.path == reverse("admin:login"),
        "username": request.POST.get("username", "")[:254],
        "token": request.POST.get("csrfmiddlewaretoken", "")[:64],
        "next": request.POST.get("next", "")[:2000],
    }
    text = render_to_string("429.html", page, request)
    response = StreamingHttpResponse(_slowly(request, text), status=429)
    response.headers["Retry-After"] = str(seconds)
    response.headers["Cache-Control"] = "no-store"
    return response


def _slowly(request: HttpRequest, text: str) -> Iterator[str]:
    with pit.enter(request) as is_in:
        if is_in:
            time.sleep(PAUSE)
        yield text
