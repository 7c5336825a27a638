"""Every address of the site."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path
from django.views.static import serve

from carebridge.display import set_display
from institutions.views import home

urlpatterns = [
    path("", home, name="home"),
    path("institutions/", include("institutions.urls")),
    path("regions/", include("institutions.region_urls")),
    path("sources/", include("institutions.source_urls")),
    path("about/", include("institutions.about_urls")),
    path("display/", set_display, name="display"),
    path("admin/", admin.site.urls),
    re_path(r"^media/(?P<path>photos/.+)$", serve, {"document_root": settings.MEDIA_ROOT}),
]
