"""A page that the reader already has is not sent again; what is for one reader is always sent."""

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse

from institutions.models import Institution
from institutions.register.listings import refresh
from regions.models import Fact, Policy

pytestmark = pytest.mark.django_db
PAGES = [
    *("/", "/guide/", "/institutions/", "/institutions/?region=131082&care=self", "/follow/"),
    *("/compare/?id=1&id=2", "/shortlist/?id=1", "/regions/", "/regions/110105/", "/policies/"),
    *("/policies/cn-01/", "/sources/", "/about/help/", "/about/data/", "/institutions/?view=map"),
]
FAMILY = ["e_hukou=110000&e_age=87", "e_nobody=asks", "near=131082&within=50", "near2=110105"]


def etag(client, path: str) -> str:
    return client.get(path).headers["ETag"]


def ask_again(client, path: str, held: str, **headers: str) -> HttpResponse:
    return client.get(path, headers={"If-None-Match": held} | headers)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_sent_once(client, path):
    page = client.get(path)
    assert page.headers["ETag"].startswith('W/"')
    rules = page.headers["Cache-Control"].split(", ")
    assert {"max-age=0", "must-revalidate"} <= set(rules)
    assert {rule for rule in rules if rule.startswith("s-maxage")} <= {"s-maxage=60"}
    again = ask_again(client, path, page.headers["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    for header in ("ETag", "Cache-Control", "Vary"):
        assert again.headers[header] == page.headers[header]
    assert "Cookie" in page.headers["Vary"]
    assert not client.cookies


@pytest.mark.parametrize("path", ["/", "/institutions/?region=131082"])
def test_the_compressed_page_is_the_same_page(client, path):
    plain, packed = client.get(path), client.get(path, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["ETag"] == plain.headers["ETag"]
    assert "Accept-Encoding" in plain.headers["Vary"]
    again = ask_again(client, path, plain.headers["ETag"], **{"Accept-Encoding": "gzip"})
    assert again.status_code == 304
    assert "Content-Encoding" not in again.headers


def test_the_head_of_a_page_names_its_etag(client, rf):
    held = etag(client, "/about/help/")
    head = WSGIHandler().get_response(rf.head("/about/help/"))
    assert head.headers["ETag"] == held


def test_a_home_that_changed_is_sent_at_once(client, today):
    home = Institution.objects.published().real().first()
    paths = [home.get_absolute_url(), f"/institutions/?q={home.name}", f"/compare/?id={home.pk}"]
    held = {path: etag(client, path) for path in paths}
    assert all(ask_again(client, path, tag).status_code == 304 for path, tag in held.items())
    Institution.objects.filter(pk=home.pk).update(name="换了名的养老院")
    refresh([home.pk], today)
    for path, tag in held.items():
        page = ask_again(client, path, tag)
        assert page.status_code == 200, path
        assert page.headers["ETag"] != tag


def test_a_fact_or_a_policy_that_changed_is_sent_at_once(client):
    facts, policy = etag(client, "/regions/110105/"), etag(client, "/policies/cn-01/")
    Fact.objects.filter(regions="110105").update(label="新的说法")
    Policy.objects.filter(slug="cn-01").update(name="新的名称")
    assert ask_again(client, "/regions/110105/", facts).status_code == 200
    assert ask_again(client, "/policies/cn-01/", policy).status_code == 200


@pytest.mark.parametrize("family", FAMILY)
@pytest.mark.parametrize("path", ["/", "/institutions/", "/follow/", "/compare/"])
def test_a_page_of_a_family_is_never_compared(client, path, family):
    page = client.get(f"{path}?{family}", headers={"If-None-Match": "*"})
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "private, no-store"
    assert "ETag" not in page.headers


@pytest.mark.parametrize("cookie", ["mode", "theme", "csrftoken"])
def test_a_page_with_a_cookie_is_never_compared(client, cookie):
    held = etag(client, "/institutions/")
    client.cookies[cookie] = "elder" if cookie == "mode" else "dark"
    page = ask_again(client, "/institutions/", held)
    assert page.status_code == 200
    assert "ETag" not in page.headers


@pytest.mark.parametrize("path", ["/corrections/", "/admin/login/", "/nothing/", "/regions/0/"])
def test_forms_with_a_token_the_back_office_and_errors_are_never_compared(client, path):
    page = client.get(path, headers={"If-None-Match": "*"})
    assert page.status_code in {200, 404}
    assert "ETag" not in page.headers
