"""Conditions read from their leaves up: the shape alone, whatever the answers are."""

import pytest
from django.db.models import F, Q, Value
from django.db.models.functions import Least

from carebridge.lib.conditions import evaluate, fold, split_lookup


def shape(condition: Q) -> str:
    """Write a condition out: & and | for what joins, ! for what negates, ' for a negated leaf."""
    return fold(
        condition,
        lambda part, negated: part[0] + ("'" if negated else ""),
        lambda any_suffices, answers: f"({('|' if any_suffices else '&').join(answers)})",
        lambda answer: f"!{answer}",
    )


@pytest.mark.parametrize(
    ("condition", "written"),
    [
        (Q(), "()"),
        (Q(a=1), "(a)"),
        (Q(a=1) & (Q(b=1) | Q(c=1)), "(a&(b|c))"),
        (~(Q(a=1) | ~Q(b=1)), "!(a'|!(b))"),
    ],
)
def test_a_condition_is_joined_and_negated_as_it_stands(condition, written):
    assert shape(condition) == written


def test_another_connector_is_refused():
    with pytest.raises(ValueError, match="XOR"):
        shape(Q(a=1) ^ Q(b=1))


def test_a_lookup_without_a_name_is_exact():
    assert [split_lookup(path) for path in ("a", "a__gte")] == [("a", "exact"), ("a", "gte")]


def test_a_sum_with_an_unknown_part_is_unknown():
    row = {"a": 2, "b": None}
    assert evaluate(F("a") + 3, row.get) == 5
    assert evaluate(F("a") + F("b"), row.get) is None
    assert evaluate(Least(F("a"), Value(1)), row.get) == 1
    assert evaluate("a", row.get) == "a"
    with pytest.raises(TypeError, match="no reading"):
        evaluate(F("a") % 2, row.get)
