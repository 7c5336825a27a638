"""Which clause a line belongs to, as the texts number them."""

import pytest
from django.conf import settings

from regions.law.clauses import clauses, is_heading

LAW = settings.BASE_DIR / "fixtures" / "law"


def clause(document: str, number: int) -> str:
    return clauses((LAW / f"{document}.txt").read_text(encoding="utf-8").splitlines())[number - 1]


@pytest.mark.parametrize(
    ("document", "number", "expected"),
    [
        ("bj-elder-allowances-2019", 11, ""),
        ("bj-elder-allowances-2019", 33, "二、（一）1"),
        ("bj-elder-allowances-2019", 51, "三、3"),
        ("bj-elder-allowances-2019", 54, "三、5"),
        ("bj-elder-allowances-2019", 94, "七、（二）3"),
        ("bj-disabled-subsidies-2016", 42, "第三条3"),
        ("bj-disabled-subsidies-2016", 54, "第四条（二）6（1）"),
        ("bj-extreme-hardship-2017", 91, "第十七条"),
        ("bj-family-planning-death-2008", 13, "二、（一）2"),
        ("ha-extreme-hardship", 3, "第二十六條"),
    ],
)
def test_the_clause_of_a_line(document: str, number: int, expected: str) -> None:
    assert clause(document, number) == expected


def test_a_wider_heading_ends_the_narrower_and_a_chapter_ends_all() -> None:
    lines = ["第一条 甲", "（一）乙", "1.丙", "（二）丁", "第二条 戊", "第二章 己", "1.5倍"]
    expected = ["第一条", "第一条（一）", "第一条（一）1", "第一条（二）", "第二条", "", ""]
    assert clauses(lines) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("一、总体要求", True),
        ("第一章 总 则", True),
        ("1.户籍迁出本市的；", False),
        ("字" * 41, False),
    ],
)
def test_a_heading_is_short_and_no_sentence(line: str, expected: bool) -> None:
    assert is_heading(line) is expected
