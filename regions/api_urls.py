from django.urls import path
from django.views.decorators.http import conditional_page

from regions.api import views as api

# What says when these last changed is what they say: their ETag is made of the answer.
urlpatterns = [
    path("regions", conditional_page(api.regions), name="api_regions"),
    path("regions/<str:code>", conditional_page(api.region), name="api_region"),
    path("facts", conditional_page(api.facts), name="api_facts"),
    path("policies", conditional_page(api.policies), name="api_policies"),
    path("policies/<slug:slug>", conditional_page(api.policy), name="api_policy"),
]
