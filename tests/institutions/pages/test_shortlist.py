"""Homes put aside: `GET /shortlist/?id=…&id=…`."""

import re
from urllib.parse import urlencode

import pytest
import qrcode
from django.http import QueryDict
from django.utils.html import escape
from pytest_django.asserts import assertContains, assertNotContains

from carebridge.lib.qr import qr_code
from institutions.models import Institution, Listing
from institutions.pages.compare import page as comparison
from institutions.pages.parts.carried_homes import Carried, search_of
from institutions.pages.shortlist import Shortlist, address
from institutions.register.listings import refresh
from tests.factories import make_institution

pytestmark = pytest.mark.django_db


@pytest.fixture
def homes(today) -> list[Institution]:
    homes = [make_institution() for _ in range(3)]
    refresh([home.pk for home in homes], today)
    return homes


def shortlist(query: str, today) -> Shortlist:
    return Shortlist(QueryDict(query), today, search_of(QueryDict(query)))


def test_the_address_is_the_list_in_its_order_without_doubles(homes, today):
    a, b, c = (home.pk for home in homes)
    found = shortlist(f"id={c}&id={a}&id={c}&id= {b} &e_hukou=110105", today)
    assert found.ids == [c, a, b]
    assert [card.institution.pk for card in found.cards] == [c, a, b]
    assert found.url == f"/shortlist/?id={c}&id={a}&id={b}"
    assert found.problems == []


def test_each_home_can_be_moved_and_removed(homes, today):
    a, b, c = (home.pk for home in homes)
    first, second, third = shortlist(f"id={a}&id={b}&id={c}", today).entries
    assert (first.up_url, third.down_url) == ("", "")
    assert first.down_url == second.up_url == address([b, a, c])
    assert second.down_url == third.up_url == address([a, c, b])
    assert [e.without_url for e in (first, second, third)] == [
        address([b, c]),
        address([a, c]),
        address([a, b]),
    ]
    assert shortlist("", today).url == "/shortlist/"


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("id=abc", "“abc”不是机构编号"),
        ("id=%00", "不是机构编号"),
        ("id=-1", "“-1”不是机构编号"),
        ("id=" + "9" * 5_000, "不是机构编号"),
        ("id=999999999", "编号 999999999 的机构找不到"),
    ],
)
def test_what_is_not_there_is_said_in_words(client, query, told):
    response = client.get(f"/shortlist/?{query}")
    assertContains(response, told)
    assertContains(response, "还没有收藏机构")


def test_a_home_that_is_not_published_is_not_shown(client):
    home = make_institution(stage="draft", name="还没发布的养老院")
    response = client.get(f"/shortlist/?id={home.pk}")
    assertContains(response, f"编号 {home.pk} 的机构找不到")
    assertNotContains(response, home.name)


def test_twenty_are_enough(client):
    ids = list(Listing.objects.order_by("pk").values_list("pk", flat=True)[:22])
    response = client.get(address(ids))
    assertContains(response, "后面 2 家没有列出")
    assertContains(response, "收藏的 20 家机构")


def test_queries(client, django_assert_num_queries):
    ids = list(Listing.objects.order_by("pk").values_list("pk", flat=True)[:20])
    # 1 listings with their homes and places; 2 phones, 3 ratings, 4 medical links, 5 provenance
    with django_assert_num_queries(5):
        client.get(address(ids))


def test_nothing_of_the_elder_is_handed_on(client, homes):
    query = f"/shortlist/?id={homes[0].pk}&e_hukou=110105&e_age=82&q=x"
    page = client.get(query).content.decode()
    link = re.search(r'<input id="id_link" value="([^"]*)" readonly>', page)
    assert link
    assert link[1] == f"http://testserver/shortlist/?id={homes[0].pk}"
    assert "里面只有机构编号" in page
    printed = page.split('class="wrap print-only"')[1].split("</p>")[0]
    assert "e_" not in printed
    assert '<meta name="robots" content="noindex">' in page


def test_the_elder_and_the_search_are_kept_on_the_page(client, homes):
    """For whom and among what a family was looking is not asked again after a look at the list."""
    one, two, three = (home.pk for home in homes)
    elder = "e_hukou=110105&e_age=82"
    search = urlencode({"from": "region=110105&price_max=6000"})
    page = client.get(f"{address([one, two, three])}&{elder}&{search}").content.decode()
    main = page.split('<main id="main"')[1].split("</main>")[0]
    for link in (
        f"/institutions/?keep={one},{two},{three}&region=110105&price_max=6000&{elder}",
        f"{address([one, three])}&{search}&{elder}",
        f"{address([two, one, three])}&{search}&{elder}",
        f"/compare/?id={one}&id={two}&id={three}&{search}&{elder}",
        f"{homes[0].get_absolute_url()}?{elder}&{search}",
    ):
        assert f'href="{escape(link)}"' in main, link
    assert f'href="{escape(f"/shortlist/?{elder}&{search}")}"' in page.split("<main")[0]


@pytest.mark.parametrize(
    ("number", "words"), [(1, None), (2, "对比这 2 家"), (4, "对比这 4 家"), (5, "对比前 4 家")]
)
def test_the_list_is_compared_with_one_link(client, number, words):
    ids = list(Listing.objects.order_by("pk").values_list("pk", flat=True)[:number])
    page = client.get(address(ids)).content.decode()
    found = re.search(
        r'href="(/compare/[^"]*)" rel="nofollow"><svg.*?</svg>\s*(对比\S+ \d 家)', page
    )
    if words is None:
        assert found is None
    else:
        assert found.groups() == (escape(comparison.address(ids[:4])), words)


# The code


def test_the_code_is_drawn_module_by_module(client, homes):
    text = f"http://testserver/shortlist/?id={homes[0].pk}"
    oracle = qrcode.QRCode(border=0, error_correction=qrcode.ERROR_CORRECT_M)
    oracle.add_data(text)
    drawn = qr_code(text)
    dark = {
        (int(x) + step, int(y))
        for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", drawn.path)
        for step in range(int(length))
    }
    rows = oracle.get_matrix()
    assert dark == {(x, y) for y, row in enumerate(rows) for x, on in enumerate(row) if on}
    assert drawn.view_box == f"-4 -4 {drawn.size + 8} {drawn.size + 8}"
    assertContains(client.get(f"/shortlist/?id={homes[0].pk}"), drawn.path)


# Carried by other pages, without scripts


@pytest.mark.parametrize(
    ("text", "ids"),
    [("", []), ("3,7,3", [3, 7]), ("x,7,,\0,-1", [7]), ("9" * 400, []), ("1," * 5_000, [1])],
)
def test_the_list_so_far(text, ids):
    carried = Carried({"keep": text})
    assert carried.kept == ids
    assert carried.kept_parameter == ({"keep": ",".join(map(str, ids))} if ids else {})


def test_results_carry_the_list_through_every_link(client):
    page = client.get("/institutions/?keep=3,7&vacant=any").content.decode()
    main = page.split('<main id="main"')[1].split("</main>")[0]
    links = [link for link in re.findall(r'href="(\?[^"]*)"', main) if link != "?"]
    assert links
    assert all("keep=3,7" in link for link in links)
    assert '<input type="hidden" name="keep" value="3,7">' in main
    assert re.search(r'href="/shortlist/\?id=3&amp;id=7&amp;id=\d+&amp;from=vacant%3Dany"', main)
    assert "keep" not in re.search(r'rel="canonical" href="([^"]*)"', page)[1]


def test_a_page_adds_its_home_to_the_list(client, homes):
    home = homes[0]
    assertContains(
        client.get(f"{home.get_absolute_url()}?keep=3,{home.pk}"),
        f'href="/shortlist/?id=3&amp;id={home.pk}"',
    )
