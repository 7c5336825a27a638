"""Staff read the whole path of a region wherever they meet one: four are called 鼓楼区."""

import json
import re

import pytest
from django.contrib import admin
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import reverse

from regions.models import Region
from tests.factories import make_user
from tests.institutions.admin.test_scope import TABLE, page_of, url

pytestmark = pytest.mark.django_db

SHARED, PLACES = "鼓楼区", ("320106", "320302", "350102", "410204")
BARE = re.compile(f"(?<![市省]){SHARED}")
# Forms that say the name of the region itself, beside the region above it.
OF_THE_NAME = {("region", "change")}


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client


def pickers() -> list[tuple[str, str, str]]:
    """Every field of the admin that looks regions up, by app, model and name."""
    return [
        (model._meta.app_label, str(model._meta.model_name), name)
        for owner in admin.site._registry.values()
        for one in (owner, *owner.get_inline_instances(_request(), None))
        for model in [one.model]
        for name in one.autocomplete_fields
        if model._meta.get_field(name).related_model is Region
    ]


def _request() -> HttpRequest:
    request = RequestFactory().get("/")
    request.user = make_user(is_superuser=True, is_staff=True)
    return request


def test_every_search_box_names_the_whole_path(boss: Client):
    found = pickers()
    assert len(found) >= 8
    for app, model, name in found:
        asked = {"app_label": app, "model_name": model, "field_name": name, "term": SHARED}
        page = boss.get(reverse("admin:autocomplete"), asked)
        words = [row["text"] for row in json.loads(page.content)["results"]]
        assert len(words) == len(set(words)) >= 4, (model, name)
        assert not [text for text in words if BARE.search(text)], (model, name)


def makers() -> list[str]:
    return [name for name, kind in TABLE.items() if kind.places[0] and name != "balance"]


@pytest.mark.parametrize("kind", makers())
def test_no_page_of_the_admin_shows_a_name_that_several_have(boss: Client, kind: str):
    for row in [TABLE[kind].make(place) for place in PLACES]:
        pages = [url(row, "changelist")]
        if (row._meta.model_name, "change") not in OF_THE_NAME:
            pages += [page_of(row, "change"), page_of(row, "history")]
        for address in pages:
            text = boss.get(address, follow=True).content.decode()
            assert not BARE.findall(text), address
