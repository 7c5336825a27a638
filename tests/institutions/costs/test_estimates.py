"""One truth, two executions: what SQL leaves to pay is what the engine leaves to pay."""

import random

import pytest

from institutions.costs.estimator import Estimator
from institutions.costs.monthly_cost import cost
from institutions.models import Level, Listing
from regions.engine.assessment import assess
from regions.engine.bills import bill
from regions.engine.rules import Stay
from regions.engine.stay_classes import StayClass
from regions.policies.rulebook import book
from tests.institutions.costs.drawn import DAYS, elder, scatter_prices

pytestmark = pytest.mark.django_db


# So many elders for a number of pairs that many patterns of answers are met.
ROWS_AN_ELDER = 100


def differences(draw: random.Random, pairs: int) -> list[str]:
    """What SQL and the engine say differently of `pairs` drawn (elder, day, listing).

    The engine is asked about the very stay, not about its class.
    """
    scatter_prices(draw)
    everything = list(Listing.objects.prefetch_related("designations"))
    rules, found, compared = book(), [], 0
    while compared < pairs:
        who, on, level = elder(draw), draw.choice(DAYS), draw.choice(list(Level))
        rows = draw.sample(everything, ROWS_AN_ELDER)
        priced = Estimator(who, rules, on)
        in_rows = Listing.objects.filter(pk__in=[row.pk for row in rows])
        in_sql = dict(in_rows.values_list("pk", priced.net(level)))
        answers = {}
        for row in rows:
            lists = frozenset((d.kind, d.region_id) for d in row.designations.all())
            stay = Stay(row.region_id, "institution", lists)
            if stay not in answers:
                answers[stay] = assess(who, stay, rules.rules, on)
            price = row.price(level)
            left = None if price is None else bill(answers[stay], price, row.care(level)).to_pay
            if left != in_sql[row.pk]:
                found.append(
                    f"{who} {on} {stay} {price}/{row.care(level)}: {in_sql[row.pk]} {left}"
                )
        compared += len(rows)
    return found


@pytest.mark.no_cover
def test_sql_is_the_engine():
    assert differences(random.Random(4), 10_000) == []


@pytest.mark.full
def test_sql_is_the_engine_a_million_times():
    assert differences(random.Random(2026), 1_000_000) == []


def test_the_cost_of_one_home_is_its_row_in_sql():
    draw = random.Random(5)
    scatter_prices(draw)
    priced = Estimator(elder(draw), book(), DAYS[3])
    in_sql = dict(Listing.objects.values_list("pk", priced.net(Level.MILD)))
    for row in Listing.objects.prefetch_related("designations"):
        assert in_sql[row.pk] == cost(row, Level.MILD, priced).to_pay


@pytest.mark.no_cover
def test_every_stay_answers_like_its_class():
    """Whatever a rule may ask of a region or a list, the class answers as the stay does."""
    draw, rules = random.Random(6), book()
    codes = ["000000", "110000", "110102", "130000", "131000", "131082", "130800", "130802"]
    for _ in range(40):
        priced = Estimator(elder(draw), rules, draw.choice(DAYS))
        lists = frozenset(draw.sample(sorted(priced.classes.lists), draw.randint(0, 2)))
        code = draw.choice([*codes, "120101", "410802", "500000", "500157", "440106", "710000"])
        found = priced.assessment(priced.classes.of(code, lists))
        stay = Stay(code, "institution", lists)
        assert found == assess(priced.elder, stay, rules.rules, priced.on)


def test_few_classes_and_few_branches():
    """The engine runs once per class of stays, not once per home; 12 areas as shipped."""
    priced = Estimator(elder(random.Random(7)), book(), DAYS[3])
    assert len(priced.classes.areas) < 25
    query = str(Listing.objects.values_list("pk", priced.net(Level.SEVERE)).query)
    assert query.count("WHEN") < 40
    assert len(query) < 60_000


def test_designations_outside_every_rule_make_no_class():
    priced = Estimator(elder(random.Random(8)), book(), DAYS[3])
    one = priced.classes.of("131082", {("ltci", "440100")})
    assert one == StayClass(one.area)
