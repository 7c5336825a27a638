"""Break what the site stands on, one thing after another, while readers and writers go on.

`make drill` takes ten minutes and writes docs/reliability.md. It needs PostgreSQL's programs; Redis
and a small disk of its own (a tmpfs, so root) where it can have them, and says so where not.
"""

import argparse
import datetime
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.run import ROOT, free_port, postgres_programs

from . import report, sheet
from .clusters import Server
from .load import Load

READERS, WRITERS, PAUSE = 10, 2, 0.5
DISK = "4m"


def written_before(output: Path | None) -> str:
    return output.read_text() if output and output.exists() else ""


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


@dataclass
class Site:
    """The site on two servers, and everything that can be taken from it."""

    folder: Path
    one: Server
    two: Server
    port: int
    cache_port: int
    rows: int
    happened: list[tuple[float, str]] = field(default_factory=list)
    imported: dict[str, float] = field(default_factory=dict)
    started: float = 0
    environment: dict[str, str] = field(default_factory=dict)
    web: subprocess.Popen | None = None
    cache: subprocess.Popen | None = None
    importing: subprocess.Popen | None = None

    def note(self, text: str) -> None:
        self.happened.append((time.monotonic() - self.started, text))
        say(text)

    # Setting up

    def make_databases(self) -> None:
        self.one.create()
        self.one.start()
        self.one.create_database()
        self.environment = os.environ | {
            "DATABASE_URL": (
                f"postgres://postgres@{self.one.address},{self.two.address}/carebridge"
            ),
            "DATABASE_REPLICA_URL": f"{self.one.url} {self.two.url}",
            "CACHE_URL": f"redis://127.0.0.1:{self.cache_port}/0",
            "COPIES_DIR": str(self.folder / "disk"),
            "DEBUG": "false",
            "HTTPS": "false",
            "PROXIES": "1",
            "ALLOWED_HOSTS": "127.0.0.1",
            "LOG_LEVEL": "WARNING",
            "DJANGO_SETTINGS_MODULE": "carebridge.settings",
            "SECRET_KEY": secrets.token_urlsafe(60),
        }
        alone = {"DATABASE_URL": self.one.url, "DATABASE_REPLICA_URL": ""}
        for command in ("migrate", "load_fixtures"):
            self.manage(command, "--verbosity", "0", **alone)
        self.manage("collectstatic", "--noinput", "--verbosity", "0")
        self.two.copy(self.one)
        self.two.start()
        self.one.stop()
        self.one.start(waits=True)

    def manage(self, *command: str, **changes: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT, env=self.environment | changes, check=True, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        return done.stdout

    def open_disk(self) -> bool:
        disk = self.folder / "disk"
        disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(disk)]
        return subprocess.run(mount, capture_output=True, check=False).returncode == 0

    def start_cache(self) -> None:
        if program := shutil.which("redis-server"):
            arguments = ["--port", str(self.cache_port), "--save", "", "--appendonly", "no"]
            self.cache = subprocess.Popen(
                [program, *arguments, "--dir", str(self.folder)], stdout=subprocess.DEVNULL
            )

    def serve(self) -> None:
        log = (self.folder / "web.log").open("w")
        command = [sys.executable, "-m", "gunicorn", "carebridge.wsgi"]
        self.web = subprocess.Popen(
            [*command, "--bind", f"127.0.0.1:{self.port}"],
            cwd=ROOT, env=self.environment, stdout=log, stderr=log,
        )  # fmt: skip
        time.sleep(8)

    # What happens

    def fill_disk(self) -> None:
        try:
            (self.folder / "disk/filler").write_bytes(b"0" * 2**23)
        except OSError as error:
            self.note(f"the disk of the kept pages is full ({error.strerror})")

    def free_disk(self) -> None:
        (self.folder / "disk/filler").unlink()
        self.note("there is room on it again")

    def kill_worker(self) -> None:
        assert self.web
        found = subprocess.run(
            ["pgrep", "-P", str(self.web.pid)], capture_output=True, text=True, check=True
        )
        os.kill(int(found.stdout.split()[0]), signal.SIGKILL)
        self.note("a worker of two is killed with -9")

    def reload(self) -> None:
        assert self.web
        self.web.send_signal(signal.SIGHUP)
        self.note("gunicorn is told to reload (HUP)")

    def lose_cache(self) -> None:
        if self.cache:
            self.cache.kill()
            self.cache.wait()
            self.note("the cache (Redis) is killed")

    def give_cache(self) -> None:
        if self.cache:
            self.start_cache()
            self.note("the cache is back, empty")

    def start_import(self) -> None:
        path = self.folder / "sheet.csv"
        path.write_bytes(sheet.rows(self.rows))
        self.imported["before"] = self.homes(self.one)
        alone = {"DATABASE_REPLICA_URL": ""}
        command = ["import_institutions", str(path), "--kind", "public", "--as-of", "2026-11-01"]
        self.importing = subprocess.Popen(
            [sys.executable, "manage.py", *command, "--title", "演习用表"],
            cwd=ROOT, env=self.environment | alone,
            stdout=(self.folder / "import.log").open("w"), stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.imported["began"] = time.monotonic()
        self.note(f"an import of {self.rows:,} rows begins")

    def finish_import(self) -> None:
        assert self.importing
        code = self.importing.wait()
        self.imported["seconds"] = time.monotonic() - self.imported["began"]
        self.imported["after"] = self.homes(self.one)
        self.note(f"the import ends with {code} after {self.imported['seconds']:.0f} s")

    def homes(self, server: Server) -> int:
        return server.ask("SELECT count(*) FROM institutions_institution")[0][0]

    def kill_primary(self) -> None:
        self.one.kill()
        self.note("the primary is killed with -9, all its processes")

    def promote(self) -> None:
        self.two.promote()
        self.note("the replica is promoted")

    def rejoin(self) -> None:
        self.one.copy(self.two)
        self.one.start()
        self.note("the old primary is back as a replica")

    def close(self) -> None:
        for process in (self.importing, self.web, self.cache):
            if process and process.poll() is None:
                process.terminate()
                process.wait(60)
        for server in (self.one, self.two):
            server.stop()
        subprocess.run(["umount", str(self.folder / "disk")], capture_output=True, check=False)


def play(site: Site, minutes: float, *, has_disk: bool) -> None:
    """Everything in its order, at its share of the time."""
    acts: list[tuple[float, Callable[[], None]]] = [
        (0.10, site.kill_worker),
        (0.15, site.reload),
        (0.20, site.lose_cache),
        (0.30, site.give_cache),
        (0.32, site.start_import),
        (0.33, site.finish_import),
        (0.75, site.kill_primary),
        (0.77, site.promote),
        (0.88, site.rejoin),
    ]
    if has_disk:
        acts += [(0.04, site.fill_disk), (0.28, site.free_disk)]
    for share, act in sorted(acts, key=lambda pair: pair[0]):
        wait = site.started + share * minutes * 60 - time.monotonic()
        time.sleep(max(0.0, wait))
        act()
    time.sleep(max(0.0, site.started + minutes * 60 - time.monotonic()))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rows", type=int, default=40_000, help="of the sheet that is imported")
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    # Ten minutes are too long to find out that the page cannot be kept.
    report.keep_by_hand("", written_before(options.output))
    programs = postgres_programs()
    if programs is None:
        sys.exit("PostgreSQL is not installed (Debian: apt-get install postgresql).")
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="drill-", dir="/tmp"))
        folder.chmod(0o755)
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        servers = [Server(programs, folder / name / "data", free_port()) for name in ("one", "two")]
        site = Site(folder, *servers, port=free_port(), cache_port=free_port(), rows=options.rows)
        stack.callback(site.close)
        say("making two databases")
        site.make_databases()
        has_disk = site.open_disk()
        site.start_cache()
        site.serve()
        homes = [pk for (pk,) in site.one.ask("SELECT id FROM institutions_institution LIMIT 300")]
        load = Load(site.port, homes)
        site.started = load.started
        threads = load.run(READERS, WRITERS, PAUSE)
        play(site, options.minutes, has_disk=has_disk)
        until = time.monotonic() - load.started
        load.stop(threads)
        kept = {r for (r,) in site.two.ask("SELECT reference FROM institutions_correction")}
        missing = ([] if has_disk else ["a disk that fills (needs root for a tmpfs)"]) + (
            [] if site.cache else ["a cache that vanishes (needs redis-server)"]
        )
        found = report.figures(load, site.happened, until, kept, site.imported, missing)
        if "Traceback" in (log := (folder / "web.log").read_text()):
            say(log[:3000])
    text = report.page(
        found, datetime.datetime.now(datetime.UTC).date(), options.minutes, READERS, WRITERS
    )
    if options.output:
        options.output.write_text(report.keep_by_hand(text, written_before(options.output)))
    print(json.dumps(found, indent=1, ensure_ascii=False))
    return 0 if not found["lost"] else 1


if __name__ == "__main__":
    sys.exit(main())
