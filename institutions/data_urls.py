"""Addresses of open data; a file of a search stands beside the page of its results."""

from django.urls import path

from institutions.open_data import views as data_views

urlpatterns = [
    path("data/", data_views.open_data, name="open_data"),
    path("data/dictionary.csv", data_views.data_dictionary, name="dictionary"),
    path("data/snapshots/<str:day>/<str:name>", data_views.snapshot, name="snapshot"),
    *(
        path(f"institutions.{name}", data_views.file, {"name": name}, name=f"institutions_{name}")
        for name in ("csv", "figures.csv", "jsonl", "geojson")
    ),
    path("institutions.atom", data_views.feed, name="institutions_atom"),
]
