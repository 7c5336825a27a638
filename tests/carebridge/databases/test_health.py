"""What machines are told that ask whether the site runs and whether all is there."""

import pytest
from django.core.cache import cache
from django.db import OperationalError, connections

from carebridge.databases import health


def test_a_process_answers_without_a_database(client, settings) -> None:
    """No database is allowed here, the host is not ours, and HTTPS is not asked for."""
    answer = client.get("/healthz", headers={"host": "10.0.0.7"})
    assert answer.json() == {"ok": True, "problems": [], "version": settings.VERSION}
    assert answer.headers["Cache-Control"] == "no-store"
    assert client.head("/healthz").status_code == 200
    assert client.post("/healthz").status_code == 404


@pytest.mark.django_db
def test_all_is_there(client, settings) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (
        200,
        {"ok": True, "problems": [], "version": settings.VERSION},
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        (("search_index.missing", lambda connection: ["x"]), "search index not complete"),
        (("_is_migrated", lambda alias: False), "migrations not applied"),
    ],
)
def test_what_is_missing_is_named(client, monkeypatch, broken, problem) -> None:
    monkeypatch.setattr(f"carebridge.databases.health.{broken[0]}", broken[1])
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["problems"] == [f"database default: {problem}"]


def test_nothing_answers(client, monkeypatch) -> None:
    def fails(*args, **more):
        raise OperationalError('connection to "db.internal" failed for user "carebridge"')

    monkeypatch.setattr(connections["default"], "cursor", fails)
    monkeypatch.setattr(cache, "set", fails)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["problems"] == [
        "database default: does not answer",
        "cache: does not keep what it is given",
    ]


@pytest.mark.django_db
def test_a_migration_that_is_due_is_noticed(monkeypatch) -> None:
    monkeypatch.setattr(health, "_migrated", set())
    plan = "django.db.migrations.executor.MigrationExecutor.migration_plan"
    with monkeypatch.context() as patched:
        patched.setattr(plan, lambda self, targets: ["0099"])
        assert not health._is_migrated("default")
    assert health._is_migrated("default")
