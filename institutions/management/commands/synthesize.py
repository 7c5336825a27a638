"""Fills an empty database with an invented register, to measure the site by."""

import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from institutions.shipped_data import load as fixtures
from institutions.shipped_data import synthetic as synthesis

MOST = 1_000_000


class Command(BaseCommand):
    help = "在一个空的数据库里生成一套假的机构，用来测速度；同样的种子生成同样的数据。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--institutions", type=int, default=41_000, help="生成多少家。")
        parser.add_argument("--seed", type=int, default=1, help="随机种子。")

    def handle(self, *args: Any, **options: Any) -> None:
        number, today = options["institutions"], timezone.localdate()
        if not 1 <= number <= MOST:
            raise CommandError(f"--institutions 要在 1 和 {MOST:,} 之间。")
        if not os.environ.get("DATABASE_URL"):
            raise CommandError(
                "请用 DATABASE_URL 指定一个单独的空数据库，例如 "
                "DATABASE_URL=sqlite:////tmp/synthetic.sqlite3；生成的机构不能放进网站用的库。"
            )

        def report_done(done: int) -> None:
            if options["verbosity"]:
                self.stdout.write(f"已生成 {done:,} / {number:,} 家。")

        fixtures.load_folder(
            settings.BASE_DIR / "fixtures", today, lambda _: None, fixtures.REFERENCE
        )
        try:
            synthesis.synthesize(number, options["seed"], today, report_done)
        except synthesis.NotEmptyError as error:
            raise CommandError(
                "这个数据库里已经有机构，没有写入任何数据。请另建一个空库，先运行 migrate。"
            ) from error
