"""What families do, by role and by word: search, narrow down, read one, come back."""

import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from .conftest import DESKTOP, PHONE, OpenPage, Site

RESULTS = "/institutions/"
FACET, CHOICE, PARAMETER = "老人的情况", "要人帮一部分（轻度、中度失能）", "care=partial"
scripts = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
# With and without scripts, wide and narrow, in both sizes of print: each once.
readers = pytest.mark.parametrize(
    ("scripts", "viewport", "mode"),
    [
        (True, DESKTOP, "normal"),
        (False, PHONE, "normal"),
        (True, PHONE, "elder"),
        (False, DESKTOP, "elder"),
    ],
    ids=["scripts-1280", "no-scripts-390", "scripts-390-elder", "no-scripts-1280-elder"],
)


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
    page.get_by_label("机构名、地址或地区").fill(name)
    page.get_by_label("机构名、地址或地区").press("Enter")
    page.wait_for_url("**q=*")
    expect(first_result(page)).to_have_text(name)


@scripts
def test_from_the_front_page_to_a_place(scripts: bool, open_page: OpenPage):
    page = open_page("/", scripts=scripts)
    place = page.get_by_role("combobox", name="想去哪里")
    option = place.get_by_role("option", name=re.compile("^河北省·廊坊市")).inner_text()
    real, demo = re.findall(r"[\d,]+", option)
    place.select_option(option)
    page.get_by_label("老人户籍在").fill("北京市")
    page.get_by_label("机构名、地址或地区").fill("三河")
    page.get_by_role("button", name="查机构").click()
    page.wait_for_url("**/institutions/?e_hukou=*&region=131000&q=*")
    expect(page.locator("#elder > summary")).to_contain_text("北京市户籍")
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
    press_until(page, "Tab", page.get_by_label("机构名、地址或地区"))
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


@readers
def test_say_what_is_wrong_and_look_up_what_came_of_it(
    scripts: bool, viewport, mode: str, full_demo: int, open_page: OpenPage
):
    page = open_page(f"/institutions/{full_demo}/", viewport=viewport, scripts=scripts, mode=mode)
    page.get_by_role("link", name=re.compile(r"纠错\s*：地址")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("纠错")
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("alert")).to_contain_text("请写一句哪里不对")
    page.get_by_label("哪里不对").fill("门牌号不对")
    page.get_by_label("自己去看过").check()
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("收到了")
    reference = page.locator(".ref").inner_text()
    theirs = open_page("/corrections/", scripts=scripts)
    theirs.get_by_label("查询号").fill(reference.lower().replace("-", " "))
    theirs.get_by_role("main").get_by_role("button", name="查").click()
    expect(theirs.get_by_role("status")).to_contain_text("地址")
    expect(theirs.get_by_role("heading", level=2, name="已收到")).to_be_visible()
    assert theirs.context.cookies() == []


@readers
def test_from_what_follows_to_a_list_for_the_whole_family(
    scripts: bool, viewport, mode: str, open_page: OpenPage
):
    """What follows, homes for this elder, some put aside, and the link in somebody's browser."""
    page = open_page("/follow/", viewport=viewport, scripts=scripts, mode=mode)
    page.get_by_label("去哪里养老").fill("河北三河")
    page.get_by_label("户籍在哪里").fill("北京市")
    page.get_by_label("年龄或出生年月").fill("八十")
    page.get_by_role("button", name="算一算").click()
    expect(page.get_by_role("alert")).to_contain_text("请填数字")
    expect(page.get_by_label("年龄或出生年月")).to_have_value("八十")
    page.get_by_label("年龄或出生年月").fill("86")
    page.get_by_role("checkbox", name="没有特殊身份").check()
    page.get_by_role("button", name="算一算").click()
    expect(page.locator(".crossing")).to_contain_text("三河市")
    expect(page.locator(".crossing .mid")).to_contain_text("100")
    page.get_by_role("link", name="按这位老人找机构").click()
    page.wait_for_url("**/institutions/?region=131082&e_hukou=110000&e_age=86&e_status=none")
    expect(page.locator("#elder > summary")).to_contain_text("86 岁")
    names = put_aside(page, scripts)
    expect(page.get_by_role("heading", level=1)).to_have_text("收藏的 2 家机构")
    page.get_by_role("link", name=re.compile("往后移")).first.click()
    link = page.get_by_label("清单的网址").input_value()
    assert "e_" not in link
    theirs = open_page(link, scripts=scripts)
    shown = theirs.get_by_role("article").get_by_role("heading")
    expect(shown).to_have_text(names[::-1])
    expect(theirs.get_by_role("img", name="二维码")).to_be_visible()
    assert theirs.context.cookies() == []
    theirs.get_by_role("link", name=re.compile("移出清单")).first.click()
    expect(shown).to_have_text(names[:1])


def put_aside(page: Page, scripts: bool) -> list[str]:
    """Keep the first two homes of the results, and look at the list; their names."""
    cards = page.get_by_role("article")
    names = [cards.nth(n).get_by_role("heading").inner_text() for n in (0, 1)]
    if scripts:
        for n in (0, 1):
            save = cards.nth(n).get_by_role("button", name=re.compile("收藏"))
            save.press("Space")
            expect(save).to_have_attribute("aria-pressed", "true")
        page.reload()
        page.get_by_role("link", name="我的收藏（2）").click()
    else:
        cards.nth(0).get_by_role("link", name=re.compile("收藏")).click()
        page.get_by_role("link", name="再找几家").click()
        assert "region=131082" in page.url
        cards.nth(1).get_by_role("link", name=re.compile("收藏")).click()
    return names


def test_a_question_that_is_folded_away_opens_from_its_link(open_page: OpenPage):
    page = open_page("/follow/?to=131082&e_hukou=110000&e_age=86")
    field = page.locator("#id_e_status")
    expect(field).to_be_hidden()
    page.get_by_role("link", name="身份和正在领的补贴").click()
    expect(field).to_be_visible()


def test_the_answer_prints_without_the_questions(open_page: OpenPage):
    page = open_page("/follow/?to=131082&e_hukou=110000&e_age=86")
    page.emulate_media(media="print")
    expect(page.locator("#elder")).to_be_hidden()
    expect(page.get_by_text("按这位老人计算：北京市户籍")).to_be_visible()
    expect(page.locator("#papers")).to_contain_text("身份证或户口簿原件")
    expect(page.get_by_role("button", name="打印这一页")).to_be_hidden()


ANSWERED = "e_hukou=110000&e_age=87&e_ability=gbt42195:2&e_status=subsistence&e_insured=110000"


def asked(page: Page) -> set[tuple[str, str]]:
    """The parameters of the page."""
    return set(parse_qsl(urlsplit(page.url).query))


@readers
def test_from_the_guide_to_the_folder_to_take_along(
    scripts: bool, viewport, mode: str, open_page: OpenPage
):
    """Guide, results, comparison, pack: the answers and the picks go along by links alone."""
    page = open_page("/guide/", scripts=scripts, viewport=viewport, mode=mode)
    answer_the_guide(page)
    main = page.get_by_role("main")
    expect(page.get_by_role("article").first).to_contain_text("为什么合适")
    expect(page.get_by_role("article").first).to_contain_text("补贴后")
    expect(page.get_by_role("article").first).to_contain_text("从北京市中心点算")
    expect(main.get_by_role("heading", name=re.compile("家写明不收"))).to_be_visible()
    searched = asked(page)
    chosen = compare_two(page)
    page.get_by_role("link", name="再加一家").click()
    page.wait_for_url("**/institutions/?compare=*")
    assert searched < asked(page)
    page.get_by_role("navigation").get_by_role("link", name="对比", exact=True).click()
    table = page.get_by_role("table", name=re.compile("2 家机构对比"))
    for name in chosen:
        expect(table.get_by_role("columnheader", name=name)).to_have_count(1)
    every = table.get_by_role("row").count()
    page.get_by_role("link", name=re.compile("只看不一样的")).click()
    page.wait_for_url("**only=differences*")
    assert 0 < table.get_by_role("row").count() < every
    page.get_by_role("link", name=re.compile(rf"移出\s*：{re.escape(chosen[0])}")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("对比 1 家机构")
    page.get_by_role("link", name=re.compile(rf"打印带着走\s*：{re.escape(chosen[1])}")).click()
    page.wait_for_url("**/pack/?*")
    assert {*parse_qsl(ANSWERED)} <= asked(page)
    expect(page.get_by_role("heading", level=1)).to_have_text(chosen[1])
    expect(page.locator("#elder > summary")).to_contain_text("87 岁")
    expect(page.get_by_text("补贴后每月")).to_be_visible()
    expect(page.get_by_role("heading", name="走之前，在户籍地办")).to_be_visible()
    expect(page.get_by_role("img", name="这一页的二维码")).to_be_visible()


def answer_the_guide(page: Page) -> None:
    """Every kind of question once, one answer changed by going back, one left open."""
    main = page.get_by_role("main")
    go_on = main.get_by_role("button", name="下一题", exact=True)
    main.get_by_label("想去哪里养老").fill("廊坊")
    go_on.click()
    main.get_by_label("户籍在哪里").fill("北京市")
    go_on.click()
    main.get_by_label("年龄或出生年月").fill("87")
    go_on.click()
    main.get_by_role("radio", name="需要人帮吃饭走路（中度失能）").check()
    go_on.click()
    main.get_by_role("link", name="上一题").click()
    expect(main.get_by_role("radio", name="需要人帮吃饭走路（中度失能）")).to_be_checked()
    go_on.click()
    main.get_by_role("checkbox", name="要吸氧的老人").check()
    go_on.click()
    main.get_by_role("checkbox", name="享受低保").check()
    go_on.click()
    main.get_by_label("在哪里参加医保").fill("北京市")
    go_on.click()
    main.get_by_label("现在看病的医院").fill("北京市")
    go_on.click()
    main.get_by_role("link", name="不知道，下一题").click()
    expect(main.get_by_role("heading", level=1)).to_have_text("核对一下，就去看机构")
    expect(main).to_contain_text("87 岁")
    main.get_by_role("button", name="看适合的机构").click()


def compare_two(page: Page) -> list[str]:
    """Put the first two homes of the results side by side; their names."""
    chosen = []
    for number in range(2):
        article = page.get_by_role("article").nth(number)
        chosen.append(article.get_by_role("heading").inner_text())
        article.get_by_role("link", name=re.compile("加入对比")).click()
        page.wait_for_url("**/compare/?id=*")
        if number == 0:
            page.get_by_role("link", name="再加一家").click()
            page.wait_for_url("**/institutions/?compare=*")
    expect(page.get_by_role("heading", level=1)).to_have_text("对比 2 家机构")
    return chosen


def test_the_whole_guide_by_keyboard_alone(open_page: OpenPage):
    """Letters, arrows, Space, Tab and Enter, from the first question to the homes."""
    page = open_page("/guide/", viewport=PHONE, mode="elder")
    keys, main = page.keyboard, page.get_by_role("main")

    def go_to(control: Locator) -> None:
        keys.press("Tab")
        expect(page.get_by_role("link", name="跳到主要内容")).to_be_focused()
        keys.press("Enter")
        press_until(page, "Tab", control, most=40)

    def answered(step: int) -> None:
        keys.press("Enter")
        expect(main.get_by_text(f"第 {step} 步")).to_be_visible()

    for step, label, typed in ((2, "想去哪里养老", "廊坊"), (3, "户籍在哪里", "北京市")):
        go_to(main.get_by_label(label))
        keys.type(typed)
        answered(step)
    go_to(main.get_by_label("年龄或出生年月"))
    keys.type("八十")
    keys.press("Enter")
    expect(main.get_by_role("alert")).to_contain_text("看不懂")
    go_to(main.get_by_label("年龄或出生年月"))
    keys.press("Control+A")
    keys.type("87")
    answered(4)
    go_to(main.get_by_role("radio").first)
    keys.press("ArrowDown")
    answered(5)
    assert "e_ability=gbt42195%3A1" in page.url
    for step, box in ((6, "要吸氧的老人"), (7, "享受低保")):
        go_to(main.get_by_role("checkbox", name=box))
        keys.press("Space")
        press_until(page, "Tab", main.get_by_role("button", name="下一题", exact=True))
        answered(step)
    go_to(main.get_by_role("link", name="上一题"))
    answered(6)
    expect(main.get_by_role("checkbox", name="享受低保")).to_be_checked()
    for step in (7, 8):
        go_to(main.get_by_role("link", name="不知道，下一题"))
        answered(step)
    go_to(main.get_by_label("孩子家，或者别的常去的地方"))
    keys.type("北京市通州区")
    answered(9)
    go_to(main.get_by_label("每月最多能付多少元"))
    keys.type("20000")
    keys.press("Enter")
    expect(main.get_by_role("heading", level=1)).to_have_text("核对一下，就去看机构")
    go_to(main.get_by_role("button", name="看适合的机构"))
    keys.press("Enter")
    page.wait_for_url("**/institutions/?*")
    for answer in ("meets_oxygen", "near=110112", "price_max=20000", "e_age=87"):
        assert answer in page.url
    assert "e_status" not in page.url
    assert total(page) > 0
