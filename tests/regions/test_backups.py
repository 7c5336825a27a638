"""What is backed up, wiped and restored is what was there: every row, every file."""

import errno
import hashlib
import json
import os
import sqlite3
import tarfile
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, connections
from django.db.backends.utils import CursorWrapper

from carebridge.lib.backups.dumps import named_beside
from carebridge.lib.backups.fingerprint import differences, fingerprint_tables
from institutions.models import Institution


@pytest.fixture
def media(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    (settings.MEDIA_ROOT / "photos").mkdir(parents=True)
    (settings.MEDIA_ROOT / "photos/a.webp").write_bytes(b"a photo")
    return settings.MEDIA_ROOT


@pytest.fixture
def folder(own_database, media, tmp_path) -> Iterator[Path]:
    call_command("backup", tmp_path / "backup", stdout=StringIO())
    yield tmp_path / "backup"
    if connections["default"].vendor == "postgresql":
        drop_databases_like("%\\_copy\\_%")


def drop_databases_like(pattern: str) -> None:
    with connections["default"]._nodb_cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [pattern])
        for (name,) in cursor.fetchall():
            cursor.execute(f'DROP DATABASE "{name}"')


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
    before = fingerprint_tables(connections["default"])
    assert before["institutions_institution"]["rows"] == Institution.objects.count() > 100
    assert "备份可以恢复" in run("verify_backup", folder)
    wipe()
    (media / "photos/a.webp").unlink()
    (media / "photos/b.webp").write_bytes(b"not of the backup")
    assert connection.introspection.table_names() == []
    said = run("restore", folder)
    assert f"{len(before)} 张表" in said
    assert (
        fingerprint_tables(connections["default"])
        == before
        == json.loads((folder / "manifest.json").read_text())["tables"]
    )
    assert [path.name for path in (media / "photos").iterdir()] == ["a.webp"]
    assert (media / "photos/a.webp").read_bytes() == b"a photo"
    with pytest.raises(CommandError, match="--replace"):
        run("restore", folder)
    call_command("check", databases=["default"], fail_level="WARNING", stderr=StringIO())


def test_a_database_with_data_is_replaced_when_told(folder):
    Institution.objects.filter(is_demo=True).first().delete()
    connections["default"].close()
    assert "原来的数据库没有删，放在" in run("restore", folder, "--replace")
    told = json.loads((folder / "manifest.json").read_text())["tables"]
    assert Institution.objects.count() == told["institutions_institution"]["rows"]


def header(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.write(b"no database here")


def middle(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.seek(file.stat().st_size // 2)
        opened.write(b"\xff" * 4096 * 50)


def second_page(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.seek(4096)
        opened.write(b"\xff" * 4096)


def cut(share: float) -> Callable[[Path], None]:
    return lambda file: os.truncate(file, int(file.stat().st_size * share))


DAMAGES = {
    "header": header,
    "a page in the middle": middle,
    "the second page": second_page,
    "cut to nothing": cut(0),
    "cut to half": cut(0.5),
    "one byte short": lambda file: os.truncate(file, file.stat().st_size - 1),
    "not there": Path.unlink,
}


def live_file() -> Path:
    if connections["default"].vendor != "sqlite":
        pytest.skip("the files of PostgreSQL are its own; its database can only be missing")
    connections["default"].close()
    return Path(connections["default"].settings_dict["NAME"])


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_database_is_replaced_by_its_backup(folder, damage):
    file = live_file()
    DAMAGES[damage](file)
    left = file.read_bytes() if file.exists() else b""
    file.with_name(f"{file.name}-wal").write_bytes(b"a journal of the damaged file")

    if left:
        with pytest.raises(CommandError, match="--replace"):
            run("restore", folder)
        assert file.read_bytes() == left
    said = run("restore", folder, "--replace")

    listed = json.loads((folder / "manifest.json").read_text())["tables"]
    assert fingerprint_tables(connections["default"]) == listed
    aside = [*file.parent.glob(f"{file.name}.before-*[0-9]")]
    assert [path.read_bytes() for path in aside] == ([left] if left else [])
    assert all(str(path) in said for path in aside)
    assert file.stat().st_mode & 0o077 == 0
    connections["default"].close()


@pytest.mark.parametrize("damage", [name for name in DAMAGES if name != "not there"])
def test_a_damaged_dump_with_a_right_checksum_changes_nothing(folder, media, damage):
    before = fingerprint_tables(connections["default"])
    DAMAGES[damage](folder / "database.dump")
    files = json.loads((folder / "manifest.json").read_text())["files"]
    digest = hashlib.sha256((folder / "database.dump").read_bytes()).hexdigest()
    change(folder, files=files | {"database.dump": digest})
    (media / "photos/b.webp").write_bytes(b"of today")
    connections["default"].close()

    with pytest.raises(CommandError):
        run("restore", folder, "--replace")
    assert fingerprint_tables(connections["default"]) == before
    assert (media / "photos/b.webp").read_bytes() == b"of today"
    beside = Path(connections["default"].settings_dict["NAME"])
    assert not [*beside.parent.glob(f"{beside.name}.restored*")]


def test_a_dump_that_is_not_what_its_list_says_changes_nothing(folder):
    before = fingerprint_tables(connections["default"])
    change(folder, tables=before | {"regions_region": {"rows": 1, "checksum": "0"}})
    connections["default"].close()
    with pytest.raises(CommandError, match="regions_region：应有 1 行"):
        run("restore", folder, "--replace")
    assert fingerprint_tables(connections["default"]) == before


def test_a_missing_database_of_postgresql_is_made(folder):
    connection = connections["default"]
    if connection.vendor != "postgresql":
        pytest.skip("a file that is not there is tried above")
    connection.close()
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{connection.settings_dict["NAME"]}"')
    run("restore", folder)
    listed = json.loads((folder / "manifest.json").read_text())["tables"]
    assert fingerprint_tables(connection) == listed


def change(folder: Path, **told: object) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | told))


def test_what_is_no_whole_backup_of_this_site_is_refused(folder):
    """Nothing of the database is touched before the backup is known to be good."""
    before = fingerprint_tables(connections["default"])
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
    assert fingerprint_tables(connections["default"]) == before


def test_differences_are_told_table_by_table():
    one = {"a": {"rows": 1, "checksum": "x"}, "b": {"rows": 1, "checksum": "x"}}
    two = {"a": {"rows": 2, "checksum": "x"}, "c": {"rows": 1, "checksum": "x"}}
    assert differences(one, one) == []
    assert differences(one, two) == ["a：应有 1 行，实有 2 行", "b：没有这张表", "c：多出来的表"]


@pytest.mark.django_db
def test_one_value_changes_the_checksum_of_its_table_only():
    before = fingerprint_tables(connection)
    Institution.objects.filter(pk=Institution.objects.first().pk).update(name="改了")
    changed = {
        name for name, table in fingerprint_tables(connection).items() if table != before[name]
    }
    assert changed == {"institutions_institution"}


# A swap that fails halfway


JOURNAL = b"rows that only the journal has"


def rows_of(file: Path) -> dict[str, bytes]:
    """The live database and its journals, as bytes; the index of the journal is made anew."""
    paths = [file.with_name(file.name + ending) for ending in ("", "-wal", "-journal")]
    return {path.name: path.read_bytes() for path in paths if path.exists()}


def names_of(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


class Nth:
    """A function of `os` that fails at its n-th call."""

    def __init__(self, real: Callable[..., object], number: int, code: int) -> None:
        self.real, self.number, self.code = real, number, code

    def __call__(self, *arguments: object, **named: object) -> object:
        self.number -= 1
        if self.number == 0:
            raise OSError(self.code, os.strerror(self.code), str(arguments[0]))
        return self.real(*arguments, **named)


@pytest.mark.parametrize(
    ("name", "number", "code"),
    [
        ("rename", 1, errno.EXDEV),
        ("rename", 2, errno.ENOSPC),
        ("rename", 3, errno.EBUSY),
        ("rename", 4, errno.EPERM),
        ("replace", 1, errno.EBUSY),
    ],
)
def test_a_swap_that_fails_halfway_loses_nothing(folder, media, monkeypatch, name, number, code):
    """Whatever rename fails: database, journal and files are as they were, or all are swapped."""
    connection = connections["default"]
    before, files = fingerprint_tables(connection), {"photos/b.webp", "photos/a.webp"}
    (media / "photos/b.webp").write_bytes(b"of today")
    connection.close()
    held = {}
    if connection.vendor == "sqlite":
        file = live_file()
        file.with_name(f"{file.name}-wal").write_bytes(JOURNAL)
        held = rows_of(file)
    with monkeypatch.context() as planted:
        planted.setattr(os, name, Nth(getattr(os, name), number, code))
        # PostgreSQL swaps by SQL: of its steps only the two for uploaded files are renames.
        fails = bool(held) or (name == "rename" and number < 3)
        with (
            pytest.raises(CommandError, match="没有换上备份，现有的数据")
            if fails
            else nullcontext()
        ):
            run("restore", folder, "--replace")
    if held:
        assert rows_of(file) == held
        file.with_name(f"{file.name}-wal").unlink()
    if fails:
        assert names_of(media) == files
    assert fingerprint_tables(connection) == before


def test_a_filesystem_without_links_is_enough(folder, monkeypatch):
    file = live_file()
    file.with_name(f"{file.name}-wal").write_bytes(JOURNAL)
    held = rows_of(file)
    monkeypatch.setattr(os, "link", Nth(os.link, 1, errno.EPERM))
    run("restore", folder, "--replace")
    aside = [path for path in file.parent.glob("*.before-*") if not path.name.endswith("-shm")]
    assert sorted(path.read_bytes() for path in aside) == sorted(held.values())
    assert {path.stat().st_mode & 0o777 for path in aside} == {0o600}
    connections["default"].close()


def test_a_second_rename_that_fails_puts_the_first_name_back(folder, media, monkeypatch):
    connection = connections["default"]
    if connection.vendor != "postgresql":
        pytest.skip("the files of SQLite are moved above")
    before, real = fingerprint_tables(connection), CursorWrapper.execute

    def execute(self, sql, params=None):
        if sql.startswith("ALTER DATABASE") and '_restored" RENAME' in sql:
            raise OperationalError("planted")
        return real(self, sql, params)

    connection.close()
    monkeypatch.setattr(CursorWrapper, "execute", execute)
    with pytest.raises(CommandError, match="现有的数据没有动"):
        run("restore", folder, "--replace")
    assert fingerprint_tables(connection) == before
    assert names_of(media) == {"photos/a.webp"}


def test_uploaded_files_are_put_aside_for_their_owner(folder, media):
    (media / "photos/b.webp").write_bytes(b"of today")
    connections["default"].close()
    said = run("restore", folder, "--replace")
    [aside] = media.glob(".restore-before-*")
    assert str(aside) in said
    assert aside.stat().st_mode & 0o777 == 0o700
    assert names_of(aside) == {"photos/a.webp", "photos/b.webp"}
    assert [path.name for path in (media / "photos").iterdir()] == ["a.webp"]
    run("backup", folder.with_name("another"))
    with tarfile.open(folder.with_name("another") / "media.tar") as archive:
        assert not [name for name in archive.getnames() if "restore" in name]
    connections["default"].close()


@pytest.mark.parametrize("content", [b"no archive", b"", b"\0" * 511])
def test_an_archive_that_cannot_be_read_changes_nothing(folder, media, content):
    before = fingerprint_tables(connections["default"])
    (folder / "media.tar").write_bytes(content)
    files = json.loads((folder / "manifest.json").read_text())["files"]
    change(folder, files=files | {"media.tar": hashlib.sha256(content).hexdigest()})
    connections["default"].close()
    with pytest.raises(CommandError, match="上传文件"):
        run("restore", folder, "--replace")
    assert fingerprint_tables(connections["default"]) == before
    assert names_of(media) == {"photos/a.webp"}


@pytest.mark.parametrize("content", ["[]", "{}", '{"files": []}', "null", "nonsense"])
def test_a_list_that_is_none_is_refused(folder, content):
    (folder / "manifest.json").write_text(content)
    for command in ("restore", "verify_backup"):
        with pytest.raises(CommandError, match="不是完整的备份"):
            run(command, folder)


def test_a_full_disk_is_said_in_plain_words(folder, media, monkeypatch, tmp_path):
    before = fingerprint_tables(connections["default"])
    connections["default"].close()
    full = OSError(errno.ENOSPC, "No space left on device", "a file")

    def fail(*arguments, **named):
        raise full

    with monkeypatch.context() as planted:
        planted.setattr(tarfile.TarFile, "extractall", fail)
        planted.setattr(tarfile.TarFile, "add", fail)
        with pytest.raises(CommandError, match="磁盘满了"):
            run("restore", folder, "--replace")
        with pytest.raises(CommandError, match="磁盘满了"):
            run("backup", tmp_path / "another")
    assert not [*tmp_path.glob("another*")]
    assert names_of(media) == {"photos/a.webp"}
    assert fingerprint_tables(connections["default"]) == before


def test_a_long_name_of_a_database_is_never_cut_to_its_own():
    for name in ("carebridge", "n" * 63, "养" * 21):
        beside = named_beside(name, "_restored")
        assert beside != name
        assert beside.endswith("_restored")
        assert len(beside.encode()) <= 63
