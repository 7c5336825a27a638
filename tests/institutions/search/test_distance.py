"""Distances in results and on the page of a home: an oracle, bad addresses, words, map links."""

import random
import re
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from django.db.models import OrderBy, Q
from django.db.models.lookups import LessThanOrEqual
from django.http import QueryDict
from pyroaring import BitMap
from pytest_django.asserts import assertContains

from institutions.models import Institution, Listing
from institutions.models.listing import ChordSquared
from institutions.pages.institution.location import finders, map_links
from institutions.register.listings import refresh
from institutions.search.filters import InstitutionFilter
from institutions.search.memory.bitmaps import Bitmaps
from regions.models import Region
from regions.places.coordinates import gcj02_to_wgs84
from regions.places.distance import chord_squared
from tests.factories import make_institution
from tests.regions.places.test_distance import haversine

pytestmark = pytest.mark.django_db
URL = "/institutions/"
SANHE = "131082"
EDGES = [(180.0, 40.0), (-180.0, 40.0), (0.0, 90.0), (100.0, 89.0), (100.0, 86.0), (None, None)]


def search(address: str, on) -> InstitutionFilter:
    return InstitutionFilter(QueryDict(address), Listing.objects.all(), on)


def text(response) -> str:
    return response.content.decode()


@pytest.fixture
def scattered(today) -> dict[int, tuple[float, float] | None]:
    """Homes over all China by id: some on one spot, some without a position."""
    dice = random.Random(7)
    spots = [(dice.uniform(75, 134), dice.uniform(19, 52)) for _ in range(40)]
    spots += [spots[0]] * 3
    homes = {}
    for spot in dice.sample([*spots, None, None, None], 46):
        x, y = spot or (None, None)
        homes[make_institution(name=f"散{len(homes)}", longitude=x, latitude=y).pk] = spot
    refresh(homes, today)
    return homes


def test_sorting_and_filtering_face_the_haversine(scattered, today):
    dice = random.Random(11)
    for _ in range(12):
        here = (round(dice.uniform(75, 134), 5), round(dice.uniform(19, 52), 5))
        far = {pk: haversine(here, spot) for pk, spot in scattered.items() if spot}
        kilometres = dice.randint(300, 2500)
        near = f"near={here[1]},{here[0]}"
        rows = search(f"{near}&sort=near", today).qs.filter(pk__in=scattered)
        found = [row.pk for row in rows]
        assert found[: len(far)] == sorted(far, key=lambda pk: (round(far[pk], -1), pk))
        assert found[len(far) :] == sorted(scattered.keys() - far.keys())
        within = search(f"{near}&within={kilometres}", today).qs.filter(pk__in=scattered)
        assert {row.pk for row in within} == {
            pk for pk, metres in far.items() if metres <= kilometres * 1000
        }


@pytest.mark.no_cover
def test_bitmaps_measure_as_the_database_does(scattered, today, monkeypatch):
    """Homes on one spot, at the very bound, on the date line and by the poles; some moved since."""
    monkeypatch.setattr("institutions.search.memory.grid.FEW", 1)
    dice, bitmaps = random.Random(13), Bitmaps.load_all()
    for _ in range(15):
        moved = dice.sample([*scattered], 6)
        for pk in moved:
            x, y = dice.choice(dice.choice([EDGES, EDGES, [*filter(None, scattered.values())]]))
            Institution.objects.filter(pk=pk).update(longitude=x, latitude=y)
        refresh(moved, today)
        before, bitmaps = bitmaps, bitmaps.with_changes(moved)
        check_measures(bitmaps, [*scattered], dice)
        # Somebody may still ask the ground as it was.
        assert sorted(before.map_grid.within_chord((0, 0, 0), 10**15)) == sorted(
            before.map_grid.placed
        )


def check_measures(bitmaps: Bitmaps, scattered: list[int], dice: random.Random) -> None:
    placed = list(Listing.objects.filter(pk__in=scattered).exclude(x=None))
    here, bound = (home.position for home in dice.sample(placed, 2))
    here = tuple(metres + dice.choice([0, 0, 1, 700]) for metres in here)
    limit = chord_squared(here, bound) - dice.choice([0, 1])
    near = Q(LessThanOrEqual(ChordSquared(here), limit))
    rows = Listing.objects.filter(near)
    assert sorted(bitmaps.find(near)) == sorted(rows.values_list("pk", flat=True))
    order = OrderBy(ChordSquared(here), nulls_last=True)
    several = BitMap(dice.sample([*bitmaps.everything], 20)) | BitMap(scattered[5:])
    wanted = Listing.objects.filter(pk__in=[*several]).order_by(order, "pk")
    ids = list(wanted.values_list("pk", flat=True))
    for start in (*range(0, len(ids), 3), len(ids)):
        stop = start + dice.choice([1, 20])
        assert bitmaps.ordered_slice(several, [order], start, stop) == ids[start:stop]


def test_a_moved_home_moves_in_the_list(today):
    home = make_institution(longitude=116.0, latitude=40.0)
    refresh([home.pk], today)
    assert search("near=40,116&within=1", today).qs.filter(pk=home.pk).exists()
    Institution.objects.filter(pk=home.pk).update(longitude=None, latitude=None)
    refresh([home.pk], today)
    assert not search("near=40,116&within=5000", today).qs.filter(pk=home.pk).exists()


@pytest.mark.parametrize(
    ("address", "fields", "said"),
    [
        ("near=abc", ["near"], "没有找到这个地方"),
        ("near=91,181&within=5&sort=near", ["near"], "纬度在 -90 到 90 之间"),
        ("near=131082&near=110000", ["near"], "不止一次"),
        ("near=%00&near2=%00", ["near", "near2"], "看不懂"),
        ("near=131082&within=0", ["within"], "不能小于 1"),
        ("near=131082&within=5001", ["within"], "不能大于 5000"),
        ("near=131082&within=1e400", ["within"], "请填整数，比如 30"),
        ("within=5", ["within"], "要先填从哪里算"),
        ("near2=131082&within=5", ["within"], "要先填从哪里算"),
    ],
)
def test_a_bad_value_is_told_and_filters_nothing(address, fields, said, today):
    found = search(address, today)
    assert list(found.form.errors) == fields
    assert said in str(found.form.errors[fields[0]])
    assert found.qs.count() == Listing.objects.count()


def test_an_order_by_distance_without_a_place_is_not_asked_for(client, today):
    found = search("sort=near", today)
    assert not found.form.errors
    assert "sort" not in found.values
    assertContains(client.get("/api/v1/institutions?sort=near"), "要先填从哪里算", status_code=400)


def test_what_was_typed_in_error_stays(client):
    page = text(client.get(URL, {"near": "116.4,39.9", "within": "很近"}))
    assert page.count("请把纬度写在前面：39.9,116.4") == 2  # at the top and beside the field
    assert 'value="116.4,39.9"' in page
    assert 'value="很近"' in page
    assert re.search(r'<details class="elder[^>]*id="near" open', page)


def test_cards_name_the_straight_line_from_both_places(client):
    page = text(client.get(URL, {"near": SANHE, "near2": "110000", "sort": "near"}))
    cards = page.split('class="cards"')[1]
    assert cards.count("（从三河市中心点算）") == cards.count("（从北京市中心点算）") == 20
    shown = re.findall(r"<dd>(?:约 ([\d.,]+)|不到 1) 公里（从三河市", cards)
    assert [float(far or 0) for far in shown] == sorted(float(far or 0) for far in shown)
    assert "直线距离" in cards
    assert "分钟" not in cards
    assert "直线距离从近到远排" in re.sub(r"<[^>]+>", "", page)


def test_a_home_without_a_position_says_so(client):
    page = text(client.get(URL, {"near": SANHE, "q": "燕达"}))
    assert "从三河市中心点算不出：这家的位置未公布" in page


def test_the_distance_is_a_chip_and_a_condition_to_drop(client):
    page = text(client.get(URL, {"near": SANHE, "within": "20", "q": "绝无此名"}))
    assert "离三河市中心点直线 20 公里以内" in page
    far = text(client.get(URL, {"near": "20,75", "within": "1", "region": SANHE}))
    links = dict(re.findall(r"<a href=\"(\?[^\"]*)\"><span>去掉条件：([^<]+)", far))
    assert links == {f"?region={SANHE}&amp;near=20,75": "离您填的位置（20,75）直线 1 公里以内"}


def test_counts_beside_choices_come_true_within_a_distance(client):
    page = text(client.get(URL, {"near": SANHE, "within": "60"}))
    count = re.search(r'value="110000".*?<data class="n" value="(\d+)"', page, re.DOTALL)[1]
    found = text(client.get(URL, {"near": SANHE, "within": "60", "region": "110000"}))
    assert int(count) > 0
    assert f"{int(count):,} 家机构" in found


def test_the_family_is_carried_on_and_kept_by_no_cache(client):
    response = client.get(URL, {"near": SANHE, "near2": "39.9,116.4", "within": "99", "kind": "x"})
    page = text(response)
    assert response.headers["Cache-Control"] == "private, no-store"
    assert page.split('rel="canonical" href="')[1].split('"')[0].endswith("/institutions/")
    assert re.search(
        rf'<h2 [^>]*><a href="/institutions/\d+/\?near={SANHE}&amp;near2=39.9%2C116.4', page
    )
    filters = page[page.index('id="filters"') :]
    for name, value in (("near", SANHE), ("near2", "39.9,116.4"), ("within", "99")):
        assert f'<input type="hidden" name="{name}" value="{value}">' in filters
    strip = page[page.index('id="elder"') : page.index('id="near"')]
    assert f'name="near" value="{SANHE}"' in strip
    assert "sort=near" in page
    assert "sort=near" not in text(client.get(URL))


def test_the_strip_sends_the_rest_of_the_search_along(client):
    told = {"near": SANHE, "sort": "near", "region": SANHE, "e_age": "87"}
    page = text(client.get(URL, told))
    strip = page[page.index('id="near"') : page.index('id="filters"')]
    assert re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', strip) == [
        ("region", SANHE),
        ("e_age", "87"),
    ]
    assert f'href="?region={SANHE}&amp;e_age=87">不算距离了' in strip


def test_queries_with_places_are_pinned(client, django_assert_num_queries):
    client.get(URL)
    with django_assert_num_queries(7):
        # those of any search: a code or a point asks nothing, and who is near, and how near, is
        # known in memory
        client.get(URL, {"near": SANHE, "near2": "39.9,116.4", "within": "50", "sort": "near"})


def test_the_page_of_a_home_tells_both_distances(client, today):
    home = make_institution(is_demo=True, longitude=117.07179, latitude=40.0)
    refresh([home.pk], today)
    page = text(
        client.get(home.get_absolute_url(), {"near": SANHE, "near2": "30,104", "e_age": "80"})
    )
    place = page[page.index('id="place"') :]
    assert "约 2.1 公里（从三河市中心点算）" in place
    far = haversine((117.07179, 40.0), (104, 30))
    assert f"约 {far / 1000:,.0f} 公里（从您填的位置（30,104）算）" in place
    assert '<input type="hidden" name="e_age" value="80">' in place
    ledger = page[page.index('id="ledger"') : page.index('id="place"')]
    assert '<input type="hidden" name="near2" value="30,104">' in ledger
    bad = text(client.get(home.get_absolute_url(), {"near": "abc"}))
    assert "没有找到这个地方" in bad[bad.index('id="place"') :]


def parameters(url: str) -> dict[str, str]:
    return {name: value for name, [value] in parse_qs(urlsplit(url).query).items()}


# Positions that the shipped table of centroids gives in both datums.
@pytest.mark.parametrize(
    ("wgs84", "gcj02"),
    [
        ((116.401151, 39.902807), (116.407387, 39.904179)),
        ((104.0, 30.0), None),
        ((2.3, 48.8), None),
    ],
)
def test_map_apps_get_the_datum_they_draw(wgs84, gcj02):
    home = make_institution(name="测试&养老院", longitude=wgs84[0], latitude=wgs84[1])
    amap, baidu, phone = map_links(home)
    drawn = tuple(map(float, parameters(amap.url)["position"].split(",")))
    assert parameters(amap.url)["coordinate"] == "gaode"
    assert parameters(amap.url)["name"] == "测试&养老院"
    assert haversine(gcj02_to_wgs84(*drawn), wgs84) < 1
    if gcj02:
        assert haversine(drawn, gcj02) < 5
    asked = parameters(baidu.url)
    assert (asked["location"], asked["coord_type"]) == (f"{wgs84[1]:.6f},{wgs84[0]:.6f}", "wgs84")
    point = f"{wgs84[1]:.6f},{wgs84[0]:.6f}"
    assert unquote(phone.url) == f"geo:{point}?q={point}(测试&养老院)"
    assert "&" not in phone.url


def test_a_home_is_found_by_name_where_its_position_is_not_published():
    home = make_institution(name="查名养老院", region=Region.objects.get(pk=SANHE))
    amap, baidu = finders(home)
    assert (parameters(amap.url)["keyword"], parameters(amap.url)["city"]) == (
        "查名养老院",
        "廊坊市",
    )
    assert parameters(baidu.url)["region"] == "廊坊市"
    assert map_links(home) == ()


def test_links_to_maps_are_named_as_leading_elsewhere(client):
    real = make_institution(longitude=116.0, latitude=40.0)
    page = text(client.get(real.get_absolute_url()))
    links = re.findall(r'<a [^>]*href="(?:https://(?:uri\.amap|api\.map)|geo:)[^>]*>.*?</a>', page)
    assert len(links) == 3
    assert all('rel="noopener noreferrer"' in link and "离开本站" in link for link in links)
    demo = make_institution(is_demo=True, longitude=116.0, latitude=40.0)
    page = text(client.get(demo.get_absolute_url()))
    assert "示例机构没有真实的位置，不给地图链接" in page
    assert "amap" not in page
    bare = text(client.get(make_institution().get_absolute_url()))
    assert "找到的可能是别处" in bare
