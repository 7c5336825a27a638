"""Regions, sources, facts and staff as staff edit them."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db import models, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.timezone import localdate
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from carebridge.lib.money import YuanField, exact_yuan
from regions.law_admin import LawTextAdmin, SentenceAdmin
from regions.models import (
    Agreement,
    Document,
    Exclusion,
    Fact,
    Grade,
    LoadedFixture,
    PendingEdit,
    Policy,
    Rate,
    Region,
    RegionGroup,
    StaffMember,
    Stage,
    Standard,
)
from regions.models.region import NATION
from regions.policies import rulebook as policies
from regions.policies.admin_forms import RateFormSet, TrialForm
from regions.policies.trial import trial
from regions.staff import devices
from regions.staff.journal import JournalAdmin
from regions.staff.merging import OPENED, MergingAdmin, MergingRow
from regions.staff.merging_rows import MergingFormSet
from regions.staff.reviewed_admin import PendingEditAdmin, ReviewedAdmin
from regions.staff.scoped_admin import BoundedRows, ScopedAdmin
from regions.staff.seen_rows import SeenRows
from regions.staff.shipped_admin import ShippedRowAdmin
from regions.staff.sign_ins import FailedSignInAdmin, SignInAdmin

# Django looks for admin pages in this module.
__all__ = [
    "FailedSignInAdmin",
    "JournalAdmin",
    "LawTextAdmin",
    "SentenceAdmin",
    "ShippedRowAdmin",
    "SignInAdmin",
]

# Marks a request whose policy was tried, and is only shown from then on.
TRIED = "carebridge.tried"
MOST_ANSWERS = 20


class RulesAdmin(MergingAdmin):
    """Rows that policies are made of: an edit makes every page read the policies again."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        policies.changed()

    def delete_model(self, request: HttpRequest, obj: models.Model) -> None:
        super().delete_model(request, obj)
        policies.changed()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        super().delete_queryset(request, queryset)
        policies.changed()


@admin.register(Region)
class RegionAdmin(ScopedAdmin, RulesAdmin):
    scope = "code"
    list_display = ["code", "full_name", "level", "parent", "is_current", "valid_from", "valid_to"]
    list_display_links = ["code", "full_name"]
    list_filter = ["level", "is_current"]
    list_per_page = 50
    search_fields = ["=code", "name", "short_name", "pinyin"]
    search_help_text = "按名称、拼音或完整的 6 位代码查找"
    show_facets = admin.ShowFacets.ALLOW
    autocomplete_fields = ["parent", "successors"]
    fieldsets = [
        (
            None,
            {"fields": ["code", ("name", "short_name"), "pinyin", "level", "parent"]},
        ),
        ("位置与电话", {"fields": [("longitude", "latitude"), "telephone_code"]}),
        ("沿革", {"fields": ["is_current", ("valid_from", "valid_to"), "successors"]}),
    ]

    @admin.display(description="地区", ordering="code")
    def full_name(self, region: Region) -> str:
        return str(region)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        """Lists and search boxes name each region by its whole path."""
        return super().get_queryset(request).select_related("parent__parent__parent")

    def choices(self, request: HttpRequest) -> "QuerySet[Any]":
        return super().choices(request).select_related("parent__parent__parent")


@admin.register(RegionGroup)
class RegionGroupAdmin(RulesAdmin):
    list_display = ["name", "slug", "definition"]
    search_fields = ["name", "slug"]
    autocomplete_fields = ["regions"]


@admin.register(Document)
class DocumentAdmin(ReviewedAdmin):
    """Everybody cites what is published; the grade is the nation's to give."""

    scope = region_field = "region"
    list_display = ["title", "number", "kind", "issuer", "issued", "grade", "region", "stage"]
    list_filter = ["stage", "kind", "grade"]
    list_select_related = ["region__parent__parent"]
    autocomplete_fields = ["region"]
    search_fields = ["title", "number", "issuer", "slug"]
    search_help_text = "按标题、文号、发布者或网址名查找"
    show_facets = admin.ShowFacets.ALWAYS
    date_hierarchy = "issued_on"
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "slug",
                    ("title", "title_is_ours"),
                    "number",
                    "kind",
                    "issuer",
                    "region",
                    "url",
                    "licence",
                ]
            },
        ),
        (
            "日期",
            {"fields": [("issued_on", "issued_precision"), ("in_force_from", "in_force_to")]},
        ),
        ("核实", {"fields": ["grade", "note"]}),
        ("本站的登记", {"fields": [("stage", "author")]}),
    ]

    def seen_by(self, request: HttpRequest) -> models.Q:
        return super().seen_by(request) | models.Q(stage=Stage.PUBLISHED)

    def changed(self) -> None:
        policies.changed()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.has_perm("regions.grade_document") else [*fields, "grade"]

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Only the nation's staff enter documents of the nation; others begin with their region."""
        form: Any = super().get_form(request, *args, **kwargs)
        field = form.base_fields.get("region")
        post = StaffMember.objects.filter(user=request.user.pk).first()
        if field and post and post.region_id != NATION:
            field.required, field.initial = True, post.region_id
        return form

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        if not change and "grade" not in form.cleaned_data:
            obj.grade = Grade.WEAK
        super().save_model(request, obj, form, change)


@admin.register(Agreement)
class AgreementAdmin(ScopedAdmin, MergingAdmin):
    scope = "regions"
    list_display = ["name", "document", "in_force_from", "in_force_to"]
    list_select_related = ["document"]
    search_fields = ["name", "slug"]
    autocomplete_fields = ["regions", "document"]
    fieldsets = [
        (None, {"fields": ["slug", "name", "regions", "document", "note"]}),
        (
            "期间",
            {"fields": [("in_force_from", "in_force_from_precision"), "in_force_to"]},
        ),
        ("看病结算", {"fields": ["inpatient", "outpatient", "pharmacy", "chronic"]}),
        ("互认和共享", {"fields": ["lab_results", "imaging", "ratings", "assessments"]}),
    ]


class Tried(HttpResponse):
    """In place of the way on after saving: the policy as typed was accepted, and is called this."""

    def __init__(self, slug: str) -> None:
        super().__init__()
        self.slug = slug


class MergingRates(RateFormSet, MergingFormSet):
    """The rates of a policy, on which two people may meet."""

    @property
    def key(self) -> tuple[str, ...]:
        return ("order",)


class RateInline(BoundedRows, admin.StackedInline):  # type: ignore[type-arg]
    model = Rate
    form = MergingRow
    formset = MergingRates
    extra = 0
    autocomplete_fields = ["hukou"]
    formfield_overrides = {models.PositiveBigIntegerField: {"form_class": YuanField}}
    fieldsets = [
        (None, {"fields": [("order", "name"), OPENED]}),
        (
            "给什么人（都要符合）",
            {
                "fields": [
                    ("age_from", "age_to", "born_from"),
                    ("scale", "level_from", "level_to"),
                    "statuses",
                    "also_statuses",
                    "without_statuses",
                    "hukou",
                    "disability_kinds",
                    ("disability_grade_from", "disability_grade_to", "multiple"),
                    "scheme",
                    "settings",
                ]
            },
        ),
        (
            "给多少",
            {
                "fields": [
                    ("amount_kind", "period", "is_unsure"),
                    ("amount", "amount_to"),
                    ("percent", "base", "ceiling", "cap"),
                    "formula",
                    ("standard", "spend_over", "payee"),
                    ("in_force_from", "in_force_to"),
                ]
            },
        ),
    ]


@admin.register(Policy)
class PolicyAdmin(ScopedAdmin, RulesAdmin):
    scope = "region"
    list_display = ["slug", "name", "region", "kind", "grade", "since", "in_force_to", "document"]
    list_display_links = ["slug", "name"]
    list_filter = ["kind", "grade", "anchor", "payee", "portability"]
    list_select_related = ["region__parent__parent", "document"]
    search_fields = ["slug", "name", "document__title", "document__number"]
    search_help_text = "按编号、名称、文件标题或文号查找"
    show_facets = admin.ShowFacets.ALWAYS
    autocomplete_fields = [
        "region",
        "portable_to",
        "portable_to_groups",
        "doubtful_in",
        "document",
    ]
    inlines = [RateInline]
    fieldsets = [
        (None, {"fields": ["slug", "name", "kind", "region", "who"]}),
        (
            "依据",
            {"fields": ["document", "clause", ("grade", "checked_on"), "conditions_known"]},
        ),
        (
            "期间",
            {"fields": [("in_force_from", "in_force_from_precision"), "in_force_to"]},
        ),
        ("看什么、给谁", {"fields": ["anchor", "payee", "stage", "in_hand"]}),
        (
            "能不能跟着走",
            {
                "fields": [
                    "portability",
                    "portable_to",
                    "portable_to_groups",
                    "home_list",
                    "doubtful_in",
                ]
            },
        ),
        ("怎么办", {"fields": ["papers", "where_to_apply", "paid", "usage", "ask", "note"]}),
    ]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Return the form of a policy, with 试算: what the edit as typed does to the worked
        cases.
        """
        context = {"trial_form": TrialForm(prefix="trial")} | (extra_context or {})
        context["answers"] = self._answers(request, object_id)
        if "_try" not in request.POST:
            return super().changeform_view(request, object_id, form_url, context)
        context["trial_form"] = asked = TrialForm(request.POST, prefix="trial")
        if asked.is_valid():
            row = self.get_object(request, unquote(object_id)) if object_id else None
            slug, before = row.slug if row else "", policies.rulebook()
            with transaction.atomic():
                response = super().changeform_view(request, object_id, form_url, context)
                after = policies.rulebook()
                transaction.set_rollback(True)
            if not isinstance(response, Tried):
                return response
            context["trial"] = trial(before, after, (slug, response.slug), asked.cleaned_data["on"])
        request.META[TRIED] = "1"
        return super().changeform_view(request, object_id, form_url, context)

    def _answers(self, request: HttpRequest, object_id: str | None) -> list[Any]:
        """Return what readers report of offices' answers to this policy that nobody settled yet."""
        row = self.get_object(request, unquote(object_id)) if object_id else None
        if row is None or not request.user.has_perm("institutions.view_correction"):
            return []
        open_ones = row.document.corrections.undecided().filter(about=f"policies/{row.slug}")
        return list(open_ones.order_by("received_on")[:MOST_ANSWERS])

    def get_form(
        self, request: HttpRequest, obj: Policy | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Once it was tried the form is shown as typed, and can no longer be saved."""
        form: Any = super().get_form(request, obj, change, **kwargs)
        if TRIED not in request.META:
            return form
        return type(form)(form.__name__, (form,), {"is_valid": lambda self: False})

    def response_add(
        self, request: HttpRequest, obj: Policy, post_url_continue: str | None = None
    ) -> HttpResponse:
        if "_try" in request.POST:
            return Tried(obj.slug)
        return super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Policy) -> HttpResponse:
        return Tried(obj.slug) if "_try" in request.POST else super().response_change(request, obj)


@admin.register(Exclusion)
class ExclusionAdmin(RulesAdmin):
    list_display = ["slug", "conflict", "document", "clause"]
    list_filter = ["conflict"]
    list_select_related = ["document"]
    search_fields = ["slug", "note"]
    autocomplete_fields = ["first", "second", "region", "document"]
    fieldsets = [
        (None, {"fields": ["slug", "conflict", "first", "second", "statuses", "region"]}),
        ("依据", {"fields": ["document", "clause", "note"]}),
    ]


class OutdatedFilter(admin.SimpleListFilter):
    """Figures that have stood for a year, of which a newer one may be published."""

    title = "是不是满一年"
    parameter_name = "outdated"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "满一年，没有更新的")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.outdated(localdate()) if self.value() == "yes" else queryset


@admin.register(Standard)
class StandardAdmin(ScopedAdmin, RulesAdmin):
    """The dated figures that amounts refer to: a new year's figure is a new row."""

    scope = "region"
    list_display = ["name", "slug", "began", "yuan", "region", "document"]
    list_filter = [OutdatedFilter, "slug"]
    list_select_related = ["region__parent__parent", "document"]
    search_fields = ["name", "slug"]
    autocomplete_fields = ["region", "document"]
    formfield_overrides = {models.PositiveBigIntegerField: {"form_class": YuanField}}
    fieldsets = [
        (None, {"fields": ["slug", "name", "region", "amount"]}),
        ("从哪天起", {"fields": [("since", "since_precision")]}),
        ("依据", {"fields": ["document", "note"]}),
    ]

    @admin.display(description="元/月", ordering="amount")
    def yuan(self, row: Standard) -> str:
        return exact_yuan(row.amount)


@admin.register(Fact)
class FactAdmin(ReviewedAdmin):
    scope = region_field = "regions"
    list_display = ["code", "label", "entity", "shown", "nature", "dated", "document", "stage"]
    list_display_links = ["code", "label"]
    list_filter = ["stage", "nature", "document"]
    list_select_related = ["document"]
    search_fields = ["code", "label", "entity", "quote"]
    search_help_text = "按编号、指标、对象或原文查找"
    show_facets = admin.ShowFacets.ALLOW
    autocomplete_fields = ["document", "regions"]
    fieldsets = [
        (None, {"fields": ["code", "document", "regions", "label", "entity"]}),
        ("数字", {"fields": [("bound", "value", "unit"), "text", "nature"]}),
        ("日期", {"fields": [("as_of", "as_of_precision"), "as_of_end"]}),
        ("原文", {"fields": ["quote", "note"]}),
        ("本站的登记", {"fields": [("stage", "author")]}),
    ]


@admin.register(PendingEdit)
class EditAdmin(PendingEditAdmin):
    def changed(self) -> None:
        policies.changed()


User = get_user_model()
admin.site.unregister(User)
# The role of a post defines its permissions; groups would define them a second time.
admin.site.unregister(Group)
# Their pages show the keys.
admin.site.unregister([StaticDevice, TOTPDevice])


@admin.register(User)
class StaffUserAdmin(SeenRows, UserAdmin):  # type: ignore[type-arg]
    """Accounts without the switches by which one could give oneself more than one's role."""

    list_display = ["username", "first_name", "is_active", "last_login"]
    list_filter = ["is_active"]
    filter_horizontal = []
    fieldsets = [
        (None, {"fields": ["username", "password", "first_name", "email"]}),
        ("能不能登录", {"fields": ["is_active", "is_staff"]}),
        ("时间", {"fields": ["last_login", "date_joined"]}),
    ]
    readonly_fields = ["last_login", "date_joined"]
    actions = ["reset_sign_in"]

    @admin.action(description="解除登录锁定，移除两步验证（手机丢了）", permissions=["change"])
    def reset_sign_in(self, request: HttpRequest, queryset: "QuerySet[Any]") -> None:
        for user in queryset:
            devices.reset_devices(user)
            self.log_change(request, user, "解除登录锁定，移除两步验证")
        names = "、".join(user.get_username() for user in queryset)
        self.message_user(request, f"已办：{names}。下次用密码登录，再设置新的手机。")

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        """Superusers are kept by superusers alone."""
        rows = super().get_queryset(request)
        return rows if request.user.is_superuser else rows.filter(is_superuser=False)


@admin.register(StaffMember)
class StaffMemberAdmin(ScopedAdmin, MergingAdmin):
    scope = "region"
    list_display = ["user", "role", "region"]
    list_filter = ["role"]
    list_select_related = ["user", "region__parent__parent"]
    search_fields = ["user__username", "region__name"]
    autocomplete_fields = ["user", "region"]


@admin.register(LoadedFixture)
class LoadedFixtureAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Loaded fixtures, read-only."""

    list_display = ["name", "loaded_at", "checksum"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
