"""The front page's counts are what counting the homes one by one gives; its facts are stored."""

import pytest

from institutions.models import Institution, Listing
from institutions.pages.front import SAYINGS, STORIES, Front, Offer, OfferArea, Tally, front_content
from institutions.pages.parts.written_figures import age
from institutions.register.ages import is_stale
from institutions.register.listings import refresh
from institutions.search.facets import build_facets
from regions.models import Fact, Region, RegionGroup
from tests.factories import make_institution
from tests.institutions import oracle

pytestmark = pytest.mark.django_db


@pytest.fixture
def shown(today) -> Front:
    return front_content(today)


def tally(rows) -> Tally:
    demo = rows.filter(is_demo=True).count()
    return Tally(rows.count() - demo, demo)


def offer(shown: Front, value: str) -> Offer:
    return next(offer for offer in shown.offers if offer.place.value == value)


def area(shown: Front, value: str) -> OfferArea:
    return next(area for area in shown.areas if area.offer.place.value == value)


def test_queries_are_pinned(today, django_assert_num_queries):
    with django_assert_num_queries(6):
        # homes by region, regions_regiongroup, their regions, the regions with homes,
        # the aggregate of all sayings, facts with documents
        front_content(today)


def test_the_whole_register_is_counted(shown):
    assert shown.tally == tally(Listing.objects.all())
    assert shown.tally.real
    assert shown.tally.demo


@pytest.mark.no_cover
def test_sayings_equal_brute_force(shown, today):
    homes = list(Institution.objects.published().with_parts())
    assert [saying.words for saying in shown.sayings] == list(SAYINGS)
    for saying in shown.sayings:
        chosen = {name: [value] for name, value in SAYINGS[saying.words].items()}
        found = oracle.find(homes, chosen, today)
        real = sum(home.pk in found and not home.is_demo for home in homes)
        assert saying.tally == Tally(real, len(found) - real), saying.words


def test_sayings_are_explained_by_the_filters_themselves(shown, today):
    words = {c.label for facet in build_facets(today, (), ()) for c in facet.choices}
    places = {"廊坊市", "环京"}
    assert {part for saying in shown.sayings for part in saying.means.split("·")} <= words | places


def test_a_saying_that_finds_nothing_is_not_said(today):
    Listing.objects.in_regions(Region.objects.get(pk="131000")).delete()
    Listing.objects.update(takes=0)
    said = {saying.words for saying in front_content(today).sayings}
    assert said == set(SAYINGS) - {
        "想住到廊坊，离北京近",
        "白天夜里都要人照顾",
        "老人记不住事，怕走失",
        "想先短住一阵看看",
    }


def test_offers_are_counted_as_the_results_count_them(shown):
    for one in shown.offers:
        assert one.tally == tally(Listing.objects.in_regions(*one.place.regions)), one.label


def test_offers_are_groups_provinces_and_prefectures_with_homes(shown):
    labels = [offer.label for offer in shown.offers]
    assert labels[:4] == ["京津冀", "环京", "北京市", "天津市"]
    assert {"河北省·廊坊市", "河南省·焦作市", "重庆市"} <= set(labels)
    assert all(one.tally.total for one in shown.offers)
    assert not [one for one in shown.offers if one.label.endswith(("区", "县"))]


def test_areas_are_groups_and_the_provinces_outside_them(shown):
    assert [area.offer.label for area in shown.areas] == ["京津冀", "环京", "重庆市", "河南省"]


def test_an_area_lists_its_wider_places_and_those_with_most_first(shown):
    rows = area(shown, "jing-jin-ji").rows
    assert {"北京市", "天津市", "河北省", "河北省·秦皇岛市", "河北省·廊坊市"} == {
        row.label for row in rows
    }
    for one in shown.areas:
        totals = [row.tally.total for row in one.rows]
        assert totals == sorted(totals, reverse=True)


def test_an_area_without_prefectures_lists_counties_and_says_how_many_more(shown):
    chongqing = area(shown, "500000")
    counties = set(
        Listing.objects.filter(region__code__startswith="50").values_list("region", flat=True)
    )
    assert len(chongqing.rows) == 5
    assert chongqing.more == len(counties - {"500000"}) - 5
    for row in chongqing.rows:
        assert row.tally == tally(Listing.objects.filter(region=row.place.value)), row.label


def test_a_new_home_of_a_new_province_opens_an_area(today):
    refresh([make_institution(region=Region.objects.get(pk="310104"), is_demo=False).pk], today)
    shown = front_content(today)
    assert offer(shown, "310000").tally == Tally(1, 0)
    assert [row.label for row in area(shown, "310000").rows] == ["上海市·徐汇区"]


def test_stories_are_the_stored_facts(shown):
    told = {story.topic: [fact.code for fact in story.facts] for story in shown.stories}
    assert told == {topic: list(codes) for topic, codes in STORIES}
    words = [fact.shown for story in shown.stories for fact in story.facts]
    assert words == [
        "2023 年 4 月 1 日",
        "区域内所有定点医药机构：住院、普通门诊就医、购药等",
        "2016 年起实行",
        "50 项",
        "30 项",
    ]


def test_a_target_is_not_told_as_a_fact(today):
    Fact.objects.filter(code="F000-21").update(nature=Fact.Nature.TARGET)
    Fact.objects.filter(code="F000-36").delete()
    told = {
        story.topic: [fact.code for fact in story.facts] for story in front_content(today).stories
    }
    assert told == {"医保": ["F000-17", "F000-18"], "检查结果": ["F000-24"]}


def test_an_empty_register_shows_no_counts(today):
    Institution.objects.all().delete()
    Fact.objects.all().delete()
    RegionGroup.objects.all().delete()
    shown = front_content(today)
    assert shown.tally == Tally()
    assert (shown.offers, shown.sayings, shown.areas, shown.stories) == ((), (), (), ())


def test_the_legend_shows_each_age_once(shown, today):
    assert {state: age(day).state for state, day in shown.examples.items()} == {
        "fresh": "fresh",
        "aging": "aging",
        "stale": "stale",
    }
    assert [is_stale(day, today) for day in shown.examples.values()] == [False, False, True]
