"""Every count a family sees equals what counting the homes one by one gives."""

import datetime
import random

import pytest
from django.http import QueryDict

from institutions.facets import count, relaxations
from institutions.filters import InstitutionFilter
from institutions.models import Institution, Listing

from . import oracle

pytestmark = pytest.mark.django_db

WORDS = ["养老", "廊坊", "示例", "福利院", "北京 朝阳", "绝无此名"]
PLACES = ["jing-jin-ji", "huan-jing", "130000", "131000", "131082", "500000", "110105", "410800"]


@pytest.fixture(scope="module")
def homes(django_db_setup, django_db_blocker) -> list[Institution]:
    with django_db_blocker.unblock():
        return list(Institution.objects.published().with_parts())


def search(address: str, on: datetime.date) -> InstitutionFilter:
    return InstitutionFilter(QueryDict(address), Listing.objects.all(), on)


def draw(rng: random.Random, today: datetime.date) -> dict[str, list[str]]:
    """A random search: a few parameters with a few of their choices each."""
    offered = search("", today).facets
    chosen: dict[str, list[str]] = {}
    for name in rng.sample(sorted(offered), rng.randint(0, 4)):
        values = PLACES if name == "region" else [c.value for c in offered[name].choices]
        chosen[name] = rng.sample(values, min(len(values), rng.randint(1, 3)))
    if rng.random() < 0.3:
        chosen["q"] = [rng.choice(WORDS)]
    if rng.random() < 0.3:
        chosen["price_min"] = [str(rng.choice([0, 1500, 3000, 5000]))]
    if rng.random() < 0.3:
        chosen["price_max"] = [str(rng.choice([5000, 6000, 9000]))]
    return chosen


def address(chosen: dict[str, list[str]]) -> str:
    query = QueryDict(mutable=True)
    for name, values in chosen.items():
        query.setlist(name, values)
    return query.urlencode()


@pytest.mark.parametrize("seed", range(12))
def test_counts_equal_brute_force(seed, homes, today):
    check_counts(random.Random(seed), homes, today)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(1000, 1300))
def test_counts_equal_brute_force_at_length(seed, homes, today):
    check_counts(random.Random(seed), homes, today)


def check_counts(rng: random.Random, homes: list[Institution], today: datetime.date) -> None:
    """One random search: its rows, its totals, and the counts of five of its facets."""
    chosen = draw(rng, today)
    found = search(address(chosen), today)
    assert not found.form.errors
    counts = count(found.queryset, found.facets.values(), found.conditions)
    ids = oracle.find(homes, chosen, today)
    assert set(found.qs.values_list("pk", flat=True)) == ids
    assert counts.total == len(ids)
    assert counts.demo == len([h for h in homes if h.pk in ids and h.is_demo])
    for name, facet in rng.sample(sorted(found.facets.items()), 5):
        lifted = oracle.find(homes, chosen, today, lifted=name)
        rest = [home for home in homes if home.pk in lifted]
        for choice in rng.sample(facet.choices, min(8, len(facet.choices))):
            expected = sum(oracle.fits(h, name, [choice.value], chosen, today) for h in rest)
            assert counts.by_choice[name, choice.value] == expected, (name, choice.value)


@pytest.mark.parametrize("seed", range(5))
def test_relaxations_equal_brute_force(seed, homes, today):
    chosen = draw(random.Random(100 + seed), today) | {"q": ["绝无此名"]}
    found = search(address(chosen), today)
    expected = {
        name: len(oracle.find(homes, {k: v for k, v in chosen.items() if k != name}, today))
        for name in chosen
        if name not in ("care",)  # dropping the care also changes the price column
    }
    got = relaxations(found.queryset, found.conditions)
    assert {k: v for k, v in got.items() if k != "care"} == {k: v for k, v in expected.items() if v}


def test_all_counts_take_one_query(today, django_assert_num_queries):
    found = search("region=131082&care=partial&vacant=1&q=养老&price_max=6000", today)
    with django_assert_num_queries(1):  # the aggregate over institutions_listing
        count(found.queryset, found.facets.values(), found.conditions)


def test_every_choice_has_its_own_value(today):
    for facet in search("", today).facets.values():
        values = [choice.value for choice in facet.choices]
        assert len(values) == len(set(values)), facet.name
