"""Every address of this app: policies, and its calls of the API."""

from django.urls import include, path
from django.views.decorators.http import conditional_page

from regions.api import views as api
from regions.policies import views

policies = [
    path("", views.policies, name="policies"),
    path("<slug:slug>/", views.policy, name="policy"),
]
# Nothing records when these last changed: their ETag is made of the answer.
api_calls = [
    path("regions", conditional_page(api.regions), name="api_regions"),
    path("regions/<str:code>", conditional_page(api.region_detail), name="api_region"),
    path("facts", conditional_page(api.fact_list), name="api_facts"),
    path("policies", conditional_page(api.policies), name="api_policies"),
    path("policies/<slug:slug>", conditional_page(api.policy_detail), name="api_policy"),
]
urlpatterns = [
    path("policies/", include(policies)),
    path("api/v1/", include(api_calls)),
]
