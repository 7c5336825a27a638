"""Every address of the site."""

from django.conf import settings
from django.contrib import admin
from django.contrib.sitemaps.views import sitemap
from django.urls import include, path, re_path
from django.views.generic import TemplateView
from django.views.static import serve

from carebridge.display import set_display
from institutions.sitemaps import SITEMAPS
from institutions.views import home

urlpatterns = [
    path("", home, name="home"),
    path("institutions/", include("institutions.urls")),
    path("regions/", include("institutions.region_urls")),
    path("sources/", include("institutions.source_urls")),
    path("about/", include("institutions.about_urls")),
    path("sitemap.xml", sitemap, {"sitemaps": SITEMAPS}, name="sitemap"),
    path(
        "robots.txt",
        TemplateView.as_view(template_name="robots.txt", content_type="text/plain"),
        name="robots",
    ),
    path("display/", set_display, name="display"),
    path("admin/", admin.site.urls),
    re_path(r"^media/(?P<path>photos/.+)$", serve, {"document_root": settings.MEDIA_ROOT}),
]
