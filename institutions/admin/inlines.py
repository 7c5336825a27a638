"""The rows of a home's form: one inline for every part of the record."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import InlineModelAdmin
from django.db import models
from django.forms import Textarea
from django.utils.html import format_html

from carebridge.lib.money import YuanField
from institutions.admin.forms import BedRowForm
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
from institutions.register.photos import PhotoField
from institutions.register.record import PARTS
from regions.staff.merging import MergingRow
from regions.staff.merging_rows import MergingFormSet
from regions.staff.scoped_admin import BoundedRows, ScopedChoices

KEYS: dict[Any, tuple[str, ...]] = {part.model: part.key for part in PARTS}


# Of the keys, those that identify the subject of a row. The others are figures themselves: a number
# that was mistyped is still the number of the same phone.
WORDS = {"number", "partner", "conditions"}

TWIN = "别人刚刚加了同样的一行，已经保存了。请清空这一行再保存；要改那一行，就在那一行里改。"


class PartFormSet(MergingFormSet):
    """Rows of one part, no two of which have the same key."""

    @property
    def key(self) -> tuple[str, ...]:
        return KEYS[self.model]

    @property
    def subject(self) -> tuple[str, ...]:
        return tuple(name for name in self.key if name not in WORDS)

    def unread(self) -> bool:
        return self.data.get("opened") != str(self.instance.version)

    def clean(self) -> None:
        """Django leaves the link to the parent, and so every key, out of an inline's validation.

        A key that another row has until it is saved is refused too: rows are written in turn.
        """
        super().clean()
        deleted, seen, added = self.deleted_forms, set(), self.added_ids
        rows = [form for form in self.forms if form.is_valid() and form not in deleted]
        before = {self.key_of(form.initial): form for form in rows if form.instance.pk}
        others = {self.key_of(form.initial) for form in rows if form.instance.pk in added}
        for form in rows:
            key = self.key_of(form.cleaned_data)
            if form.cleaned_data and key in others and form.instance.pk not in added:
                form.add_error(None, TWIN)
            elif form.cleaned_data and (key in seen or before.get(key, form) is not form):
                form.add_error(None, "这一行和另一行重复了。要互换内容，请分两次保存。")
            seen.add(key)

    def key_of(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the key among a form's values, links by their primary keys."""
        found = (values.get(name) for name in self.key)
        return tuple(getattr(value, "pk", value) for value in found)


class PartInline(BoundedRows, ScopedChoices, admin.TabularInline):  # type: ignore[type-arg]
    """The rows of one part of an institution."""

    form = MergingRow
    formset = PartFormSet
    extra = 0
    formfield_overrides = {models.TextField: {"widget": Textarea(attrs={"rows": 2, "cols": 30})}}


class PhoneInline(PartInline):
    model = Phone


class ServiceInline(PartInline):
    model = Service


class BedInline(PartInline):
    model = Bed
    form = BedRowForm


class FeeInline(PartInline):
    model = Fee
    formfield_overrides = PartInline.formfield_overrides | {
        models.BigIntegerField: {"form_class": YuanField}
    }


class TermsInline(BoundedRows, admin.StackedInline):  # type: ignore[type-arg]
    model = ContractTerms
    form = MergingRow
    formset = PartFormSet
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
        models.ImageField: {"form_class": PhotoField}
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


INLINES: "list[type[InlineModelAdmin[Any, Any]]]" = [
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
