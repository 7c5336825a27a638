"""What a card says, and what it must not say."""

import datetime

import pytest

from institutions.models import Institution, Listing
from institutions.pages.parts.card import Card, make_card
from institutions.register.listings import refresh
from institutions.search.facets import CARE
from tests.factories import make_document, make_institution

pytestmark = pytest.mark.django_db
SELF, PARTIAL, DEPENDENT = (list(care.levels) for care in CARE)


def card_of(home: Institution, on, levels=()) -> Card:
    refresh([home.pk], on)
    return make_card(Listing.objects.for_cards().get(pk=home.pk), list(levels), on)


def priced(home: Institution) -> None:
    home.fees.create(kind="bed", amount=200000)
    home.fees.create(kind="meals", amount=100000)
    home.fees.create(kind="care", amount=50000, level_to=0)
    home.fees.create(kind="care", amount=300000, level_from=3)


def test_home_that_published_nothing(today):
    shown = card_of(make_institution(), today)
    assert (shown.takes, shown.medical, shown.settlement) == ("未公布", "未公布", "未公布")
    assert shown.price.amount is None
    assert shown.price.missing == "床位费、餐费、护理费都未公布。"
    assert (shown.vacant, shown.vacancy_known, shown.tags, shown.phone) == (None, False, (), None)


def test_lowest_price_says_whom_it_is_for(today):
    home = make_institution()
    priced(home)
    assert card_of(home, today).price.amount == 350000
    assert card_of(home, today).price.words == "起（最便宜的房型），按能力完好算"


def test_lowest_price_leaves_out_a_level_the_home_does_not_take(today):
    home = make_institution(takes_level_0=False)
    priced(home)
    shown = card_of(home, today)
    assert (shown.price.amount, shown.price.words) == (600000, "起（最便宜的房型），按重度失能算")


def test_price_for_the_chosen_care(today):
    home = make_institution()
    priced(home)
    assert card_of(home, today, DEPENDENT).price.amount == 600000
    assert card_of(home, today, SELF).price.words == "起（最便宜的房型），按能力完好算"


def test_missing_part_is_named_beside_what_is_known(today):
    home = make_institution()
    priced(home)
    shown = card_of(home, today, PARTIAL).price
    assert shown.amount is None
    assert shown.missing == "只公布了床位费 2,000 元、餐费 1,000 元，护理费未公布。"


def test_free_care_is_a_price_not_a_gap(today):
    home = make_institution()
    for kind in ("bed", "meals", "care"):
        home.fees.create(kind=kind, amount=0)
    shown = card_of(home, today, SELF).price
    assert (shown.amount, shown.missing) == (0, "")


@pytest.mark.parametrize(("days", "told"), [(0, True), (90, True), (91, False)])
def test_old_vacancy_is_not_told(today, days, told):
    home = make_institution()
    home.beds.create(operating=10, vacant=3, as_of=today - datetime.timedelta(days))
    assert card_of(home, today).vacancy_known is told


@pytest.mark.parametrize(
    ("designated", "networked", "words"),
    [
        (True, True, "院内或隔壁是医保定点，已联网，可异地直接结算"),
        (True, False, "院内或隔壁是医保定点，未联网异地结算"),
        (True, None, "院内或隔壁是医保定点，异地结算未公布"),
        (False, None, "院内或隔壁不是医保定点"),
        (None, None, "未公布"),
    ],
)
def test_settlement(today, designated, networked, words):
    home = make_institution()
    home.medical_links.create(
        mode="embedded", partner="医务室", designated=designated, networked=networked
    )
    shown = card_of(home, today)
    assert shown.settlement == words
    assert shown.medical == "内设医疗机构（医务室）"


def test_hospital_under_contract_settles_for_its_own_patients(today):
    home = make_institution()
    home.medical_links.create(mode="contract", partner="示例医院", designated=True, networked=True)
    assert card_of(home, today).settlement == "未公布"
    assert not Listing.objects.get(pk=home.pk).networked


def test_home_that_refuses_the_elder_says_so_and_has_no_price(today):
    home = make_institution(takes_level_3=False, takes_level_4=False)
    priced(home)
    shown = card_of(home, today, DEPENDENT).price
    assert (shown.amount, shown.missing) == (None, "这家机构写明不收这样的老人。")


def test_expired_rating_is_no_tag(today):
    home = make_institution()
    home.ratings.create(
        scheme="national", level=5, year=2015, valid_to=today - datetime.timedelta(1)
    )
    assert card_of(home, today).tags == ()
    assert Listing.objects.get(pk=home.pk).ratings == 0


def test_rating_is_the_latest_of_each_scheme_with_its_year(today):
    home = make_institution(kind="residential_care", ownership="private")
    home.ratings.create(scheme="beijing_star", level=4, year=2016)
    home.ratings.create(scheme="beijing_star", level=5, year=2019)
    home.ratings.create(scheme="national", level=3, year=2021)
    tags = card_of(home, today).tags
    assert tags == (
        "养老院",
        "民办",
        "北京服务质量星级 五星级（2019）",
        "养老机构等级（GB/T 37276） 三级（2021）",
    )


def test_closed_home_warns_with_the_date(today):
    home = make_institution(operating="closed", operating_since=datetime.date(2026, 5, 1))
    assert card_of(home, today).warning == "已停业（2026-05-01）"


def test_sources_of_the_home_and_of_its_prices(today):
    home = make_institution()
    document = make_document(title="名单")
    home.provenance.create(
        field="name", kind="public", document=document, as_of=datetime.date(2020, 1, 1)
    )
    assert card_of(home, today).source.document == document
    assert card_of(home, today).price_source is None
    home.provenance.create(field="fees", kind="own", as_of=datetime.date(2026, 1, 1))
    assert card_of(home, today).price_source.dated == "2026-01-01"


@pytest.mark.parametrize(("days", "stale"), [(90, False), (91, True)])
def test_old_price_says_so(today, days, stale):
    home = make_institution()
    home.provenance.create(field="fees", kind="own", as_of=today - datetime.timedelta(days))
    assert card_of(home, today).price_stale is stale
