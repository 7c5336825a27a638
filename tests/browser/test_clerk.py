"""A clerk's afternoon: from signing in to the page on which a family reads what she mended.

With SCREENSHOTS=docs/screenshots it also takes the pictures of docs/staff.md.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from carebridge.lib.sheet_files import workbook
from tests.run import ROOT

from .conftest import OpenPage, Site

PLACE = "北戴河区"
NEW_HOME = "示例·听涛养老院（北戴河 99）"
ADDRESS = "北戴河区示例路 200 号 3 层"
HEADS = ["名称", "地区", "地址", "电话", "示例数据", "床位总数"]


def look(page: Page, name: str, height: int = 900) -> None:
    """A picture for the document, if somebody asked for pictures."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.set_viewport_size({"width": 1280, "height": height})
        page.screenshot(path=Path(folder) / f"staff-{name}.png")


def accounts(site: Site, **posts: str) -> dict[str, str]:
    """Made as `make staff` makes them; the passwords that the command shows once, by name."""
    command = [sys.executable, "manage.py", "create_staff", "--generate-password"]
    environment = os.environ | {"DATABASE_URL": f"sqlite:///{site.database}", "DEBUG": "false"}
    started = {
        name: subprocess.Popen(
            [*command, "--username", name, "--role", role, "--region", PLACE],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name, role in posts.items()
    }
    said = {name: process.communicate()[0].strip() for name, process in started.items()}
    return {name: words.rpartition("：")[2] for name, words in said.items()}


def sign_in(open_page: OpenPage, name: str, password: str) -> Page:
    page = open_page("/admin/")
    page.get_by_label("用户名").fill(name)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("table", name="今天要办的")).to_be_visible()
    return page


def task(page: Page, label: str) -> Locator:
    """The row of the first page that counts one kind of work."""
    page.goto("/admin/")
    rows = page.get_by_role("table", name="今天要办的").get_by_role("row")
    return rows.filter(has=page.get_by_role("rowheader", name=label, exact=True))


def open_task(page: Page, label: str, count: int) -> None:
    row = task(page, label)
    expect(row.get_by_role("cell")).to_have_text(str(count))
    row.get_by_role("link", name=label, exact=True).click()


def said(page: Page, words: str) -> None:
    expect(page.locator(".messagelist")).to_contain_text(words)


def report(open_page: OpenPage, home: int) -> str:
    """A reader says that the address is wrong, and keeps the reference."""
    page = open_page(f"/institutions/{home}/correct/?about=address")
    page.get_by_label("哪里不对？").fill("门牌号不对，少写了楼层。")
    page.get_by_label("应该是什么？").fill(ADDRESS)
    page.get_by_role("radio").first.check()
    page.get_by_role("button", name="提交").click()
    return page.locator(".ref").inner_text()


def first_rows(page: Page, least: int) -> dict[str, int]:
    """By home the first of its rows in the list of bed figures with at least so many free beds."""
    expect(
        page.locator("#result_list tbody a").first
    ).to_be_visible()  # what comes next is read at once
    homes = page.locator("#result_list tbody a").all_inner_texts()
    free = page.get_by_label("空余床位").evaluate_all("cells => cells.map(cell => cell.value)")
    rows = [(home, row) for row, home in enumerate(homes) if int(free[row] or 0) >= least]
    return dict(reversed(rows))


def mend_three(page: Page) -> set[str]:
    """Somebody moved in since: one bed less is free in each of three homes."""
    open_task(page, "床位数字超过 30 天没有更新", 50)
    look(page, "beds", 700)
    three = dict(list(first_rows(page, least=1).items())[:3])
    for row in three.values():
        cell = page.get_by_label("空余床位").nth(row)
        cell.fill(str(int(cell.input_value()) - 1))
    page.get_by_role("button", name="保存").click()
    said(page, "总共 3 个 床位数字一览 变更成功")
    return set(three)


def confirm_ten(page: Page, mended: set[str]) -> None:
    """The other homes say on the telephone that nothing has changed."""
    rest = [row for home, row in first_rows(page, least=0).items() if home not in mended]
    assert len(rest) == 10
    for row in rest:
        page.locator("#result_list tbody").get_by_role("checkbox").nth(row).check()
    page.get_by_label("动作").select_option(label="确认没有变化：数字还是这些，日期记为今天")
    page.get_by_role("button", name="执行").click()
    said(page, "已确认 10 家机构的床位数字")
    expect(task(page, "床位数字超过 30 天没有更新").get_by_role("cell")).to_have_text("37")


def bring_in_a_sheet(page: Page, known: str) -> None:
    """Of four rows two are refused, each with its reason; the other two come in."""
    page.goto("/admin/")
    page.locator("#content .model-sheetimport").get_by_role("link", name="增加").click()
    rows = [
        HEADS,
        [NEW_HOME, "北戴河区", "北戴河区示例路 9 号", "0335-5550199", "是", 60],
        [known, "北戴河区", "", "0335-5550188", "是", ""],
        ["示例·错地区养老院", "北戴河镇", "", 13800000000, "是", 30],
        ["示例·别处养老院", "河北省廊坊市三河市", "", "", "是", 20],
    ]
    sheet = workbook([("机构", rows)])
    page.get_by_label("表格文件").set_input_files(
        {"name": "北戴河区 11 月台账.xlsx", "mimeType": "", "buffer": sheet}
    )
    page.get_by_label("来源种类").select_option(label="机构填报")
    page.get_by_label("数字截至").fill("2026-11-20")
    page.get_by_role("button", name="上传并核对").click()
    expect(page.get_by_role("link", name="退回 2 家")).to_be_visible()
    for told in ("第 4 行“地区”写的是“北戴河镇”", "不在北戴河区，您不能导入"):
        expect(page.get_by_role("main")).to_contain_text(told)
    look(page, "sheet", 760)
    page.get_by_role("button", name="导入：新增 1 家，修改 1 家，退回的不导入").click()
    said(page, "已导入：新增 1 家，有变化 1 家")


def answer(page: Page, reference: str) -> None:
    """She mends what the reader reported, which waits for a review, and tells the reader so."""
    open_task(page, "读者的纠错", 1)
    page.get_by_role("link", name=reference).click()
    correction = page.url
    expect(page.get_by_role("main")).to_contain_text("少写了楼层")
    look(page, "correction", 1250)
    page.get_by_role("link", name="去修改").click()
    page.get_by_label("地址:", exact=True).fill(ADDRESS)
    page.get_by_role("button", name="保存", exact=True).first.click()
    said(page, "已送审")
    page.goto(correction)
    page.get_by_role("radio", name="采纳：已经在机构页面改好").check()
    page.get_by_label("改了什么，或为什么不改").fill("打电话问过机构，地址已补上楼层。")
    page.get_by_role("button", name="保存", exact=True).first.click()
    said(page, "成功")


def hand_in(page: Page) -> None:
    page.goto("/admin/institutions/institution/?stage__exact=draft")
    page.get_by_role("link", name=NEW_HOME).click()
    page.get_by_role("button", name="送审").click()
    said(page, "送审：已完成")


def review(page: Page, home: str) -> None:
    """The reviewer reads what would change, and lets it go live; then the new home."""
    open_task(page, "修改等审核", 2)
    page.get_by_role("row", name=home).get_by_role("link").first.click()
    line = page.locator("table.changes").get_by_role("row", name=re.compile("^地址"))
    expect(line).to_contain_text(ADDRESS)
    look(page, "review", 700)
    page.get_by_role("button", name="通过，马上公布").click()
    said(page, "已通过，网站上已经更新")
    open_task(page, "新机构等审核", 1)
    page.get_by_role("link", name=NEW_HOME).click()
    page.get_by_role("button", name="发布").click()
    said(page, "发布：已完成")


def test_a_clerks_afternoon(site: Site, open_page: OpenPage):
    [(home, name), (_, known)] = site.ask(
        "SELECT id, name FROM institutions_institution"
        " WHERE is_demo AND name LIKE '%（北戴河 %' ORDER BY id DESC LIMIT 2"
    )
    passwords = accounts(site, 王芳="clerk", 李强="reviewer")
    reference = report(open_page, home)

    page = sign_in(open_page, "王芳", passwords["王芳"])
    look(page, "home")
    mended = mend_three(page)
    confirm_ten(page, mended)
    bring_in_a_sheet(page, known)
    answer(page, reference)
    hand_in(page)

    reader = open_page(f"/institutions/{home}/")
    expect(reader.get_by_role("main")).not_to_contain_text(ADDRESS)
    review(sign_in(open_page, "李强", passwords["李强"]), name)

    reader.reload()
    expect(reader.get_by_role("main")).to_contain_text(ADDRESS)
    updates = reader.get_by_role("region", name="更新记录")
    expect(updates.get_by_role("listitem").first).to_contain_text(re.compile(r"2026-11-22.*地址"))
    reader.goto(f"/corrections/?ref={reference}")
    expect(reader.get_by_role("status")).to_contain_text("地址已补上楼层")
    reader.goto(f"/institutions/?q={NEW_HOME}")
    expect(reader.get_by_role("article").first).to_contain_text(NEW_HOME)
