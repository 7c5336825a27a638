"""Keeps a dated copy of the open data; run it once a month."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import localdate

from institutions.open_data import snapshots


class Command(BaseCommand):
    help = "把今天的名录存一份到文件夹里（每月一次），只留最近的几份。同一天再运行，什么也不做。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", help="存到哪个文件夹，不写就是 SNAPSHOT_DIR。")
        parser.add_argument("--keep", type=int, default=24, help="留最近几份，不写就是 24。")
        parser.add_argument("--site", default="", help="链接以什么开头，如 https://example.org。")

    def handle(self, *args: Any, **options: Any) -> None:
        folder, on = Path(options["to"] or settings.SNAPSHOT_DIR), localdate()
        if options["keep"] < 1:
            raise CommandError("--keep 至少是 1。")
        try:
            new = snapshots.write_snapshot(folder, on, options["site"].rstrip("/"))
            gone = snapshots.prune_snapshots(folder, options["keep"])
        except OSError as error:
            raise CommandError(f"写不进 {folder}：{error.strerror}。") from error
        self.stdout.write(f"已存到 {folder / str(on)}。" if new else "今天的已经有了。")
        if gone:
            self.stdout.write(f"删了旧的：{'、'.join(gone)}。")
