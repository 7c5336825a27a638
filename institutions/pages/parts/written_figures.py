"""Format of figures on pages: their age, and the words for unpublished values."""

import datetime

from django.utils import timezone

from carebridge.lib.money import UNKNOWN
from institutions.register.ages import Age, age_on


def age(on: datetime.date) -> Age:
    """Return how long ago the day `on` was, as of today."""
    return age_on(on, timezone.localdate())


def or_unknown(value: object) -> object:
    """Return 未公布 for None and for the empty string; anything else, 0 too, as it is."""
    return UNKNOWN if value is None or value == "" else value


def yes_no(value: bool | None) -> str:
    """Return 是, 否, or 未公布 for None."""
    return UNKNOWN if value is None or value == "" else "是" if value else "否"
