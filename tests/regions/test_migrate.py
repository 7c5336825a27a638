"""A migration of a database that holds data makes a backup first, and says where."""

import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder

from carebridge.lib.backups import backup as backups
from institutions.models import Institution


@pytest.fixture
def var(own_database, settings, tmp_path) -> Path:
    settings.VAR_DIR, settings.MEDIA_ROOT = tmp_path / "var", tmp_path / "media"
    return settings.VAR_DIR


def migrate(*arguments: str, **options: object) -> str:
    out = StringIO()
    call_command("migrate", *arguments, verbosity=0, stdout=out, **options)
    return out.getvalue()


def make_due() -> None:
    """Forget that the last migration of corrections' submissions was made, and undo it."""
    migrate("institutions", "0016")


def test_a_migration_is_backed_up_first(var):
    make_due()
    for old in (var / "backups").iterdir():
        old.rename(var / f"old-{old.name}")
    said = migrate()
    folder = Path(re.search(r"先备份到 (\S+)（", said)[1])
    assert [*(var / "backups").iterdir()] == [folder]
    assert folder.stat().st_mode & 0o077 == 0
    assert (
        backups.verify_backup(folder)["institutions_institution"]["rows"]
        == Institution.objects.count()
    )


def test_nothing_to_do_makes_no_backup(var):
    assert migrate() == ""
    migrate(plan=True)
    assert not var.exists()


def test_the_file_is_its_owners_alone(var):
    connection = connections["default"]
    if connection.vendor != "sqlite":
        pytest.skip("the files of PostgreSQL are its own")
    file = Path(connection.settings_dict["NAME"])
    file.chmod(0o644)
    migrate()
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_failed_backup_stops_the_migration(var):
    make_due()
    var.rename(var.with_name("gone"))
    var.write_text("a file where the folder should be")
    with pytest.raises(CommandError, match="备份没有成功，没有升级"):
        migrate()
    applied = MigrationRecorder(connections["default"]).applied_migrations()
    assert ("institutions", "0017_sheet_import_worksheets") not in applied
