from django.urls import path

from institutions import views

urlpatterns = [
    path("", views.sources, name="sources"),
    path("<slug:slug>/", views.source, name="source"),
]
