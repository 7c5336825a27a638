"""Told without the database, a check constraint answers as the database does."""

import datetime
import random
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import CombinedExpression

from institutions.models import Bed, Institution
from institutions.register.record import PARTS
from institutions.sheets.constraints import broken_constraints, compiled

pytestmark = pytest.mark.django_db
CHECKS = [
    (model, constraint)
    for model in (Institution, *(part.model for part in PARTS))
    for constraint in model._meta.constraints
    if isinstance(constraint, models.CheckConstraint)
]
DAYS = [datetime.date(2026, 1, day) for day in (1, 2, 3)]


def names_in(condition: Any) -> set[str]:
    """The fields a condition speaks of."""
    if isinstance(condition, Q):
        return {name for child in condition.children for name in names_in(child)}
    name, value = condition
    return {name.split("__")[0]} | names_of(value)


def names_of(value: Any) -> set[str]:
    """The fields on the right-hand side: of F("a") + F("b") both."""
    if isinstance(value, CombinedExpression):
        return names_of(value.lhs) | names_of(value.rhs)
    return {value.name} if isinstance(value, F) else set()


def some_value(field: Any, rng: random.Random) -> Any:
    if rng.random() < 0.3:
        return None
    if field.flatchoices:
        return rng.choice([value for value, _ in field.flatchoices])
    if isinstance(field, models.DateField):
        return rng.choice(DAYS)
    if isinstance(field, models.BooleanField):
        return rng.random() < 0.5
    if isinstance(field, models.FloatField):
        return rng.choice([-181.0, -91.0, 0.0, 39.9, 116.4, 181.0])
    if isinstance(field, models.IntegerField | models.ForeignKey):
        return rng.choice([0, 1, 2, 3, 5, 6, 1989, 2024, 2101])
    return rng.choice(["", "a"])


def is_kept(model: Any, constraint: models.CheckConstraint, values: dict[str, Any]) -> bool:
    """What Django says, by a query."""
    columns = {model._meta.get_field(name).attname: value for name, value in values.items()}
    try:
        constraint.validate(model, model(**columns))
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(("model", "constraint"), CHECKS, ids=[c.name for _, c in CHECKS])
def test_every_check_is_told_as_the_database_tells_it(model, constraint):
    rng = random.Random(constraint.name)
    names = sorted(names_in(constraint.condition))
    test, answers = compiled(constraint.condition), set()
    for _ in range(60):
        values = {name: some_value(model._meta.get_field(name), rng) for name in names}
        expected = is_kept(model, constraint, values)
        assert (test(values) is not False) == expected, values
        answers.add(expected)
    assert True in answers


def test_what_breaks_is_told_in_the_words_of_the_model():
    row = {"registered": 5, "operating": 6, "occupied": 4, "vacant": 3, "as_of": None}

    assert broken_constraints(Bed, row) == [
        "运营床位不能多于备案床位。",
        "已入住加空余不能多于运营床位。",
        "填了床位数就要写截至日期。",
    ]
    assert broken_constraints(Bed, {}) == []
