"""The back office: Django's admin, opening with the work of the day."""

from functools import wraps
from importlib import import_module
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.contrib.admin.exceptions import DisallowedModelAdminToField
from django.http import HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.timezone import localdate

# The parameter by which the admin's own windows name the field they want of a row.
TO_FIELD_VAR = "_to_field"


class BackOffice(AdminSite):
    site_header = "颐桥后台"
    site_title = "颐桥后台"
    index_title = "养老机构数据"
    empty_value_display = "没有填"

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        @wraps(view)
        def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            # Django refuses fields that are not to be asked for, but looks a blank one up: a 500.
            if "" in (request.GET.get(TO_FIELD_VAR), request.POST.get(TO_FIELD_VAR)):
                raise DisallowedModelAdminToField("The field  cannot be referenced.")
            return view(request, *args, **kwargs)

        return super().admin_view(asked, cacheable)

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        # Models are not there yet when the apps ask for the site.
        from institutions.admin.tasks import list_tasks

        work = {"todo": list_tasks(self, request, localdate())}
        return super().index(request, work | (extra_context or {}))


class BackOfficeConfig(AdminConfig):
    default_site = "carebridge.staff.admin_site.BackOffice"

    def ready(self) -> None:
        super().ready()
        import_module("carebridge.staff.sign_in_log")  # what listens there
