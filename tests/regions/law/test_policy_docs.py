"""docs/policies.md goes from the sentence to the rule to the case, and names what was not found."""

from django.conf import settings

DOCS = settings.BASE_DIR / "docs" / "policies.md"


def section(heading: str) -> str:
    text = DOCS.read_text(encoding="utf-8")
    return text.split(heading, 1)[1].split("\n##", 1)[0]


def test_a_rule_stands_with_its_sentences_and_its_cases() -> None:
    found = section("### `bj-09` ")
    assert (
        "- 京民福发〔2016〕434号 line 42 (exclusion): "
        "领取工伤保险生活护理费、纳入特困人员供养保障的残疾人不享受残疾人两项补贴。" in found
    )
    assert "\nCases: " in found


def test_what_was_not_found_stands_in_the_open() -> None:
    found = section("## What was not found")
    assert "`bj-04`" in found
    assert "`cn-01`" in found
    assert "河北省建立长期护理保险制度实施方案 (part): 待遇和支付比例各段没有。" in found
