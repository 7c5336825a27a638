"""A missing or wrong variable stops the start and says what to do."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from carebridge.settings import BASE_DIR, env_bool, env_list


def start(code: str = "", root: Path = BASE_DIR, **environment: str) -> str:
    """What `code` prints after the settings were read as `s` in a clean environment, or the error.

    The environment holds what is given and no more; SECRET_KEY="" leaves the key to the file.
    """
    done = subprocess.run(
        [sys.executable, "-c", f"import carebridge.settings as s\n{code}"],
        cwd=root,
        env={"SECRET_KEY": "tests"} | environment,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip() if done.returncode == 0 else done.stderr.strip().splitlines()[-1]


@pytest.fixture
def fresh_checkout(tmp_path: Path) -> Path:
    """The settings and what they read alone: no var/, so no generated key."""
    (tmp_path / "carebridge/databases").mkdir(parents=True)
    for name in ("__init__.py", "settings.py", "databases/__init__.py", "databases/urls.py"):
        shutil.copy(BASE_DIR / "carebridge" / name, tmp_path / "carebridge" / name)
    shutil.copy(BASE_DIR / "pyproject.toml", tmp_path)
    return tmp_path


# Reading variables


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("1", True),
        ("true", True),
        (" TRUE ", True),
        ("yes", True),
        ("on", True),
        ("0", False),
        ("False", False),
        ("no", False),
        ("off", False),
        ("", False),
    ],
)
def test_env_bool(monkeypatch, value, meant) -> None:
    monkeypatch.setenv("HTTPS", value)
    assert env_bool("HTTPS") is meant


def test_env_bool_without_the_variable(monkeypatch) -> None:
    monkeypatch.delenv("HTTPS", raising=False)
    assert env_bool("HTTPS") is False
    assert env_bool("HTTPS", default=True) is True


def test_env_bool_refuses_a_guess(monkeypatch) -> None:
    monkeypatch.setenv("HTTPS", "ture")
    with pytest.raises(ImproperlyConfigured, match="HTTPS must be true or false, not 'ture'"):
        env_bool("HTTPS")


def test_env_list(monkeypatch) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", " a.example, ,b.example,")
    assert env_list("ALLOWED_HOSTS") == ["a.example", "b.example"]


# Secret key


def test_no_secret_key_says_how_to_make_one(fresh_checkout) -> None:
    error = start(root=fresh_checkout, SECRET_KEY="")
    assert "No secret key." in error
    assert "make var/secret_key" in error


def test_secret_key_of_the_checkout(fresh_checkout) -> None:
    (fresh_checkout / "var").mkdir()
    (fresh_checkout / "var/secret_key").write_text("generated\n")
    assert start("print(s.SECRET_KEY)", fresh_checkout, SECRET_KEY="") == "generated"


def test_secret_key_variable_wins(fresh_checkout) -> None:
    (fresh_checkout / "var").mkdir()
    (fresh_checkout / "var/secret_key").write_text("generated\n")
    assert start("print(s.SECRET_KEY)", fresh_checkout) == "tests"


# Database

SHOW = "d = s.DATABASES['default']; print(d['ENGINE'].rpartition('.')[2], d['NAME'])"


@pytest.mark.parametrize("environment", [{}, {"DATABASE_URL": ""}])
def test_database_beside_the_code(fresh_checkout, environment) -> None:
    shown = start(SHOW, fresh_checkout, **environment)
    assert shown == f"sqlite3 {fresh_checkout / 'var/carebridge.sqlite3'}"


def test_database_named() -> None:
    url = "postgres://user:password@127.0.0.1:5432/carebridge"
    assert start(SHOW, DATABASE_URL=url) == "postgresql carebridge"


def test_sqlite_waits_for_the_writer() -> None:
    options = start("print(s.DATABASES['default']['OPTIONS'])", DATABASE_URL="sqlite:////tmp/x")
    assert "journal_mode=WAL" in options
    assert "'transaction_mode': 'IMMEDIATE'" in options


@pytest.mark.parametrize("url", ["nonsense", "oracel://x/y", "postgres://h:port/x"])
def test_database_not_understood_shows_examples(url) -> None:
    error = start(DATABASE_URL=url)
    assert error.startswith("django.core.exceptions.ImproperlyConfigured: DATABASE_URL")
    assert "postgres://user:password@host:5432/carebridge" in error


def test_database_of_another_kind() -> None:
    error = start(DATABASE_URL="mysql://user:password@localhost/carebridge")
    assert "DATABASE_URL must name SQLite or PostgreSQL." in error


PRIMARY, REPLICA = "postgres://u:p@one:5432/c", "postgres://u:p@two/c"


def test_replicas_are_read_from() -> None:
    code = "print([(name, d['HOST'], d.get('TEST')) for name, d in s.DATABASES.items()])"
    shown = start(code, DATABASE_URL=PRIMARY, DATABASE_REPLICA_URL=f"{REPLICA}  {REPLICA}x")
    mirror = {"MIRROR": "default"}
    assert eval(shown) == [  # noqa: S307 our own output
        ("default", "one", None),
        ("replica1", "two", mirror),
        ("replica2", "two", mirror),
    ]


@pytest.mark.parametrize(
    ("primary", "replica"), [("", REPLICA), (PRIMARY, "sqlite:////tmp/x"), (PRIMARY, "two")]
)
def test_a_replica_that_cannot_be_one_stops_the_start(primary, replica) -> None:
    error = start(DATABASE_URL=primary, DATABASE_REPLICA_URL=replica)
    assert "ImproperlyConfigured: DATABASE_REPLICA_URL" in error


def test_nobody_waits_long_for_a_database_and_several_hosts_are_one() -> None:
    url = "postgres://u:p@one:5433,two/c?sslmode=require"
    code = "d = s.DATABASES['default']; print(d['HOST'], d['PORT'], d['USER'], d['OPTIONS'])"
    shown = start(code, DATABASE_URL=url)
    assert shown.startswith("one,two 5433,5432 u ")
    options = ("'connect_timeout': 2", "'target_session_attrs': 'read-write'", "'require'")
    assert [option for option in options if option not in shown] == []
    cursors = "print(s.DATABASES['default']['DISABLE_SERVER_SIDE_CURSORS'])"
    assert start(cursors, DATABASE_URL=url) == "False"
    assert start(cursors, DATABASE_URL=url, PGBOUNCER="true") == "True"


@pytest.mark.parametrize(
    ("url", "backend"),
    [
        ("", "LocMemCache"),
        ("db://cache", "SparingDatabaseCache"),
        ("redis://:p@h:6379/1", "SparingRedisCache"),
    ],
)
def test_where_counts_are_kept(url, backend) -> None:
    shown = start("print(s.CACHES['default']['BACKEND'])", CACHE_URL=url)
    assert shown.rpartition(".")[2] == backend


@pytest.mark.parametrize("url", ["redis", "memcached://h", "db://a;b", "redis://"])
def test_a_cache_not_understood_shows_examples(url) -> None:
    assert "CACHE_URL is not understood. Examples: locmem://" in start(CACHE_URL=url)


# Whom to ring


@pytest.mark.parametrize("phone", ["010-12345678", "+86 10 1234 5678", "12349", " 12349 "])
def test_a_number_that_can_be_rung(phone) -> None:
    assert start("print(s.HELP_PHONE)", HELP_PHONE=phone) == phone.strip()


def test_nobody_to_ring() -> None:
    assert start("print([s.HELP_PHONE, s.HELP_HOURS, s.ORGANISATION])") == "['', '', '']"


@pytest.mark.parametrize(
    "phone", ["call us", "010-1234567x", '1"><b>', "１２３４５", "-", "1" * 30]
)
def test_a_number_that_cannot_be_rung_stops_the_start(phone) -> None:
    assert "HELP_PHONE must be digits" in start(HELP_PHONE=phone)


def test_the_number_of_the_register() -> None:
    assert start("print(s.ICP_NUMBER)", ICP_NUMBER="京ICP备12345678号-1") == "京ICP备12345678号-1"
    assert start("print([s.ICP_NUMBER])") == "['']"
    for wrong in ("12345678", "京ICP备号", "京ICP备12345678号<b>"):
        assert "ICP_NUMBER must be like" in start(ICP_NUMBER=wrong)


# Signing in


def test_snapshots_go_beside_the_code_or_to_a_folder_that_is_named() -> None:
    assert start("print(s.SNAPSHOT_DIR)", SNAPSHOT_DIR="") == str(BASE_DIR / "var/snapshots")
    assert start("print(s.SNAPSHOT_DIR)", SNAPSHOT_DIR="/srv/kept") == "/srv/kept"


@pytest.mark.parametrize("path", ["kept", "./kept", str(BASE_DIR / "manage.py")])
def test_snapshots_go_to_no_file_and_no_vague_place(path) -> None:
    assert "SNAPSHOT_DIR must be the full path of a folder" in start(SNAPSHOT_DIR=path)


def test_staff_choose_by_default() -> None:
    code = "print(s.STAFF_TOTP, s.PROXIES, s.SESSION_COOKIE_AGE, s.STAFF_IDLE_SECONDS)"
    assert start(code) == "optional 0 43200 1800"
    assert start(code, HTTPS="true", STAFF_TOTP="required", PROXIES="") == "required 1 43200 1800"
    chosen = {"PROXIES": "2", "STAFF_SESSION_HOURS": "8", "STAFF_IDLE_MINUTES": "10"}
    assert start(code, **chosen) == "optional 2 28800 600"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STAFF_TOTP", "true"),
        ("PROXIES", "-1"),
        ("PROXIES", "10"),
        ("STAFF_SESSION_HOURS", "0"),
        ("STAFF_SESSION_HOURS", "twelve"),
        ("STAFF_IDLE_MINUTES", "９"),
        ("LOG_LEVEL", "DEBUG"),
        ("SLOW_QUERY_MS", "0.5"),
        ("COPIES", "many"),
        ("PGBOUNCER", "maybe"),
    ],
)
def test_a_wrong_limit_stops_the_start(name, value) -> None:
    assert f"ImproperlyConfigured: {name} must be" in start(**{name: value})


# The map

TIANDITU = (
    "https://t0.tianditu.gov.cn/DataServer?T=vec_w&x={x}&y={y}&l={z}&tk=K"
    " https://t0.tianditu.gov.cn/DataServer?T=cva_w&x={x}&y={y}&l={z}&tk=K"
)
IMAGES = "print(s.CONTENT_SECURITY_POLICY['DIRECTIVES']['img-src'], len(s.MAP_TILES), s.MAP_DATUM)"


def test_the_policy_lets_in_the_hosts_of_tiles_and_no_other() -> None:
    assert start(IMAGES) == """["'self'", 'data:'] 0 wgs84"""
    tiles = {"MAP_TILES": TIANDITU, "MAP_ATTRIBUTION": "天地图"}
    assert start(IMAGES, **tiles) == (
        """["'self'", 'data:', 'https://t0.tianditu.gov.cn'] 2 wgs84"""
    )
    ours = {"MAP_TILES": "/tiles/{z}/{x}/{y}.png", "MAP_ATTRIBUTION": "x", "MAP_DATUM": "gcj02"}
    assert start(IMAGES, **ours) == """["'self'", 'data:'] 1 gcj02"""


@pytest.mark.parametrize(
    ("tiles", "words"),
    [
        ("https://t.example/{z}/{x}.png", "MAP_TILES must be addresses with {z}, {x} and {y}"),
        ("https://{s}.example/{z}/{x}/{y}", "MAP_TILES must be"),
        ("http://t.example/{z}/{x}/{y}", "MAP_TILES must be"),
        ("//t.example/{z}/{x}/{y}", "MAP_TILES must be"),
        ("https://t.example;script-src/{z}/{x}/{y}", "MAP_TILES must be"),
        ("https://t.example/{z}/{x}/{y}", "MAP_ATTRIBUTION must say whose map"),
    ],
)
def test_wrong_tiles_stop_the_start(tiles, words) -> None:
    assert words in start(MAP_TILES=tiles)


def test_an_unknown_datum_stops_the_start() -> None:
    assert "MAP_DATUM must be wgs84 or gcj02, not 'bd09'" in start(MAP_DATUM="bd09")


# HTTPS and the page's policy


def test_plain_http_by_default() -> None:
    assert start("print(s.HTTPS, s.DEBUG, s.SESSION_COOKIE_SECURE)") == "False False False"


def test_https_secures_cookies_and_redirects() -> None:
    code = "print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT)"
    assert start(code, HTTPS="true") == "True True True"
    assert start("print(s.SECURE_HSTS_SECONDS)", HTTPS="true") == "31536000"


@pytest.mark.parametrize(
    ("asked", "bound"),
    [("", "False False"), ("subdomains", "True False"), ("preload", "True True")],
)
def test_subdomains_are_bound_only_when_asked(asked: str, bound: str) -> None:
    code = "print(s.SECURE_HSTS_INCLUDE_SUBDOMAINS, s.SECURE_HSTS_PRELOAD)"
    assert start(code, HTTPS="true", HSTS=asked) == bound
    assert start(code, HSTS=asked) == "False False"


def test_an_unknown_promise_stops_the_start() -> None:
    assert "HSTS must be host, subdomains or preload, not 'all'" in start(HSTS="all")
