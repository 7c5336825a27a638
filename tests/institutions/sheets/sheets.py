"""Sheets for tests: rows of cells as CSV or XLSX, and what the register says of them."""

import datetime
from typing import Any

from carebridge.lib.sheet_files import csv_lines, workbook
from institutions.models import Institution
from institutions.register.record import Record, to_record
from institutions.sheets.plan import Plan, SheetSource, commit_plan, make_plan, read_sheet
from tests.factories import make_document

DAY = datetime.date(2026, 11, 1)
TODAY = datetime.date(2026, 11, 22)


def as_csv(heads: list[str], *rows: list[Any]) -> bytes:
    return "".join(csv_lines([heads, *rows])).encode()


def as_xlsx(heads: list[str], *rows: list[Any]) -> bytes:
    return workbook([("机构", [heads, *rows])])


def source(**changes: Any) -> SheetSource:
    return SheetSource(**{"kind": "public", "as_of": DAY, "document": make_document()} | changes)


def planned(content: bytes, **options: Any) -> Plan:
    return make_plan(read_sheet(content), options.pop("source", None) or source(), **options)


def committed(content: bytes, **options: Any) -> Plan:
    return commit_plan(
        read_sheet(content), options.pop("source", None) or source(), TODAY, **options
    )


def told(plan: Plan) -> list[tuple[str, str]]:
    """Column and reason of everything refused."""
    return [(p.column, p.reason) for line in plan.lines for p in line.problems]


def flagged(plan: Plan) -> list[tuple[str, str]]:
    """Return column and reason of everything set aside or to be looked at."""
    return [(p.column, p.reason) for line in plan.lines for p in line.flags]


def record_of(pk: int) -> Record:
    return to_record(Institution.objects.with_parts().get(pk=pk))
