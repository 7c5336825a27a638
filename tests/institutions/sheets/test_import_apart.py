"""Imports in processes of their own: killed at any point, and as large as the country. Long."""

import hashlib
import io
import itertools
import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from institutions.management.commands import import_institutions
from institutions.models import Institution, PendingChange, SheetImport
from institutions.sheets import write as bulk
from institutions.sheets.uploads import check, write
from institutions.validators import credit_code_check_character
from regions.models import Region
from tests.factories import make_user
from tests.institutions.sheets.sheets import DAY, as_csv

pytestmark = [pytest.mark.full, pytest.mark.no_cover]
ROOT = Path(__file__).parents[3]
ROWS = 60
Say = Callable[..., object]


# Killed


def register() -> dict[str, tuple[int, str]]:
    """Of every table how many rows it has, and the checksum of them all."""
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
            rows = sorted(repr([_bytes(cell) for cell in row]) for row in cursor.fetchall())
            found[table] = (len(rows), hashlib.sha256("".join(rows).encode()).hexdigest())
    return found


def _bytes(cell: Any) -> Any:
    """PostgreSQL hands out files as views of memory, which do not show what they hold."""
    return bytes(cell) if isinstance(cell, memoryview) else cell


def until(place: int, work: Callable[[Say], object]) -> int:
    """Do the work in a process that kills itself at one point; how that process ended.

    A point is a row that is told as done, or a statement that goes to the database.
    """
    connection.close()  # two processes on one connection would not understand their answers
    process = multiprocessing.get_context("fork").Process(target=_until, args=(place, work))
    process.start()
    process.join()
    return process.exitcode or 0


def _until(place: int, work: Callable[[Say], object]) -> None:
    _counted(itertools.count(1), place, work)


def _counted(points: Any, place: int, work: Callable[[Say], object]) -> None:
    def point(*_: object) -> None:
        if next(points) == place:
            os.kill(os.getpid(), signal.SIGKILL)

    def statement(execute: Callable[..., Any], *given: Any) -> Any:
        point()
        return execute(*given)

    with connection.execute_wrapper(statement):
        work(point)


def by_command(tmp_path: Path) -> Callable[[Say], object]:
    """One changed home and many new ones, by the command."""
    sheet = tmp_path / "台账.csv"
    new = [[f"新院{n}", "北京市朝阳区", "东路", "50"] for n in range(ROWS - 1)]
    old = ["六里屯社区卫生服务中心", "北京市朝阳区", "新址", "20"]
    sheet.write_bytes(as_csv(["名称", "地区", "地址", "床位数"], old, *new))

    def work(say: Say) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(import_institutions.Command, "progress", lambda self, *told: say(*told))
            arguments = [str(sheet), "--kind=own", "--as-of=2026-11"]
            call_command("import_institutions", *arguments, stdout=io.StringIO())

    return work


def by_clerk(tmp_path: Path) -> Callable[[Say], object]:
    """Changes of published homes, vacancies among them, that a reviewer has to see."""
    heads = ["编号", "名称", "地区", "地址", "床位类别", "床位·房型", "床位数", "空余床位"]
    homes = Institution.objects.published().select_related("region").order_by("pk")[:ROWS]
    rows = [[h.pk, h.name, h.region_id, f"新址{h.pk}", "", "", "50", "3"] for h in homes]
    clerk = make_user(username="xiaowang")
    taken = SheetImport(file_name="台账.csv", content=as_csv(heads, *rows), kind="own", as_of=DAY)
    taken.author = clerk
    check(taken, reviewed=True)
    assert taken.changed == ROWS
    return lambda say: write(taken, clerk, reviewed=True, progress=say)


@pytest.mark.parametrize("way", [by_command, by_clerk])
def test_an_import_killed_at_any_point_changes_nothing(own_database, tmp_path, monkeypatch, way):
    """At 20 random points, while it checks, compares, proposes, writes or reads back."""
    monkeypatch.setattr(bulk, "BATCH", 10)
    work, points = way(tmp_path), itertools.count(1)
    before = register()
    assert before["institutions_institution"][0] > ROWS
    with transaction.atomic():
        _counted(points, 0, work)
        proposed = PendingChange.objects.count()
        transaction.set_rollback(True)
    most = next(points) - 1
    assert most > 5 * ROWS
    assert proposed == (ROWS if way is by_clerk else 0)

    places = random.Random(20).sample(range(1, most + 1), 20)
    for place in places:
        assert until(place, work) == -signal.SIGKILL, (place, most)
        assert register() == before, (place, most)

    assert until(0, work) == 0
    assert register() != before


# The whole country

MEASURED = """
import json, sys, time
import django
django.setup()
from django.core.management import call_command
call_command("import_institutions", *sys.argv[1:], stdout=open("/dev/null", "w"))
status = open("/proc/self/status").read()
peak = int(status.partition("VmHWM:")[2].split()[0]) / 1024
print(json.dumps({"CPU s": time.process_time(), "MB": peak}))
"""
HEADS = [
    "名称", "地区", "地址", "信用代码", "机构类型", "运营方式", "运营单位", "电话", "开业日期",
    "床位类别", "床位·房型", "床位数", "运营床位数", "已入住", "空余床位", "收费·项目",
    "收费·房型", "收费·金额（元）", "收中度失能", "收认知症老人",
]  # fmt: skip
# What the limits are for: dry run, commit. In seconds and in megabytes.
LIMITS = {"--dry-run": 10, "--skip-refused": 60}
MOST_MEGABYTES = 500


def country(rows: int) -> bytes:
    """A sheet of so many invented homes all over the country, as full as a good ledger."""
    chance, regions = random.Random(1), Region.objects.current().filter(children=None)
    names = [region.full_name for region in regions.with_ancestors().order_by("code")]
    table = []
    for n in range(rows):
        stem, beds = f"52{n % 1000:06}{n:09}", chance.randint(20, 300)
        used, region = chance.randint(0, beds), names[n % len(names)]
        table.append([
            f"第{n}养老院", region, f"{region}示例路 {n % 900 + 1} 号",
            stem + credit_code_check_character(stem), "养老院",
            chance.choice(["公建民营", "民办"]), f"示例公司{n % 700}",
            f"0{n % 600 + 310}-{10_000_000 + n}", f"20{n % 20:02}-0{n % 9 + 1}", "护理型床位",
            "双人间", beds, beds, used, beds - used, "床位费", "双人间",
            chance.randint(8, 60) * 100, chance.choice(["是", "否", "未知"]),
            chance.choice(["是", "否", ""]),
        ])  # fmt: skip
    return as_csv(HEADS, *table)


@pytest.fixture
def address(own_database) -> str:
    """The database of this test, for another process."""
    given = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{given['NAME']}"
    secret = f":{quote(given['PASSWORD'])}" if given["PASSWORD"] else ""
    host = f"{quote(given['HOST'], safe='')}:{given['PORT'] or 5432}"
    return f"postgres://{given['USER']}{secret}@{host}/{given['NAME']}"


def measured(address: str, *arguments: str) -> dict[str, float]:
    environment = os.environ | {
        "DATABASE_URL": address,
        "DJANGO_SETTINGS_MODULE": "carebridge.settings",
        "DEBUG": "false",
    }
    command = [sys.executable, "-c", MEASURED, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return {name: float(value) for name, value in json.loads(done.stdout).items()}


def test_a_sheet_of_the_whole_country_is_quick_and_small(address: str, tmp_path: Path):
    """40,000 rows. In seconds of the processor: how long others make it wait is not its own."""
    sheet = tmp_path / "全国.csv"
    sheet.write_bytes(country(40_000))
    homes = Institution.objects.count()
    connection.close()
    for option, seconds in LIMITS.items():
        found = measured(address, str(sheet), "--kind=own", "--as-of=2025-01", option)
        print(option, found)
        assert found["CPU s"] <= seconds
        assert found["MB"] <= MOST_MEGABYTES
    assert Institution.objects.count() == homes + 40_000
