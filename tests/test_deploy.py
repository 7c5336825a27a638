"""What `deploy/` says is so: commands, folders, variables exist; a reload drops no request."""

import json
import os
import re
import runpy
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from tests.test_docs import management_commands, variables_read

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
# A page that takes its time: requests are always under way.
APPLICATION = """
import os, time
def application(environ, start_response):
    time.sleep(0.1)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
"""


def test_units_run_commands_that_exist():
    units = "".join(path.read_text() for path in DEPLOY.glob("systemd/*.service"))
    named = set(re.findall(r"manage\.py (\w+)", units))
    assert {"refresh_listings", "purge_contacts", "snapshot", "backup", "verify_backup"} <= named
    assert named <= management_commands()
    services = {path.stem for path in DEPLOY.glob("systemd/*.service")}
    by_hand = {"carebridge", "carebridge-release"}
    assert {path.stem for path in DEPLOY.glob("systemd/*.timer")} == services - by_hand


@pytest.mark.parametrize("path", ["deploy/nginx.conf", "docs/deployment.md"])
def test_nginx_logs_neither_queries_nor_addresses(path):
    """What it logs below `alert` quotes the request: seen of a visitor who is made to wait."""
    text = (ROOT / path).read_text()
    [said] = re.findall(r"log_format .*;", text)
    assert not re.search(r"\$(request(_uri)?|args|query_string|remote_addr|http_\w+)\b", said)
    assert re.findall(r"error_log \S+ (\w+);", text) == ["alert"]


def test_the_image_is_made_of_what_is_there():
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    copied = [name for line in lines if re.match("COPY [a-z]", line) for name in line.split()[1:-1]]
    assert {"carebridge", "fixtures", "requirements.txt"} <= set(copied)
    assert [name for name in copied if not (ROOT / name).exists()] == []
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if "!" in line}
    assert set(copied) == let_in
    assert "USER carebridge" in lines


def test_compose_sets_variables_that_are_read():
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    assert set(services) == {"release", "web", "primary", "replica", "redis", "nginx"}
    assert set(services["web"]["environment"]) <= variables_read()
    told = re.findall(r"^([A-Z_]+)=", (DEPLOY / "compose.env.example").read_text(), re.M)
    asked = re.findall(r"(?<!\$)\$\{([A-Z_]+)", (DEPLOY / "compose.yaml").read_text())
    assert set(told) == set(asked)


# What each command writes that must outlive the container, beside the database.
WRITTEN = {
    "gunicorn": {"media"},
    "migrate": {"backups"},
    "load_fixtures": set(),
    "backup": {"backups"},
    "restore": {"media"},
    "snapshot": {"snapshots"},
    "import_institutions": set(),
    "refresh_listings": set(),
}


def unkept(compose: dict, dockerfile: str) -> list[str]:
    """What services of the site write outside of a volume, or into one that is not theirs."""
    found = []
    for name, service in compose["services"].items():
        if service.get("image") != "carebridge":
            continue
        command = " ".join(service.get("command", ["gunicorn"]))
        said = re.findall(r"manage\.py (\w+)|(gunicorn)", command)
        folders = {folder for one in said for folder in WRITTEN["".join(one)]}
        volumes = dict(reversed(one.split(":")[:2]) for one in service.get("volumes", ()))
        for folder in sorted(folders):
            place = f"/srv/carebridge/var/{folder}"
            if volumes.get(place) not in compose["volumes"]:
                found.append(f"{name}: {place} is in no volume")
            if not re.search(rf"mkdir .*\bvar/{folder}\b", dockerfile):
                found.append(f"{name}: {place} would be root's")
    return found


def test_what_a_container_writes_outlives_it():
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    assert unkept(compose, dockerfile) == []
    assert len(unkept(compose, "")) == 2
    for service in compose["services"].values():
        service.pop("volumes", None)
    assert len(unkept(compose, dockerfile)) == 2


def test_photos_can_be_read_by_the_proxy_under_the_umask_of_the_units(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    before = os.umask(0o077)
    try:
        name = default_storage.save("photos/11/one.jpg", ContentFile(b"x"))
    finally:
        os.umask(before)
    file = settings.MEDIA_ROOT / name
    modes = [path.stat().st_mode & 0o777 for path in (file, *list(file.parents)[:3])]
    assert modes == [0o644, 0o755, 0o755, 0o755]


@pytest.mark.parametrize(
    ("command", "mode"), [("backup", "0o77"), ("migrate", "0o77"), ("snapshot", "0o22")]
)
def test_what_a_command_writes_is_its_owners_alone(command, mode, monkeypatch):
    """But for snapshots, which the proxy hands out: there the unit says who may read."""
    script = (
        "import os, sys, runpy, django.core.management as m;"
        "os.umask(0o022);"
        "m.execute_from_command_line = lambda argv: print(oct(os.umask(0)));"
        f"sys.argv = ['manage.py', '{command}'];"
        "runpy.run_path('manage.py', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == mode
    monkeypatch.setattr(os, "environ", {})
    assert runpy.run_path(str(ROOT / "gunicorn.conf.py"))["umask"] == 0o077


@pytest.mark.parametrize(
    ("told", "options"),
    [
        ({}, "-c statement_timeout=30s -c lock_timeout=10s"),
        ({"PGOPTIONS": "-c statement_timeout=5s"}, "-c statement_timeout=5s"),
        ({"PGBOUNCER": "true"}, None),
    ],
)
def test_no_query_of_a_worker_takes_for_ever(told, options, monkeypatch):
    monkeypatch.setattr(os, "environ", told)
    runpy.run_path(str(ROOT / "gunicorn.conf.py"))
    assert told.get("PGOPTIONS") == options


@pytest.mark.full
def test_a_reload_drops_no_request(tmp_path):
    """Three reloads under load; every request is answered, in the end by new workers."""
    (tmp_path / "slow.py").write_text(APPLICATION)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "slow:application", "--bind", f"127.0.0.1:{port}"]
    server = subprocess.Popen(
        [*command, "--config", str(ROOT / "gunicorn.conf.py"), "--pythonpath", str(tmp_path)],
        cwd=ROOT, env=os.environ | {"DJANGO_SETTINGS_MODULE": "carebridge.settings"},
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip

    def ask(_: object = None) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as answer:
            return answer.read().decode()

    def ask_for_a_while(seconds: float) -> list[str]:
        until, found = time.perf_counter() + seconds, []
        while time.perf_counter() < until:
            found.append(ask())
        return found

    try:
        for _ in range(100):
            try:
                before = ask()
                break
            except OSError:
                time.sleep(0.1)
        with ThreadPoolExecutor(8) as readers:
            under_way = [readers.submit(ask_for_a_while, 6) for _ in range(8)]
            for _ in range(3):
                time.sleep(1.5)
                server.send_signal(signal.SIGHUP)
            answers = [pid for done in under_way for pid in done.result()]
        assert len(answers) > 50
        assert len(set(answers)) >= 4
        assert ask() != before
        os.kill(int(ask()), signal.SIGKILL)
        time.sleep(1)
        assert ask()
    finally:
        server.terminate()
        told = server.communicate(timeout=40)[1].splitlines()
    assert server.returncode == 0
    assert "SIGKILL" in json.loads(told[0])["message"]
    assert {json.loads(line)["logger"] for line in told} == {"gunicorn.error"}
