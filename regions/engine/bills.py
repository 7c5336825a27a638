"""Application of confirmed terms to a price: one fold, in Python numbers or SQL expressions.

All money is whole fen a month.
"""

import datetime
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import groupby
from operator import sub
from typing import Any

from regions.engine.assessment import Assessment, Option, Outcome, Term
from regions.engine.conditions import a_month
from regions.engine.rules import Answer, Base, Between, Fixed, Payee, Period, Share


@dataclass(frozen=True)
class Arithmetic:
    """The two steps that Python and SQL write differently."""

    least: Callable[..., Any]
    percent: Callable[[Any, int], Any]


PLAIN = Arithmetic(min, lambda amount, percent: amount * percent // 100)


def to_pay(options: Sequence[Iterable[Term]], fee: Any, care: Any, math: Arithmetic = PLAIN) -> Any:
    """Return the fee less the best of the options; ints, or Django expressions.

    `care` is the care part of the fee; it is read only where a term is a share of it.
    """
    left = [
        reduce(sub, [paid for _, paid in payments(_joined(terms), fee, care, math)], fee)
        for terms in options
    ]
    return left[0] if len(left) == 1 else math.least(*left)


def _joined(terms: Iterable[Term]) -> list[Term]:
    """Fixed amounts of one stage as one: together they take the same, in a shorter expression."""
    joined: list[Term] = []
    for _, group in groupby(sorted(terms, key=_place), key=lambda term: term.stage):
        stage = list(group)
        fixed = [term for term in stage if isinstance(term.amount, Fixed)]
        joined += [term for term in stage if term not in fixed]
        if fixed:
            total = sum(term.amount.fen for term in fixed if isinstance(term.amount, Fixed))
            joined.append(replace(fixed[0], amount=Fixed(total)))
    return joined


def payments(
    terms: Iterable[Term], fee: Any, care: Any, math: Arithmetic = PLAIN
) -> list[tuple[Term, Any]]:
    """Return the payment of each term, stage after stage; together never more than the fee."""
    left, paid = fee, []
    for _, stage in groupby(sorted(terms, key=_place), key=lambda term: term.stage):
        whole = left
        for term in stage:
            amount = math.least(_worth(term, whole, care, math), left)
            left = left - amount
            paid.append((term, amount))
    return paid


def _place(term: Term) -> tuple[int, str]:
    return term.stage, term.slug


def _worth(term: Term, whole: Any, care: Any, math: Arithmetic) -> Any:
    if isinstance(term.amount, Fixed):
        return term.amount.fen
    share: Share = term.amount
    base = care if share.base is Base.CARE else whole
    if share.ceiling is not None:
        base = math.least(base, share.ceiling)
    amount = math.percent(base, share.percent or 0)
    return amount if share.cap is None else math.least(amount, share.cap)


@dataclass(frozen=True)
class Line:
    slug: str
    payee: Payee
    paid: int


@dataclass(frozen=True)
class Bill:
    """A month's fee, who pays how much of it, and whether the family's part is at most that.

    Cash beyond the fee stays with the elder: `to_elder` is all of it, `cash` what the fee takes.
    """

    fee: int
    lines: tuple[Line, ...]
    to_elder: int
    to_pay: int
    is_at_most: bool

    def __post_init__(self) -> None:
        parts = [line.paid for line in self.lines]
        if self.fee != sum(parts) + self.to_pay or min([*parts, self.to_pay]) < 0:
            raise ValueError("the bill does not add up")
        if self.to_elder < self.cash:
            raise ValueError("the fee takes more cash than the elder gets")

    @property
    def on_bill(self) -> int:
        return sum(line.paid for line in self.lines if line.payee is Payee.BILL)

    @property
    def cash(self) -> int:
        return sum(line.paid for line in self.lines if line.payee is Payee.ELDER)


def bill(found: Assessment, fee: int, care: int | None) -> Bill:
    """The bill of the best option.

    Without the care part its insurance cannot be counted, and the bill is an upper bound.
    """
    return _bill_of(best(found, fee, care), fee, care, found.leaves_open)


def best(found: Assessment, fee: int, care: int | None) -> Option:
    """The option that leaves least to pay; of equals the one with more cash."""

    def rank(option: Option) -> tuple[int, int]:
        bill = _bill_of(option, fee, care, found.leaves_open)
        return bill.to_pay, -bill.to_elder

    return min(found.options, key=rank)


def ends_first(found: Assessment, fee: int, care: int | None) -> tuple[datetime.date, int] | None:
    """Return the first last day among what the bill counts, and what is to pay after it.

    None where nothing that is counted has a last day.
    """
    counted = [outcome for outcome in best(found, fee, care) if outcome.term]
    last_days = {outcome.rule.until for outcome in counted if outcome.rule.until}
    if not last_days:
        return None
    day = min(last_days)
    options = tuple(
        tuple(o for o in option if not (o.rule.until and o.rule.until <= day))
        for option in found.options
    )
    left = replace(found, options=options)
    return day, bill(left, fee, care).to_pay


def _bill_of(option: Option, fee: int, care: int | None, leaves_open: bool) -> Bill:
    terms = [outcome.term for outcome in option if outcome.term]
    counted = [term for term in terms if care is not None or not takes_care(term)]
    paid = payments(counted, fee, care)
    lines = tuple(Line(term.slug, term.payee, amount) for term, amount in paid)
    left = fee - sum(line.paid for line in lines)
    return Bill(fee, lines, cash_of(option), left, leaves_open or len(counted) < len(terms))


def would_pay(
    found: Assessment, outcome: Outcome, fee: int, care: int | None
) -> int | Between | None:
    """Return the payment of an unconfirmed line, after the confirmed ones before it.

    None where it is unknown: a formula, a share not found, a care part not published.
    """
    rule, amount = outcome.rule, a_month(outcome.amount, outcome.period)
    if not isinstance(amount, Fixed | Share):
        return amount if isinstance(amount, Between) else None
    term = Term(rule.slug, rule.stage, outcome.payee, amount)
    if isinstance(amount, Share) and amount.percent is None:
        return None
    beside = [o.term for o in best(found, fee, care) if o.term]
    earlier = [t for t in beside if t.stage < term.stage]
    if care is None:
        earlier = [t for t in earlier if not takes_care(t)]
        if takes_care(term):
            return None
    paid: int = dict(payments([*earlier, term], fee, care))[term]
    return paid


def takes_care(term: Term) -> bool:
    return isinstance(term.amount, Share) and term.amount.base is Base.CARE


def cash_of(option: Option) -> int:
    """Return the elder's monthly cash, whatever the fee."""
    terms = [outcome.term for outcome in option if outcome.term]
    return sum(
        term.amount.fen
        for term in terms
        if term.payee is Payee.ELDER and isinstance(term.amount, Fixed)
    )


def to_elder(found: Assessment) -> int:
    """The cash of the best option, where there is no bill to weigh it by."""
    return max(map(cash_of, found.options))


def to_home(found: Assessment) -> tuple[Outcome, ...]:
    """Return the payments to the home for this elder: shown line by line, never in the bill."""
    return tuple(
        outcome
        for outcome in found.outcomes
        if outcome.payee is Payee.HOME and outcome.amount is not None
    )


def off_a_day(outcome: Outcome, spent: int) -> int:
    """Return what comes off one day's bill of `spent` fen, for what is given by the day of use.

    京民养老发〔2022〕69号 for one: once a day however many meals, and only off more than it gives.
    """
    if outcome.answer is not Answer.YES or outcome.period is not Period.USED_DAY:
        return 0
    bound = outcome.rate.spend_over if outcome.rate else None
    if not isinstance(outcome.amount, Fixed) or (bound is not None and spent <= bound):
        return 0
    return min(outcome.amount.fen, spent)
