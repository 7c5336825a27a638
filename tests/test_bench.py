"""`make bench` at a tiny size: every kind of page is measured, and its table is written."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench import report

ROOT = Path(__file__).resolve().parent.parent


class Part:
    engine, rows, error, name = "SQLite", 41_000, "", "SQLite, 41,000 homes"

    def __init__(self, page: float) -> None:
        times = {"wall": page, "p95": page, "cpu": page, "sql": 0, "queries": 9}
        kind = {"what": "page", "name": "everything", "group": "results", "most": 1.5}
        self.told = [kind | {"page": times, "floor": times | {"wall": 10}, "bytes": 1}]


@pytest.mark.parametrize(("page", "said"), [(15, "| 1.50 | met |"), (18, "**missed by 20%**")])
def test_a_missed_target_says_by_how_much_and_what_is_written_by_hand_stays(page, said, tmp_path):
    path = tmp_path / "performance.md"
    path.write_text(f"before\n{report.BEGIN}an old figure\n{report.END}after\n")
    report.write(path, [Part(page)], 30, 60)
    text = path.read_text()
    assert said in text
    assert "an old figure" not in text
    assert text.startswith("before\n")
    assert text.endswith("after\n")


@pytest.mark.full
def test_every_kind_of_page_is_measured(tmp_path):
    path = tmp_path / "performance.md"
    command = ["-m", "tests.bench", "--rows", "80", "--runs", "1", "--output", str(path)]
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "Error" not in path.read_text()
