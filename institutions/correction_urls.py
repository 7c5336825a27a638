from django.urls import path

from institutions import correction_views

urlpatterns = [
    path("", correction_views.corrections, name="corrections"),
    path("thanks/", correction_views.correction_thanks, name="correction_thanks"),
]
