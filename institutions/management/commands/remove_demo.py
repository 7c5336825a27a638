"""Removes every demo institution, so that only real records remain."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from institutions.models import Institution
from institutions.register import listings


class Command(BaseCommand):
    help = "删除全部示例机构和它们的检索行；以后载入数据也不会再出现。先说有多少家，问过再删。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--noinput", "--no-input", action="store_false", dest="interactive", help="不问，直接删"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        homes = Institution.objects.demo()
        count = homes.count()
        if not count:
            self.stdout.write("没有示例机构。")
            return
        if options["interactive"]:
            self.confirm_removal(count)
        self.stdout.write(f"已删除 {listings.delete_homes(homes):,} 家示例机构。")

    def confirm_removal(self, count: int) -> None:
        question = f"要删除全部 {count:,} 家示例机构，不能恢复。确定请输入 yes："
        try:
            answer = input(question)
        except EOFError:
            answer = ""
        if answer != "yes":
            raise CommandError("没有删除。不能输入的地方，用 --noinput。")
