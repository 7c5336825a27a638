"""What is read where, and what readers and staff get while a database is gone.

A database that is gone is a real PostgreSQL address at which nothing listens.
"""

import re
import socket
import time
from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User
from django.core.cache import caches
from django.db import OperationalError, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from carebridge.databases import breaker, outages
from carebridge.databases import router as routing
from carebridge.databases import urls as backing
from carebridge.databases.caches import breaker as cache_breaker
from carebridge.middleware import copies
from institutions.models import Demand, Institution, Listing
from institutions.pages.guide import STEPS
from institutions.search.memory.snapshot import index
from regions.policies import rulebook as policies

GONE = "postgres://nobody:secret-word@127.0.0.1:1/carebridge"
STAFF = "/admin/institutions/institution/"
OLD = "的旧页面"


@pytest.fixture(autouse=True)
def _fresh_process(monkeypatch, settings, tmp_path) -> None:
    """No breaker is tripped and nothing is kept, as in a worker that has just begun."""
    breaker.breakers.clear()
    cache_breaker.close_again()
    monkeypatch.setattr(index, "_of", {})
    monkeypatch.setattr(policies, "_kept", {})
    settings.COPIES_DIR = tmp_path / "copies"


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


def put(alias: str, database: dict) -> None:
    """Let `alias` name this database from now on."""
    blank = connections.create_connection("default").settings_dict
    connections.settings[alias] = blank | database
    connections[alias] = connections.create_connection(alias)


@pytest.fixture
def replica(own_database) -> Iterator[None]:
    """`replica1`: the same data by another connection, which sees what was committed."""
    put("replica1", connections.settings["default"])
    yield
    connections["replica1"].close()
    del connections["replica1"], connections.settings["replica1"]


@pytest.fixture
def lose(own_database) -> Iterator[Callable[..., Callable[[], None]]]:
    """Takes a database away; what it returns brings it back."""
    back: list[Callable[[], None]] = []

    def take(alias: str, url: str = GONE) -> Callable[[], None]:
        before, connection = connections.settings[alias], connections[alias]
        put(alias, backing.databases(url, "", pgbouncer=False)["default"])

        def give() -> None:
            connections[alias].close()
            connections.settings[alias], connections[alias] = before, connection
            breaker.breakers.clear()

        back.append(give)
        return give

    yield take
    for give in back:
        give()


def asked(client: Client, path: str) -> list[str]:
    """The databases that a page asked."""
    with (
        CaptureQueriesContext(connections["default"]) as primary,
        CaptureQueriesContext(connections["replica1"]) as other,
    ):
        assert client.get(path).status_code == 200
    return [name for name, did in (("primary", primary), ("replica", other)) if len(did)]


def test_readers_ask_a_replica_and_who_wrote_asks_the_primary(client, replica):
    home = Institution.objects.published().real().first()
    assert asked(client, home.get_absolute_url()) == ["replica"]
    sent = client.post(f"/institutions/{home.pk}/correct/", {"wrong": "电话是空号", "how": "phone"})
    assert sent.status_code == 302
    assert client.cookies["fresh"]["max-age"] == routing.FRESH_SECONDS
    assert client.cookies["fresh"]["httponly"]
    assert asked(client, home.get_absolute_url()) == ["primary"]
    client.cookies["fresh"] = "1:made-up"
    assert asked(client, home.get_absolute_url()) == ["replica"]


def test_staff_ask_the_primary(client, replica):
    client.force_login(User.objects.create_superuser("boss"))
    assert asked(client, STAFF) == ["primary"]


def test_a_replica_that_lags_is_not_mixed_with_the_primary(client, replica):
    """Each has bitmaps and a book of policies of its own, however they take turns."""
    found = {}
    with transaction.atomic():  # until it ends, the replica knows nothing of it
        Listing.objects.filter(institution__is_demo=False).first().delete()
        for alias in ("replica1", "default", "replica1", "default"):
            token = routing._reading.set(alias)
            bitmaps, book = index.current(), policies.book()
            routing._reading.reset(token)
            assert found.setdefault(alias, (bitmaps, book)) == (bitmaps, book)
    (lagging, _), (current, _) = found["replica1"], found["default"]
    assert len(lagging.everything) - len(current.everything) == 1


def test_the_primary_is_gone(client, replica, lose):
    """Listings go on; staff are told, and so is who sends something; then it is back by itself."""
    home = Institution.objects.published().real().first()
    client.force_login(User.objects.create_superuser("boss"))
    bring_back = lose("default")
    assert client.get("/institutions/?q=廊坊").status_code == 200
    for page in (client.get(STAFF), client.get(STAFF)):
        assert page.status_code == 503
        assert page.headers["Retry-After"] == "10"
        assert "后台暂时" in page.content.decode()
    sent = client.post(f"/institutions/{home.pk}/correct/", {"wrong": "电话是空号"})
    assert sent.status_code == 503
    assert "可能没有存上" in sent.content.decode()
    bring_back()
    assert client.get(STAFF).status_code == 200


def test_the_guide_goes_on_without_counting(client, replica, lose):
    bring_back = lose("default")
    done = client.post("/guide/", {"step": len(STEPS) + 1, "e_age": "80"})
    assert done.status_code == 302
    bring_back()
    assert Demand.objects.count() == 0


def test_the_replica_is_gone(client, replica, lose, caplog):
    """Reads go to the primary, and the replica is not asked again for some seconds."""
    bring_back = lose("replica1")
    for _ in range(2):
        assert client.get("/institutions/").status_code == 200
    assert not breaker.breakers["replica1"].allows_request()
    assert caplog.text.count("database replica1 does not answer") == 1
    assert "secret-word" not in caplog.text
    bring_back()
    assert asked(client, "/institutions/") == ["replica"]


def test_a_connection_that_died_is_made_again(client, own_database):
    """One killed connection is no outage: the same request asks once more."""
    connection = connections["default"]
    if connection.vendor == "sqlite":
        pytest.skip("connections to a file do not die")
    connection.ensure_connection()
    other = connections.create_connection("default")
    pid = connection.connection.get_backend_pid()
    other.cursor().execute("SELECT pg_terminate_backend(%s)", [pid])
    other.close()
    connection.health_check_enabled = False
    assert client.get("/institutions/").status_code == 200
    assert breaker.breakers["default"].allows_request()


def test_every_database_is_gone(client, settings, own_database, lose):
    """What was looked at before is shown as what it is; the rest is refused honestly."""
    settings.COPIES = 10
    home = Institution.objects.published().real().first().get_absolute_url()
    kept = ["/", "/institutions/", "/institutions/?region=131082&kind=home&kind=none", home]
    fresh = {path: client.get(path) for path in kept}
    assert all("stale-if-error" in page.headers["Cache-Control"] for page in fresh.values())
    client.get("/institutions/?e_age=80")
    client.get("/compare/")
    client.get("/nothing-here/")
    assert len(list(settings.COPIES_DIR.iterdir())) == len(kept)
    bring_back = lose("default")
    for path, before in fresh.items():
        page = client.get(path)
        assert page.status_code == 200
        assert page.headers["Cache-Control"] == "no-store"
        text = page.content.decode()
        assert re.search(r"这是.* \d+ 时 \d\d 分的旧页面", text)
        bar = r'<div class="wrap"><p class="note note--warn" role="status">.*?</p></div>\n'
        without = re.sub(bar, "", text, flags=re.DOTALL)
        assert without == before.content.decode()
    turned = client.get("/institutions/?kind=none&kind=home&region=131082")
    assert turned.status_code == 200
    client.cookies["mode"] = "elder"
    assert 'data-mode="elder"' in client.get("/").content.decode()
    for path in ("/institutions/?e_age=80", "/institutions/?e_age=80&region=131082", "/compare/"):
        page = client.get(path)
        assert (page.status_code, page.headers["Retry-After"]) == (503, "10")
        assert "查不了" in page.content.decode()
        assert OLD not in page.content.decode()
        assert "secret-word" not in page.content.decode()
    problem = client.get("/api/v1/institutions")
    assert (problem.status_code, problem.json()["status"]) == (503, 503)
    bring_back()
    assert OLD not in client.get("/").content.decode()


def test_what_is_for_one_reader_is_not_kept(client, settings, own_database):
    settings.COPIES = 10
    client.cookies["mode"] = "elder"
    page = client.get("/")
    assert "Cache-Control" not in page.headers
    assert not settings.COPIES_DIR.exists()


def test_a_query_that_takes_too_long_is_not_asked_again_elsewhere():
    class CanceledError(Exception):
        pgcode = "57014"

    error = OperationalError("canceled")
    assert outages._is_lost("replica1", error)
    error.__cause__ = CanceledError()
    assert not outages._is_lost("replica1", error)


@pytest.mark.django_db  # it needs none; but without any such test pytest-django migrates nothing
def test_copies_are_few_young_and_no_trouble_to_a_full_disk(client, settings, monkeypatch):
    settings.COPIES_DIR.mkdir()
    settings.COPIES = 2
    for number in range(4):
        copies._write_copy(settings.COPIES_DIR / str(number), b"page")
    copies.sweep_copies()
    assert len(list(settings.COPIES_DIR.iterdir())) == 2
    monkeypatch.setattr(copies, "LIFE", -1_000_000_000)
    copies.sweep_copies()
    assert list(settings.COPIES_DIR.iterdir()) == []
    settings.COPIES_DIR.rmdir()
    settings.COPIES_DIR.write_text("no folder")
    copies._write_copy(settings.COPIES_DIR / "x", b"page")


@pytest.mark.full
def test_nobody_waits_longer_than_two_seconds_for_a_host_that_says_nothing(client, replica, lose):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        lose("replica1", f"postgres://u:p@127.0.0.1:{silent.getsockname()[1]}/c")
        started = time.perf_counter()
        assert client.get("/institutions/").status_code == 200
        first = time.perf_counter() - started
        assert client.get("/institutions/").status_code == 200
        assert first < 3.5
        assert time.perf_counter() - started - first < 1


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "db://no_such_table"])
def test_a_cache_that_is_gone_is_empty(settings, own_database, url):
    settings.CACHES = {"default": backing.parse_cache_url(url)}
    cache = caches["default"]
    assert cache.add("a", 1)
    for _ in range(2):
        cache.set("a", 1)
        assert cache.get("a", "none") == "none"
        assert cache.get_many(["a"]) == {}
        assert "a" not in cache
        with pytest.raises(ValueError, match="a"):
            cache.incr("a")
    assert not cache_breaker.allows_request()
