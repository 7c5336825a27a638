from django.urls import path

from institutions.corrections import views as correction_views

urlpatterns = [
    path("", correction_views.corrections, name="corrections"),
    path("thanks/", correction_views.correction_thanks, name="correction_thanks"),
]
