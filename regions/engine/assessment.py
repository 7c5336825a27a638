"""Benefits of an elder in a stay: every rule answers, and none sees a price.

Nothing missing counts as no, and nothing unknown as 0. Standard library only.
"""

import datetime
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from regions.engine.conditions import (
    a_month,
    anchored,
    best_rate,
    doubts_of,
    ends_with_hukou,
    excluded,
    hints_of,
    holds_at,
    merged,
    not_found,
    portable,
    seen,
    sourced,
    timely,
)
from regions.engine.rules import (
    ENDINGS,
    QUOTABLE,
    Amount,
    Answer,
    Conflict,
    Doubt,
    Elder,
    Exclusion,
    Fixed,
    Missing,
    Payee,
    Period,
    Rate,
    Reason,
    Reasons,
    Refusal,
    Rule,
    Rulebook,
    Share,
    Standard,
    Stay,
)


@dataclass(frozen=True)
class Term:
    """A confirmed amount in its place on the bill."""

    slug: str
    stage: int
    payee: Payee
    amount: Fixed | Share


@dataclass(frozen=True)
class Outcome:
    """One rule's answer. `higher`: a better rate may apply once more is known.

    `last_day`: had until then and no longer; `hints`: reasons that may change it once more is
    known. `rate` is the one that applies.
    """

    rule: Rule
    reasons: Reasons = ()
    amount: Amount | None = None
    period: Period = Period.MONTH
    higher: Reasons = ()
    last_day: datetime.date | None = None
    hints: Reasons = ()
    rate: Rate | None = None

    def __post_init__(self) -> None:
        if self.answer is Answer.YES and self.amount is None:
            raise ValueError(f"{self.rule.slug}: a yes says what")
        if self.answer not in {Answer.YES, Answer.CONFIRM} and self.amount is not None:
            raise ValueError(f"{self.rule.slug}: {self.answer} carries no amount")
        if self.amount is not None and self.rule.grade not in QUOTABLE:
            raise ValueError(f"{self.rule.slug}: grade {self.rule.grade} carries no amount")

    @cached_property
    def answer(self) -> Answer:
        kinds = {type(reason.code) for reason in self.reasons}
        if Refusal in kinds:
            return Answer.ENDED if self.ended_on else Answer.NO
        if Missing in kinds:
            return Answer.UNKNOWN
        return Answer.CONFIRM if Doubt in kinds else Answer.YES

    @property
    def ended_on(self) -> datetime.date | None:
        """The last day it was had, if nothing but an end stands in the way."""
        refusals = [r for r in self.reasons if isinstance(r.code, Refusal)]
        if not {r.code for r in refusals} <= ENDINGS:
            return None
        return min((r.last_day for r in refusals if r.last_day), default=None)

    @property
    def payee(self) -> Payee:
        """Return the payee of the rate, else of the rule."""
        return (self.rate and self.rate.payee) or self.rule.payee

    @property
    def standard(self) -> Standard | None:
        """The dated standard that the amount stands on."""
        return self.rate.standard if self.rate else None

    @cached_property
    def term(self) -> Term | None:
        """Return the term for a month's bill; None for the rest, which is shown and not summed."""
        if self.answer is not Answer.YES or self.payee is Payee.HOME or self.rule.in_hand:
            return None
        amount = a_month(self.amount, self.period)
        if not isinstance(amount, Fixed | Share):
            return None
        return Term(self.rule.slug, self.rule.stage, self.payee, amount)

    @property
    def leaves_open(self) -> bool:
        """Return whether the elder or the bill may yet get more than is counted."""
        if self.payee is Payee.HOME or (self.rule.in_hand and self.answer is Answer.YES):
            return False
        uncounted = self.answer is Answer.YES and (self.term is None or bool(self.higher))
        return uncounted or self.answer in {Answer.CONFIRM, Answer.UNKNOWN}


Option = tuple[Outcome, ...]


@dataclass(frozen=True)
class Assessment:
    """An answer for every rule, by slug, and the sets of benefits that may be had together."""

    outcomes: tuple[Outcome, ...]
    options: tuple[Option, ...]

    def __post_init__(self) -> None:
        sure = {o for o in self.outcomes if o.answer is Answer.YES}
        if not self.options or any(set(option) - sure for option in self.options):
            raise ValueError("an option holds what is not confirmed")

    @property
    def leaves_open(self) -> bool:
        """Return whether the family's share is an upper bound (至多)."""
        return any(outcome.leaves_open for outcome in self.outcomes)

    @property
    def terms(self) -> list[list[Term]]:
        return [[o.term for o in option if o.term] for option in self.options]

    def of(self, slug: str) -> Outcome:
        return next(o for o in self.outcomes if o.rule.slug == slug)


# Outcomes of one elder, by rule and by the values it read of the stay.
KnownOutcomes = dict[tuple[str, Hashable], Outcome]


def assess(
    elder: Elder, stay: Stay, rules: Rulebook, on: datetime.date, known: KnownOutcomes | None = None
) -> Assessment:
    """Return the outcome of every rule for this elder in this stay on that day, in any order.

    `known` holds outcomes of the same elder in other stays: a rule that sees no difference is
    not asked again.
    """
    known = {} if known is None else known
    outcomes: dict[str, Outcome] = {}
    for rule in sorted(rules.rules, key=lambda rule: rule.slug):
        asked = rule.slug, seen(rule, stay, rules)
        if asked not in known:
            known[asked] = judge(rule, elder, stay, rules, on)
        outcomes[rule.slug] = known[asked]
    unclear = [one for one in rules.of(Conflict.UNCLEAR) if holds_at(one, stay)]
    for exclusion in unclear:
        beside = [s for s in sorted(exclusion.first & set(outcomes)) if may_be(outcomes[s])]
        for slug in filter(lambda s: may_be(outcomes[s]), exclusion.second & set(outcomes)):
            outcomes[slug] = doubted(outcomes[slug], beside)
    return Assessment(tuple(outcomes.values()), options(outcomes.values(), rules))


def judge(rule: Rule, elder: Elder, stay: Stay, rules: Rulebook, on: datetime.date) -> Outcome:
    rate, from_rates, higher = best_rate(rule, elder, stay, rules, on)
    reasons = (
        *timely(rule, on),
        *anchored(rule, elder, stay, on),
        *portable(rule, stay),
        *excluded(rule, elder, stay, rules, on),
        *from_rates,
        *not_found(rate),
        *sourced(rule),
        *doubts_of(rate, rule, elder),
    )
    refusals = tuple(reason for reason in reasons if isinstance(reason.code, Refusal))
    reasons = merged(refusals or reasons)
    is_missing = any(isinstance(reason.code, Missing) for reason in reasons)
    if rate is None or refusals or is_missing or rule.grade not in QUOTABLE:
        return Outcome(rule, reasons)
    ends, hints = ends_with_hukou(rule, elder, on), tuple(hints_of(rule, elder))
    return Outcome(rule, reasons, rate.amount, rate.period, higher, ends, hints, rate)


def may_be(outcome: Outcome) -> bool:
    return outcome.answer not in {Answer.NO, Answer.ENDED}


def doubted(outcome: Outcome, beside: list[str]) -> Outcome:
    reasons = tuple(Reason(Doubt.TOGETHER, slug) for slug in beside)
    return replace(outcome, reasons=outcome.reasons + reasons)


def options(outcomes: Iterable[Outcome], rules: Rulebook) -> tuple[Option, ...]:
    """The confirmed outcomes, once for each way of choosing where only one set may be had."""
    found = [tuple(o for o in outcomes if o.answer is Answer.YES)]
    for exclusion in sorted(rules.of(Conflict.CHOOSE), key=lambda e: e.slug):
        found = [option for whole in found for option in chosen(whole, exclusion)]
    return tuple(dict.fromkeys(found))


def chosen(whole: Option, choice: Exclusion) -> list[Option]:
    sides = [
        tuple(o for o in whole if o.rule.slug not in gone)
        for gone, kept in ((choice.second, choice.first), (choice.first, choice.second))
        if any(o.rule.slug in kept for o in whole)
    ]
    return sides or [whole]
