"""Why a home fits what was asked for, and what to ask it first: plain data for its card."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from carebridge.lib.money import FEN, exact_yuan
from institutions.costs.monthly_cost import Cost
from institutions.models import Level, Listing
from institutions.register.ages import is_stale
from institutions.register.needs import need_words
from regions.engine.conditions import city_of, lies_in
from regions.engine.rules import Elder
from regions.engine.settlement import same_pool


@dataclass(frozen=True)
class Wanted:
    """Wishes of a search beyond its filters: needs, the elder, the level, a bound in yuan."""

    needs: tuple[str, ...]
    level: Level | None
    most: int | None
    elder: Elder

    def needs_in(self, region: str) -> list[str]:
        """Return the needs for a home there; one elsewhere must take those of another hukou."""
        own = [] if self.level is None else [f"takes_level_{self.level}"]
        elsewhere = lies_in(self.elder.hukou, city_of(region)) is False
        return list(dict.fromkeys([*own, *self.needs, *(["takes_nonlocal"] * elsewhere)]))


@dataclass(frozen=True)
class MatchReasons:
    """Sentences: what is known to fit, and what nobody has published."""

    good: tuple[str, ...]
    ask: tuple[str, ...]


def match_reasons(
    listing: Listing, wish: Wanted, cost: Cost | None, settlement: str, on: datetime.date
) -> MatchReasons:
    """Return how one home meets the wishes on the day `on`; `settlement` comes from its card."""
    needs, takes = wish.needs_in(listing.region_id), set(listing.members("takes"))
    refused = set(listing.members("refuses"))
    good = [f"收{need_words(need)}" for need in needs if need in takes]
    ask = refusals(listing, needs)
    ask += [
        f"先问清收不收{need_words(need)}，没有公布" for need in needs if need not in takes | refused
    ]
    lines = (
        _price_reason(listing, wish, cost),
        _bed_reason(listing, on),
        _settlement(listing, wish, settlement),
    )
    for fits, words in lines:
        (good if fits else ask).append(words)
    return MatchReasons(tuple(good), tuple(ask))


def refusals(listing: Listing, needs: Iterable[str]) -> list[str]:
    """Return the needs that the home declares it does not meet, in words."""
    refused = set(listing.members("refuses"))
    return [f"写明不收{need_words(need)}" for need in needs if need in refused]


def _price_reason(listing: Listing, wish: Wanted, cost: Cost | None) -> tuple[bool, str]:
    if cost and cost.to_pay is not None:
        at_most = "至多" if cost.ledger.is_at_most else ""
        words = f"补贴后每月{at_most} {exact_yuan(cost.to_pay)} 元"
        if wish.most is None or cost.to_pay > wish.most * FEN:
            return True, words
        return True, f"{words}，在您说的 {wish.most:,} 元以内"
    price = listing.price_from if wish.level is None else listing.price(wish.level)
    if price is None:
        return False, "先问清每月多少钱，标价没有公布齐"
    return True, f"标价每月 {exact_yuan(price)} 元起"


def _bed_reason(listing: Listing, on: datetime.date) -> tuple[bool, str]:
    if listing.vacant is None or is_stale(listing.vacant_as_of, on):
        return False, "先打电话问有没有空床"
    if listing.vacant == 0:
        return False, f"{listing.vacant_as_of} 没有空床，先问要等多久"
    return True, f"有 {listing.vacant} 张空床（{listing.vacant_as_of}）"


def _settlement(listing: Listing, wish: Wanted, settlement: str) -> tuple[bool, str]:
    """Return the settlement in the words of the card; insured on the spot, nothing is off-site."""
    insured = wish.elder.insured
    local = insured is not None and same_pool(insured, listing.region_id)
    if listing.networked or (local and listing.designated):
        return True, settlement
    return False, f"先问清看病怎么结算：{settlement}"
