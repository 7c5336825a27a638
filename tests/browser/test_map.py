"""The map of results: by keyboard, in words, and without scripts."""

import itertools
import re

import pytest
from playwright.sync_api import Locator, Page, expect

from .conftest import DESKTOP, PHONE, OpenPage
from .test_accessibility import TOO_WIDE, axe

URL = "/institutions/?region=131000&view=map"
SLOW = 20_000  # milliseconds: the first request of a worker is its slowest


def pins(page: Page) -> Locator:
    return page.locator(".map-pin")


def circles(page: Page) -> Locator:
    return page.locator(".map-circle")


def test_by_keyboard_from_pin_to_home_and_back(open_page: OpenPage):
    page = open_page(URL)
    placed = page.locator("#pinned > [data-at]")
    expect(pins(page)).to_have_count(placed.count())
    counted = page.get_by_role("status").filter(has_text="这一带约有")
    expect(counted).to_be_visible(timeout=SLOW)
    second = placed.nth(1)
    name = second.get_by_role("heading").get_by_role("link").inner_text()
    pin = page.get_by_role("button", name=f"号：{name}，示例，到名单里看")
    pin.focus()
    page.keyboard.press("Enter")
    expect(second.get_by_role("link", name=name)).to_be_focused()
    second.get_by_role("button", name=name).press("Enter")
    expect(pin).to_be_focused()
    expect(pin).to_be_in_viewport()


def test_by_keyboard_into_a_circle(open_page: OpenPage):
    page = open_page("/institutions/?region=500000&view=map")
    circle = circles(page).filter(has_text="放大看").first
    circle.focus()
    with page.expect_response("**/institutions/clusters/*") as answered:
        page.keyboard.press("Enter")
    assert answered.value.ok
    expect(page.get_by_role("region", name="地图")).to_be_focused()
    with page.expect_response("**/institutions/clusters/*"):
        page.keyboard.press("ArrowLeft")


def test_what_is_made_up_is_said_in_words(open_page: OpenPage):
    page = open_page(URL)
    one = {"longitude": 116.5, "place": "廊坊市", "homes": []}
    found = [
        one | {"latitude": 39.2 + n, "count": 3, "demo": demo} for n, demo in enumerate((0, 2, 3))
    ]
    answer = {"clusters": found, "names": []}
    page.route("**/institutions/clusters/*", lambda route: route.fulfill(json=answer))
    page.reload()
    for made_up, line in (("", "solid"), ("， 示例2家", "solid"), ("， 示例", "dashed")):
        words = re.compile(rf"^3家 ?{made_up} ?，廊坊市一带，放大看$")
        expect(page.get_by_role("button", name=words)).to_have_css("border-style", line)


def test_circles_of_large_text_lie_apart(open_page: OpenPage):
    page = open_page("/institutions/?region=500000&view=map", mode="elder")
    expect(circles(page).first).to_contain_text("示例", timeout=SLOW)
    boxes = [circle.bounding_box() for circle in circles(page).all()]
    assert len(boxes) > 3
    for a, b in itertools.combinations(boxes, 2):
        assert abs(a["x"] - b["x"]) >= a["width"] or abs(a["y"] - b["y"]) >= a["height"]


@pytest.mark.parametrize(
    ("viewport", "mode", "tap"), [(DESKTOP, "normal", 44), (PHONE, "elder", 60)]
)
def test_axe_finds_nothing_and_fingers_hit(viewport, mode: str, tap: int, open_page: OpenPage):
    page = open_page(URL, mode=mode, viewport=viewport)
    expect(circles(page).first).to_be_attached(timeout=SLOW)
    assert axe(page) == []
    assert page.evaluate(TOO_WIDE) == []
    for control in (pins(page), circles(page), page.locator(".leaflet-bar a")):
        size = control.first.bounding_box()
        assert size
        assert min(size["width"], size["height"]) >= tap - 0.5


def test_without_scripts_list_and_table_say_it_all(open_page: OpenPage):
    page = open_page(URL, scripts=False)
    expect(page.locator(".map")).to_be_hidden()
    expect(page.locator("#pinned > li")).to_have_count(20)
    page.get_by_role("table", name="每个地区有几家").get_by_role("link", name="三河市").click()
    page.wait_for_url("**/institutions/?region=131082&view=map")
    page.get_by_role("navigation", name="显示方式").get_by_role("link", name="列表").click()
    page.wait_for_url("**/institutions/?region=131082")


def test_a_filter_keeps_the_map_and_paper_shows_the_list(open_page: OpenPage):
    page = open_page("/institutions/?region=500000&view=map")
    expect(circles(page).first).to_be_attached(timeout=SLOW)
    page.locator('input[type="checkbox"][name="care"][value="partial"]').click()
    page.wait_for_url("**care=partial*")
    expect(circles(page).first).to_be_attached(timeout=SLOW)
    page.emulate_media(media="print")
    expect(page.locator(".map")).to_be_hidden()
    expect(page.locator("#pinned")).to_be_visible()
