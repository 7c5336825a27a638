"""What families do, by role and by word: search, narrow down, read one, come back."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from .conftest import DESKTOP, PHONE, OpenPage, Site

RESULTS = "/institutions/"
FACET, CHOICE, PARAMETER = "老人的情况", "要人帮一部分（轻度、中度失能）", "care=partial"
scripts = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])


def total(page: Page) -> int:
    """How many institutions the heading counts."""
    heading = page.get_by_role("heading", level=1).inner_text()
    found = re.search(r"([\d,]+) 家", heading)
    assert found, heading
    return int(found[1].replace(",", ""))


def choice(page: Page, facet: str, name: str) -> Locator:
    """A checkbox of a facet, which is unfolded if need be."""
    panel = page.locator("details.facet").filter(has=page.locator("summary", has_text=facet)).first
    if panel.get_attribute("open") is None:
        panel.locator("summary").first.click()
    return panel.get_by_role("checkbox", name=name)


def tick(page: Page, scripts: bool) -> None:
    """Choose, and apply: with scripts the choice itself does, without them the button."""
    choice(page, FACET, CHOICE).check()
    if not scripts:
        page.get_by_role("button", name=re.compile(r"查看 .* 家")).click()
    page.wait_for_url(f"**{PARAMETER}*")


def chip_of(page: Page) -> Locator:
    """The link that takes the choice away again."""
    return page.get_by_role("link", name=re.compile(rf"去掉条件：\s*{re.escape(CHOICE)}"))


def first_result(page: Page) -> Locator:
    return page.get_by_role("article").first.get_by_role("heading").get_by_role("link")


@scripts
def test_narrow_down_and_widen_again(scripts: bool, open_page: OpenPage):
    page = open_page(RESULTS, scripts=scripts)
    everything = total(page)
    tick(page, scripts)
    chip = chip_of(page)
    expect(chip).to_be_visible()
    assert 0 < total(page) < everything
    expect(choice(page, FACET, CHOICE)).to_be_checked()
    chip.click()
    page.wait_for_url(lambda url: PARAMETER not in url)
    expect(chip).to_have_count(0)
    assert total(page) == everything
    expect(choice(page, FACET, CHOICE)).not_to_be_checked()


@scripts
def test_read_one_and_come_back_to_the_same_results(scripts: bool, open_page: OpenPage):
    page = open_page(RESULTS, scripts=scripts)
    tick(page, scripts)
    expect(chip_of(page)).to_be_visible()
    address, narrowed, name = page.url, total(page), first_result(page).inner_text()
    first_result(page).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    page.go_back()
    page.wait_for_url(address)
    expect(chip_of(page)).to_be_visible()
    expect(choice(page, FACET, CHOICE)).to_be_checked()
    assert (total(page), first_result(page).inner_text()) == (narrowed, name)


def test_back_undoes_a_choice(open_page: OpenPage):
    """The address that htmx pushed is a real step of the browser's history."""
    page = open_page(RESULTS)
    everything = total(page)
    tick(page, scripts=True)
    expect(chip_of(page)).to_be_visible()
    page.go_back()
    expect(chip_of(page)).to_have_count(0)
    assert total(page) == everything
    expect(choice(page, FACET, CHOICE)).not_to_be_checked()


@scripts
def test_the_address_is_the_whole_search(scripts: bool, open_page: OpenPage):
    """Shared or kept as a bookmark, it shows the same page to somebody else."""
    mine = open_page(RESULTS, scripts=scripts)
    tick(mine, scripts)
    expect(chip_of(mine)).to_be_visible()
    theirs = open_page(mine.url, scripts=scripts)
    assert total(theirs) == total(mine)
    assert first_result(theirs).inner_text() == first_result(mine).inner_text()
    expect(choice(theirs, FACET, CHOICE)).to_be_checked()


@scripts
def test_the_filters_open_as_a_sheet_on_a_phone(scripts: bool, open_page: OpenPage):
    page = open_page(RESULTS, viewport=PHONE, scripts=scripts)
    filters = page.get_by_role("form", name="筛选")
    expect(filters).to_be_hidden()
    page.get_by_role("button", name="筛选").click()
    expect(filters).to_be_visible()
    # In the sheet the button applies, with scripts too: the list is out of sight.
    tick(page, scripts=False)
    expect(chip_of(page)).to_have_count(1)


@scripts
def test_search_by_name(scripts: bool, site: Site, open_page: OpenPage):
    [(name,)] = site.ask(
        "SELECT name FROM institutions_institution"
        " WHERE NOT is_demo AND stage = 'published' ORDER BY length(name) DESC, id LIMIT 1"
    )
    page = open_page(RESULTS, scripts=scripts)
    page.get_by_role("searchbox").fill(name)
    page.get_by_role("searchbox").press("Enter")
    page.wait_for_url("**q=*")
    expect(first_result(page)).to_have_text(name)


@scripts
def test_from_the_front_page_to_a_place(scripts: bool, open_page: OpenPage):
    page = open_page("/", scripts=scripts)
    place = page.get_by_role("combobox", name="想去哪里")
    option = place.get_by_role("option", name=re.compile("^河北省·廊坊市")).inner_text()
    real, demo = re.findall(r"[\d,]+", option)
    place.select_option(option)
    page.get_by_role("searchbox").fill("三河")
    page.get_by_role("button", name="查机构").click()
    page.wait_for_url("**/institutions/?region=131000&q=*")
    expect(choice(page, "地区", "廊坊市")).to_be_checked()
    narrowed = total(page)
    assert narrowed > 0
    page.get_by_role("link", name=re.compile(r"去掉条件：\s*含有 三河")).click()
    page.wait_for_url(lambda url: "q=" not in url)
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{int(real) + int(demo)} 家")
    assert narrowed < total(page)


@scripts
def test_a_saying_leads_to_as_many_homes_as_it_says(scripts: bool, open_page: OpenPage):
    page = open_page("/", scripts=scripts)
    saying = page.get_by_role("link", name="老人记不住事")
    words = saying.inner_text()
    real, demo = re.search(r"实名 ([\d,]+) 家，示例 ([\d,]+) 家", words).groups()
    saying.click()
    page.wait_for_url("**/institutions/?dementia=1")
    assert total(page) == int(real.replace(",", "")) + int(demo.replace(",", ""))


@scripts
def test_nothing_found_offers_a_way_on(scripts: bool, open_page: OpenPage):
    page = open_page(f"{RESULTS}?q=绝无此名&{PARAMETER}", scripts=scripts)
    expect(page.get_by_role("heading", level=1)).to_contain_text("没有")
    page.get_by_role("main").get_by_role("link", name=re.compile("去掉条件.*绝无此名.*家")).click()
    page.wait_for_url(lambda url: "q=" not in url)
    assert total(page) > 0


@scripts
def test_a_wrong_value_is_kept_and_told(scripts: bool, open_page: OpenPage):
    page = open_page(f"{RESULTS}?price_min=abc&region=999999", scripts=scripts)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("abc")
    expect(alert).to_contain_text("999999")
    expect(page.locator("[name=price_min]")).to_have_value("abc")
    expect(page.locator("[name=price_min]")).to_have_attribute("aria-invalid", "true")
    assert total(page) > 0


@scripts
def test_large_print_stays(scripts: bool, open_page: OpenPage):
    page = open_page(f"{RESULTS}?{PARAMETER}", scripts=scripts)
    root = page.locator("html")
    before = root.evaluate("e => parseFloat(getComputedStyle(e).fontSize)") if scripts else 0
    page.get_by_role("link", name="大字版").click()
    expect(root).to_have_attribute("data-mode", "elder")
    assert PARAMETER in page.url
    if scripts:
        assert root.evaluate("e => parseFloat(getComputedStyle(e).fontSize)") > before
    first_result(page).click()
    page.wait_for_url(re.compile(r"/institutions/\d+/"))
    expect(root).to_have_attribute("data-mode", "elder")
    page.get_by_role("link", name="标准版").click()
    expect(root).to_have_attribute("data-mode", "standard")


def test_dark_and_high_contrast_are_chosen_in_the_box(open_page: OpenPage):
    page = open_page(RESULTS)
    page.locator("summary", has_text="显示").click()
    page.get_by_role("radio", name="深色").check()
    page.get_by_role("radio", name="高对比").check()
    page.get_by_role("button", name="应用").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("html")).to_have_attribute("data-contrast", "high")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def press_until(page: Page, key: str, reached: Locator, most: int = 120) -> None:
    """Press `key` until the element has the focus; every stop on the way must be visible."""
    for _ in range(most):
        page.keyboard.press(key)
        if reached.evaluate("e => e === document.activeElement"):
            return
        stop = page.evaluate(
            "() => { const e = document.activeElement;"
            " return e === document.body || e.getClientRects().length > 0 }"
        )
        assert stop, "the focus went where nothing can be seen"
    pytest.fail(f"{most} times {key} did not reach {reached}")


def test_by_keyboard_alone(open_page: OpenPage):
    page = open_page(RESULTS, viewport=DESKTOP)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="跳到主要内容")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    press_until(page, "Tab", page.get_by_role("searchbox"))
    page.keyboard.type("养老")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=*")
    assert total(page) > 0
    name = first_result(page).inner_text()
    press_until(page, "Tab", first_result(page))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)


def test_a_missing_page_leads_on(open_page: OpenPage, watch):
    watch.expected.add(404)
    page = open_page("/institutions/999999999/")
    page.get_by_role("main").get_by_role("link", name="看全部机构").click()
    assert total(page) > 0
