"""Derives listings anew: all of them, or nightly those whose date has passed."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from institutions.models import Listing
from institutions.register import listings


class Command(BaseCommand):
    help = "重新生成检索行；每天凌晨用 --due 只更新到期的。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--due", action="store_true", help="只更新价格、定点等日期已过的检索行。"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        today = timezone.localdate()
        if options["due"]:
            due = list(Listing.objects.outdated(today).values_list("pk", flat=True))
            listings.refresh(due, today)
            count = len(due)
        else:
            count = listings.refresh_all(today)
        if options["verbosity"]:
            self.stdout.write(f"已更新 {count:,} 家机构的检索行。")
