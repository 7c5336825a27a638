"""帮我找: every question may stay unknown, nothing typed is lost, and only counts are kept."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from institutions.models import Demand, Listing
from institutions.models.listing import has_any
from institutions.pages.guide import STEPS
from tests.institutions.pages.test_institution_page import Outline

pytestmark = pytest.mark.django_db
URL = "/guide/"
ANSWERS = {
    "to": "廊坊",
    "e_hukou": "北京市西城区",
    "e_age": "82",
    "e_ability": "gbt42195:2",
    "need": ["meets_oxygen", "takes_dementia"],
    "e_status": "subsistence",
    "e_insured": "北京",
    "e_scheme": "employee",
    "near": "北京市通州区",
    "near2": "39.904,116.407",
    "most": "5000",
}


def page(client, **query) -> str:
    return client.get(URL, query).content.decode()


@pytest.mark.parametrize("number", range(1, len(STEPS) + 1))
def test_one_question_a_screen_with_progress_back_and_unknown(client, number):
    shown = page(client, step=number, **ANSWERS)
    Outline(shown)
    assert f"<h1>{STEPS[number - 1].title}</h1>" in shown
    assert f"第 {number} 步，共 {len(STEPS)} 步" in shown
    assert "不知道，下一题" in shown
    assert ("上一题" in shown) is (number > 1)
    for name in set(ANSWERS) - set(STEPS[number - 1].names):
        assert f'type="hidden" name="{name}"' in shown


def test_a_guide_of_nothing_but_unknown_leads_to_everything(client):
    shown = page(client, step=len(STEPS) + 1)
    assert shown.count("不知道") >= len(STEPS)
    answer = client.post(URL, {"step": len(STEPS) + 1})
    assert answer.headers["Location"] == "/institutions/?why=1"


def test_answers_become_a_search_with_the_elder(client):
    answer = client.post(URL, {"step": len(STEPS) + 1, **ANSWERS})
    asked = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert asked == {
        "region": ["131000"],
        "need": ["takes_level_2", "meets_oxygen", "takes_dementia", "takes_nonlocal"],
        "price_max": ["5000"],
        "basis": ["net"],
        "why": ["1"],
        "sort": ["near"],
        "near": ["110112"],
        "near2": ["39.904,116.407"],
        "e_hukou": ["110102"],
        "e_age": ["82"],
        "e_ability": ["gbt42195:2"],
        "e_status": ["subsistence"],
        "e_insured": ["110000"],
        "e_scheme": ["employee"],
    }
    found = client.get(answer.headers["Location"]).content.decode()
    assert "为什么合适" in found or "没有符合全部条件的机构" in found


def test_a_hospital_alone_is_what_homes_are_sorted_by(client):
    answer = client.post(URL, {"step": len(STEPS) + 1, "to": "廊坊", "near2": "北京市西城区"})
    asked = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert (asked["sort"], asked["near"]) == (["near"], ["110102"])
    assert "near2" not in asked
    found = client.get(answer.headers["Location"]).content.decode()
    away = re.findall(r"约 ([\d.,]+) 公里（从西城区中心点算）", found)
    assert [float(far) for far in away] == sorted(map(float, away))
    assert len(away) > 5


def test_a_group_of_regions_is_a_destination_too(client):
    answer = client.post(URL, {"step": len(STEPS) + 1, "to": "京津冀", "e_hukou": "重庆市"})
    asked = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert (asked["region"], asked["need"]) == (["jing-jin-ji"], ["takes_nonlocal"])


@pytest.mark.parametrize(
    ("name", "typed", "number", "said"),
    [
        ("to", "火星", 1, "没有找到这个地方"),
        ("to", "a\0b", 1, "没有找到这个地方"),
        ("e_hukou", "朝阳区", 2, "请写全"),
        ("e_age", "八十", 3, "请填数字"),
        ("e_age", "200", 3, "0 到 120"),
        ("e_ability", "2", 4, "哪一种评估"),
        ("need", "wings", 5, "没有“wings”"),
        ("near", "河北省", 8, "太大了"),
        ("near2", "协和医院", 8, "没有找到这个地方"),
        ("most", "五千", 9, "请填整数"),
        ("most", "0", 9, "要大于 0"),
        ("most", "9" * 400, 9, "不能大于"),
    ],
)
def test_a_bad_answer_holds_its_screen_and_is_kept(client, name, typed, number, said):
    shown = page(client, step=len(STEPS) + 1, **{**ANSWERS, name: typed})
    assert f"第 {number} 步" in shown
    assert said in shown
    assert name in ("e_ability", "need") or typed.replace("\0", "�")[:100] in shown
    posted = client.post(URL, {"step": len(STEPS) + 1, **ANSWERS, name: typed})
    assert posted.status_code == 200
    assert not Demand.objects.exists()


@pytest.mark.parametrize("step", ["0", "-1", "99", "abc", "9" * 50, ""])
def test_any_step_is_a_page(client, step):
    assert client.get(URL, {"step": step}).status_code == 200


def test_only_corridor_ability_and_budget_are_counted(client):
    for _ in range(2):
        client.post(URL, {"step": len(STEPS) + 1, **ANSWERS})
    row = Demand.objects.values().get()
    del row["id"]
    assert {name: str(value) for name, value in row.items()} == {
        "on": "2026-11-22",
        "origin": "110000",
        "destination": "131000",
        "ability": "2",
        "budget": "5000",
        "times": "2",
    }


def test_reading_counts_nothing(client):
    page(client, step=len(STEPS) + 1, **ANSWERS)
    assert not Demand.objects.exists()


@pytest.mark.parametrize(
    ("most", "band"),
    [(None, ""), (1, "2000"), (2000, "2000"), (2001, "3000"), (8000, "8000"), (8001, "more")],
)
def test_budget_bands(most, band):
    assert Demand.Budget.for_amount(most) == band


def test_needs_decide_and_say_why(client):
    """Not known to meet one: first ask; known not to: apart, with the reason."""
    shown = client.get(
        "/institutions/", {"need": "meets_dialysis", "why": "1", "region": "jing-jin-ji"}
    ).content.decode()
    Outline(shown)
    listed, apart = shown.split('id="h-apart"')
    assert "写明不收要做透析的老人" in apart
    assert "写明不收要做透析的老人" not in listed
    assert "收要做透析的老人" in listed
    assert listed.count('class="fit"') == 10
    unknown = client.get(
        "/institutions/", {"need": "meets_dialysis", "why": "1", "region": "131082"}
    ).content.decode()
    assert "先问清收不收要做透析的老人，没有公布" in unknown


def test_a_home_that_refuses_the_level_is_set_apart_and_never_called_unknown(client):
    level = 4
    refusing = Listing.objects.filter(has_any("refuses", [f"takes_level_{level}"]))
    region = refusing.values_list("region", flat=True)[0]
    told = {"region": region, "why": "1", "e_ability": f"gbt42195:{level}"}
    listed = client.get("/institutions/", told).content.decode()
    assert "先问清收不收完全靠人照顾" not in refusing_fit(listed)
    posted = client.post(URL, {"step": len(STEPS) + 1, "to": region, **told})
    found = client.get(posted.headers["Location"]).content.decode()
    assert "写明不收完全靠人照顾（完全失能）" in found.split('id="h-apart"')[1]


def refusing_fit(page: str) -> str:
    """The reasons on the cards of homes that refuse."""
    fits = re.findall(r'<div class="fit">(.*?)</div>', page, re.S)
    refusing = [fit for fit in fits if "写明不收" in fit]
    assert refusing
    return " ".join(refusing)


def test_a_budget_says_how_many_it_leaves_out_unasked(client):
    """No real home publishes a price: a budget must not hide that they are there."""
    answer = client.post(
        URL, {"step": len(STEPS) + 1, "to": "京津冀", "most": "20000", "e_ability": "gbt42195:2"}
    )
    shown = client.get(answer.headers["Location"]).content.decode()
    told = re.search(r"另有 ([\d,]+) 家没有公布齐价格（实名 (\d+) 家）", shown)
    assert int(told[2]) > 0
    assert "补贴后每月 20,000 元以内" in shown


def test_a_home_elsewhere_must_take_another_hukou_even_in_a_group_that_holds_both(client):
    told = {"region": "120000", "why": "1", "e_hukou": "110000"}
    shown = client.get("/institutions/", told).content.decode()
    fits = " ".join(re.findall(r'<div class="fit">(.*?)</div>', shown, re.S))
    assert "户口不在当地的老人" in fits
    at_home = client.get("/institutions/", told | {"region": "110000"}).content.decode()
    fits = " ".join(re.findall(r'<div class="fit">(.*?)</div>', at_home, re.S))
    assert "户口不在当地的老人" not in fits


def test_settlement_is_told_as_the_card_tells_it(client):
    told = {"region": "jing-jin-ji", "why": "1", "e_hukou": "500000"}
    shown = client.get("/institutions/", told).content.decode()
    cards = re.findall(r'<article class="card".*?</article>', shown, re.S)[:10]
    for card in cards:
        settlement = re.search(r"<dt>医保结算</dt><dd>(.*?)</dd>", card)[1]
        assert settlement in card.split('class="fit"')[1]


def test_the_guide_sets_no_cookie_and_needs_none(client):
    asked = client.get(URL, {"step": len(STEPS) + 1})
    assert not asked.cookies
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(URL, {"step": len(STEPS) + 1}).status_code == 302


def test_homes_known_to_meet_a_need_come_first(client):
    shown = client.get("/institutions/", {"need": "meets_dialysis", "why": "1"}).content.decode()
    fits = re.findall(r'<div class="fit">(.*?)</div>', shown, re.S)
    met = ["<li>收要做透析的老人</li>" in fit for fit in fits]
    assert met == sorted(met, reverse=True)
    assert met[0]
