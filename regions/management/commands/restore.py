"""Puts a backup in the place of the database, and holds the result against its list."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.timezone import now

from carebridge.lib.backups import backup as backups


class Command(BaseCommand):
    help = "用备份恢复数据库和上传的文件，然后逐表核对。"
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="备份的文件夹")
        parser.add_argument(
            "--replace", action="store_true", help="数据库不是空的也恢复；现有的数据放在旁边。"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with backups.in_plain_words():
            found = backups.restore(options["folder"], now(), replace=options["replace"])
        rows = sum(table["rows"] for table in found.tables.values())
        self.stdout.write(f"恢复完成，逐表核对无误：{len(found.tables)} 张表，{rows:,} 行。")
        if found.aside:
            self.stdout.write(f"原来的数据库没有删，放在 {found.aside}；确认无误以后再删。")
        if found.files_aside:
            self.stdout.write(f"原来的上传文件没有删，放在 {found.files_aside}；确认无误以后再删。")
