"""Medical bills kind by kind, and what two places recognise of each other, with the agreement."""

import datetime

import pytest

from regions.models import Agreement
from regions.policies.agreements import agreements, care, recognition

pytestmark = pytest.mark.django_db
JUNE = datetime.date(2025, 6, 1)


def settled(insured: str | None, place: str | None) -> list[tuple[str, str, str]]:
    return [
        (m.label, m.short, m.agreement.slug if m.agreement else "")
        for m in care(insured, place, agreements(JUNE))
    ]


def test_inside_jing_jin_ji_bills_settle_directly():
    slug = "jing-jin-ji-medical"
    assert settled("110000", "131082") == [
        ("住院", "直接", slug),
        ("普通门诊", "直接", slug),
        ("药店买药", "直接", slug),
        ("门诊慢特病", "先问", slug),
    ]


def test_beyond_it_one_files_first():
    slug = "national-medical"
    assert settled("110000", "500000") == [
        ("住院", "先备案", slug),
        ("普通门诊", "先备案", slug),
        ("药店买药", "先问", ""),
        ("门诊慢特病", "先问", slug),
    ]


def test_at_home_no_agreement_is_needed():
    assert {short for _, short, _ in settled("110000", "110105")} == {"本地"}


@pytest.mark.parametrize(
    ("insured", "place", "lack"),
    [(None, "131082", "参保地"), ("110000", None, "要去的地方"), (None, None, "参保地")],
)
def test_what_is_not_told_is_not_guessed(insured, place, lack):
    found = care(insured, place, agreements(JUNE))
    assert {(m.state, m.words) for m in found} == {("", f"还不能判断：请填{lack}")}


def test_an_agreement_counts_from_its_day():
    before = agreements(datetime.date(2023, 3, 31))
    assert {m.short for m in care("110000", "131082", before)} == {"先备案", "先问"}


def test_recognition_names_its_agreement():
    found = recognition("110000", "131082", agreements(JUNE))
    assert [(m.label, m.short, m.agreement and m.agreement.slug) for m in found] == [
        ("老人能力评估结果", "互认", "jing-jin-ji-recognition"),
        ("养老机构等级", "互认", "jing-jin-ji-recognition"),
        ("检验结果", "互认", "jing-jin-ji-results"),
        ("影像检查资料", "共享", "jing-jin-ji-results"),
    ]


def test_without_an_agreement_nothing_is_recognised_and_nothing_denied():
    found = recognition("110000", "500000", agreements(JUNE))
    assert {(m.state, m.short, m.agreement) for m in found} == {("", "没有查到", None)}
    assert recognition("110101", "110105", agreements(JUNE)) == []
    assert recognition(None, "110105", agreements(JUNE)) == []


def test_agreements_are_read_in_two_queries(django_assert_num_queries):
    with django_assert_num_queries(2):
        # regions_agreement with documents, their regions
        rows = agreements(JUNE)
        recognition("110000", "131082", rows)
        care("110000", "131082", rows)
    assert len(rows) == Agreement.objects.in_force(JUNE).count()
