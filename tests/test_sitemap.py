"""What search engines are told of: `GET /sitemap.xml` and `GET /robots.txt`."""

import re
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree

import pytest
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from institutions.models import Institution
from regions.models import Document, Fact, Policy, RegionGroup
from tests.factories import make_institution, make_region

pytestmark = pytest.mark.django_db

HOST = "http://testserver"
NAMES = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}


def listed(client) -> list[str]:
    """The paths of the sitemap."""
    response = client.get("/sitemap.xml")
    assert response.headers["Content-Type"] == "application/xml"
    root = ElementTree.fromstring(response.content)  # noqa: S314  our own answer
    places = [place.text or "" for place in root.findall("s:url/s:loc", NAMES)]
    assert all(place.startswith(f"{HOST}/") for place in places)
    return [place.removeprefix(HOST) for place in places]


def test_every_real_home_is_listed_and_no_demo_home(client):
    found = {path for path in listed(client) if re.fullmatch(r"/institutions/\d+/", path)}
    homes = Institution.objects.published().real()
    assert found == {home.get_absolute_url() for home in homes}
    assert found


def test_what_is_not_published_is_not_listed(client):
    home = make_institution(stage="draft")
    assert home.get_absolute_url() not in listed(client)


def test_every_document_and_group_is_listed(client):
    paths = set(listed(client))
    assert {document.get_absolute_url() for document in Document.objects.all()} <= paths
    assert {policy.get_absolute_url() for policy in Policy.objects.all()} <= paths
    groups = RegionGroup.objects.all()
    assert {reverse("region_group", args=[group.slug]) for group in groups} <= paths
    assert {"/", "/institutions/", "/sources/", reverse("privacy"), reverse("help")} <= paths
    assert {"/data/", reverse("about_data")} <= paths


def test_regions_with_facts_or_real_homes_are_listed(client):
    make_institution(region=make_region("440305"))
    paths = set(listed(client))
    for code in Fact.objects.filter(regions__is_current=True).values_list("regions", flat=True):
        assert reverse("region", args=[code]) in paths
    assert {reverse("region", args=[code]) for code in ("440305", "440300", "440000")} <= paths


def test_regions_that_hold_nothing_or_only_demo_homes_are_not(client):
    make_institution(region=make_region("440305"), is_demo=True)
    assert reverse("region", args=["440305"]) not in listed(client)


def test_nothing_is_listed_twice_and_everything_can_be_opened(client):
    paths = listed(client)
    assert len(paths) == len(set(paths))
    for path in paths[:: max(1, len(paths) // 25)]:
        assert client.get(path).status_code == 200, path


def test_queries(client, django_assert_num_queries):
    # 1 number of real homes, 2 real homes
    # 3 regions with facts, 4 regions with real homes and their prefectures and provinces
    # 5 groups of regions
    # 6 documents, 7 policies
    with django_assert_num_queries(7):
        client.get("/sitemap.xml")


def test_robots_may_read_all_but_the_staff_pages_and_the_searches(client):
    response = client.get("/robots.txt")
    assert response.headers["Content-Type"].startswith("text/plain")
    text = response.content.decode()
    robots = RobotFileParser()
    robots.parse(text.splitlines())
    pages = ("/", "/institutions/", "/institutions/1/", "/sources/", "/regions/500000/", "/data/")
    for path in pages:
        assert robots.can_fetch("*", HOST + path), path
    for path in ("/admin/", "/admin/login/", "/display/?mode=elder", "/shortlist/?id=1"):
        assert not robots.can_fetch("*", HOST + path), path
    for path in ("/institutions.csv", "/institutions.atom?real=1", "/data/snapshots/2026-11-01/"):
        assert not robots.can_fetch("*", HOST + path), path
    # Python's reader does not know the star; those of search engines do.
    assert "\nDisallow: /institutions/?*\n" in text
    assert robots.site_maps() == [f"{HOST}/sitemap.xml"]


@pytest.mark.parametrize("is_demo", [True, False])
def test_only_demo_homes_ask_not_to_be_indexed(client, is_demo):
    home = make_institution(is_demo=is_demo)
    check = assertContains if is_demo else assertNotContains
    check(client.get(home.get_absolute_url()), '<meta name="robots" content="noindex">')
