"""One address may have few files on the way; whoever reads them to the end may have the next."""

import pytest
from django.core.cache import cache
from django.core.signals import request_finished
from django.db import close_old_connections

pytestmark = pytest.mark.django_db

HERE, THERE = {"REMOTE_ADDR": "203.0.113.7"}, {"REMOTE_ADDR": "203.0.113.8"}
FILES = ("/institutions.csv", "/institutions.geojson", "/institutions.jsonl")


@pytest.fixture(autouse=True)
def _two_at_once(settings, empty_cache):
    settings.DOWNLOADS_AT_ONCE = 2


def give_up(answer) -> None:
    """Close it unread, as a server would; only the connection of the test stays open."""
    request_finished.disconnect(close_old_connections)
    answer.close()
    request_finished.connect(close_old_connections)


@pytest.fixture
def on_the_way(client):
    """Two files that somebody has begun to read."""
    return [client.get(url, {"region": "131082"}, **HERE) for url in FILES[:2]]


def test_one_more_waits_and_others_do_not(client, on_the_way):
    answer = client.get(FILES[2], **HERE)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "30"
    assert "同时只能下载 2 个文件" in answer.content.decode()
    assert client.get(FILES[2], {"region": "131082"}, **THERE).status_code == 200


def test_a_refusal_is_kept_by_nobody(client, on_the_way):
    answer = client.get(FILES[2], **HERE)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers


def test_a_file_read_or_given_up_makes_room(client, on_the_way):
    read, given_up = on_the_way
    read.getvalue()
    give_up(given_up)
    again = [client.get(url, {"region": "131082"}, **HERE).status_code for url in FILES]
    assert again == [200, 200, 429]


def test_what_is_refused_takes_no_room(client):
    refused = [client.get(FILES[0], {"region": "nowhere"}, **HERE).status_code for _ in range(3)]
    assert refused == [400, 400, 400]


def test_to_ask_whether_it_changed_is_free(client, on_the_way):
    held = {"If-None-Match": on_the_way[0].headers["ETag"]}
    assert client.get(FILES[0], {"region": "131082"}, headers=held, **HERE).status_code == 304
    assert client.head(FILES[2], **HERE).status_code == 200


def test_copies_of_the_register_count_too(client, on_the_way, settings, tmp_path):
    settings.SNAPSHOT_DIR = tmp_path
    (tmp_path / "2026-11-01").mkdir()
    (tmp_path / "2026-11-01/README.txt").write_text("x")
    url = "/data/snapshots/2026-11-01/README.txt"
    assert client.get(url, **HERE).status_code == 429
    response = client.get(url, **THERE)
    give_up(response)
    held = {"If-Modified-Since": response.headers["Last-Modified"]}
    assert client.get(url, headers=held, **HERE).status_code == 304


def test_no_limit_where_none_is_wanted(client, on_the_way, settings):
    settings.DOWNLOADS_AT_ONCE = 0
    assert client.get(FILES[2], {"region": "131082"}, **HERE).status_code == 200


def test_a_place_taken_meanwhile_is_not_given_back_by_another(client, on_the_way):
    """The first has been on the way so long that its place went to somebody else."""
    cache.delete("download:203.0.113.7:0")
    late = client.get(FILES[2], {"region": "131082"}, **HERE)
    assert late.status_code == 200
    give_up(on_the_way[0])
    assert client.get(FILES[0], **HERE).status_code == 429


def test_the_addresses_of_one_household_count_together(client):
    def asked(number: int):
        return client.get(
            FILES[0], {"region": "131082"}, REMOTE_ADDR=f"2001:db8:0:{number // 3}::{number}"
        )

    several = [asked(number) for number in range(6)]
    assert [one.status_code for one in several] == [200, 200, 429, 200, 200, 429]
