"""Undoes an import of institutions as one act: `--dry-run` shows its effect."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import localdate

from institutions.models import SheetImport
from institutions.sheets.undo import UndoneError, examine_undo, undo_import


class Command(BaseCommand):
    help = "撤回一次表格导入。先用 --dry-run 看会改回什么。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number", type=int, help="第几次导入：导入时写出来的号码")
        parser.add_argument("--dry-run", action="store_true", help="只看，什么也不改")

    def handle(self, *args: Any, **options: Any) -> None:
        sheet = SheetImport.objects.defer("content").filter(pk=options["number"]).first()
        if sheet is None:
            raise CommandError(f"没有第 {options['number']} 次导入。")
        try:
            if options["dry_run"]:
                found = examine_undo(sheet)
            else:
                found = undo_import(sheet, by=None, on=localdate())
        except UndoneError as error:
            raise CommandError("这次导入已经撤回过，或者还没有导入。") from error
        for one in found:
            why = f"：{one.why}" if one.why else ""
            self.stdout.write(f"{one.home.name} {one.label}{why}")
        if not found:
            self.stdout.write("没有记下这次导入改了哪几家。")
        elif not options["dry_run"]:
            self.stdout.write("已撤回。")
