"""The cost of a month by the published price list, before any benefit. Money is fen."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from institutions.models import ContractTerms, Fee, Level
from institutions.models.fee import MOST_DEPOSIT_IN_BED_FEES, MOST_PREPAID_MONTHS
from regions.engine.rules import DAYS_A_MONTH


@dataclass(frozen=True)
class Bundle:
    """The cheapest bed, meals and care of one home for one ability level; None: not published."""

    level: Level
    bed: Fee | None
    meals: Fee | None
    care: Fee | None

    @property
    def price(self) -> int | None:
        """Return the list price of a month, or None when a part of it is not published."""
        if self.bed is None or self.meals is None or self.care is None:
            return None
        return sum(monthly(fee) for fee in (self.bed, self.meals, self.care))


def monthly(fee: Fee) -> int:
    """Return the fee of a month of 30 days. Raises `ValueError` for a fee paid once."""
    if fee.period == Fee.Period.ONCE:
        raise ValueError(f"{fee} is paid once, not every month")
    return fee.amount * (DAYS_A_MONTH if fee.period == Fee.Period.DAY else 1)


def cheapest_bundle(fees: Iterable[Fee], level: Level, on: datetime.date) -> Bundle:
    """Return the cheapest bundle for `level` in force on the day `on`; conditional prices do not
    count.
    """
    regular = [
        fee
        for fee in fees
        if fee.is_in_force(on)
        and fee.covers_level(level)
        and not fee.conditions
        and fee.period != Fee.Period.ONCE
    ]

    def cheapest(kind: Fee.Kind) -> Fee | None:
        return min(
            (fee for fee in regular if fee.kind == kind),
            key=lambda fee: (monthly(fee), fee.pk or 0),
            default=None,
        )

    return Bundle(level, cheapest(Fee.Kind.BED), cheapest(Fee.Kind.MEALS), cheapest(Fee.Kind.CARE))


def prepayment_warnings(
    fees: Iterable[Fee], terms: ContractTerms | None, on: datetime.date
) -> list[str]:
    """Return the prepayments that exceed the rule of 2024-10-01, in words.

    Source: 民政部等七部门《关于加强养老机构预收费监管的指导意见》. A deposit is measured against
    the dearest published bed fee, so a warning is never raised by a choice of room.
    """
    fees = [fee for fee in fees if fee.is_in_force(on)]
    warnings = []
    beds = [
        monthly(fee) for fee in fees if fee.kind == Fee.Kind.BED and fee.period != Fee.Period.ONCE
    ]
    deposits = [fee.amount for fee in fees if fee.kind == Fee.Kind.DEPOSIT]
    if beds and deposits and max(deposits) > MOST_DEPOSIT_IN_BED_FEES * max(beds):
        warnings.append("押金超过每月床位费的 12 倍，高于国家规定的上限。")
    if terms and terms.prepay_months and terms.prepay_months > MOST_PREPAID_MONTHS:
        warnings.append(f"服务费预收 {terms.prepay_months} 个月，超过国家规定的 12 个月。")
    return warnings
