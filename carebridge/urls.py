"""Every address of the site: those of its apps, and those that belong to none."""

from django.conf import settings
from django.contrib import admin
from django.contrib.sitemaps.views import sitemap
from django.urls import include, path, re_path
from django.views.generic import TemplateView
from django.views.static import serve

from carebridge.api import openapi
from carebridge.middleware.display import elder_page, set_display
from carebridge.staff.resubmit import resubmit_page
from carebridge.staff.second_factor import two_step, two_step_phone
from institutions.admin.balance import balance
from institutions.pages.sitemaps import SITEMAPS

handler500 = "carebridge.databases.outages.server_error"
urlpatterns = [
    path("", include("institutions.urls")),
    path("", include("regions.urls")),
    path("api/", openapi.docs_page, name="api"),
    path("api/v1/openapi.json", openapi.as_json, name="api_json"),
    path("api/v1/openapi.yaml", openapi.as_yaml, name="api_yaml"),
    # Not <path:path>, which a line end in the address is no part of.
    re_path(r"^api/v1/(?P<path>[\s\S]*)", openapi.missing, name="api_missing"),
    path("sitemap.xml", sitemap, {"sitemaps": SITEMAPS}, name="sitemap"),
    path(
        "robots.txt",
        TemplateView.as_view(template_name="robots.txt", content_type="text/plain"),
        name="robots",
    ),
    path("display/", set_display, name="display"),
    path("elder/", elder_page, name="elder"),
    path("admin/two-step/", two_step, name="two_step"),
    path("admin/two-step/phone/", two_step_phone, name="two_step_phone"),
    path("admin/typed/", resubmit_page, name="typed"),
    path("admin/balance/", admin.site.admin_view(balance), name="balance"),
    path("admin/", admin.site.urls),
    re_path(r"^media/(?P<path>photos/.+)$", serve, {"document_root": settings.MEDIA_ROOT}),
]
