"""How figures are written on pages: money, age, and the words for what is not published."""

import datetime
from dataclasses import dataclass

from django import template
from django.utils import timezone

from institutions.facets import FRESH_DAYS, VACANCY_DAYS

register = template.Library()

UNKNOWN = "未公布"
FEN = 100


@dataclass(frozen=True)
class Age:
    """How old a figure is; `state` is fresh, aging or stale, as the stylesheet knows them."""

    days: int
    state: str
    words: str


@register.filter
def yuan(fen: int | None) -> str:
    """Whole yuan with thousands commas, half a yuan up; 未公布 for None."""
    if fen is None or fen == "":
        return UNKNOWN
    rounded = (abs(fen) + FEN // 2) // FEN
    return f"{'−' if fen < 0 < rounded else ''}{rounded:,}"


@register.filter
def age(on: datetime.date) -> Age:
    """How long ago the day `on` was, as of today."""
    days = (timezone.localdate() - on).days
    return Age(days, _state(days), _words(days))


@register.filter
def or_unknown(value: object) -> object:
    """未公布 for None and for the empty string; anything else, 0 too, as it is."""
    return UNKNOWN if value is None or value == "" else value


@register.filter
def yes_no(value: bool | None) -> str:
    """是, 否, or 未公布 for None."""
    return UNKNOWN if value is None or value == "" else "是" if value else "否"


def _state(days: int) -> str:
    if 0 <= days <= FRESH_DAYS:
        return "fresh"
    return "aging" if 0 <= days <= VACANCY_DAYS else "stale"


def _words(days: int) -> str:
    if days < 0:
        return "更新日期有误，先打电话"
    when = "今天" if days == 0 else f"{days:,} 天前"
    return f"{when}更新" + ("，先打电话" if days > VACANCY_DAYS else "")
