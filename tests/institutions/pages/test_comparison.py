"""The comparison page: `GET /compare/?id=…`, and the links that make the choice grow."""

import datetime
import re
from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from django.utils.html import escape
from pytest_django.asserts import assertContains, assertNotContains

from institutions.models import Fee, Institution, Listing
from institutions.pages.compare.page import HomeComparison
from institutions.pages.parts.carried_homes import LONGEST_SEARCH, search_of
from institutions.register.listings import refresh
from regions.policies import rulebook as policies
from tests.factories import (
    make_bed,
    make_fee,
    make_institution,
    make_region,
    make_whole_institution,
)
from tests.institutions.pages.test_institution_page import Outline

pytestmark = pytest.mark.django_db

URL = "/compare/"
ELDER = {"e_hukou": "110000", "e_age": "82", "e_ability": "gbt42195:2", "e_status": "subsistence"}


def compared(on, *homes, **more) -> HomeComparison:
    refresh([home.pk for home in homes], on)
    query = QueryDict(mutable=True)
    query.setlist("id", [str(home.pk) for home in homes])
    query.update(more)
    return HomeComparison(query, on, search_of(query))


def row(comparison: HomeComparison, label: str):
    rows = [row for group in comparison.groups for row in group.rows if row.label == label]
    assert len(rows) == 1, label
    return rows[0]


def said(comparison: HomeComparison, label: str) -> list[str]:
    """What each home says, 未公布 where nothing."""
    return [
        "；".join(f"{s.words}{'' if s.fen is None else s.fen}" for s in cell.answer.lines)
        or "未公布"
        for cell in row(comparison, label).cells
    ]


def priced(name: str, bed: int, **changes) -> Institution:
    """A home of which only its price is known: `bed` yuan more than 1,000 for meals and care."""
    home = make_institution(name=name, **changes)
    for kind, yuan in (("bed", bed), ("meals", 600), ("care", 400)):
        make_fee(home, kind, yuan * 100)
    home.provenance.create(field="fees", kind="own", as_of=datetime.date(2026, 10, 1))
    return home


@pytest.fixture
def shipped(today) -> list[int]:
    """Four demo homes with prices, of two provinces."""
    rows = Listing.objects.filter(is_demo=True, price_2__isnull=False).order_by("pk")
    near = rows.filter(region__code__startswith="1310")[:2]
    far = rows.filter(region__code__startswith="12")[:2]
    return [row.pk for row in [*near, *far]]


# Which homes


def test_order_is_kept_and_doubles_are_dropped(client, shipped):
    one, two, three, _ = shipped
    page = client.get(URL, {"id": [three, one, three, two]}).context["comparison"]
    assert [column.home.pk for column in page.columns] == [three, one, two]
    assert page.url == f"/compare/?id={three}&id={one}&id={two}"
    assert page.problems == []


def test_a_fifth_is_told_by_name(client, shipped):
    fifth = Institution.objects.get(name="北京市第一社会福利院")
    response = client.get(URL, {"id": [*shipped, fifth.pk]})
    assert len(response.context["comparison"].columns) == 4
    assertContains(response, "最多对比 4 家，没有放进来的：北京市第一社会福利院")


@pytest.mark.parametrize(
    ("id", "words"),
    [
        ("999999999", "编号 999999999 的机构找不到"),
        ("abc", "“abc”不是机构编号"),
        ("9" * 30, "不是机构编号"),
        ("٣", "不是机构编号"),
        ("1\0", "不是机构编号"),
        ("<b>", "“&lt;b&gt;”不是机构编号"),
    ],
)
def test_what_is_no_home_is_told(client, shipped, id, words):
    response = client.get(URL, {"id": [shipped[0], id]})
    assertContains(response, words)
    assert len(response.context["comparison"].columns) == 1


def test_an_unpublished_home_is_not_shown(client, today):
    home = make_institution(name="还没发布的养老院", stage=Institution.Stage.DRAFT)
    refresh([home.pk], today)
    response = client.get(URL, {"id": home.pk})
    assertContains(response, "的机构找不到")
    assertNotContains(response, "还没发布的养老院")


@pytest.mark.parametrize("query", ["", "id=", "id=&id=", "only=differences", "e_hukou=110000"])
def test_without_homes_it_says_how_to_choose(client, query):
    response = client.get(f"{URL}?{query}")
    assertContains(response, "怎么选")
    assertContains(response, "加入对比")
    assertNotContains(response, "<table")


def test_a_thousand_ids_are_no_error(client):
    response = client.get(f"{URL}?{'&'.join(f'id={n}' for n in range(900))}")
    assert response.status_code == 200


# What is said


def test_the_page_is_well_formed_and_kept_from_search_engines(client, shipped):
    response = client.get(URL, {"id": shipped, **ELDER})
    page = Outline(response.content.decode())
    assert [id for id, times in page.ids.items() if times > 1] == []
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    assert page.headings.count(1) == 1
    assert "None" not in page.text
    assertContains(response, '<meta name="robots" content="noindex">', html=True)


def test_unknown_is_said_and_never_nought(client, today):
    bare, known = make_institution(name="什么都没公布"), priced("公布了价格", 2000)
    page = compared(today, bare, known)
    assert said(page, "每月标价，最低") == [
        "未公布",
        "300000；起（最便宜的房型），按能力完好算",
    ]
    assert row(page, "每月标价，最低").cells[0].answer.mark == ""
    assert said(page, "押金") == said(page, "空床") == ["未公布", "未公布"]
    assert not row(page, "押金").differs


def test_only_differences_leaves_out_what_is_alike(client, today):
    one, two = priced("甲", 2000, kind="welfare_home"), priced("乙", 3000, kind="welfare_home")
    page = compared(today, one, two, only="differences")
    labels = [row.label for group in page.groups for row in group.rows]
    assert labels == ["每月标价，最低", "标价里有什么"]
    everything = sum(len(group.rows) for group in page.all_groups)
    assert (page.differing, page.same) == (2, everything - 2)


def test_that_all_say_the_same_is_said(client, today):
    one, two = make_institution(name="丙"), make_institution(name="丁")
    refresh([one.pk, two.pk], today)
    response = client.get(URL, {"id": [one.pk, two.pk], "only": "differences"})
    assertContains(response, "这几家公布的都一样")


def test_differences_are_marked_in_words_and_shape(client, today):
    one, two = priced("甲", 2000), priced("乙", 3000)
    refresh([one.pk, two.pk], today)
    response = client.get(URL, {"id": [one.pk, two.pk]})
    assertContains(response, "≠ 不一样", 3)  # two rows, and the caption
    assertContains(response, "＝ 一样", response.context["comparison"].same)
    assertContains(response, "★ 标价最低", 1)


def test_the_cheaper_list_price_is_not_always_the_cheaper_month(today):
    """A home on a pilot list, or in the voucher's reach, may end up below a cheaper one."""
    one, two = priced("甲", 3000, takes_level_2=True), priced("乙", 3000)
    make_bed(two, vacant=4, as_of=today)
    page = compared(today, one, two, **ELDER)
    assert said(page, "标价")[0].startswith("400000；按中度失能")
    net = row(page, "补贴后每月").cells[0].answer
    assert net.rank == 400000 - row(page, "跟着老人走的").cells[0].answer.rank
    assert net.bridge.whole == 100.0
    assert net.bridge.net == round(net.rank / 4000, 1)
    reasons = row(page, "为什么").cells[0].answer.lines
    assert [s.words for s in reasons] == [
        "养老服务消费补贴（北京）",
        "困难老年人养老服务补贴",
        "高龄老年人津贴",
    ]
    assert all("京民养老发〔2019〕160号" in s.cited and s.url for s in reasons[1:])
    assert [s.fen for s in reasons] == [-800_00, -300_00, -100_00]
    assert said(page, "收不收这位老人") == ["收", "未公布"]


def test_lowest_is_marked_only_where_there_is_something_to_compare(today):
    one, two = priced("甲", 2000), priced("乙", 3000)
    marks = [cell.answer.mark for cell in row(compared(today, one, two, **ELDER), "标价").cells]
    assert marks == ["标价最低", ""]
    for homes in ([one], [one, priced("丙", 2000)]):
        cells = row(compared(today, *homes, **ELDER), "标价").cells
        assert {cell.answer.mark for cell in cells} == {""}


def test_an_upper_bound_is_not_called_the_lowest(today):
    page = compared(today, priced("甲", 2000), priced("乙", 3000), **ELDER)
    cell = row(page, "补贴后每月").cells[0]
    assert cell.answer.lines[0].words == "至多"
    assert cell.answer.mark == "按已经确定的算，最低"


def test_a_home_that_does_not_take_the_elder_says_so(today):
    home = priced("不收失能", 2000, takes_level_2=False)
    page = compared(today, home, **ELDER)
    assert said(page, "补贴后每月") == ["暂时算不出；这家机构写明不收这样的老人。"]
    assert said(page, "标价") == ["这家机构写明不收这样的老人。"]
    assert row(page, "收不收这位老人").cells[0].answer.mark == "不收这样的老人"


def test_an_old_vacancy_is_no_best(today):
    old, fresh = make_institution(name="旧"), make_institution(name="新")
    make_bed(old, vacant=9, as_of=today - datetime.timedelta(91))
    make_bed(fresh, vacant=3, as_of=today)
    other = make_institution(name="又一家")
    make_bed(other, vacant=2, as_of=today)
    page = compared(today, old, fresh, other)
    cells = row(page, "空床").cells
    assert [cell.answer.mark for cell in cells] == ["", "空床最多", ""]
    # As on its card, the old figure is not told.
    assert said(page, "空床") == ["先打电话问", "3 张", "2 张"]
    assert cells[0].answer.as_of == today - datetime.timedelta(91)


def test_how_far_each_home_is_stands_beside_the_others(client, today):
    """And the strip about the elder keeps the places it is measured from."""
    near = make_institution(name="近", longitude=116.9, latitude=39.9)
    unknown = make_institution(name="位置不明")
    assert "直线距离" not in {
        r.label for g in compared(today, near, unknown).groups for r in g.rows
    }
    page = compared(today, near, unknown, near="39.9,116.8", near2="131082")
    told = said(page, "直线距离")
    assert told[0].startswith("约 8.5 公里（从您填的位置（39.9,116.8）算）；约 ")
    assert told[1].count("位置未公布") == 2
    assert {("near", "39.9,116.8"), ("near2", "131082")} <= set(page.questions.kept)


def test_a_deposit_beyond_the_rule_is_marked(today):
    home = priced("押金高", 1000)
    make_fee(home, Fee.Kind.DEPOSIT, 20_000_00, period="once")
    assert row(compared(today, home), "押金").cells[0].answer.mark == "高于国家规定的上限"


def test_every_answer_names_its_sources(client, today):
    whole = make_whole_institution(name="示例·样样都有")
    page = compared(today, whole)
    answered = [c for g in page.groups for r in g.rows for c in r.cells if c.answer.lines]
    assert len(answered) > 15
    assert [c for c in answered if not c.notes and c.answer.paths] == []
    listed = {note.number for note in page.notes.listed}
    assert {n for c in answered for n in c.notes} <= listed
    assert row(page, "有哪些房型").cells[0].dated == "2026-01-01"
    response = client.get(URL, {"id": whole.pk})
    assertContains(response, "截至 <time>2026-01-01</time>")
    assertContains(response, "示例数据")


def test_a_figure_nobody_gave_a_source_for_says_so(client, today):
    home = make_institution(name="没有来源", kind="welfare_home")
    refresh([home.pk], today)
    assertContains(client.get(URL, {"id": home.pk}), "来源未公布")


def test_how_bills_settle_goes_by_where_the_elder_is_insured(today):
    near, far = make_institution(region=make_region("131082")), make_institution()
    label = "参保地的医保到这里怎么结算"
    assert "还不能判断" in said(compared(today, near, far), label)[0]
    page = compared(today, near, far, e_insured="110000")
    assert "住院：直接结算，不用备案" in said(page, label)[0]
    assert "在参保地之内" in said(page, label)[1]
    assert row(page, label).cells[0].answer.lines[0].cited


# Ratings and scales


def test_schemes_stand_side_by_side_and_are_never_one(today):
    beijing, whole = Institution.objects.get(name="北京市第一社会福利院"), make_whole_institution()
    shown = compared(today, beijing, whole, **ELDER).crosswalk
    told = {
        scheme.row.label: ["".join(s.words for s in cell.answer.lines) for cell in scheme.row.cells]
        for scheme in shown.schemes
    }
    assert told == {
        "养老机构等级（GB/T 37276）": ["", "四级（2024 年评的）"],
        "北京服务质量星级": ["五星级（2012 年评的）", ""],
    }
    assert all(scheme.document and scheme.about for scheme in shown.schemes)


def test_every_scale_says_who_goes_by_it(today):
    shown = compared(today, make_institution(), **ELDER).crosswalk
    scales = {scale.label: scale for scale in shown.scales}
    assert len(scales) == 5
    assert scales["国家能力评估"].finding == "中度失能"
    assert scales["北京市老年人能力综合评估"].finding == ""
    assert "养老服务消费补贴" in scales["国家能力评估"].policies
    assert set(scales["北京市老年人能力综合评估"].policies) == {
        "失能老年人护理补贴",
        "困境家庭服务对象入住养老机构补助",
    }
    assert [s.label for s in shown.scales if s.document is None] == ["机构护理等级"]


# What it costs


@pytest.mark.parametrize("most", [1, 4])
def test_queries(client, shipped, django_assert_num_queries, most):
    policies.book()
    # 1 listings with institution, 2 their designations
    # 3-15 the homes: institution with place and terms, eleven parts with documents, latest steps
    # 16 the stamp of the policies, 17 the documents of schemes and scales
    with django_assert_num_queries(17):
        client.get(URL, {"id": shipped[:most]})
    # and the regions of hukou and insurance, the agreements, their parties
    with django_assert_num_queries(20):
        client.get(URL, {"id": shipped[:most], **ELDER, "e_insured": "110000"})


# Ways on


def test_the_choice_grows_by_links_alone(client, shipped):
    one, two, *_ = shipped
    page = client.get(URL, {"id": one, **ELDER})
    more = page.context["comparison"].more_url
    assertContains(page, f'href="{more}&amp;e_hukou=110000')
    results = client.get(more + "&region=120000&e_hukou=110000")
    link = re.search(
        rf'href="(/compare/\?id={one}&amp;id=\d+&amp;e_hukou=110000&amp;from=[^"&]*)"',
        results.content.decode(),
    )
    assert link
    both = client.get(link[1].replace("&amp;", "&")).context["comparison"]
    assert both.ids[0] == one
    assert len(both.ids) == 2
    # On to the page of a home, and to the next page of results, without losing it.
    assertContains(results, f"?e_hukou=110000&amp;compare={one}")
    assertContains(results, f'<input type="hidden" name="compare" value="{one}">')
    home = client.get(f"/institutions/{two}/?compare={one}")
    assertContains(home, f'href="/compare/?id={one}&amp;id={two}"')


def test_the_search_is_found_again_from_the_comparison(client, shipped):
    """Region, needs, budget, order and the reasons why, through every link of the page."""
    search = "region=131082&need=meets_feeding&price_max=6000&why=1&sort=price"
    results = client.get(f"/institutions/?{search}&page=1&near=131082&{urlencode(ELDER)}")
    link = re.search(r'href="(/compare/\?id=\d+&amp;[^"]*)"', results.content.decode())
    page = client.get(link[1].replace("&amp;", "&"))
    found = page.context["comparison"]
    assert found.more_url == f"/institutions/?compare={found.ids[0]}&{search}"
    assertContains(page, f'href="{escape(found.more_url)}&amp;near=131082&amp;e_hukou=110000')
    carried = urlencode(found.search, safe=":")
    ways = [found.all_url, found.differences_url, *(url for _, url in found.removals)]
    assert all(url.endswith(carried) for url in ways)
    assert found.search.items() <= set(found.questions.kept)
    assert "from" not in found.url
    # And by way of the page of a home.
    home = client.get(f"/institutions/{shipped[0]}/?{carried}").content.decode()
    assert f'href="/compare/?id={shipped[0]}&amp;{carried}"' in home


@pytest.mark.parametrize(
    ("carried", "kept"),
    [
        ("region=131082&evil=1&e_age=80&near=1&page=9&id=4", "region=131082"),
        ("//evil.example/?x", ""),
        ("https://evil.example/", ""),
        ("q=" + "x" * 5_000, "q=" + "x" * (LONGEST_SEARCH - 2)),
        ("q=\0", "q=%EF%BF%BD"),
        ('q=</a>"', "q=%3C%2Fa%3E%22"),
        ("q=" + "一" * 1_000, ""),  # coded too long for an address
        ("&" * 5_000, ""),
    ],
)
def test_of_a_carried_search_only_a_search_is_kept(client, shipped, carried, kept):
    page = client.get(URL, {"id": shipped[0], "from": carried})
    more = f"/institutions/?compare={shipped[0]}" + (f"&{kept}" if kept else "")
    assert page.context["comparison"].more_url == more
    assert client.get(more).status_code == 200


@pytest.mark.parametrize("carried", ["", "abc", "1,,x", "9" * 40, ",".join("12345") * 99])
def test_a_broken_choice_is_no_error(client, shipped, carried):
    assert client.get("/institutions/", {"compare": carried}).status_code == 200


def test_each_home_can_be_taken_out(client, shipped):
    page = client.get(URL, {"id": shipped[:3], "only": "differences", **ELDER})
    one, _, three = shipped[:3]
    assertContains(page, f'href="/compare/?id={one}&amp;id={three}&amp;only=differences&amp;e_')
    last = client.get(URL, {"id": one}).context["comparison"].removals[0][1]
    assertContains(client.get(last), "怎么选")


def test_the_canonical_results_carry_no_choice(client, shipped):
    response = client.get("/institutions/", {"compare": shipped[0], "region": "120000"})
    assertContains(response, 'rel="canonical" href="http://testserver/institutions/?region=120000"')


def test_reading_only(client):
    assert client.post(URL).status_code == 405
