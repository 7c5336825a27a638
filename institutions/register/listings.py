"""Keeps `Listing` and `Tokens` in step with the institutions they are derived from."""

import datetime
from collections.abc import Callable, Iterable, Mapping

from django.db import models, transaction
from django.utils import timezone

from institutions.models import (
    Bed,
    Institution,
    Level,
    Listing,
    ListingChange,
    ListingDesignation,
    Rating,
    Tokens,
)
from institutions.models.institution import TAKES
from institutions.models.listing import bit_mask
from institutions.models.quality import latest_ratings
from institutions.register.list_price import cheapest_bundle, monthly
from institutions.register.photos import delete_unused, files_of
from institutions.register.provenance import sources_of
from institutions.register.tokens import list_tokens
from regions.models import Policy

BATCH = 500
# Beijing gives its stars, and lists who has two of them: 困境家庭 may live there.
BEIJING = "110000"
TWO_STARS = 2


def refresh(institutions: Iterable[int], on: datetime.date) -> None:
    """Derive the listings of these institutions (by id) as of the day `on`.

    Call it in the transaction that changed them. An institution that is no longer published, or
    no longer there, loses its listing.
    """
    ids = list(institutions)
    if not ids:
        return
    with transaction.atomic():
        lock_homes(ids)
        mark_changed(ids)
        for start in range(0, len(ids), BATCH):
            batch = ids[start : start + BATCH]
            derived = list(_derive_listings(batch, on))
            Listing.objects.filter(pk__in=batch).delete()
            Listing.objects.bulk_create(listing for listing, _ in derived)
            ListingDesignation.objects.bulk_create(
                designation for _, designations in derived for designation in designations
            )
            _keep_tokens(batch, {row.pk: list_tokens(row.institution) for row, _ in derived})


def lock_homes(institutions: Iterable[int]) -> None:
    """Wait for whoever else writes these homes; without it two who save one both insert its row.

    Before any change is recorded: a writer who waits for a home must not hold up the rest.
    """
    ids = sorted(institutions)
    for start in range(0, len(ids), BATCH):
        rows = Institution.objects.filter(pk__in=ids[start : start + BATCH]).order_by("pk")
        list(rows.select_for_update().values_list("pk"))


def mark_changed(institutions: Iterable[int] | None = None) -> None:
    """Record that the listings of these institutions, or all, change; in that transaction."""
    ListingChange.objects.record_change(institutions, timezone.now())


def _keep_tokens(batch: list[int], texts: Mapping[int, str]) -> None:
    """Write the tokens that changed: what few edits touch stays as it is in the index."""
    kept = dict(Tokens.objects.filter(pk__in=batch).values_list("pk", "text"))
    Tokens.objects.filter(pk__in=kept.keys() - texts.keys()).delete()
    Tokens.objects.bulk_create(
        (Tokens(pk=pk, text=text) for pk, text in texts.items() if kept.get(pk) != text),
        update_conflicts=True,
        unique_fields=["institution"],
        update_fields=["text"],
    )


def rebuild_tokens(report: Callable[[int, int], object]) -> None:
    """Write the tokens of every listed home that differ; `report` receives the numbers done and in
    all.
    """
    ids = list(Listing.objects.order_by("pk").values_list("pk", flat=True))
    Tokens.objects.exclude(pk__in=Listing.objects.values("pk")).delete()
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        homes = Institution.objects.filter(pk__in=batch).with_place()
        _keep_tokens(batch, {home.pk: list_tokens(home) for home in homes})
        report(start + len(batch), len(ids))
    mark_changed()


def refresh_all(on: datetime.date) -> int:
    """Derive every listing anew; returns how many institutions were read."""
    ids = list(Institution.objects.order_by("pk").values_list("pk", flat=True))
    with transaction.atomic():
        lock_homes(ids)
        mark_changed()
        Listing.objects.all().delete()
        refresh(ids, on)
    return len(ids)


def delete_homes(homes: models.QuerySet[Institution]) -> int:
    """Delete these homes with all that hangs on them, files too; returns how many."""
    with transaction.atomic():
        ids = list(homes.values_list("pk", flat=True))
        lock_homes(ids)
        mark_changed(ids)
        delete_unused(files_of(homes))
        homes.delete()
    return len(ids)


def find_wrong_listings(on: datetime.date) -> list[int]:
    """Return ids of institutions whose listing is missing, left over or not what `refresh` would
    make.
    """
    kept = {row["institution_id"]: row for row in Listing.objects.values()}
    designations = _by_listing(ListingDesignation.objects.all())
    texts = dict(Tokens.objects.values_list("pk", "text"))
    found = []
    ids = list(Institution.objects.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        derived = {listing.pk: (listing, rows) for listing, rows in _derive_listings(batch, on)}
        for pk in batch:
            listing, rows = derived.get(pk, (None, []))
            fresh = listing and {
                f.attname: getattr(listing, f.attname) for f in listing._meta.fields
            }
            text = list_tokens(listing.institution) if listing else None
            if (
                fresh != kept.pop(pk, None)
                or text != texts.get(pk)
                or _by_listing(rows).get(pk) != designations.get(pk)
            ):
                found.append(pk)
    return found


def _by_listing(rows: Iterable[ListingDesignation]) -> dict[int, set[tuple[str, str]]]:
    sets: dict[int, set[tuple[str, str]]] = {}
    for row in rows:
        sets.setdefault(row.listing_id, set()).add((row.kind, row.region_id))
    return sets


def _derive_listings(
    ids: list[int], on: datetime.date
) -> Iterable[tuple[Listing, list[ListingDesignation]]]:
    """New, unsaved listings of the published institutions among `ids`."""
    published = Institution.objects.published().filter(pk__in=ids).with_place().order_by("pk")
    for institution in published.prefetch_related(
        "beds", "fees", "phones", "medical_links", "designations", "ratings", "provenance"
    ):
        listing = derive_listing(institution, on)
        yield (
            listing,
            [
                ListingDesignation(listing=listing, kind=kind, region_id=region)
                for kind, region in sorted(_lists(institution, on))
            ],
        )


def _lists(institution: Institution, on: datetime.date) -> set[tuple[str, str]]:
    """Return the lists a home is on: those it was put on, and those its ratings put it on."""
    put_on = (row for row in institution.designations.all() if row.is_in_force(on))
    lists = {(row.kind, row.region_id) for row in put_on}
    stars = [
        rating.level
        for rating in latest_ratings(institution.ratings.all(), on)
        if rating.scheme == Rating.Scheme.BEIJING_STAR
    ]
    if max(stars, default=0) >= TWO_STARS:
        lists.add((Policy.HomeList.BEIJING_TWO_STARS, BEIJING))
    return lists


def derive_listing(institution: Institution, on: datetime.date) -> Listing:
    """Return the unsaved listing of one institution as of the day `on`."""
    listing = Listing(
        institution=institution,
        region_id=institution.region_id,
        kind=institution.kind,
        ownership=institution.ownership,
        operating=institution.operating,
        is_demo=institution.is_demo,
        valid_until=_valid_until(institution, on),
    )
    if place := institution.position:
        listing.x, listing.y, listing.z = place
    _set_prices(listing, institution, on)
    _set_vacancy(listing, list(institution.beds.all()))
    _set_masks(listing, institution, on)
    listing.known = _count_answers(listing, institution)
    listing.as_of = _as_of(listing, institution)
    return listing


def _set_prices(listing: Listing, institution: Institution, on: datetime.date) -> None:
    """The cheapest bundle of every level; a level the home does not take has no price."""
    fees = list(institution.fees.all())
    prices = []
    for level in Level:
        cheapest = cheapest_bundle(fees, level, on)
        setattr(listing, f"bed_{level}", cheapest.bed and monthly(cheapest.bed))
        setattr(listing, f"care_{level}", cheapest.care and monthly(cheapest.care))
        price = None if institution.takes(level) is False else cheapest.price
        setattr(listing, f"price_{level}", price)
        prices.append(price)
    # Meals cost the same at every level (a constraint of Fee), so the last bundle speaks for all.
    listing.meals = None if cheapest.meals is None else monthly(cheapest.meals)
    listing.price_from = min((price for price in prices if price is not None), default=None)


def _set_vacancy(listing: Listing, beds: list[Bed]) -> None:
    """The vacancies of all kinds together, as old as the oldest of them.

    Only a home that counts every kind it has is full: one that is not counted may be
    free.
    """
    days, free = _counted_on(beds), sum(bed.vacant or 0 for bed in beds)
    if days and (free or all(bed.vacant is not None for bed in _in_use(beds))):
        listing.vacant, listing.vacant_as_of = free, min(days)


def _in_use(beds: Iterable[Bed]) -> list[Bed]:
    return [bed for bed in beds if bed.operating != 0 and bed.registered != 0]


def _counted_on(beds: Iterable[Bed]) -> list[datetime.date]:
    return [bed.as_of for bed in beds if bed.vacant is not None and bed.as_of]


def _set_masks(listing: Listing, institution: Institution, on: datetime.date) -> None:
    beds = _in_use(institution.beds.all())
    links = list(institution.medical_links.all())
    ratings = latest_ratings(institution.ratings.all(), on)
    listing.takes = bit_mask(
        "takes", (name for name in TAKES if getattr(institution, name) is True)
    )
    listing.refuses = bit_mask(
        "refuses", (name for name in TAKES if getattr(institution, name) is False)
    )
    listing.rooms = bit_mask("rooms", (bed.room for bed in beds))
    listing.bed_categories = bit_mask("bed_categories", (bed.category for bed in beds))
    listing.medical = bit_mask("medical", (link.mode for link in links))
    listing.ratings = bit_mask("ratings", (f"{r.scheme}:{r.level}" for r in ratings))
    listing.designated = any(link.designated for link in links if link.is_on_site)
    listing.networked = any(link.networked for link in links if link.is_on_site)


def _as_of(listing: Listing, institution: Institution) -> datetime.date | None:
    """As old as the oldest source of its beds and fees; of a home without either, the newest."""
    sources = institution.provenance.all()
    dates = [row.as_of for row in sources_of(sources, ("beds", "fees"))]
    dates += _counted_on(institution.beds.all())
    return min(dates, default=None) or max((row.as_of for row in sources), default=None)


def _count_answers(listing: Listing, institution: Institution) -> int:
    """Return how many of the questions a family asks first have an answer."""
    return sum(
        bool(answer)
        for answer in (
            listing.price_from is not None,
            listing.vacant is not None,
            listing.takes | listing.refuses,
            listing.medical,
            listing.ratings,
            listing.kind,
            listing.ownership,
            listing.operating,
            institution.address,
            institution.phones.all(),
        )
    )


def _valid_until(institution: Institution, on: datetime.date) -> datetime.date | None:
    """Return the last day on which everything derived as of `on` still holds; None: no date in
    sight.
    """
    day = datetime.timedelta(days=1)
    ends = []
    for row in [*institution.fees.all(), *institution.designations.all()]:
        if row.valid_from and row.valid_from > on:
            ends.append(row.valid_from - day)
        if row.valid_to and row.valid_to >= on:
            ends.append(row.valid_to)
    ends += [r.valid_to for r in institution.ratings.all() if r.valid_to and r.valid_to >= on]
    return min(ends, default=None)
