"""What is left blank was not asked: every parameter, of every page, file, feed and call."""

import re

import pytest
from django.test import Client

from carebridge.api.openapi import document
from carebridge.middleware.parameters import LONGEST_VALUE, MOST, with_short_values, without_blanks
from institutions.models import Institution
from institutions.search.filters import form_class
from regions.elder.form import ElderForm
from regions.models import Document, Policy
from regions.places.anchors import AnchorForm

pytestmark = pytest.mark.django_db
BLANKS = ["", "+", "%20%20", "%E3%80%80", "%C2%A0", "%E2%80%8B", "%EF%BB%BF", "%0D%0A"]
# Whatever any page reads; each page is sent all of it.
NAMES = {
    *form_class().base_fields,
    *ElderForm.base_fields,
    *AnchorForm.base_fields,
    *["id", "only", "to", "home", "name", "kind", "step", "most", "ref", "about", "next"],
    *["mode", "size", "theme", "contrast", "zoom", "box", "cursor", "limit", "regoin"],
}
PAGES = [
    "/", "/guide/", "/institutions/", "/institutions/suggest/", "/institutions.csv",
    "/institutions.geojson", "/institutions.atom", "/follow/", "/compare/", "/shortlist/",
    "/regions/", "/regions/110000/", "/policies/", "/sources/", "/corrections/", "/data/",
    "/data/dictionary.csv", "/api/", "/about/help/", "/display/", "/elder/", "/sitemap.xml",
]  # fmt: skip
QUERY_OF_CALL = {"clusters": "box=115,38,118,41&zoom=9", "estimate": "to=131082"}


def pages_of_one() -> list[str]:
    home = Institution.objects.published().first().get_absolute_url()
    return [
        home,
        f"{home}pack/",
        f"{home}correct/",
        Document.objects.first().get_absolute_url(),
        Policy.objects.first().get_absolute_url(),
    ]


def seen(client: Client, url: str) -> tuple[int, str, str]:
    """Status, where to, and the whole page less the token that differs each time."""
    answer = client.get(url)
    body = answer.getvalue() if answer.streaming else answer.content
    plain = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", body.decode())
    return answer.status_code, answer.headers.get("Location", ""), plain


def test_every_page_and_file_answers_blanks_as_if_nothing_was_asked(client):
    for page in [*PAGES, *pages_of_one()]:
        blanks = [f"{name}={BLANKS[at % len(BLANKS)]}" for at, name in enumerate(sorted(NAMES))]
        plain = seen(client, page)
        assert plain[0] in {200, 302}, page
        assert seen(client, f"{page}?{'&'.join(blanks)}") == plain, page


@pytest.mark.parametrize("blank", BLANKS)
def test_each_kind_of_blank_counts_as_none(client, blank):
    """The form of the front page, as it stands; and a place among blanks."""
    assert seen(client, f"/institutions/?e_hukou={blank}&region={blank}&q={blank}") == seen(
        client, "/institutions/"
    )
    both = seen(client, f"/institutions/?region={blank}&region=131082&care={blank}")
    assert both == seen(client, "/institutions/?region=131082")


def test_every_call_of_the_api_takes_each_of_its_parameters_blank(client):
    tried = 0
    for path, operations in document()["paths"].items():
        parameters = operations["get"].get("parameters", [])
        optional = [p for p in parameters if p["in"] == "query" and not p.get("required")]
        if "{" in path:
            continue
        tried += len(optional)
        assert all(parameter["allowEmptyValue"] for parameter in optional), path
        needed = QUERY_OF_CALL.get(path.rsplit("/", 1)[-1], "")
        blanks = "&".join(f"{parameter['name']}=" for parameter in optional)
        plain = seen(client, f"{path}?{needed}")
        assert plain[0] == 200, (path, plain)
        assert seen(client, f"{path}?{needed}&{blanks}") == plain, path
    assert tried > 50


def test_links_and_the_canonical_address_carry_no_blanks(client):
    page = client.get("/institutions/?region=&q=&e_age=&e_hukou=110000&e_status=").content.decode()
    links = re.findall(r'(?:href|action|hx-get)="([^"]*)"', page)
    links += re.findall(r'name="next" value="([^"]*)"', page)
    assert [link for link in links if re.search(r"=(&|$)", link.replace("&amp;", "&"))] == []


def test_the_back_office_keeps_its_blanks(admin_client):
    """There `_to_field=` is a mistake of its own, and is answered as one."""
    assert admin_client.get("/admin/auth/user/?_to_field=").status_code == 400


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("", ""),
        ("q", ""),
        ("a=&b=1&a=2&c=+", "b=1&a=2"),
        ("&&a=0&&", "a=0"),
        ("q=%00&x=%", "q=%00&x=%"),
        ("a==&b=%3D", "a==&b=%3D"),
        ("q=%ff", "q=%ff"),
    ],
)
def test_what_has_a_value_stays_as_it_was(query, kept):
    assert without_blanks(query) == kept


# What is longer than it can mean


@pytest.mark.parametrize("page", ["/institutions/", "/", "/follow/", "/compare/", "/guide/"])
@pytest.mark.parametrize("name", ["e_now", "e_zzz", "near", "e_" + "n" * 3_000])
def test_no_link_carries_on_what_is_too_long_to_mean_anything(client, page, name):
    plain = len(client.get(f"{page}?{name[:20]}=x").content)
    text = client.get(f"{page}?{name}={'x' * 3_000}").content
    assert b"x" * (LONGEST_VALUE + 1) not in text
    assert len(text) < plain + 100 * (LONGEST_VALUE + 40)
    many = client.get(f"{page}?{'&'.join(f'e_ability=y{number}' for number in range(900))}")
    assert f"y{MOST - 1}".encode() in many.content
    assert f"y{MOST}".encode() not in many.content


def test_what_is_short_enough_stays_as_it_was():
    query = "e_now=%E5%8C%97%E4%BA%AC+a&q=" + "x" * 500 + "&near=39.9%2C116&e_now"
    assert with_short_values(query) == query
    assert with_short_values("e_now=" + "%E5%8C%97" * 300) == "e_now=" + "%E5%8C%97" * LONGEST_VALUE


def test_a_value_that_is_too_long_is_still_named_as_wrong(client):
    text = client.get(f"/institutions/?near={'x' * 500}").content.decode()
    assert "看不懂" in text
    problem = client.get(f"/api/v1/institutions?e_now={'x' * 500}")
    assert problem.status_code == 400
