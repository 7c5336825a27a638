from django.urls import path
from django.views.generic import ListView, TemplateView

from regions.models import Document, Grade

reports = (
    Document.objects.published()
    .filter(kind=Document.Kind.REPORT, grade=Grade.REPORT)
    .order_by("pk")
)

urlpatterns = [
    path(
        "data/",
        ListView.as_view(queryset=reports, template_name="public/about/data.html"),
        name="about_data",
    ),
    path(
        "privacy/", TemplateView.as_view(template_name="public/about/privacy.html"), name="privacy"
    ),
    path(
        "accessibility/",
        TemplateView.as_view(template_name="public/about/accessibility.html"),
        name="accessibility",
    ),
    path("help/", TemplateView.as_view(template_name="public/about/help.html"), name="help"),
]
