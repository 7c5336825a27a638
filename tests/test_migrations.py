"""The migrations say what the models say, and go all the way up and down."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, models

from institutions.models import Bed

# makemigrations asks the database whether the history is consistent.
pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parent.parent


def test_no_migration_is_missing(capsys: pytest.CaptureFixture[str]):
    call_command("makemigrations", check=True, dry_run=True)
    assert "No changes detected" in capsys.readouterr().out


def test_a_changed_field_is_noticed(monkeypatch: pytest.MonkeyPatch):
    field = Bed._meta.get_field("as_of")
    assert isinstance(field, models.DateField)
    monkeypatch.setattr(field, "null", False)
    with pytest.raises(SystemExit):
        call_command("makemigrations", check=True, dry_run=True, interactive=False, verbosity=0)


@pytest.fixture
def empty_database(tmp_path: Path) -> Iterator[str]:
    """The address of an empty database beside the one under test, of the same kind."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite3'}"
        return
    server = settings.DATABASES["default"]
    name = f"{connection.settings_dict['NAME']}_migrations"
    login = {
        "host": server["HOST"],
        "port": server["PORT"],
        "user": server["USER"],
        "password": server["PASSWORD"],
    }
    admin = psycopg2.connect(dbname="postgres", **{k: v for k, v in login.items() if v})
    admin.autocommit = True
    with admin.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(f'CREATE DATABASE "{name}"')
        yield address(login, name)
        cursor.execute(f'DROP DATABASE "{name}"')
    admin.close()


def address(login: dict[str, str], name: str) -> str:
    """postgres://user:password@host:port/name, with what is not given left out."""
    user = f"{login['user']}:{login['password']}" if login["password"] else login["user"]
    host = str(login["host"]).replace("/", "%2F")
    return f"postgres://{user}@{host}{':' if login['port'] else ''}{login['port']}/{name}"


def test_migrations_go_up_and_down(empty_database: str):
    environment = os.environ | {"DATABASE_URL": empty_database}
    up_and_down = (
        "import django; django.setup()\n"
        "from django.core.management import call_command\n"
        "from django.db import connection\n"
        "call_command('migrate', verbosity=0)\n"
        "assert 'institutions_institution' in connection.introspection.table_names()\n"
        "call_command('migrate', 'institutions', 'zero', verbosity=0)\n"
        "call_command('migrate', 'regions', 'zero', verbosity=0)\n"
        "left = connection.introspection.table_names()\n"
        "assert not [t for t in left if t.startswith(('institutions_', 'regions_'))], left\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", up_and_down],
        cwd=ROOT,
        env=environment | {"DJANGO_SETTINGS_MODULE": "carebridge.settings"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
