"""The register as staff edit it. Every save brings history and the derived listing along."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db import models, transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.timezone import localdate

from institutions.admin.bed_figures import BedFiguresAdmin
from institutions.admin.corrections import CorrectionAdmin
from institutions.admin.forms import HomeForm, version_in
from institutions.admin.home_pages import HomePages
from institutions.admin.inlines import INLINES
from institutions.admin.once import sent_once, token_of
from institutions.admin.pending_changes import PendingChangeAdmin
from institutions.admin.sheets import SheetActions, SheetImportAdmin
from institutions.admin.tasks import TaskFilter
from institutions.models import (
    BedFigures,
    ContractTerms,
    Institution,
    PendingChange,
    Revision,
    SheetImport,
)
from institutions.models.institution import TAKES, InstitutionQuerySet
from institutions.register.history import cite_own_word, keep_revision
from institutions.register.list_price import prepayment_warnings
from institutions.register.listings import delete_homes, lock_homes, refresh
from institutions.register.record import Record, apply_record, difference, to_record
from institutions.register.review import move_stage, propose
from regions.staff.merging import MergingAdmin
from regions.staff.scoped_admin import ScopedAdmin
from regions.staff.stages import MOVES, UnreadError

# Django looks for admin pages in this module.
__all__ = ["CorrectionAdmin", "InstitutionAdmin"]

admin.site.register(PendingChange, PendingChangeAdmin)
admin.site.register(SheetImport, SheetImportAdmin)
admin.site.register(BedFigures, BedFiguresAdmin)


@admin.register(Institution)
class InstitutionAdmin(SheetActions, HomePages, ScopedAdmin, MergingAdmin):
    comparing = ("publish",)
    scope = "region"
    form = HomeForm
    list_display = ["name", "region", "kind", "ownership", "operating", "stage", "is_demo"]
    list_filter = [TaskFilter, "stage", "is_demo", "kind", "ownership", "operating"]
    list_select_related = ["region__parent__parent"]
    list_per_page = 50
    search_fields = ["name", "aliases", "credit_code", "operator", "address"]
    search_help_text = "按名称、别名、统一社会信用代码、运营方或地址查找"
    show_facets = admin.ShowFacets.ALLOW
    autocomplete_fields = ["region"]
    readonly_fields = ["stage", "version", "created_at", "updated_at"]
    actions = [
        "submit", "publish", "send_back", "withdraw", "export_csv", "export_xlsx", "remove_demo",
    ]  # fmt: skip
    formfield_overrides = {
        models.URLField: {"assume_scheme": "https"},
        models.TextField: {"widget": AdminTextareaWidget(attrs={"rows": 3})},
    }
    view_on_site = False
    save_on_top = True
    fieldsets = [
        (
            "机构是什么",
            {
                "fields": [
                    "name",
                    "aliases",
                    "operator",
                    "credit_code",
                    "kind",
                    "ownership",
                    "website",
                    "introduction",
                    "is_demo",
                ]
            },
        ),
        ("在哪里", {"fields": ["region", "address", ("longitude", "latitude")]}),
        (
            "备案与营业",
            {
                "fields": [
                    ("filing_number", "filing_authority"),
                    ("filed_on", "filed_precision"),
                    ("opened_on", "opened_precision"),
                    ("operating", "operating_reason"),
                    ("operating_since", "operating_since_precision"),
                    "on_beijing_platform",
                ]
            },
        ),
        (
            "收什么人",
            {"fields": list(TAKES), "description": "没有公布的选“未知”，网站上显示“未公布”。"},
        ),
        ("本站的登记", {"fields": ["opened", ("stage", "version", "created_at", "updated_at")]}),
    ]
    inlines = INLINES

    # Saving

    def add_view(self, request: Any, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Return a new home; a second click on the button makes no second one."""
        extra = (extra_context or {}) | {"once": token_of(request)}
        message = "这家机构刚才已经保存，没有再保存一次。"
        return sent_once(
            request,
            lambda: super(InstitutionAdmin, self).add_view(request, form_url, extra),
            message,
        )

    def response_add(self, request: Any, obj: Any, *args: Any, **options: Any) -> HttpResponse:
        request.made = reverse("admin:institutions_institution_change", args=[obj.pk])
        return super().response_add(request, obj, *args, **options)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """A new home is saved here; a change of one is saved with its parts, or waits whole."""
        if not change:
            super().save_model(request, obj, form, change)

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Sequence[Any], change: bool
    ) -> None:
        """The last step of a save: what changes goes live, or waits for a reviewer.

        The admin wraps the whole save in one transaction. A deletion takes its listing along.
        """
        home = form.instance
        if change:
            self._save_change(request, form, formsets)
        else:
            super().save_related(request, form, formsets, change)
            Revision.objects.create(
                institution=home, version=1, how=Revision.How.CREATED, author_id=request.user.pk
            )
        refresh([home.pk], on=localdate())
        if form.meanwhile:
            changes_made = "；".join(form.meanwhile)
            message = f"您打开这一页以后，这家机构又改过，都保留了：{changes_made}。"
            self.message_user(request, message, messages.INFO)
        terms = ContractTerms.objects.filter(pk=home.pk).first()
        for warning in prepayment_warnings(home.fees.all(), terms, localdate()):
            self.message_user(request, f"已保存，但请核对：{warning}", messages.WARNING)

    def _save_change(self, request: Any, form: Any, formsets: Sequence[Any]) -> None:
        """Save, look what that changed, and take it back if it has to be reviewed first."""
        home, before = form.instance, _load_record(form.instance.pk)
        reviewed = (
            not self.has_publish_permission(request) and home.stage == MOVES["publish"].target
        )
        with transaction.atomic():
            home.save()
            super().save_related(request, form, formsets, True)
            after = _load_record(home.pk)
            whole = cite_own_word(before, after, localdate())
            changes = difference(before, whole)
            transaction.set_rollback(reviewed)
        if reviewed:
            request.held = propose(home, changes, by=request.user, on=localdate())
        elif changes:
            if difference(after, whole):
                apply_record(Institution.objects.with_parts().get(pk=home.pk), whole)
            else:
                Institution.objects.filter(pk=home.pk).update(version=F("version") + 1)
            home.refresh_from_db(fields=["version"])
            keep_revision(home, changes, by=request.user, how=Revision.How.FORM)

    def response_change(self, request: Any, obj: Any) -> HttpResponse:
        if getattr(request, "held", None) is None:
            return super().response_change(request, obj)
        message = "已送审：审核人通过以后，家属才会看到。空床数这类每天变的数字，已经直接公布。"
        self.message_user(request, message, messages.SUCCESS)
        return self.response_post_save_change(request, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Allow deletion of the dependent rows with a home, waiting changes included."""
        rows, counts, _, protected = super().get_deleted_objects(objs, request)
        return rows, counts, set(), protected

    def delete_model(self, request: HttpRequest, obj: Institution) -> None:
        delete_homes(Institution.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[Institution]) -> None:
        delete_homes(queryset)

    # Actions

    @admin.action(description="送审", permissions=["change"])
    def submit(self, request: HttpRequest, queryset: InstitutionQuerySet) -> None:
        self._move_stage(request, queryset, "submit")

    @admin.action(description="发布", permissions=["publish"])
    def publish(self, request: HttpRequest, queryset: InstitutionQuerySet) -> None:
        self._move_stage(request, queryset, "publish")

    @admin.action(description="退回草稿", permissions=["publish"])
    def send_back(self, request: HttpRequest, queryset: InstitutionQuerySet) -> None:
        self._move_stage(request, queryset, "send_back")

    @admin.action(description="撤下（网站上不再显示）", permissions=["publish"])
    def withdraw(self, request: HttpRequest, queryset: InstitutionQuerySet) -> None:
        self._move_stage(request, queryset, "withdraw")

    def _move_stage(self, request: Any, queryset: InstitutionQuerySet, name: str) -> None:
        ids = list(queryset.order_by("pk").values_list("pk", flat=True))
        found: Counter[str] = Counter()
        with transaction.atomic():
            lock_homes(ids)
            for pk in ids:
                found[self._move_one(request, pk, name)] += 1
        self.message_user(request, f"{MOVES[name].label}：{found['']:,} 家。")
        for why in filter(None, found):
            self.message_user(request, f"{found[why]:,} 家没有动：{why}", messages.WARNING)

    def _move_one(self, request: Any, pk: int, name: str) -> str:
        """Why the home was not moved, or nothing. What goes to the site must have been seen."""
        seen = version_in(request.POST.get(f"seen-{pk}", "")) if name == "publish" else None
        try:
            done = move_stage(pk, name, by=request.user, on=localdate(), seen=seen)
        except UnreadError:
            return "打开列表以后别人改过，或者不在这一页上，请看过再发布。"
        return "" if done else "不在这一步。"

    @admin.action(description="删除本地区全部示例机构（不只是选中的）", permissions=["delete"])
    def remove_demo(
        self, request: HttpRequest, queryset: InstitutionQuerySet
    ) -> TemplateResponse | None:
        """As the command does, in one's own region: every demo record goes, whatever was ticked.

        Asks first, with the number of homes.
        """
        homes = self.get_queryset(request).filter(is_demo=True)
        if "confirmed" not in request.POST:
            page = self.admin_site.each_context(request) | {
                "title": "删除全部示例机构",
                "opts": self.opts,
                "count": homes.count(),
                "ticked": request.POST.getlist(ACTION_CHECKBOX_NAME)[:1],
            }
            return TemplateResponse(
                request, "admin/institutions/institution/remove_demo.html", page
            )
        count = delete_homes(homes)
        self.message_user(request, f"已删除 {count:,} 家示例机构，再载入数据也不会出现。")
        return None


def _load_record(pk: int) -> Record:
    return to_record(Institution.objects.with_parts().get(pk=pk))
