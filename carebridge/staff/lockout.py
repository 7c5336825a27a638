"""The page for a name that is locked at an address after wrong passwords."""

from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import admin
from django.db.models import Max
from django.http import HttpResponse
from django.shortcuts import render

from carebridge.lib.visitors import sign_in_name


def locked_out(request: Any, response: HttpResponse, credentials: Any) -> HttpResponse:
    """Until when, and whom to ask; in place of the page that was asked for."""
    context = {
        "title": "暂时不能登录",
        "times": settings.AXES_FAILURE_LIMIT,
        "minutes": int(settings.AXES_COOLOFF_TIME.total_seconds() // 60),
        "until": _last_failure(request, credentials) + settings.AXES_COOLOFF_TIME,
        "organisation": settings.ORGANISATION,
        "help_phone": settings.HELP_PHONE,
    }
    context |= admin.site.each_context(request)
    return render(request, "admin/locked_out.html", context, status=429)


def _last_failure(request: Any, credentials: Any) -> Any:
    rows = AccessAttempt.objects.filter(
        username=sign_in_name(request, credentials), ip_address=request.axes_ip_address
    )
    return rows.aggregate(last=Max("attempt_time"))["last"]
