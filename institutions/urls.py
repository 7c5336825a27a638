"""Every address of this app: pages, files, feeds and calls of the API, a list for each prefix."""

from django.urls import include, path
from django.views.decorators.http import conditional_page
from django.views.generic import TemplateView

from institutions import views
from institutions.api import views as api
from institutions.corrections import views as correction_views
from institutions.open_data import views as data_views

register = [
    path("", views.institutions, name="institutions"),
    path("suggest/", views.suggest, name="suggest"),
    path("clusters/", views.on_map, name="clusters"),
    path("<int:pk>/", views.institution, name="institution"),
    path("<int:pk>/pack/", views.visit_pack, name="pack"),
    path("<int:pk>/correct/", correction_views.correct, name="correct"),
]
regions = [
    path("", views.regions, name="regions"),
    path("groups/<slug:slug>/", views.region_group, name="region_group"),
    path("<str:code>/", views.region_detail, name="region"),
]
sources = [
    path("", views.sources, name="sources"),
    path("<slug:slug>/", views.source_detail, name="source"),
    path("<slug:slug>/correct/", correction_views.correct_source, name="correct_source"),
]
corrections = [
    path("", correction_views.corrections, name="corrections"),
    path("thanks/", correction_views.correction_thanks, name="correction_thanks"),
]
api_calls = [
    path("institutions", api.institutions, name="api_institutions"),
    path("institutions/<int:pk>", api.institution, name="api_institution"),
    path("documents", conditional_page(api.documents), name="api_documents"),
    path("documents/<slug:slug>", conditional_page(api.document), name="api_document"),
    path("estimate", api.estimate, name="api_estimate"),
    path("suggest", api.suggest, name="api_suggest"),
    path("clusters", api.clusters, name="api_clusters"),
    path("changes", api.changes, name="api_changes"),
]
open_data = [
    path("data/", data_views.open_data, name="open_data"),
    path("data/dictionary.csv", data_views.data_dictionary, name="dictionary"),
    path("data/snapshots/<str:day>/<str:name>", data_views.snapshot, name="snapshot"),
    # A file of a search stands beside the page of its results.
    *(
        path(
            f"institutions.{name}",
            data_views.data_file,
            {"name": name},
            name=f"institutions_{name}",
        )
        for name in ("csv", "figures.csv", "jsonl", "geojson")
    ),
    path("institutions.atom", data_views.changes_feed, name="institutions_atom"),
]
about = [
    path("data/", views.AboutData.as_view(), name="about_data"),
    *(
        path(f"{name}/", TemplateView.as_view(template_name=f"about/{name}.html"), name=name)
        for name in ("privacy", "accessibility", "help")
    ),
]
urlpatterns = [
    path("", views.front_page, name="home"),
    path("guide/", views.guide_page, name="guide"),
    path("institutions/", include(register)),
    path("follow/", views.follow_page, name="follow"),
    path("compare/", views.compare, name="compare"),
    path("shortlist/", views.shortlist, name="shortlist"),
    path("regions/", include(regions)),
    path("sources/", include(sources)),
    path("corrections/", include(corrections)),
    path("api/v1/", include(api_calls)),
    path("about/", include(about)),
    *open_data,
]
