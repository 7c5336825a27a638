from django.urls import path

from institutions import api

urlpatterns = [
    path("institutions", api.institutions, name="api_institutions"),
    path("institutions/<int:pk>", api.institution, name="api_institution"),
]
