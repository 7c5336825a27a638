"""The pages of the documents: `GET /sources/` and `GET /sources/<slug>/`."""

import datetime
import re

import pytest
from django.urls import reverse
from django.utils.html import escape
from pytest_django.asserts import assertContains, assertNotContains, assertTemplateUsed

from institutions.models import Designation, Provenance
from regions.models import Document, Fact
from tests.factories import make_document, make_institution, make_whole_institution

from .test_institution_page import Outline

pytestmark = pytest.mark.django_db

CITED = sorted(
    {"jing-jin-ji-2024", "chongqing-2018", "jiaozuo-2019", "national-notice-2023", "chaoyang-2023"}
)


def get(client, document):
    response = client.get(document.get_absolute_url())
    assert response.status_code == 200
    return response


def row_of(html: str, code: str) -> str:
    """The table row of one fact."""
    found = re.search(rf'<tr role="row" id="{code}">(.*?)</tr>', html, re.S)
    assert found, f"{code} is not on the page"
    return found[1]


def words_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.fixture
def cited():
    """A document with an original, that speaks for a real home and a list it stands on."""
    document = make_document(
        slug="cited",
        title="星级名单",
        number="第 1 号",
        issuer="北京市民政局",
        issued_precision="month",
        url="https://example.org/list",
        licence="CC BY 4.0",
        note="列出星级，没有价格。",
    )
    home = make_institution(name="有星级的养老院")
    day = datetime.date(2020, 12, 31)
    Provenance.objects.create(
        institution=home, field="ratings", kind="public", document=document, as_of=day, quote="五星"
    )
    Designation.objects.create(
        institution=home, kind="pilot", region=home.region, document=document
    )
    return document


# The list


def test_the_list_names_every_document_with_its_issuer_number_date_and_grade(client):
    html = client.get(reverse("sources")).content.decode()
    for document in Document.objects.all():
        assert f'href="{document.get_absolute_url()}">{escape(document.heading)}<' in html
        for words in (document.number, document.issuer):
            assert escape(words) in html
        if document.issued_on:
            assert f'<time datetime="{document.issued}">{document.issued}</time>' in html
    assertContains(client.get(reverse("sources")), "施行：2019-10-01 起")
    assertContains(client.get(reverse("sources")), "已读官方全文")
    assertContains(client.get(reverse("sources")), "发布日期未公布")


def test_the_list_says_where_a_document_is_used(client):
    facts = Fact.objects.filter(document__slug="jiaozuo-2019").count()
    assertContains(client.get(reverse("sources")), f"{facts} 条事实")
    assertContains(client.get(reverse("sources")), "还没有引用")


def test_queries_of_the_list(client, django_assert_num_queries):
    # 1 documents
    # 2 facts, 3 agreements, 4 policies, 5 exclusions, 6 figures of homes, 7 designations: counted
    with django_assert_num_queries(7):
        client.get(reverse("sources"))


# One document


@pytest.mark.parametrize("slug", CITED)
def test_every_fact_is_on_the_page_of_its_document_with_its_date(client, slug):
    document = Document.objects.get(slug=slug)
    html = get(client, document).content.decode()
    facts = document.facts.prefetch_related("regions")
    assert facts
    for fact in facts:
        cells = row_of(html, fact.code)
        row = words_of(cells)
        assert escape(fact.label) in row
        assert escape(fact.shown) in row
        assert escape(fact.entity) in row
        assert f" {fact.dated} " in row
        assert escape(fact.quote) in row
        for region in fact.regions.all():
            assert region.name in row
            assert f'href="{reverse("region", args=[region.code])}"' in cells
        assert ("，不是结果</span>" in cells) == (fact.nature == "target")


def test_every_fact_belongs_to_one_of_these_documents():
    assert sorted(set(Fact.objects.values_list("document__slug", flat=True))) == CITED


def test_the_head_of_the_page(client, cited):
    text = Outline(get(client, cited).content.decode()).text
    for words in (
        "第 1 号",
        "北京市民政局",
        "2026-01",
        "已读官方全文",
        "CC BY 4.0",
        "列出星级，没有价格。",
    ):
        assert words in text, words
    assert "2026-01-05" not in text
    assertContains(get(client, cited), 'href="https://example.org/list" rel="noopener"')


def test_what_of_a_home_is_cited(client, cited):
    home = Provenance.objects.get(document=cited).institution
    page = Outline(get(client, cited).content.decode())
    assert page.links.count(home.get_absolute_url()) == 2
    for words in ("等级评定", "2020-12-31", "“五星”", "京津冀协同试点", "1 家实名机构的 1 项内容"):
        assert words in page.text, words


def test_what_is_not_known_of_a_document_is_said(client):
    bare = make_document(issued_on=None, kind="policy")
    text = Outline(get(client, bare).content.decode()).text
    for words in (
        "发布者 未公布",
        "文号 未公布",
        "发布日期 未公布",
        "施行日期未公布",
        "许可 未公布",
    ):
        assert words in text, words
    assert "现在没有事实、地区间约定、政策、机构的内容或名单引用这份文件" in text
    assert "None" not in text


def test_a_cut_table_says_what_it_leaves_out(client, cited, monkeypatch):
    monkeypatch.setattr("institutions.pages.sources.SourcePage.most", 0)
    document = cited
    assertContains(get(client, document), "共 1 项，全部列出。", 2)
    home = make_institution()
    Provenance.objects.bulk_create(
        Provenance(
            institution=home,
            field=f"x{n}",
            kind="public",
            document=document,
            as_of=datetime.date(2020, 1, 1),
        )
        for n in range(1_199)
    )
    assertContains(get(client, document), "共 1,200 项，这里列出前 200 项。")


def test_demo_homes_are_counted_and_not_listed(client):
    home = make_whole_institution()
    document = home.designations.get().document
    response = get(client, document)
    assertContains(response, '<li class="tag tag--demo">示例数据</li>', html=True)
    assertContains(response, "1 家示例机构的 1 项内容，示例机构的 1 项名单。")
    assertNotContains(response, home.get_absolute_url())


def test_the_policies_that_stand_on_a_document_with_their_clause(client):
    document = Document.objects.get(slug="bj-elder-allowances-2019")
    response = get(client, document)
    page = Outline(response.content.decode())
    assert "3 项政策，6 条政策之间的排斥。" in page.text
    for policy in document.policies.all():
        assert policy.get_absolute_url() in page.links
        assert f"{policy.name} 北京市 {policy.clause} 2019-10-01 起 已读官方全文" in page.text
    for exclusion in document.exclusions.all():
        assert f"（{exclusion.clause}）。{exclusion.note}" in page.text
    assertContains(client.get(reverse("sources")), "3 项政策，6 条政策之间的排斥")


def test_queries_of_a_report(client, django_assert_num_queries):
    # 1 document
    # 2 facts, 3 agreements, 4 policies, 5 exclusions, 6 figures of homes, 7 designations: counted
    # 8 facts, 9 their regions with prefectures and provinces
    # 10 agreements
    # 11 policies with their places, 12 exclusions
    # 13 figures of real homes with home and place
    # 14 designations of real homes with home and places
    # 15 its text, 16 what it repeals, 17 what repeals it
    with django_assert_num_queries(17):
        client.get("/sources/chongqing-2018/")


@pytest.mark.parametrize(
    "slug",
    [
        "cited",
        "chongqing-2018",
        "demo-data",
        "jjj-medical-filing-2023",
        "bj-elder-allowances-2019",
    ],
)
def test_the_page_is_well_formed(client, cited, slug):
    page = Outline(client.get(f"/sources/{slug}/").content.decode())
    assert [id for id, times in page.ids.items() if times > 1] == []
    assert set(page.targets) <= set(page.ids)
    assert page.headings.count(1) == 1


def test_the_list_is_well_formed(client):
    page = Outline(client.get(reverse("sources")).content.decode())
    assert [id for id, times in page.ids.items() if times > 1] == []
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)


def test_text_of_a_document_is_never_markup(client):
    document = make_document(title="<script>alert(1)</script>", note="<b>粗</b>")
    assertNotContains(get(client, document), "<script>alert")
    assertNotContains(get(client, document), "<b>粗</b>")


@pytest.mark.parametrize("slug", ["nothing", "a" * 5000, "-", "%00", "重庆"])
def test_an_unknown_document_leads_on(client, slug):
    response = client.get(f"/sources/{slug}/")
    assert response.status_code == 404
    assertTemplateUsed(response, "404.html")
    assertContains(response, f'href="{reverse("sources")}"', status_code=404)


def test_only_looking_is_allowed(client, cited):
    assert client.post(cited.get_absolute_url()).status_code == 405
    assert client.post(reverse("sources")).status_code == 405


# From a home to its documents


def test_a_home_leads_to_the_pages_of_its_documents(client, cited):
    home = Provenance.objects.get(document=cited).institution
    page = Outline(client.get(home.get_absolute_url()).content.decode())
    # Under its heading or section, in its designations, and in the table of all sources.
    assert page.links.count("/sources/cited/") >= 2
    assert client.get("/sources/cited/").status_code == 200


@pytest.mark.parametrize("name", ["燕达金色年华健康养护中心", "北京市第一社会福利院"])
def test_every_source_of_a_shipped_home_can_be_followed(client, name):
    home = Provenance.objects.filter(institution__name=name).first().institution
    page = Outline(client.get(home.get_absolute_url()).content.decode())
    for document in Document.objects.filter(cited_for__institution=home):
        assert document.get_absolute_url() in page.links


def test_a_notice_leads_to_the_papers_it_repeals_and_they_to_it(client):
    notice = Document.objects.get(slug="national-notice-2023")
    page = Outline(get(client, notice).content.decode())
    repealed = list(notice.repeals.all())
    assert len(repealed) == 3
    for document in repealed:
        assert document.get_absolute_url() in page.links
        back = Outline(get(client, document).content.decode())
        assert notice.get_absolute_url() in back.links
        assert "被废止" in back.text
