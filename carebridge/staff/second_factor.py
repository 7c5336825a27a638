"""The second step of signing in: a code from the phone, and the page where a phone is set up."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth import logout
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.cache import never_cache
from django_otp import login as confirm

from carebridge.lib.qr import qr_code
from regions.staff import devices

# What can be opened with the password alone.
OPEN = ("admin:login", "admin:logout", "admin:jsi18n", "two_step", "two_step_phone")


class CodeForm(forms.Form):
    code = forms.CharField(
        label="验证码",
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}
        ),
    )


def ask_first(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: no page of the back office without the second factor, where one is due."""

    def middleware(request: Any) -> HttpResponse:
        if not request.path.startswith(reverse("admin:index")) or not _is_due(request):
            return get_response(request)
        way_back = request.get_full_path() if request.method == "GET" else request.path
        return redirect(f"{reverse('two_step')}?{urlencode({'next': way_back})}")

    return middleware


def _is_due(request: Any) -> bool:
    if request.path in map(reverse, OPEN) or not request.user.is_authenticated:
        return False
    if request.user.is_verified():
        return False
    return settings.STAFF_TOTP == "required" or devices.has_phone(request.user)


@never_cache
@staff_member_required
def two_step(request: Any) -> HttpResponse:
    """Ask for the code; who has no phone yet is led to where one is set up."""
    if not devices.has_phone(request.user):
        return redirect("two_step_phone")
    form = CodeForm(request.POST or None)
    if form.is_valid():
        if device := devices.check(request.user, form.cleaned_data["code"]):
            confirm(request, device)
            return HttpResponseRedirect(_next_page(request))
        _count_wrong(request, form)
    return _render_page(request, "two_step", "两步验证", form=form, next=_next_page(request))


@never_cache
@staff_member_required
def two_step_phone(request: Any) -> HttpResponse:
    """Set up a phone or another one, or have new codes on paper."""
    if devices.has_phone(request.user) and not request.user.is_verified():
        return redirect("two_step")
    form, step = CodeForm(request.POST or None), request.POST.get("step")
    if step == "begin":
        devices.begin_setup(request.user)
        return redirect("two_step_phone")
    if step == "codes" and request.user.is_verified():
        return _codes_page(request)
    if step == "finish" and form.is_valid():
        if device := devices.finish_setup(request.user, form.cleaned_data["code"]):
            confirm(request, device)
            return _codes_page(request)
        _count_wrong(request, form)
    return _phone_page(request, form if step == "finish" else CodeForm())


def _phone_page(request: Any, form: CodeForm) -> HttpResponse:
    begun = devices.pending_device(request.user)
    shown = {"key": devices.key_in_groups(begun), "qr": qr_code(begun.config_url)} if begun else {}
    left = devices.codes_left(request.user) if request.user.is_verified() else 0
    is_required = settings.STAFF_TOTP == "required"
    state = {"form": form, "left": left, "is_required": is_required, **shown}
    return _render_page(request, "two_step_phone", "设置两步验证", **state)


def _codes_page(request: Any) -> HttpResponse:
    """Show the codes on paper, once only."""
    codes = devices.new_codes(request.user)
    return _render_page(request, "two_step_codes", "备用码", codes=codes)


def _count_wrong(request: Any, form: CodeForm) -> None:
    """Count a wrong code as a wrong password: it is logged, and five of them lock the name here."""
    message = "验证码不对。请看手机上现在的 6 位数字；连续输错要等一会儿才能再试。"
    form.add_error("code", message)
    name = request.user.get_username()
    user_login_failed.send(sender=__name__, credentials={"username": name}, request=request)
    if getattr(request, "axes_locked_out", False):
        logout(request)


def _next_page(request: Any) -> str:
    """Return the address asked for, when it is one of ours; else the start of the back office."""
    page = request.POST.get("next") or request.GET.get("next", "")
    ours = url_has_allowed_host_and_scheme(page, {request.get_host()}, request.is_secure())
    return page if ours else reverse("admin:index")


def _render_page(request: Any, name: str, title: str, **context: Any) -> HttpResponse:
    page = admin.site.each_context(request) | {"title": title} | context
    return render(request, f"admin/{name}.html", page)
