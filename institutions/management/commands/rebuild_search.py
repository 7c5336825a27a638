"""Makes the tokens and the full-text index anew."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection

from institutions.register import listings
from institutions.search import fulltext as search_index


class Command(BaseCommand):
    help = "重新生成全部检索词和检索索引；索引缺了触发器，或改过地区的名字、拼音以后运行。"

    def handle(self, *args: Any, **options: Any) -> None:
        def report_done(done: int, number: int) -> None:
            if options["verbosity"]:
                self.stdout.write(f"已生成 {done:,} / {number:,} 家的检索词。")

        listings.rebuild_tokens(report_done)
        search_index.make(connection)
        listings.mark_changed()  # workers keep who held a word
        if options["verbosity"]:
            self.stdout.write("检索索引已重建。")
