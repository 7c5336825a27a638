"""Homes on the map: what a box counts is what counting the homes one by one gives."""

import datetime
import json
import random
from collections import Counter
from math import atan2, cos, degrees, floor, hypot, log, pi, radians, tan

import pytest
from django.test import override_settings
from pyroaring import BitMap

from institutions.models import Institution
from institutions.pages.results.clusters import (
    FIRST_ZOOM,
    LAST_ZOOM,
    MOST_CELLS,
    MOST_IN_CELL,
    Box,
    Cluster,
    Clusters,
    MapHome,
    clusters,
    map_window,
)
from institutions.register import listings
from institutions.search.filters import InstitutionFilter
from institutions.search.finder import DatabaseFinder, MemoryFinder
from institutions.search.memory.snapshot import BitmapIndex
from regions.places.distance import Position
from regions.places.map_cells import KEPT
from tests.institutions.search.test_bitmaps import at_once, drawn, edit
from tests.institutions.search.test_facets import search

pytestmark = pytest.mark.django_db

URL = "/institutions/clusters/"
CHINA = "73,18,135,54"
CENTRES = [(116.4, 39.9), (106.5, 29.6), (113.2, 35.2), (117.1, 39.98)]


def textbook_cell(position: Position, depth: int) -> tuple[int, int]:
    """Column and row as any text on map tiles works them out."""
    x, y, z = position
    longitude, latitude = degrees(atan2(y, x)), atan2(z, hypot(x, y))
    south = (1 - log(tan(latitude) + 1 / cos(latitude)) / pi) / 2
    return floor((longitude + 180) / 360 * 2**depth), floor(south * 2**depth)


def one_by_one(asked: InstitutionFilter, box: Box, depth: int) -> Counter[tuple[int, int]]:
    """Every home of the search in turn: into the cell it lies in, where the box touches that."""
    west, north = textbook_point(box.west, box.north, depth)
    east, south = textbook_point(box.east, box.south, depth)
    counted: Counter[tuple[int, int]] = Counter()
    for row in asked.qs:
        if row.position:
            cell = textbook_cell(row.position, depth)
            inside = west <= cell[0] <= east and north <= cell[1] <= south
            counted[cell] += inside
    return +counted


def textbook_point(longitude: float, latitude: float, depth: int) -> tuple[int, int]:
    angle = radians(latitude)
    south = (1 - log(tan(angle) + 1 / cos(angle)) / pi) / 2
    return floor((longitude + 180) / 360 * 2**depth), floor(south * 2**depth)


def a_view(rng: random.Random) -> tuple[Box, int]:
    """Somewhere near homes, as wide as a screen of that zoom or much wider."""
    zoom = rng.randint(FIRST_ZOOM, LAST_ZOOM)
    (longitude, latitude), half = rng.choice(CENTRES), 360 / 2**zoom * rng.choice([1, 2, 3])
    west, east = max(-180.0, longitude - half), min(180.0, longitude + half)
    return Box(west, max(-85.0, latitude - half / 2), east, min(85.0, latitude + half / 2)), zoom


@pytest.mark.no_cover
def test_cells_count_what_counting_one_by_one_gives(today):
    check_cells(range(8), today)


@pytest.mark.full
def test_cells_count_what_counting_one_by_one_gives_at_length(today):
    check_cells(range(1_000, 1_200), today)


def check_cells(seeds: range, today: datetime.date) -> None:
    """Random searches and views with homes edited between them: both engines, and the oracle."""
    worker = BitmapIndex(at_once)
    for seed in seeds:
        rng = random.Random(seed)
        edit(rng, today)
        asked, (box, zoom) = drawn(rng, today), a_view(rng)
        looked_at = map_window(box, zoom)
        fast = MemoryFinder(asked, worker.current()).on_ground(looked_at)
        slow = DatabaseFinder(asked).on_ground(looked_at)
        assert (
            MemoryFinder(asked, worker.current()).map_extent() == DatabaseFinder(asked).map_extent()
        )
        assert fast == slow, asked.data.urlencode()
        counted = {(cell.column, cell.row): len(ids) for cell, ids in fast.groups.items()}
        assert counted == one_by_one(asked, box, looked_at.depth)
        assert fast.total == asked.qs.count()
        assert {*fast.demo} == {*asked.qs.filter(is_demo=True).values_list("pk", flat=True)}
        assert fast.placed == asked.qs.filter(institution__longitude__isnull=False).count()


@pytest.mark.parametrize("zoom", [9, KEPT + 3])
def test_a_home_that_moves_is_found_where_it_is_now(zoom, today):
    worker, half = BitmapIndex(at_once), 60 / 2**zoom
    first, other = worker.current().map_grid.placed[:2]
    for longitude in (90.0, 95.0):
        Institution.objects.filter(pk=first).update(longitude=longitude, latitude=40.0)
        listings.refresh([first], today)
        ground = worker.current().map_grid
    here, there = (map_window(Box(x - half, 39.9, x + half, 40.1), zoom) for x in (95.0, 90.0))
    assert [*ground.group_by_cell(ground.placed, here).values()] == [BitMap([first])]
    assert ground.group_by_cell(ground.placed, there) == {}
    Institution.objects.filter(pk=first).update(longitude=None, latitude=None)
    listings.refresh([first], today)
    ground = worker.current().map_grid
    assert first not in ground.placed
    assert ground.group_by_cell(BitMap([first]), here) == {}
    assert len(ground.codes) == len(ground.placed)
    assert ground.extent_of(BitMap([other])) is not None


def test_both_engines_draw_the_same(today):
    box = Box(115.4, 39.4, 117.5, 41.1)
    asked = search("region=110000&q=养老", today)
    fast = clusters(asked, box, 9)
    with override_settings(FACETS="orm"):
        assert clusters(asked, box, 9).data == fast.data
    assert sum(cluster.count for cluster in fast.clusters) > len(fast.clusters) > 5


def test_a_home_alone_stands_where_it_is_and_several_apart_from_the_next(today):
    box = Box(116.9, 39.8, 117.3, 40.1)
    found = clusters(search("region=131082", today), box, 13)
    alone = [cluster for cluster in found.clusters if cluster.count == 1]
    assert alone
    for cluster in alone:
        home = Institution.objects.get(pk=cluster.named[0].id)
        assert (cluster.longitude, cluster.latitude) == (home.longitude, home.latitude)
        assert cluster.place == "三河市"
    several = [cluster for cluster in found.clusters if cluster.count > 1]
    width = 360 / 2 ** map_window(box, 13).depth
    assert several
    for one in several:
        assert one.named == ()
        across = (one.longitude + 180) / width % 1
        assert 0.25 - 1e-9 <= across <= 0.75 + 1e-9


@pytest.mark.parametrize("engine", ["bitmaps", "orm"])
def test_a_cluster_says_how_many_of_it_are_made_up(engine, settings, today):
    settings.FACETS = engine
    real, *demo = Institution.objects.filter(listing__isnull=False).order_by("is_demo")[:3]
    Institution.objects.filter(pk=real.pk).update(is_demo=False)
    Institution.objects.filter(pk__in=[home.pk for home in demo]).update(is_demo=True)
    together = [real.pk, *(home.pk for home in demo)]
    Institution.objects.filter(pk__in=together).update(longitude=90.0, latitude=40.0)
    listings.refresh(together, today)
    found = clusters(search("", today), Box(89.9, 39.9, 90.1, 40.1), 9).data
    assert [(one["count"], one["demo"]) for one in found["clusters"]] == [(3, 2)]
    assert found["demo"] == Institution.objects.published().filter(is_demo=True).count()


def test_homes_on_one_spot_are_named_at_the_last_zoom(today):
    homes = Institution.objects.filter(listing__isnull=False).order_by("pk")[: MOST_IN_CELL + 3]
    Institution.objects.filter(pk__in=[h.pk for h in homes]).update(longitude=90.0, latitude=40.0)
    listings.refresh([home.pk for home in homes], today)
    box = Box(89.999, 39.999, 90.001, 40.001)
    (near,) = clusters(search("", today), box, LAST_ZOOM).clusters
    assert (near.count, len(near.named)) == (MOST_IN_CELL + 3, MOST_IN_CELL)
    (farther,) = clusters(search("", today), box, LAST_ZOOM - 1).clusters
    assert (farther.count, farther.named) == (MOST_IN_CELL + 3, ())


def test_an_unknown_position_is_counted_and_never_drawn(client, today):
    found = client.get(URL, {"box": "-180,-90,180,90", "zoom": "3", "real": "1"}).json()
    drawn_homes = sum(cluster["count"] for cluster in found["clusters"])
    assert found["total"] == search("real=1", today).qs.count() > 0
    assert found["placed"] == drawn_homes == 0
    assert found["unplaced"] == found["total"]


@pytest.mark.parametrize("zoom", [3, 6, 9, KEPT, 18])
def test_any_box_at_any_zoom_has_few_cells(zoom):
    world, screen = Box(-180, -90, 180, 90), 1920 / 256 * 360 / 2**zoom
    assert len(map_window(world, zoom)) <= MOST_CELLS
    looked_at = map_window(Box(100, 30, 100 + screen, 30 + screen / 3), zoom)
    assert looked_at.depth == zoom + 1
    assert len(looked_at) <= MOST_CELLS


def test_the_longest_answer_is_light(client):
    homes = [MapHome(10**6 + n, "长" * 30, True, 116.123456, 39.123456) for n in range(MOST_CELLS)]
    lone = tuple(Cluster(116.123456, 39.123456, 1, 1, "长" * 15, (home,)) for home in homes)
    whole = Clusters(lone, 10**6, 10**6, 10**6).data
    said = json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
    assert len(said.encode()) <= 36_000
    response = client.get(URL, {"box": "105,28,110,32", "zoom": "9"})
    assert 1_000 < len(response.content) <= 40_000


def test_queries_are_pinned(client, django_assert_num_queries):
    asked = {"box": CHINA, "zoom": "5", "care": "partial"}
    client.get(URL, asked)
    with django_assert_num_queries(4):
        # whether the bitmaps are fresh, whether any region changed, the first home of each cluster
        # with its place; for names on the ground again whether any region changed
        client.get(URL, asked)


@pytest.mark.parametrize(
    ("box", "zoom", "field", "words"),
    [
        (None, "5", "box", "没有写范围"),
        ("", "5", "box", "没有写范围"),
        ("a,b,c,d", "5", "box", "看不懂这个范围"),
        ("1,2,3", "5", "box", "看不懂这个范围"),
        ("nan,1,2,3", "5", "box", "看不懂这个范围"),
        ("1e3,1,2,3", "5", "box", "看不懂这个范围"),
        ("1,1,2,\0", "5", "box", "看不懂这个范围"),
        ("9" * 200, "5", "box", "看不懂这个范围"),
        ("117,39,116,41", "5", "box", "西要小于东"),
        ("116,39,181,41", "5", "box", "西要小于东"),
        (CHINA, None, "zoom", "没有写放大级别"),
        (CHINA, "近", "zoom", "放大级别请写 3 到 18 的整数"),
        (CHINA, "2", "zoom", "最小是 3"),
        (CHINA, "99", "zoom", "最大是 18"),
    ],
)
def test_a_bad_view_is_told_in_words(box, zoom, field, words, client):
    told = {name: value for name, value in (("box", box), ("zoom", zoom)) if value is not None}
    response = client.get(URL, told)
    assert response.status_code == 400
    assert words in response.json()["errors"][field][0]
    assert len(response.json()["errors"]) == 1


def test_what_tells_of_an_elder_is_kept_nowhere(client):
    asked = {"box": CHINA, "zoom": "5"}
    assert "Cache-Control" not in client.get(URL, asked).headers
    response = client.get(URL, asked | {"e_age": "83"})
    assert response.headers["Cache-Control"] == "private, no-store"


def test_a_home_withdrawn_since_it_was_counted_is_not_named(monkeypatch, today):
    asked, box = search("region=131000", today), Box(73, 18, 135, 54)
    counted = MemoryFinder.on_ground
    shown = {home.id for one in clusters(asked, box, LAST_ZOOM).clusters for home in one.named}
    gone = min(shown)

    def withdrawn_then(self, window):
        found = counted(self, window)
        Institution.objects.filter(pk=gone).update(stage=Institution.Stage.DRAFT)
        return found

    monkeypatch.setattr(MemoryFinder, "on_ground", withdrawn_then)
    again = {home.id for one in clusters(asked, box, LAST_ZOOM).clusters for home in one.named}
    assert gone not in again
