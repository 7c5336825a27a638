"""What bitmaps answer is what the database answers: counts, ids and order, after any edit."""

import datetime
import gc
import itertools
import random
import weakref
from urllib.parse import urlencode

import pytest
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from institutions.models import Institution, Listing, ListingChange, Tokens
from institutions.models.institution import TAKES
from institutions.models.tokens import Token
from institutions.register import listings
from institutions.search.filters import RECOMMENDED, SORTS, InstitutionFilter
from institutions.search.finder import DatabaseFinder, MemoryFinder
from institutions.search.memory.bitmaps import Bitmaps
from institutions.search.memory.snapshot import FEW, BitmapIndex
from tests.institutions.search.test_facets import address, draw, search

pytestmark = pytest.mark.django_db

TOLD = [
    ("e_hukou", "110000"),
    ("e_age", "87"),
    ("e_status", "subsistence"),
    ("e_disability", "none"),
    ("e_insured", "110000"),
    ("e_scheme", "employee"),
]


def at_once(work) -> None:
    work()


@pytest.fixture
def worker() -> BitmapIndex:
    return BitmapIndex(at_once)


def drawn(rng: random.Random, today: datetime.date) -> InstitutionFilter:
    """A random search in a random order, half of the time for an elder."""
    pairs = [("sort", rng.choice(list(SORTS)))]
    if rng.random() < 0.5:
        pairs += [*TOLD, ("e_ability", f"gbt42195:{rng.randint(0, 4)}")]
        pairs += [("basis", rng.choice(["list", "net"]))]
    if rng.random() < 0.3:
        pairs += [("near", "131082"), ("within", str(rng.choice([20, 100, 600])))]
    return search(f"{address(draw(rng, today))}&{urlencode(pairs)}", today)


def edit(rng: random.Random, today: datetime.date) -> None:
    """Change a few homes as an editor might: what they take, are, and whether they are shown."""
    ids = list(Institution.objects.order_by("pk").values_list("pk", flat=True))
    for pk in rng.sample(ids, rng.randint(1, 3)):
        with transaction.atomic():
            Institution.objects.filter(pk=pk).update(
                kind=rng.choice(["", *Institution.Kind.values]),
                ownership=rng.choice(["", *Institution.Ownership.values]),
                region=rng.choice(["131082", "110105", "500101", "410802"]),
                stage=rng.choice([*Institution.Stage.values, "published", "published"]),
                **{name: rng.choice([None, True, False]) for name in rng.sample(TAKES, 3)},
            )
            listings.refresh([pk], today)


def differences(bitmaps: Bitmaps | None, asked: InstitutionFilter, rng: random.Random) -> list[str]:
    """What the two engines say differently of one search."""
    assert bitmaps is not None
    fast, slow = MemoryFinder(asked, bitmaps), DatabaseFinder(asked)
    found = [name for name in ("choice_counts",) if getattr(fast, name)() != getattr(slow, name)()]
    homes, counted = fast.homes_by_place(), slow.homes_by_place()
    if any(homes.count_in(place) != counted.count_in(place) for place in asked.places.all.values()):
        found.append("homes")
    ids = list(
        slow.matching_rows(asked.queryset, asked.condition_parts(), asked.order).values_list(
            "pk", flat=True
        )
    )
    assert ids == list(asked.qs.values_list("pk", flat=True))
    rows = fast.matching_rows(asked.queryset, asked.condition_parts(), asked.order)
    start = rng.choice([0, 0, 7, max(len(ids) - 5, 0)])
    if [row.pk for row in rows[start : start + 400]] != ids[start : start + 400]:
        found.append("order")
    return [f"{name}: {asked.data.urlencode()}" for name in found]


def agree(seeds: range, today: datetime.date) -> list[str]:
    """Two workers, one of which asks less often, while homes are edited between the searches."""
    eager, lazy, found = BitmapIndex(at_once), BitmapIndex(at_once), []
    for seed in seeds:
        rng = random.Random(seed)
        edit(rng, today)
        asked = drawn(rng, today)
        found += differences(eager.current(), asked, rng)
        if seed % 3 == 0:
            found += differences(lazy.current(), asked, rng)
    return found


@pytest.mark.no_cover
def test_bitmaps_are_the_database(today):
    assert agree(range(30), today) == []


@pytest.mark.full
def test_bitmaps_are_the_database_at_length(today):
    assert agree(range(1_000, 1_500), today) == []


def test_no_choice_of_a_facet_needs_the_database(today, worker, django_assert_num_queries):
    asked, bitmaps = search("ltci_city=120000", today), worker.current()
    choices = [choice for facet in asked.facets.values() for choice in facet.choices]
    with django_assert_num_queries(0):
        found = [len(bitmaps.find(choice.q)) for choice in choices]
    assert found == [asked.queryset.filter(choice.q).count() for choice in choices]


def home_shown(bitmaps: Bitmaps | None) -> int:
    assert bitmaps is not None
    return bitmaps.everything[0]


def test_what_is_withdrawn_or_deleted_is_gone(today, worker):
    withdrawn, deleted = worker.current().everything[:2]
    Institution.objects.filter(pk=withdrawn).update(stage=Institution.Stage.DRAFT)
    listings.refresh([withdrawn], today)
    assert withdrawn not in worker.current().everything
    listings.delete_homes(Institution.objects.filter(pk=deleted))
    assert deleted not in worker.current().everything


def test_nothing_changed_is_one_query_and_the_same_bitmaps(worker, django_assert_num_queries):
    bitmaps = worker.current()
    with django_assert_num_queries(1):  # the last change seen, and any after it
        assert worker.current() is bitmaps


def test_many_changes_are_loaded_aside_and_nobody_waits(today):
    waiting: list = []
    worker = BitmapIndex(waiting.append)
    assert worker.current() is None  # the database answers until they are there
    waiting.pop()()
    before = worker.current()
    listings.mark_changed(range(FEW + 1))
    assert worker.current() is before
    assert worker.current() is before
    assert len(waiting) == 1  # one load, however many ask
    ListingChange.objects.update(at=timezone.now() - datetime.timedelta(seconds=2))
    assert worker.current() is None  # too old to show, and still loading
    waiting.pop()()
    assert worker.current() not in (None, before)


def test_a_change_that_was_rolled_back_is_forgotten(today, worker):
    shown = home_shown(worker.current())
    listings.mark_changed([])
    worker.current()
    try:
        with transaction.atomic():
            listings.delete_homes(Institution.objects.filter(pk=shown))
            assert shown not in worker.current().everything
            raise InterruptedError
    except InterruptedError:
        pass
    listings.mark_changed([])
    assert shown in worker.current().everything


def test_nobody_waits_long_for_another(worker, monkeypatch):
    monkeypatch.setattr("institutions.search.memory.snapshot.MOST_WAIT", 0.001)
    before = worker.current()
    listings.mark_changed([1])
    with worker._taking_in:
        assert worker.current() is before
        ListingChange.objects.update(at=timezone.now() - datetime.timedelta(seconds=2))
        assert worker.current() is None  # too old to show: the database answers
    assert worker.current() not in (None, before)


def test_old_bitmaps_go_at_once(today):
    """Their like is some ten megabytes in a large register, and each change makes others."""
    bitmaps = Bitmaps.load_all()
    search("care=self&price_max=5000&ltci_city=120000", today)
    care = search("", today).facets["care"]
    assert list(map(bitmaps.choosing, care.choices)) == bitmaps.choosing_each(care)
    bitmaps.ordered_slice(bitmaps.everything, list(RECOMMENDED), 0, 20)
    bitmaps.first_holding(Token("养老"), 200), bitmaps.held_by_each([Token("养")], 20)
    bitmaps.find(Q(price_from__gte=1, price_from__lte=9_000_00))
    (
        bitmaps.regions_designating("ltci"),
        bitmaps.lists_met(frozenset()),
        bitmaps.find(Q(is_demo=True)),
    )
    old = weakref.ref(bitmaps)
    gc.disable()
    try:
        del bitmaps
        assert old() is None
    finally:
        gc.enable()


def test_only_so_much_is_kept_of_who_holds_what(monkeypatch):
    monkeypatch.setattr("institutions.search.memory.bitmaps.MOST_KEPT", 3)
    bitmaps, characters = Bitmaps.load_all(), "养老院福乐康宁"
    for one, other in itertools.pairwise(characters):
        asked = [Token(one), Token(other)]
        assert list(map(list, bitmaps.held_by_each(asked, 5_000))) == [
            sorted(Tokens.objects.holding(token)) for token in asked
        ]
        assert len(bitmaps._held) <= 5


@pytest.mark.parametrize("low", [0, 1, 2_000_00, 5_130_00, 90_000_00])
@pytest.mark.parametrize("high", [0, 1_999_99, 5_130_00, 8_000_00, 90_000_00])
def test_a_stretch_of_prices_is_found_as_the_database_finds_it(low, high, monkeypatch):
    monkeypatch.setattr("institutions.search.memory.bitmaps.BLOCK", 4)
    both = Q(price_from__gte=low, price_from__lte=high)
    for condition in (
        both,
        Q(region__in=["131082", "110105"]) & both,
        ~both,
        Q(known__gt=3) | both,
    ):
        found = set(Listing.objects.filter(condition).values_list("pk", flat=True))
        assert set(Bitmaps.load_all().find(condition)) == found, condition


@pytest.mark.parametrize(
    "condition",
    [Q(price_2=None), Q(price_2__isnull=True), Q(price_2__isnull=False), ~Q(price_2=None)],
    ids=str,
)
def test_what_is_not_published_is_found_as_the_database_finds_it(condition, today):
    listings = Listing.objects.filter(condition).values_list("pk", flat=True)
    assert 0 < len(listings) < Listing.objects.count()
    assert set(Bitmaps.load_all().find(condition)) == set(listings)
