"""A month in one home after what follows the elder, as cards and the home's page show it."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from carebridge.lib.money import exact_yuan
from institutions.costs.estimator import NEEDS_LEVEL, Estimator, estimator
from institutions.models import Institution, Level, Listing
from regions.elder.form import ElderForm
from regions.elder.questions import Questions, questions
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
    """List price, what follows, and what is left to pay; `missing` says why there is no such sum.

    Money is fen a month. Without a price the ledger still says what follows.
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
        """What follows the elder off this bill."""
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
    """The cheapest month for an elder of one ability level, part by part."""

    level: Level
    list_price: int | None
    bed: int | None
    meals: int | None
    care: int | None
    lack: Lack | None
    missing: str


@dataclass(frozen=True)
class Priced:
    """The strip of one home's page, and the cost once anything is told of the elder."""

    questions: Questions
    cost: Cost | None


def priced(
    home: Institution,
    asked: ElderForm,
    on: datetime.date,
    kept: Iterable[tuple[str, str]] = (),
) -> Priced:
    """What a month in one published home costs the elder of an address on the day `on`.

    `kept` are the other parameters of the page, which its strip sends along.
    """
    strip = questions(asked, f"{home.get_absolute_url()}#ledger", kept)
    if not asked.told:
        return Priced(strip, None)
    listing = Listing.objects.prefetch_related("designations").get(pk=home.pk)
    by = estimator(asked.elder, policies.book(), on)
    return Priced(strip, cost(listing, by.level, by))


def cost(listing: Listing, level: Level | None, by: Estimator) -> Cost:
    """The cost of one home by an estimator; a home without a price says what is missing."""
    stay = by.class_of(listing)
    account = partial(ledger, by.assessment(stay), by.book, said=by.words(stay))
    if level is None:
        return Cost(None, None, account(), NEEDS_LEVEL, Lack.LEVEL)
    price = listing.price(level)
    if price is None:
        return Cost(level, None, account(), missing_price(listing, [level]), lack(listing, [level]))
    return Cost(level, price, account(price, listing.care(level)), "")


def missing_price(listing: Listing, levels: list[Level]) -> str:
    """Why there is no price: the home does not take the elder, or a part is not published."""
    parts = _parts(listing, levels)
    if not parts:
        return "这家机构写明不收这样的老人。"
    known = [
        f"{name} {exact_yuan(amount)} 元" for name, amount in parts.items() if amount is not None
    ]
    unknown = "、".join(name for name, amount in parts.items() if amount is None)
    if not known:
        return "床位费、餐费、护理费都未公布。"
    return f"只公布了{'、'.join(known)}，{unknown}未公布。"


def lack(listing: Listing, levels: list[Level]) -> Lack:
    """The same as a code."""
    parts = _parts(listing, levels)
    if not parts:
        return Lack.REFUSED
    return Lack.PART if any(amount is not None for amount in parts.values()) else Lack.NOTHING


def _parts(listing: Listing, levels: list[Level]) -> dict[str, int | None]:
    """What makes the price of the first of `levels` that the home takes; empty: it takes none."""
    refused = listing.members("refuses")
    taken = [level for level in levels if f"takes_level_{level}" not in refused]
    if not taken:
        return {}
    return {
        "床位费": getattr(listing, f"bed_{taken[0]}"),
        "餐费": listing.meals,
        "护理费": getattr(listing, f"care_{taken[0]}"),
    }


def price_list(listing: Listing) -> list[LevelPrice]:
    """What the home asks at each level; without a price, why."""
    return [_level_price(listing, level) for level in Level]


def _level_price(listing: Listing, level: Level) -> LevelPrice:
    price, bed = listing.price(level), getattr(listing, f"bed_{level}")
    parts = bed, listing.meals, listing.care(level)
    if price is not None:
        return LevelPrice(level, price, *parts, None, "")
    why = lack(listing, [level]), missing_price(listing, [level])
    return LevelPrice(level, None, *parts, *why)
