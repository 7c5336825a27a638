"""Proves that no listing is stale."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from institutions.register import listings


class Command(BaseCommand):
    help = "核对每一条检索行是否与机构数据一致；不一致时报错并列出编号。"

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = listings.find_wrong_listings(timezone.localdate())
        if wrong:
            ids = "、".join(map(str, wrong))
            raise CommandError(
                f"{len(wrong):,} 家机构的检索行过时：{ids}。"
                "运行 manage.py refresh_listings 重新生成。"
            )
        if options["verbosity"]:
            self.stdout.write("检索行全部正确。")
