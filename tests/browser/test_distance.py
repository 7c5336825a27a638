"""How far from home: by name with and without scripts, or where the browser says one is."""

import re

import pytest
from playwright.sync_api import expect

from .conftest import PHONE, OpenPage
from .test_journeys import RESULTS, first_result, scripts

LOCATE = re.compile("^用我现在的位置")


@scripts
def test_from_a_place_by_name_to_the_nearest_home(scripts: bool, open_page: OpenPage):
    page = open_page(f"{RESULTS}?care=partial", viewport=PHONE, scripts=scripts)
    page.locator("#near > summary").click()
    page.get_by_label("从哪里算", exact=True).fill("河北省三河市")
    page.get_by_label("再从一个地方算", exact=True).fill("39.904,116.407")
    page.get_by_role("button", name="算一算，近的排前面").click()
    page.wait_for_url("**care=partial*near=*")
    expect(page.get_by_role("heading", level=1)).to_contain_text("直线距离从近到远")
    card = page.get_by_role("article").first
    expect(card).to_contain_text("（从三河市中心点算）")
    expect(card).to_contain_text("（从您填的位置（39.904,116.407）算）")
    first_result(page).click()
    expect(page.locator("#place")).to_contain_text("（从三河市中心点算）")
    expect(page.locator("#place")).to_contain_text("直线距离")


def test_without_scripts_nobody_offers_to_ask_the_browser(open_page: OpenPage):
    page = open_page(RESULTS, scripts=False)
    page.locator("#near > summary").click()
    expect(page.get_by_label("从哪里算", exact=True)).to_be_visible()
    assert page.locator("[data-locate]:visible").count() == 0


@pytest.mark.parametrize("granted", [True, False])
def test_where_the_browser_says_one_is(granted: bool, open_page: OpenPage):
    page = open_page(RESULTS)
    if granted:
        page.context.grant_permissions(["geolocation"])
        page.context.set_geolocation({"latitude": 39.981311, "longitude": 117.07179})
    page.locator("#near > summary").click()
    field, status = page.locator("#id_near"), page.locator("#near-status")
    page.get_by_role("button", name=LOCATE).first.click()
    if not granted:
        expect(status).to_contain_text("浏览器没有给出位置")
        expect(field).to_have_value("")
        return
    expect(status).to_contain_text("还没有发出去")
    expect(field).to_have_value("39.981,117.072")
    assert "near" not in page.url
    page.get_by_role("button", name="算一算，近的排前面").click()
    page.wait_for_url("**near=39.981*")
    expect(page.get_by_role("article").first).to_contain_text("不到 1 公里（从您填的位置")
