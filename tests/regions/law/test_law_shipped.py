"""The shipped texts as the database has them, and how it follows a newer release."""

import csv
import datetime
import hashlib
import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction

from regions.law import shipped
from regions.models import LawText, Policy, Sentence
from tests.factories import make_document

pytestmark = pytest.mark.django_db
LAW = settings.BASE_DIR / "fixtures" / "law"
SLUG = "test-law"
HEAD = ["document", "completeness", "missing", "read_at", "checked_on", "sha256"]
COLUMNS = ["text", "line", "makes", "rules", "exclusions", "reason", "signed"]


def write(folder: Path, *lines: tuple[str, ...]) -> Path:
    """Write one text: each line is its words, and after them what it makes."""
    content = "".join(f"{words}\n" for words, *_ in lines).encode()
    (folder / f"{SLUG}.txt").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    rows(folder / "texts.csv", HEAD, [[SLUG, "whole", "", "", "2026-11-22", digest]])
    mapped = [
        [SLUG, number, *made, *[""] * (5 - len(made))] for number, (_, *made) in enumerate(lines, 1)
    ]
    rows(folder / "coverage.csv", COLUMNS, mapped)
    return folder


def rows(path: Path, head: list[str], body: list[list[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows(body)


TITLE = ("办法", "none", "", "", "题名")
AMOUNT = ("每人每月300元。", "rate", "bj-01")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_document(slug=SLUG)
    return write(tmp_path, TITLE, AMOUNT)


def stored() -> list[tuple[int, str, str]]:
    found = Sentence.objects.filter(text__document__slug=SLUG).order_by("number")
    return list(found.values_list("number", "words", "makes"))


def test_every_shipped_sentence_is_in_the_database_word_for_word() -> None:
    for path in LAW.glob("*.txt"):
        text = LawText.objects.published().get(document__slug=path.stem)
        words = list(text.sentences.order_by("number").values_list("words", flat=True))
        assert words == path.read_text(encoding="utf-8").splitlines()
    assert LawText.objects.count() == len(list(LAW.glob("*.txt"))) == 26


def test_a_sentence_is_linked_to_its_policies_and_exclusions() -> None:
    sentence = Sentence.objects.get(text__document__slug="bj-disabled-subsidies-2016", number=42)
    assert {policy.slug for policy in sentence.policies.all()} == {"bj-08", "bj-09"}
    assert [row.slug for row in sentence.exclusions.all()] == ["bj-supported-already"]
    assert sentence.words.startswith("领取工伤保险生活护理费、纳入特困人员供养保障的残疾人不享受")


def test_twice_is_once(folder: Path, django_assert_num_queries) -> None:
    assert shipped.follow(folder) == 2
    before = list(Sentence.objects.filter(text__document__slug=SLUG).values())
    assert shipped.follow(folder) == 0
    assert list(Sentence.objects.filter(text__document__slug=SLUG).values()) == before


def test_an_untouched_text_follows_a_newer_release(folder: Path) -> None:
    shipped.follow(folder)
    kept = Sentence.objects.get(text__document__slug=SLUG, number=2).pk
    newer = ("每人每月400元。", "rate", "bj-02")
    assert shipped.follow(write(folder, TITLE, ("第一条", "none", "", "", "小标题"), newer)) == 1
    assert stored() == [(1, "办法", "none"), (2, "第一条", "none"), (3, newer[0], "rate")]
    assert [p.slug for p in Policy.objects.filter(sentences__text__document__slug=SLUG)] == [
        "bj-02"
    ]
    assert Sentence.objects.filter(pk=kept).exists()


def test_a_sentence_keeps_its_row_when_others_come_before_it(folder: Path) -> None:
    shipped.follow(folder)
    kept = Sentence.objects.get(text__document__slug=SLUG, number=2)
    shipped.follow(write(folder, TITLE, ("第一条", "none", "", "", "小标题"), AMOUNT))
    kept.refresh_from_db()
    assert (kept.number, kept.words) == (3, AMOUNT[0])


def test_a_sentence_that_is_gone_goes_unless_staff_have_edited_it(folder: Path) -> None:
    shipped.follow(folder)
    shipped.follow(write(folder, TITLE))
    assert stored() == [(1, "办法", "none")]
    shipped.follow(write(folder, TITLE, AMOUNT))
    mine = Sentence.objects.get(text__document__slug=SLUG, number=2)
    mine.policies.add(Policy.objects.get(slug="bj-02"))
    shipped.follow(write(folder, TITLE))
    assert [number for number, *_ in stored()] == [1, 2]


@pytest.mark.parametrize("edit", ["words", "policies", "reason"])
def test_what_staff_edited_stays(folder: Path, edit: str) -> None:
    shipped.follow(folder)
    mine = Sentence.objects.get(text__document__slug=SLUG, number=1 if edit == "reason" else 2)
    if edit == "policies":
        mine.policies.set([Policy.objects.get(slug="bj-03")])
    else:
        setattr(mine, edit, "工作人员改的")
        mine.save()
    before = (mine.words, mine.reason, [p.slug for p in mine.policies.all()])
    shipped.follow(write(folder, ("新办法", *TITLE[1:]), ("每人每月500元。", "rate", "bj-01")))
    mine.refresh_from_db()
    assert (mine.words, mine.reason, [p.slug for p in mine.policies.all()]) == before
    assert len(stored()) == 2


def test_the_head_of_a_text_that_staff_edited_stays(folder: Path) -> None:
    shipped.follow(folder)
    text = LawText.objects.get(document__slug=SLUG)
    text.checked_on = datetime.date(2027, 1, 1)
    text.save()
    shipped.follow(folder)
    text.refresh_from_db()
    assert text.checked_on == datetime.date(2027, 1, 1)


def test_a_policy_that_staff_removed_is_left_out_and_linked_once_it_is_there(folder: Path) -> None:
    write(folder, TITLE, ("每人每月300元。", "rate", "bj-01 not-yet"))
    shipped.follow(folder)
    sentence = Sentence.objects.get(text__document__slug=SLUG, number=2)
    assert [policy.slug for policy in sentence.policies.all()] == ["bj-01"]
    twin = Policy.objects.get(slug="bj-01")
    twin.pk, twin.slug = None, "not-yet"
    twin.save()
    shipped.follow(folder)
    assert {policy.slug for policy in sentence.policies.all()} == {"bj-01", "not-yet"}


def test_a_text_that_changed_without_its_mapping_is_refused(folder: Path) -> None:
    path = folder / f"{SLUG}.txt"
    path.write_text(path.read_text(encoding="utf-8").replace("300", "500"), encoding="utf-8")
    with pytest.raises(shipped.ShippedTextError, match=r"test-law\.txt 的文字变了"):
        shipped.follow(folder)


def test_a_missing_text_and_a_line_beyond_the_text_are_refused(folder: Path) -> None:
    rows(folder / "coverage.csv", COLUMNS, [[SLUG, 3, "rate", "bj-01", "", "", ""]])
    with pytest.raises(shipped.ShippedTextError, match="没有第 3 句"):
        shipped.follow(folder)
    (folder / f"{SLUG}.txt").unlink()
    with pytest.raises(shipped.ShippedTextError, match="缺少文本"):
        shipped.follow(folder)


@pytest.mark.parametrize(
    ("constraint", "fields"),
    [
        ("sentence_that_makes_nothing_says_why", {"makes": "none"}),
        ("sentence_that_makes_nothing_says_why", {"makes": "rate", "reason": "题名"}),
        ("sentence_number_once_in_a_text", {"number": 1}),
    ],
)
def test_a_sentence_that_breaks_a_rule_is_refused(folder: Path, constraint: str, fields) -> None:
    shipped.follow(folder)
    text = LawText.objects.get(document__slug=SLUG)
    with pytest.raises(IntegrityError), transaction.atomic():
        Sentence.objects.create(**{"text": text, "number": 9, "words": "句"} | fields)


def test_a_text_in_part_says_what_is_missing() -> None:
    with pytest.raises(IntegrityError, match="law_text_in_part_says_what_is_missing"):
        LawText.objects.create(document=make_document(), completeness="part")


def test_the_shipped_folder_is_read_alike_from_anywhere(tmp_path: Path) -> None:
    copy = tmp_path / "law"
    shutil.copytree(LAW, copy)
    assert shipped.checksum(copy) == shipped.checksum(LAW)
    assert len(shipped.read_texts(copy)) == 26
