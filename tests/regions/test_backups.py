"""What is backed up, wiped and restored is what was there: every row, every file."""

import json
import sqlite3
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections

from carebridge.lib.backups.fingerprint import differences, tables
from institutions.models import Institution


@pytest.fixture
def media(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    (settings.MEDIA_ROOT / "photos").mkdir(parents=True)
    (settings.MEDIA_ROOT / "photos/a.webp").write_bytes(b"a photo")
    return settings.MEDIA_ROOT


@pytest.fixture
def folder(own_database, media, tmp_path) -> Path:
    call_command("backup", tmp_path / "backup", stdout=StringIO())
    return tmp_path / "backup"


def run(command: str, *arguments: object) -> str:
    out = StringIO()
    call_command(command, *arguments, stdout=out)
    return out.getvalue()


def wipe() -> None:
    if connection.vendor == "sqlite":
        empty = sqlite3.connect(":memory:")
        connection.ensure_connection()
        empty.backup(connection.connection)
    else:
        connection.cursor().execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")


def test_backup_wipe_restore(folder, media):
    """Row counts and checksums of every table are equal, and so are the files."""
    before = tables(connections["default"])
    assert before["institutions_institution"]["rows"] == Institution.objects.count() > 100
    assert "备份可以恢复" in run("verify_backup", folder)
    wipe()
    (media / "photos/a.webp").unlink()
    (media / "photos/b.webp").write_bytes(b"not of the backup")
    assert connection.introspection.table_names() == []
    said = run("restore", folder)
    assert f"{len(before)} 张表" in said
    assert (
        tables(connections["default"])
        == before
        == json.loads((folder / "manifest.json").read_text())["tables"]
    )
    assert [path.name for path in (media / "photos").iterdir()] == ["a.webp"]
    assert (media / "photos/a.webp").read_bytes() == b"a photo"
    with pytest.raises(CommandError, match="--replace"):
        run("restore", folder)
    call_command("check", databases=["default"], fail_level="WARNING", stderr=StringIO())


@pytest.mark.full
def test_a_database_with_data_is_replaced_when_told(folder):
    Institution.objects.filter(is_demo=True).first().delete()
    run("restore", folder, "--replace")
    told = json.loads((folder / "manifest.json").read_text())["tables"]
    assert Institution.objects.count() == told["institutions_institution"]["rows"]


def change(folder: Path, **told: object) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | told))


def test_what_is_no_whole_backup_of_this_site_is_refused(folder):
    """Nothing of the database is touched before the backup is known to be good."""
    before = tables(connections["default"])
    with pytest.raises(CommandError, match="已经存在"):
        run("backup", folder)
    other = before | {"regions_region": before["regions_region"] | {"checksum": "0"}}
    change(folder, tables=other)
    with pytest.raises(CommandError, match="regions_region：行数一样，内容不一样"):
        run("verify_backup", folder)
    change(folder, vendor="oracle")
    with pytest.raises(CommandError, match="这份备份来自 oracle"):
        run("restore", folder, "--replace")
    (folder / "media.tar").write_bytes(b"")
    with pytest.raises(CommandError, match=r"不一样：media\.tar"):
        run("restore", folder, "--replace")
    (folder / "media.tar").unlink()
    with pytest.raises(CommandError, match="不是完整的备份"):
        run("restore", folder, "--replace")
    assert tables(connections["default"]) == before


def test_differences_are_told_table_by_table():
    one = {"a": {"rows": 1, "checksum": "x"}, "b": {"rows": 1, "checksum": "x"}}
    two = {"a": {"rows": 2, "checksum": "x"}, "c": {"rows": 1, "checksum": "x"}}
    assert differences(one, one) == []
    assert differences(one, two) == ["a：应有 1 行，实有 2 行", "b：没有这张表", "c：多出来的表"]


@pytest.mark.django_db
def test_one_value_changes_the_checksum_of_its_table_only():
    before = tables(connection)
    Institution.objects.filter(pk=Institution.objects.first().pk).update(name="改了")
    changed = {name for name, table in tables(connection).items() if table != before[name]}
    assert changed == {"institutions_institution"}
