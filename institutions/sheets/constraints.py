"""Whether a row keeps its model's check constraints, checked without asking the database.

Django validates each of them by a query; forty thousand rows have no time for that. SQL's third
answer, unknown, is None here, and a check that is unknown passes.
"""

import operator
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import CombinedExpression

Values = Mapping[str, Any]
Test = Callable[[Values], bool | None]
LOOKUPS: dict[str, Callable[[Any, Any], Any]] = {
    "exact": operator.eq,
    "lte": operator.le,
    "gte": operator.ge,
    "lt": operator.lt,
    "gt": operator.gt,
    "in": lambda left, right: left in right,
    "range": lambda left, right: right[0] <= left <= right[1],
}


def broken_constraints(model: type[models.Model], values: Values) -> list[str]:
    """Return the messages of the check constraints that a row of these values breaks.

    What the values leave out is unknown, and breaks nothing.
    """
    return [message for test, message in _model_checks(model) if test(values) is False]


@cache
def _model_checks(model: type[models.Model]) -> list[tuple[Test, str]]:
    return [
        (compiled(constraint.condition), str(constraint.violation_error_message))
        for constraint in model._meta.constraints
        if isinstance(constraint, models.CheckConstraint)
    ]


def compiled(condition: Any, negated: bool = False) -> Test:
    """Return a function that tells whether a row meets the condition; None where SQL says
    unknown.
    """
    if not isinstance(condition, Q):
        return _leaf_test(condition, negated)
    tests = [compiled(child, negated ^ condition.negated) for child in condition.children]
    # True settles an OR, False an AND; else unknown outweighs the other answer.
    settles = condition.connector == Q.OR
    flips = condition.negated

    def test(values: Values) -> bool | None:
        answer: bool | None = not settles
        for one in tests:
            answer_of = one(values)
            if answer_of is settles:
                answer = settles
                break
            if answer_of is None:
                answer = None
        return not answer if flips and answer is not None else answer

    return test


def _leaf_test(child: tuple[str, Any], negated: bool) -> Test:
    path, right = child
    name, _, lookup = path.partition("__")
    if lookup == "isnull":
        return lambda values: (values.get(name) is None) is right
    if right is None:
        return lambda values: values.get(name) is None
    compare, resolve = LOOKUPS[lookup or "exact"], _right_side(right)
    # Django adds "and is not null" to what it negates.
    unknown = False if negated else None

    def test(values: Values) -> bool | None:
        left, other = values.get(name), resolve(values)
        return unknown if left is None or other is None else bool(compare(left, other))

    return test


def _right_side(value: Any) -> Callable[[Values], Any]:
    """Return what stands on the right: a field, a sum of fields, or a value."""
    if isinstance(value, F):
        return lambda values: values.get(value.name)
    if isinstance(value, CombinedExpression):
        if value.connector != "+":
            raise NotImplementedError(value.connector)
        first, second = _right_side(value.lhs), _right_side(value.rhs)

        def add(values: Values) -> Any:
            left, right = first(values), second(values)
            return None if left is None or right is None else left + right

        return add
    return lambda values: value
