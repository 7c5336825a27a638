"""The whole suite runs on the shipped fixtures, loaded once, on one frozen day."""

import datetime
from collections.abc import Iterator

import pytest
import time_machine
from django.core.management import call_command

TODAY = datetime.date(2026, 11, 22)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker) -> None:
    """The test database with every fixture in it; tests roll back what they add."""
    with django_db_blocker.unblock(), time_machine.travel(TODAY, tick=False):
        call_command("load_fixtures", verbosity=0)


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


@pytest.fixture
def today() -> datetime.date:
    return TODAY
