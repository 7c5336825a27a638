"""The register as staff edit it. Every save brings the derived listing along."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import admin, messages
from django.db import models, transaction
from django.db.models import F
from django.forms import BaseInlineFormSet, Textarea
from django.http import HttpRequest
from django.utils.timezone import localdate

from institutions.listings import refresh
from institutions.models import (
    Bed,
    ContractTerms,
    Designation,
    Fee,
    Institution,
    MedicalLink,
    Phone,
    Photo,
    Provenance,
    QualityRecord,
    Rating,
    Service,
    StaffFigure,
)
from institutions.models.institution import TAKES, InstitutionQuerySet
from institutions.pricing import prepayment_warnings
from institutions.records import PARTS

admin.site.site_header = "颐桥后台"
admin.site.site_title = "颐桥后台"
admin.site.index_title = "养老机构数据"

KEYS: dict[Any, tuple[str, ...]] = {part.model: part.key for part in PARTS}


class PartFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """Rows of one part, no two of which have the same key."""

    def clean(self) -> None:
        """Django leaves the link to the parent, and so every key, out of an inline's validation.

        A key that another row has until it is saved is refused too: rows are written in turn.
        """
        super().clean()
        deleted, seen = self.deleted_forms, set()
        rows = [form for form in self.forms if form.is_valid() and form not in deleted]
        before = {self.key(form.initial): form for form in rows if form.instance.pk}
        for form in rows:
            key = self.key(form.cleaned_data)
            if form.cleaned_data and (key in seen or before.get(key, form) is not form):
                form.add_error(None, "这一行和另一行重复了。要互换内容，请分两次保存。")
            seen.add(key)

    def key(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """The key among a form's values, links by their primary keys."""
        found = (values.get(name) for name in KEYS[self.model])
        return tuple(getattr(value, "pk", value) for value in found)


class PartInline(admin.TabularInline):  # type: ignore[type-arg]
    """The rows of one part of an institution."""

    formset = PartFormSet
    extra = 0
    formfield_overrides = {models.TextField: {"widget": Textarea(attrs={"rows": 2, "cols": 30})}}


class PhoneInline(PartInline):
    model = Phone


class ServiceInline(PartInline):
    model = Service


class BedInline(PartInline):
    model = Bed


class FeeInline(PartInline):
    model = Fee


class TermsInline(admin.StackedInline):  # type: ignore[type-arg]
    model = ContractTerms
    extra = 0


class MedicalLinkInline(PartInline):
    model = MedicalLink


class DesignationInline(PartInline):
    model = Designation
    autocomplete_fields = ["region", "document"]


class RatingInline(PartInline):
    model = Rating


class QualityRecordInline(PartInline):
    model = QualityRecord


class StaffFigureInline(PartInline):
    model = StaffFigure


class PhotoInline(PartInline):
    model = Photo


class ProvenanceInline(PartInline):
    model = Provenance
    autocomplete_fields = ["document", "verified_by"]


@admin.register(Institution)
class InstitutionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["name", "region", "kind", "ownership", "operating", "stage", "is_demo"]
    list_filter = ["stage", "is_demo", "kind", "ownership", "operating"]
    list_select_related = ["region"]
    list_per_page = 50
    search_fields = ["name", "aliases", "credit_code", "operator", "address"]
    search_help_text = "按名称、别名、统一社会信用代码、运营方或地址查找"
    show_facets = admin.ShowFacets.ALLOW
    autocomplete_fields = ["region"]
    readonly_fields = ["version", "created_at", "updated_at"]
    actions = ["remove_demo"]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
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
        ("本站的登记", {"fields": ["stage", ("version", "created_at", "updated_at")]}),
    ]
    inlines = [
        PhoneInline,
        ServiceInline,
        BedInline,
        FeeInline,
        TermsInline,
        MedicalLinkInline,
        DesignationInline,
        RatingInline,
        QualityRecordInline,
        StaffFigureInline,
        PhotoInline,
        ProvenanceInline,
    ]

    def save_related(
        self,
        request: HttpRequest,
        form: Any,
        formsets: Sequence[Any],
        change: bool,
    ) -> None:
        """The last step of a save: the parts are in, so version and listing can follow.

        The admin wraps the whole save in one transaction. A deletion takes its listing along.
        """
        super().save_related(request, form, formsets, change)
        home = form.instance
        if change and (form.has_changed() or any(formset.has_changed() for formset in formsets)):
            Institution.objects.filter(pk=home.pk).update(version=F("version") + 1)
        refresh([home.pk], on=localdate())
        terms = ContractTerms.objects.filter(pk=home.pk).first()
        for warning in prepayment_warnings(home.fees.all(), terms, localdate()):
            self.message_user(request, f"已保存，但请核对：{warning}", messages.WARNING)

    @admin.action(description="删除全部示例机构（不只是选中的）", permissions=["delete"])
    def remove_demo(self, request: HttpRequest, queryset: InstitutionQuerySet) -> None:
        """The same as the command: every demo record goes, whatever was ticked."""
        with transaction.atomic():
            count = Institution.objects.demo().count()
            Institution.objects.demo().delete()
        self.message_user(request, f"已删除 {count:,} 家示例机构，再载入数据也不会出现。")
