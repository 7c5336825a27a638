import datetime

import pytest

from institutions.models import (
    ContractTerms,
    Designation,
    Institution,
    MedicalLink,
    Phone,
    Provenance,
    Rating,
)
from institutions.models.institution import TAKES
from institutions.pages.institution.page import (
    SECTIONS,
    TAKES_WORDS,
    ProfileLine,
    Stale,
    Stop,
    for_profile,
    profile,
)
from tests.factories import (
    make_bed,
    make_document,
    make_fee,
    make_institution,
    make_region,
    make_whole_institution,
)

pytestmark = pytest.mark.django_db

TODAY = datetime.date(2026, 11, 22)
JULY = datetime.date(2026, 7, 17)


def shown(home, on=TODAY):
    return profile(for_profile().get(pk=home.pk), on)


@pytest.fixture
def rated_home():
    """A real home of which nothing is known but an old rating."""
    home = make_institution(name="只有星级的养老院")
    Rating.objects.create(institution=home, scheme="beijing_star", level=4, year=2012)
    Provenance.objects.create(
        institution=home,
        kind="public",
        document=make_document(title="星级名单", url="https://example.org/list"),
        as_of=datetime.date(2012, 1, 1),
        as_of_precision="year",
    )
    return home


def test_a_home_with_nothing_but_a_rating_says_nothing_else(rated_home):
    page = shown(rated_home)
    assert page.tags == ["营业状态未公布", "四星级（北京服务质量星级，2012 年）"]
    assert page.place == "北京市朝阳区"
    assert (page.phone, page.stop, page.stale) == (None, None, None)
    assert page.fees.lowest is None
    assert page.beds.vacant.known is None
    assert not page.answered
    assert {line.answer for line in [*page.terms, *page.takes]} == {""}
    assert page.aliases == page.medical == page.designations == page.staff == page.services == []
    assert page.updated == datetime.date(2012, 1, 1)


def test_only_sections_that_show_something_name_a_source(rated_home):
    sources = shown(rated_home).sources
    assert {name for name, lines in sources.items() if lines} == {"heading", "place", "quality"}
    assert [line.dated for line in sources["quality"]] == ["2012"]


def test_a_home_without_provenance_has_no_source_and_no_date():
    page = shown(make_institution())
    assert (page.all_sources, page.updated) == ([], None)
    assert not any(page.sources.values())


def test_sections_name_every_field_a_family_sees():
    """A new field or part must be put in a section, or among those that are ours alone."""
    ours = {"id", "is_demo", "stage", "version", "created_at", "updated_at"}
    ours |= {"revisions", "pending_changes", "tokens"}
    told_with_another = {"operating_since", "operating_reason"}
    told_with_another |= {"filed_precision", "opened_precision", "operating_since_precision"}
    # Photos carry their own words and dates; corrections are what readers say.
    parts = {"photos", "provenance", "listing", "corrections"}
    fields = {field.name for field in Institution._meta.get_fields()}
    named = {path for paths in SECTIONS.values() for path in paths}
    assert named == fields - ours - told_with_another - parts


def test_a_section_shows_the_narrow_sources_below_it():
    page = shown(make_whole_institution())
    assert [line.label for line in page.sources["beds"]] == [
        "其他全部内容",
        "床位·护理型床位·双人间",
    ]
    assert [line.title for line in page.sources["fees"]] == ["《示例数据》"]
    assert page.sources["beds"][1].verified == "2026-01-01，电话核实"
    assert all(lines for lines in page.sources.values())


def test_the_terms_name_a_source_only_where_there_are_terms():
    home = make_institution()
    Provenance.objects.create(institution=home, kind="own", as_of=TODAY)
    assert shown(home).sources["terms"] == []
    ContractTerms.objects.create(institution=home, trial_days=7)
    assert len(shown(home).sources["terms"]) == 1


def test_rows_are_counted_summed_and_priced():
    page = shown(make_whole_institution())
    assert page.fees.lowest == 5_100_00
    assert (page.beds.registered.known, page.beds.vacant.known) == (100, 5)
    assert page.beds.incomplete
    assert page.staff[0].certified == 15
    assert page.services[0].capacity == 30
    assert page.photos[0].alt == "大门"


def test_whom_it_takes_is_yes_no_or_not_published():
    page = shown(
        make_institution(
            takes_level_2=True, takes_dementia=False, meets_oxygen=True, meets_dialysis=False
        )
    )
    answers = {line.label: line.answer for line in page.takes}
    assert len(page.takes) == len(TAKES) == len(answers)
    assert page.takes[2] == ProfileLine("需要人帮吃饭走路", "收", "中度失能")
    assert answers["记性不好、会糊涂的老人"] == "不收"
    assert answers["要吸氧的老人"] == "能照顾"
    assert answers["要做透析的老人"] == "不能照顾"
    assert answers["爷爷（男性）"] == ""
    assert page.answered
    assert set(TAKES_WORDS) == set(TAKES)


@pytest.mark.parametrize(
    ("fields", "answers"),
    [
        ({}, ["", "", "", "", "", ""]),
        (
            {
                "trial_days": 7,
                "refund_rule": "七天内全退",
                "bed_hold_rule": "留一个月",
                "prepay_months": 3,
                "custody_bank": "示例银行",
                "custody_account_public": True,
            },
            ["可以试住 7 天", "七天内全退", "留一个月", "3 个月", "示例银行", "已公示"],
        ),
        (
            {"trial_days": 0, "prepay_months": 0, "custody_account_public": False},
            ["不能试住", "", "", "不先收", "", "没有公示"],
        ),
    ],
)
def test_terms_are_answers_and_nought_is_not_unknown(fields, answers):
    home = make_institution()
    ContractTerms.objects.create(institution=home, **fields)
    assert [line.answer for line in shown(home).terms] == answers


def test_a_medical_link_answers_every_question():
    home = make_institution()
    MedicalLink.objects.create(
        institution=home,
        mode="adjacent",
        partner="示例医院",
        partner_level="tertiary",
        designated=True,
        networked=True,
        green_channel=False,
    )
    (link,) = shown(home).medical
    assert link.title == "与医疗机构毗邻"
    assert [line.answer for line in link.answers] == [
        "示例医院",
        "三级医院",
        "是",
        "是",
        "否",
        "",
        "",
    ]


def test_designations_say_region_period_document_and_whether_they_hold():
    home = make_institution()
    document = make_document(slug="list", title="名单")
    place = make_region("131082")
    Designation.objects.create(
        institution=home, kind="ltci", region=place, valid_to=JULY, document=document
    )
    Designation.objects.create(institution=home, kind="pilot", region=place)
    ended, holding = shown(home).designations
    assert (ended.region, ended.period, ended.state) == (
        "河北省廊坊市三河市",
        "至 2026-07-17",
        "已过期",
    )
    assert (ended.document, ended.url) == ("《名单》", "/sources/list/")
    assert (holding.period, holding.state, holding.document, holding.url) == ("", "有效", "", "")
    assert "京津冀协同试点" in shown(home).tags
    assert "长期护理保险定点" not in shown(home).tags


@pytest.mark.parametrize(
    ("scheme", "words"),
    [
        ("national", "四级，满分 5 级"),
        ("beijing_star", "四星级，满分 5 星"),
        ("chongqing_leaf", "四叶级，满分 5 叶"),
    ],
)
def test_a_rating_is_a_sentence_in_the_words_of_its_scheme(scheme, words):
    home = make_institution()
    Rating.objects.create(institution=home, scheme=scheme, level=4, year=2020, valid_to=JULY)
    (rating,) = shown(home).ratings
    assert (rating.level, rating.year, rating.expired) == (words, 2020, True)


def test_a_rating_without_an_end_has_not_expired():
    home = make_institution()
    Rating.objects.create(institution=home, scheme="national", level=3, year=2020)
    assert not shown(home).ratings[0].expired


def test_tags_show_the_latest_rating_of_each_scheme():
    home = make_institution(kind="residential_care", ownership="private", operating="open")
    for year, level in ((2012, 3), (2020, 5)):
        Rating.objects.create(institution=home, scheme="beijing_star", level=level, year=year)
    assert shown(home).tags == ["民办", "养老院", "营业中", "五星级（北京服务质量星级，2020 年）"]


@pytest.mark.parametrize(
    ("operating", "title"),
    [
        ("closed", "这家机构已经停业，不能再入住"),
        ("suspended", "这家机构暂停营业，现在不能入住"),
        ("planned", "这家机构还在筹建，现在不能入住"),
    ],
)
def test_a_home_nobody_can_move_into_says_so(operating, title):
    home = make_institution(operating=operating, operating_since=JULY, operating_reason="合并")
    assert shown(home).stop == Stop(title, "2026-07-17", "合并")


@pytest.mark.parametrize("operating", ["", "open"])
def test_a_home_that_is_open_or_may_be_does_not_warn(operating):
    assert shown(make_institution(operating=operating)).stop is None


def test_old_vacancies_and_old_prices_ask_to_ring_first():
    home = make_institution()
    make_bed(home, vacant=3, as_of=JULY)
    make_fee(home, "bed", 1_000_00)
    assert shown(home).stale == Stale("空床", JULY, 128)
    Provenance.objects.create(
        institution=home, field="fees", kind="own", as_of=datetime.date(2026, 6, 1)
    )
    assert shown(home).stale == Stale("空床和价格", datetime.date(2026, 6, 1), 174)


def test_an_old_source_without_prices_is_not_an_old_price(rated_home):
    assert shown(rated_home).stale is None


def test_fresh_figures_do_not_warn():
    home = make_institution()
    make_bed(home, vacant=3, as_of=TODAY)
    make_fee(home, "bed", 1_000_00)
    Provenance.objects.create(institution=home, kind="own", as_of=TODAY)
    assert shown(home).stale is None


def test_only_a_number_that_can_be_dialled_is_the_one_to_ring():
    home = make_institution()
    Phone.objects.create(institution=home, number="000-12345678")
    assert shown(home).phone is None
    Phone.objects.create(institution=home, number="010-12345678")
    assert shown(home).phone.number == "010-12345678"
    assert len(shown(home).phones) == 2


def test_aliases_are_one_a_line():
    assert shown(make_institution(aliases="老名字\n\n  简称 ")).aliases == ["老名字", "简称"]


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("示例路 1 号", "北京市朝阳区示例路 1 号"),
        ("北京市朝阳区示例路 1 号", "北京市朝阳区示例路 1 号"),
        ("朝阳区示例路 1 号", "北京市朝阳区示例路 1 号"),
        ("", "北京市朝阳区"),
    ],
)
def test_the_place_does_not_say_the_region_twice(address, place):
    assert shown(make_institution(address=address)).place == place
