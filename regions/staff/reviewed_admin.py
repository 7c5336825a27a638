"""The admin of rows that families see once somebody of enough reach has passed them."""

import re
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse

from regions.models import Fact, PendingEdit, Stage
from regions.staff.merging import MergingAdmin
from regions.staff.review import (
    approve,
    codes_of,
    describe_edit,
    may_decide,
    may_publish,
    move_stage,
    propose,
    reject_edit,
)
from regions.staff.scope import in_scope, reaches
from regions.staff.scoped_admin import ScopedAdmin
from regions.staff.seen_rows import SeenRows
from regions.staff.stages import MOVES, DecidedError, UnreadError

HELD = "已送审：审核人通过以后，家属才会看到。现在公布的还是原来的。"


class ReviewedAdmin(ScopedAdmin, MergingAdmin):
    """Drafts, the steps between stages, and edits of published rows that wait.

    Everybody who keeps rows of a region may enter and change them; only who reaches all regions of
    a row may pass it, take it back, delete it, or change what is published without a review.
    """

    comparing = ("publish",)

    # The field with the regions of a row.
    region_field: str
    change_form_template = "admin/regions/reviewed_change_form.html"
    actions = ["submit", "publish", "send_back", "withdraw"]

    def changed(self) -> None:
        """Record that published rows changed; for rows that something is derived from."""

    # Whose rows

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        rows = admin.ModelAdmin.get_queryset(self, request)
        own = in_scope(self.model._default_manager.all(), request.user, self.scope)
        return rows.filter(Q(pk__in=own.values("pk")) | self.seen_by(request))

    def choices(self, request: HttpRequest) -> "QuerySet[Any]":
        return self.get_queryset(request)

    def seen_by(self, request: HttpRequest) -> Q:
        """Return what else the person sees: what they entered themselves."""
        return Q(author=request.user.pk)

    def has_publish_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        named = f"regions.publish_{self.opts.model_name}"
        return may_publish(request.user, obj) if obj else request.user.has_perm(named)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (
            obj is None or self._is_within_reach(request, obj)
        )

    def _is_within_reach(self, request: HttpRequest, row: Any) -> bool:
        """Return whether the row is of the person's region, or a draft of their own."""
        if row.author_id == request.user.pk and not row.is_published:
            return True
        if request.method != "GET":
            return self._is_in_scope(request, row)
        # A page that is only shown asks for every part of it, and nothing changes meanwhile.
        kept: dict[Any, bool] = request.__dict__.setdefault("kept_rows", {})
        if (self.model, row.pk) not in kept:
            kept[self.model, row.pk] = self._is_in_scope(request, row)
        return kept[self.model, row.pk]

    def _is_in_scope(self, request: HttpRequest, row: Any) -> bool:
        rows = self.model._default_manager.filter(pk=row.pk)
        return bool(in_scope(rows, request.user, self.scope).exists())

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and (
            obj is None or reaches(request.user, codes_of(obj))
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*super().get_readonly_fields(request, obj), "stage", "author"]

    # Saving

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.stage, obj.author = Stage.DRAFT, request.user
        elif obj.is_published and not self._goes_live(request, obj, form):
            request.held = True
            return
        else:
            obj.version += 1
        super().save_model(request, obj, form, change)

    def _goes_live(self, request: HttpRequest, obj: Any, form: Any) -> bool:
        """Return whether the person reaches all regions the row has and is to have."""
        stored = self.model._default_manager.get(pk=obj.pk)
        becomes = form.cleaned_data.get(self.region_field)
        named = [becomes] if becomes and not isinstance(becomes, QuerySet) else becomes or []
        codes = [region.pk for region in named]
        return may_publish(request.user, stored) and reaches(request.user, codes)

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        if getattr(request, "held", False):
            fields = {name: form.cleaned_data[name] for name in form.changed_data}
            request.held = propose(form.instance, fields, by=request.user) or "same"
            return
        super().save_related(request, form, formsets, change)
        self.changed()

    def response_change(self, request: Any, obj: Any) -> HttpResponse:
        held = getattr(request, "held", None)
        if held is None:
            return super().response_change(request, obj)
        message = "没有什么要改的。" if held == "same" else HELD
        self.message_user(request, message, messages.SUCCESS)
        return self.response_post_save_change(request, obj)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)
        self.changed()

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> None:
        super().delete_queryset(request, queryset)
        self.changed()

    # From stage to stage

    def get_urls(self) -> list[Any]:
        page = self.admin_site.admin_view
        name = f"{self.opts.model_name}_move"
        return [
            path("<int:pk>/move/<str:name>/", page(self.move_view), name=name),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        row = super().get_object(request, object_id)
        steps = [
            (reverse(f"admin:{self.opts.model_name}_move", args=[row.pk, name]), step.label)
            for name, step in MOVES.items()
            if row and step.origin == row.stage and self._may_move(request, row, name)
        ]
        waiting = row.pending_edits.waiting().select_related("author") if row else []
        extra = {"moves": steps, "waiting": waiting} | (extra_context or {})
        return super().change_view(request, object_id, form_url, extra)

    def _may_move(self, request: HttpRequest, row: Any, name: str) -> bool:
        return bool(getattr(self, f"has_{MOVES[name].permission}_permission")(request, row))

    def move_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        row = self.get_queryset(request).filter(pk=pk).first()
        if name not in MOVES or request.method != "POST" or row is None:
            raise Http404
        if not self._may_move(request, row, name):
            raise PermissionDenied
        why = self._take_step(request, row, name, request.POST.get("version", ""))
        if why:
            self.message_user(request, f"没有{MOVES[name].label}：{why}", messages.WARNING)
        else:
            self.message_user(request, f"{MOVES[name].label}：已完成。")
        address = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return HttpResponseRedirect(reverse(address, args=[pk]))

    def _take_step(self, request: HttpRequest, row: Any, name: str, version: str) -> str:
        """Take the step; return the reason if refused, else "". Only a version that was seen can
        pass.
        """
        seen = int(version) if re.fullmatch("[0-9]{1,9}", version) else 0
        if not self._may_move(request, row, name):
            return f"“{row}”不全在您管的地区里，要由管得到的人来办。"
        try:
            done = move_stage(row, name, seen=seen if name == "publish" else None)
        except UnreadError:
            return "您打开这一页以后，别人又改过内容。请看过再点。"
        except ValidationError as error:
            return "；".join(error.messages)
        if done:
            self.log_change(request, row, MOVES[name].label)
            self.changed()
        return "" if done else "不在这一步。"

    def _move_all(self, request: HttpRequest, queryset: "QuerySet[Any]", name: str) -> None:
        label, done = MOVES[name].label, 0
        for row in queryset.order_by("pk"):
            why = self._take_step(request, row, name, request.POST.get(f"seen-{row.pk}", ""))
            done += not why
            if why:
                self.message_user(request, f"“{row}”没有{label}：{why}", messages.WARNING)
        self.message_user(request, f"{label}：{done:,} 条。")

    @admin.action(description="送审", permissions=["change"])
    def submit(self, request: HttpRequest, queryset: "QuerySet[Any]") -> None:
        self._move_all(request, queryset, "submit")

    @admin.action(description="发布", permissions=["publish"])
    def publish(self, request: HttpRequest, queryset: "QuerySet[Any]") -> None:
        self._move_all(request, queryset, "publish")

    @admin.action(description="退回草稿", permissions=["publish"])
    def send_back(self, request: HttpRequest, queryset: "QuerySet[Any]") -> None:
        self._move_all(request, queryset, "send_back")

    @admin.action(description="撤下（网站上不再显示）", permissions=["publish"])
    def withdraw(self, request: HttpRequest, queryset: "QuerySet[Any]") -> None:
        self._move_all(request, queryset, "withdraw")


class RejectEditForm(forms.Form):
    """Why an edit does not go live."""

    reason = forms.CharField(
        label="退回的原因",
        max_length=200,
        error_messages={"required": "写明退回的原因，提交的人要看。"},
    )


class PendingEditAdmin(SeenRows):
    """Read by those whose rows they are, decided by those who reach them."""

    list_display = ["row", "count", "author", "made_at", "state", "decided_by", "reason"]
    list_display_links = ["row"]
    list_filter = ["state"]
    list_select_related = ["document", "fact", "author", "decided_by"]
    actions = ["approve_all"]

    @admin.display(description="哪一份")
    def row(self, pending: PendingEdit) -> str:
        return str(pending.row)

    @admin.display(description="几处")
    def count(self, pending: PendingEdit) -> int:
        return len(pending.changes)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        rows = super().get_queryset(request)
        documents = in_scope(rows.filter(fact=None), request.user, "document__region")
        facts = in_scope(Fact.objects.all(), request.user, "regions")
        own = Q(author=request.user.pk)
        return rows.filter(Q(pk__in=documents.values("pk")) | Q(fact__in=facts.values("pk")) | own)

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("regions.publish_pendingedit")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def get_urls(self) -> list[Any]:
        page = self.admin_site.admin_view
        return [
            path("<int:pk>/approve/", page(self.approve_view), name="edit_approve"),
            path("<int:pk>/reject/", page(self.reject_view), name="edit_reject"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        pending = self.get_object(request, object_id)
        if pending is None or not self.has_view_permission(request):
            return super().change_view(request, object_id, form_url, extra_context)
        return self._render_page(request, pending, RejectEditForm())

    def _render_page(
        self, request: HttpRequest, pending: Any, form: RejectEditForm
    ) -> HttpResponse:
        row = pending.row
        address = f"admin:regions_{row._meta.model_name}_change"
        page = {
            "title": str(pending),
            "original": pending,
            "opts": self.opts,
            "lines": describe_edit(pending),
            "row_url": reverse(address, args=[row.pk]),
            "form": form,
            "may_decide": self._may_decide(request, pending),
        } | self.admin_site.each_context(request)
        return render(request, "admin/regions/pendingedit/change_form.html", page)

    def _may_decide(self, request: HttpRequest, pending: PendingEdit) -> bool:
        return self.has_publish_permission(request) and may_decide(request.user, pending)

    def _posted_edit(self, request: HttpRequest, pk: int) -> PendingEdit:
        pending: PendingEdit | None = self.get_queryset(request).filter(pk=pk).first()
        if pending is None or request.method != "POST":
            raise Http404
        if not self._may_decide(request, pending):
            raise PermissionDenied
        return pending

    def approve_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        self._approve(request, self._posted_edit(request, pk))
        return self._to_page(pk)

    def reject_view(self, request: Any, pk: int) -> HttpResponse:
        pending = self._posted_edit(request, pk)
        form = RejectEditForm(request.POST)
        if not form.is_valid():
            return self._render_page(request, pending, form)
        try:
            reject_edit(pk, form.cleaned_data["reason"], by=request.user)
        except DecidedError:
            self.message_user(request, "别人已经审过这一条。", messages.WARNING)
        else:
            self.message_user(request, "已退回，提交的人会看到原因。")
        return self._to_page(pk)

    @admin.action(description="通过选中的修改", permissions=["publish"])
    def approve_all(self, request: HttpRequest, queryset: "QuerySet[Any]") -> None:
        for pending in queryset.order_by("pk"):
            if self._may_decide(request, pending):
                self._approve(request, pending)
            else:
                message = f"没有通过：“{pending.row}”不全在您管的地区里。"
                self.message_user(request, message, messages.WARNING)

    def _approve(self, request: Any, pending: PendingEdit) -> None:
        try:
            approve(pending.pk, by=request.user)
        except DecidedError:
            self.message_user(request, "没有通过：别人已经审过这一条。", messages.ERROR)
        except ValidationError as error:
            message = f"没有通过：{'；'.join(error.messages)}"
            self.message_user(request, message, messages.ERROR)
        else:
            self.changed()
            self.message_user(request, "已通过，网站上已经更新。")

    def changed(self) -> None:
        """Record that published rows changed."""

    def _to_page(self, pk: int) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:regions_pendingedit_change", args=[pk]))
