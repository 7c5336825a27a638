"""A real server, a real browser, and a page that fails its test on anything out of order."""

import os
import secrets
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
    Response,
    expect,
    sync_playwright,
)

from tests.run import ROOT, chromium, free_port

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
NARROWEST = {"width": 320, "height": 640}
# How the site can look, as the cookies that the 显示 form sets.
MODES: dict[str, dict[str, str]] = {
    "normal": {},
    "elder": {"mode": "elder"},
    "dark": {"theme": "dark"},
    "high": {"contrast": "high"},
}
# The browser must not talk to its maker, or "no other host" would be about the browser.
QUIET = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--no-pings",
]
START_UP_SECONDS = 180
# Playwright waits five seconds for what a page should say; a machine with other work needs more.
expect.set_options(timeout=30_000)


@dataclass(frozen=True)
class Site:
    """The running server and the database behind it."""

    url: str
    database: Path

    def ask(self, sql: str) -> list[tuple]:
        """Rows straight from the database; tests only look, they never write."""
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True) as connection:
            return connection.execute(sql).fetchall()


def wait_for(port: int, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + START_UP_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            return
        except OSError:
            time.sleep(0.2)
    process.kill()
    pytest.fail(f"The server did not start:\n{log.read_text()}", pytrace=False)


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site as production serves it: gunicorn, no debug pages, the strict security policy."""
    folder = tmp_path_factory.mktemp("site")
    port = free_port()
    found = Site(f"http://127.0.0.1:{port}", folder / "site.sqlite3")
    environment = {k: v for k, v in os.environ.items() if k not in {"HTTPS", "ALLOWED_HOSTS"}} | {
        "DATABASE_URL": f"sqlite:///{found.database}",
        "DEBUG": "false",
        "DJANGO_SETTINGS_MODULE": "carebridge.settings",
        "SECRET_KEY": secrets.token_urlsafe(60),
    }
    log = folder / "server.log"
    command = [sys.executable, "-m", "tests.browser.server", str(port), str(folder / "static")]
    with log.open("w") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    wait_for(port, process, log)
    yield found
    process.terminate()
    process.wait(timeout=30)
    assert "Traceback" not in (said := log.read_text()), said


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    path = chromium()
    if not path:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    browser = playwright.chromium.launch(executable_path=path, args=QUIET)
    yield browser
    browser.close()


@dataclass
class Watch:
    """Collects what must not happen while a test looks at pages."""

    home: str
    faults: list[str] = field(default_factory=list)
    # Statuses the test means to see; Chromium reports each as a console error as well.
    expected: set[int] = field(default_factory=set)

    def follow(self, page: Page) -> None:
        page.on("console", self.on_console)
        page.on("pageerror", lambda error: self.faults.append(f"script error: {error}"))
        page.on("request", self.on_request)
        page.on("requestfailed", self.on_failed)
        page.on("response", self.on_response)

    def on_console(self, message: ConsoleMessage) -> None:
        meant = any(f"status of {status} " in message.text for status in self.expected)
        if message.type in {"error", "warning"} and not meant:
            self.faults.append(f"console {message.type}: {message.text}")

    def on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme != "data" and f"{parts.scheme}://{parts.netloc}" != self.home:
            self.faults.append(f"request to another host: {request.url}")

    def on_failed(self, request: Request) -> None:
        # Leaving a page breaks off what it was still loading.
        if request.failure != "net::ERR_ABORTED":
            self.faults.append(f"failed request: {request.url} {request.failure}")

    def on_response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.faults.append(f"{response.status}: {response.url}")


@pytest.fixture
def watch(site: Site) -> Iterator[Watch]:
    watch = Watch(site.url)
    yield watch
    assert watch.faults == []


OpenPage = Callable[..., Page]


def new_reader(
    browser: Browser, site: Site, mode: str = "normal", viewport=DESKTOP, scripts: bool = True
) -> BrowserContext:
    """Somebody who has chosen a mode and was never here before: no cache, no other cookies."""
    context = browser.new_context(
        base_url=site.url,
        viewport=viewport,
        java_script_enabled=scripts,
        locale="zh-CN",
        color_scheme="light",
        reduced_motion="reduce",
    )
    cookies = [{"name": k, "value": v, "url": site.url} for k, v in MODES[mode].items()]
    context.add_cookies(cookies)  # type: ignore[arg-type]
    context.set_default_timeout(30_000)
    return context


@pytest.fixture
def open_page(site: Site, browser: Browser, watch: Watch) -> Iterator[OpenPage]:
    """open_page(path="/institutions/", mode="elder", viewport=PHONE, scripts=False) -> Page."""
    contexts: list[BrowserContext] = []

    def opened(path: str, mode: str = "normal", viewport=DESKTOP, scripts: bool = True) -> Page:
        context = new_reader(browser, site, mode, viewport, scripts)
        contexts.append(context)
        page = context.new_page()
        watch.follow(page)
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="package")
def full_demo(site: Site) -> int:
    """The demo institution with the most rows of every kind."""
    return most_told(site, is_demo=True, order="DESC")


@pytest.fixture(scope="package")
def bare_real(site: Site) -> int:
    """The named institution of which the least is known."""
    return most_told(site, is_demo=False, order="ASC")


def most_told(site: Site, is_demo: bool, order: str) -> int:
    parts = ["bed", "fee", "medicallink", "rating", "qualityrecord", "stafffigure", "provenance"]
    kinds = "+".join(
        f"EXISTS(SELECT 1 FROM institutions_{part} p WHERE p.institution_id = i.id)"  # noqa: S608
        for part in parts
    )
    rows = site.ask(  # nothing in it comes from outside
        f"SELECT i.id FROM institutions_institution i WHERE i.is_demo = {int(is_demo)}"  # noqa: S608
        f" AND i.stage = 'published' ORDER BY {kinds} {order}, i.id LIMIT 1"
    )
    assert rows, "the fixtures hold no such institution"
    return rows[0][0]
