"""Prices of a month, on unsaved fees: no database."""

import datetime
from typing import Any

import pytest

from institutions.models import ContractTerms, Fee, Level
from institutions.register.list_price import cheapest_bundle, monthly, prepayment_warnings

TODAY = datetime.date(2026, 11, 22)
DAY = datetime.timedelta(days=1)


def fee(kind: str, yuan: int, **fields: Any) -> Fee:
    return Fee(kind=kind, amount=yuan * 100, **fields)


def basic() -> list[Fee]:
    return [fee("bed", 2000), fee("meals", 900), fee("care", 1100)]


# monthly


def test_a_day_price_is_paid_thirty_times_a_month() -> None:
    assert monthly(fee("bed", 80, period="day")) == 2400_00
    assert monthly(fee("bed", 80, period="month")) == 80_00


def test_a_price_paid_once_has_no_month() -> None:
    with pytest.raises(ValueError, match="paid once"):
        monthly(fee("deposit", 5000, period="once"))


# bundle


@pytest.mark.parametrize("level", Level)
def test_the_price_is_bed_meals_and_care(level: Level) -> None:
    found = cheapest_bundle(basic(), level, TODAY)
    assert found.price == 4000_00


@pytest.mark.parametrize("kind", ["bed", "meals", "care"])
def test_without_one_of_the_three_there_is_no_price(kind: str) -> None:
    found = cheapest_bundle([fee for fee in basic() if fee.kind != kind], Level.ABLE, TODAY)
    assert found.price is None
    assert getattr(found, kind) is None


def test_a_price_of_nothing_is_a_price() -> None:
    found = cheapest_bundle([fee("bed", 0), fee("meals", 0), fee("care", 0)], Level.ABLE, TODAY)
    assert found.price == 0


def test_care_of_the_elders_own_level_counts() -> None:
    fees = [fee("bed", 2000), fee("meals", 900)]
    fees += [fee("care", 300, level_from=0, level_to=0), fee("care", 2400, level_from=3)]
    prices = [cheapest_bundle(fees, level, TODAY).price for level in Level]
    assert prices == [3200_00, None, None, 5300_00, 5300_00]


def test_the_cheapest_counts_by_the_month_not_by_the_figure() -> None:
    daily, cheaper = fee("bed", 70, period="day"), fee("bed", 2000)
    assert cheapest_bundle([daily, cheaper, *basic()[1:]], Level.ABLE, TODAY).bed is cheaper
    assert cheapest_bundle([daily, fee("bed", 2200), *basic()[1:]], Level.ABLE, TODAY).bed is daily


def test_conditional_and_single_payments_do_not_count() -> None:
    fees = [*basic(), fee("bed", 1000, conditions="签满一年"), fee("bed", 500, period="once")]
    assert cheapest_bundle(fees, Level.ABLE, TODAY).price == 4000_00


def test_the_first_and_the_last_day_of_a_price_count() -> None:
    dated = fee("bed", 1500, valid_from=TODAY, valid_to=TODAY)
    for on, price in ((TODAY - DAY, 4000_00), (TODAY, 3500_00), (TODAY + DAY, 4000_00)):
        assert cheapest_bundle([*basic(), dated], Level.ABLE, on).price == price


# prepayment_warnings


def test_a_deposit_of_twelve_bed_fees_is_allowed_and_one_fen_more_is_not() -> None:
    allowed = fee("deposit", 24000, period="once")
    assert prepayment_warnings([*basic(), allowed], None, TODAY) == []
    allowed.amount += 1
    assert prepayment_warnings([*basic(), allowed], None, TODAY) == [
        "押金超过每月床位费的 12 倍，高于国家规定的上限。"
    ]


def test_the_dearest_bed_is_the_measure_of_the_deposit() -> None:
    deposit = fee("deposit", 30000, period="once")
    assert prepayment_warnings([*basic(), fee("bed", 2500), deposit], None, TODAY) == []


def test_a_deposit_cannot_be_measured_without_a_bed_fee() -> None:
    assert prepayment_warnings([fee("deposit", 99999, period="once")], None, TODAY) == []
    assert prepayment_warnings(basic(), None, TODAY) == []


def test_a_deposit_that_is_no_longer_asked_is_no_warning() -> None:
    old = fee("deposit", 99999, period="once", valid_to=TODAY - DAY)
    assert prepayment_warnings([*basic(), old], None, TODAY) == []


def test_thirteen_months_ahead_are_too_many() -> None:
    assert prepayment_warnings([], ContractTerms(prepay_months=12), TODAY) == []
    assert prepayment_warnings([], ContractTerms(prepay_months=None), TODAY) == []
    assert prepayment_warnings([], ContractTerms(prepay_months=13), TODAY) == [
        "服务费预收 13 个月，超过国家规定的 12 个月。"
    ]
