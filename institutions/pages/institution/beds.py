"""The beds of one home as a table: counts, what a bed costs, and totals that hide no gap."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from institutions.models import Bed, Fee
from institutions.register.list_price import monthly


@dataclass(frozen=True)
class Count:
    """A sum over the rows that publish a number; None where no row does."""

    known: int | None
    unknown_rows: int

    @classmethod
    def of(cls, numbers: Iterable[int | None]) -> Self:
        numbers = list(numbers)
        known = [number for number in numbers if number is not None]
        return cls(sum(known) if known else None, len(numbers) - len(known))


@dataclass(frozen=True)
class BedRow:
    """One category of beds in one kind of room, with the lowest bed fee of a month there."""

    bed: Bed
    fee: int | None
    fee_varies: bool


@dataclass(frozen=True)
class BedTable:
    rows: list[BedRow]
    registered: Count
    operating: Count
    occupied: Count
    vacant: Count
    vacant_as_of: datetime.date | None

    @property
    def counts(self) -> list[tuple[str, Count]]:
        """Return the totals in the order of the table's columns, with their names."""
        return [
            ("备案", self.registered),
            ("运营", self.operating),
            ("已住", self.occupied),
            ("空床", self.vacant),
        ]

    @property
    def incomplete(self) -> bool:
        """Return whether a total leaves out rows that publish no number."""
        return any(count.known is not None and count.unknown_rows for _, count in self.counts)


def bed_table(beds: list[Bed], fees: list[Fee], on: datetime.date) -> BedTable:
    as_of = min((bed.as_of for bed in beds if bed.vacant is not None and bed.as_of), default=None)
    return BedTable(
        rows=[_bed_row(bed, fees, on) for bed in beds],
        registered=Count.of(bed.registered for bed in beds),
        operating=Count.of(bed.operating for bed in beds),
        occupied=Count.of(bed.occupied for bed in beds),
        vacant=Count.of(bed.vacant for bed in beds),
        vacant_as_of=as_of,
    )


def _bed_row(bed: Bed, fees: list[Fee], on: datetime.date) -> BedRow:
    """Make a row with the fee of the room, else the one published for every room."""
    regular = [
        fee
        for fee in fees
        if fee.kind == Fee.Kind.BED
        and fee.is_in_force(on)
        and not fee.conditions
        and fee.period != Fee.Period.ONCE
    ]
    own = [fee for fee in regular if fee.room == bed.room] or [f for f in regular if not f.room]
    amounts = {monthly(fee) for fee in own}
    return BedRow(bed, min(amounts, default=None), len(amounts) > 1)
