"""What is given by the day of use: once a day, and only off more than it gives (69号)."""

import datetime
from dataclasses import replace

import pytest

from regions.engine.assessment import Outcome, assess
from regions.engine.bills import off_a_day
from regions.engine.rules import Answer, Elder, Stay
from regions.policies.rulebook import rulebook

pytestmark = pytest.mark.django_db
ON = datetime.date(2026, 6, 1)
SERVED = Elder(
    hukou="110102",
    age=75,
    statuses=frozenset({"basic_service"}),
    disabilities=frozenset(),
)


@pytest.fixture(scope="module")
def meals(django_db_setup, django_db_blocker) -> Outcome:
    """The meal allowance of somebody served at home in Beijing."""
    with django_db_blocker.unblock():
        return assess(SERVED, Stay("110102", "home_care", frozenset()), rulebook(), ON).of("bj-12")


@pytest.mark.parametrize(
    ("spent", "off"),
    [(20_00, 5_00), (12_00, 5_00), (5_01, 5_00), (5_00, 0), (4_99, 0), (0, 0)],
)
def test_t37_five_yuan_a_day_however_many_meals(meals: Outcome, spent: int, off: int) -> None:
    assert off_a_day(meals, spent) == off


def test_nothing_comes_off_for_those_who_do_not_get_it(meals: Outcome) -> None:
    away = assess(SERVED, Stay("131082", "home_care", frozenset()), rulebook(), ON).of("bj-12")
    assert away.answer is Answer.NO
    assert off_a_day(away, 20_00) == 0


def test_it_is_no_part_of_a_month(meals: Outcome) -> None:
    assert (meals.answer, meals.term) == (Answer.YES, None)
    assert replace(meals).leaves_open
