"""The front page: every count on it comes true, every fact is the stored one with its date."""

import html
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from institutions.models import Institution, Listing
from institutions.pages.front import SAYINGS, STORIES
from institutions.register.ages import FRESH_DAYS, VACANCY_DAYS
from regions.models import Fact, RegionGroup

pytestmark = pytest.mark.django_db

TALLY = r"实名 ([\d,]+) 家，示例 ([\d,]+) 家"


@pytest.fixture
def page(client) -> str:
    response = client.get("/")
    assert response.status_code == 200
    return response.content.decode()


def plain(markup: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", markup))


def promised(page: str) -> dict[str, tuple[str, str]]:
    """What each way into the results says it finds, real and demo, by its address."""
    links = re.findall(rf'<a href="(/institutions/\?[^"]+)">(?:(?!</a>).)*?{TALLY}', page, re.S)
    options = re.findall(rf'<option value="([^"]+)">[^<]*?{TALLY}', page)
    found = [*links, *((f"/institutions/?region={o[0]}", *o[1:]) for o in options)]
    ways: dict[str, tuple[str, str]] = {}
    for address, real, demo in found:
        assert ways.setdefault(html.unescape(address), (real, demo)) == (real, demo)
    return ways


def test_queries_are_pinned(client, django_assert_num_queries):
    with django_assert_num_queries(6):
        # homes by region, regions_regiongroup, their regions, the regions with homes,
        # the aggregate of all sayings, facts with documents
        client.get("/")


@pytest.mark.no_cover
def test_every_count_comes_true(client, page):
    ways = promised(page)
    links = set(map(html.unescape, re.findall(r'href="(/institutions/\?[^"]+)"', page)))
    assert links <= ways.keys()
    assert len(ways) > len(SAYINGS) + 20
    for address, (real, demo) in ways.items():
        found = client.get(address).content.decode()
        total = int(real.replace(",", "")) + int(demo.replace(",", ""))
        assert total, address
        assert plain(re.search(r"<h1>(.*?)</h1>", found)[1]).startswith(f"{total:,} 家"), address
        assert f"实名 {real} 家，示例 {demo} 家" in found, address
        assert 'role="alert"' not in found, address


def test_every_other_link_leads_to_a_page(client, page):
    main = page[page.index("<main") : page.index("</main>")]
    links = set(re.findall(r'href="(/(?!static/)[^"?]+)"', main))  # icons are files
    wanted = {"/regions/", "/regions/groups/jing-jin-ji/", "/regions/500000/", "/sources/"}
    assert wanted | {"/sources/jing-jin-ji-2024/"} <= links
    for address in links:
        assert client.get(address).status_code == 200, address


def test_the_total_comes_true(client, page):
    total = Listing.objects.count()
    real = Listing.objects.filter(is_demo=False).count()
    assert f'<a href="/institutions/">看全部 {total:,} 家</a>' in page
    assert f"收录实名 {real:,} 家，示例 {total - real:,} 家，<time" in page


def test_sayings_lead_to_their_search(page):
    links = dict(re.findall(r'<a href="/institutions/\?([^"]+)"><b>([^<]+)</b>', page))
    assert {
        words: {name: values[0] for name, values in parse_qs(html.unescape(query)).items()}
        for query, words in links.items()
    } == SAYINGS


def test_facts_are_the_stored_ones_with_document_and_date(page):
    said = re.sub(r"\s+", " ", plain(page))
    for _, codes in STORIES:
        for code in codes:
            fact = Fact.objects.select_related("document").get(code=code)
            told = said[said.index(f"{fact.label}（{fact.entity}）") :]
            document = fact.document
            source = f"{fact.dated_by} {fact.dated}。来源：{document.heading}，{document.issued}"
            wanted = [fact.shown, f"原文：“{fact.quote}”", fact.note, source]
            at = [told.index(words) for words in wanted if words]
            assert at == sorted(at), code
            assert at[-1] < 400, code


def test_a_changed_fact_changes_the_page(client):
    Fact.objects.filter(code="F000-21").update(value=51, quote="五十一项")
    page = client.get("/").content.decode()
    assert "<b>51 项</b>" in page
    assert "五十一项" in page
    assert "<b>50 项</b>" not in page


def test_no_figure_stands_without_a_date(page):
    dated = page.count("截至 <time") + page.count("发布于 <time")
    assert dated == page.count("原文：") == sum(len(c) for _, c in STORIES)
    assert page.count('<time datetime="2026-11-22">2026-11-22</time> 统计') == 2


def test_the_form_asks_the_results(client, page):
    form = re.search(r'<form class="route".*?</form>', page, re.S)[0]
    assert 'action="/institutions/"' in form
    assert "method" not in form
    assert re.findall(r'name="(\w+)"', form) == ["e_hukou", "region", "q"]
    found = client.get("/institutions/", {"e_hukou": "", "region": "", "q": ""}).content.decode()
    assert f"{Listing.objects.count():,} 家机构" in plain(found)


def test_the_legend_tells_the_days_the_dots_go_by(page):
    legend = re.sub(r"\s+", "", plain(page[page.index('<dl class="panel rows">') :]))
    assert f"3天前更新实心：{FRESH_DAYS}天以内" in legend
    assert f"26天前更新半个：{FRESH_DAYS + 1}到{VACANCY_DAYS}天" in legend
    assert f"先打电话空心：超过{VACANCY_DAYS}天" in legend
    assert "未公布" in legend
    assert "示例数据" in legend


def test_an_empty_register_gives_a_page_that_says_so(client):
    Institution.objects.all().delete()
    Fact.objects.all().delete()
    RegionGroup.objects.all().delete()
    page = client.get("/").content.decode()
    assert "现在还没有收录机构。" in page
    assert "都看看" in page
    assert not re.search(r"\d 家|原文|aria-labelledby=\"h-(say|follow|region)\"", page)


def test_without_demo_homes_only_real_ones_are_counted(client):
    Institution.objects.filter(is_demo=True).delete()
    ways = promised(client.get("/").content.decode())
    assert ways
    assert {demo for _, demo in ways.values()} == {"0"}
    assert "0" not in {real for real, _ in ways.values()}


def test_only_reading_is_allowed(client):
    assert client.head("/").status_code == 200
    assert client.post("/").status_code == 405


@pytest.mark.parametrize("query", ["?region=x&q=%00", "?" + "a" * 3000, "?page=0&region="])
def test_no_query_breaks_the_page(client, query):
    assert client.get(f"/{query}").status_code == 200


def test_the_canonical_address_has_no_query(client):
    page = client.get("/?x=1").content.decode()
    address = re.search(r'<link rel="canonical" href="([^"]+)"', page)[1]
    assert (urlsplit(address).path, urlsplit(address).query) == ("/", "")
