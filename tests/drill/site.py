"""The site as gunicorn serves it, on a database of its own, for what only a real server shows."""

import contextlib
import http.client
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PREPARE = (["migrate"], ["load_fixtures"], ["collectstatic", "--noinput"])
SLOWEST_START = 60  # seconds


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def served(prepare: tuple[list[str], ...] = PREPARE, **variables: str) -> Iterator[int]:
    """Serve from a new SQLite file, or the empty database of `DATABASE_URL`; yield the port."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        environment = {
            **os.environ,
            "DATABASE_URL": os.environ.get("DRILL_URL") or f"sqlite:///{folder}/site.sqlite3",
            "DEBUG": "false",
            "HTTPS": "false",
            "PROXIES": "1",
            "COPIES": "0",
            "ALLOWED_HOSTS": "127.0.0.1",
            "DJANGO_SETTINGS_MODULE": "carebridge.settings",
            "SECRET_KEY": secrets.token_urlsafe(60),
            **variables,
        }
        for command in prepare:
            start = [sys.executable, "manage.py", *command, "--verbosity", "0"]
            subprocess.run(start, cwd=ROOT, env=environment, check=True)
        with (Path(folder) / "web.log").open("w") as log:
            command = [sys.executable, "-m", "gunicorn", "carebridge.wsgi"]
            web = subprocess.Popen(
                [*command, "--bind", f"127.0.0.1:{port}"],
                cwd=ROOT, env=environment, stdout=log, stderr=log,
            )  # fmt: skip
        try:
            _wait_for(port)
            yield port
        finally:
            web.terminate()
            web.wait(60)


def _wait_for(port: int) -> None:
    until = time.monotonic() + SLOWEST_START
    while time.monotonic() < until:
        asking = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        with contextlib.closing(asking), contextlib.suppress(OSError, http.client.HTTPException):
            asking.request("GET", "/healthz")
            if asking.getresponse().status == 200:
                return
        time.sleep(0.2)
    raise TimeoutError("the site did not start")
