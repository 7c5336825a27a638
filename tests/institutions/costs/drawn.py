"""Elders and homes drawn by chance, told and untold alike, for what must hold of any of them."""

import datetime
import random

from institutions.models import Designation, Level, Listing, ListingDesignation
from regions.engine.rules import Disability, Elder, born_in
from regions.models import DisabilityKind, Policy, Scale, Scheme, Status
from regions.models.codes import LEVEL_NAMES

HUKOU = ["110000", "110102", "110107", "120000", "130800", "131082", "410800", "500000", "440100"]
HUKOU += ["130110", "500104"]
INSURED = ["110000", "120000", "130800", "131000", "500000", "410800", "440100"]
# Days around which the shipped rules begin and end.
DAYS = [
    datetime.date(2020, 6, 30),
    datetime.date(2025, 3, 15),
    datetime.date(2025, 6, 1),
    datetime.date(2025, 10, 1),
    datetime.date(2025, 12, 31),
    datetime.date(2026, 1, 1),
    datetime.date(2026, 6, 1),
    datetime.date(2026, 11, 22),
    datetime.date(2026, 12, 31),
    datetime.date(2027, 1, 1),
]
YUAN = 100


def elder(draw: random.Random) -> Elder:
    """Each answer is left out now and then, so that "not told" meets every rule."""

    def maybe(answer, share: float = 0.8):
        return answer if draw.random() < share else None

    # Birth months whose birthdays fall on and around the drawn days.
    year, month = draw.choice([1926, 1936, 1946, 1966]), draw.choice([1, 6, 11, 12])
    born = maybe(born_in(year, month), 0.3)
    statuses = maybe(frozenset(draw.sample(Status.values, draw.choice([0, 0, 1, 1, 2, 4]))))
    unasked = draw.random() < 0.5 and statuses is not None
    scales = [scale for scale in Scale if draw.random() < 0.5]
    return Elder(
        hukou=maybe(draw.choice(HUKOU), 0.9),
        hukou_left=maybe(
            datetime.date(draw.choice([2001, 2025, 2026]), draw.randint(1, 12), 28), 0.1
        ),
        born=born,
        age=None if born else maybe(draw.choice([59, 60, 75, 79, 80, 89, 90, 99, 100])),
        findings=frozenset((s.value, draw.choice(list(LEVEL_NAMES[s]))) for s in scales),
        hukou_now=maybe(draw.choice(HUKOU), 0.3),
        statuses=statuses,
        open_statuses=frozenset({Status.RESIDENCE_PERMIT.value} if unasked else ()),
        disabilities=maybe(
            frozenset(
                Disability(kind, draw.randint(1, 4), maybe(draw.random() < 0.5))
                for kind in draw.sample(DisabilityKind.values, draw.choice([0, 0, 1, 2]))
            )
        ),
        insured=maybe(draw.choice(INSURED)),
        scheme=maybe(draw.choice(Scheme.values)),
    )


def scatter_prices(draw: random.Random) -> None:
    """Give every listing prices, lists and gaps of all patterns; the derived ones are too alike."""
    rows = list(Listing.objects.order_by("pk"))
    for row in rows:
        row.meals = draw.choice([None, 60_000, 90_000, 120_000])
        for level in Level:
            bed = draw.choice([None, 1, 50 * YUAN, draw.randint(800, 9_000) * YUAN + 33])
            care = draw.choice([None, 0, 1, draw.randint(100, 6_000) * YUAN + 7])
            setattr(row, f"bed_{level}", bed)
            setattr(row, f"care_{level}", care)
            known = None not in (bed, care, row.meals)
            setattr(row, f"price_{level}", bed + care + row.meals if known else None)
    Listing.objects.all().delete()
    Listing.objects.bulk_create(rows)
    lists = [
        (Designation.Kind.LTCI, "120000"),
        (Designation.Kind.LTCI, "500000"),
        (Designation.Kind.LTCI, "130800"),
        (Designation.Kind.PILOT, "110000"),
        (Policy.HomeList.BEIJING_TWO_STARS, "110000"),
        (Designation.Kind.SUBSIDY_LIST, "110000"),
    ]
    ListingDesignation.objects.bulk_create(
        ListingDesignation(listing=row, kind=kind, region_id=region)
        for row in rows
        for kind, region in draw.sample(lists, draw.choice([0, 0, 1, 2]))
    )
