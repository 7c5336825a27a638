from django.urls import path

from institutions import views
from institutions.corrections import views as correction_views

urlpatterns = [
    path("", views.sources, name="sources"),
    path("<slug:slug>/", views.source, name="source"),
    path("<slug:slug>/correct/", correction_views.correct_source, name="correct_source"),
]
