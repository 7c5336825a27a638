"""Limits of age, and dated rows in words: their period, and why they do not apply on a day."""

import datetime
from dataclasses import dataclass

from carebridge.lib.money import UNKNOWN

# A bed count this young is about now.
FRESH_DAYS = 7
# A bed count older than this is not valid for today: not searched by, shown as old.
VACANCY_DAYS = 90
# Within how many days a search asks for news, and after how many the back office asks for them.
ASKED_DAYS = (30, 90)
# How old a vacancy figure is, youngest first; the last two are no figure to go by.
AGES = {
    "fresh": f"{FRESH_DAYS} 天以内",
    "aging": f"{FRESH_DAYS + 1}—{VACANCY_DAYS} 天",
    "stale": f"{VACANCY_DAYS} 天以前",
    "unknown": UNKNOWN,
}


@dataclass(frozen=True)
class Age:
    """Age of a figure; `state` is fresh, aging or stale, as the stylesheet knows them."""

    days: int
    state: str
    words: str


def age_on(as_of: datetime.date, on: datetime.date) -> Age:
    """Return how old a figure of the day `as_of` is on the day `on`; one of the future is stale."""
    days = (on - as_of).days
    when = "今天" if days == 0 else f"{days:,} 天前"
    if days < 0:
        return Age(days, "stale", "更新日期有误，先打电话")
    if days > VACANCY_DAYS:
        return Age(days, "stale", f"{when}更新，先打电话")
    return Age(days, "fresh" if days <= FRESH_DAYS else "aging", f"{when}更新")


def first_day(days: int, on: datetime.date) -> datetime.date:
    """Return the oldest day that is at most so many days before the day `on`."""
    return on - datetime.timedelta(days)


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
