"""The statistics of a place against slow, obvious counting; and what belongs on its page."""

import datetime
from collections import Counter
from collections.abc import Iterable
from statistics import median

import pytest

from institutions.models import Institution, Level, MedicalLink
from institutions.pages.parts.bar_chart import (
    FULL,
    HEIGHT,
    bar_length,
    paired_row,
    spread_bar,
    stacked,
)
from institutions.pages.regions.page import Regional, for_regional, groups_for_regional
from institutions.pages.regions.statistics import AGES, Side, holdings
from institutions.register.listings import refresh
from regions.models import Agreement, Region
from tests.factories import make_bed, make_document, make_fee, make_institution, make_region
from tests.institutions.oracle import _price_at as price_at

pytestmark = pytest.mark.django_db


def page_of(code: str, on: datetime.date) -> Regional:
    return Regional(for_regional().get(pk=code), on)


def group_page(slug: str, on: datetime.date) -> Regional:
    return Regional(groups_for_regional().get(slug=slug), on)


def lies_in(region: Region | None, codes: set[str]) -> bool:
    """By walking up, not by code ranges."""
    while region is not None:
        if region.code in codes:
            return True
        region = region.parent
    return False


@pytest.fixture(scope="module")
def homes(django_db_setup, django_db_blocker) -> list[Institution]:
    with django_db_blocker.unblock():
        rows = Institution.objects.published().select_related("region__parent__parent__parent")
        return list(rows.prefetch_related("beds", "fees", "medical_links"))


def check_side(side: Side, homes: list[Institution], on: datetime.date) -> None:
    assert side.homes == len(homes)
    assert +side.kinds == Counter(home.kind for home in homes)
    assert +side.ownerships == Counter(home.ownership for home in homes)
    assert side.vacancy == {age: ages(homes, on)[age] for age in AGES}
    links = [{link.mode for link in home.medical_links.all()} for home in homes]
    assert side.medical == {m: sum(m in has for has in links) for m in MedicalLink.Mode.values}
    assert side.medical_unknown == links.count(set())
    check_beds(side, homes)
    for one in side.prices:
        check_prices(one, homes, on)


def ages(homes: Iterable[Institution], on: datetime.date) -> Counter[str]:
    found: Counter[str] = Counter()
    for home in homes:
        counted = [bed for bed in home.beds.all() if bed.vacant is not None]
        days = max(((on - bed.as_of).days for bed in counted), default=None)
        if days is None:
            found["unknown"] += 1
        else:
            found["fresh" if days <= 7 else "aging" if days <= 90 else "stale"] += 1
    return found


def check_beds(side: Side, homes: list[Institution]) -> None:
    beds = [b for home in homes for b in home.beds.all() if b.registered is not None]
    assert side.beds.registered == sum(b.registered for b in beds)
    assert side.beds.nursing == sum(b.registered for b in beds if b.category == "nursing")
    told = [b.registered for b in beds if b.category in ("ordinary", "nursing", "dementia")]
    assert side.beds.classified == sum(told)
    assert side.beds.nursing_percent == (
        round(100 * side.beds.nursing / sum(told), 1) if sum(told) else None
    )
    assert side.beds.homes == len({b.institution_id for b in beds})
    assert side.beds.homes_unpublished == len(homes) - side.beds.homes


def check_prices(one, homes: list[Institution], on: datetime.date) -> None:
    asked = [h for h in homes if getattr(h, f"takes_level_{one.level}") is not False]
    prices = [p for home in asked if (p := price_at(home, one.level, on)) is not None]
    assert one.priced == len(prices)
    assert one.unpublished == len(asked) - len(prices)
    assert one.refusing == len(homes) - len(asked)
    if prices:
        assert (one.lowest, one.highest) == (min(prices), max(prices))
        assert one.middle == int(median(prices))
    else:
        assert (one.lowest, one.middle, one.highest) == (None, None, None)


@pytest.mark.no_cover
@pytest.mark.parametrize("code", ["000000", "500000", "110105", "410800", "130304", "540100"])
def test_statistics_equal_slow_counting(homes, today, code: str) -> None:
    inside = [home for home in homes if lies_in(home.region, {code})]
    found = page_of(code, today).holdings
    check_side(found.real, [home for home in inside if not home.is_demo], today)
    check_side(found.demo, [home for home in inside if home.is_demo], today)


def test_statistics_of_a_group_equal_slow_counting(homes, today) -> None:
    page = group_page("huan-jing", today)
    codes = {region.code for region in page.place.regions}
    inside = [home for home in homes if lies_in(home.region, codes)]
    assert inside
    check_side(page.holdings.demo, [home for home in inside if home.is_demo], today)
    check_side(page.holdings.real, [home for home in inside if not home.is_demo], today)


@pytest.fixture
def island() -> Region:
    """A county no fixture has a home in."""
    return make_region("540102")


@pytest.mark.parametrize(
    ("days", "age"),
    [(0, "fresh"), (7, "fresh"), (8, "aging"), (90, "aging"), (91, "stale"), (-1, "stale")],
)
def test_vacancy_ages_turn_on_the_day(island, today, days: int, age: str) -> None:
    home = make_institution(region=island)
    make_bed(home, vacant=3, as_of=today - datetime.timedelta(days))
    refresh([home.pk], today)
    found = holdings([island], today).real.vacancy
    assert [name for name, homes in found.items() if homes] == [age]


def test_a_home_that_refuses_a_level_lends_it_no_price(island, today) -> None:
    home = make_institution(region=island, takes_level_4=False)
    for kind in ("bed", "meals", "care"):
        make_fee(home, kind, 1_000_00)
    refresh([home.pk], today)
    prices = holdings([island], today).real.prices
    assert prices[Level.ABLE].middle == 3_000_00
    assert (prices[Level.COMPLETE].priced, prices[Level.COMPLETE].refusing) == (0, 1)


def test_drafts_are_not_counted(island, today) -> None:
    home = make_institution(region=island, stage="draft")
    make_bed(home, registered=10)
    refresh([home.pk], today)
    assert holdings([island], today).homes == 0
    assert holdings([island], today).real.beds.registered == 0


def test_nothing_published_is_no_share(island, today) -> None:
    home = make_institution(region=island)
    make_bed(home, registered=10)
    refresh([home.pk], today)
    beds = holdings([island], today).real.beds
    assert (beds.registered, beds.unclassified, beds.nursing_percent) == (10, 10, None)


def test_beds_that_may_be_either_are_no_share(island, today) -> None:
    home = make_institution(region=island)
    make_bed(home, registered=10, category="yiyang")
    refresh([home.pk], today)
    assert holdings([island], today).real.beds.nursing_percent is None
    make_bed(home, registered=30, category="ordinary")
    make_bed(home, registered=10, category="nursing")
    beds = holdings([island], today).real.beds
    assert (beds.classified, beds.unclassified, beds.nursing_percent) == (40, 10, 25.0)


def test_jiaozuo_does_not_say_its_nursing_share(today) -> None:
    assert page_of("410800", today).holdings.demo.beds.nursing_percent is None


# Which facts, places and agreements belong on the page


def test_a_group_tells_what_its_regions_and_several_places_in_it_do(today) -> None:
    codes = {fact.code for fact in group_page("jing-jin-ji", today).facts}
    assert {"F000-19", "F000-20", "F000-38", "F000-41"} <= codes
    assert not codes & {"F000-13", "F004-11", "F001-06"}


def test_each_fact_is_on_the_page_once(today) -> None:
    for page in (page_of("500000", today), group_page("jing-jin-ji", today)):
        codes = [line.fact.code for sheet in page.sheets for line in sheet.lines]
        assert len(codes) == len(set(codes)) == len(page.facts)


def test_regions_inside_are_counted_with_what_lies_in_them(today) -> None:
    inside = {near.name: near for near in page_of("130000", today).inside}
    assert inside["秦皇岛市"].facts == 3
    assert (inside["秦皇岛市"].real, inside["秦皇岛市"].demo) == (1, 40)
    assert inside["廊坊市"].facts == 7
    nation = page_of("000000", today)
    counted = {near.name: near for near in nation.inside}
    assert counted["重庆市"].facts == 53
    assert sum(near.homes for near in nation.inside) == nation.holdings.homes


def test_wider_regions_and_groups_are_named(today) -> None:
    around = page_of("131082", today).around
    assert [near.name for near in around] == ["京津冀", "环京", "廊坊市", "河北省", "全国"]
    assert {near.name: near.facts for near in around}["廊坊市"] == 4
    assert page_of("000000", today).around == []


def agree(*codes: str, **fields) -> Agreement:
    agreement = Agreement.objects.create(
        **{"slug": "test", "name": "测试约定", "document": make_document(), "inpatient": "direct"}
        | fields
    )
    agreement.regions.set(codes)
    return agreement


def test_an_agreement_holds_where_every_region_is_a_party(today) -> None:
    agreement = agree("110000", "130000")
    assert agreement in page_of("131082", today).agreements
    assert agreement not in page_of("120000", today).agreements
    assert agreement not in group_page("jing-jin-ji", today).agreements
    agreement.regions.add("120000")
    assert agreement in group_page("jing-jin-ji", today).agreements
    assert agreement in group_page("huan-jing", today).agreements


def test_an_agreement_that_ended_is_gone(today) -> None:
    agreement = agree("500000", in_force_to=today)
    assert agreement in page_of("500000", today).agreements
    assert agreement not in page_of("500000", today + datetime.timedelta(1)).agreements


# Bars


@pytest.mark.parametrize(
    ("amount", "scale", "long"),
    [(0, 10, 0), (10, 10, 1000), (1, 3, 333), (1, 100_000, 1), (5, 0, 0), (11, 10, 1000)],
)
def test_length(amount: int, scale: int, long: int) -> None:
    assert bar_length(amount, scale) == long


def test_bars_stay_inside_the_scale() -> None:
    for bars in (
        stacked([("val", 1), ("alt", 999_999)], 1_000_000),
        stacked([("val", 2), ("alt", 0)], 2),
        spread_bar(5, 5, 5, 5),
        spread_bar(1, 2, 5, 5, "alt"),
    ):
        assert bars
        assert all(bar.start >= 0 and 0 < bar.length <= FULL - bar.start for bar in bars)


def test_real_and_demo_homes_stand_apart() -> None:
    row = paired_row("养老院", (1, 2), (3, 4))
    assert [(bar.tone, bar.start, bar.length) for bar in row.bars] == [
        ("val", 0, 500),
        ("alt", 0, 750),
    ]
    above, below = row.bars
    assert above.top + above.height <= below.top
    assert below.top + below.height <= HEIGHT
    assert [(f.label, f.number) for f in row.figures] == [("实名", "1"), ("示例", "3")]
