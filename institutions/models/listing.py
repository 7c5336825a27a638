"""One narrow row per published institution: what results filter, sort, count and price by.

Derived, never edited: `institutions.register.listings.refresh` is the only writer.
"""

import datetime
from collections.abc import Iterable
from typing import Self

from django.db import models
from django.db.models import BigIntegerField, ExpressionWrapper, F, Q

from regions.models import Policy, Region
from regions.models.region import lies_within
from regions.places.distance import Position

from .bed import Bed
from .institution import TAKES, Institution, Level
from .medical import MedicalLink
from .provenance import Provenance
from .quality import Rating

# The members of each bit mask, in bit order. New members go at the end.
MASKS: dict[str, tuple[str, ...]] = {
    "takes": TAKES,
    "refuses": TAKES,
    "rooms": tuple(Bed.Room.values),
    "bed_categories": tuple(Bed.Category.values),
    "medical": tuple(MedicalLink.Mode.values),
    "ratings": tuple(
        f"{scheme}:{level}" for scheme in Rating.Scheme.values for level in range(1, 6)
    ),
}


def bit_mask(name: str, members: Iterable[str]) -> int:
    """Return the integer with the bits of `members` set in the mask called `name`."""
    return sum(1 << MASKS[name].index(member) for member in set(members))


def has_any(name: str, members: Iterable[str]) -> Q:
    """Return a condition: the mask `name` holds at least one of `members`."""
    return Q(**{f"{name}__bitand": bit_mask(name, members)})


@models.IntegerField.register_lookup
class BitAnd(models.Lookup):  # type: ignore[type-arg]  # no generic at run time
    """`field__bitand=mask`: true where any bit of the mask is set. Same SQL on both databases."""

    lookup_name = "bitand"

    def as_sql(self, compiler, connection):  # type: ignore[no-untyped-def]
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"({left} & {right}) <> 0", (*left_params, *right_params)


class ChordSquared(ExpressionWrapper):  # type: ignore[type-arg]  # no generic at run time
    """The square of the straight line from a position to a home, in SQL."""

    def __init__(self, here: Position) -> None:
        self.here = here
        dx, dy, dz = (F(name) - metres for name, metres in zip("xyz", here, strict=True))
        super().__init__(dx * dx + dy * dy + dz * dz, BigIntegerField())


@models.OneToOneField.register_lookup
class OnList(models.Lookup):  # type: ignore[type-arg]  # no generic at run time
    """`pk__on_list=(kind, region code)`: true of listings designated so by that region.

    Not a join, which would count a home once for each of its designations.
    """

    lookup_name = "on_list"
    prepare_rhs = False

    def as_sql(self, compiler, connection):  # type: ignore[no-untyped-def]
        left, parameters = compiler.compile(self.lhs)
        table = ListingDesignation._meta.db_table
        rows = f"SELECT listing_id FROM {table} WHERE kind = %s AND region_id = %s"  # noqa: S608
        return f"{left} IN ({rows})", (*parameters, *self.rhs)


class ListingQuerySet(models.QuerySet["Listing"]):
    def in_regions(self, *regions: Region) -> Self:
        """Return listings in any of `regions`, or in its successors."""
        return self.filter(lies_within("region", regions))

    def outdated(self, on: datetime.date) -> Self:
        """Return rows that a dated fee, status or designation changed before the day `on`.

        Rows without tokens, made by an earlier release, are returned too.
        """
        return self.filter(Q(valid_until__lt=on) | Q(institution__tokens=None))

    def for_cards(self, regions: bool = True) -> Self:
        """Return rows with all that a result card shows; five queries however many rows.

        Without regions for those who have them in memory.
        """
        related = "institution__region__parent__parent" if regions else "institution"
        return self.select_related(related).prefetch_related(
            "institution__phones",
            # As lists: a manager and a query set for each part of each row cost more than the rows.
            models.Prefetch("institution__ratings", to_attr="card_ratings"),
            models.Prefetch("institution__medical_links", to_attr="card_links"),
            models.Prefetch(
                "institution__provenance",
                Provenance.objects.select_related("document"),
                to_attr="card_provenance",
            ),
        )


class Listing(models.Model):
    """Searchable columns of one published institution. Money is fen per month."""

    institution = models.OneToOneField(
        Institution, models.CASCADE, primary_key=True, related_name="listing"
    )
    region = models.ForeignKey(Region, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=30, blank=True)
    ownership = models.CharField(max_length=30, blank=True)
    operating = models.CharField(max_length=10, blank=True)
    is_demo = models.BooleanField()

    # The cheapest bundle in force, by ability level. Insurance pays care only, so care stands
    # apart; price = bed + meals + care, and is null where any of the three is not published.
    meals = models.BigIntegerField(null=True)
    bed_0 = models.BigIntegerField(null=True)
    bed_1 = models.BigIntegerField(null=True)
    bed_2 = models.BigIntegerField(null=True)
    bed_3 = models.BigIntegerField(null=True)
    bed_4 = models.BigIntegerField(null=True)
    care_0 = models.BigIntegerField(null=True)
    care_1 = models.BigIntegerField(null=True)
    care_2 = models.BigIntegerField(null=True)
    care_3 = models.BigIntegerField(null=True)
    care_4 = models.BigIntegerField(null=True)
    price_0 = models.BigIntegerField(null=True)
    price_1 = models.BigIntegerField(null=True)
    price_2 = models.BigIntegerField(null=True)
    price_3 = models.BigIntegerField(null=True)
    price_4 = models.BigIntegerField(null=True)
    price_from = models.BigIntegerField(null=True)

    # In metres from the centre of the earth, for the reason given in `regions.places.distance`.
    x = models.BigIntegerField(null=True)
    y = models.BigIntegerField(null=True)
    z = models.BigIntegerField(null=True)

    vacant = models.PositiveIntegerField(null=True)
    vacant_as_of = models.DateField(null=True)

    takes = models.IntegerField(default=0)
    refuses = models.IntegerField(default=0)
    rooms = models.IntegerField(default=0)
    bed_categories = models.IntegerField(default=0)
    medical = models.IntegerField(default=0)
    ratings = models.IntegerField(default=0)
    designated = models.BooleanField(default=False)
    networked = models.BooleanField(default=False)

    known = models.PositiveSmallIntegerField(default=0)
    as_of = models.DateField(null=True)
    valid_until = models.DateField(null=True)

    objects = ListingQuerySet.as_manager()

    class Meta:
        verbose_name = "检索行"
        verbose_name_plural = "检索行"
        indexes = [
            models.Index(
                fields=["is_demo", "-known", "-as_of", "institution"], name="listing_default_order"
            ),
            *(
                models.Index(fields=[f"price_{k}", "institution"], name=f"listing_price_{k}")
                for k in Level.values
            ),
            models.Index(fields=["valid_until"], name="listing_valid_until"),
        ]
        constraints = [
            *(
                models.CheckConstraint(
                    name=f"listing_price_{k}_adds_up",
                    condition=Q(**{f"price_{k}": None})
                    | Q(
                        **{
                            f"bed_{k}__isnull": False,
                            "meals__isnull": False,
                            f"care_{k}__isnull": False,
                            f"price_{k}": models.F(f"bed_{k}")
                            + models.F("meals")
                            + models.F(f"care_{k}"),
                        }
                    ),
                    violation_error_message="标价等于床位费、餐费、护理费之和。",
                )
                for k in Level.values
            ),
            models.CheckConstraint(
                name="listing_position_whole",
                condition=Q(x=None, y=None, z=None)
                | Q(x__isnull=False, y__isnull=False, z__isnull=False),
                violation_error_message="位置的三个数要么都有，要么都没有。",
            ),
        ]

    def __str__(self) -> str:
        return str(self.institution)

    def price(self, level: int) -> int | None:
        """Return the list price of a month for an elder of this ability level, in fen."""
        price: int | None = getattr(self, f"price_{level}")
        return price

    def care(self, level: int) -> int | None:
        """Return the care part of that price, in fen."""
        care: int | None = getattr(self, f"care_{level}")
        return care

    @property
    def position(self) -> tuple[int, int, int] | None:
        """Return its position in metres; None: not published."""
        if self.x is None or self.y is None or self.z is None:
            return None
        return self.x, self.y, self.z

    def members(self, name: str) -> list[str]:
        """Return the members set in the mask called `name`, in bit order."""
        bits = getattr(self, name)
        return [member for bit, member in enumerate(MASKS[name]) if bits >> bit & 1]


class ListingDesignation(models.Model):
    """A designation in force of a listed institution: which city's list opens it."""

    listing = models.ForeignKey(Listing, models.CASCADE, related_name="designations")
    kind = models.CharField(max_length=20, choices=Policy.HomeList.choices)
    region = models.ForeignKey(Region, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "检索行的定点"
        verbose_name_plural = "检索行的定点"
        constraints = [
            models.UniqueConstraint("listing", "kind", "region", name="listing_designation_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.listing_id} {self.kind} {self.region_id}"
