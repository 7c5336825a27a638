from django.urls import path
from django.views.decorators.http import conditional_page

from institutions.api import views as api

urlpatterns = [
    path("institutions", api.institutions, name="api_institutions"),
    path("institutions/<int:pk>", api.institution, name="api_institution"),
    path("documents", conditional_page(api.documents), name="api_documents"),
    path("documents/<slug:slug>", conditional_page(api.document), name="api_document"),
    path("estimate", api.estimate, name="api_estimate"),
    path("suggest", api.suggest, name="api_suggest"),
    path("clusters", api.clusters, name="api_clusters"),
    path("changes", api.changes, name="api_changes"),
]
