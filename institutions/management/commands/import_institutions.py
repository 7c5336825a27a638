"""Imports a sheet of institutions, CSV or XLSX: `--dry-run` shows its effect."""

import datetime
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from carebridge.lib.sheet_files import MOST_BYTES, SheetError
from institutions.models import Provenance, SheetImport
from institutions.sheets.cells import CellError, parse_date
from institutions.sheets.identity import ANY, OTHER, SAME
from institutions.sheets.plan import MovedError, Plan
from institutions.sheets.uploads import examine, write
from regions.models import Document, Region

WIDTH = 30
WORDS = {
    "new": "新增",
    "changed": "有变化",
    "waiting": "已提交待审核",
    "same": "没有变化",
    "asked": "要人确认",
    "refused": "退回",
    "flagged": "请核对",
}


def numbers_in(text: str) -> list[int]:
    """Row numbers: 5,8,12-20."""
    found: list[int] = []
    for piece in text.replace("，", ",").split(","):
        first, dash, last = piece.strip().partition("-")
        last = last if dash else first
        if not (first.isdigit() and last.isdigit() and len(last) < 7):
            raise ArgumentTypeError("行号写成 5,8,12-20。")
        found += range(int(first), int(last) + 1)
    return found


class Command(BaseCommand):
    help = "导入机构表格（CSV 或 XLSX）。先用 --dry-run 看会改什么。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="表格文件")
        parser.add_argument("--dry-run", action="store_true", help="只核对，什么也不写")
        parser.add_argument(
            "--kind", choices=Provenance.Kind.values, required=True, help="来源种类"
        )
        parser.add_argument("--document", default="", help="来源文件的网址名")
        parser.add_argument("--title", default="", help="没有来源文件时：这张表的名称")
        parser.add_argument(
            "--as-of", required=True, help="数字截至哪天：2026-01-31、2026-01、2026"
        )
        parser.add_argument("--within", default="", help="只收这个地区的机构")
        parser.add_argument(
            "--skip-refused", action="store_true", help="有退回或要确认的行时，导入其余的"
        )
        parser.add_argument(
            "--same", type=numbers_in, default=[], help="这几行就是问到的那一家：5,8,12-20"
        )
        parser.add_argument(
            "--not-same", type=numbers_in, default=[], help="这几行不是问到的那一家"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        taken = self.make_upload(options)
        try:
            sheet, plan = examine(taken, progress=self.progress)
            self.report_plan(taken, plan)
            refused, wanted = plan.counts["refused"], plan.of("new") or plan.of("changed")
            asked = plan.counts["asked"]
            del sheet, plan
            if refused and not (options["skip_refused"] or options["dry_run"]):
                raise CommandError("有退回的行，什么也没有导入。改好再来，或用 --skip-refused。")
            if asked and not (options["skip_refused"] or options["dry_run"]):
                raise CommandError(
                    f"{asked} 家要人确认是不是已有的机构，什么也没有导入。"
                    "看过再用 --same 或 --not-same 写行号，或用 --skip-refused 先放着。"
                )
            if wanted and not options["dry_run"]:
                write(taken, None, progress=self.progress)
                self.stdout.write("已导入。")
                self.stdout.write(f"要撤回：manage.py undo_import {taken.pk}")
        except SheetError as error:
            raise CommandError(f"{options['file']}：{error}") from error
        except MovedError as error:
            raise CommandError("核对之后数据被别人改了，什么也没有导入。请再来一次。") from error

    def make_upload(self, options: dict[str, Any]) -> SheetImport:
        path: Path = options["file"]
        try:
            with path.open("rb") as file:
                content = file.read(MOST_BYTES + 1)
            as_of, precision, _ = parse_date(options["as_of"])
            document = (
                Document.objects.get(slug=options["document"]) if options["document"] else None
            )
            within = Region.objects.resolve(options["within"]) if options["within"] else None
        except OSError as error:
            raise CommandError(f"打不开 {path}：{error.strerror}。") from error
        except CellError as error:
            raise CommandError(f"--as-of：{error}") from error
        except Document.DoesNotExist as error:
            raise CommandError(f"没有来源文件 {options['document']}。") from error
        except (Region.DoesNotExist, Region.MultipleObjectsReturned) as error:
            raise CommandError(f"--within：{error}。") from error
        if options["kind"] != Provenance.Kind.OWN and not document and not options["title"]:
            raise CommandError("不是机构自己填报的，要写 --document 或 --title。")
        return SheetImport(
            file_name=path.name[:200],
            content=content,
            kind=options["kind"],
            document=document,
            title=options["title"],
            as_of=datetime.date.fromisoformat(as_of),
            as_of_precision=precision,
            within=within,
            answers={str(n): {ANY: SAME} for n in options["same"]}
            | {str(n): {ANY: OTHER} for n in options["not_same"]},
        )

    def report_plan(self, taken: SheetImport, plan: Plan) -> None:
        """Print every difference and every fault: file, row, column, value, reason."""
        name = taken.file_name
        for words in taken.about_worksheets():
            self.stdout.write(words)
        if taken.unread:
            self.stdout.write(f"这几列看不懂，没有读：{'、'.join(taken.unread)}。")
        for line in plan.lines:
            for change in line.changes:
                words = f"{change.label}：{change.old} → {change.new}"
                self.stdout.write(f"{name} {taken.place(line.rows[0])} {line.name} {words}")
            for question in line.questions:
                if question.is_open:
                    where = f"{name} {taken.place(line.rows[0])} {line.name}"
                    self.stdout.write(f"{where} 要人确认：{question.reason}")
            for word, found in (("退回", line.problems), ("请核对", line.flags)):
                for p in found:
                    where = f"{name} {taken.place(p.row)} {p.column}“{p.value}”"
                    self.stdout.write(f"{where}{word}：{p.reason}")
        summary = "，".join(f"{WORDS[outcome]} {count:,}" for outcome, count in plan.counts.items())
        self.stdout.write(f"{summary}。")
        if not (plan.of("new") or plan.of("changed")):
            self.stdout.write("没有变化。")

    def progress(self, stage: str, done: int, total: int) -> None:
        """A bar on a terminal; a log gets none."""
        if not self.stderr.isatty() or (done % 100 and done != total):
            return
        filled = WIDTH * done // total
        bar = "#" * filled + "-" * (WIDTH - filled)
        self.stderr.write(
            f"\r{stage} [{bar}] {done:,}/{total:,}", ending="\n" if done == total else ""
        )
        self.stderr.flush()
