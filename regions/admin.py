"""Regions, sources, facts and staff as staff edit them."""

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from regions.models import (
    Agreement,
    Document,
    Exclusion,
    Fact,
    LoadedFixture,
    Policy,
    Rate,
    Region,
    RegionGroup,
    StaffMember,
)


@admin.register(Region)
class RegionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["code", "name", "level", "parent", "is_current", "valid_from", "valid_to"]
    list_display_links = ["code", "name"]
    list_filter = ["level", "is_current"]
    list_select_related = ["parent"]
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


@admin.register(RegionGroup)
class RegionGroupAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["name", "slug", "definition"]
    search_fields = ["name", "slug"]
    autocomplete_fields = ["regions"]


@admin.register(Document)
class DocumentAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["title", "number", "kind", "issuer", "issued", "grade"]
    list_filter = ["kind", "grade"]
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
    ]


@admin.register(Agreement)
class AgreementAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
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


class RateInline(admin.StackedInline):  # type: ignore[type-arg]
    model = Rate
    extra = 0
    fieldsets = [
        (None, {"fields": [("order", "name")]}),
        (
            "给什么人（都要符合）",
            {
                "fields": [
                    ("age_from", "age_to"),
                    ("scale", "level_from", "level_to"),
                    "statuses",
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
                    ("amount_kind", "period"),
                    ("amount", "amount_to"),
                    ("percent", "base", "ceiling", "cap"),
                    "formula",
                    ("in_force_from", "in_force_to"),
                ]
            },
        ),
    ]


@admin.register(Policy)
class PolicyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["slug", "name", "region", "kind", "grade", "since", "in_force_to", "document"]
    list_display_links = ["slug", "name"]
    list_filter = ["kind", "grade", "anchor", "payee", "portability"]
    list_select_related = ["region", "document"]
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
        ("依据", {"fields": ["document", "clause", "grade", "conditions_known"]}),
        (
            "期间",
            {"fields": [("in_force_from", "in_force_from_precision"), "in_force_to"]},
        ),
        ("看什么、给谁", {"fields": ["anchor", "payee", "stage"]}),
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
        ("怎么办", {"fields": ["papers", "where_to_apply", "paid", "ask", "note"]}),
    ]


@admin.register(Exclusion)
class ExclusionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["slug", "conflict", "document", "clause"]
    list_filter = ["conflict"]
    list_select_related = ["document"]
    search_fields = ["slug", "note"]
    autocomplete_fields = ["first", "second", "document"]
    fieldsets = [
        (None, {"fields": ["slug", "conflict", "first", "second", "statuses"]}),
        ("依据", {"fields": ["document", "clause", "note"]}),
    ]


@admin.register(Fact)
class FactAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["code", "label", "entity", "shown", "nature", "dated", "document"]
    list_display_links = ["code", "label"]
    list_filter = ["nature", "document"]
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
    ]


@admin.register(StaffMember)
class StaffMemberAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["user", "role", "region"]
    list_filter = ["role"]
    list_select_related = ["user", "region"]
    search_fields = ["user__username", "region__name"]
    autocomplete_fields = ["user", "region"]


@admin.register(LoadedFixture)
class LoadedFixtureAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What was loaded is a record of the past: to be read, not edited."""

    list_display = ["name", "loaded_at", "checksum"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
