"""The pages of regions: every fact with its document and date, true charts, and safe addresses."""

import re
from collections.abc import Iterator
from decimal import Decimal
from html import unescape
from itertools import pairwise
from urllib.parse import quote

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django.asserts import assertRedirects

from institutions.models import Listing
from institutions.pages.regions.facts import COMPARISONS, MEASURES
from regions.models import Fact, Region, RegionGroup
from tests.factories import make_document
from tests.institutions.pages.test_institution_page import Outline

pytestmark = pytest.mark.django_db

# What the pages must print, read line by line from the reports: fact, figure, date.
CHONGQING = """
F001-04 | 3 个 | 2018
F001-05 | 不少于 50 % | 2020
F001-06 | 1,400 家 | 2018-01-22
F001-07 | 67 家 | 2018-01-22
F001-08 | 948 家 | 2018-01-22
F001-09 | 385 家 | 2018-01-22
F001-10 | 212,000 张 | 2018-01-22
F001-11 | 30 张 | 2018-01-22
F001-12 | 473 家 | 2018-01-22
F001-13 | 33.8 % | 2018-01-22
F001-14 | 1,000 所 | 2018-01-22
F001-15 | 280 家 | 2018-01-22
F001-16 | 1,084 家 | 2018-01-22
F001-17 | 64 家 | 2018-01-22
F001-22 | 2 个 | 2018-01-22
F001-23 | 3 个 | 2018-01-22
F001-24 | 1 个 | 2018-01-22
F001-25 | 2 家 | 2018-01-22
F001-26 | 2 家 | 2018-01-22
F001-27 | 3 个 | 2018-01-22
F001-28 | 5 家 | 2018-01-22
F001-29 | 74 家 | 2018-01-22
F001-30 | 27.5 % | 2018-01-22
F001-31 | 25 家 | 2018-01-22
F001-32 | 46 % | 2018-01-22
F001-34 | 7,040,000 人 | 2018-01-22
F001-35 | 超过 540,000 人 | 2018-01-22
F001-36 | 650,000 户 | 2018-01-22
F001-37 | 610,000 户 | 2018-01-22
F001-46 | 不少于 30 % | 2020
F001-50a | 80 % | 2020
F001-50b | 60 % | 2020
"""
JIAOZUO = """
F002-07a | 5 项 | 2019
F002-07b | 5 项 | 2019
F002-07c | 10 项 | 2019
F002-10 | 435 人次 | 2019-10-17
F002-18 | 8 个 | 2019-10-17
F002-19 | 197,000,000 元 | 2019-10-17
F002-20 | 5,188,000 元 | 2019-10-17
F002-21 | 45 家 | 2019-10-17
F002-22 | 32 家 | 2019-10-17
F002-23 | 2,819 张 | 2019-10-17
F002-24 | 1,192 人 | 2019-10-17
F002-25 | 455 人 | 2019-10-17
F002-26 | 15 个 | 2019-10-17
F002-27 | 88 家 | 2019-10-17
F002-28 | 180 家 | 2019-10-17
F002-29 | 867 家 | 2019-10-17
F002-31 | 2 家 | 2019-10-17
"""
CHAOYANG = """
F004-04a | 781,000 人 | 2022-12-31
F004-04b | 22.7 % | 2022-12-31
F004-05a | 534,000 人 | 2022-12-31
F004-05b | 15.5 % | 2022-12-31
F004-08a | 16 个 | 2023-12-31
F004-08b | 43 个 | 2023-12-31
F004-09 | 11 个 | 2023
F004-11 | 81 家 | 2023-12-31
F004-12 | 近 70 % | 2023-12-31
F004-13 | 46 家 | 2023-12-31
F004-17 | 81 家 | 2023-12-31
F004-18 | 184 家 | 2023-12-31
F004-19 | 187 家 | 2023-12-31
F004-21 | 2,024 张 | 2023-12-31
F004-22 | 1 家 | 2023-12-31
F004-23a | 6 家 | 2023-12-31
F004-23b | 2 家 | 2023-12-31
F004-24 | 3 家 | 2023-12-31
F004-25 | 33 家 | 2023-12-31
F004-26 | 2 家 | 2023-12-31
F004-27 | 1 家 | 2023-12-31
F004-28 | 49 家 | 2023-12-31
F004-29 | 86 家 | 2023-12-31
F004-30 | 12 个 | 2023-12-31
F004-31 | 2 个 | 2023-12-31
F004-32a | 44 家 | 2023-12-31
F004-32b | 81 家 | 2023-12-31
F004-34 | 6 个 | 2023-12-31
F004-35 | 43 个 | 2023-12-31
F004-36 | 73.68 % | 2023-12-31
F004-37 | 94.12 % | 2023-12-31
F004-39 | 53,500 户 | 2023-12-31
"""
BEIDAIHE = """
F000-11 | 收住长住老人，也接待旅居康养 | 2024-02-09
F000-13 | 超过 10,000 张 | 2023
F000-14 | 约 170,000 人次 | 2023
"""
JING_JIN_JI = """
F000-04 | 10 年 | 2024-02-09
F000-15 | 2023 年 2 月起取消 | 2023-02
F000-17 | 2023 年 4 月 1 日 | 2023-04-01
F000-18 | 区域内所有定点医药机构：住院、普通门诊就医、购药等 | 2023-04-01
F000-19 | 312 家 | 2024-02-09
F000-20 | 373 家 | 2024-02-09
F000-21 | 50 项 | 2024-02-09
F000-22 | 295 家 | 2024-02-09
F000-23 | 208 家 | 2024-02-09
F000-24 | 30 项 | 2024-02-09
F000-28 | 数十家 | 2024-02-09
F000-36 | 2016 年起实行 | 2016
F000-38 | 2022 年建立 | 2022
F000-39 | 超过 3,000 人 | 2024-02-09
F000-41 | 超过 11,000 人 | 2023
F000-43 | 同质同标 | 2024-02-09
F003-26 | 2,485,000,000 元 | 2023-03-14
"""
READ = {
    "/regions/500000/": CHONGQING,
    "/regions/410800/": JIAOZUO,
    "/regions/110105/": CHAOYANG,
    "/regions/130304/": BEIDAIHE,
    "/regions/groups/jing-jin-ji/": JING_JIN_JI,
}
TARGETS = {"F001-05", "F001-46", "F001-50a", "F001-50b"}
PLANS = {"F001-04"}
PAGES = [
    "/regions/",
    "/regions/?sort=homes",
    "/regions/?province=130000&city=131000",
    "/regions/000000/",
    "/regions/500000/",
    "/regions/410800/",
    "/regions/110105/",
    "/regions/130304/",
    "/regions/540100/",  # nothing is known of it
    "/regions/groups/jing-jin-ji/",
    "/regions/groups/huan-jing/",
    "/regions/130504/",
    "/regions/朝阳区/",
]


def lines(table: str) -> list[list[str]]:
    return [line.split(" | ") for line in table.strip().splitlines()]


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def page(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200, url
    return response.content.decode()


def printed(html: str) -> dict[str, str]:
    """What a page prints of each fact, under the heading of its document."""
    found = {}
    for title, table in re.findall(
        r'<h3 id="h-[^"]+"><a href="/sources/[^"]+">(.*?)</a></h3>(.*?)</table>', html, re.S
    ):
        for code, row in re.findall(r'<tr role="row" id="([^"]+)">(.*?)</tr>', table, re.S):
            found[code] = f"{unescape(title)} {words(row)}"
    return found


def cells(row: str) -> list[str]:
    return [words(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)]


def test_at_least_sixty_figures_are_read_from_the_reports() -> None:
    assert sum(len(lines(table)) for table in READ.values()) >= 100


@pytest.mark.parametrize("url", READ)
def test_the_page_says_what_the_report_says(client: Client, url: str) -> None:
    html = page(client, url)
    rows = dict(re.findall(r'<tr role="row" id="([^"]+)">(.*?)</tr>', html, re.S))
    for code, shown, dated in lines(READ[url]):
        row = rows[code]
        assert unescape(re.search(r"<b>(.*?)</b>", row)[1]) == shown, code
        assert re.search(r"<time>(.*?)</time>", row)[1] == dated, code
        assert ("到 2020 年的目标，不是结果" in row) == (code in TARGETS), code
        assert ("计划，不是结果" in row) == (code in PLANS), code


@pytest.mark.no_cover
def test_every_fact_is_on_a_page_with_its_document_and_date(client: Client) -> None:
    facts = list(Fact.objects.select_related("document").prefetch_related("regions"))
    assert len(facts) == 214
    pages: dict[str, dict[str, str]] = {}
    for fact in facts:
        for region in fact.regions.all():
            if region.code not in pages:
                pages[region.code] = printed(page(client, f"/regions/{region.code}/"))
            row = pages[region.code][fact.code]
            for part in (str(fact.document), fact.label, fact.shown, fact.dated, fact.quote):
                assert " ".join(part.split()) in row, (fact.code, part)


def test_national_facts_are_on_the_page_of_the_nation(client: Client) -> None:
    html = page(client, "/regions/000000/")
    assert set(printed(html)) == {"F003-05", "F003-06", "F003-18", "F003-52", "F003-53"}


def test_a_figure_of_several_regions_names_them_all(client: Client) -> None:
    row = printed(page(client, "/regions/110000/"))["F000-20"]
    assert "几地合在一起说的：北京市、天津市" in row


def test_a_figure_of_another_time_wears_its_year(client: Client) -> None:
    assert "文件里最近的数字是 2018 年的" in page(client, "/regions/500000/")
    new = Fact.objects.create(
        code="T1",
        document=make_document(),
        label="养老机构",
        value=1,
        unit="家",
        as_of="2026-10-01",
        quote="1家",
    )
    new.regions.set(["500000"])
    assert "文件里最近的数字是" not in page(client, "/regions/500000/")


def test_words_and_targets_are_no_newest_figure(client: Client) -> None:
    document = make_document()
    tell("T1", label="说法", text="数十家", document=document, as_of="2018-01-22")
    tell("T2", label="目标", value=3, document=document, as_of="2018-01-22", nature="target")
    assert "文件里最近的数字是" not in page(client, "/regions/540100/")
    tell("T3", label="数字", value=3, document=document, as_of="2015-01-22")
    assert "文件里最近的数字是 2015 年的" in page(client, "/regions/540100/")


def test_a_fact_of_a_former_region_is_told_by_its_successor(client: Client) -> None:
    fact = Fact.objects.get(code="F001-47")
    fact.regions.set(["500112"])
    assert "F001-47" in printed(page(client, "/regions/500157/"))


# Charts


def bars(html: str) -> Iterator[tuple[str, str, list[tuple[str, int, int]], str]]:
    """Each row of each chart: caption, what the row is, its bars, its figures."""
    for table in re.findall(r'<table role="table" class="bars[^"]*">(.*?)</table>', html, re.S):
        caption = words(re.search(r"<caption[^>]*>(.*?)</caption>", table)[1])
        head, body = re.split(r"</thead>", table)
        assert re.findall(r'scope="col"[^>]*>(.*?)</th>', head) == ["项目", "图", "数字"]
        for row in re.findall(r'<tr role="row">(.*?)</tr>', body, re.S):
            assert '<td role="cell" aria-hidden="true"><svg' in row
            rects = re.findall(r'<rect class="(val|alt|mark)" x="(\d+)" width="(\d+)"', row)
            label, _, figures = cells(row)
            yield caption, label, [(t, int(x), int(w)) for t, x, w in rects], figures


def numbers(text: str) -> list[Decimal]:
    return [Decimal(n.replace(",", "")) for n in re.findall(r"\d[\d,]*(?:\.\d+)?", text)]


def thousandths(amount: Decimal, whole: Decimal) -> int:
    exact = 1000 * amount / whole
    return max(1, int(exact + Decimal("0.5"))) if amount else 0


def expected(caption: str, label: str, figures: str) -> list[int]:
    """How long the bars of a row must be, told from the words of its table alone."""
    if "说明了的共" in label:
        part, whole = numbers(label)
        return [thousandths(part, whole)] if part else []
    if figures == "未公布":
        return []
    if "的条在" in caption:
        wholes = dict(zip(re.findall("(实名|示例)的条在", caption), numbers(caption), strict=True))
        told = zip(re.findall("实名|示例", figures), numbers(figures), strict=True)
        return [thousandths(n, wholes[side]) for side, n in told if n]
    whole = Decimal(100) if "100%" in caption else numbers(caption.split("（20")[0])[0]
    if "最低" in figures:
        low, middle, high = (thousandths(n, whole) for n in numbers(figures))
        return [max(1, high - low), min(middle, 992)]
    return [long for n in numbers(figures) if (long := thousandths(n, whole))]


@pytest.mark.parametrize(
    "url",
    [
        "/regions/000000/",
        "/regions/500000/",
        "/regions/410800/",
        "/regions/110105/",
        "/regions/130304/",
        "/regions/groups/jing-jin-ji/",
        *(f"/regions/?sort={measure.slug}" for measure in MEASURES),
    ],
)
def test_bars_are_as_long_as_the_numbers_beside_them(client: Client, url: str) -> None:
    rows = list(bars(page(client, url)))
    assert rows
    for caption, label, found, figures in rows:
        drawn = [x if tone == "mark" else width for tone, x, width in found]
        assert drawn == expected(caption, label, figures), (caption, label)
        stretches = [bar for bar in found if bar[0] != "mark"]
        assert [x for _, x, _ in stretches] == [0] * len(stretches) or "最低" in figures
        assert all(x >= 0 and x + width <= 1000 for _, x, width in found)


def test_the_figures_of_the_fact_charts_are_the_facts(client: Client) -> None:
    rows = {label: figures for _, label, _, figures in bars(page(client, "/regions/500000/"))}
    assert rows["公办福利院 2018-01-22"] == "67 家"
    assert rows["敬老院 2018-01-22"] == "948 家"
    assert rows["社会办养老机构 2018-01-22"] == "385 家"
    assert rows["每千名老年人拥有床位 2018-01-22"] == "30 张"
    assert rows["护理型床位占比 到 2020 年的目标"] == "不少于 30 %"


def tell(code: str, **fields) -> Fact:
    fact = Fact(code=code, unit="家", quote="测试", **fields)
    fact.save()
    fact.regions.set(["540100"])
    return fact


def test_a_whole_is_a_result_of_the_same_document_and_day(client: Client) -> None:
    old, new = make_document(), make_document()
    parts = {"document": old, "as_of": "2018-01-22"}
    tell("T1", label="公办福利院", value=10, **parts)
    tell("T2", label="敬老院", value=30, **parts)
    tell("T3", label="养老机构", value=2000, document=new, as_of="2024-01-01", nature="target")
    tell("T4", label="养老机构", value=60, document=new, as_of="2018-01-22")
    tell("T5", label="养老机构", value=70, document=old, as_of="2017-01-22")
    tell("T6", label="养老机构", value=80, nature="target", **parts)
    html = page(client, "/regions/540100/")
    assert "养老机构是谁办的" not in html
    assert not list(bars(html))
    tell("T7", label="养老机构", value=50, **parts)
    rows = list(bars(page(client, "/regions/540100/")))
    assert {caption for caption, *_ in rows} == {"条的全长是 养老机构 50 家（2018-01-22）。"}
    assert [found for _, _, found, _ in rows] == [[("val", 0, 200)], [("val", 0, 600)]]


def test_parts_of_two_documents_are_two_charts(client: Client) -> None:
    for number, day in (("1", "2018-01-22"), ("2", "2019-01-22")):
        document = make_document(issued_on=f"20{number}0-05-05")
        for label, value in (("养老机构", 50), ("公办福利院", 10), ("敬老院", 30)):
            tell(f"T{number}{label}", label=label, value=value, document=document, as_of=day)
    html = page(client, "/regions/540100/")
    assert html.count(">养老机构是谁办的</h3>") == 2
    for issued in ("2010-05-05", "2020-05-05"):  # the document's own date, not the figures'
        assert f"，{issued}</p>" in html


def test_one_figure_beside_a_whole_is_no_chart(client: Client) -> None:
    html = page(client, "/regions/110105/")
    assert "F004-13" in printed(html)
    assert "医养结合和责任保险" not in html
    assert "医养中心的入住" in page(client, "/regions/410800/")  # 32 of the 45 planned


def test_what_was_closed_or_corrected_is_told_and_not_drawn(client: Client) -> None:
    html = page(client, "/regions/500000/")
    assert "医养结合和责任保险" in html
    assert {"F001-16", "F001-17"} <= set(printed(html))
    labels = " ".join(label for _, label, _, _ in bars(html))
    assert "关停" not in labels
    assert "整改" not in labels


def test_every_label_the_charts_look_for_is_the_label_of_a_fact() -> None:
    known = set(Fact.objects.values_list("label", flat=True))
    wanted = {label for measure in MEASURES for label in measure.labels}
    wanted |= {label for one in COMPARISONS for label in one.labels}
    wanted |= {one.whole for one in COMPARISONS if isinstance(one.whole, str)}
    assert wanted <= known


def test_nothing_is_styled_inline(client: Client) -> None:
    for url in PAGES:
        assert "style=" not in client.get(url).content.decode()


# Regions side by side


def compared(html: str) -> list[list[str]]:
    table = re.search(r'class="data data--fold side">(.*?)</table>', html, re.S)[1]
    body = re.search(r"<tbody[^>]*>(.*?)</tbody>", table, re.S)[1]
    return [cells(row) for row in re.findall(r"<tr[^>]*>(.*?)</tr>", body, re.S)]


def test_each_compared_figure_has_its_date_and_document(client: Client) -> None:
    html = page(client, "/regions/")
    for row in compared(html):
        for cell in row[1:-1]:
            assert cell == "未公布" or re.search(r"\d.*，\s*(20\d\d[\d-]*)\s*，", cell), cell
    rows = {row[0]: row for row in compared(html)}
    assert rows["重庆市"][1] == "1,400 家 养老机构， 2018-01-22 ， 国际在线重庆频道"
    assert rows["重庆市"][4].startswith("不少于 30 % 到 2020 年的目标，不是结果 ")
    assert rows["重庆市"][-1] == "实名 19 家 示例 1,400 家"
    assert rows["北京市朝阳区"][4].startswith("近 70 % 护理型床位占比")
    assert rows["河北省秦皇岛市北戴河区"][2].startswith("超过 10,000 张 康养床位， 2023 ，")


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("homes", ["重庆市", "北京市朝阳区"]),
        ("beds", ["重庆市", "河北省秦皇岛市北戴河区", "河南省焦作市"]),
        ("medical", ["重庆市", "河南省焦作市", "北京市朝阳区"]),
        ("nursing", ["北京市朝阳区", "北京市"]),  # the 30 % of 重庆 are a target
    ],
)
def test_sorting_by_a_measure(client: Client, sort: str, first: list[str]) -> None:
    html = page(client, f"/regions/?sort={sort}")
    assert [row[0] for row in compared(html)][: len(first)] == first
    assert f'href="?sort={sort}#compare" aria-current="true"' in html


def test_years_are_never_mixed_silently(client: Client) -> None:
    html = page(client, "/regions/?sort=medical")
    drawn = {label: figures for _, label, _, figures in bars(html)}
    assert drawn["重庆市 2018-01-22，开展医养结合的服务机构"] == "473 家"
    assert "年份不同（2018、2019、2023 年），不能直接比高低。" in html
    assert "各地说法不同" in html
    alone = page(client, "/regions/?sort=density")
    assert "年份不同" not in alone.split('class="scroll')[0].split('id="compare"')[1]


def test_a_target_is_never_drawn_as_a_result(client: Client) -> None:
    labels = [label for _, label, _, _ in bars(page(client, "/regions/?sort=nursing"))]
    assert [label.split()[0] for label in labels] == ["北京市朝阳区"]


def test_every_region_that_facts_name_can_be_reached(client: Client) -> None:
    html = page(client, "/regions/")
    for code in Region.objects.filter(facts__isnull=False).values_list("code", flat=True):
        assert f'href="/regions/{code}/"' in html
    for slug in ("jing-jin-ji", "huan-jing"):
        assert f'href="/regions/groups/{slug}/"' in html


# The way to a region


def options(html: str, name: str) -> list[str]:
    select = re.search(rf'<select id="id_{name}".*?</select>', html, re.S)
    return re.findall(r'<option value="(\d+)"', select[0]) if select else []


def test_the_picker_narrows_step_by_step(client: Client) -> None:
    html = page(client, "/regions/")
    assert len(options(html, "province")) == 34
    assert not options(html, "city")
    html = page(client, "/regions/?province=130000")
    assert "131000" in options(html, "city")
    assert '<option value="130000" selected>' in html
    assert ">就看河北省</a>" in html
    html = page(client, "/regions/?province=130000&city=131000")
    assert "131082" in options(html, "county")
    assertRedirects(
        client.get("/regions/?province=130000&city=131000&county=131082"), "/regions/131082/"
    )


def test_a_province_without_cities_offers_its_counties(client: Client) -> None:
    assert "500157" in options(page(client, "/regions/?province=500000"), "city")
    assertRedirects(client.get("/regions/?province=500000&city=500157"), "/regions/500157/")


@pytest.mark.parametrize(
    "query", ["province=999999", "province=131000", "province=130000&city=110105", "city=131000"]
)
def test_a_step_that_is_not_offered_is_left_out(client: Client, query: str) -> None:
    assert not options(page(client, f"/regions/?{query}"), "county")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("500112", "500157"),
        ("500105", "500157"),
        ("510282", "500116"),
        ("131082000000", "131082"),
        ("510200", "500000"),
    ],
)
def test_an_old_code_leads_on_for_good(client: Client, old: str, new: str) -> None:
    assertRedirects(client.get(f"/regions/{old}/"), f"/regions/{new}/", status_code=301)


@pytest.mark.parametrize(
    ("name", "code"), [("渝北区", "500157"), ("河北廊坊", "131000"), ("131082", "131082")]
)
def test_a_name_leads_to_its_region(client: Client, name: str, code: str) -> None:
    response = client.get("/regions/", {"name": f" {name} "})
    assert response.status_code == 302
    assert response.headers["Location"] == f"/regions/{code}/"
    if not name.isdigit():
        assertRedirects(client.get(f"/regions/{quote(name)}/"), f"/regions/{code}/")


@pytest.mark.parametrize("name", ["京津冀", "jing-jin-ji"])
def test_the_name_of_a_group_leads_to_it(client: Client, name: str) -> None:
    for response in (
        client.get(f"/regions/{quote(name)}/"),
        client.get("/regions/", {"name": name}),
    ):
        assertRedirects(response, "/regions/groups/jing-jin-ji/")


@pytest.mark.parametrize(
    ("text", "codes"), [("130504", ["130502", "130503"]), ("朝阳区", ["110105", "220104"])]
)
def test_several_regions_are_listed_to_choose_from(client: Client, text, codes) -> None:
    for response in (client.get(f"/regions/{text}/"), client.get("/regions/", {"name": text})):
        assert response.status_code == 200
        main = response.content.decode().split("<main")[1]
        assert re.findall(r'href="/regions/(\d+)/"', main) == codes


@pytest.mark.parametrize(
    "text",
    ["999999", "110100", "groups", "%00", "1" * 400, "哪里", "%ED%A0%80", "１１０１０５", "-"],
)
def test_an_unknown_region_is_told_with_a_way_on(client: Client, text: str) -> None:
    response = client.get(f"/regions/{text}/")
    assert response.status_code == 404
    html = response.content.decode()
    assert 'name="name"' in html
    assert 'href="/regions/"' in html


def test_an_unknown_group_is_not_found(client: Client) -> None:
    assert client.get("/regions/groups/no-such/").status_code == 404


def test_a_group_of_nothing_is_a_page(client: Client) -> None:
    RegionGroup.objects.create(slug="empty", name="空组", definition="还没有划定。")
    html = page(client, "/regions/groups/empty/")
    assert "本站还没有收录这里的机构" in html
    assert "本站没有收录与这里有关的约定" in html


@pytest.mark.no_cover
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(
        st.sampled_from(["name", "sort", "province", "city", "county", "x"]),
        st.one_of(st.text(max_size=60), st.sampled_from(["130000", "131000", "beds", "\x00"])),
    )
)
def test_no_query_string_breaks_the_page(django_db_blocker, query) -> None:
    assert Client().get("/regions/", query).status_code in {200, 302, 404}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(min_size=1, max_size=60).filter(lambda text: text not in (".", "..")))
def test_no_address_breaks_the_page(django_db_blocker, text) -> None:
    assert Client().get(f"/regions/{quote(text, safe='')}/").status_code in {200, 301, 302, 404}


@pytest.mark.parametrize("url", ["/regions/", "/regions/500000/", "/regions/groups/huan-jing/"])
def test_only_reading_is_allowed(client: Client, url: str) -> None:
    assert client.post(url).status_code == 405


# The pages as pages


@pytest.mark.parametrize("url", PAGES)
def test_the_page_is_well_formed(client: Client, url: str) -> None:
    html = Outline(page(client, url))
    assert [id for id, times in html.ids.items() if times > 1] == []
    assert set(html.targets) <= set(html.ids)
    assert {link[1:] for link in html.links if link.startswith("#")} <= set(html.ids)
    assert html.headings.count(1) == 1
    body = html.headings[html.headings.index(1) :]
    assert all(after <= before + 1 for before, after in pairwise(body))


@pytest.mark.parametrize(
    ("url", "named", "unnamed"),
    [
        ("/regions/131082/", {"he-02", "cn-01"}, {"he-01", "bj-01"}),
        ("/regions/130000/", {"he-01", "he-02", "cn-02"}, {"tj-01"}),
        ("/regions/000000/", {"cn-01", "cn-02"}, {"bj-01"}),
        ("/regions/710000/", set(), {"cn-01"}),
        ("/regions/groups/jing-jin-ji/", {"bj-06", "tj-03", "he-01", "cn-01"}, {"cq-01"}),
    ],
)
def test_a_region_leads_to_its_policies(client: Client, url, named, unnamed) -> None:
    links = Outline(page(client, url)).links
    assert {f"/policies/{slug}/" for slug in named} <= set(links)
    assert not {f"/policies/{slug}/" for slug in unnamed} & set(links)
    policies = [link for link in links if re.fullmatch(r"/policies/[\w-]+/", link)]
    assert len(policies) == len(set(policies))  # once, though several regions have it


def test_queries_of_a_region(client: Client, django_assert_num_queries) -> None:
    # 1 region with ancestors, 2 former regions
    # 3 which facts name which regions, 4 facts with documents, 5 their regions
    # 6 homes by region, kind and ownership, 7 vacancy and medical answers, 8 prices, 9 beds
    # 10 first homes with places
    # 11 agreements with documents, 12 their regions
    # 13 policies with their places
    # 14 regions inside, 15 groups it lies in
    with django_assert_num_queries(15):
        client.get("/regions/500000/")


def test_queries_of_a_group(client: Client, django_assert_num_queries) -> None:
    # as for a region, less the regions inside and the groups; group and its regions instead
    with django_assert_num_queries(14):
        client.get("/regions/groups/huan-jing/")


def test_queries_of_the_comparison(client: Client, django_assert_num_queries) -> None:
    # 1 provinces, 2 cities, 3 counties of the picker
    # 4 groups, 5 their regions
    # 6 facts under a measure with documents, 7 their regions
    # 8 how often facts name each region, 9 those regions and the provinces, 10 homes by region
    with django_assert_num_queries(10):
        client.get("/regions/?sort=beds&province=130000&city=131000")


def test_the_homes_and_their_counts(client: Client) -> None:
    html = page(client, "/regions/500000/")
    homes = Listing.objects.filter(region__code__startswith="50")
    real, demo = homes.filter(is_demo=False).count(), homes.filter(is_demo=True).count()
    assert f"看实名 {real:,} 家和示例 {demo:,} 家" in html
    assert 'href="/institutions/?region=500000"' in html
    assert "示例数据" not in html.split('id="homes"')[1].split("</section>")[0]
    nation = page(client, "/regions/000000/")
    found = re.search(r'<a class="btn" href="([^"]+)">看实名', nation)[1]
    assert f"{Listing.objects.count():,} 家机构" in words(page(client, found))


def test_former_names_and_agreements_are_told(client: Client) -> None:
    html = words(page(client, "/regions/500157/"))
    assert "渝北区（500112， 2025-11-01 撤销）" in html
    assert "江北区（510211，撤销日期未公布）" in html
    hebei = words(page(client, "/regions/130000/"))
    assert "京津冀异地就医视同备案" in hebei
    assert "2023-04-01 起" in hebei
    assert "京津冀异地就医视同备案" not in words(page(client, "/regions/500000/"))
