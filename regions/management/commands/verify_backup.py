"""Proves that a backup can be restored, by restoring it beside the site."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from carebridge.lib.backups import backup as backups


class Command(BaseCommand):
    help = "在旁边恢复一遍，逐表核对行数和校验值；网站的数据不动。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="备份的文件夹")

    def handle(self, *args: Any, **options: Any) -> None:
        with backups.in_plain_words():
            tables = backups.verify_backup(options["folder"])
        rows = sum(table["rows"] for table in tables.values())
        self.stdout.write(f"备份可以恢复：{len(tables)} 张表，{rows:,} 行。")
