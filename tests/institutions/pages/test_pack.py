"""The folder to take along: `GET /institutions/<id>/pack/`."""

import datetime
import re

import pytest
from django.http import QueryDict
from django.urls import reverse
from django.utils.html import escape
from pytest_django.asserts import assertContains, assertNotContains

from institutions.models import ContractTerms, Fee, Institution, Phone
from institutions.pages.institution.page import for_profile
from institutions.pages.institution.visit_pack import Pack
from institutions.register.listings import refresh
from regions.elder.form import ElderForm
from regions.policies import rulebook as policies
from tests.factories import make_fee, make_institution, make_region, make_whole_institution
from tests.institutions.pages.test_institution_page import Outline

pytestmark = pytest.mark.django_db

ELDER = {
    "e_hukou": "110000",
    "e_age": "86",
    "e_ability": ["gbt42195:3", "beijing:3"],
    "e_status": "subsistence",
    "e_insured": "110000",
    "e_scheme": "employee",
}


def url(home) -> str:
    return reverse("pack", args=[home.pk])


def pack_of(home, on) -> Pack:
    return Pack(for_profile().get(pk=home.pk), ElderForm(QueryDict(), on), on)


@pytest.fixture
def whole(today):
    home = make_whole_institution(name="示例·带着走养老院", region=make_region("131082"))
    refresh([home.pk], today)
    return home


@pytest.mark.parametrize("elder", [{}, ELDER], ids=["nobody", "elder"])
def test_the_page_is_well_formed_and_kept_from_search_engines(client, whole, elder):
    response = client.get(url(whole), elder)
    page = Outline(response.content.decode())
    assert [id for id, times in page.ids.items() if times > 1] == []
    assert set(page.targets) <= set(page.ids)
    assert page.headings.count(1) == 1
    assert "None" not in page.text
    assertContains(response, '<meta name="robots" content="noindex">', html=True)


def test_what_it_costs_and_why_with_every_document(client, whole):
    page = Outline(client.get(url(whole), ELDER).content.decode()).text
    assert "标价（重度失能，最便宜的房型） 5,100 元" in page
    assert "发给老人、用来付账的 −1,000 元" in page
    assert "家里每月付，至多 4,100 元" in page
    for words in (
        "失能老年人护理补贴",
        "计入 600 元/月",
        "京民养老发〔2019〕160号",
        "2019-10-01 起",
    ):
        assert words in page, words
    assert "住院：直接结算，不用备案" in page


def test_papers_for_the_offices_of_both_regions(client, whole):
    page = Outline(client.get(url(whole), ELDER).content.decode()).text
    for words in ("在户籍地办", "在参保地办", "在当地办", "身份证或户口簿原件", "12345"):
        assert words in page, words


def test_without_an_elder_it_says_what_is_missing(client, whole):
    page = Outline(client.get(url(whole)).content.decode()).text
    assert "还没有填老人的情况" in page
    assert "5,100 元/月" in page
    assert "在户籍地办" not in page


def test_the_printed_address_tells_nothing_of_the_elder(client, whole):
    response = client.get(url(whole), ELDER)
    link = f"http://testserver{url(whole)}"
    assert response.context["link"] == link
    printed = response.content.decode().split('class="wrap print-only"')[1].split("</p>")[0]
    assert link in printed
    assert "e_" not in printed
    assertContains(response, "没有老人的情况")
    assert response.headers["Cache-Control"] == "private, no-store"


def test_the_strip_keeps_the_places_to_measure_from(client, whole):
    response = client.get(url(whole), ELDER | {"near": "131082", "near2": "39.904,116.407"})
    kept = response.context["pack"].questions.kept
    assert kept == (("near", "131082"), ("near2", "39.904,116.407"))


@pytest.mark.parametrize(("page", "strips"), [("", 2), ("pack/", 1)])
def test_the_strips_keep_the_way_here(client, whole, page, strips):
    way = {"compare": "3,7", "keep": "9", "from": "region=131082&sort=price"}
    shown = client.get(f"{whole.get_absolute_url()}{page}", ELDER | way | {"near": "131082"})
    for name, value in way.items():
        told = f'<input type="hidden" name="{name}" value="{escape(value)}">'
        assert shown.content.decode().count(told) == strips


def test_no_longer_measuring_keeps_the_elder_and_the_way_here(client, whole):
    query = ELDER | {"near": "131082", "compare": "3,7"}
    page = client.get(whole.get_absolute_url(), query).content.decode()
    kept = re.search(r'href="([^"]*)">不算距离了', page)[1]
    assert "near" not in kept
    assert "compare=3,7" in kept
    assert "e_hukou=110000" in kept


def test_the_driver_gets_a_map_of_a_real_home_and_its_address_on_paper(client, whole):
    real = make_institution(
        name="真的养老院", address="建国路 1 号", longitude=116.8, latitude=39.9
    )
    refresh([real.pk], datetime.date(2026, 11, 22))
    page = client.get(url(real)).content.decode()
    driver = page.split('id="h-driver"')[1].split("</section>")[0]
    words, _, screen = driver.partition('class="no-print')
    assert real.name in words
    assert "建国路 1 号" in words
    assert "https://uri.amap.com/marker?" in screen
    assert "geo:" in screen
    assertContains(client.get(url(whole)), "不给地图链接")


def test_a_home_of_which_little_is_known(client, today):
    home = make_institution(name="只有名字的养老院")
    refresh([home.pk], today)
    page = Outline(client.get(url(home), ELDER).content.decode()).text
    assert "门牌号未公布" in page
    assert "机构的电话：未公布" in page
    assert "床位费、餐费、护理费都未公布" in page
    assert "示例" not in page.replace("标着“示例数据”的是演示", "")


def test_phones_with_hours_and_the_demo_label(client, whole, today):
    assertContains(client.get(url(whole)), "示例数据</span> 这家机构是编出来演示用的")
    assertNotContains(client.get(url(whole)), "tel:000")
    home = make_institution(name="真的养老院", address="建国路 1 号")
    Phone.objects.create(institution=home, number="010-12345678", hours="每天 8:00—20:00")
    refresh([home.pk], today)
    assertContains(client.get(url(home)), "每天 8:00—20:00")
    assertContains(
        client.get(url(home)), '<p class="driver">北京市朝阳区建国路 1 号</p>', html=True
    )


@pytest.mark.parametrize(
    ("prepay", "deposit", "bed", "expected"),
    [
        (12, 12_000, 1_000, ["没有超过规定。", "没有超过规定。"]),
        (13, 12_001, 1_000, ["超过了规定，不要签。", "超过了规定，不要签。"]),
        (None, None, 1_000, ["先问清楚，写进合同。", "先问清楚，写进合同。"]),
        (0, 0, 1_000, ["没有超过规定。", "没有超过规定。"]),
        (None, 5_000, None, ["先问清楚，写进合同。", "床位费未公布，还不能判断。"]),
    ],
)
def test_money_paid_ahead_against_the_rule(today, prepay, deposit, bed, expected):
    home = make_institution()
    ContractTerms.objects.create(institution=home, prepay_months=prepay)
    if deposit is not None:
        make_fee(home, Fee.Kind.DEPOSIT, deposit * 100, period="once")
    if bed is not None:
        make_fee(home, Fee.Kind.BED, bed * 100)
    shown = pack_of(home, today).protections[:2]
    assert [protection.verdict for protection in shown] == expected
    assert [p.is_bad for p in shown] == ["不要签" in verdict for verdict in expected]


def test_a_deposit_right_for_one_room_only_says_for_which(today):
    home = make_institution()
    make_fee(home, Fee.Kind.DEPOSIT, 20_000_00, period="once")
    make_fee(home, Fee.Kind.BED, 1_000_00, room="multi")
    make_fee(home, Fee.Kind.BED, 3_000_00, room="single")
    shown = pack_of(home, today).protections[1]
    assert (shown.verdict, shown.is_bad) == ("住每月不到 1,667 元的床就超过了。", False)


def test_the_term_of_the_rule_is_watched(today):
    home = make_institution()
    assert not pack_of(home, datetime.date(2029, 9, 30)).rules_ended
    assert pack_of(home, datetime.date(2029, 10, 1)).rules_ended
    assert len(pack_of(home, today).rules) == 2


def test_queries(client, whole, django_assert_num_queries):
    policies.book()
    # 1-13 the home: with place and terms, eleven parts, latest steps; 14 the rules on prepayment
    with django_assert_num_queries(14):
        client.get(url(whole))
    # and the places of the elder, the listing, its designations, the stamp of the policies,
    # the agreements, their parties
    with django_assert_num_queries(20):
        client.get(url(whole), ELDER)


def test_the_page_of_the_home_and_the_comparison_lead_here(client, whole):
    assertContains(client.get(whole.get_absolute_url() + "?e_age=86"), f'"{url(whole)}?e_age=86"')
    assertContains(client.get(f"/compare/?id={whole.pk}&e_age=86"), f'"{url(whole)}?e_age=86"')


def test_what_is_not_published_is_not_found(client):
    home = make_institution(stage=Institution.Stage.DRAFT)
    assert client.get(url(home)).status_code == 404
    assert client.get("/institutions/999999999/pack/").status_code == 404
    assert client.post(url(make_institution())).status_code == 405
