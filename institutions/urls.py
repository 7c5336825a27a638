from django.urls import path

from institutions import views

urlpatterns = [
    path("", views.institutions, name="institutions"),
    path("<int:pk>/", views.institution, name="institution"),
]
