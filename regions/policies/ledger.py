"""Outcomes of every rule for one elder in one stay, in words with document and date.

Plain data for templates. Money is fen a month.
"""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from carebridge.lib.money import exact_yuan
from regions.engine.assessment import Assessment, Outcome
from regions.engine.bills import (
    Bill,
    bill,
    cash_of,
    ends_first,
    to_elder,
    to_home,
    would_pay,
)
from regions.engine.rules import (
    Amount,
    Answer,
    Base,
    Between,
    ByStandard,
    Fixed,
    Formula,
    Payee,
    Period,
    Reason,
    Refusal,
    Share,
    Standard,
)
from regions.law.citing import clause_of, url_of
from regions.models import Policy
from regions.policies.rulebook import SENTENCES, Book, about

# Nobody but the office decides, so even a yes is a "may".
VERDICTS = {
    Answer.YES: "可能符合",
    Answer.CONFIRM: "要先确认",
    Answer.UNKNOWN: "还不能判断",
    Answer.NO: "可能不符合",
    Answer.ENDED: "已经停止",
}
PER = {
    Period.DAY: "元/天",
    Period.MONTH: "元/月",
    Period.YEAR: "元/年",
    Period.ONCE: "元，一次性",
    Period.MEAL: "元/餐",
    Period.USED_DAY: "元/天，只算用的那天",
}
IN_HAND = "已经在领"
# Refusals of benefits of another place, so that it is none of this family's.
ANOTHER_PLACE = {
    Refusal.HUKOU_ELSEWHERE,
    Refusal.SERVICE_ELSEWHERE,
    Refusal.INSURED_ELSEWHERE,
    Refusal.HOME_ELSEWHERE,
}
BASES = {Base.WHOLE: "前面抵过以后的全部费用", Base.CARE: "护理费"}


@dataclass(frozen=True)
class LedgerLine:
    """One rule's answer. `counted` is what it takes off the bill, or gives where there is none.

    `open_amount` is what a line still to be confirmed would give: shown, and in no sum.
    """

    policy: Policy
    answer: Answer
    payee: Payee
    amount: str
    counted: int | None
    open_amount: str
    reasons: tuple[str, ...]
    last_day: datetime.date | None = None
    # The outcome as the engine returned it.
    outcome: Outcome | None = field(default=None, repr=False, compare=False)

    @property
    def verdict(self) -> str:
        if self.policy.in_hand and self.answer is Answer.YES:
            return IN_HAND
        return VERDICTS[self.answer]

    @property
    def payee_words(self) -> str:
        """Return the payee for this elder, in words."""
        return str(Policy.Payee(self.payee.value).label)

    @property
    def is_of_another_place(self) -> bool:
        """Return whether the benefit belongs to a place without a tie to this family."""
        reasons = self.outcome.reasons if self.outcome else ()
        return any(reason.code in ANOTHER_PLACE for reason in reasons)

    @property
    def cited(self) -> str:
        """Document, clause, date and grade: the evidence of a figure, in one line."""
        document = self.policy.document
        clause = clause_of(self.policy)
        place = f"{document.number}{clause and ' '}{clause}"
        return f"{document.heading}{place}，{self.dated}，{self.policy.get_grade_display()}"

    @property
    def cited_url(self) -> str:
        """The sentence that gives the amount, else the first of the policy, else the document."""
        amount = self.outcome.amount if self.outcome else None
        return url_of(self.policy, amount.fen if isinstance(amount, Fixed) else None)

    @property
    def dated(self) -> str:
        """Since when, and until when; else the date of the document, else of the last check."""
        policy = self.policy
        until = f"，到 {policy.in_force_to} 为止" if policy.in_force_to else ""
        if policy.since:
            return f"{policy.since} 起{until}"
        if policy.document.issued_on:
            return f"文件日期 {policy.document.issued}{until}"
        if policy.checked_on:
            return f"{policy.checked_on} 核对过文本{until}"
        return f"起始日期没有查到{until}"


@dataclass(frozen=True)
class SetChoice:
    """One of the sets of benefits that may be had together, and the cash it gives.

    `uncounted` are those of the set whose amount is a formula: the cash is at least that.
    """

    names: tuple[str, ...]
    cash: int
    uncounted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ledger:
    """Every line, and the three totals: to the elder, on the elder's bill, to the home.

    `bill` is None where there is no price to count on. The third total never is a sum: what the
    home gets stands line by line.
    """

    lines: tuple[LedgerLine, ...]
    bill: Bill | None
    to_elder: int
    to_home: tuple[LedgerLine, ...]
    choices: tuple[SetChoice, ...]
    is_at_most: bool
    # The first last day among what is counted, and what is to pay after it.
    ends: tuple[datetime.date, int] | None = None

    @property
    def ends_on(self) -> datetime.date | None:
        return self.ends[0] if self.ends else None

    @property
    def to_pay_after(self) -> int | None:
        return self.ends[1] if self.ends else None

    @property
    def on_bill(self) -> int | None:
        return self.bill.on_bill if self.bill else None

    @property
    def last_day(self) -> datetime.date | None:
        """The day after which less is counted than today, because the hukou has been moved."""
        return min((line.last_day for line in self.counted if line.last_day), default=None)

    @property
    def is_choice_sure(self) -> bool:
        """Return whether the sets differ by their cash."""
        return not any(choice.uncounted for choice in self.choices)

    @property
    def answerable(self) -> list[LedgerLine]:
        """Return the lines on which an office may have answered otherwise, its benefits first."""
        return [*self.confirmed, *self.to_confirm, *self.refused]

    @property
    def counted(self) -> list[LedgerLine]:
        """The lines that make list price and rest differ, in their order on the bill."""
        counted = [line for line in self.lines if line.counted is not None]
        return sorted(counted, key=lambda line: (line.policy.stage, line.policy.slug))

    def _of(self, *answers: Answer) -> list[LedgerLine]:
        return [line for line in self.lines if line.answer in answers]

    @property
    def confirmed(self) -> list[LedgerLine]:
        return self._of(Answer.YES)

    @property
    def to_confirm(self) -> list[LedgerLine]:
        return self._of(Answer.CONFIRM)

    @property
    def unknown(self) -> list[LedgerLine]:
        return self._of(Answer.UNKNOWN)

    @property
    def refused(self) -> list[LedgerLine]:
        """Return the refused benefits, without those of places the family has no tie to."""
        refused = self._of(Answer.NO, Answer.ENDED)
        return [line for line in refused if not line.is_of_another_place]

    @property
    def open_lines(self) -> list[LedgerLine]:
        """Return the lines that may yet give the family more, so that the rest is an upper
        bound.
        """
        return [line for line in self.to_confirm + self.unknown if line.payee is not Payee.HOME]


@dataclass(frozen=True)
class Words:
    """The words of a line that are the same at every price."""

    amount: str
    reasons: tuple[str, ...]


def words(found: Assessment, book: Book) -> dict[str, Words]:
    """Amount and reasons of every outcome, by the slug of its rule."""
    return {
        outcome.rule.slug: Words(
            amount_words(outcome.amount, outcome.period), tuple(_sentences(outcome, book))
        )
        for outcome in found.outcomes
    }


def ledger(
    found: Assessment,
    book: Book,
    fee: int | None = None,
    care: int | None = None,
    shared: Mapping[str, Words] | None = None,
) -> Ledger:
    """The ledger of one assessment, with a bill where a list price and its care part are given.

    `shared` are the `words` of it, where many homes share them.
    """
    shared = words(found, book) if shared is None else shared
    priced = None if fee is None else bill(found, fee, care)
    counted = _counted(found, priced)
    lines = {
        outcome.rule.slug: LedgerLine(
            policy=book.policies[outcome.rule.slug],
            answer=outcome.answer,
            payee=outcome.payee,
            amount=shared[outcome.rule.slug].amount,
            counted=counted.get(outcome.rule.slug),
            open_amount=_open_amount(found, outcome, fee, care),
            reasons=shared[outcome.rule.slug].reasons,
            last_day=outcome.last_day,
            outcome=outcome,
        )
        for outcome in found.outcomes
    }
    return Ledger(
        lines=tuple(lines.values()),
        bill=priced,
        to_elder=priced.to_elder if priced else to_elder(found),
        to_home=tuple(lines[outcome.rule.slug] for outcome in to_home(found)),
        choices=_choices(found, book),
        is_at_most=priced.is_at_most if priced else found.leaves_open,
        ends=None if fee is None else ends_first(found, fee, care),
    )


def _counted(found: Assessment, priced: Bill | None) -> dict[str, int]:
    """By slug: what each line takes off the bill; without a bill, the cash of the best choice."""
    if priced:
        return {line.slug: line.paid for line in priced.lines}
    best = max(found.options, key=cash_of)
    return {
        term.slug: term.amount.fen
        for term in (outcome.term for outcome in best)
        if term and term.payee is Payee.ELDER and isinstance(term.amount, Fixed)
    }


def _open_amount(found: Assessment, outcome: Outcome, fee: int | None, care: int | None) -> str:
    if outcome.answer is not Answer.CONFIRM or fee is None or outcome.payee is Payee.HOME:
        return ""
    match would_pay(found, outcome, fee, care):
        case int(fen):
            return f"如果能享受，这里是 {exact_yuan(fen)} 元/月"
        case Between(low, None):
            return f"如果能享受，这里不低于 {exact_yuan(low)} 元/月"
        case Between(low, int(high)):
            return f"如果能享受，这里是 {exact_yuan(low)}—{exact_yuan(high)} 元/月"
    return ""


def _choices(found: Assessment, book: Book) -> tuple[SetChoice, ...]:
    """Return every set by its difference, where only one may be had; none where all go."""
    if len(found.options) < 2:
        return ()
    common = set(found.options[0]).intersection(*found.options[1:])
    return tuple(
        SetChoice(
            tuple(book.policies[o.rule.slug].name for o in option if o not in common),
            cash_of(option),
            tuple(book.policies[o.rule.slug].name for o in option if _is_uncounted(o)),
        )
        for option in found.options
    )


def _is_uncounted(outcome: Outcome) -> bool:
    return outcome.term is None and outcome.payee is not Payee.HOME and not outcome.rule.in_hand


def _sentences(outcome: Outcome, book: Book) -> Iterable[str]:
    """Reasons in words; another policy by its name."""
    yield from (_sentence(reason, book.policies) for reason in outcome.reasons)
    yield from (f"还可能更高。{_sentence(r, book.policies)}" for r in outcome.higher)
    yield from (_sentence(reason, book.policies) for reason in outcome.hints)
    if outcome.standard:
        yield standard_words(outcome.standard, book)
    if outcome.rate and outcome.rate.spend_over:
        yield f"当天花费超过 {exact_yuan(outcome.rate.spend_over)} 元才扣，一天一次。"
    if outcome.last_day and outcome.answer is Answer.YES:
        yield f"户籍已经迁出，给到 {outcome.last_day} 为止，下个月起没有。"


def standard_words(figure: Standard, book: Book) -> str:
    """Return the standard an amount stands on, with its day; and that no newer one was found."""
    row = book.standards[figure.slug, figure.since]
    words = f"按{row.name}算：{row.began} 起每人每月 {exact_yuan(figure.fen)} 元"
    return f"{words}。" if book.newer_than(figure) else f"{words}，此后没有查到新的。"


def _sentence(reason: Reason, policies: Mapping[str, Policy]) -> str:
    other = policies.get(reason.about)
    words = SENTENCES[reason.code].format(about=other.name if other else about(reason))
    return f"{words}（到 {reason.last_day} 为止）" if reason.last_day else words


def amount_words(amount: Amount | None, period: Period) -> str:
    """An amount as its document states it; nothing where no amount is known."""
    match amount:
        case Fixed(fen) if period is Period.USED_DAY:
            return f"最多 {exact_yuan(fen)} 元 × 使用的天数"
        case Fixed(fen):
            return f"{exact_yuan(fen)} {PER[period]}"
        case Between(low, None):
            return f"不低于 {exact_yuan(low)} {PER[period]}"
        case Between(low, int(high)):
            return f"{exact_yuan(low)}—{exact_yuan(high)} {PER[period]}"
        case ByStandard(_, percent, at_least):
            least = "不低于" if at_least else "按"
            return f"{least}当地公布的标准{'' if percent == 100 else f'的 {percent}%'}"
        case Formula(text):
            return text
        case Share():
            return _share_words(amount, period)
    return ""


def _share_words(share: Share, period: Period) -> str:
    if share.percent is None:
        return f"结算标准 {exact_yuan(share.ceiling or 0)} {PER[period]}，其中付多少没有查到"
    words = f"{BASES[share.base]}的 {share.percent}%"
    if share.ceiling is not None:
        words += f"（费用最多按 {exact_yuan(share.ceiling)} {PER[period]}算）"
    return words if share.cap is None else f"{words}，最多 {exact_yuan(share.cap)} {PER[period]}"
