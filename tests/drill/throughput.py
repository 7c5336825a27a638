"""Requests a second and the slowest of a hundred, page by page: `python -m tests.drill.throughput`.

The site with the shipped homes on a database of its own, or of DATABASE_URL, gunicorn with two
workers, and wrk (Debian: apt-get install wrk) with eight connections on the same cores.
"""

import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.run import ROOT, free_port

from .constant import PATH as CONSTANT
from .load import ELDER

PAGES = {
    "a page from constants": CONSTANT,
    "results": "/institutions/",
    "results of a search": "/institutions/?q=%E5%85%BB%E8%80%81&ownership=private",
    "results by what a month costs this elder": f"/institutions/?sort=net&{ELDER}",
    "an institution": "/institutions/{home}/",
    "an institution with what a month costs": f"/institutions/{{home}}/?{ELDER}",
    "API: institutions": "/api/v1/institutions",
    "API: one institution": "/api/v1/institutions/{home}",
    "API: estimate": f"/api/v1/estimate?home={{home}}&{ELDER}",
}
CONNECTIONS, SECONDS = 8, 10
RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
TAIL = re.compile(r"^\s+99%\s+([\d.]+)(us|ms|s)$", re.M)
MEDIAN = re.compile(r"^\s+50%\s+([\d.]+)(us|ms|s)$", re.M)
BAD = re.compile(r"Non-2xx or 3xx responses: (\d+)|Socket errors: (.*)")
IN_MS = {"us": 0.001, "ms": 1, "s": 1000}


def milliseconds(found: re.Match[str] | None) -> float:
    return float(found[1]) * IN_MS[found[2]] if found else float("nan")


def measure(address: str) -> str:
    """The cells of one row: requests a second, median, 99 %, and what was no page."""
    # A connection that is kept stays with one worker, and eight of them may all be with the same.
    each_anew = ["-H", "Connection: close"]
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency", *each_anew, address]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate = RATE.search(said)
    bad = BAD.search(said)
    return (
        f"{float(rate[1]) if rate else 0:.0f} | {milliseconds(MEDIAN.search(said)):.0f}"
        f" | {milliseconds(TAIL.search(said)):.0f} | {bad[0] if bad else 'none'}"
    )


def main() -> None:
    if not shutil.which("wrk"):
        sys.exit("wrk is not installed (Debian: apt-get install wrk).")
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        environment = os.environ | {
            "DATABASE_URL": os.environ.get("DATABASE_URL") or f"sqlite:///{folder}/site.sqlite3",
            "DEBUG": "false",
            "HTTPS": "false",
            "COPIES": "0",
            "API_PER_MINUTE": "0",
            "LOG_LEVEL": "WARNING",
            "ALLOWED_HOSTS": "127.0.0.1",
            "DJANGO_SETTINGS_MODULE": "carebridge.settings",
            "SECRET_KEY": secrets.token_urlsafe(60),
        }
        for command in (["migrate"], ["load_fixtures"], ["collectstatic", "--noinput"]):
            start = [sys.executable, "manage.py", *command, "--verbosity", "0"]
            subprocess.run(start, cwd=ROOT, env=environment, check=True)
        gunicorn = [sys.executable, "-m", "gunicorn", "tests.drill.constant:application"]
        with (Path(folder) / "web.log").open("w") as log:
            web = subprocess.Popen(
                [*gunicorn, "--bind", f"127.0.0.1:{port}"],
                cwd=ROOT, env=environment, stdout=log, stderr=log,
            )  # fmt: skip
        time.sleep(10)
        print("| Page | Requests a second | Median, ms | 99 %, ms | Faults |")
        print("|---|---:|---:|---:|---|")
        for name, path in PAGES.items():
            address = f"http://127.0.0.1:{port}{path.format(home=1)}"
            subprocess.run(["wrk", "-t1", "-c8", "-d2s", address], stdout=subprocess.DEVNULL)
            print(f"| {name} | {measure(address)} |", flush=True)
        web.terminate()
        web.wait(30)


if __name__ == "__main__":
    main()
