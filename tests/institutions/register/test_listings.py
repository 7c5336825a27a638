"""Listings face a slow, obvious oracle over the whole register, and `wrong` is shown to bite."""

import datetime
from typing import Any

import pytest

from institutions.models import (
    Designation,
    Fee,
    Institution,
    Listing,
    ListingDesignation,
    MedicalLink,
    Provenance,
    Rating,
)
from institutions.models.institution import TAKES
from institutions.register import listings
from regions.models import Region
from tests.factories import make_bed, make_document, make_fee, make_institution
from tests.institutions import oracle

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 11, 22)
DAY = datetime.timedelta(days=1)


def derived(home: Institution, on: datetime.date = TODAY) -> Listing:
    """The listing of the home as the database has it after a refresh."""
    listings.refresh([home.pk], on)
    return Listing.objects.get(pk=home.pk)


# The oracle: what a listing must say, in loops over plain values


def holds(row: Fee | Designation, on: datetime.date) -> bool:
    if row.valid_from is not None and on < row.valid_from:
        return False
    return not (row.valid_to is not None and row.valid_to < on)


def cheapest(fees: list[Fee], kind: str, level: int, on: datetime.date) -> int | None:
    amounts = []
    for fee in fees:
        if fee.kind != kind or fee.conditions or fee.period == "once" or not holds(fee, on):
            continue
        if level in range(fee.level_from, fee.level_to + 1):
            amounts.append(fee.amount * 30 if fee.period == "day" else fee.amount)
    return min(amounts) if amounts else None


def first_change(home: Institution, on: datetime.date) -> datetime.date | None:
    """The last day before anything dated begins or ends, found by walking through the days."""
    rows = [*home.fees.all(), *home.designations.all()]
    now = [holds(row, on) for row in rows]
    for days in range(1, 800):
        if [holds(row, on + days * DAY) for row in rows] != now:
            return on + (days - 1) * DAY
    return None


def expected(home: Institution, on: datetime.date) -> dict[str, Any]:
    fees = list(home.fees.all())
    want: dict[str, Any] = {"meals": cheapest(fees, "meals", 0, on)}
    prices = []
    for level in range(5):
        bed, care = cheapest(fees, "bed", level, on), cheapest(fees, "care", level, on)
        refused = getattr(home, f"takes_level_{level}") is False
        parts = (bed, want["meals"], care)
        whole = None if refused or None in parts else sum(parts)
        want |= {f"bed_{level}": bed, f"care_{level}": care, f"price_{level}": whole}
        prices += [] if whole is None else [whole]
    want["price_from"] = min(prices) if prices else None
    vacant = [(bed.vacant, bed.as_of) for bed in home.beds.all() if bed.vacant is not None]
    free = sum(count for count, _ in vacant)
    gaps = [b for b in home.beds.all() if b.vacant is None and 0 not in (b.operating, b.registered)]
    told = bool(vacant) and (free > 0 or not gaps)
    want["vacant"] = free if told else None
    want["vacant_as_of"] = min(as_of for _, as_of in vacant) if told else None
    want["valid_until"] = first_change(home, on)
    want["as_of"] = oracle.as_of(home)
    return want | expected_sets(home)


def expected_sets(home: Institution) -> dict[str, Any]:
    beds = [bed for bed in home.beds.all() if 0 not in (bed.operating, bed.registered)]
    links = list(home.medical_links.all())
    ratings = {}
    for rating in home.ratings.all():
        newest = ratings.get(rating.scheme)
        if newest is None or rating.year > newest.year:
            ratings[rating.scheme] = rating
    return {
        "takes": {name for name in TAKES if getattr(home, name) is True},
        "refuses": {name for name in TAKES if getattr(home, name) is False},
        "rooms": {bed.room for bed in beds},
        "bed_categories": {bed.category for bed in beds},
        "medical": {link.mode for link in links},
        "ratings": {f"{r.scheme}:{r.level}" for r in ratings.values()},
        "designated": True in [k.designated for k in links if k.mode in oracle.ON_SITE],
        "networked": True in [k.networked for k in links if k.mode in oracle.ON_SITE],
    }


@pytest.mark.no_cover
def test_every_listing_of_the_register_is_what_the_oracle_says(today: datetime.date) -> None:
    kept = Listing.objects.in_bulk()
    homes = Institution.objects.published().prefetch_related(
        "fees", "beds", "medical_links", "ratings", "designations", "provenance"
    )
    assert len(homes) == len(kept) > 1_500
    for home in homes:
        listing = kept[home.pk]
        want = expected(home, today)
        for name in ("takes", "refuses", "rooms", "bed_categories", "medical", "ratings"):
            assert set(listing.members(name)) == want.pop(name), (home, name)
        for name in ("region_id", "kind", "ownership", "operating", "is_demo"):
            assert getattr(listing, name) == getattr(home, name), (home, name)
        assert {name: getattr(listing, name) for name in want} == want, home


# One home


def test_a_home_that_says_nothing_has_no_price_and_no_vacancy() -> None:
    listing = derived(make_institution())
    assert (listing.price_from, listing.vacant, listing.takes, listing.refuses) == (None,) * 2 + (
        0,
        0,
    )
    assert (listing.known, listing.as_of, listing.valid_until) == (0, None, None)


def test_every_answered_question_is_known() -> None:
    home = make_institution(
        kind="residential_care", ownership="private", operating="open", address="示例路 1 号"
    )
    assert derived(home).known == 4
    home.phones.create(number="000-12345678")
    make_bed(home, vacant=0)
    for kind in ("bed", "meals", "care"):
        make_fee(home, kind, 1_000_00)
    assert derived(home).known == 7
    home.medical_links.create(mode="contract")
    home.ratings.create(scheme="national", level=3, year=2025)
    Institution.objects.filter(pk=home.pk).update(takes_men=False)
    assert derived(home).known == 10


def test_vacancies_are_as_old_as_the_oldest_of_them() -> None:
    home = make_institution()
    make_bed(home, category="nursing", vacant=2, as_of=TODAY)
    make_bed(home, category="ordinary", vacant=3, as_of=TODAY - DAY)
    make_bed(home, category="dementia", registered=9, as_of=TODAY - 9 * DAY)
    listing = derived(home)
    assert (listing.vacant, listing.vacant_as_of) == (5, TODAY - DAY)


def test_no_vacancy_is_not_the_same_as_none_published() -> None:
    home = make_institution()
    make_bed(home, vacant=0)
    assert derived(home).vacant == 0
    make_bed(home, category="dementia", operating=0)
    assert derived(home).vacant == 0


def test_a_home_is_not_full_while_some_of_its_beds_are_not_counted() -> None:
    home = make_institution()
    make_bed(home, category="nursing", vacant=0, as_of=TODAY - DAY)
    make_bed(home, category="ordinary", registered=9)
    listing = derived(home)
    assert (listing.vacant, listing.vacant_as_of, listing.as_of) == (None, None, TODAY - DAY)


def test_rooms_without_beds_are_not_offered() -> None:
    home = make_institution()
    make_bed(home, room="single", operating=0)
    make_bed(home, room="twin")
    assert derived(home).members("rooms") == ["twin"]


def test_the_newest_rating_of_each_scheme_counts() -> None:
    home = make_institution()
    for scheme, level, year in (("national", 2, 2025), ("national", 5, 2020)):
        Rating.objects.create(institution=home, scheme=scheme, level=level, year=year)
    Rating.objects.create(institution=home, scheme="beijing_star", level=4, year=2015)
    assert derived(home).members("ratings") == ["national:2", "beijing_star:4"]


def test_designated_and_networked_are_kept_apart() -> None:
    home = make_institution()
    MedicalLink.objects.create(institution=home, mode="embedded", designated=True)
    MedicalLink.objects.create(institution=home, mode="contract", networked=None)
    listing = derived(home)
    assert (listing.designated, listing.networked) == (True, False)


def test_is_as_old_as_the_oldest_of_beds_and_fees() -> None:
    home = make_institution()
    for field, days in (("", 9), ("beds", 1), ("beds/nursing/twin", 3), ("fees", 2), ("name", 90)):
        Provenance.objects.create(
            institution=home, field=field, kind="own", as_of=TODAY - days * DAY
        )
    assert derived(home).as_of == TODAY - 3 * DAY
    make_bed(home, vacant=1, as_of=TODAY - 4 * DAY)
    assert derived(home).as_of == TODAY - 4 * DAY


def test_home_without_beds_and_fees_is_as_fresh_as_its_newest_source() -> None:
    home = make_institution()
    for field, days in (("name", 9), ("region", 2)):
        Provenance.objects.create(
            institution=home, field=field, kind="own", as_of=TODAY - days * DAY
        )
    assert derived(home).as_of == TODAY - 2 * DAY


def test_rating_that_ran_out_is_no_longer_counted() -> None:
    home = make_institution()
    home.ratings.create(scheme="national", level=5, year=2023, valid_to=TODAY)
    assert derived(home).members("ratings") == ["national:5"]
    assert derived(home).valid_until == TODAY
    assert derived(home, TODAY + DAY).members("ratings") == []


def test_level_the_home_refuses_has_no_price() -> None:
    home = make_institution(takes_level_4=False)
    for kind in ("bed", "meals", "care"):
        home.fees.create(kind=kind, amount=100)
    listing = derived(home)
    assert (listing.price_3, listing.price_4, listing.price_from) == (300, None, 300)


# Time


@pytest.mark.parametrize(
    ("start", "end", "until"),
    [
        (None, None, None),
        (None, TODAY + 5 * DAY, TODAY + 5 * DAY),
        (None, TODAY, TODAY),
        (None, TODAY - DAY, None),
        (TODAY, None, None),
        (TODAY + DAY, None, TODAY),
        (TODAY + 3 * DAY, TODAY + 9 * DAY, TODAY + 2 * DAY),
    ],
)
def test_holds_until_the_day_before_a_price_or_designation_changes(
    start: datetime.date | None, end: datetime.date | None, until: datetime.date | None
) -> None:
    priced, designated = make_institution(), make_institution()
    make_fee(priced, "bed", 1_000_00, valid_from=start, valid_to=end)
    Designation.objects.create(
        institution=designated,
        kind="ltci",
        region=priced.region,
        document=make_document(),
        valid_from=start,
        valid_to=end,
    )
    assert derived(priced).valid_until == until
    assert derived(designated).valid_until == until


def test_a_listing_is_right_on_every_day_until_then_and_wrong_on_the_next() -> None:
    Institution.objects.all().delete()
    home = make_institution()
    make_fee(home, "bed", 1_000_00, valid_to=TODAY + 2 * DAY)
    derived(home)
    assert [listings.find_wrong_listings(TODAY + days * DAY) for days in range(4)] == [
        [],
        [],
        [],
        [home.pk],
    ]


def test_designations_in_force_are_listed_once() -> None:
    home = make_institution()
    beijing = Region.objects.get(pk="110000")
    for kind, start in (("ltci", None), ("ltci", TODAY), ("pilot", TODAY + DAY)):
        Designation.objects.create(institution=home, kind=kind, region=beijing, valid_from=start)
    rows = ListingDesignation.objects.filter(listing=derived(home))
    assert list(rows.values_list("kind", "region_id")) == [("ltci", "110000")]


# refresh, refresh_all, wrong


def test_refresh_touches_no_other_listing() -> None:
    home, other = make_institution(), make_institution()
    derived(home)
    assert not Listing.objects.filter(pk=other.pk).exists()


def test_refresh_removes_the_listing_of_what_is_no_longer_published() -> None:
    home = make_institution()
    derived(home)
    Institution.objects.filter(pk=home.pk).update(stage=Institution.Stage.DRAFT)
    listings.refresh([home.pk], TODAY)
    assert not Listing.objects.filter(pk=home.pk).exists()


def test_refresh_all_makes_what_refresh_makes_across_batches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Institution.objects.all().delete()
    monkeypatch.setattr(listings, "BATCH", 2)
    homes = [make_institution() for _ in range(5)]
    make_institution(stage=Institution.Stage.REVIEW)
    assert listings.refresh_all(TODAY) == 6
    assert set(Listing.objects.values_list("pk", flat=True)) == {home.pk for home in homes}
    assert listings.find_wrong_listings(TODAY) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda home: Listing.objects.filter(pk=home.pk).update(known=9),
        lambda home: Listing.objects.filter(pk=home.pk).delete(),
        lambda home: Institution.objects.filter(pk=home.pk).update(stage="draft"),
        lambda home: Institution.objects.filter(pk=home.pk).update(kind="hospice"),
        lambda home: ListingDesignation.objects.filter(listing=home.pk).delete(),
        lambda home: home.fees.update(amount=1),
    ],
    ids=["edited", "missing", "left over", "changed", "designation missing", "price changed"],
)
def test_wrong_names_what_is_not_as_refresh_would_make_it(spoil: Any) -> None:
    Institution.objects.all().delete()
    home, other = make_institution(), make_institution()
    make_fee(home, "bed", 1_000_00)
    Designation.objects.create(institution=home, kind="ltci", region=home.region)
    listings.refresh([home.pk, other.pk], TODAY)
    assert listings.find_wrong_listings(TODAY) == []
    spoil(home)
    assert listings.find_wrong_listings(TODAY) == [home.pk]
