"""The admin of rows that belong to regions: everybody sees and touches what is theirs."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from regions.staff.scope import in_scope

# Fields that lead out of one's region by their nature: a home of 廊坊 stands on a list of 北京.
REACHING_OUT = {("designation", "region")}


class ScopedChoices(admin.options.BaseModelAdmin):  # type: ignore[type-arg]
    """Forms whose links lead to rows of one's own region only."""

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
        return {"queryset": in_scope(db_field.related_model.objects, request.user, other.scope)}


class ScopedAdmin(ScopedChoices, admin.ModelAdmin):  # type: ignore[type-arg]
    """Lists, pages, actions, history, exports and choices of the rows in one's own region.

    The admin reaches every row through `get_queryset`, so a row outside is not there at all.
    """

    # The path from a row to its region.
    scope: str

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        rows = super().get_queryset(request)
        return rows if _reaches_out(request) else in_scope(rows, request.user, self.scope)


def _reaches_out(request: HttpRequest) -> bool:
    """Whether this asks for the choices of a field that leads out of one's region."""
    match = request.resolver_match
    asked = (request.GET.get("model_name"), request.GET.get("field_name"))
    return match is not None and match.url_name == "autocomplete" and asked in REACHING_OUT
