"""The text of a document on its page, and the sentences on the page of a policy."""

import re

import pytest
from pytest_django.asserts import assertContains, assertNotContains

from regions.law.page import runs, text_page
from regions.models import Document, LawText, Sentence
from tests.factories import make_document
from tests.institutions.pages.test_institution_page import Outline

pytestmark = pytest.mark.django_db
DISABLED = "/sources/bj-disabled-subsidies-2016/"


def sentence_html(html: str, number: int) -> str:
    found = re.search(rf'<li id="s{number}".*?</li>', html, re.S)
    assert found
    return found[0]


def test_the_whole_text_stands_on_the_page_of_its_document(client) -> None:
    html = client.get(DISABLED).content.decode()
    text = LawText.objects.get(document__slug="bj-disabled-subsidies-2016")
    for sentence in text.sentences.all():
        assert sentence.words in sentence_html(html, sentence.number)
    assertContains(client.get(DISABLED), "全文，117 句，其中 51 句定待遇")
    assertContains(client.get(DISABLED), "文本最后一次核对：<time>2026-11-22</time>")


def test_a_sentence_that_makes_a_policy_is_marked_and_linked(client) -> None:
    html = client.get(DISABLED).content.decode()
    barred = sentence_html(html, 42)
    assert 'class="makes"' in barred
    assert "定能不能一起享受：" in barred
    assert 'href="/policies/bj-08/#together">困难残疾人生活补贴<' in barred
    assert 'class="makes"' not in sentence_html(html, 2)
    assert 'class="head"' in sentence_html(html, 24)


def test_the_others_say_why_they_make_nothing(client) -> None:
    text = Outline(client.get(DISABLED).content.decode()).text
    assert "未满 16 周岁的条件：第 19 句" in text
    assert "未满 16 周岁的标准：第 32—33 句" in text


def test_gaps_stay_in_the_open(client) -> None:
    html = client.get("/sources/cq-dadukou-elderly-2025/").content.decode()
    assert '25<span class="gap">〔缺〕</span>/' in sentence_html(html, 5)
    assert "〔缺〕是副本里缺的字，不是本站删的。" in html
    assertContains(client.get("/sources/tj-voucher-2026/"), "只读到一部分，13 句")


@pytest.mark.parametrize("slug", ["jjj-pilot-2016", "cn-consumption-voucher-2025"])
def test_a_document_whose_text_was_not_found_says_so(client, slug: str) -> None:
    assertContains(client.get(f"/sources/{slug}/"), "原文没有找到。本站引用的内容出自公开报道")


def test_a_report_or_notice_is_not_asked_for_its_text(client) -> None:
    assertNotContains(client.get("/sources/chongqing-2018/"), "原文没有找到")


def test_a_draft_is_not_shown(client) -> None:
    LawText.objects.filter(document__slug="bj-disabled-subsidies-2016").update(stage="draft")
    assertNotContains(client.get(DISABLED), 'id="s42"')
    assertContains(client.get(DISABLED), "原文没有找到")


def test_words_of_a_text_are_never_markup(client) -> None:
    document = make_document()
    text = LawText.objects.create(document=document, completeness="whole", stage="published")
    Sentence.objects.create(text=text, number=1, words="<b>粗</b>")
    assertNotContains(client.get(document.get_absolute_url()), "<b>粗</b>")
    assertContains(client.get(document.get_absolute_url()), "还有 1 句没有读。")


@pytest.mark.parametrize("slug", ["bj-elder-allowances-2019", "he-ltci-2026", "jjj-pilot-2016"])
def test_the_page_is_well_formed(client, slug: str) -> None:
    page = Outline(client.get(f"/sources/{slug}/").content.decode())
    assert [id for id, times in page.ids.items() if times > 1] == []
    assert set(page.targets) <= set(page.ids)


def test_queries_of_a_text(django_assert_num_queries) -> None:
    document = Document.objects.get(slug="bj-disabled-subsidies-2016")
    # 1 the text, 2 its sentences, 3 their policies
    with django_assert_num_queries(3):
        text_page(document)


# The page of a policy


def test_a_policy_quotes_its_sentences_and_links_to_each(client) -> None:
    response = client.get("/policies/bj-09/")
    page = Outline(response.content.decode())
    assert "领取工伤保险生活护理费、纳入特困人员供养保障的残疾人不享受残疾人两项补贴。" in page.text
    for number in (22, 35, 36, 41, 42):
        assert f"{DISABLED}#s{number}" in page.links
    assertNotContains(response, "没有写明</dd>")


def test_a_policy_without_a_text_says_that_it_was_not_found(client) -> None:
    text = Outline(client.get("/policies/bj-04/").content.decode()).text
    assert "条款 原文没有找到" in text
    assert "这一页写的出自公开报道或别处的引述，以办理机关的答复为准" in text


@pytest.mark.parametrize("path", ["/policies/bj-08/", "/policies/bj-04/", "/policies/cn-01/"])
def test_the_page_of_a_policy_is_well_formed(client, path: str) -> None:
    page = Outline(client.get(path).content.decode())
    assert [id for id, times in page.ids.items() if times > 1] == []
    assert set(page.targets) <= set(page.ids)


def test_numbers_are_written_in_runs() -> None:
    assert runs([1, 2, 3, 5, 8, 9]) == "1—3、5、8—9"
    assert runs([]) == ""


def test_the_api_gives_the_same_sentences(client) -> None:
    data = client.get("/api/v1/policies/bj-09").json()
    [rate, *_] = [s for s in data["sentences"] if s["makes"] == "rate"]
    assert (rate["number"], rate["clause"]) == (35, "第二条（二）1")
    assert rate["page"].endswith(f"{DISABLED}#s35")
    assert "补贴标准为每人每月300元" in rate["words"]
    assert client.get("/api/v1/policies/bj-04").json()["sentences"] == []
