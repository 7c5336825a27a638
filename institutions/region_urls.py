from django.urls import path

from institutions import views

urlpatterns = [
    path("", views.regions, name="regions"),
    path("groups/<slug:slug>/", views.region_group, name="region_group"),
    path("<str:code>/", views.region, name="region"),
]
