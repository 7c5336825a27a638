from django.urls import path

from institutions import views
from institutions.corrections import views as correction_views

urlpatterns = [
    path("", views.institutions, name="institutions"),
    path("suggest/", views.suggest, name="suggest"),
    path("clusters/", views.on_map, name="clusters"),
    path("<int:pk>/", views.institution, name="institution"),
    path("<int:pk>/pack/", views.pack, name="pack"),
    path("<int:pk>/correct/", correction_views.correct, name="correct"),
]
