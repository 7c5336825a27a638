import datetime

import pytest

from carebridge.lib.money import exact_yuan as exact
from institutions.models import ContractTerms, Fee, Level
from institutions.pages.institution.fees import FeeLine, fee_table

TODAY = datetime.date(2026, 11, 22)


def fee(kind, amount, **fields):
    return Fee(kind=kind, amount=amount, **fields)


def whole():
    return [
        fee("bed", 2_000_00),
        fee("meals", 30_00, period="day"),
        fee("care", 1_000_00, level_to=1),
        fee("care", 2_500_00, level_from=2, level_to=3),
    ]


def test_every_level_has_plain_words():
    assert all(level.words for level in fee_table([], None, TODAY).levels)


def test_the_price_of_a_level_is_bed_meals_and_care_of_a_month():
    table = fee_table(whole(), None, TODAY)
    moderate = table.levels[Level.MODERATE]
    assert (moderate.words, moderate.official) == ("需要人帮吃饭走路", "中度失能")
    assert (moderate.bed, moderate.meals, moderate.care) == (2_000_00, 900_00, 2_500_00)
    assert (moderate.price, moderate.missing) == (5_400_00, "")
    assert table.lowest == 3_900_00
    assert table.by_day


def test_a_level_with_a_part_not_published_has_no_price_and_says_which_part():
    complete = fee_table(whole(), None, TODAY).levels[Level.COMPLETE]
    assert (complete.care, complete.price) == (None, None)
    assert complete.missing == "只公布了床位费 2,000 元、餐费 900 元，护理费未公布。"


def test_nothing_published_is_never_nought():
    table = fee_table([], None, TODAY)
    assert {(level.bed, level.meals, level.care, level.price) for level in table.levels} == {
        (None, None, None, None)
    }
    assert table.levels[0].missing == "床位费、餐费、护理费都未公布。"
    assert (table.lowest, table.lines, table.by_day, table.warnings) == (None, [], False, [])
    assert (table.apart, table.apart_unknown) == ([], "押金、医疗备用金、会员费")


def test_a_published_fee_of_nought_is_nought():
    assert fee_table([fee("meals", 0)], None, TODAY).levels[0].meals == 0


def test_deposits_stand_apart_from_what_a_month_costs():
    table = fee_table([*whole(), fee("deposit", 10_000_00, period="once")], None, TODAY)
    assert [line.name for line in table.lines] == ["床位费", "餐费", "护理费", "护理费"]
    assert table.apart == [FeeLine("押金", "10,000", "元（一次性）", "", "", "", "")]
    assert table.apart_unknown == "医疗备用金、会员费"


def test_a_fee_says_room_levels_conditions_dates_and_whether_it_holds():
    row = fee(
        "bed",
        2_000_00,
        room="twin",
        level_from=2,
        level_to=3,
        conditions="本区户籍",
        valid_from=datetime.date(2025, 1, 1),
        valid_to=datetime.date(2025, 12, 31),
    )
    assert fee_table([row], None, TODAY).lines == [
        FeeLine(
            "床位费·双人间",
            "2,000",
            "元/月",
            "中度失能至重度失能",
            "本区户籍",
            "2025-01-01 至 2025-12-31",
            "已过期",
        )
    ]


@pytest.mark.parametrize(("fen", "words"), [(55_50, "55.50"), (1_200_05, "1,200.05"), (0, "0")])
def test_a_published_amount_is_told_to_the_fen(fen, words):
    assert exact(fen) == words


def test_a_fee_of_one_level_names_it_once():
    lines = fee_table([fee("care", 1, level_from=2, level_to=2)], None, TODAY).lines
    assert lines[0].whom == "中度失能"


def test_warnings_of_prepayment_are_told():
    fees = [fee("bed", 1_000_00), fee("deposit", 13_000_00, period="once")]
    warnings = fee_table(fees, ContractTerms(prepay_months=24), TODAY).warnings
    assert len(warnings) == 2
    assert "12 倍" in warnings[0]
    assert "24 个月" in warnings[1]


def test_a_level_the_home_does_not_take_has_no_price() -> None:
    table = fee_table(whole(), None, TODAY, refused=[Level.ABLE])
    assert (table.levels[0].price, table.levels[0].missing) == (
        None,
        "这家机构写明不收这样的老人。",
    )
    assert table.lowest == min(level.price for level in table.levels[1:] if level.price)
