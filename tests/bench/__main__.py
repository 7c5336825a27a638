"""Measure the site on invented registers and write what came of it: `make bench`.

Each size has a database of its own on SQLite and on PostgreSQL. They are filled two at a time and
measured one at a time. What cannot run is said, and the rest goes on.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from tests.run import postgres_programs, throw_away_postgres

from . import report

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "var/bench"
DATASETTE = "datasette==0.65.5"
# With the garbage collector held back: a fifth faster.
SYNTHESIZE = """
import gc
gc.set_threshold(100_000, 50, 1_000)
from django.core.management import execute_from_command_line as run
run("manage.py synthesize --verbosity 0 --seed 1 --institutions {rows}".split())
"""
# Requests of each kind at the sizes that the targets are not about.
FEW = 12
# Seconds after which a measurement, or the filling of a database, is given up.
PATIENCE, TO_FILL = 900, 3_600
Told = dict[str, Any]


@dataclass
class Part:
    """One database of one size, and what was measured there."""

    engine: str
    rows: int
    url: str
    told: list[Told] = field(default_factory=list)
    error: str = ""

    @property
    def name(self) -> str:
        return f"{self.engine}, {self.rows:,} homes"

    def run(self, *command: str, patience: int = PATIENCE) -> list[str]:
        """The lines a Python program prints about this database; a failure is kept."""
        environment = os.environ | {
            "DATABASE_URL": self.url,
            "DEBUG": "false",
            "HTTPS": "false",
            "FACETS": "bitmaps",
            "ALLOWED_HOSTS": "localhost",
            "DJANGO_SETTINGS_MODULE": "carebridge.settings",
        }
        try:
            done = subprocess.run(
                [sys.executable, *command],
                cwd=ROOT,
                env=environment,
                capture_output=True,
                text=True,
                timeout=patience,
            )
        except subprocess.TimeoutExpired as late:
            self.fail(command, f"no end after {patience} s")
            printed = late.stdout or b""
            return (printed if isinstance(printed, str) else printed.decode()).splitlines()
        if done.returncode:
            self.fail(command, done.stderr.strip().splitlines()[-1:] or done.returncode)
        return done.stdout.splitlines()

    def fail(self, command: tuple[str, ...], why: object) -> None:
        self.error = f"{' '.join(command[:2]).strip()}: {why}"
        say(f"{self.name}: {self.error}")

    def fill(self, again: bool) -> None:
        started = time.monotonic()
        self.run("manage.py", "migrate", "--verbosity", "0")
        if self.rows and not again:
            self.run("-c", SYNTHESIZE.format(rows=self.rows), patience=TO_FILL)
        say(f"{self.name}: filled in {time.monotonic() - started:.0f} s")

    def measure(self, runs: int, datasette: Path | None) -> None:
        if self.error:
            return
        started = time.monotonic()
        beside = ["--datasette", str(datasette)] if datasette else []
        program = ["-m", "tests.bench.measure", "--runs", str(runs)]
        # A page of the plain ORM takes minutes there.
        program += ["--no-orm"] if self.rows > report.MIDDLE else []
        lines = self.run(*program, *beside, "--sqlite", str(sqlite_file(self.rows)))
        self.told += map(json.loads, lines)
        say(f"{self.name}: measured in {time.monotonic() - started:.0f} s")

    def weigh(self) -> None:
        if not self.error:
            self.told += map(json.loads, self.run("-m", "tests.bench.memory"))


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def sqlite_file(rows: int) -> Path:
    return FOLDER / f"{rows}.sqlite3"


def on_sqlite(rows: int, again: bool) -> Part:
    path = sqlite_file(rows)
    if not again:
        for left in FOLDER.glob(f"{path.name}*"):
            left.unlink()
    return Part("SQLite", rows, f"sqlite:///{path}")


def on_postgres(rows: int, server: str, again: bool) -> Part:
    """A database of its own on a server; `server` names some database of it."""
    name = f"carebridge_bench_{rows}"
    parts = urlsplit(server)
    url = urlunsplit(parts._replace(path=f"/{name}"))
    if not again:
        connection = psycopg2.connect(
            urlunsplit(parts._replace(scheme="postgresql", path="/postgres"))
        )
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            cursor.execute(f'CREATE DATABASE "{name}"')
        connection.close()
    return Part("PostgreSQL", rows, url)


@contextmanager
def postgres_server() -> Iterator[str]:
    """The address of a server that may be filled: the one that is named, or one of our own."""
    if url := os.environ.get("TEST_POSTGRES_URL"):
        yield url
        return
    programs = postgres_programs()
    if programs is None:
        say("PostgreSQL is not installed and TEST_POSTGRES_URL is not set: not measured.")
        yield ""
        return
    with throw_away_postgres(programs) as url:
        yield url


def datasette() -> Path | None:
    """The Python of an environment of its own with Datasette in it; None: it cannot be had."""
    python = FOLDER / "datasette/bin/python"
    try:
        if not python.exists():
            say(f"Installing {DATASETTE} ...")
            subprocess.run([sys.executable, "-m", "venv", str(python.parent.parent)], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", DATASETTE]
        subprocess.run(install, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError) as error:
        say(f"Datasette cannot be installed and is left out: {error}")
        return None
    return python


def analyzed(part: Part) -> None:
    """What PostgreSQL does by itself within minutes of a load."""
    if part.engine == "PostgreSQL":
        program = "from django.db import connection as c; c.cursor().execute('VACUUM ANALYZE')"
        part.run("manage.py", "shell", "--no-imports", "-c", program)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[4_100, 41_000, 410_000])
    parser.add_argument("--runs", type=int, default=30, help="requests of each kind at 41,000")
    parser.add_argument("--output", type=Path, default=ROOT / "docs/performance.md")
    parser.add_argument("--again", action="store_true", help="with the databases of the last run")
    options = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    other = datasette()
    with postgres_server() as server:
        sizes = sorted([0, *options.rows], reverse=True)  # the longest first
        parts = [on_sqlite(rows, options.again) for rows in sizes]
        if server:
            parts += [on_postgres(rows, server, options.again) for rows in sizes]
        parts.sort(key=lambda part: -part.rows)
        with ThreadPoolExecutor(max_workers=2) as workers:
            list(workers.map(lambda part: part.fill(options.again), parts))
        for part in reversed(parts):
            analyzed(part)
            if part.rows:
                part.measure(
                    options.runs if part.rows == report.MIDDLE else min(options.runs, FEW), other
                )
            part.weigh()
    took = time.monotonic() - started
    report.write(options.output, parts, options.runs, took)
    say(f"Wrote {options.output} after {took / 60:.0f} min")
    return 1 if any(part.error for part in parts) else 0


if __name__ == "__main__":
    sys.exit(main())
