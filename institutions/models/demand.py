"""Searches of the guide counted by day; nothing is kept of any one family."""

import datetime
from typing import Any

from django.db import models, transaction
from django.db.models import F, Q


class DemandQuerySet(models.QuerySet["Demand"]):
    def count_one(
        self, on: datetime.date, origin: str, destination: str, ability: str, budget: str
    ) -> None:
        """One more family of this kind on the day `on`."""
        key: dict[str, Any] = {
            "on": on,
            "origin": origin,
            "destination": destination,
            "ability": ability,
            "budget": budget,
        }
        with transaction.atomic():
            row, _ = self.get_or_create(**key)
            self.filter(pk=row.pk).update(times=F("times") + 1)


class Demand(models.Model):
    """Times the guide was finished on one day for a corridor, an ability and a budget.

    The origin is a province, the destination what was typed: a region's code, or a group's slug.
    """

    class Budget(models.TextChoices):
        UP_TO_2000 = "2000", "2,000 元以内"
        UP_TO_3000 = "3000", "2,000—3,000 元"
        UP_TO_5000 = "5000", "3,000—5,000 元"
        UP_TO_8000 = "8000", "5,000—8,000 元"
        MORE = "more", "8,000 元以上"

        @classmethod
        def for_amount(cls, most: int | None) -> str:
            """Return the band of a budget in yuan a month; empty where none is given."""
            if most is None:
                return ""
            bounds = [band for band in cls if band.value.isdecimal()]
            return next((band for band in bounds if most <= int(band.value)), cls.MORE).value

    on = models.DateField("日期")
    origin = models.CharField("户籍（省）", max_length=6, blank=True)
    destination = models.CharField("想去哪里", max_length=50, blank=True)
    ability = models.CharField("能力等级", max_length=1, blank=True)
    budget = models.CharField("每月预算", max_length=4, choices=Budget.choices, blank=True)
    times = models.PositiveIntegerField("次数", default=0)

    objects = DemandQuerySet.as_manager()

    class Meta:
        verbose_name = "需求计数"
        verbose_name_plural = "需求计数"
        ordering = ["-on", "pk"]
        constraints = [
            models.UniqueConstraint(
                "on",
                "origin",
                "destination",
                "ability",
                "budget",
                name="demand_one_row_a_kind",
                violation_error_message="同一天同一种需求只记一行。",
            ),
            models.CheckConstraint(
                name="demand_origin_is_a_province",
                condition=Q(origin="") | Q(origin__endswith="0000"),
                violation_error_message="户籍只记到省，不记到人。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.origin}→{self.destination}"
