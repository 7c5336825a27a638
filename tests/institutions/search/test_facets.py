"""Every count a family sees equals what counting the homes one by one gives."""

import datetime
import random

import pytest
from django.http import QueryDict
from django.test import override_settings

from institutions.models import Institution, Listing
from institutions.pages.results.page import Results
from institutions.search.filters import InstitutionFilter
from tests.institutions import oracle

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


@pytest.mark.no_cover
@pytest.mark.parametrize("seed", range(12))
def test_counts_equal_brute_force(seed, homes, today):
    check_counts(random.Random(seed), homes, today)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(1000, 1300))
def test_counts_equal_brute_force_at_length(seed, homes, today):
    check_counts(random.Random(seed), homes, today)


def by_bitmaps(found: InstitutionFilter) -> Results:
    return Results(found)


def by_database(found: InstitutionFilter) -> Results:
    with override_settings(FACETS="orm"):
        return Results(found)


def check_counts(rng: random.Random, homes: list[Institution], today: datetime.date) -> None:
    """One random search: its rows, its totals, and the counts of five of its facets."""
    chosen = draw(rng, today)
    found = search(address(chosen), today)
    assert not found.form.errors
    results = rng.choice([by_bitmaps, by_database])(found)
    ids = oracle.find(homes, chosen, today)
    assert set(found.qs.values_list("pk", flat=True)) == ids
    assert results.counts.total == len(ids)
    assert results.counts.demo == len([h for h in homes if h.pk in ids and h.is_demo])
    for name, facet in rng.sample(sorted(found.facets.items()), 5):
        for choice in rng.sample(facet.choices, min(8, len(facet.choices))):
            expected = len(oracle.find(homes, chosen | {name: [choice.value]}, today))
            if name == "region":
                got = results.column.homes.count_in(found.places.all[choice.value])
            else:
                got = results.counts.by_choice[name, choice.value]
            assert got == expected, (name, choice.value)


@pytest.mark.no_cover
@pytest.mark.parametrize("seed", range(5))
def test_relaxations_equal_brute_force(seed, homes, today):
    check_relaxations(draw(random.Random(100 + seed), today) | {"q": ["绝无此名"]}, homes, today)


@pytest.mark.parametrize("engine", ["bitmaps", "orm"])
@pytest.mark.parametrize(
    "more", [{}, {"q": ["燕达"]}, {"care": ["self"], "kind": ["welfare_home"]}], ids=str
)
def test_a_place_where_nothing_costs_so_little(more, engine, homes, today, settings):
    settings.FACETS = engine
    bounds = {"price_min": ["1"], "price_max": ["2"]}
    check_relaxations({"region": ["131082"]} | bounds | more, homes, today)


def check_relaxations(chosen, homes, today) -> None:
    results = Results(search(address(chosen), today))
    expected = [
        found
        for name in chosen
        if (found := len(oracle.find(homes, {k: v for k, v in chosen.items() if k != name}, today)))
    ]
    assert sorted(link.count for link in results.relaxations) == sorted(expected)


@pytest.mark.parametrize(("engine", "queries"), [("bitmaps", 0), ("orm", 2)])
def test_queries_of_all_counts(engine, queries, today, settings, django_assert_num_queries):
    settings.FACETS = engine
    address = "region=131082&care=partial&vacant=1&price_max=6000"
    Results(search(address, today))
    found = search(address, today)
    with django_assert_num_queries(queries):
        # orm: the aggregate of every choice, homes by region
        assert Results(found).column


def test_care_is_counted_with_its_own_price(today):
    """What stands beside a choice is what choosing it finds, though it prices homes anew."""
    for care in ("self", "partial", "dependent"):
        beside = Results(search("price_max=3000", today)).counts.by_choice["care", care]
        assert beside == search(f"price_max=3000&care={care}", today).qs.count()


def test_every_choice_has_its_own_value(today):
    for facet in search("", today).facets.values():
        values = [choice.value for choice in facet.choices]
        assert len(values) == len(set(values)), facet.name
