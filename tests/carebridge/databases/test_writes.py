"""Behind a lock, and with a full disk, nobody gets a 500 and nothing that was typed is lost."""

import errno
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from html import unescape
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection as default
from django.db import connections, transaction
from django.test import Client

from carebridge.databases import writes
from institutions.models import Correction, Demand, Institution
from institutions.pages.guide import STEPS
from tests.factories import make_institution, make_whole_institution
from tests.institutions.admin.test_admin import change_page, typed

PASSWORD = "right-and-long-enough"  # noqa: S105
WORDS = '电话打不通 <b>&"甲"'
Broken = Callable[[], AbstractContextManager[None]]
FAIL = """
CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS
$$BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END$$
"""


@contextmanager
def lock() -> Iterator[None]:
    """Another connection writes and does not end; we wait for a fifth of a second."""
    is_lite = default.vendor == "sqlite"
    patience = "PRAGMA busy_timeout = 200" if is_lite else "SET lock_timeout = 200"
    default.cursor().execute(patience)
    with closing(connections.create_connection("default")) as other:
        if is_lite:
            other.cursor().execute("BEGIN IMMEDIATE")
        else:
            other.set_autocommit(False)
            tables = ", ".join(f'"{name}"' for name in default.introspection.table_names())
            other.cursor().execute(f"LOCK TABLE {tables} IN EXCLUSIVE MODE")
        yield
        other.rollback()


@contextmanager
def full_disk() -> Iterator[None]:
    """SQLite may take no page more; PostgreSQL answers every write as with a full disk."""
    cursor = default.cursor()
    if default.vendor == "sqlite":
        cursor.execute("VACUUM")
        [(size,)] = cursor.execute("PRAGMA page_count").fetchall()
        cursor.execute(f"PRAGMA max_page_count = {size}")
        yield
        cursor.execute("PRAGMA max_page_count = 1073741823")
        return
    with transaction.atomic():
        cursor.execute(FAIL)
        for name in default.introspection.table_names():
            cursor.execute(
                f'CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON "{name}"'
                " FOR EACH STATEMENT EXECUTE FUNCTION disk_full()"
            )
    yield
    cursor.execute("DROP FUNCTION disk_full() CASCADE")


@pytest.fixture(params=[lock, full_disk], ids=["lock", "disk"])
def broken(request, own_database) -> Broken:
    return request.param


def client(user: Any = None) -> Client:
    made = Client(raise_request_exception=False)
    if user:
        made.force_login(user)
    return made


@pytest.fixture
def boss(own_database) -> Any:
    return get_user_model().objects.create_superuser("boss", password=PASSWORD)


def assert_kept(answer: Any, *words: str) -> None:
    """503 with when to come again, and a form that sends all of it once more."""
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] in {"5", "60"}
    page = answer.content.decode()
    assert "填的内容还在" in page
    assert PASSWORD not in page
    for text in words:
        assert f'value="{text}"' in unescape(page), text


def big(number: int) -> str:
    """As much as no free page of the file holds."""
    return f"{number} {WORDS}" + "很长" * 400


def test_a_correction(broken: Broken):
    page = f"{make_institution().get_absolute_url()}correct/"
    sent = {"wrong": big(1), "should_be": big(2), "how_note": big(3), "how": "phone"}
    reader = client()
    with broken():
        for _ in range(3):
            answer = reader.post(page, sent)
            assert_kept(answer, *sent.values())
        assert reader.get(page).status_code == 200
    assert reader.post(page, sent).status_code == 302
    assert Correction.objects.get().wrong == sent["wrong"]


def test_a_home_in_the_admin(broken: Broken, boss):
    home = make_whole_institution()
    clerk = client(boss)
    sent = typed(clerk, change_page(home)) | {"introduction": big(1), "_save": "保存"}
    with broken():
        answer = clerk.post(change_page(home), sent)
        assert_kept(answer, big(1), home.name)
    assert clerk.post(change_page(home), sent).status_code == 302
    assert Institution.objects.get(pk=home.pk).introduction == big(1)


def test_signing_in_and_changing_the_password(own_database, boss):
    clerk = client(boss)
    change = {"old_password": PASSWORD, "new_password1": f"{PASSWORD}2"}
    change |= {"new_password2": f"{PASSWORD}2"}
    with lock():
        answer = client().post("/admin/login/", {"username": "boss", "password": PASSWORD})
        assert_kept(answer, "boss")
        assert 'type="password" name="password"' in answer.content.decode()
        answer = clerk.post("/admin/password_change/", change)
        assert_kept(answer)
        assert answer.content.decode().count('type="password"') == 3


def test_a_sheet_says_that_the_file_is_chosen_again(broken: Broken, boss):
    file = SimpleUploadedFile("台账.csv", ("名称,地区\n" + "甲,北京市朝阳区\n" * 900).encode())
    sent = {"kind": "own", "title": WORDS, "as_of": "2026-11-01", "as_of_precision": "day"}
    clerk = client(boss)
    with broken():
        answer = clerk.post("/admin/institutions/sheetimport/add/", sent | {"file": file})
        assert_kept(answer, WORDS)
        assert "文件没有留下来" in answer.content.decode()


def test_the_guide_and_every_page_go_on(broken: Broken):
    home = make_institution()
    reader = client()
    with broken():
        for path in ("/", "/institutions/", home.get_absolute_url(), "/elder/"):
            assert reader.get(path).status_code < 400
        done = reader.post("/guide/", {"step": len(STEPS) + 1, "e_age": "80"})
        assert done.status_code == 302
    assert Demand.objects.count() <= 1


def test_readyz_says_no_while_writes_fail_and_yes_again(own_database, monkeypatch, settings):
    settings.LOCK_SECONDS = 10
    now, found, tries = [0.0], [""], []
    monkeypatch.setattr(writes, "monotonic", lambda: now[0])
    monkeypatch.setattr(writes, "probe", writes.Probe())
    monkeypatch.setattr(writes, "_try", lambda ms: tries.append(ms) or found[0])
    ready = []
    for found[0] in (*[writes.LOCKED] * 3, "", writes.FULL, ""):
        ready += [client().get("/readyz").status_code for _ in range(3)]
        now[0] += 6
    assert ready == [200] * 6 + [503] * 3 + [200] * 3 + [503] * 3 + [200] * 3
    assert len(tries) == 6


def test_the_probe_meets_what_writes_meet(broken: Broken, settings):
    settings.LOCK_SECONDS = 1
    assert writes._try(50) == ""
    with broken():
        assert writes._try(50) in {writes.LOCKED, writes.FULL}
    assert writes._try(50) == ""


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (OSError(errno.ENOSPC, "x"), writes.FULL),
        (OSError(errno.EPIPE, "x"), ""),
        (ValueError(), ""),
        (None, ""),
    ],
)
def test_what_else_is_a_full_disk(error, why):
    assert writes.reason(error) == why


@pytest.mark.django_db
def test_a_photo_that_finds_no_room(monkeypatch):
    """Django keeps large uploads in files, and photos are written beside the database."""

    def fails(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("django.core.files.uploadhandler.MemoryFileUploadHandler.new_file", fails)
    file = SimpleUploadedFile("a.csv", b"x")
    boss = get_user_model().objects.create_superuser("boss")
    answer = client(boss).post("/admin/institutions/sheetimport/add/", {"file": file})
    assert answer.status_code == 503
    assert "文件没有留下来" in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["", "; boundary=", "; boundary=é", f"; boundary={'x' * 300}"])
@pytest.mark.parametrize("path", ["/admin/login/", "/guide/", "/", "/api/v1/institutions"])
def test_multipart_without_a_boundary_is_a_bad_request(kind: str, path: str):
    answer = client().generic("POST", path, b"--x\r\n", content_type=f"multipart/form-data{kind}")
    assert answer.status_code == 400
