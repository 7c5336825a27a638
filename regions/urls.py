from django.urls import path

from regions.policies import views

urlpatterns = [
    path("", views.policies, name="policies"),
    path("<slug:slug>/", views.policy, name="policy"),
]
