"""The search box offers places and homes while somebody types, by mouse, keyboard and in words."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from .conftest import PHONE, OpenPage

PAGES = pytest.mark.parametrize("path", ["/", "/institutions/"])


def offered(page: Page) -> Locator:
    return page.get_by_role("listbox", name="建议").get_by_role("option")


def box_of(page: Page) -> Locator:
    return page.get_by_role("combobox", name="机构名、地址或地区")


@PAGES
def test_by_keyboard(path: str, open_page: OpenPage):
    page = open_page(path)
    box = box_of(page)
    box.press_sequentially("燕达")
    expect(offered(page)).to_have_count(1)
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_text("1 条建议")).to_be_attached()
    page.keyboard.press("ArrowDown")
    chosen = page.get_by_role("listbox", name="建议").get_by_role("option", selected=True)
    expect(chosen).to_contain_text("燕达金色年华")
    expect(box).to_have_attribute("aria-activedescendant", str(chosen.get_attribute("id")))
    page.keyboard.press("ArrowDown")
    expect(box).not_to_have_attribute("aria-activedescendant", re.compile("."))
    page.keyboard.press("ArrowUp")
    expect(chosen).to_have_count(1)
    page.keyboard.press("Escape")
    expect(offered(page)).to_have_count(0)
    expect(box).to_have_value("燕达")
    expect(box).to_have_attribute("aria-expanded", "false")
    box.press("Enter")
    page.wait_for_url("**/institutions/?*q=*")


def test_by_touch_on_a_phone(open_page: OpenPage):
    page = open_page("/institutions/", viewport=PHONE, mode="elder")
    box_of(page).fill("langfang")
    place = offered(page).filter(has_text="廊坊市").first
    expect(place).to_be_in_viewport()
    assert place.bounding_box()["height"] >= 60
    place.click()
    page.wait_for_url("**/institutions/?region=131000")


def test_enter_on_an_option_leads_to_the_home(open_page: OpenPage):
    page = open_page("/institutions/")
    box_of(page).fill("ydjsnh")
    expect(offered(page)).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/institutions/\d+/$"))


def test_without_scripts_the_box_is_a_plain_one(open_page: OpenPage):
    page = open_page("/institutions/", scripts=False)
    page.get_by_role("searchbox").fill("燕达")
    page.get_by_role("button", name="查", exact=True).click()
    page.wait_for_url("**q=*")
    expect(page.get_by_role("article")).to_have_count(1)
