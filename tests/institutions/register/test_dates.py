import datetime
import re
from pathlib import Path

import pytest

from institutions.register.ages import age_on, format_period, is_stale, state_on

INSTITUTIONS = Path(__file__).resolve().parents[3] / "institutions"
LIMIT = re.compile(r"\w*(?:FRESH|STALE|VACANCY|ASKED)\w*_DAYS = |超过 \d+ 天|近 \d+ 天")
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


@pytest.mark.parametrize("days", [-1, 0, 7, 8, 90, 91])
def test_what_is_old_on_a_page_is_old_for_a_search(days):
    """A day in the future is a mistake: shown as old, though not older than any limit."""
    as_of = TODAY - datetime.timedelta(days)
    assert (age_on(as_of, TODAY).state == "stale") is (is_stale(as_of, TODAY) or days < 0)


def test_limits_of_age_are_written_in_one_module():
    """No other module counts to 7 or 90 days by itself."""
    found = [
        str(path.relative_to(INSTITUTIONS))
        for path in INSTITUTIONS.rglob("*.py")
        if "migrations" not in path.parts and LIMIT.search(path.read_text())
    ]
    assert found == ["register/ages.py"]
