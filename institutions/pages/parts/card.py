"""The result card of one home: plain data made from its listing."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from institutions.costs.estimator import Estimator
from institutions.costs.monthly_cost import Cost, Lack, cost, first_taken
from institutions.models import Institution, Level, Listing, MedicalLink, Phone, Provenance
from institutions.models.quality import latest_ratings
from institutions.pages.parts.match_reasons import MatchReasons, Wanted, match_reasons
from institutions.register.ages import is_stale
from institutions.register.provenance import source_of, sources_of
from institutions.search.distance import Distance, distances
from regions.places.anchors import Anchor


@dataclass(frozen=True)
class Price:
    """The list price of a month in fen and its level; `missing` is the reason for none."""

    amount: int | None
    words: str
    missing: str
    lack: Lack | None = None


@dataclass(frozen=True)
class Card:
    """One result."""

    institution: Institution
    place: str
    tags: tuple[str, ...]
    warning: str
    price: Price
    cost: Cost | None
    fit: MatchReasons | None
    takes: str
    medical: str
    settlement: str
    vacant: int | None
    vacant_as_of: datetime.date | None
    vacancy_known: bool
    phone: Phone | None
    source: Provenance | None
    price_source: Provenance | None
    price_stale: bool
    distances: tuple[Distance, ...]


def make_card(
    listing: Listing,
    levels: list[Level],
    on: datetime.date,
    elder: Estimator | None = None,
    wish: Wanted | None = None,
    anchors: Iterable[Anchor] = (),
) -> Card:
    """Return the card of one row of `ListingQuerySet.for_cards()`, priced by the first level it
    can.

    With an elder's estimator it has the cost of a month for that elder, at their own level;
    with a wish, why the home fits.
    """
    priced = cost(listing, elder.level, elder) if elder else None
    home = listing.institution
    settlement = _settlement(home.card_links)
    price_source = min(
        sources_of(home.card_provenance, ["fees"]), key=lambda row: row.as_of, default=None
    )
    return Card(
        institution=home,
        place=home.region.path_words,
        tags=_card_tags(home, on),
        warning=_warning(home),
        price=_card_price(listing, levels),
        cost=priced,
        fit=match_reasons(listing, wish, priced, settlement, on) if wish else None,
        takes=_takes_words(listing),
        medical=_medical(home.card_links),
        settlement=settlement,
        vacant=listing.vacant,
        vacant_as_of=listing.vacant_as_of,
        vacancy_known=listing.vacant_as_of is not None and not is_stale(listing.vacant_as_of, on),
        phone=next(iter(home.phones.all()), None),
        source=source_of(home.card_provenance, "name"),
        price_source=price_source,
        price_stale=price_source is not None and is_stale(price_source.as_of, on),
        distances=distances(listing, anchors),
    )


def with_lists(home: Institution) -> Institution:
    """Return a home from `for_profile()` with the lists that `for_cards()` gives those of
    results.
    """
    home.card_ratings, home.card_links = list(home.ratings.all()), list(home.medical_links.all())
    home.card_provenance = list(home.provenance.all())
    return home


def _card_tags(home: Institution, on: datetime.date) -> tuple[str, ...]:
    """Return kind, ownership, and the latest valid rating under each scheme with its year."""
    ratings = (
        f"{r.get_scheme_display()} {r.level_name}（{r.year}）"
        for r in latest_ratings(home.card_ratings, on)
    )
    known = (home.get_kind_display(), home.get_ownership_display(), *ratings)
    return tuple(str(words) for words in known if words)


def _warning(home: Institution) -> str:
    """Return a warning to a family: not open yet, or closed."""
    if home.operating in ("", Institution.Operating.OPEN):
        return ""
    since = f"（{home.stopped}）" if home.stopped else ""
    return f"{home.get_operating_display()}{since}"


def _card_price(listing: Listing, levels: list[Level]) -> Price:
    """Return the price `filters` sorts by: of the first level with one, else the lowest."""
    if levels:
        priced = next((k for k in levels if listing.price(k) is not None), None)
    else:
        known = [(price, k) for k in Level if (price := listing.price(k)) is not None]
        priced = min(known, default=(None, None))[1]
    if priced is None:
        asked = first_taken(listing, levels or list(Level))
        return Price(None, "", asked.missing, asked.lack)
    return Price(listing.price(priced), f"起（最便宜的房型），按{priced.label}算", "")


def _takes_words(listing: Listing) -> str:
    takes = listing.members("takes")
    words = [Level(k).label for k in Level.values if f"takes_level_{k}" in takes]
    if "takes_dementia" in takes:
        words.append("认知症（失智）")
    return "、".join(str(word) for word in words) or "未公布"


def _medical(links: list[MedicalLink]) -> str:
    words = dict.fromkeys(
        f"{link.get_mode_display()}（{link.partner}）" if link.partner else link.get_mode_display()
        for link in links
    )
    return "、".join(words) or "未公布"


def _settlement(links: list[MedicalLink]) -> str:
    """Return whether insurance settles inside or next door; each half yes, no or not published.

    A hospital that only has a contract with the home settles for its own patients.
    """
    on_site = [link for link in links if link.is_on_site]
    if any(link.networked for link in on_site):
        return "院内或隔壁是医保定点，已联网，可异地直接结算"
    if any(link.designated for link in on_site):
        refused = any(link.networked is False for link in on_site)
        return "院内或隔壁是医保定点，" + ("未联网异地结算" if refused else "异地结算未公布")
    if any(link.designated is False for link in on_site):
        return "院内或隔壁不是医保定点"
    return "未公布"
