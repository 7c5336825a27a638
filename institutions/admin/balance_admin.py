"""The page 供需对接 of the back office."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localdate

from institutions.admin.balance import PERIODS, STEP, Balance
from institutions.register.ages import VACANCY_DAYS

PER_PAGE = 100


def balance(request: HttpRequest) -> HttpResponse:
    """Show what is asked for beside what is free, in the places of the person's post."""
    if not request.user.has_perm("institutions.view_institution"):
        raise PermissionDenied
    asked = request.GET.get("days", "")
    days = next((days for days in PERIODS if str(days) == asked), PERIODS[1])
    shown = Balance(request.user, localdate(), days)  # type: ignore[arg-type]
    page = {
        "title": "供需对接",
        "balance": shown,
        "places": Paginator(shown.counties, PER_PAGE).get_page(request.GET.get("page")),
        "periods": PERIODS,
        "step": STEP,
        "fresh_days": VACANCY_DAYS,
    }
    return render(
        request, "admin/institutions/balance.html", admin.site.each_context(request) | page
    )
