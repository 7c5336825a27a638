"""A row of a sheet beside the home it may be: what a person compares before answering."""

from collections.abc import Iterable
from typing import Any

from institutions.models import Institution
from institutions.sheets.identity import HOLD, SAME, IdentityQuestion
from institutions.sheets.plan import PlannedHome
from institutions.sheets.write import batches
from regions.models import Region

LABELS = ("名称", "地区", "地址", "统一社会信用代码", "运营方", "电话")
FIELDS = ("name", "region", "address", "credit_code", "operator")


def questions_of(lines: Iterable[PlannedHome]) -> dict[int, list[dict[str, Any]]]:
    """Return the questions of each line by its first row, as JSON: reason, answer, both sides in
    words.

    `[{"home": 5, "row": 3, "reason": …, "answer": "", "chosen": "same", "sides": [["名称", …]]}]`;
    `chosen` is what the page sets beforehand, which is no answer before somebody sends it.
    """
    asked = [line for line in lines if line.questions]
    return {
        line.rows[0]: rows for batch in batches(asked) for line, rows in _questions_of_batch(batch)
    }


def _questions_of_batch(
    batch: list[PlannedHome],
) -> Iterable[tuple[PlannedHome, list[dict[str, Any]]]]:
    ids = {question.home for line in batch for question in line.questions if question.home > 0}
    found = Institution.objects.with_place().prefetch_related("phones")
    homes = found.in_bulk(ids)
    codes = {line.fields.get("region") for line in batch} - {None}
    regions = Region.objects.with_ancestors().in_bulk(codes)
    for line in batch:
        code = line.fields.get("region")
        stated = regions[code].full_name if code in regions else ""
        yield line, [_question(q, line, homes.get(q.home), stated) for q in line.questions]


def _question(
    question: IdentityQuestion, line: PlannedHome, home: Institution | None, stated: str
) -> dict[str, Any]:
    stating = _phones_by_digits(row["number"] for row in line.parts.get("phones", {}).values())
    held = _phones_by_digits(phone.number for phone in home.phones.all()) if home else {}
    is_likely = question.is_likely or bool(stating.keys() & held.keys())
    return {
        "home": question.home,
        "row": question.row or line.rows[0],
        "reason": question.reason,
        "answer": question.answer,
        "chosen": question.answer or (SAME if is_likely else ""),
        "held": question.answer == HOLD,
        "sides": _both_sides(line, home, stated, stating, held) if home else [],
    }


def _both_sides(
    line: PlannedHome, home: Institution, stated: str, stating: dict[str, str], held: dict[str, str]
) -> list[list[str]]:
    left = [stated if n == "region" else str(line.fields.get(n) or "") for n in FIELDS]
    right = [
        home.region.full_name if name == "region" else str(getattr(home, name)) for name in FIELDS
    ]
    left.append("、".join(stating.values()))
    right.append("、".join(held.values()))
    return [[*row] for row in zip(LABELS, left, right, strict=True) if any(row[1:])]


def _phones_by_digits(numbers: Iterable[str]) -> dict[str, str]:
    """Return the numbers by their digits alone: two spellings of one number are one."""
    return {"".join(filter(str.isdigit, number)): number for number in numbers}
