"""Changes that wait for a reviewer, each beside the current value, approved or sent back."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.timezone import localdate

from institutions.admin.forms import RejectForm
from institutions.admin.home_pages import as_a_family
from institutions.admin.tasks import TaskFilter
from institutions.models import PendingChange
from institutions.register.change_text import describe_changes, reason_of
from institutions.register.history import ConflictError, from_data
from institutions.register.review import approve_change, reject_change
from regions.staff.scoped_admin import ScopedAdmin
from regions.staff.stages import DecidedError


class PendingChangeAdmin(ScopedAdmin):
    """Read by clerks, decided by reviewers; made by saving a published home."""

    scope = "institution__region"
    list_display = ["institution", "count", "author", "made_at", "state", "decided_by", "reason"]
    list_filter = [TaskFilter, "state"]
    list_select_related = ["institution", "author", "decided_by"]
    search_fields = ["institution__name"]
    search_help_text = "按机构名称查找"
    show_facets = admin.ShowFacets.ALLOW
    actions = ["approve_all"]

    @admin.display(description="几处")
    def count(self, pending: PendingChange) -> int:
        return len(pending.changes)

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("institutions.publish_pendingchange"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def get_urls(self) -> list[Any]:
        page = self.admin_site.admin_view
        return [
            path("<int:pk>/approve/", page(self.approve_view), name="pending_approve"),
            path("<int:pk>/reject/", page(self.reject_view), name="pending_reject"),
            path("<int:pk>/preview/", page(self.preview), name="pending_preview"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        pending = self.get_object(request, object_id)
        if pending is None or not self.has_view_permission(request):
            return super().change_view(request, object_id, form_url, extra_context)
        return self._render_page(request, pending, RejectForm())

    def _render_page(self, request: HttpRequest, pending: Any, form: RejectForm) -> HttpResponse:
        page = {
            "title": str(pending),
            "original": pending,
            "opts": self.opts,
            "lines": describe_changes(from_data(pending.changes)),
            "form": form,
            "may_decide": self.has_publish_permission(request),
        } | self.admin_site.each_context(request)
        return render(request, "admin/institutions/pendingchange/change_form.html", page)

    def _posted_change(
        self, request: HttpRequest, pk: int, permission: str = "publish"
    ) -> PendingChange:
        """Return the change, if a button of its page was pressed by somebody who may."""
        pending: PendingChange | None = self.get_queryset(request).filter(pk=pk).first()
        if pending is None or request.method != "POST":
            raise Http404
        if not getattr(self, f"has_{permission}_permission")(request):
            raise PermissionDenied
        return pending

    def approve_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        self._posted_change(request, pk)
        self._approve(request, pk)
        return self._to_page(pk)

    def reject_view(self, request: Any, pk: int) -> HttpResponse:
        pending = self._posted_change(request, pk)
        form = RejectForm(request.POST)
        if not form.is_valid():
            return self._render_page(request, pending, form)
        try:
            reject_change(pk, form.cleaned_data["reason"], by=request.user)
        except DecidedError:
            self.message_user(request, "别人已经审过这一条。", messages.WARNING)
        else:
            self.message_user(request, "已退回，提交的人会看到原因。")
        return self._to_page(pk)

    def preview(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Return the page as a family would see it after approval: written, read and taken back."""
        pending = self._posted_change(request, pk, "view")
        with transaction.atomic():
            try:
                approve_change(pk, by=request.user, on=localdate())  # type: ignore[arg-type]
            except (ConflictError, DecidedError, ValidationError) as error:
                self.message_user(request, f"看不了预览：{reason_of(error)}", messages.ERROR)
                return self._to_page(pk)
            response = as_a_family(request, pending.institution_id)
            transaction.set_rollback(True)
        return response

    @admin.action(description="通过选中的修改", permissions=["publish"])
    def approve_all(self, request: HttpRequest, queryset: Any) -> None:
        for pk in queryset.order_by("pk").values_list("pk", flat=True):
            self._approve(request, pk)

    def _approve(self, request: Any, pk: int) -> None:
        try:
            approve_change(pk, by=request.user, on=localdate())
        except (ConflictError, DecidedError, ValidationError) as error:
            self.message_user(request, f"没有通过：{reason_of(error)}", messages.ERROR)
        else:
            self.message_user(request, "已通过，网站上已经更新。")

    def _to_page(self, pk: int) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:institutions_pendingchange_change", args=[pk]))
