import datetime

import pytest

from institutions.register.ages import format_period, is_stale, state_on

TODAY = datetime.date(2026, 11, 22)
JUNE, DECEMBER = datetime.date(2026, 6, 1), datetime.date(2026, 12, 31)


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (JUNE, DECEMBER, "2026-06-01 至 2026-12-31"),
        (JUNE, None, "2026-06-01 起"),
        (None, DECEMBER, "至 2026-12-31"),
        (None, None, ""),
    ],
)
def test_a_period_says_only_what_is_published(start, end, words):
    assert format_period(start, end) == words


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (None, None, ""),
        (TODAY, TODAY, ""),
        (DECEMBER, None, "还没开始"),
        (None, JUNE, "已过期"),
    ],
)
def test_a_row_that_does_not_hold_says_why(start, end, words):
    assert state_on(start, end, TODAY) == words


@pytest.mark.parametrize(("days", "stale"), [(0, False), (90, False), (91, True)])
def test_a_figure_is_stale_after_ninety_days(days, stale):
    assert is_stale(TODAY - datetime.timedelta(days), TODAY) is stale


def test_a_figure_without_a_date_has_no_age():
    assert not is_stale(None, TODAY)
