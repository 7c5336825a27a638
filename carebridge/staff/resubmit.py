"""Forms of the back office that were sent after the session ended: kept and given back.

It waits in the session on the server, for the same person in the same browser and not for long.
Files are not kept, nor are passwords.
"""

import time
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache

KEY = "typed"
# Nothing was typed there that is worth another look, or it is a secret.
NOT_KEPT = ("admin:logout", "admin:password_change", "two_step", "two_step_phone", "typed")


def keep_request(request: HttpRequest) -> dict[str, Any] | None:
    """Return the owner, target and data of this request to keep; None: nothing to keep.

    A page of somebody else's cannot send anything to be kept.
    """
    if request.method != "POST" or request.path in map(reverse, NOT_KEPT):
        return None
    if CsrfViewMiddleware(_unasked).process_view(request, _unasked, (), {}) is not None:
        return None
    data = request.POST.copy()
    for name in [*data]:
        if name == "csrfmiddlewaretoken" or "password" in name:
            del data[name]
    return {
        "user": request.user.pk,
        "at": int(time.time()),
        "to": request.get_full_path(),
        "data": data.urlencode(),
        "files": bool(request.FILES),
    }


def _unasked(request: HttpRequest) -> HttpResponse:
    raise AssertionError("only whether it may pass is asked")


def kept_request(request: HttpRequest) -> dict[str, Any] | None:
    """Return the request kept for this person, unless too old; delete another person's."""
    found: dict[str, Any] | None = request.session.get(KEY)
    if found is None:
        return None
    late = time.time() - found["at"] >= settings.STAFF_IDLE_SECONDS
    if late or found["user"] != request.user.pk:
        del request.session[KEY]
        return None
    return found


@never_cache
@staff_member_required
def resubmit_page(request: HttpRequest) -> HttpResponse:
    """Show the kept form, to send it once more or discard it."""
    found = kept_request(request)
    if found is None:
        return HttpResponseRedirect(reverse("admin:index"))
    if request.method == "POST":
        del request.session[KEY]
        return HttpResponseRedirect(found["to"])
    fields = [
        (name, value) for name, values in QueryDict(found["data"]).lists() for value in values
    ]
    page = {"title": "接着保存", "to": found["to"], "fields": fields, "files": found["files"]}
    return render(request, "admin/typed.html", admin.site.each_context(request) | page)
