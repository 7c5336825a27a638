from django.urls import path

from institutions import correction_views, views

urlpatterns = [
    path("", views.sources, name="sources"),
    path("<slug:slug>/", views.source, name="source"),
    path("<slug:slug>/correct/", correction_views.correct_source, name="correct_source"),
]
