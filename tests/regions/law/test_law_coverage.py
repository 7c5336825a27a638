"""Every sentence of every shipped text is accounted for; four planted faults are each found."""

import json
import re
from dataclasses import replace

import pytest
from django.conf import settings

from regions.law import coverage, shipped
from regions.law.coverage import SIGNS, CoverageLine

FIXTURES = settings.BASE_DIR / "fixtures"
LAW = FIXTURES / "law"
OFFICIAL = "A"
FIGURES = re.compile(r"[\d,]+")
# Amounts in sentences that make a rate, and that nobody is paid: the parts that city and
# district bear of what the elder gets.
OPEN_AMOUNTS = {
    "bj-hardship-in-institution-2020 4 1000", "bj-hardship-in-institution-2020 6 1800",
    "bj-hardship-in-institution-2020 7 1400", "bj-hardship-in-institution-2020 8 1400",
}  # fmt: skip


def lines() -> list[CoverageLine]:
    return [line for text in shipped.read_texts(LAW) for line in text.lines]


def shipped_rows(model: str) -> dict[str, dict]:
    rows = json.loads((FIXTURES / "policies.json").read_text(encoding="utf-8"))
    return {r["fields"]["slug"]: r["fields"] for r in rows if r["model"] == f"regions.{model}"}


def without_sentence(found: list[CoverageLine]) -> list[str]:
    policies = shipped_rows("policy")
    documents = {slug: fields["document"][0] for slug, fields in policies.items()}
    official = [slug for slug, fields in policies.items() if fields["grade"] == OFFICIAL]
    return coverage.rules_without_sentence(found, documents, official)


def test_every_sentence_is_mapped_to_a_rule_or_to_none_with_a_reason() -> None:
    assert len(lines()) == 1189
    assert coverage.faults(lines()) == []


def test_every_rule_and_exclusion_that_is_named_exists() -> None:
    named = {rule for line in lines() for rule in line.rules}
    assert named <= shipped_rows("policy").keys()
    assert {slug for line in lines() for slug in line.exclusions} <= shipped_rows(
        "exclusion"
    ).keys()


def test_every_amount_of_a_sentence_stands_in_a_rate_of_its_rules_or_is_open() -> None:
    rows = json.loads((FIXTURES / "policies.json").read_text(encoding="utf-8"))
    held: dict[str, set[int]] = {}
    standards: dict[str, set[int]] = {}
    for row in (row["fields"] for row in rows if row["model"] == "regions.standard"):
        standards.setdefault(row["slug"], set()).add(row["amount"])
    for row in (row["fields"] for row in rows if row["model"] == "regions.rate"):
        sums = {row.get(name) for name in ("amount", "amount_to", "ceiling", "cap")} - {None}
        sums |= standards.get(row.get("standard", ""), set())
        sums |= {
            int(yuan.replace(",", "")) * 100 for yuan in FIGURES.findall(row.get("formula", ""))
        }
        held.setdefault(row["policy"][0], set()).update(sums)
    missing = {
        f"{line.text} {line.number} {yuan}"
        for line in lines()
        if line.makes == "rate"
        for yuan in re.findall(r"(\d+)\s*元", line.words)
        if not any(int(yuan) * 100 in held.get(rule, set()) for rule in line.rules)
    }
    assert missing == OPEN_AMOUNTS


def test_no_official_rule_is_without_a_sentence() -> None:
    assert without_sentence(lines()) == []


def test_signatures_stand_where_they_are_needed_and_nowhere_else() -> None:
    signed = [line for line in lines() if line.signed]
    assert signed
    assert all(line.makes == "none" and SIGNS.search(line.words) for line in signed)
    assert {line.signed for line in signed} <= {"reviewer", "national"}


@pytest.mark.parametrize("document", sorted(path.stem for path in LAW.glob("*.txt")))
def test_a_text_says_how_whole_it_is_and_gaps_are_marked(document: str) -> None:
    [text] = [text for text in shipped.read_texts(LAW) if text.document == document]
    assert text.completeness in {"whole", "part"}
    assert text.missing or text.completeness == "whole"
    assert all(line.words.strip() == line.words != "" for line in text.lines)


# Planted faults


def test_an_unmapped_line_is_found() -> None:
    planted = [
        replace(line, makes="", reason="") if n == 7 else line for n, line in enumerate(lines())
    ]
    [fault] = coverage.faults(planted)
    assert fault.startswith("bj-elder-allowances-2019 第 8 句：还没有对应到政策")


def test_a_rule_without_a_sentence_is_found() -> None:
    planted = [
        replace(line, rules=tuple(rule for rule in line.rules if rule != "bj-02"))
        for line in lines()
    ]
    assert without_sentence(planted) == ["bj-02"]
    assert "bj-elder-allowances-2019 第 40 句：写了定什么，没有写是哪一项政策。" in coverage.faults(
        planted
    )


def test_an_amount_mapped_to_none_is_found() -> None:
    planted = [
        replace(line, makes="none", rules=(), reason="小标题")
        if "每人每月600元" in line.words
        else line
        for line in lines()
    ]
    [fault] = coverage.faults(planted)
    assert fault.startswith("bj-elder-allowances-2019 第 40 句：里面有“")


def test_a_changed_text_is_found(tmp_path) -> None:
    for path in LAW.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    changed = tmp_path / "bj-disabled-subsidies-2016.txt"
    changed.write_text(
        changed.read_text(encoding="utf-8").replace("不享受", "享受", 1), encoding="utf-8"
    )
    with pytest.raises(
        shipped.ShippedTextError, match=r"bj-disabled-subsidies-2016\.txt 的文字变了"
    ):
        shipped.read_texts(tmp_path)


@pytest.mark.parametrize(
    "words",
    [
        "每人每月300元", "12.485万元", "25〔缺〕/〔缺〕/月", "不少于三百元", "按35%增发", "1.5倍",
        "年满60周岁", "滿60周歲", "80岁以上", "残疾等级为一级", "四類一、二級", "重度失能",
        "2019年10月", "每年1月20日", "3个工作日内", "公示期为7天", "6个月以内", "次月起停发",
        "不享受残疾人两项补贴", "不得重複", "可同时享受", "可以同时申领", "可择高申领",
        "就高不就低", "不再适用", "不计入家庭收入", "不纳入本次", "终止领取",
    ],
)  # fmt: skip
def test_words_that_give_or_take_ask_for_a_signature(words: str) -> None:
    line = CoverageLine("text", 1, words, "none", reason="小标题")
    assert coverage.faults([line])
    assert coverage.faults([replace(line, signed="national")]) == []


@pytest.mark.parametrize("words", ["第一章 总 则", "各区民政局、财政局：", "北京市残疾人联合会"])
def test_other_words_ask_for_a_reason_only(words: str) -> None:
    line = CoverageLine("text", 1, words, "none")
    assert coverage.faults([line])
    assert coverage.faults([replace(line, reason="抬头")]) == []
