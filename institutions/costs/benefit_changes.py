"""Changes of benefits when an elder moves: outcomes of the present place against the new one."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from regions.engine.assessment import Assessment, Outcome, assess
from regions.engine.rules import Answer, Elder, Fixed, Missing, Payee, Refusal, Stay
from regions.models import Grade, Setting
from regions.policies.ledger import Ledger, LedgerLine, ledger
from regions.policies.rulebook import Book
from regions.policies.text import UNQUOTED, follows, is_quotable, whose

GONE = {Answer.NO, Answer.ENDED}
OPEN = {Answer.CONFIRM, Answer.UNKNOWN}


class Change(StrEnum):
    KEEPS = "keeps"
    ENDS = "ends"
    CHANGES = "changes"
    GAINS = "gains"
    MAY_GAIN = "may-gain"
    LOSES = "loses"
    AT_HOME = "at-home"
    MAY_LOSE = "may-lose"
    CONFIRM = "confirm"
    UNKNOWN = "unknown"
    NEITHER = "neither"


@dataclass(frozen=True)
class Kind:
    """Drawing and label of a change; `state` is the arch: whole, gapped, broken or none."""

    slug: str
    state: str
    label: str
    words: str


KINDS: Mapping[Change, Kind] = {
    Change.KEEPS: Kind("keeps", "yes", "跟着走", "到那边还有，和现在一样。"),
    Change.ENDS: Kind("ends", "part", "到日子就停", "现在还有，过了写明的那天就没有了。"),
    Change.CHANGES: Kind("changes", "part", "有变化", "那边的金额或者答复，和现在不一样。"),
    Change.GAINS: Kind("gains", "yes", "到那边才有", "现在没有，到那边可能符合。"),
    Change.MAY_GAIN: Kind(
        "may-gain", "yes", "到那边可能有", "到那边可能符合；现在有没有，还不知道。"
    ),
    Change.LOSES: Kind("loses", "no", "不跟着走", "到那边就没有了，或者已经停了。"),
    Change.AT_HOME: Kind(
        "at-home",
        "no",
        "住在家里才有",
        "如果现在在家里领着，住进机构就没有了。没有问现在怎么照护，每一种都列出来，不是都有。",
    ),
    Change.MAY_LOSE: Kind("may-lose", "no", "那边没有", "到那边没有；现在有没有，还不知道。"),
    Change.CONFIRM: Kind("confirm", "part", "要先确认", "问清楚才能算，没有计入合计。"),
    Change.UNKNOWN: Kind("unknown", "", "还不能判断", "还缺一样答案，或者没有查到；不当作没有。"),
    Change.NEITHER: Kind("neither", "no", "没有", "现在和到那边，都可能不符合。"),
}


# Kinds whose own words describe the present, or for which it does not matter.
SELF_DESCRIBED = {Change.KEEPS, Change.ENDS, Change.NEITHER, Change.UNKNOWN}


@dataclass(frozen=True)
class Before:
    """The answer where the elder lives now.

    `at_home`: only for those who do not live in a home; `depends_on_home`: cannot be decided
    without knowing the home.
    """

    line: LedgerLine
    at_home: bool = False
    depends_on_home: bool = False

    @property
    def answer(self) -> Answer:
        return self.line.answer


@dataclass(frozen=True)
class Item:
    """One benefit over there and what it is now."""

    change: Change
    line: LedgerLine
    before: Before

    @property
    def kind(self) -> Kind:
        return KINDS[self.change]

    @property
    def is_there(self) -> bool:
        """Return whether it may be had over there at all."""
        return self.line.answer not in GONE

    @property
    def reasons(self) -> list[str]:
        """The reasons without the verdict, which stands beside them."""
        return [reason.removeprefix("还不能判断：") for reason in self.line.reasons]

    @property
    def is_open(self) -> bool:
        """Return whether somebody has to be asked first."""
        return self.line.answer in OPEN

    @property
    def much(self) -> str:
        """Return the amount over there, or the loss; else the reason for no amount."""
        was = self.before.line.amount
        if self.change is Change.AT_HOME:
            return f"在家里：{was}" if was else "住进机构没有"
        if self.change is Change.MAY_LOSE:
            return "没有"
        if self.change is Change.LOSES:
            return f"少了 {was}" if was and self.before.answer is Answer.YES else "没有了"
        if self.line.amount:
            return self.line.amount
        if not is_quotable(self.line.policy):
            return UNQUOTED[Grade(self.line.policy.grade)]
        return "还不能算" if self.line.answer is Answer.UNKNOWN else "金额未查到"

    @property
    def why(self) -> str:
        """Return the deciding condition, and the portability."""
        if self.before.at_home:
            return whose(self.line.policy)
        return whose(self.line.policy) + follows(self.line.policy).words

    @property
    def note(self) -> str:
        """Return the present state, where no other words describe it."""
        if self.change in SELF_DESCRIBED:
            return ""
        if self.before.at_home:
            return "住在家里才有，住进机构就没有了。"
        if self.before.depends_on_home:
            return "现在住的机构没有告诉，所以现在有没有还不知道。"
        if self.change is Change.CHANGES:
            return f"现在：{self.before.line.amount or self.before.line.verdict}。"
        if self.before.answer in {self.line.answer, Answer.YES}:
            return ""
        return f"现在：{self.before.line.verdict}。"


@dataclass(frozen=True)
class Crossing:
    """Every benefit of an elder in one stay, beside what it is now.

    `awaits_bill`: something is sure to take its part of a bill that cannot be written yet.
    """

    items: tuple[Item, ...]
    ledger: Ledger
    awaits_bill: bool

    @property
    def follows(self) -> int:
        """Return the confirmed monthly amount that follows, in fen: to the elder and on the
        bill.
        """
        return self.ledger.to_elder + (self.ledger.on_bill or 0)

    @property
    def leaves_open(self) -> bool:
        """Return whether more may follow, so that the confirmed amount is a lower bound."""
        return self.ledger.is_at_most or self.awaits_bill

    @property
    def groups(self) -> list[tuple[Kind, list[Item]]]:
        """Return the benefits for the family, by change, in the order families ask."""
        return [
            (kind, found)
            for change, kind in KINDS.items()
            if change is not Change.NEITHER
            and (found := [i for i in self._family if i.change is change])
        ]

    @property
    def _family(self) -> list[Item]:
        return [item for item in self.items if item.line.payee is not Payee.HOME]

    @property
    def neither(self) -> list[Item]:
        """Return benefits had neither now nor over there, of places the family has a tie to."""
        neither = [item for item in self._family if item.change is Change.NEITHER]
        return [i for i in neither if not i.line.is_of_another_place]

    @property
    def to_home(self) -> list[Item]:
        """Return payments to the home: no bill gets smaller by them."""
        homes = [item for item in self.items if item.line.payee is Payee.HOME]
        return [item for item in homes if item.is_there]


def crossing(found: Assessment, before: Mapping[str, Before], there: Ledger) -> Crossing:
    """The ledger over there against the lines of now by slug."""
    lines = zip(found.outcomes, there.lines, strict=True)
    items = tuple(_item(before[outcome.rule.slug], line) for outcome, line in lines)
    awaits_bill = there.bill is None and any(map(takes_a_bill, found.outcomes))
    return Crossing(items, there, awaits_bill)


def _item(before: Before, line: LedgerLine) -> Item:
    return Item(change(before, line), line, before)


def takes_a_bill(outcome: Outcome) -> bool:
    """Return whether it is sure, but of unknown worth before there is a bill."""
    term = outcome.term
    return term is not None and not (term.payee is Payee.ELDER and isinstance(term.amount, Fixed))


def change(before: Before, now: LedgerLine) -> Change:
    """Return the present state; unknown or unconfirmed benefits are neither had nor missing."""
    match now.answer:
        case Answer.YES:
            return Change.ENDS if now.last_day else _had(before, now)
        case Answer.CONFIRM:
            return Change.CHANGES if before.answer is Answer.YES else Change.CONFIRM
        case Answer.UNKNOWN:
            return Change.UNKNOWN
        case Answer.ENDED:
            return Change.LOSES
    return _not_had(before)


def _had(before: Before, now: LedgerLine) -> Change:
    """Return the change of a benefit had over there."""
    if before.answer in OPEN:
        return Change.MAY_GAIN
    if before.answer in GONE:
        return Change.GAINS
    return Change.KEEPS if before.line.amount == now.amount else Change.CHANGES


def _not_had(before: Before) -> Change:
    """Return the change of a benefit not had over there."""
    if before.answer in OPEN:
        return Change.MAY_LOSE
    if before.answer in GONE:
        return Change.NEITHER
    return Change.AT_HOME if before.at_home else Change.LOSES


def answers_now(
    elder: Elder, region: str | None, book: Book, on: datetime.date
) -> dict[str, Before]:
    """The answers where the elder lives now, by slug: in a home there of which nothing else is
    known.

    So places are compared, not ways of care; but what is only for those who live at home counts
    too, because moving into a home ends it. None: their place of living is unknown.
    """
    kept: dict[str, tuple[Outcome, Before]] = {}
    for setting in Setting.values:
        found = assess(elder, Stay(region, setting), book.rules, on)
        for outcome, line in zip(found.outcomes, ledger(found, book).lines, strict=True):
            held = kept.get(outcome.rule.slug)
            if held is None or (of_another_setting(held[0]) and not of_another_setting(outcome)):
                at_home = setting != Setting.INSTITUTION
                before = Before(line, at_home, hangs_on_home(outcome))
                kept[outcome.rule.slug] = outcome, before
    return {slug: before for slug, (_, before) in kept.items()}


def of_another_setting(outcome: Outcome) -> bool:
    return any(reason.code is Refusal.SETTING for reason in outcome.reasons)


def hangs_on_home(outcome: Outcome) -> bool:
    """Return whether it cannot be decided without knowing the home."""
    asks = any(reason.code is Missing.LISTED for reason in outcome.reasons)
    return asks and outcome.answer is Answer.UNKNOWN
