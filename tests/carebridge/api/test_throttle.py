"""Who asks the API too often is told to wait, and nobody else is."""

import pytest

pytestmark = pytest.mark.django_db

URL = "/api/v1/nothing-here"  # costs nothing; the throttle comes first


@pytest.fixture(autouse=True)
def _three_a_minute(settings, empty_cache):
    settings.API_PER_MINUTE = 3


def test_a_visitor_waits_and_others_do_not(client):
    here = {"REMOTE_ADDR": "203.0.113.7"}
    assert [client.get(URL, **here).status_code for _ in range(4)] == [404, 404, 404, 429]
    answer = client.get(URL, **here)
    assert 1 <= int(answer.headers["Retry-After"]) <= 61
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["title"] == "问得太快"
    assert client.get(URL, REMOTE_ADDR="203.0.113.8").status_code == 404


def test_a_visitor_is_who_our_own_proxy_saw(client, settings):
    settings.PROXIES = 1
    for n in range(3):
        client.get(URL, headers={"X-Forwarded-For": f"198.51.100.{n}, 203.0.113.7"})
    seen = {"X-Forwarded-For": "198.51.100.9, 203.0.113.7"}
    assert client.get(URL, headers=seen).status_code == 429


def test_no_limit_is_kept_where_a_proxy_keeps_one(client, settings):
    settings.API_PER_MINUTE = 0
    assert {client.get(URL).status_code for _ in range(5)} == {404}


def test_pages_are_not_throttled(client):
    assert {client.get("/robots.txt").status_code for _ in range(5)} == {200}
