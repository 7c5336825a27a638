"""The prices of one home: a month for each ability level, and every fee it publishes."""

import datetime
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Self

from carebridge.lib.money import exact_yuan
from institutions.costs.monthly_cost import LevelPrice
from institutions.models import ContractTerms, Fee, Level
from institutions.register.ages import format_period, state_on
from institutions.register.list_price import cheapest_bundle, monthly, prepayment_warnings
from institutions.register.record import path_of


@dataclass(frozen=True)
class FeeLine:
    """One published price in words; `amount` is yuan to the fen, as it was published."""

    name: str
    amount: str
    unit: str
    whom: str
    conditions: str
    period: str
    state: str
    path: str = field(default="", compare=False)

    @classmethod
    def of(cls, fee: Fee, on: datetime.date) -> Self:
        name = [fee.get_kind_display(), fee.get_room_display() if fee.room else ""]
        return cls(
            "·".join(filter(None, name)),
            exact_yuan(fee.amount),
            fee.get_period_display(),
            _levels_words(fee),
            fee.conditions,
            format_period(fee.valid_from, fee.valid_to),
            state_on(fee.valid_from, fee.valid_to, on),
            f"{path_of(fee)}/amount",
        )


@dataclass(frozen=True)
class Fees:
    levels: list[LevelPrice]
    lowest: int | None
    lines: list[FeeLine]
    apart: list[FeeLine]
    apart_unknown: str
    by_day: bool
    warnings: list[str]


def fee_table(
    fees: list[Fee],
    terms: ContractTerms | None,
    on: datetime.date,
    refused: Collection[Level] = (),
) -> Fees:
    """Return the costs of a month and of each item; a level in `refused` has no price."""
    bundles = [cheapest_bundle(fees, level, on) for level in Level]
    apart = (Fee.Kind.DEPOSIT, Fee.Kind.MEDICAL_RESERVE, Fee.Kind.MEMBERSHIP)
    published = {fee.kind for fee in fees}
    used = [fee for b in bundles for fee in (b.bed, b.meals, b.care) if fee]
    levels = [
        LevelPrice(
            one.level,
            one.level not in refused,
            _monthly(one.bed),
            _monthly(one.meals),
            _monthly(one.care),
        )
        for one in bundles
    ]
    return Fees(
        levels=levels,
        lowest=min((level.price for level in levels if level.price is not None), default=None),
        lines=[FeeLine.of(fee, on) for fee in fees if fee.kind not in apart],
        apart=[FeeLine.of(fee, on) for fee in fees if fee.kind in apart],
        apart_unknown="、".join(str(kind.label) for kind in apart if kind not in published),
        by_day=any(fee.period == Fee.Period.DAY for fee in used),
        warnings=prepayment_warnings(fees, terms, on),
    )


def _monthly(fee: Fee | None) -> int | None:
    return None if fee is None else monthly(fee)


def _levels_words(fee: Fee) -> str:
    """Return the ability levels a fee is for; an empty string when it is for all of them."""
    if (fee.level_from, fee.level_to) == (Level.ABLE, Level.COMPLETE):
        return ""
    ends = dict.fromkeys((fee.get_level_from_display(), fee.get_level_to_display()))
    return "至".join(ends)
