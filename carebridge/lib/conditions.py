"""Conditions of Django evaluated without a database: one reading for sets and for rows.

Who asks gives the answers of the leaves and how answers are joined; what joins, negates, compares
and adds is read here.
"""

import operator
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db.models import F, Q, Value
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Least

Answer = TypeVar("Answer")

COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "exact": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "in": lambda value, several: value in several,
    "range": lambda value, bounds: bounds[0] <= value <= bounds[1],
    "bitand": lambda value, mask: value & mask != 0,
}
SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.floordiv,
}


def children_of(condition: Q) -> Sequence[Any]:
    """Return the parts of a condition as they stand."""
    return condition.children


def fold(
    condition: Any,
    leaf: Callable[[Any, bool], Answer],
    join: Callable[[bool, list[Answer]], Answer],
    negate: Callable[[Answer], Answer],
    children: Callable[[Q], Sequence[Any]] = children_of,
    negated: bool = False,
) -> Answer:
    """Return the answer to a condition, read from its leaves up.

    `leaf(part, negated)` answers what is no Q; `negated` says whether an odd number of negations
    stands above it. `join(any_suffices, answers)` joins those of an OR (True) or an AND (False).
    Raises ValueError for another connector.
    """
    if not isinstance(condition, Q):
        return leaf(condition, negated)
    if condition.connector not in (Q.AND, Q.OR):
        raise ValueError(f"no reading of {condition.connector}")
    below = negated ^ condition.negated
    answers = [fold(part, leaf, join, negate, children, below) for part in children(condition)]
    joined = join(condition.connector == Q.OR, answers)
    return negate(joined) if condition.negated else joined


def split_lookup(path: str) -> tuple[str, str]:
    """Return the column and the comparison of price__gte; exact where none is named."""
    name, _, lookup = path.partition("__")
    return name, lookup or "exact"


def evaluate(expression: Any, value_of: Callable[[str], Any]) -> Any:
    """Return the value of an expression for a row; None where a part of it is unknown.

    `value_of` gives the columns of the row. What is no expression stands for itself. Raises
    TypeError for an expression that has no reading here.
    """
    if isinstance(expression, F):
        return value_of(expression.name)
    if isinstance(expression, Value):
        return expression.value
    if not hasattr(expression, "get_source_expressions"):
        return expression
    parts = [evaluate(part, value_of) for part in expression.get_source_expressions()]
    if None in parts:
        return None
    if isinstance(expression, CombinedExpression) and expression.connector in SIGNS:
        return SIGNS[expression.connector](*parts)
    if isinstance(expression, Least):
        return min(parts)
    raise TypeError(f"no reading of {expression!r}")
