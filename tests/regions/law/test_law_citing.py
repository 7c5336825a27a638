"""A policy's clause and the sentence that its lines open."""

import pytest

from regions.law.citing import (
    clause_of,
    clause_words,
    own_sentences,
    quotations,
    quoting,
    sentence_of,
    states,
    url_of,
)
from regions.models import Grade, LawText, Policy

pytestmark = pytest.mark.django_db


def policy(slug: str) -> Policy:
    return quoting(Policy.objects.select_related("document")).get(slug=slug)


def text_of(row: Policy) -> LawText | None:
    return LawText.objects.filter(document=row.document_id).first()


def test_every_official_policy_has_a_clause_and_sentences() -> None:
    rows = quoting(Policy.objects.filter(grade=Grade.OFFICIAL).select_related("document"))
    assert rows
    for row in rows:
        assert own_sentences(row), row.slug
        assert clause_words(row, text_of(row)) not in {"没有写明", "原文没有找到", ""}, row.slug


@pytest.mark.parametrize("slug", ["bj-04", "cn-01", "cn-02", "tj-03", "cq-01"])
def test_a_policy_whose_text_is_not_held_says_so(slug: str) -> None:
    row = policy(slug)
    assert clause_words(row, text_of(row)) == "原文没有找到"
    assert url_of(row) == row.document.get_absolute_url()


def test_a_clause_that_staff_wrote_comes_before_those_of_the_sentences() -> None:
    row = policy("bj-09")
    assert clause_of(row) == "第一条（二）；第二条（二）；第二条（二）1；第二条（二）2"
    row.clause = "第二条"
    assert clause_of(row) == "第二条"


@pytest.mark.parametrize(
    ("slug", "yuan", "number"),
    [
        ("bj-02", 600, 40),
        ("bj-02", 400, 41),
        ("bj-02", 200, 42),
        ("bj-03", 800, 47),
        ("bj-09", 300, 35),
        ("bj-09", 100, 36),
        ("tj-01", 600, 4),
    ],
)
def test_a_line_opens_the_sentence_that_states_its_amount(
    slug: str, yuan: int, number: int
) -> None:
    row = policy(slug)
    sentence = sentence_of(row, yuan * 100)
    assert sentence is not None
    assert sentence.number == number
    assert url_of(row, yuan * 100) == f"{row.document.get_absolute_url()}#s{number}"


def test_without_an_amount_the_first_rate_is_opened() -> None:
    assert url_of(policy("bj-02")).endswith("#s40")
    assert url_of(policy("bj-02"), 12_345).endswith("#s40")


def test_a_draft_is_not_quoted() -> None:
    LawText.objects.filter(document__slug="bj-elder-allowances-2019").update(stage="draft")
    row = policy("bj-02")
    assert {s.text.document.slug for s in row.quoted}.isdisjoint({"bj-elder-allowances-2019"})
    assert url_of(row) == row.document.get_absolute_url()


def test_quotations_begin_with_the_own_document_and_say_the_rest_apart() -> None:
    first, *others = quotations(policy("bj-08"))
    assert first.text.document.slug == "bj-disabled-subsidies-2016"
    assert {other.text.document.slug for other in others} >= {"bj-elder-allowances-2019"}
    assert {s.makes for s in first.first} == {"rule", "rate", "condition", "exclusion"}
    assert {s.makes for s in first.others} == {"paper", "office", "payment", "period"}


@pytest.mark.parametrize(
    ("words", "yuan", "expected"),
    [
        ("每人每月300元。", 300, True),
        ("每人每月1300元。", 300, False),
        ("每人每月2,300元。", 300, False),
        ("标准:110 元/人/月。", 110, True),
        ("调标至600〔缺〕/〔缺〕/月", 600, True),
        ("年满300周岁", 300, False),
    ],
)
def test_an_amount_is_stated_whole(words: str, yuan: int, expected: bool) -> None:
    assert states(words, yuan * 100) is expected
