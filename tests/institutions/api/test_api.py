"""The API says what the pages say: the same homes, counts and figures, page by page."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from institutions.models import Institution, Listing, ListingChange
from institutions.pages.sources import shelves, source_page
from institutions.register.listings import mark_changed, refresh
from institutions.register.provenance import source_of
from institutions.search.finder import make_finder
from institutions.search.suggestions import suggestions
from regions.models import Document
from regions.policies import rulebook as policies
from tests.factories import make_user, make_whole_institution
from tests.institutions.search.test_facets import search

pytestmark = pytest.mark.django_db

URL = "/api/v1/institutions"
TOLD = (
    "e_hukou=110000&e_age=87&e_status=subsistence&e_disability=none&e_ability=gbt42195:3"
    "&e_ability=beijing:3&e_insured=110000&e_scheme=employee"
)


def ids(data: dict[str, Any]) -> list[int]:
    return [result["institution"]["id"] for result in data["results"]]


def counts(choices: list[dict[str, Any]]) -> Iterator[tuple[str, int]]:
    for choice in choices:
        yield choice["value"], choice["count"]
        yield from counts(choice["children"])


def shown(options: Any) -> Iterator[tuple[str, int]]:
    for option in options:
        yield option.value, option.count
        yield from shown((*option.children, *option.folded))


@pytest.mark.parametrize(
    "query",
    [
        "",
        "region=131082&care=partial&care=self",
        "q=养老&sort=price&price_max=6000",
        "region=jing-jin-ji&need=takes_dementia",
        "near=河北省三河市&within=50&sort=near",
        f"sort=net&region=131082&{TOLD}",
    ],
)
def test_a_search_finds_what_the_page_finds(client, query):
    page = client.get(f"/institutions/?{query}").context["results"]
    data = client.get(f"{URL}?{query}").json()
    assert ids(data) == [row.pk for row in page.page]
    told = data["count"], data["real"], data["demo"]
    assert told == (page.counts.total, page.counts.real, page.counts.demo)
    for facet, drawn in zip(data["facets"], page.column.facets, strict=True):
        assert facet["name"] == drawn.name
        assert [*counts(facet["choices"])] == [*shown((*drawn.shown, *drawn.folded))]
    for result, card in zip(data["results"], page.cards, strict=True):
        assert result["price"]["list_price_fen"] == card.price.amount
        assert (result["net"] and result["net"]["to_pay_fen"]) == (card.cost and card.cost.to_pay)
        assert result["vacant"] == card.vacant


@pytest.mark.parametrize(
    ("engine", "order"),
    [
        ("bitmaps", ""),
        ("bitmaps", "q=廊坊"),
        ("bitmaps", "sort=vacant"),
        ("bitmaps", f"sort=net&{TOLD}"),
        ("orm", "sort=fresh"),
        ("orm", f"sort=net&{TOLD}"),
    ],
)
def test_pages_put_together_are_the_whole_list(client, settings, today, engine, order):
    settings.FACETS = engine
    query = f"region=131000&{order}"
    url, found = f"{URL}?{query}&limit=15", []
    while url:
        data = client.get(url).json()
        found += ids(data)
        url = data["next"]
    assert found == make_finder(search(query, today)).ordered_ids()
    assert len(found) == data["count"] > 30


def test_a_page_goes_on_where_the_last_one_ended_whatever_changed(client, today):
    whole = ids(client.get(f"{URL}?region=131000&limit=20").json())
    first = client.get(f"{URL}?region=131000&limit=5").json()
    Institution.objects.filter(pk__in=whole[1:5]).update(stage="draft")
    refresh(whole[1:5], today)
    assert ids(client.get(first["next"].replace("limit=5", "limit=15")).json()) == whole[5:20]


def test_facets_stand_on_the_first_page_only(client):
    first = client.get(f"{URL}?region=131082&limit=5").json()
    assert first["facets"]
    assert client.get(first["next"]).json()["facets"] is None


@pytest.mark.parametrize("change", ["x", "region=131000"])
def test_a_cursor_that_is_not_of_this_search_is_refused(client, change):
    url = client.get(URL).json()["next"]
    answer = client.get(url + change if change == "x" else f"{url}&{change}")
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["parameter"] == "cursor"
    assert "去掉" in error["detail"]


@pytest.mark.parametrize(
    ("query", "parameter", "said"),
    [
        ("care=selff", "care", "没有“selff”"),
        ("price_min=三千", "price_min", "请填整数"),
        ("sort=net", "sort", "国家能力评估"),
        ("e_age=-1", "e_age", "0 到 120"),
        ("limit=101", "limit", "不能大于 100"),
        ("price_min=1&price_min=2", "price_min", "不止一次"),
        ("regoin=131082", "regoin", "没有这个参数"),
        ("page=2", "page", "没有这个参数"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(client, query, parameter, said):
    answer = client.get(f"{URL}?{query}")
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    (error,) = answer.json()["errors"]
    assert error["parameter"] == parameter
    assert said in error["detail"]


@pytest.mark.parametrize(("engine", "queries"), [("bitmaps", 8), ("orm", 10)])
def test_queries_of_a_search_are_pinned(
    engine, queries, client, settings, django_assert_num_queries
):
    settings.FACETS = engine
    client.get(URL)
    with django_assert_num_queries(queries):
        # the last change, for the ETag; then those of the results page: whether any region changed,
        # whether the bitmaps are fresh, or: the regions with long-term-care insurance,
        # the aggregate of all counts, and homes by region;
        # 20 rows (and one more) with institution and place,
        # phones, ratings, medical links, provenance with documents
        client.get(URL)


def test_queries_of_a_priced_search_are_pinned(client, django_assert_num_queries):
    policies.changed()
    url = f"{URL}?sort=net&region=131082&{TOLD}"
    client.get(url)
    with django_assert_num_queries(10):
        # no last change, because nobody keeps the answer; the seven of the results page, whether
        # regions changed, for those of the elder, the stamp of the policies, and the lists that
        # the 20 homes are on
        client.get(url)


def test_every_figure_of_a_home_has_its_source(client, today):
    home = make_whole_institution()
    refresh([home.pk], today)
    data = client.get(f"{URL}/{home.pk}").json()
    assert data["institution"]["is_demo"]
    assert data["institution"]["notice"]
    figures = {figure["path"]: figure for figure in data["figures"]}
    rows = list(home.provenance.all())
    for path, figure in figures.items():
        if figure["words"] == "未公布":
            assert figure["source"] is None
        else:
            assert data["sources"][figure["source"]]["dated"] == source_of(rows, path).dated
    beds = figures["beds/nursing/twin/registered"]
    assert data["sources"][beds["source"]]["kind"] == "机构填报"
    assert figures["website"]["source"] is None


def test_prices_of_a_home_are_fen_and_never_zero_for_unknown(client, today):
    home = make_whole_institution()
    refresh([home.pk], today)
    prices = client.get(f"{URL}/{home.pk}").json()["prices"]
    assert [price["list_price_fen"] for price in prices] == [5_100_00] * 4 + [None]
    assert prices[4]["lack"] == "not_taken"
    home.fees.filter(kind="meals").delete()
    refresh([home.pk], today)
    price = client.get(f"{URL}/{home.pk}").json()["prices"][2]
    assert (price["list_price_fen"], price["meals_fen"]) == (None, None)
    assert (price["bed_fen"], price["lack"]) == (2_000_00, "part_not_published")
    assert "餐费未公布" in price["lack_words"]


def test_who_checked_a_figure_is_not_told(client, today):
    home = make_whole_institution()
    clerk = make_user(username="zhang.san")
    home.provenance.update(verified_by=clerk, verified_on=today, verified_how="phone")
    refresh([home.pk], today)
    text = client.get(f"{URL}/{home.pk}").content.decode()
    assert "电话核实" in text
    assert "zhang.san" not in text


def test_what_is_not_published_is_not_there(client, today):
    home = make_whole_institution(stage="draft")
    refresh([home.pk], today)
    answer = client.get(f"{URL}/{home.pk}")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_queries_of_one_home_are_pinned(client, django_assert_num_queries):
    pk = Institution.objects.published().first().pk
    with django_assert_num_queries(14):
        # the last change; the home with place and listing, then its parts, one query each: phones,
        # services, beds, fees, terms, medical links, designations, ratings, quality records,
        # staff figures, photos, provenance with documents
        client.get(f"{URL}/{pk}")


@pytest.mark.parametrize("path", [URL, f"{URL}?region=131082&care=self"])
def test_what_has_not_changed_is_not_sent_again(client, path, today, django_assert_num_queries):
    first = client.get(path)
    for held in ({"If-None-Match": first["ETag"]}, {"If-Modified-Since": first["Last-Modified"]}):
        with django_assert_num_queries(1):  # the last change
            again = client.get(path, headers=held)
        assert (again.status_code, again.content) == (304, b"")
    ListingChange.objects.record_change([1], timezone.now() - timezone.timedelta(minutes=1))
    assert client.get(path, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_what_has_just_changed_is_not_promised_to_last(client, today):
    refresh([Institution.objects.published().first().pk], today)
    assert "ETag" not in client.get(URL).headers


@pytest.mark.parametrize("query", [TOLD, "near=河北省三河市"])
def test_what_is_told_of_a_family_is_kept_by_nobody(client, query):
    answer = client.get(f"{URL}?{query}")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert not {"ETag", "Last-Modified"} & answer.headers.keys()


@pytest.mark.parametrize("told", ["", TOLD, "e_hukou=110000&e_age=86"])
def test_an_estimate_is_the_ledger_of_the_page(client, told):
    home = Listing.objects.filter(price_3__isnull=False, region="131082").first()
    page = client.get(f"/follow/?home={home.pk}&{told}").context["page"]
    data = client.get(f"/api/v1/estimate?home={home.pk}&{told}").json()
    assert data["net"]["to_pay_fen"] == page.cost.to_pay
    assert data["net"]["list_price_fen"] == page.cost.list_price
    assert data["to_elder_fen"] == page.cost.ledger.to_elder
    lines = [(i.line.policy.slug, i.line.answer, i.line.counted) for i in page.crossing.items]
    shown = [(x["policy"]["slug"], x["answer"], x["counted_fen"]) for x in data["lines"]]
    assert shown == lines
    assert [x["reasons"] for x in data["lines"]] == [
        list(item.line.reasons) for item in page.crossing.items
    ]


def test_every_line_of_an_estimate_has_its_document_and_no_unknown_is_zero(client):
    data = client.get("/api/v1/estimate?to=131082&e_hukou=110000&e_age=86").json()
    assert {line["answer"] for line in data["lines"]} >= {"yes", "unknown", "no"}
    for line in data["lines"]:
        assert line["document"]["slug"]
        assert line["dated"]
        assert line["counted_fen"] != 0
        if line["answer"] in ("unknown", "no"):
            assert line["codes"]
            assert line["counted_fen"] is None
    counted = sum(line["counted_fen"] or 0 for line in data["lines"])
    assert counted == data["to_elder_fen"] == 100_00
    assert (data["net"], data["on_bill_fen"]) == (None, None)


@pytest.mark.parametrize(
    ("query", "parameter"), [("", "home"), ("home=999999999", "home"), ("to=绝无此地", "to")]
)
def test_an_estimate_needs_to_know_where_to(client, query, parameter):
    answer = client.get(f"/api/v1/estimate?{query}")
    assert answer.status_code == 400
    assert [error["parameter"] for error in answer.json()["errors"]] == [parameter]


def test_queries_of_an_estimate_are_pinned(client, django_assert_num_queries):
    policies.changed()
    home = Listing.objects.filter(price_3__isnull=False, region="131082").first()
    url = f"/api/v1/estimate?home={home.pk}&{TOLD}"
    client.get(url)
    with django_assert_num_queries(6):
        # the regions of the elder, the home with its place, its designations,
        # the stamp of the policies, the sources of its price, its phones
        client.get(url)


@pytest.mark.parametrize("text", ["廊坊", "燕达", "绝无此名"])
def test_suggestions_are_those_of_the_page(client, text):
    told = client.get(f"/api/v1/suggest?q={text}").json()
    assert [(one["words"], one["hint"]) for one in told] == [
        (one.words, one.hint) for one in suggestions(text)
    ]
    for one in told:
        assert (one["region"] is None) != (one["institution"] is None)
    for page in {one["hint"] == "地区": one["page"] for one in told}.values():
        assert client.get(page).status_code == 200


def test_clusters_are_those_of_the_map(client):
    query = "box=115.4,39.4,117.5,41.1&zoom=11&care=partial"
    page = client.get(f"/institutions/clusters/?{query}").json()
    del page["names"]  # of regions, for a map without tiles
    assert client.get(f"/api/v1/clusters?{query}").json() == page
    answer = client.get("/api/v1/clusters?box=1,2&zoom=99")
    assert {error["parameter"] for error in answer.json()["errors"]} == {"box", "zoom"}


def test_documents_are_those_of_the_page(client, today):
    told: dict[str, Any] = {}
    url = "/api/v1/documents?limit=100"
    while url:
        data = client.get(url).json()
        told |= {row["document"]["slug"]: row["use"]["figures"] for row in data["results"]}
        url = data["next"]
    shown = [source for shelf in shelves(today) for source in shelf.sources]
    assert told == {source.document.slug: source.use.figures for source in shown}


def test_a_document_says_what_is_cited_from_it(client, today):
    page = source_page(Document.objects.get(slug="chongqing-2018"), today)
    data = client.get("/api/v1/documents/chongqing-2018").json()
    assert [fact["code"] for fact in data["facts"]] == [fact.code for fact in page.facts]
    assert [row["labels"] for row in data["figures"]] == [row.labels for row in page.figures]


def test_a_reader_follows_what_changes(client, today):
    first = client.get("/api/v1/changes").json()
    assert first["everything"]
    nothing = client.get("/api/v1/changes", {"since": first["since"]}).json()
    assert nothing == {
        "everything": False,
        "changed": [],
        "gone": [],
        "since": first["since"],
    }
    kept, dropped = Listing.objects.all()[:2]
    Institution.objects.filter(pk=dropped.pk).update(stage="draft")
    refresh([kept.pk], today)
    refresh([dropped.pk], today)
    news = client.get("/api/v1/changes", {"since": first["since"]}).json()
    assert (news["everything"], news["changed"], news["gone"]) == (False, [kept.pk], [dropped.pk])
    assert client.get("/api/v1/changes", {"since": news["since"]}).json()["changed"] == []


def test_a_reader_of_another_history_starts_anew(client, today):
    since = client.get("/api/v1/changes").json()["since"]
    number, _ = since.split("-")
    assert client.get("/api/v1/changes", {"since": f"{number}-{'0' * 32}"}).json()["everything"]
    mark_changed()
    assert client.get("/api/v1/changes", {"since": since}).json()["everything"]
    assert client.get("/api/v1/changes", {"since": "昨天"}).status_code == 400
