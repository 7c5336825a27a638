"""`manage.py snapshot`, and the copies that `/data/` lists."""

import csv
import errno
import hashlib
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from institutions.models import Listing
from institutions.open_data import snapshots
from institutions.open_data.files import FORMATS

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(settings, tmp_path):
    settings.SNAPSHOT_DIR = tmp_path / "kept"
    return settings.SNAPSHOT_DIR


@pytest.fixture
def few(monkeypatch):
    """A register of the first homes only, so that a copy is quick."""
    ids = list(Listing.objects.order_by("pk").values_list("pk", flat=True)[:3])
    monkeypatch.setattr("institutions.search.finder.MemoryFinder.ordered_ids", lambda _: ids)
    return ids


def test_a_copy_has_every_file_with_its_checksum(folder, few, today, capsys):
    call_command("snapshot", site="https://example.org/")
    kept = folder / str(today)
    assert {path.name for path in kept.iterdir()} == set(snapshots.FILES)
    sums = dict(line.split("  ")[::-1] for line in (kept / "SHA256SUMS").read_text().splitlines())
    assert set(sums) == set(snapshots.FILES) - {"SHA256SUMS"}
    for name, digest in sums.items():
        assert hashlib.sha256((kept / name).read_bytes()).hexdigest() == digest
    for name, made in FORMATS.items():
        text = (kept / f"institutions.{name}").read_bytes().decode()
        assert text == "".join(made.file_lines(few, "https://example.org"))
    assert "CC BY 4.0" in (kept / "README.txt").read_text()
    assert str(kept) in capsys.readouterr().out


def test_twice_is_once(folder, few, capsys, monkeypatch):
    call_command("snapshot")
    monkeypatch.setattr(snapshots, "_write_files", lambda *_: pytest.fail("written again"))
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    call_command("snapshot")
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    assert capsys.readouterr().out.endswith("今天的已经有了。\n")


def test_what_breaks_off_leaves_nothing(folder, few, monkeypatch):
    monkeypatch.setattr(snapshots, "_flush_to_disk", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        call_command("snapshot")
    assert list(folder.iterdir()) == []


def test_of_two_at_once_one_is_kept(folder, few, today, monkeypatch):
    settle = snapshots._flush_to_disk

    def quicker(draft):
        settle(draft)
        (folder / str(today)).mkdir()
        (folder / str(today) / "first").touch()

    monkeypatch.setattr(snapshots, "_flush_to_disk", quicker)
    assert snapshots.write_snapshot(folder, today) is False
    assert [path.name for path in folder.rglob("*")] == [str(today), "first"]


def test_the_newest_are_kept(folder, few, today, capsys):
    for day in ("2026-08-01", "2026-09-01", "2026-10-01"):
        (folder / day).mkdir(parents=True)
    (folder / "notes").mkdir()
    call_command("snapshot", keep=2)
    assert {path.name for path in folder.iterdir()} == {"2026-10-01", str(today), "notes"}
    assert "删了旧的：2026-09-01、2026-08-01。" in capsys.readouterr().out


def test_to_another_folder(folder, few, today, tmp_path):
    call_command("snapshot", to=str(tmp_path / "elsewhere"))
    assert (tmp_path / "elsewhere" / str(today) / "README.txt").exists()
    assert not folder.exists()


def test_what_cannot_be_written_is_told(folder, few):
    folder.write_text("a file")
    with pytest.raises(CommandError, match="写不进"):
        call_command("snapshot")
    with pytest.raises(CommandError, match="至少是 1"):
        call_command("snapshot", keep=0)


def test_a_copy_that_cannot_be_put_in_its_place_is_not_said_to_be_there(folder, few, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(CommandError, match="写不进"):
        call_command("snapshot")


def test_the_page_lists_copies_and_hands_them_out(client, folder, few, today):
    call_command("snapshot")
    page = client.get("/data/").content.decode()
    assert "以前的名录" in page
    url = f"/data/snapshots/{today}/institutions.jsonl"
    assert f'href="{url}"' in page
    response = client.get(url)
    assert response.headers["Content-Type"].startswith("application/x-ndjson")
    assert f"{today}-institutions.jsonl" in response.headers["Content-Disposition"]
    lines = b"".join(response.streaming_content).decode().splitlines()
    assert [json.loads(line)["id"] for line in lines] == few
    table = client.get(f"/data/snapshots/{today}/institutions.csv").getvalue().decode()
    assert len(list(csv.reader(table.splitlines()))) == 1 + len(few)


@pytest.mark.parametrize(
    "path",
    [
        "2026-11-22/settings.py",
        "2026-11-21/README.txt",
        "notes/README.txt",
        "../README.txt",
        "2026-11-22/..%2F..%2Fsecret_key",
        "%2E%2E/README.txt",
    ],
)
def test_nothing_else_is_handed_out(client, folder, few, path, today):
    (folder / str(today)).mkdir(parents=True)
    (folder / str(today) / "settings.py").touch()
    (folder / "notes").mkdir()
    for place in (folder, folder / "notes"):
        (place / "README.txt").touch()
    assert client.get(f"/data/snapshots/{path}").status_code == 404
