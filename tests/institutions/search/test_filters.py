"""Bad values keep what was typed, drop that one filter and say so; the order is total."""

import pytest
from django.http import QueryDict

from institutions.models import Listing
from institutions.register.listings import refresh
from institutions.search.filters import HIGHEST_PRICE, InstitutionFilter
from regions.models import Region
from tests.factories import make_institution

pytestmark = pytest.mark.django_db


def search(address: str, on) -> InstitutionFilter:
    return InstitutionFilter(QueryDict(address), Listing.objects.all(), on)


@pytest.mark.parametrize(
    ("address", "field", "message"),
    [
        ("price_min=abc", "price_min", "请填整数"),
        ("price_min=-1", "price_min", "不能小于 0"),
        ("price_max=99999999999999999999", "price_max", f"不能大于 {HIGHEST_PRICE}"),
        ("price_min=1e3", "price_min", "请填整数"),
        ("price_min=9&price_max=8", "price_max", "两项都先不算"),
        ("region=999999", "region", "没有“999999”这一项"),
        ("region=%00", "region", "没有“�”这一项"),
        ("region=" + "1" * 300, "region", "没有“" + "1" * 40 + "”这一项"),
        ("care=strong", "care", "没有“strong”这一项"),
        ("rating=national:9", "rating", "没有“national:9”这一项"),
        ("kind=", "kind", "没有“”这一项"),
        ("region=110100", "region", "没有“110100”这一项"),
        ("price_min=1&price_min=2", "price_min", "不止一次"),
        ("sort=price&sort=fresh", "sort", "不止一次"),
        ("q=a+b+c+d+e+f+g+h+i", "q", "最多 8 个词"),
        ("q=" + "老" * 201, "q", "最多 200 个字"),
        ("q=%00", "q", "看不见的字符"),
        ("sort=paid", "sort", "没有这一项"),
        ("basis=net", "basis", "能力评估等级"),
        ("page=0", "page", "不能小于 1"),
        ("page=one", "page", "请填整数"),
    ],
)
def test_bad_value_is_told_and_filters_nothing(address, field, message, today):
    found = search(address, today)
    assert list(found.form.errors) == [field]
    assert message in str(found.form.errors[field])
    assert field not in found.values
    assert found.qs.count() == Listing.objects.count()


def test_bad_value_leaves_the_other_filters(today):
    found = search("price_min=abc&region=131082", today)
    assert {row.region_id for row in found.qs} == {"131082"}


def test_known_values_beside_an_unknown_one_still_filter(today):
    found = search("region=131082&region=999999", today)
    assert "没有“999999”这一项" in str(found.form.errors["region"])
    assert {row.region_id for row in found.qs} == {"131082"}


def test_more_regions_than_anybody_ticks_are_told(today):
    codes = Region.objects.current().filter(level=2).values_list("pk", flat=True)
    found = search("&".join(f"region={code}" for code in codes), today)
    assert "最多选 40 项" in str(found.form.errors["region"])
    assert len(found.places.chosen) == 40


def test_city_of_a_lapsed_designation_finds_nothing_rather_than_everything(today):
    found = search("ltci_city=410800", today)
    assert not found.form.errors
    assert not found.qs.exists()


def test_repeated_choice_counts_once(today):
    assert search("care=self&care=self", today).qs.count() == search("care=self", today).qs.count()


def test_former_code_finds_what_succeeded_it(today):
    found = search("region=500105", today)
    assert not found.form.errors
    assert {row.region_id for row in found.qs} == {"500157"}


def test_the_nation_narrows_nothing(today):
    found = search("region=000000", today)
    assert not found.form.errors
    assert "region" not in found.values


def test_chosen_county_narrows_its_chosen_province(today):
    found = search("region=130000&region=131082", today)
    assert {row.region_id for row in found.qs} == {"131082"}


def test_two_places_apart_widen(today):
    found = search("region=131082&region=410800", today)
    codes = {row.region_id for row in found.qs}
    assert "131082" in codes
    assert any(code.startswith("4108") for code in codes)


@pytest.mark.parametrize("sort", ["", "price", "vacant", "fresh"])
def test_order_is_total_and_nulls_come_last(sort, today):
    rows = list(search(f"sort={sort}&care=dependent", today).qs[:500])
    again = list(search(f"sort={sort}&care=dependent", today).qs[:500])
    assert [row.pk for row in rows] == [row.pk for row in again]
    if sort == "price":
        prices = [row.price_3 for row in rows]
        known = [price for price in prices if price is not None]
        assert known == sorted(known)
        assert prices[: len(known)] == known


def test_recommended_order_puts_real_homes_first(today):
    rows = list(search("", today).qs)
    demo = [row.is_demo for row in rows]
    assert demo == sorted(demo)
    assert not demo[0]


def test_stale_vacancy_does_not_rank(today):
    rows = search("sort=vacant", today).qs
    shown = [
        row.vacant if row.vacant_as_of and (today - row.vacant_as_of).days <= 90 else None
        for row in rows
    ]
    known = [vacant for vacant in shown if vacant is not None]
    assert shown[: len(known)] == known == sorted(known, reverse=True)


@pytest.mark.parametrize(
    ("address", "levels"),
    [
        ("", []),
        ("care=self", [0]),
        ("care=partial", [2, 1]),
        ("care=self&care=dependent", [3, 4, 0]),
    ],
)
def test_prices_are_for_the_heaviest_care_chosen(address, levels, today):
    assert search(address, today).levels == levels


def test_home_is_priced_by_the_heaviest_level_it_takes(today):
    home = make_institution(takes_level_0=True, takes_level_3=False, takes_level_4=False)
    for kind in ("bed", "meals", "care"):
        home.fees.create(kind=kind, amount=100000)
    refresh([home.pk], today)
    assert search("care=dependent&price_max=9000", today).qs.filter(pk=home.pk).count() == 0
    both = search("care=self&care=dependent&price_min=3000&price_max=3000", today)
    assert both.qs.filter(pk=home.pk).exists()


def test_unpublished_institutions_are_not_found(today):
    home = make_institution(name="没有发布的养老院", stage="draft")
    assert not search("q=没有发布", today).qs.filter(pk=home.pk).exists()
