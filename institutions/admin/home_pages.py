"""Pages of one home beside its form: preview, verification, history, the steps between stages."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.timezone import localdate

from institutions.admin.forms import VerifyForm, version_in
from institutions.costs.monthly_cost import priced
from institutions.models import Institution
from institutions.pages.institution.page import for_profile, profile
from institutions.register.change_text import describe_changes, reason_of
from institutions.register.history import ConflictError, from_data, revisions_since
from institutions.register.review import move_stage, restore_version, verify_figures
from regions.elder.form import ElderForm
from regions.staff.stages import MOVES, UnreadError


def as_a_family(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the page of a home, whatever its stage, for an elder of whom nothing is known."""
    home, on = for_profile().get(pk=pk), localdate()
    cost = priced(home, ElderForm(QueryDict(), on))
    page = {"profile": profile(home, on), "priced": cost, "preview": True}
    return render(request, "institution/page.html", page)


class HomePages(admin.ModelAdmin):  # type: ignore[type-arg]
    """Pages of the admin of homes besides the form. Every page asks for the row first."""

    def get_urls(self) -> list[Any]:
        page = self.admin_site.admin_view
        return [
            path("<int:pk>/preview/", page(self.preview), name="home_preview"),
            path("<int:pk>/verify/", page(self.verify_view), name="home_verify"),
            path("<int:pk>/move/<str:name>/", page(self.move_view), name="home_move"),
            path("<int:pk>/back/<int:version>/", page(self.back_view), name="home_back"),
            *super().get_urls(),
        ]

    def has_publish_permission(self, request: HttpRequest) -> bool:
        """Return whether the person may publish without a reviewer."""
        return bool(request.user.has_perm("institutions.publish_institution"))

    def get_home(self, request: HttpRequest, pk: int, permission: str = "change") -> Institution:
        """Return the home, if it is the person's to see and they may do this."""
        home = self.get_queryset(request).filter(pk=pk).first()
        if home is None:
            raise Http404
        if not getattr(self, f"has_{permission}_permission")(request):
            raise PermissionDenied
        return home

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        home = self.get_object(request, object_id)
        steps = [
            (name, step.label)
            for name, step in MOVES.items()
            if home
            and step.origin == home.stage
            and getattr(self, f"has_{step.permission}_permission")(request)
        ]
        waiting = home.pending_changes.waiting().select_related("author") if home else []
        extra = {"moves": steps, "waiting": waiting} | (extra_context or {})
        return super().change_view(request, object_id, form_url, extra)

    def preview(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Return the page as a family would see it, published or not."""
        home = self.get_home(request, pk, "view")
        return as_a_family(request, home.pk)

    def verify_view(self, request: Any, pk: int) -> HttpResponse:
        """Record that somebody checked the figures."""
        home = self.get_home(request, pk)
        form = VerifyForm(home, request.POST or None)
        if form.is_valid():
            values = form.cleaned_data
            verify_figures(pk, values["figures"], values["how"], by=request.user, on=values["on"])
            self.message_user(request, f"已记下：{values['on']} 核实。")
            return self._to_form(pk)
        return self._render_page(request, "verify", home, "记下核实", form=form)

    def move_view(self, request: Any, pk: int, name: str) -> HttpResponse:
        if name not in MOVES or request.method != "POST":
            raise Http404
        self.get_home(request, pk, MOVES[name].permission)
        label, seen = MOVES[name].label, version_in(request.POST.get("version", ""))
        try:
            done = move_stage(pk, name, by=request.user, on=localdate(), seen=seen)
        except UnreadError:
            why = f"没有{label}：您打开这一页以后，别人又改过内容。现在显示的是改后的，请看过再点。"
            self.message_user(request, why, messages.WARNING)
        else:
            self._report_move(request, label, done)
        return self._to_form(pk)

    def _report_move(self, request: HttpRequest, label: str, done: bool) -> None:
        if done:
            self.message_user(request, f"{label}：已完成。")
        else:
            self.message_user(request, "别人已经改了发布阶段，请再看一下。", messages.WARNING)

    # History

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        home = self.get_object(request, object_id)
        steps = [
            (step, describe_changes(from_data(step.changes)))
            for step in (revisions_since(home, 0) if home else [])
        ]
        extra = {"steps": steps} | (extra_context or {})
        return super().history_view(request, object_id, extra)

    def back_view(self, request: Any, pk: int, version: int) -> HttpResponse:
        """Make of the home what it was; on the site after a review, like every other change."""
        if request.method != "POST":
            raise Http404
        self.get_home(request, pk)
        reviewed = not self.has_publish_permission(request)
        try:
            waits = restore_version(pk, version, by=request.user, on=localdate(), reviewed=reviewed)
        except (ConflictError, ValidationError) as error:
            self.message_user(request, f"不能恢复：{reason_of(error)}", messages.ERROR)
        else:
            done = "已送审" if waits else "已恢复"
            self.message_user(request, f"{done}：恢复到第 {version} 版的内容，发布阶段不变。")
        return self._to_form(pk)

    def _to_form(self, pk: int) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:institutions_institution_change", args=[pk]))

    def _render_page(
        self, request: HttpRequest, name: str, home: Institution, title: str, **context: Any
    ) -> HttpResponse:
        page = {"title": title, "original": home, "opts": self.opts, **context}
        page |= self.admin_site.each_context(request)
        return render(request, f"admin/institutions/institution/{name}.html", page)
