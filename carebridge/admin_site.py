"""The back office: Django's admin, opening with the work of the day."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.timezone import localdate


class BackOffice(AdminSite):
    site_header = "颐桥后台"
    site_title = "颐桥后台"
    index_title = "养老机构数据"
    empty_value_display = "没有填"

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        # Models are not there yet when the apps ask for the site.
        from institutions.admin_tasks import todo

        work = {"todo": todo(self, request, localdate())}
        return super().index(request, work | (extra_context or {}))


class BackOfficeConfig(AdminConfig):
    default_site = "carebridge.admin_site.BackOffice"
