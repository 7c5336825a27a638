"""Cost of a month for this elder in each home: the one meeting place of database and engine.

The engine runs once per class of stays; its terms meet prices in one fold, in Python for the
homes on a page and in SQL for the whole register. Money is fen a month.
"""

import datetime
from collections.abc import Iterable, Sequence
from functools import lru_cache, partial
from itertools import chain

from django.db.models import BigIntegerField, Case, Exists, F, OuterRef, Q, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Least

from institutions.models import Level, Listing, ListingDesignation
from regions.engine.assessment import Assessment, KnownOutcomes, Term, assess
from regions.engine.bills import Arithmetic, to_pay
from regions.engine.rules import Elder
from regions.engine.stay_classes import Area, Designations, StayClass, StayClasses
from regions.models import Scale, Setting
from regions.models.region import in_ranges
from regions.policies.ledger import Words, words
from regions.policies.rulebook import Book

Options = list[list[Term]]
NEEDS_LEVEL = "还不能算：先填老人的国家能力评估等级，价格是按等级定的。"


def _least(*amounts: Combinable | int) -> Least:
    return Least(*(Value(a, BigIntegerField()) if isinstance(a, int) else a for a in amounts))


def _percent(amount: Combinable, percent: int) -> Combinable:
    return amount * percent / 100


# Whole fen on both databases: they divide integers alike, downwards.
SQL = Arithmetic(_least, _percent)


def level_of(elder: Elder) -> Level | None:
    """Return the elder's level on the scale that homes price by, if it is given."""
    level = elder.level(Scale.NATIONAL)
    return None if level is None else Level(level)


class Estimator:
    """Prices homes for one elder by the policies of one day."""

    def __init__(self, elder: Elder, book: Book, on: datetime.date) -> None:
        self.elder, self.book, self.on = elder, book, on
        self.classes = StayClasses(book.rules)
        self._known: KnownOutcomes = {}
        self._assessments: dict[StayClass, Assessment] = {}
        self._words: dict[StayClass, dict[str, Words]] = {}
        self._nets: dict[tuple[Level, tuple[Designations, ...]], Case] = {}

    @property
    def level(self) -> Level | None:
        return level_of(self.elder)

    def assessment(self, of: StayClass) -> Assessment:
        """Return the outcomes of every rule for a stay of this class in a home."""
        if of not in self._assessments:
            stay = self.classes.stay(of, Setting.INSTITUTION)
            self._assessments[of] = assess(self.elder, stay, self.book.rules, self.on, self._known)
        return self._assessments[of]

    def words(self, of: StayClass) -> dict[str, Words]:
        """The same in words, which all homes of a class share."""
        if of not in self._words:
            self._words[of] = words(self.assessment(of), self.book)
        return self._words[of]

    def class_of(self, listing: Listing) -> StayClass:
        """The class of a stay in this home; reads the listing's designations."""
        on_lists = ((d.kind, d.region_id) for d in listing.designations.all())
        return self.classes.of(listing.region_id, on_lists)

    def net(self, level: Level, met: Iterable[Designations] | None = None) -> Case:
        """Return the net price of each listing as SQL; null where there is no price.

        `met` are the sets of `classes.lists` that any listing is on, if known; else one query.
        """
        subsets = sorted(self._designations_met() if met is None else met, key=sorted)
        asked = level, (*subsets, frozenset())
        if asked not in self._nets:
            self._nets[asked] = self._net(*asked)
        return self._nets[asked]

    def _net(self, level: Level, subsets: tuple[Designations, ...]) -> Case:
        """One branch for each class whose terms differ from those of the wider one around it."""
        fold = partial(to_pay, fee=F(f"price_{level}"), care=F(f"care_{level}"), math=SQL)
        options = {
            area: [self.assessment(StayClass(area, subset)).terms for subset in subsets]
            for area in self.classes.areas
        }
        *narrow, nation = self.classes.areas
        branches = chain.from_iterable(
            _branches(area, subsets, options[area])
            for area in narrow
            if options[area] != options[self._around(area)]
        )
        everywhere = _branches(nation, subsets, options[nation])
        return Case(
            *(When(condition, then=fold(terms)) for condition, terms in branches),
            *(When(condition, then=fold(terms)) for condition, terms in everywhere[:-1]),
            default=fold(everywhere[-1][1]),
            output_field=BigIntegerField(),
        )

    def _around(self, area: Area) -> Area:
        """The area that a home of this one would fall to if this one had no branch."""
        later = self.classes.areas[self.classes.areas.index(area) + 1 :]
        low, _ = area.range
        return next(a for a in later if not a.exact and a.range[0] <= low <= a.range[1])

    def _designations_met(self) -> set[Designations]:
        """The sets of named lists that homes are on, but for the empty one; one query."""
        named = Q(pk__in=[])
        for kind, region in sorted(self.classes.lists):
            named |= Q(kind=kind, region=region)
        met: dict[int, set[tuple[str, str]]] = {}
        rows = ListingDesignation.objects.filter(named)
        for listing, kind, region in rows.values_list("listing", "kind", "region"):
            met.setdefault(listing, set()).add((kind, region))
        return {frozenset(lists) for lists in met.values()}


def _branches(
    area: Area, subsets: Sequence[Designations], options: list[Options]
) -> list[tuple[Q, Options]]:
    """Conditions for the sets of lists that change something, then the area's own, in order."""
    inside = in_ranges("region", [area.range])
    *some, none = options
    special = [
        (inside & _on_exactly(subset, subsets), terms)
        for subset, terms in zip(subsets, some, strict=False)
        if terms != none
    ]
    return [*special, (inside, none)]


def _on_exactly(subset: Designations, subsets: Iterable[Designations]) -> Q:
    """That a listing is on these lists and on none of the others that any is on."""
    condition = Q()
    for kind, region in sorted(frozenset[tuple[str, str]]().union(*subsets)):
        rows = ListingDesignation.objects.filter(listing=OuterRef("pk"), kind=kind, region=region)
        condition &= Q(Exists(rows)) if (kind, region) in subset else ~Q(Exists(rows))
    return condition


@lru_cache(maxsize=64)
def estimator(elder: Elder, book: Book, on: datetime.date) -> Estimator:
    """The estimator of this elder, kept in this process while policies and day stay the same."""
    return Estimator(elder, book, on)
