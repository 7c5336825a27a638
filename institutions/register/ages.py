"""Dated rows in words: the period they hold, and why they do not hold today."""

import datetime

from institutions.search.facets import VACANCY_DAYS


def period(start: datetime.date | str | None, end: datetime.date | None) -> str:
    """起 and 止 of a dated row in words; an empty string when neither is published.

    `start` may be words already, where only a year or a month is known.
    """
    if start and end:
        return f"{start} 至 {end}"
    if start:
        return f"{start} 起"
    return f"至 {end}" if end else ""


def state(start: datetime.date | None, end: datetime.date | None, on: datetime.date) -> str:
    """Why a dated row does not hold on the day `on`; an empty string when it does."""
    if start and start > on:
        return "还没开始"
    return "已过期" if end and end < on else ""


def is_stale(as_of: datetime.date | None, on: datetime.date) -> bool:
    """Whether a figure is only a hint by now: ring first. A figure without a date is no older."""
    return as_of is not None and (on - as_of).days > VACANCY_DAYS
