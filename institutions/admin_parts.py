"""The rows of a home's form: one inline for every part of the record."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db import models
from django.forms import BaseInlineFormSet, Textarea
from django.utils.html import format_html

from institutions.models import (
    Bed,
    ContractTerms,
    Designation,
    Fee,
    MedicalLink,
    Phone,
    Photo,
    Provenance,
    QualityRecord,
    Rating,
    Service,
    StaffFigure,
)
from institutions.photographs import PhotographField
from institutions.records import PARTS
from regions.admin_scope import ScopedChoices

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


class PartInline(ScopedChoices, admin.TabularInline):  # type: ignore[type-arg]
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
    readonly_fields = ["preview"]
    formfield_overrides = PartInline.formfield_overrides | {
        models.ImageField: {"form_class": PhotographField}
    }

    @admin.display(description="样子", empty_value="保存后显示")
    def preview(self, photo: Photo) -> str | None:
        return photo.image and format_html(
            '<img src="{}" alt="{}" width="160">', photo.image.url, photo.alt
        )


class ProvenanceInline(PartInline):
    model = Provenance
    autocomplete_fields = ["document"]
    # Verified is an act with a day and a way, never the side effect of a save.
    readonly_fields = ["verified_on", "verified_by", "verified_how"]


INLINES = [
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
