"""Limits of age, and dated rows in words: their period, and why they do not apply on a day."""

import datetime

# A bed count this young is about now.
FRESH_DAYS = 7
# A bed count older than this is not valid for today: not searched by, shown as old.
VACANCY_DAYS = 90


def format_period(start: datetime.date | str | None, end: datetime.date | None) -> str:
    """Return 起 and 止 of a dated row in words; an empty string when neither is published.

    `start` may be words already, where only a year or a month is known.
    """
    if start and end:
        return f"{start} 至 {end}"
    if start:
        return f"{start} 起"
    return f"至 {end}" if end else ""


def state_on(start: datetime.date | None, end: datetime.date | None, on: datetime.date) -> str:
    """Return the reason why a dated row does not apply on the day `on`; empty when it does."""
    if start and start > on:
        return "还没开始"
    return "已过期" if end and end < on else ""


def is_stale(as_of: datetime.date | None, on: datetime.date) -> bool:
    """Return whether a figure is only a hint by now; one without a date is not stale."""
    return as_of is not None and (on - as_of).days > VACANCY_DAYS
