"""The results on a map: the same twenty, the same search, and nothing drawn that is not known."""

import html
import re

import pytest
from django.test import override_settings

from institutions.models import Institution
from institutions.register import listings
from regions.models import Region
from tests.institutions.pages.test_results_page import TOLD

pytestmark = pytest.mark.django_db

URL = "/institutions/"
DATA = "/institutions/clusters/"
TILES = "https://tiles.example/{z}/{x}/{y}.png"


def page_of(client, **asked) -> str:
    return client.get(URL, asked).content.decode()


def homes(page: str) -> list[str]:
    return re.findall(r'href="/institutions/(\d+)/[^"]*">[^<]+</a>(?: <span|</h)', page)


def test_the_pins_are_the_twenty_of_the_list_in_its_order(client):
    asked = {"region": "131000", "sort": "price", "page": "2"}
    listed, mapped = page_of(client, **asked), page_of(client, **asked, view="map")
    assert homes(mapped) == homes(listed)
    assert len(homes(mapped)) == 20
    numbers = re.findall(r'class="pin-number" aria-hidden="true">(\d+)<', mapped)
    assert numbers == [str(n) for n in range(1, 21)]


def test_the_switch_carries_every_parameter_both_ways(client):
    asked = {
        "region": "131000",
        "care": "partial",
        "sort": "net",
        "page": "2",
        "compare": "1",
        **TOLD,
    }
    shown = page_of(client, **asked)
    (to_map,) = re.findall(r'<a href="([^"]+)"><svg[^>]*><use href="[^"]*#i-map"/>', shown)
    mapped = client.get(URL + html.unescape(to_map)).content.decode()
    (to_list,) = re.findall(r'<a href="([^"]+)"><svg[^>]*><use href="[^"]*#i-list"/>', mapped)
    assert "view=map" in to_map
    assert "page=2" in to_map
    assert to_list == to_map.replace("view=map&amp;", "")
    form = mapped[mapped.index('<form class="filters"') : mapped.index('class="sheet-foot"')]
    assert '<input type="hidden" name="view" value="map">' in form
    assert f'data-clusters="{DATA}{to_list.replace("&amp;page=2", "")}"' in mapped
    for name in TOLD:
        assert f"{name}=" in to_map


def test_what_is_not_published_has_no_pin_and_is_said(client):
    page = page_of(client, view="map", real="1")
    assert "data-at=" not in page
    assert page.count("位置未公布，地图上没有</p>") == 20
    assert re.search(r"找到的机构里有 \d+ 家位置未公布", page)
    assert 'data-view="73.50000,18.00000,135.10000,53.60000"' in page


def test_a_home_that_refuses_the_elder_says_so_as_the_list_does(client):
    asked = {"region": "131000", **TOLD}
    refused = "这家机构写明不收这样的老人。"
    listed = page_of(client, **asked).count(f'<p class="small quiet">{refused}')
    assert page_of(client, **asked, view="map").count(f'<p class="small">{refused}') == listed > 0


def test_regions_are_counted_in_words_and_links(client):
    page = page_of(client, view="map", region="131000")
    table = page[page.index("h-by-region") :]
    rows = re.findall(r'href="(\?[^"]+)">([^<]+)</a></th><td[^>]*>([\d,]+)<', table)
    assert {"三河市", "香河县"} < {name for _, name, _ in rows}
    heading = re.compile(r'<h1><span class="nb">([\d,]+) 家机构')
    link, _, number = next(row for row in rows if row[1] == "三河市")
    assert link == "?region=131082&amp;view=map"
    assert heading.search(client.get(URL + html.unescape(link)).content.decode())[1] == number
    total = heading.search(page)[1]
    assert sum(int(number.replace(",", "")) for *_, number in rows) == int(total)


def test_a_map_is_a_view_of_the_same_address(client):
    asked = {"region": "131000", "view": "map"}
    canonical = re.compile(r'rel="canonical" href="([^"]+)"')
    assert canonical.search(page_of(client, **asked))[1].endswith("/institutions/?region=131000")
    assert "没有“globe”这一项" not in page_of(client, view="globe")
    assert "leaflet" not in page_of(client, view="globe")


@pytest.mark.parametrize(("engine", "queries"), [("bitmaps", 7), ("orm", 11)])
def test_queries_are_pinned(engine, queries, client, settings, django_assert_num_queries):
    settings.FACETS = engine
    asked = {"view": "map"}
    client.get(URL, asked)
    with django_assert_num_queries(queries):
        # the seven of the list; and of the database: how many were found, and which have a position
        client.get(URL, asked | {"page": "2"})


# Datum


@pytest.mark.parametrize(
    ("datum", "drawn"), [("wgs84", (116.401151, 39.902807)), ("gcj02", (116.407394, 39.904211))]
)
def test_pins_lie_where_the_tiles_draw_the_spot(datum, drawn, client, today):
    """The centre of Beijing as the shipped table of centroids gives it in both datums."""
    home = Institution.objects.filter(listing__is_demo=True).first()
    assert home
    Institution.objects.filter(pk=home.pk).update(longitude=116.401151, latitude=39.902807)
    listings.refresh([home.pk], today)
    with override_settings(MAP_DATUM=datum):
        page = page_of(client, view="map", q=home.name)
        asked = {"box": "116.38,39.89,116.42,39.92", "zoom": "14", "q": home.name}
        (alone,) = client.get(DATA, asked).json()["clusters"]
    at = re.search(rf'id="home-{home.pk}" data-at="([\d.,]+)"', page)[1]
    assert tuple(map(float, at.split(","))) == pytest.approx(drawn, abs=2e-5)
    assert (alone["longitude"], alone["latitude"]) == pytest.approx(drawn, abs=2e-5)


# Ground


def test_a_plain_ground_has_names_and_tiles_have_their_own(client):
    asked = {"box": "116.9,39.9,117.3,40.1", "zoom": "10", "q": "绝无此名"}
    sanhe = Region.objects.get(pk="131082")
    (name,) = [one for one in client.get(DATA, asked).json()["names"] if one["name"] == sanhe.name]
    assert (name["longitude"], name["latitude"]) == (sanhe.longitude, sanhe.latitude)
    wide = client.get(DATA, asked | {"box": "73,18,135,54", "zoom": "5"}).json()["names"]
    assert {"重庆市", "北京市"} <= {one["name"] for one in wide}
    with override_settings(MAP_TILES=[TILES], MAP_ATTRIBUTION="某图"):
        assert client.get(DATA, asked).json()["names"] == []
        page = page_of(client, view="map")
    assert f'data-tiles-1="{TILES}"' in page
    assert "底图：某图。" in page


def test_the_privacy_page_says_who_sees_tiles_asked_for(client):
    assert "只有一个例外" not in client.get("/about/privacy/").content.decode()
    with override_settings(MAP_TILES=[TILES], MAP_ATTRIBUTION="某图"):
        assert "向提供底图的网站（某图）取图" in client.get("/about/privacy/").content.decode()
