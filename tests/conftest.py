"""The whole suite runs on the shipped fixtures, loaded once, on one frozen day."""

import datetime
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import time_machine
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections
from django.template.backends.jinja2 import Template as Jinja2Template
from django.test.signals import template_rendered
from django.test.utils import setup_databases, teardown_databases

TODAY = datetime.date(2026, 11, 22)


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_modify_db_settings: None,
    django_db_blocker,
    django_db_keepdb: bool,
    django_db_createdb: bool,
) -> Iterator[None]:
    """The test database with every fixture in it; tests roll back what they add.

    pytest-django's own makes none where no test is marked, and those with `own_database` are not.
    """
    keepdb = django_db_keepdb and not django_db_createdb
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False, keepdb=keepdb)
        with time_machine.travel(TODAY, tick=False):
            call_command("load_fixtures", verbosity=0)
    yield
    if not keepdb:
        with django_db_blocker.unblock():
            teardown_databases(made, verbosity=0)


@pytest.fixture(autouse=True)
def _frozen_day(request: pytest.FixtureRequest) -> Iterator[None]:
    if "browser" in request.node.nodeid:
        yield
        return
    with time_machine.travel(datetime.datetime(2026, 11, 22, 4, tzinfo=datetime.UTC), tick=False):
        yield


@pytest.fixture(autouse=True)
def _static_files_as_they_lie(settings) -> None:
    """Nobody has run collectstatic for the tests, so there is no manifest of hashed names."""
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }


@pytest.fixture(autouse=True)
def _templates_are_seen(monkeypatch) -> None:
    """Jinja2 sends no signal, by which `response.context` and `assertTemplateUsed` know a page."""
    render = Jinja2Template.render

    def render_seen(template: Jinja2Template, context=None, request=None) -> str:
        seen = SimpleNamespace(name=template.template.name)
        template_rendered.send(sender=Jinja2Template, template=seen, context=context or {})
        return render(template, context, request)

    monkeypatch.setattr(Jinja2Template, "render", render_seen)


@pytest.fixture(autouse=True)
def _bitmaps_load_at_once(monkeypatch) -> None:
    """A thread has a connection of its own, which sees nothing of a test's transaction."""
    monkeypatch.setattr("institutions.search.memory.snapshot.index._start", lambda work: work())


@pytest.fixture(autouse=True)
def _nothing_is_kept() -> None:
    """What another test looked at must not spare this one a query."""
    from institutions.search.memory import snapshot as bitmap_index
    from institutions.search.memory.card_rows import CardRows

    for seen in bitmap_index.index._of.values():
        seen.bitmaps.card_rows = CardRows()
        seen.bitmaps._kept.cache_clear()
        seen.bitmaps._held.clear()
        seen.bitmaps.first_holding.cache_clear()


@pytest.fixture(autouse=True)
def _no_copies(settings) -> None:
    """A page of a test must not be what a site running from this checkout falls back to."""
    settings.COPIES = 0


@pytest.fixture
def empty_cache() -> Iterator[None]:
    """For what is counted in the cache: nothing is there before, nothing stays."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def _quick_passwords(settings) -> None:
    """The slowness of the shipped hash protects real passwords; tests have none."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _nobody_asks_too_often(settings, monkeypatch) -> None:
    """The clock stands still, so the minutes in which tests may ask would never end."""
    settings.API_PER_MINUTE = 0
    monkeypatch.setattr("carebridge.middleware.doors.PAUSE", 0)
    settings.PASSWORDS_IN_TEN_MINUTES = settings.WRONG_PASSWORDS_IN_TEN_MINUTES = 0


@pytest.fixture(autouse=True)
def _files_may_lie_unread(settings) -> None:
    """A file that a test does not read to its end is one on the way."""
    settings.DOWNLOADS_AT_ONCE = 0


@pytest.fixture
def today() -> datetime.date:
    return TODAY


@pytest.fixture
def own_database(django_db_setup: None, django_db_blocker, tmp_path: Path) -> Iterator[None]:
    """A copy of the test database that threads may write to, each by a connection of its own.

    Tests on SQLite live in memory, where threads share one cache and cannot wait for each other;
    and a test that commits would leave its rows, or a flushed database, to those after it.
    """
    with django_db_blocker.unblock():
        settings, before = connections.settings["default"], connections["default"]
        name, copy = settings["NAME"], str(tmp_path / "copy.sqlite3")
        if before.vendor == "sqlite":
            before.cursor().execute("VACUUM INTO %s", [copy])
        else:
            copy = f"{name}_copy"
            before.close()
            with before._nodb_cursor() as cursor:
                cursor.execute(f'DROP DATABASE IF EXISTS "{copy}"')
                cursor.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{name}"')
        settings["NAME"] = copy
        connections["default"] = connections.create_connection("default")
        yield
        connections["default"].close()
        connections["default"], settings["NAME"] = before, name
        if before.vendor != "sqlite":
            with before._nodb_cursor() as cursor:
                cursor.execute(f'DROP DATABASE "{copy}"')
