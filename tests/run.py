"""Run every part of the suite and say plainly what ran: `make test`, `make test-full`.

The parts: the suite on SQLite, the same on PostgreSQL, the browser tests. Branch coverage is
measured with CI=true and by `make test-full`; tracing more than doubles the time of a test.
A part that cannot run here is named at the end with what it needs; with CI=true it is a failure.
Standard library only, and no Django: it starts pytest in processes of their own.
"""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
CI = os.environ.get("CI", "").lower() == "true"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SUITE = ["tests", "--ignore=tests/browser"]


@dataclass
class Part:
    """One run of pytest: how to start it, and what came of it."""

    name: str
    arguments: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    cannot_run: str = ""
    output: str = ""
    returncode: int = 0
    passed: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    skipped: dict[str, str] = field(default_factory=dict)
    seconds: float = 0

    @property
    def good(self) -> bool:
        return not self.cannot_run and self.returncode == 0

    def run(self) -> None:
        """Fill in the outcome; what pytest printed is kept until all parts are done."""
        started = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.xml"
            command = [sys.executable, "-m", "tests.roomy", *self.arguments, f"--junitxml={report}"]
            done = subprocess.run(
                command,
                cwd=ROOT,
                env=os.environ | self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            self.output, self.returncode = done.stdout, done.returncode
            if report.exists():
                self._count(ElementTree.parse(report).getroot())  # noqa: S314 our own file
        self.seconds = time.monotonic() - started

    def _count(self, report: ElementTree.Element) -> None:
        for case in report.iter("testcase"):
            name = f"{case.get('classname')}::{case.get('name')}"
            skip = case.find("skipped")
            if case.find("failure") is not None or case.find("error") is not None:
                self.failed.add(name)
            elif skip is None:
                self.passed.add(name)
            elif skip.get("type") != "pytest.xfail":  # a known fault ran, and still stands
                self.skipped[name] = skip.get("message") or ""

    def summary(self) -> str:
        if self.cannot_run:
            return f"{self.name}: DID NOT RUN. {self.cannot_run}"
        counts = f"{len(self.passed)} passed, {len(self.failed)} failed"
        # A part can fail with no failed test: too little coverage, or nothing collected.
        verdict = "" if self.good or self.failed else f", but pytest ended with {self.returncode}"
        return f"{self.name}: {counts} in {self.seconds:.0f} s{verdict}"


def on_debian_as_root() -> bool:
    return shutil.which("apt-get") is not None and os.geteuid() == 0


def chromium() -> str:
    """Path of the browser, or nothing."""
    return next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), "")


def has_chinese_font() -> bool:
    if not shutil.which("fc-list"):
        return False
    listed = subprocess.run(["fc-list", ":lang=zh-cn"], capture_output=True, text=True)
    return bool(listed.stdout.strip())


def postgres_programs() -> Path | None:
    """The folder of initdb and pg_ctl, newest version first."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: -float(path.parts[4])
    )
    if on_path := shutil.which("initdb"):
        found.insert(0, Path(on_path).resolve())
    return found[0].parent if found else None


def install_missing() -> None:
    """On Debian as root, what the parts need from the system; elsewhere the parts will say so."""
    packages = [] if chromium() else ["chromium"]
    packages += [] if has_chinese_font() else ["fonts-noto-cjk"]
    # A developer's machine is not given a database server unasked; a CI machine is ours.
    if CI and not os.environ.get("TEST_POSTGRES_URL") and not postgres_programs():
        packages.append("postgresql")
    if not packages or not on_debian_as_root():
        return
    print(f"Installing {' '.join(packages)} ...", flush=True)
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-qq", "--yes", "--no-install-recommends", *packages]
    for command in (["apt-get", "update", "-qq"], install):
        subprocess.run(
            command,
            env=os.environ | quiet,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=False,
        )


def unprivileged() -> dict[str, object]:
    """Keyword arguments that let a subprocess run as someone else when we are root.

    PostgreSQL refuses to run as root.
    """
    if os.geteuid() != 0:
        return {}
    known = {user.pw_name for user in pwd.getpwall()}
    account = pwd.getpwnam("postgres" if "postgres" in known else "nobody")
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


@contextmanager
def throw_away_postgres(programs: Path) -> Iterator[str]:
    """The address of a fresh cluster that is gone afterwards; nothing in it survives a crash."""
    # /tmp, because the path of a Unix socket may not be longer than 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    who = unprivileged()
    if who:
        os.chown(folder, who["user"], who["group"])  # type: ignore[arg-type]

    def pg(program: str, *arguments: str) -> None:
        subprocess.run(
            [str(programs / program), *arguments],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=True,
            **who,  # type: ignore[call-overload]
        )

    options = f"-c listen_addresses='' -k {folder} -c fsync=off -c full_page_writes=off"
    data = str(folder / "data")
    try:
        pg("initdb", "--no-sync", "-A", "trust", "-U", "postgres", "-E", "UTF8", "-D", data)
        pg("pg_ctl", "start", "-w", "-s", "-D", data, "-l", str(folder / "log"), "-o", options)
        yield f"postgres://postgres@{str(folder).replace('/', '%2F')}/carebridge"
    finally:
        if (folder / "data/postmaster.pid").exists():
            pg("pg_ctl", "stop", "-s", "-m", "immediate", "-D", data)
        shutil.rmtree(folder, ignore_errors=True)


def run_on_postgres(postgres: Part) -> None:
    """On the server that TEST_POSTGRES_URL names, or on one of our own."""
    if url := os.environ.get("TEST_POSTGRES_URL"):
        postgres.environment["DATABASE_URL"] = url
        postgres.run()
        return
    programs = postgres_programs()
    if programs is None:
        postgres.cannot_run = (
            "Install PostgreSQL (Debian: apt-get install postgresql; macOS: brew install"
            " postgresql) or set TEST_POSTGRES_URL=postgres://user:password@host:5432/name."
        )
        return
    try:
        with throw_away_postgres(programs) as url:
            postgres.environment["DATABASE_URL"] = url
            postgres.run()
    except subprocess.CalledProcessError as error:
        postgres.cannot_run = f"A throw-away cluster could not be started: {error}"


def run_two_at_a_time(jobs: list[Callable[[], None]]) -> None:
    """In their order, longest first: three at once would starve the browser of its two cores."""
    with ThreadPoolExecutor(max_workers=2) as workers:
        for done in [workers.submit(job) for job in jobs]:
            done.result()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def missing_for_browser() -> str:
    needs = [] if chromium() else ["Chromium (Debian: apt-get install chromium)"]
    if not has_chinese_font():
        needs.append("a Chinese font (Debian: apt-get install fonts-noto-cjk fontconfig)")
    return f"Install {' and '.join(needs)}." if needs else ""


def never_ran(parts: list[Part]) -> dict[str, str]:
    """Tests skipped wherever they stood, with the reason given."""
    passed = set().union(*(part.passed for part in parts))
    skipped = {name: reason for part in parts for name, reason in part.skipped.items()}
    return {name: reason for name, reason in skipped.items() if name not in passed}


def report(parts: list[Part]) -> bool:
    """Print what came of it; whether all is well."""
    for part in parts:
        if part.output:
            print(f"\n===== {part.name} =====\n{part.output}")
    skipped = never_ran(parts)
    for name, reason in skipped.items():
        print(f"Skipped: {name}: {reason}")
    for part in parts:
        print(part.summary())
    missing = [part for part in parts if part.cannot_run]
    bad = [part for part in parts if not part.good and not part.cannot_run]
    if CI and (missing or skipped):
        print("CI=true: what did not run counts as failed.")
    unrun = len(missing) + len(skipped) if CI else 0
    failed = sum(max(len(part.failed), 1) for part in bad) + unrun
    print(f"{sum(len(part.passed) for part in parts)} passed, {failed} failed")
    return failed == 0


def coverage(full: bool) -> list[str]:
    """Arguments that have the branches measured and too few of them fail."""
    return ["--cov", "--cov-report=term"] if CI or full else []


def main() -> int:
    full = "--full" in sys.argv[1:]
    marks = ["-m", ""] if full else []
    install_missing()
    sqlite = Part(
        "SQLite",
        [*SUITE, *marks, *coverage(full)],
        {"DATABASE_URL": f"sqlite:///{ROOT / 'var/test.sqlite3'}"},
    )
    postgres = Part("PostgreSQL", [*SUITE, *marks])
    browser = Part("Browser", ["tests/browser", *marks], cannot_run=missing_for_browser())
    parts = [sqlite, postgres, browser]
    print("Running the suite on SQLite and PostgreSQL, and the browser tests ...", flush=True)
    run_two_at_a_time(
        [
            sqlite.run,
            (lambda: None) if browser.cannot_run else browser.run,
            lambda: run_on_postgres(postgres),
        ]
    )
    return 0 if report(parts) else 1


if __name__ == "__main__":
    sys.exit(main())
