"""Regions, facts and policies by the API are those of the pages, in the same words."""

import pytest

from institutions.pages.regions.page import Regional, for_regional
from regions.models import Fact, Policy, Region
from regions.policies import text as policy_words
from tests.factories import make_region

pytestmark = pytest.mark.django_db

API = "/api/v1"


def whole(client, url: str) -> list[dict]:
    """Every row of a list, page by page."""
    found: list[dict] = []
    while url:
        data = client.get(url).json()
        found += data["results"]
        url = data["next"]
    return found


def test_every_current_region_is_listed_once(client):
    codes = [row["code"] for row in whole(client, f"{API}/regions?level=2&limit=100")]
    assert codes == [*Region.objects.current().filter(level=2).values_list("pk", flat=True)]


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("name=三河", ["131082"]),
        ("name=朝阳区", ["110105", "220104"]),
        ("name=绝无此地", []),
        ("parent=131000&name=三河市", ["131082"]),
        ("level=0", ["000000"]),
    ],
)
def test_regions_are_found_as_the_pages_find_them(client, query, codes):
    assert [row["code"] for row in whole(client, f"{API}/regions?{query}")] == codes


def test_a_former_region_says_what_became_of_it(client):
    former = Region.objects.filter(is_current=False, successors__isnull=False).first()
    data = client.get(f"{API}/regions/{former.code}").json()
    assert data["is_current"] is False
    assert data["successors"] == [heir.code for heir in former.heirs()]


@pytest.mark.parametrize("code", ["500000", "131082", "410800", "110105"])
def test_facts_of_a_region_are_those_of_its_page(client, today, code):
    page = Regional(for_regional().get(pk=code), today)
    rows = whole(client, f"{API}/facts?region={code}&limit=100")
    assert {row["code"]: row["words"] for row in rows} == {f.code: f.shown for f in page.facts}
    assert all(row["document"]["slug"] and row["quote"] for row in rows)


def test_facts_of_a_document_and_targets_apart(client):
    rows = whole(client, f"{API}/facts?document=chongqing-2018&nature=target&limit=100")
    wanted = Fact.objects.filter(document__slug="chongqing-2018", nature="target")
    assert {row["code"] for row in rows} == {*wanted.values_list("code", flat=True)} != set()


@pytest.mark.parametrize("query", ["", "region=110000", "region=131082&kind=allowance"])
def test_policies_are_those_of_the_page(client, query):
    page = client.get(f"/policies/?{query}").context["page"]
    shown = {e.policy.slug: (e.gives, e.state) for shelf in page.shelves for e in shelf.entries}
    rows = whole(client, f"{API}/policies?{query}&limit=100")
    told = {row["policy"]["slug"]: (row["gives"], row["state"] or "") for row in rows}
    assert told == shown
    assert shown


def test_a_policy_says_every_rate_in_fen_and_in_words(client):
    policy = Policy.objects.get(slug="bj-01")
    data = client.get(f"{API}/policies/bj-01").json()
    rates = policy.rates.order_by("order")
    assert [tier["amount"]["amount_fen"] for tier in data["tiers"]] == [r.amount for r in rates]
    assert [tier["amount_words"] for tier in data["tiers"]] == [
        policy_words.amount(rate, policy) for rate in rates
    ]
    assert data["policy"]["document"]["number"]


def test_a_policy_that_is_not_checked_shows_no_amount(client):
    weak = Policy.objects.exclude(grade__in=["A", "B", "S"]).first()
    data = client.get(f"{API}/policies/{weak.slug}").json()
    assert all(tier["amount"]["amount_fen"] is None for tier in data["tiers"])
    assert data["policy"]["ask"]


@pytest.mark.parametrize(
    ("path", "parameter", "said"),
    [
        ("regions?level=9", "level", "9"),
        ("regions?parents=131000", "parents", "没有这个参数"),
        ("facts?region=绝无此地", "region", "没有找到"),
        ("facts?document=none", "document", "没有这份文件"),
        ("policies?region=999999", "region", "没有这个地区"),
        ("policies?kind=x", "kind", "x"),
        ("policies?limit=0", "limit", "不能小于"),
        ("regions/131082?x=1", "x", "没有参数"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(client, path, parameter, said):
    answer = client.get(f"{API}/{path}")
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["parameter"] == parameter
    assert said in error["detail"]


@pytest.mark.parametrize("path", ["regions/999999", "policies/none"])
def test_what_is_not_there_is_a_problem(client, path):
    answer = client.get(f"{API}/{path}")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("path", "queries"),
    [
        # regions_region with two above, successors
        ("regions?limit=100", 2),
        # the region of the code, and its successors; facts with documents, their regions
        ("facts?region=500000", 4),
        # the region of the address, and its successors; policies with document and region, rates
        ("policies?region=110000", 4),
        # the policy with document and region; rates, groups, places, doubtful places; exclusions
        # with documents, both their sides; sentences with their texts
        ("policies/bj-01", 9),
    ],
)
def test_queries_are_pinned(client, path, queries, django_assert_num_queries):
    with django_assert_num_queries(queries):
        client.get(f"{API}/{path}")


def test_what_has_not_changed_is_not_sent_again(client):
    url = f"{API}/regions/110105"
    held = {"If-None-Match": client.get(url).headers["ETag"]}
    assert client.get(url, headers=held).status_code == 304
    region = make_region("110105")
    region.short_name = "别的"
    region.save()
    assert client.get(url, headers=held).status_code == 200
