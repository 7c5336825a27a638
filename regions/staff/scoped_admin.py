"""The admin of rows that belong to regions: everybody reaches what is theirs, so much at once."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import InlineModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest

from carebridge.lib.typed_fields import typed_field
from regions.staff.scope import codes_above, in_scope
from regions.staff.seen_rows import SeenRows

# Fields that lead out of one's region by their nature: a home of 廊坊 stands on a list of 北京.
REACHING_OUT = {("designation", "region")}
# Fields that may also name what one's region lies in: a draft waits for somebody who reaches it.
REACHING_UP = {("document", "region"), ("fact", "regions")}


class ScopedChoices(admin.options.BaseModelAdmin):  # type: ignore[type-arg]
    """Forms whose links lead to rows of one's own region only."""

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        own = (self.formfield_overrides.get(kind, {}) for kind in type(db_field).__mro__)
        kind = typed_field(db_field)
        if kind and not any("form_class" in options for options in own):
            kwargs.setdefault("form_class", kind)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        kwargs = self._with_choices(db_field, request) | kwargs
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        kwargs = self._with_choices(db_field, request) | kwargs
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def _with_choices(self, db_field: Any, request: HttpRequest) -> dict[str, Any]:
        other = self.admin_site._registry.get(db_field.remote_field.model)
        if not isinstance(other, ScopedAdmin):
            return {}
        if (db_field.model._meta.model_name, db_field.name) in REACHING_OUT:
            return {}
        rows, own = db_field.related_model.objects, other.choices(request)
        if (db_field.model._meta.model_name, db_field.name) in REACHING_UP:
            own = _with_wider(rows.all(), own, request) | _named_now(db_field, request)
        return {"queryset": own}


class ScopedAdmin(ScopedChoices, SeenRows):
    """Lists, pages, actions, history, exports and choices of the rows in one's own region.

    The admin reaches every row through `get_queryset`, so a row outside is not there at all.
    """

    # The path from a row to its region.
    scope: str

    def choices(self, request: HttpRequest) -> "QuerySet[Any]":
        """Return the rows that the person may choose in forms."""
        return in_scope(self.model._default_manager.all(), request.user, self.scope)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        rows = super().get_queryset(request)
        if _asks_choices_of(request, REACHING_OUT):
            return rows
        own = in_scope(rows, request.user, self.scope)
        return _with_wider(rows, own, request) if _asks_choices_of(request, REACHING_UP) else own


def _with_wider(rows: "QuerySet[Any]", own: "QuerySet[Any]", request: Any) -> "QuerySet[Any]":
    """Return the person's own regions and those that these lie in."""
    return own | rows.filter(pk__in=codes_above(request.user))


def _named_now(db_field: Any, request: Any) -> "QuerySet[Any]":
    """Return the regions that the row of this page names already, wherever they are."""
    rows = db_field.related_model.objects.all()
    key = request.resolver_match.kwargs.get("object_id", "") if request.resolver_match else ""
    if not key.isdecimal():
        return rows.none()
    found = db_field.model._base_manager.filter(pk=key).values_list(db_field.name, flat=True)
    return rows.filter(pk__in=[code for code in found if code])


def _asks_choices_of(request: HttpRequest, fields: set[tuple[str, str]]) -> bool:
    """Return whether this is the search box of one of the fields, given by model and name."""
    match = request.resolver_match
    asked = (request.GET.get("model_name", ""), request.GET.get("field_name", ""))
    return match is not None and match.url_name == "autocomplete" and asked in fields


# Where a home has as many already, so many more may be added; never more than MOST_HELD in all.
ROOM, MOST_HELD = 50, 1_000
# Django takes 2,000 of a kind where a request asks for it: 170 MB of forms.
MOST_ROWS = 300


class BoundedRows(InlineModelAdmin):  # type: ignore[type-arg]
    """So many rows of a kind at most, whatever number a request names.

    Where a home has as many already, `MergingFormSet` makes room for a few more.
    """

    max_num = MOST_ROWS

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        return super().get_formset(request, obj, **{"absolute_max": MOST_ROWS} | kwargs)
