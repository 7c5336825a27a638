"""Check constraints of models evaluated for a row, without asking the database.

Django validates each of them by a query; forty thousand rows have no time for that. SQL's third
answer, unknown, is None here, and a check that is unknown passes.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from django.db import models

from carebridge.lib.conditions import COMPARISONS, evaluate, fold, split_lookup

Values = Mapping[str, Any]
Test = Callable[[Values], bool | None]


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


def compiled(condition: Any) -> Test:
    """Return a function that answers whether a row meets the condition; None is SQL's NULL."""
    return fold(condition, _leaf_test, _joined, _negated)


def _joined(any_suffices: bool, tests: list[Test]) -> Test:
    """Join tests: True settles an OR, False an AND; else unknown outweighs the other answer."""

    def test(values: Values) -> bool | None:
        answer: bool | None = not any_suffices
        for one in tests:
            answer_of = one(values)
            if answer_of is any_suffices:
                return any_suffices
            if answer_of is None:
                answer = None
        return answer

    return test


def _negated(test: Test) -> Test:
    def opposite(values: Values) -> bool | None:
        answer = test(values)
        return None if answer is None else not answer

    return opposite


def _leaf_test(child: tuple[str, Any], negated: bool) -> Test:
    path, right = child
    name, lookup = split_lookup(path)
    if lookup == "isnull":
        return lambda values: (values.get(name) is None) is right
    if right is None:
        return lambda values: values.get(name) is None
    compare, is_constant = COMPARISONS[lookup], not hasattr(right, "resolve_expression")
    # Django adds "and is not null" to what it negates.
    unknown = False if negated else None

    def test(values: Values) -> bool | None:
        left = values.get(name)
        other = right if is_constant else evaluate(right, values.get)
        return unknown if left is None or other is None else bool(compare(left, other))

    return test
