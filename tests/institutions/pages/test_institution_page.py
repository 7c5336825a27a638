"""The page of one institution: `GET /institutions/<id>/`."""

import datetime
import re
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertTemplateUsed

from carebridge.lib.money import exact_yuan as exact
from institutions.models import Fee, Institution, Phone, Provenance, Rating
from tests.factories import (
    make_bed,
    make_document,
    make_fee,
    make_institution,
    make_whole_institution,
)

pytestmark = pytest.mark.django_db

VOID = {"meta", "link", "img", "input", "br", "hr", "col"}
MONEY = re.compile(r"\d+(?:,\d{3})+|\d+ 元")


class Outline(HTMLParser):
    """What a page is made of; a tag that closes another than the last opened is an error."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: Counter[str] = Counter()
        self.headings: list[int] = []
        self.targets: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        assert len(found) == len(attrs), f"an attribute twice in {tag} {attrs}"
        if tag not in VOID:
            self.open.append(tag)
        if "id" in found:
            self.ids[found["id"]] += 1
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "a":
            self.links.append(found["href"])
        self.targets += found.get("aria-labelledby", "").split()

    def handle_startendtag(self, tag, attrs):
        if "id" in dict(attrs):
            self.ids[dict(attrs)["id"]] += 1

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data):
        if "script" not in self.open and "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def get(client, home):
    response = client.get(home.get_absolute_url())
    assert response.status_code == 200
    return response


@pytest.fixture
def whole(client):
    return make_whole_institution(name="示例·样样都有养老院")


@pytest.fixture
def rated():
    """A real home of which nothing is known but an old rating."""
    home = make_institution(name="只有星级的养老院")
    Rating.objects.create(institution=home, scheme="beijing_star", level=4, year=2012)
    Provenance.objects.create(
        institution=home,
        field="ratings",
        kind="public",
        document=make_document(title="星级名单", url="https://example.org/list"),
        as_of=datetime.date(2012, 1, 1),
        as_of_precision="year",
    )
    return home


@pytest.mark.parametrize("name", ["whole", "rated"])
def test_the_page_is_well_formed(client, request, name):
    page = Outline(get(client, request.getfixturevalue(name)).content.decode())
    assert [id for id, times in page.ids.items() if times > 1] == []
    assert set(page.targets) <= set(page.ids)
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    assert page.headings.count(1) == 1
    body = page.headings[page.headings.index(1) :]
    assert all(after <= before + 1 for before, after in pairwise(body))


def test_an_unbalanced_page_would_be_seen():
    with pytest.raises(AssertionError):
        Outline("<div><p></div>")
    with pytest.raises(AssertionError):
        Outline("<div>")


def test_queries(client, whole, django_assert_num_queries):
    # 1 institution with region, prefecture, province and terms
    # 2 phones
    # 3 services
    # 4 beds
    # 5 fees
    # 6 medical links
    # 7 designations with region and document
    # 8 ratings
    # 9 quality records
    # 10 staff figures
    # 11 photos
    # 12 provenance with document
    # 13 the latest steps
    with django_assert_num_queries(13):
        client.get(whole.get_absolute_url())


def test_every_figure_of_a_home_is_on_its_page(client, whole):
    text = Outline(get(client, whole).content.decode()).text
    for figure in ("80", "60", "20", "5", "2,000", "3,000", "1,100", "5,100", "15", "30", "2024"):
        assert figure in text, figure
    for words in (
        "可以试住 7 天",
        "七天内全退",
        "示例医院",
        "长期护理保险定点",
        "四级，满分 5 级",
        "合格",
        "2015-06-01",
        "116.44",
    ):
        assert words in text, words


def test_every_section_with_a_figure_names_its_source(client, whole):
    html = get(client, whole).content.decode()
    sections = re.findall(r'<section class="section" id="(\w+)".*?</section>', html, re.S)
    assert len(sections) == 11
    for section in re.findall(r'<section class="section".*?</section>', html, re.S):
        # The one tells no figure before anything is told of an elder; the other tells none at all.
        if 'id="ledger"' in section or 'id="updates"' in section:
            continue
        assert "来源" in section
        assert "截至" in section
    assertContains(get(client, whole), "已核实（2026-01-01，电话核实）")
    assertContains(get(client, whole), "未核实")


def test_demo_money_is_traceable_to_a_fee(client):
    home = Institution.objects.published().demo().filter(fees__kind="care").order_by("pk").first()
    fees = list(home.fees.all())
    sources = home.provenance.filter(kind="demo")
    assert sources.exists()
    shown = get(client, home).context["profile"]
    listed = [line.amount for line in [*shown.fees.lines, *shown.fees.apart]]
    assert Counter(listed) == Counter(exact(fee.amount) for fee in fees)
    assert all(shown.sources[name] for name in ("beds", "fees", "place"))


def test_a_real_home_shows_no_price_and_says_so(client, rated):
    text = Outline(get(client, rated).content.decode()).text
    assert not MONEY.search(text)
    assert "每月标价：未公布" in text
    assert "床位数和空床： 未公布" in text
    assert "空床 未公布 备案床位 未公布 运营床位 未公布" in text
    assert "None" not in text
    assert "示例" not in text.replace("标着“示例数据”的是演示", "")
    assert "四星级，满分 5 星" in text
    assert "2012" in text


@pytest.mark.parametrize(
    ("name", "section"),
    [("燕达金色年华健康养护中心", "medical"), ("北京市第一社会福利院", "quality")],
)
def test_shipped_real_homes_show_no_figure_without_a_source(client, name, section):
    home = Institution.objects.get(name=name)
    response = get(client, home)
    profile = response.context["profile"]
    assert (profile.fees.lowest, profile.fees.lines, profile.beds.rows) == (None, [], [])
    assert profile.sources["heading"]
    assert profile.sources[section]
    assertContains(response, "未公布")


def test_a_demo_home_wears_its_label(client, whole):
    assertContains(get(client, whole), '<li class="tag tag--demo">示例数据</li>', html=True)
    assertContains(get(client, whole), "编出来演示用的")


def test_a_real_home_wears_no_demo_label(client, rated):
    assertNotContains(get(client, rated), "tag--demo")


def test_a_closed_home_warns(client):
    home = make_institution(
        operating="closed", operating_since=datetime.date(2025, 3, 1), operating_reason="合并"
    )
    response = get(client, home)
    assertContains(response, "这家机构已经停业，不能再入住")
    assertContains(response, "2025-03-01")
    assertContains(response, "合并")


def test_an_open_home_does_not_warn(client, rated):
    assertNotContains(get(client, rated), "note--warn")


def test_an_old_vacancy_asks_to_ring_first(client):
    home = make_institution()
    make_bed(home, vacant=3, as_of=datetime.date(2026, 7, 17))
    response = get(client, home)
    assertContains(response, "空床已经 128 天没有更新")
    assertContains(response, "asof--stale")
    assertContains(response, "先打电话")


def test_a_total_says_which_rows_it_leaves_out(client, whole):
    assertContains(get(client, whole), "另有 1 行未公布")
    assertContains(get(client, whole), "已公布的合计")


def test_a_price_that_cannot_be_computed_says_why(client):
    home = make_institution()
    make_fee(home, Fee.Kind.BED, 2_000_00)
    make_fee(home, Fee.Kind.MEALS, 1_000_00)
    assertContains(get(client, home), "只公布了床位费 2,000 元、餐费 1,000 元，护理费未公布。")


def test_too_much_asked_in_advance_is_warned_of(client):
    home = make_institution()
    make_fee(home, Fee.Kind.BED, 1_000_00)
    make_fee(home, Fee.Kind.DEPOSIT, 20_000_00, period="once")
    assertContains(get(client, home), "押金超过每月床位费的 12 倍")


def test_only_numbers_that_can_be_dialled_are_links(client):
    home = make_institution()
    Phone.objects.create(institution=home, number="000-12345678")
    assertNotContains(get(client, home), "tel:000")
    assertContains(get(client, home), "示例，打不通")
    Phone.objects.create(institution=home, number="010-12345678", hours="每天 8:00—20:00")
    page = Outline(get(client, home).content.decode())
    # The second is the help line at the foot.
    numbers = {link for link in page.links if link.startswith("tel:")}
    assert numbers == {"tel:01012345678", "tel:12345"}
    assertContains(get(client, home), "每天 8:00—20:00")


def test_text_of_a_home_is_never_markup(client):
    home = make_institution(name="<script>alert(1)</script>", introduction="<b>粗</b>")
    assertNotContains(get(client, home), "<script>alert")
    assertNotContains(get(client, home), "<b>粗</b>")


def test_the_address_of_the_page_is_canonical(client, rated):
    url = f"http://testserver{rated.get_absolute_url()}"
    assertContains(get(client, rated), f'<link rel="canonical" href="{url}">', html=True)
    response = client.get(rated.get_absolute_url(), {"from": "wechat"})
    assertContains(response, f'<link rel="canonical" href="{url}">', html=True)


def test_the_way_back_leads_through_the_regions(client, rated):
    page = Outline(get(client, rated).content.decode())
    assert f"{reverse('institutions')}?region=110105" in page.links
    assert f"{reverse('institutions')}?region=110000" in page.links


@pytest.mark.parametrize("stage", [Institution.Stage.DRAFT, Institution.Stage.REVIEW])
def test_what_is_not_published_is_not_found(client, stage):
    home = make_institution(stage=stage)
    assert client.get(home.get_absolute_url()).status_code == 404


@pytest.mark.parametrize(
    "id", ["0", "999999999", str(2**63 - 1), str(2**63), "9" * 30, "9" * 5000, "١٢", "1%00", "-1"]
)
def test_an_unknown_id_is_not_found(client, id):
    response = client.get(f"/institutions/{id}/")
    assert response.status_code == 404
    assertTemplateUsed(response, "404.html")


def test_nothing_is_written(client, whole):
    before = Institution.objects.filter(pk=whole.pk).values().get()
    get(client, whole)
    assert Institution.objects.filter(pk=whole.pk).values().get() == before
    assert client.post(whole.get_absolute_url()).status_code == 405
