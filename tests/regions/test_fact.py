"""How a fact is shown: its bound, its unit and only as much of its date as the source states."""

import datetime
from decimal import Decimal

import pytest

from regions.models import Fact
from regions.models.fact import readable


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"value": Decimal("1400"), "unit": "家"}, "1,400 家"),
        ({"value": Decimal("6000"), "unit": "人", "bound": "nearly"}, "近 6,000 人"),
        ({"value": Decimal("170000"), "unit": "人次", "bound": "about"}, "约 170,000 人次"),
        ({"value": Decimal("10000"), "unit": "张", "bound": "more_than"}, "超过 10,000 张"),
        ({"value": Decimal("50"), "unit": "%", "bound": "at_least"}, "不少于 50 %"),
        ({"value": Decimal("33.80"), "unit": "%"}, "33.8 %"),
        ({"value": Decimal("0"), "unit": "家"}, "0 家"),
        ({"value": Decimal("2")}, "2"),
        ({"text": "数十家"}, "数十家"),
    ],
)
def test_shown(fields: dict, shown: str) -> None:
    fact = Fact(label="指标", **fields)
    assert fact.shown == shown
    assert str(fact) == f"指标：{shown}"


@pytest.mark.parametrize(
    ("as_of", "precision", "as_of_end", "dated"),
    [
        ("2018-01-22", "day", None, "2018-01-22"),
        ("2023-02-01", "month", None, "2023-02"),
        ("2023-01-01", "year", None, "2023"),
        ("2021-01-01", "year", "2022-01-01", "2021—2022"),
    ],
)
def test_dated(as_of: str, precision: str, as_of_end: str | None, dated: str) -> None:
    fact = Fact(
        as_of=datetime.date.fromisoformat(as_of),
        as_of_precision=precision,
        as_of_end=as_of_end and datetime.date.fromisoformat(as_of_end),
    )
    assert fact.dated == dated


@pytest.mark.parametrize(
    ("value", "expected"),
    [("100", "100"), ("1000", "1,000"), ("27.50", "27.5"), ("73.68", "73.68"), ("0.00", "0")],
)
def test_readable_keeps_the_zeros_that_count(value: str, expected: str) -> None:
    assert readable(Decimal(value)) == expected


@pytest.mark.django_db
def test_targets_are_not_results() -> None:
    chongqing = Fact.objects.filter(regions="500000")
    results = {fact.code for fact in chongqing.results()}
    assert "F001-06" in results
    assert {fact.code for fact in chongqing} - results >= {"F001-05", "F001-46", "F001-50a"}


@pytest.mark.django_db
def test_a_fact_is_found_by_its_code() -> None:
    fact = Fact.objects.get_by_natural_key("F001-06")
    assert fact.natural_key() == ("F001-06",)
    assert fact.value == 1400


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("code", "word"), [("F000-19", "发布于"), ("F001-06", "截至"), ("F004-11", "截至")]
)
def test_the_day_a_document_came_out_is_not_passed_off_as_the_day_of_the_figure(code, word):
    assert Fact.objects.select_related("document").get(code=code).dated_by == word


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("F001-05", "到 2020 年的目标"),
        ("F001-50a", "到 2020 年的目标"),
        ("F001-52", "到 2020 年的目标"),
        ("F001-39", "计划"),
        ("F003-53", "计划"),
        ("F001-06", ""),
        ("F001-57", ""),
    ],
)
def test_a_plan_says_by_when_and_a_result_is_none(code: str, words: str) -> None:
    assert Fact.objects.select_related("document").get(code=code).planned == words
