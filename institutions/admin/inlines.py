"""The rows of a home's form: one inline for every part of the record."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import InlineModelAdmin
from django.db import models
from django.forms import BaseInlineFormSet, Textarea
from django.utils.html import format_html

from carebridge.lib.money import YuanField
from institutions.admin.admin_rows import counted, reordered
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
from institutions.register.photos import PhotographField
from institutions.register.record import PARTS
from regions.staff.admin_parts import BoundedRows
from regions.staff.scoped_admin import ScopedChoices

KEYS: dict[Any, tuple[str, ...]] = {part.model: part.key for part in PARTS}


GONE = "别人刚刚删掉了这一行。还要它，就再保存一次；不要，就把这一行清空。"

TWIN = "别人刚刚加了同样的一行，已经保存了。请清空这一行再保存；要改那一行，保存以后再改。"


class PartFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """Rows of one part, no two of which have the same key.

    A row that somebody else deleted meanwhile comes back as a new one, with what was typed in it.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The numbers of the rows that were deleted by somebody else.
        self.gone = range(0)
        if self.is_bound:
            self._part_from_gone()

    def _part_from_gone(self) -> None:
        """Put the rows that are there no more among the new ones, unless they were to go anyway."""
        count, total = self.initial_form_count(), self.total_form_count()
        held = {str(row.pk) for row in self.get_queryset()}
        rows = range(min(count, total))
        kept = [n for n in rows if self.data.get(self._named(n, self.pk_name)) in held]
        gone = [n for n in rows if n not in kept and not self.data.get(self._named(n, "DELETE"))]
        if len(kept) == count:
            return
        order, prefix = [*kept, *gone, *range(count, total)], str(self.prefix)
        typed = reordered(self.data, prefix, order)
        counted(typed, prefix, len(kept), len(order))
        self.gone = range(len(kept), len(kept) + len(gone))
        for number in self.gone:
            typed.pop(self._named(number, self.pk_name), None)
        self.data, self.files = typed, reordered(self.files, prefix, order)
        del self.management_form

    @property
    def pk_name(self) -> str:
        return str(self.model._meta.pk.name)

    def _named(self, number: int, field: str) -> str:
        return f"{self.prefix}-{number}-{field}"

    def clean(self) -> None:
        """Django leaves the link to the parent, and so every key, out of an inline's validation.

        A key that another row has until it is saved is refused too: rows are written in turn.
        """
        super().clean()
        for number in self.gone:
            self.forms[number].add_error(None, GONE)
        deleted, seen, others = self.deleted_forms, set(), self._unseen()
        rows = [form for form in self.forms if form.is_valid() and form not in deleted]
        before = {self.key(form.initial): form for form in rows if form.instance.pk}
        for form in rows:
            key = self.key(form.cleaned_data)
            if form.cleaned_data and (key in seen or before.get(key, form) is not form):
                form.add_error(None, "这一行和另一行重复了。要互换内容，请分两次保存。")
            elif form.cleaned_data and key in others:
                form.add_error(None, TWIN)
            seen.add(key)

    def _unseen(self) -> set[tuple[Any, ...]]:
        """The keys of rows that somebody else added after this page was opened."""
        shown = {form.instance.pk for form in self.initial_forms}
        fields = [self.model._meta.get_field(name) for name in KEYS[self.model]]
        rows = [row for row in self.get_queryset() if row.pk not in shown]
        return {tuple(getattr(row, field.attname) for field in fields) for row in rows}

    def key(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """The key among a form's values, links by their primary keys."""
        found = (values.get(name) for name in KEYS[self.model])
        return tuple(getattr(value, "pk", value) for value in found)


class PartInline(BoundedRows, ScopedChoices, admin.TabularInline):  # type: ignore[type-arg]
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
    form = BedRowForm


class FeeInline(PartInline):
    model = Fee
    formfield_overrides = PartInline.formfield_overrides | {
        models.BigIntegerField: {"form_class": YuanField}
    }


class TermsInline(BoundedRows, admin.StackedInline):  # type: ignore[type-arg]
    model = ContractTerms
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
