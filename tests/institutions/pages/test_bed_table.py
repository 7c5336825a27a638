import datetime

from institutions.models import Bed, Fee
from institutions.pages.institution.beds import Count, bed_table

TODAY = datetime.date(2026, 11, 22)
NOVEMBER, JULY = datetime.date(2026, 11, 1), datetime.date(2026, 7, 17)


def bed(room="twin", **fields):
    return Bed(category="nursing", room=room, **{"as_of": NOVEMBER} | fields)


def fee(amount, **fields):
    return Fee(**{"kind": Fee.Kind.BED, "amount": amount} | fields)


def test_totals_add_up_what_is_published():
    table = bed_table(
        [bed(registered=80, vacant=5), bed("single", registered=20, vacant=0)], [], TODAY
    )
    assert (table.registered, table.vacant) == (Count(100, 0), Count(5, 0))
    assert not table.incomplete


def test_an_unknown_count_is_not_nought_and_the_total_says_that_it_is_left_out():
    table = bed_table([bed(registered=80), bed("single")], [], TODAY)
    assert table.registered == Count(80, 1)
    assert table.incomplete
    assert table.vacant == Count(None, 2)
    assert table.rows[1].bed.registered is None


def test_totals_of_columns_nobody_publishes_are_not_incomplete():
    assert not bed_table([bed(), bed("single")], [], TODAY).incomplete


def test_no_beds_are_no_totals():
    table = bed_table([], [], TODAY)
    assert table.rows == []
    assert table.vacant == Count(None, 0)
    assert table.vacant_as_of is None


def test_the_vacancy_is_as_old_as_the_oldest_row_that_tells_one():
    rows = [bed(vacant=3, as_of=NOVEMBER), bed("single", vacant=1, as_of=JULY)]
    older_without_vacancy = bed("triple", registered=4, as_of=datetime.date(2025, 1, 1))
    table = bed_table([*rows, older_without_vacancy], [], TODAY)
    assert table.vacant_as_of == JULY


def test_a_room_costs_its_own_lowest_regular_bed_fee():
    fees = [
        fee(3_000_00, room="twin"),
        fee(100_00, room="twin", period="day"),
        fee(2_000_00, room="single"),
        fee(1_000_00),
        fee(500_00, room="twin", conditions="会员"),
        fee(400_00, room="twin", period="once"),
        fee(300_00, room="twin", valid_to=JULY),
        fee(200_00, room="twin", kind=Fee.Kind.CARE),
    ]
    (row,) = bed_table([bed("twin")], fees, TODAY).rows
    assert (row.fee, row.fee_varies) == (3_000_00, False)


def test_a_room_without_a_fee_of_its_own_costs_the_fee_of_every_room():
    (row,) = bed_table([bed("twin")], [fee(1_000_00), fee(900_00, room="single")], TODAY).rows
    assert row.fee == 1_000_00


def test_a_fee_that_varies_is_a_lowest_price():
    fees = [fee(3_000_00, level_to=1), fee(3_500_00, level_from=2)]
    (row,) = bed_table([bed()], fees, TODAY).rows
    assert (row.fee, row.fee_varies) == (3_000_00, True)


def test_a_room_without_any_bed_fee_has_no_price():
    (row,) = bed_table([bed()], [fee(900_00, room="single")], TODAY).rows
    assert row.fee is None
