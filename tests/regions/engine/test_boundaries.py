"""Every day and birthday where a shipped rule changes its answer: the day before, on and after."""

import datetime
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from regions.engine.assessment import assess
from regions.engine.conditions import best_rate
from regions.engine.rules import (
    NATION,
    Anchor,
    Disability,
    Elder,
    Rate,
    Refusal,
    Rule,
    Rulebook,
    Stay,
)
from regions.policies.rulebook import rulebook

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(1)
SHIPPED = json.loads(
    (Path(__file__).resolve().parents[3] / "fixtures" / "policies.json").read_text("utf-8")
)
# A day on which all rates with an age bound are in force, but for those that ended before.
BIRTHDAY = datetime.date(2026, 6, 15)


@pytest.fixture(scope="module")
def shipped(django_db_setup, django_db_blocker) -> Rulebook:
    """The rules as the database has them, read once."""
    with django_db_blocker.unblock():
        return rulebook()


@dataclass(frozen=True)
class Edge:
    """The first day of a change: of a rule, of one of its rates, or of an age it asks for."""

    slug: str
    what: str
    order: int = 0
    day: datetime.date = BIRTHDAY
    age: int = 0

    def __str__(self) -> str:
        return f"{self.slug}-{self.order}-{self.what}-{self.age or self.day}"


def edges() -> list[Edge]:
    found = []
    for row in SHIPPED:
        fields = row["fields"]
        if row["model"] == "regions.policy":
            found += dated(fields, fields["slug"])
        elif row["model"] == "regions.rate":
            (slug,) = fields["policy"]
            found += dated(fields, slug, fields["order"])
            for name, past in (("age_from", 0), ("age_to", 1)):
                if (age := fields.get(name)) is not None:
                    day = birthday(fields["in_force_to"])
                    found.append(Edge(slug, name, fields["order"], day, age + past))
            if born := fields.get("born_from"):
                day = datetime.date.fromisoformat(born)
                found.append(Edge(slug, "born_from", fields["order"], day))
    return found


def birthday(last_day: str | None) -> datetime.date:
    """Return a day on which a rate that ends on `last_day` is in force."""
    last = datetime.date.fromisoformat(last_day) if last_day else datetime.date.max
    return BIRTHDAY if last > BIRTHDAY else last - 10 * DAY


def dated(fields: dict[str, Any], slug: str, order: int = 0) -> list[Edge]:
    days = [(name, fields.get(f"in_force_{name}")) for name in ("from", "to")]
    return [
        Edge(slug, name, order, datetime.date.fromisoformat(day) + DAY * (name == "to"))
        for name, day in days
        if day
    ]


def test_the_edges_are_those_of_the_rules(shipped: Rulebook) -> None:
    """Or an edge that only the database has would go untried."""
    rules = [end for rule in shipped.rules for end in (rule.since, rule.until) if end]
    rates = [rate for rule in shipped.rules for rate in rule.rates]
    ages = [age for rate in rates for age in (rate.age_from, rate.age_to) if age is not None]
    days = [end for rate in rates for end in (rate.since, rate.until) if end]
    births = [rate.born_from for rate in rates if rate.born_from]
    assert len(edges()) == len(rules) + len(ages) + len(days) + len(births)
    assert (len(rules) > 20, len(ages) > 60, len(births)) == (True, True, 4)


@pytest.mark.parametrize("edge", edges(), ids=str)
def test_the_day_before_the_day_and_the_day_after(edge: Edge, shipped: Rulebook) -> None:
    rule = next(rule for rule in shipped.rules if rule.slug == edge.slug)
    answers = [holds(edge, rule, shipped, edge.day + n * DAY) for n in (-1, 0, 1)]
    begins = edge.what in {"from", "age_from", "born_from"}
    assert answers == [not begins, begins, begins]


def holds(edge: Edge, rule: Rule, rules: Rulebook, on: datetime.date) -> bool:
    """Whether the rule, or the rate in question, is what this day gives to whom it is for."""
    rate = rule.rates[max(edge.order - 1, 0)] if rule.rates else Rate()
    if edge.what == "born_from":
        day = rate.until or BIRTHDAY
        elder = replace(meant_for(rate, rule, edge), born=(on, on))
        return applies(rate, rule, elder, rules, day)
    elder = meant_for(rate, rule, edge)
    if edge.order:
        return applies(rate, rule, elder, rules, on)
    found = assess(elder, stay(rate, rule), rules, on).of(rule.slug)
    return not {r.code for r in found.reasons} & {Refusal.NOT_BEGUN, Refusal.EXPIRED}


def applies(rate: Rate, rule: Rule, elder: Elder, rules: Rulebook, on: datetime.date) -> bool:
    """Whether it is this rate of the rule that is chosen."""
    chosen, _, _ = best_rate(rule, elder, stay(rate, rule), rules, on)
    return chosen is not None and bare(chosen) == bare(rate)


def bare(rate: Rate) -> Rate:
    """The rate without its amount, which a standard of the day may have filled in."""
    return replace(rate, amount=None, standard=None)


def meant_for(rate: Rate, rule: Rule, edge: Edge) -> Elder:
    """An elder whom the rate is for; of the age in question from its day on, if it has one."""
    day = BIRTHDAY if edge.what == "born_from" else edge.day
    born = day.replace(year=day.year - (edge.age or rate.age_from or 70))
    if not edge.age:  # well within the ages of the rate on the days around
        born = born.replace(year=born.year - 3)
    if rule.slug == "bj-10" and rate.unsure:
        born = datetime.date(1932, 1, 1)
    kinds = sorted(rate.disability_kinds)[:1]
    disabilities = {Disability(kind, rate.disability_grades[0], rate.multiple) for kind in kinds}
    elsewhere = rule.anchor is Anchor.SERVICE and rate.statuses
    return Elder(
        hukou="370000" if elsewhere else place(rule),
        born=(born, born),
        findings=frozenset({(rate.scale, rate.levels[0])} if rate.scale else ()),
        statuses=frozenset([*sorted(rate.statuses)[:1], *sorted(rate.also)[:1]]),
        disabilities=frozenset(disabilities),
        insured=place(rule),
        scheme=rate.scheme or "employee",
    )


def stay(rate: Rate, rule: Rule) -> Stay:
    setting = sorted(rate.settings)[0] if rate.settings else "institution"
    lists = {(rule.home_list, rule.region)} if rule.home_list else set()
    return Stay(sorted(rule.places)[0] if rule.places else place(rule), setting, frozenset(lists))


def place(rule: Rule) -> str:
    return "370000" if rule.region == NATION else rule.region


def test_a_bound_that_is_off_by_one_is_noticed(shipped: Rulebook) -> None:
    """The checks above, given rules whose first rate begins a year late or a day late."""
    rule = next(rule for rule in shipped.rules if rule.slug == "bj-03")
    late = replace(rule.rates[2], age_from=81)
    wrong = replace(rule, rates=(*rule.rates[:2], late), since=rule.since and rule.since + DAY)
    rules = Rulebook(tuple(wrong if one is rule else one for one in shipped.rules))
    age = next(e for e in edges() if (e.slug, e.what, e.age) == ("bj-03", "age_from", 80))
    first = next(e for e in edges() if (e.slug, e.what, e.order) == ("bj-03", "from", 0))
    assert not holds(age, wrong, rules, age.day)
    assert not holds(first, wrong, rules, first.day)
