"""Figures in words. Today is 2026-11-22."""

import datetime

import pytest
from django.template import engines

from carebridge.lib.money import whole_yuan as yuan
from carebridge.templating.environment import macro
from institutions.pages.parts.written_figures import age, or_unknown, yes_no


@pytest.mark.parametrize(
    ("fen", "words"),
    [
        (780_000, "7,800"),
        (0, "0"),
        (99, "1"),
        (49, "0"),
        (50, "1"),
        (150, "2"),
        (250, "3"),  # half up, where Python's round() would give 2
        (123_456_789_00, "123,456,789"),
        (-440_000, "−4,400"),
        (-150, "−2"),
        (-49, "0"),
        (None, "未公布"),
        ("", "未公布"),
    ],
)
def test_yuan(fen, words) -> None:
    assert yuan(fen) == words


@pytest.mark.parametrize(
    ("days", "state", "words"),
    [
        (0, "fresh", "今天更新"),
        (3, "fresh", "3 天前更新"),
        (7, "fresh", "7 天前更新"),
        (8, "aging", "8 天前更新"),
        (90, "aging", "90 天前更新"),
        (91, "stale", "91 天前更新，先打电话"),
        (128, "stale", "128 天前更新，先打电话"),
        (3_000, "stale", "3,000 天前更新，先打电话"),
        (-1, "stale", "更新日期有误，先打电话"),
    ],
)
def test_age(today, days, state, words) -> None:
    told = age(today - datetime.timedelta(days))
    assert (told.days, told.state, told.words) == (days, state, words)


def test_age_counts_days_of_shanghai(time_machine) -> None:
    time_machine.move_to(datetime.datetime(2026, 11, 22, 17, tzinfo=datetime.UTC))
    assert age(datetime.date(2026, 11, 22)).days == 1


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "未公布"), ("", "未公布"), (0, 0), ("无", "无")]
)
def test_or_unknown(value, shown) -> None:
    assert or_unknown(value) == shown


def test_or_unknown_leaves_markup_to_the_template() -> None:
    page = engines["jinja2"].from_string("{{ value|or_unknown }}")
    assert page.render({"value": "<b>"}) == "&lt;b&gt;"


@pytest.mark.parametrize(("value", "word"), [(True, "是"), (False, "否"), (None, "未公布")])
def test_yes_no(value, word) -> None:
    assert yes_no(value) == word


def show_asof(day: datetime.date | None) -> str:
    return macro("show_asof", "parts/_asof.html")(day)


def test_asof_says_the_age_and_carries_the_date() -> None:
    stamp = show_asof(datetime.date(2026, 7, 17))
    assert 'class="asof asof--stale"' in stamp
    assert '<time datetime="2026-07-17">128 天前更新，先打电话</time>' in stamp


def test_asof_of_a_fresh_date_is_the_full_dot() -> None:
    assert 'class="asof"' in show_asof(datetime.date(2026, 11, 19))


def test_asof_without_a_date_says_so() -> None:
    assert "更新日期未公布" in show_asof(None)
