"""Loads what the repository ships and this database lacks."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from institutions.shipped_data import load as fixtures


class Command(BaseCommand):
    help = "载入随代码提供的数据：官方数据补新增的行，机构只载入一次。"

    def handle(self, *args: Any, **options: Any) -> None:
        def report(message: str) -> None:
            if options["verbosity"]:
                self.stdout.write(message)

        try:
            added = fixtures.load_folder(
                settings.BASE_DIR / "fixtures", timezone.localdate(), report
            )
        except fixtures.FixtureError as error:
            raise CommandError(str(error)) from error
        report(f"共新增 {added:,} 行。" if added else "没有变化：数据都已载入过。")
