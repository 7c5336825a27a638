"""A month in one home after what follows the elder, as cards and the home's page show it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from carebridge.lib.money import exact_yuan
from institutions.costs.estimator import NEEDS_LEVEL, Estimator, estimator
from institutions.models import Institution, Level, Listing
from regions.elder.form import ElderForm
from regions.elder.questions import Questions, questions
from regions.models.codes import ABILITY_WORDS
from regions.policies import rulebook as policies
from regions.policies.ledger import Ledger, ledger


class Lack(StrEnum):
    """Why there is no price, as a code."""

    LEVEL = "level_not_told"
    REFUSED = "not_taken"
    NOTHING = "nothing_published"
    PART = "part_not_published"


@dataclass(frozen=True)
class Cost:
    """List price, benefits, and net price; `missing` is the reason for no such sum.

    Money is fen a month. Without a price the ledger still lists the benefits.
    """

    level: Level | None
    list_price: int | None
    ledger: Ledger
    missing: str
    lack: Lack | None = None

    @property
    def to_pay(self) -> int | None:
        return self.ledger.bill.to_pay if self.ledger.bill else None

    @property
    def follows(self) -> int:
        """Return the benefits off this bill."""
        return self.ledger.bill.on_bill + self.ledger.bill.cash if self.ledger.bill else 0

    @property
    def left_over(self) -> int:
        """Cash of the elder that this bill does not take up."""
        return self.ledger.to_elder - self.ledger.bill.cash if self.ledger.bill else 0

    @property
    def percent(self) -> float:
        """The part of the list price that is left to pay, for the drawn bridge."""
        if not self.ledger.bill or not self.ledger.bill.fee:
            return 100.0
        return round(100 * self.ledger.bill.to_pay / self.ledger.bill.fee, 1)

    @property
    def rest(self) -> float:
        return round(100 - self.percent, 1)


@dataclass(frozen=True)
class LevelPrice:
    """The cheapest month for an elder of one ability level by the price list, in fen.

    A part is None where it is not published; a level that the home does not take has parts, and no
    price.
    """

    level: Level
    taken: bool
    bed: int | None
    meals: int | None
    care: int | None

    @property
    def words(self) -> str:
        """The level in plain words."""
        return ABILITY_WORDS[self.level]

    @property
    def official(self) -> str:
        """The level as the standard calls it."""
        return str(self.level.label)

    @property
    def price(self) -> int | None:
        """The sum of the parts; None where it is not known, or asked of nobody."""
        if not self.taken or self.bed is None or self.meals is None or self.care is None:
            return None
        return self.bed + self.meals + self.care

    @property
    def lack(self) -> Lack | None:
        """Return the reason for no price as a code; None where there is one."""
        if self.price is not None:
            return None
        if not self.taken:
            return Lack.REFUSED
        return Lack.NOTHING if (self.bed, self.meals, self.care) == (None,) * 3 else Lack.PART

    @property
    def missing(self) -> str:
        """The same in words; an empty string where there is a price."""
        parts = {"床位费": self.bed, "餐费": self.meals, "护理费": self.care}
        known = [
            f"{name} {exact_yuan(amount)} 元"
            for name, amount in parts.items()
            if amount is not None
        ]
        unknown = "、".join(name for name, amount in parts.items() if amount is None)
        match self.lack:
            case None:
                return ""
            case Lack.REFUSED:
                return "这家机构写明不收这样的老人。"
            case Lack.NOTHING:
                return f"{unknown}都未公布。"
            case _:
                return f"只公布了{'、'.join(known)}，{unknown}未公布。"


@dataclass(frozen=True)
class Priced:
    """The strip of one home's page, and the cost once an elder is given."""

    questions: Questions
    cost: Cost | None


def priced(
    home: Institution,
    asked: ElderForm,
    kept: Iterable[tuple[str, str]] = (),
) -> Priced:
    """Return the cost of a month in one published home for the elder of an address, on its day.

    `kept` are the other parameters of the page, which its strip sends along.
    """
    action = f"{home.get_absolute_url()}#ledger"
    if not asked.given:
        return Priced(questions(asked, action, kept), None)
    book = policies.book()
    strip = questions(asked, action, kept, book.rules)
    listing = Listing.objects.prefetch_related("designations").get(pk=home.pk)
    by = estimator(asked.elder, book, asked.day)
    return Priced(strip, cost(listing, by.level, by))


def cost(listing: Listing, level: Level | None, by: Estimator) -> Cost:
    """The cost of one home by an estimator; a home without a price has `missing`."""
    stay = by.class_of(listing)
    account = partial(ledger, by.assessment(stay), by.book, shared=by.words(stay))
    if level is None:
        return Cost(None, None, account(), NEEDS_LEVEL, Lack.LEVEL)
    asked = level_price(listing, level)
    if asked.price is None:
        return Cost(level, None, account(), asked.missing, asked.lack)
    return Cost(level, asked.price, account(asked.price, asked.care), "")


def price_list(listing: Listing) -> list[LevelPrice]:
    """Return what the home asks at each level; without a price, why."""
    return [level_price(listing, level) for level in Level]


def level_price(listing: Listing, level: Level) -> LevelPrice:
    """Return what the home asks at one level."""
    taken = f"takes_level_{level}" not in listing.members("refuses")
    bed = getattr(listing, f"bed_{level}")
    return LevelPrice(level, taken, bed, listing.meals, listing.care(level))


def first_taken(listing: Listing, levels: Sequence[Level]) -> LevelPrice:
    """Return the price of the first of `levels` that the home takes; of the first, if of none."""
    prices = [level_price(listing, level) for level in levels]
    return next((price for price in prices if price.taken), prices[0])
