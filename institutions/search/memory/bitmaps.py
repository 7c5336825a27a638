"""Listings as bitmaps of their ids, one for each value of each column, held in memory.

The conditions and orders are the very ones the database is asked by (`Q`, `OrderBy`): here they are
read over the values of a column instead of its rows. The database answers what no column holds.
"""

import weakref
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, lru_cache, partial, reduce
from operator import and_
from typing import Any

from django.db.models import Case, F, OrderBy, Q, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import LessThanOrEqual, Lookup
from pyroaring import BitMap

from carebridge.lib.conditions import COMPARISONS, evaluate, fold, split_lookup
from institutions.models import Level, Listing, ListingDesignation, Tokens
from institutions.models.listing import ChordSquared
from institutions.models.tokens import Sought
from institutions.search.memory.card_rows import CardRows
from institutions.search.memory.grid import MapGrid
from regions.engine.stay_classes import Designations
from regions.places.distance import Position

# Columns, alone or together: a sum of prices needs the values that stand in one row.
Names = tuple[str, ...]
Values = dict[Any, BitMap]

COLUMNS: tuple[Names, ...] = (
    *(
        (name,)
        for name in (
            "region", "kind", "ownership", "operating", "is_demo", "price_from", "vacant",
            "vacant_as_of", "takes", "refuses", "rooms", "bed_categories", "medical", "ratings",
            "designated", "networked", "known", "as_of",
        )
    ),
    *((f"price_{k}",) for k in Level.values),
    *((f"care_{k}", f"price_{k}") for k in Level.values),
)  # fmt: skip
POSITION: Names = ("x", "y", "z")
FIELDS = sorted({*POSITION, *(name for names in COLUMNS for name in names)})
# The lists a home is on, the one column with many values a row.
LISTS: Names = ("kind", "region")
BATCH = 5_000
# Answers kept beside the bitmaps; the oldest go first.
MOST_KEPT = 500
# Expressions of which all values are kept. What is left to pay has some thousand values for each
# elder: up to 5 MB at 410,000 homes.
MOST_SORTED = 16
# Of two days, and of some lists of cities.
MOST_FACETS = 64
# Values that follow each other are put together by so many: a bound on prices is some of them.
BLOCK = 32

# Where in the values of a column, in order, those stand that meet a bound.
BOUNDS: dict[str, Callable[[list[Any], Any], slice]] = {
    "exact": lambda values, wanted: slice(
        bisect_left(values, wanted), bisect_right(values, wanted)
    ),
    "gt": lambda values, low: slice(bisect_right(values, low), None),
    "gte": lambda values, low: slice(bisect_left(values, low), None),
    "lt": lambda values, high: slice(bisect_left(values, high)),
    "lte": lambda values, high: slice(bisect_right(values, high)),
    "range": lambda values, ends: slice(
        bisect_left(values, ends[0]), bisect_right(values, ends[1])
    ),
}


class InOrder:
    """The values of an expression from the least up, who has each, and who has none."""

    def __init__(self, by_value: Values) -> None:
        self.unknown = by_value.pop(None, BitMap())
        self.values = sorted(by_value)
        self.having = [by_value[value] for value in self.values]

    @cached_property
    def _block_unions(self) -> list[BitMap]:
        """Return the union of each run of BLOCK consecutive values."""
        starts = range(0, len(self.having), BLOCK)
        return [_union_of(self.having[start : start + BLOCK]) for start in starts]

    def union_of(self, part: slice) -> BitMap:
        """Return the union of a slice of the values: whole blocks, and the values beside them."""
        start, stop, _ = part.indices(len(self.values))
        first, last = -(-start // BLOCK), stop // BLOCK
        if first >= last:
            return _union_of(self.having[start:stop])
        before, after = self.having[start : first * BLOCK], self.having[last * BLOCK : stop]
        return _union_of([*before, *self._block_unions[first:last], *after])


class Bitmaps:
    """The listings as they stood at one change. Never changed; `after` makes the next one."""

    def __init__(
        self,
        columns: Mapping[Names, Values],
        everything: BitMap,
        ground: MapGrid,
        card_rows: CardRows | None = None,
    ) -> None:
        self.columns, self.everything, self.map_grid = columns, everything, ground
        self.card_rows = card_rows or CardRows()
        # What is kept asks through a proxy: old bitmaps go at once, not when they are collected.
        me = weakref.proxy(self)
        self._kept = lru_cache(MOST_KEPT)(partial(Bitmaps._find_now, me))
        # Of a choice that is offered in every search; the others stand for one request.
        self.choosing = lru_cache(4 * MOST_KEPT)(lambda choice: me.find(choice.q))
        self.choosing_each = lru_cache(MOST_FACETS)(
            lambda facet: [me.find(choice.q) for choice in facet.choices]
        )
        self.regions_designating = lru_cache(len(COLUMNS))(partial(Bitmaps._listing, me))
        self.lists_met = lru_cache(len(COLUMNS))(partial(Bitmaps._lists_met, me))
        self.first_holding = lru_cache(MOST_KEPT)(_first_holding)
        self._held: dict[tuple[Sought, int], BitMap] = {}
        self._in_order = lru_cache(MOST_SORTED)(partial(Bitmaps._values_in_order, me))

    @classmethod
    def load_all(cls) -> "Bitmaps":
        """Load every listing, a few thousand at a time."""
        bitmaps = cls({names: {} for names in (*COLUMNS, LISTS)}, BitMap(), MapGrid())
        last = 0
        rows = Listing.objects.order_by("pk").values_list("pk", *FIELDS)
        while batch := list(rows.filter(pk__gt=last)[:BATCH]):
            bitmaps._add_rows(batch, _list_rows(listing__gt=last, listing__lte=batch[-1][0]))
            last = batch[-1][0]
        return bitmaps

    def with_changes(self, ids: Iterable[int]) -> "Bitmaps":
        """Return a copy with these listings as they are now; deleted ones are removed."""
        gone = BitMap(ids)
        columns = {
            names: {
                value: rows - gone if rows.intersect(gone) else rows
                for value, rows in values.items()
            }
            for names, values in self.columns.items()
        }
        left, kept = self.everything - gone, self.card_rows.without(gone)
        bitmaps = Bitmaps(columns, left, self.map_grid.with_changes(gone, {}), kept)
        rows = list(Listing.objects.filter(pk__in=list(gone)).values_list("pk", *FIELDS))
        bitmaps._add_rows(rows, _list_rows(listing__in=list(gone)))
        return bitmaps

    def _add_rows(self, rows: list[tuple[Any, ...]], lists: Iterable[tuple[Any, ...]]) -> None:
        """Add rows of id and `FIELDS`, and of id and `LISTS`; only during construction."""
        if not rows:
            return
        ids, *columns = zip(*rows, strict=True)
        by_name = dict(zip(FIELDS, columns, strict=True))
        for names in COLUMNS:
            self._add_column(names, ids, zip(*(by_name[name] for name in names), strict=True))
        if pairs := list(lists):
            listed, *columns = zip(*pairs, strict=True)
            self._add_column(LISTS, listed, zip(*columns, strict=True))
        self.everything |= BitMap(ids)
        positions = zip(ids, *(by_name[name] for name in POSITION), strict=True)
        known = {pk: (x, y, z) for pk, x, y, z in positions if x is not None}
        self.map_grid = self.map_grid.with_changes(BitMap(), known)

    def _add_column(
        self, names: Names, ids: Iterable[int], values: Iterable[tuple[Any, ...]]
    ) -> None:
        groups: dict[Any, list[int]] = defaultdict(list)
        for pk, value in zip(ids, values, strict=True):
            groups[value].append(pk)
        column = self.columns[names]
        for value, group in groups.items():
            column[value] = column.get(value, BitMap()) | BitMap(group)

    # Conditions

    def all_of(self, conditions: Iterable[Q]) -> BitMap:
        """Listings that meet every condition."""
        return reduce(and_, map(self.find, conditions), self.everything)

    def find(self, condition: Any) -> BitMap:
        """Return the ids of listings that meet a condition of the ORM."""
        return fold(condition, self._find_part, self._join, self._negate, _parts_of)

    def _find_part(self, condition: Any, negated: bool) -> BitMap:
        if isinstance(condition, tuple) and condition[0] == "pk__on_list":
            return self.columns[LISTS].get(condition[1], BitMap())
        return self._kept(condition) if _is_hashable(condition) else self._find_now(condition)

    def _join(self, any_suffices: bool, found: list[BitMap]) -> BitMap:
        if not found:
            return self.everything
        return BitMap.union(*found) if any_suffices else reduce(and_, found)

    def _negate(self, found: BitMap) -> BitMap:
        return self.everything - found

    def _find_now(self, condition: Any) -> BitMap:
        if isinstance(condition, LessThanOrEqual) and isinstance(condition.lhs, ChordSquared):
            return self.map_grid.within_chord(condition.lhs.here, condition.rhs)
        if isinstance(condition, Lookup) and self.can_evaluate(condition.lhs):
            bound = condition.rhs.value if isinstance(condition.rhs, Value) else condition.rhs
            if condition.lookup_name == "isnull":
                unknown = self._in_order(condition.lhs).unknown
                return unknown if bound else self.everything - unknown
            return self._meeting(condition.lhs, str(condition.lookup_name), bound)
        if not isinstance(condition, tuple):
            return self._find_in_database(condition)
        name, wanted = condition
        field, lookup = split_lookup(name)
        if name == "pk__gt":
            return self.everything - BitMap(range(wanted + 1))
        if name == "pk__in" and isinstance(wanted, (list, tuple, set, frozenset)):
            return BitMap(wanted) & self.everything
        if (field,) in self.columns and (wanted is None or lookup == "isnull"):
            unknown = self.columns[field,].get((None,), BitMap())
            return unknown if wanted is None or wanted else self.everything - unknown
        if (field,) not in self.columns or lookup not in COMPARISONS:
            return self._find_in_database(condition)
        return self._column_meeting(field, lookup, wanted)

    def _column_meeting(self, name: str, lookup: str, bound: Any) -> BitMap:
        if lookup not in BOUNDS:
            test, column = COMPARISONS[lookup], self.columns[name,]
            return _union_of(
                rows for (v,), rows in column.items() if v is not None and test(v, bound)
            )
        return self._between(F(name), lookup, bound)

    def _between(self, expression: Any, lookup: str, bound: Any) -> BitMap:
        in_order = self._in_order(expression)
        return in_order.union_of(BOUNDS[lookup](in_order.values, bound))

    def _meeting(self, expression: Any, lookup: str, bound: Any) -> BitMap:
        """Listings for which an expression has a value that meets a bound."""
        if isinstance(expression, F):
            return self._column_meeting(expression.name, lookup, bound)
        if isinstance(expression, Coalesce):
            found, left = BitMap(), self.everything
            for one in expression.get_source_expressions():
                found |= self._meeting(one, lookup, bound) & left
                left = left & self.find((one.name, None))
            return found
        return self._between(expression, lookup, bound)

    def _find_in_database(self, condition: Any) -> BitMap:
        """Ask the database, for words and subqueries that no column holds."""
        if isinstance(condition, tuple) and condition[0] == "pk__holds":
            return BitMap(Tokens.objects.holding(condition[1])) & self.everything
        found = Listing.objects.filter(Q(condition)).values_list("pk", flat=True)
        return BitMap(found) & self.everything

    def held_by_each(self, several: Sequence[Sought], most: int) -> list[BitMap]:
        """Return up to `most` ids that match each term; those not kept are read in one query."""
        if len(self._held) > MOST_KEPT:
            self._held = {}
        kept = self._held
        if new := [one for one in several if (one, most) not in kept]:
            held = Tokens.objects.held_by_each(new, most)
            kept.update(((one, most), BitMap(ids)) for one, ids in zip(new, held, strict=True))
        return [kept[one, most] for one in several]

    def _listing(self, kind: str) -> frozenset[str]:
        """Return the regions whose list of this kind has a home on it."""
        lists = self.columns[LISTS].items()
        return frozenset(region for (on, region), rows in lists if on == kind and rows)

    def _lists_met(self, lists: Designations) -> set[Designations]:
        """Return the sets of these lists that a home is on, but for the empty one."""
        met = {Designations(): self.everything}
        for pair in lists:
            on_it = self.columns[LISTS].get(pair, BitMap())
            listed = {some | {pair}: rows & on_it for some, rows in met.items()}
            others = {some: rows - on_it for some, rows in met.items()}
            met = {some: rows for some, rows in (listed | others).items() if rows}
        return met.keys() - {Designations()}

    # Orders

    def _values_in_order(self, expression: Any) -> InOrder:
        return InOrder(self.group_by_value(expression, self.everything))

    def ordered_slice(
        self, rows: BitMap, orders: Iterable[OrderBy], start: int, stop: int
    ) -> list[int]:
        """Return the ids from `start` to `stop` of `rows` in this order; ties by id."""
        orders = list(orders)
        if here := _measured_from(orders):
            return self.map_grid.nearest(rows, here, start, stop)
        return self._slice_by_buckets(rows, orders, start, stop - start)

    def _slice_by_buckets(
        self, rows: BitMap, orders: list[OrderBy], skip: int, take: int
    ) -> list[int]:
        if not orders:
            return list(rows[skip : skip + take])
        ids: list[int] = []
        left = len(rows)
        for bucket in self.buckets(orders[0]):
            inside = bucket & rows
            number = len(inside)
            left -= number
            if number <= skip:
                skip -= number
            else:
                ids += self._slice_by_buckets(inside, orders[1:], skip, take - len(ids))
                skip = 0
            if len(ids) == take or not left:
                break
        return ids

    def buckets(self, order: OrderBy) -> list[BitMap]:
        """Return all listings, those of equal standing together, in order; those without a value
        last.
        """
        in_order = self._in_order(order.expression)
        having = in_order.having[::-1] if order.descending else in_order.having
        return [*having, in_order.unknown] if in_order.unknown else having

    def can_order(self, orders: list[OrderBy]) -> bool:
        """Return whether `ordered_slice` can evaluate all these orders."""
        if _measured_from(orders):
            return True
        return all(self.can_evaluate(order.expression) for order in orders)

    def can_evaluate(self, expression: Any) -> bool:
        """Return whether the columns hold all that an expression reads."""
        if isinstance(expression, Case):
            return all(self.can_evaluate(part) for part in _results(expression))
        if isinstance(expression, Coalesce):
            return all(map(self.can_evaluate, expression.get_source_expressions()))
        names = tuple(sorted(set(_column_names(expression))))
        return not names or names in self.columns

    def group_by_value(self, expression: Any, rows: BitMap) -> Values:
        """Group `rows` by the value of an expression."""
        if isinstance(expression, Case):
            return self._split_case(expression, rows)
        if isinstance(expression, Coalesce):
            return self._split_first(expression, rows)
        names = tuple(sorted(set(_column_names(expression))))
        if not names:
            return {_evaluate(expression, names, ()): rows}
        found: dict[Any, list[BitMap]] = defaultdict(list)
        for row, having in self.columns[names].items():
            if inside := having & rows:
                found[_evaluate(expression, names, row)].append(inside)
        return {value: _union_of(parts) for value, parts in found.items()}

    def _split_case(self, case: Case, rows: BitMap) -> Values:
        found: dict[Any, list[BitMap]] = defaultdict(list)
        left = rows
        for when in case.cases:
            inside = self.find(when.condition) & left
            left = left - inside
            for value, part in self.group_by_value(when.result, inside).items():
                found[value].append(part)
        for value, part in self.group_by_value(case.default, left).items():
            found[value].append(part)
        return {value: _union_of(parts) for value, parts in found.items()}

    def _split_first(self, coalesce: Coalesce, rows: BitMap) -> Values:
        """Group by the first of several expressions that has a value."""
        found: dict[Any, list[BitMap]] = defaultdict(list)
        for expression in coalesce.get_source_expressions():
            values = self.group_by_value(expression, rows)
            rows = values.pop(None, BitMap())
            for value, part in values.items():
                found[value].append(part)
        found[None].append(rows)
        return {value: _union_of(parts) for value, parts in found.items()}


def _first_holding(sought: Sought, most: int) -> BitMap:
    return BitMap(Tokens.objects.holding(sought, most))


def _is_hashable(key: Any) -> bool:
    """Return whether `key` can be cached: one with a list in it cannot."""
    try:
        hash(key)
    except TypeError:
        return False
    return True


def _parts_of(condition: Q) -> Sequence[Any]:
    """Return the parts of a condition; two bounds of one column are one part."""
    return [_span_condition(condition.children)] if _is_span(condition) else condition.children


def _is_span(condition: Q) -> bool:
    """Return whether it bounds one column on both sides, as conditions on regions do."""
    if condition.connector != Q.AND or len(condition.children) != 2:
        return False
    names = [child[0] for child in condition.children if isinstance(child, tuple)]
    return len(names) == 2 and names == [f"{names[0][:-5]}__{end}" for end in ("gte", "lte")]


def _span_condition(bounds: list[Any]) -> tuple[str, tuple[Any, Any]]:
    """Return the two bounds as one condition, whose answer is a slice of the values."""
    (name, low), (_, high) = bounds
    return f"{name.removesuffix('gte')}range", (low, high)


def _union_of(several: Iterable[BitMap]) -> BitMap:
    return BitMap.union(*several, BitMap())


def _list_rows(**condition: object) -> Iterable[tuple[Any, ...]]:
    return ListingDesignation.objects.filter(**condition).values_list("listing", *LISTS)


def _measured_from(orders: list[OrderBy]) -> Position | None:
    """Return the place that homes are sorted by, if by nothing else."""
    match orders:
        case [OrderBy(expression=ChordSquared(here=here))]:
            return here
    return None


def _results(case: Case) -> list[Any]:
    return [*(when.result for when in case.cases), case.default]


def _column_names(expression: Any) -> Iterable[str]:
    """Yield the columns an expression reads."""
    if isinstance(expression, F):
        yield expression.name
    else:
        for part in expression.get_source_expressions():
            yield from _column_names(part)


def _evaluate(expression: Any, names: Names, row: tuple[Any, ...]) -> Any:
    """Evaluate an expression for a row of `names`; None where a part is unknown."""
    return evaluate(expression, lambda name: row[names.index(name)])
