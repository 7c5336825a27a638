"""Effect of an edit of a policy on the worked cases: each before and after it, side by side."""

import datetime
from dataclasses import dataclass

from carebridge.lib.money import exact_yuan
from regions.engine import bills
from regions.engine.assessment import Assessment, Outcome, assess
from regions.engine.rules import Answer, Rulebook
from regions.models import Policy
from regions.policies.ledger import amount_words
from regions.policies.rulebook import sentences
from regions.policies.worked_cases import Case, cases

ANSWERS = {
    Answer.YES: "可以享受",
    Answer.NO: "不能享受",
    Answer.CONFIRM: "要确认",
    Answer.UNKNOWN: "还不知道",
    Answer.ENDED: "已停",
}


@dataclass(frozen=True)
class CaseOutcome:
    """The outcome of one policy for one case."""

    answer: str
    amount: str = ""
    reasons: tuple[str, ...] = ()


NO_POLICY = CaseOutcome("没有这项政策")


@dataclass(frozen=True)
class Change:
    """One policy before and after the edit."""

    slug: str
    before: CaseOutcome
    after: CaseOutcome

    @property
    def differs(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True)
class Row:
    """One case: the edited policy, the others the edit changes, and a month's sums."""

    case: Case
    on: datetime.date
    edited: Change
    others: list[Change]
    sums: Change

    @property
    def going(self) -> str:
        """Return the destination, with the name of the list that the home stands on."""
        place, _, listed = self.case.going.partition(" 名单=")
        kind, _, by = listed.partition("@")
        return f"{place}，{by}名单：{Policy.HomeList(kind).label}" if listed else place

    @property
    def differs(self) -> bool:
        return self.edited.differs or bool(self.others) or self.sums.differs


@dataclass(frozen=True)
class Trial:
    """Every case, those that the edit changes first."""

    rows: list[Row]

    @property
    def changed(self) -> int:
        return sum(row.differs for row in self.rows)


def trial(
    before: Rulebook, after: Rulebook, slugs: tuple[str, str], on: datetime.date | None = None
) -> Trial:
    """`slugs` name the edited policy before and after, empty where it was not there before.

    Cases are tried on `on`, else each on its own day.
    """
    rows = [_row(case, before, after, slugs, on or case.on) for case in cases()]
    return Trial(sorted(rows, key=lambda row: not row.differs))


def _row(
    case: Case, before: Rulebook, after: Rulebook, slugs: tuple[str, str], on: datetime.date
) -> Row:
    was, will_be = (assess(case.elder, case.stay, rules, on) for rules in (before, after))
    old, new = _lines(was), _lines(will_be)
    edited = Change(slugs[1], old.pop(slugs[0], NO_POLICY), new.pop(slugs[1], NO_POLICY))
    others = [Change(slug, old[slug], new[slug]) for slug in old if old[slug] != new.get(slug)]
    return Row(case, on, edited, others, Change("", _sums(was, case), _sums(will_be, case)))


def _lines(found: Assessment) -> dict[str, CaseOutcome]:
    return {outcome.rule.slug: _outcome_of(outcome) for outcome in found.outcomes}


def _outcome_of(outcome: Outcome) -> CaseOutcome:
    ended = f"（最后一天 {outcome.ended_on}）" if outcome.ended_on else ""
    higher = (f"可能更高。{words}" for words in sentences(outcome.higher))
    return CaseOutcome(
        ANSWERS[outcome.answer] + ended,
        amount_words(outcome.amount, outcome.period),
        (*sentences(outcome.reasons), *higher),
    )


def _sums(found: Assessment, case: Case) -> CaseOutcome:
    """Return the elder's monthly cash, and the rest of the fee where the case has one."""
    if case.fee is None:
        return CaseOutcome(f"给老人每月 {exact_yuan(bills.to_elder(found))} 元")
    bill = bills.bill(found, case.fee, case.care)
    at_most = "至多" if bill.is_at_most else ""
    left = f"家里付{at_most} {exact_yuan(bill.to_pay)} 元"
    return CaseOutcome(
        f"给老人每月 {exact_yuan(bill.to_elder)} 元，账单上抵 {exact_yuan(bill.on_bill)} 元，{left}"
    )
