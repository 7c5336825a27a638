"""Large print, colours and contrast: kept in cookies, and never a way to another site."""

import re
from urllib.parse import quote

import pytest
from django.conf import settings
from django.test import Client

from carebridge.middleware.display import Display

CSS = settings.BASE_DIR / "static/css/carebridge.css"


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


def frame(client: Client, address: str = "/nothing-here/") -> str:
    """Any page in the frame will do; this one asks nothing of the database."""
    return client.get(address).content.decode()


def go_to(client: Client, **query: str):
    return client.get("/display/", query)


# The choices


def test_nothing_chosen() -> None:
    assert Display.chosen({}) == Display("standard", "24", "auto", "normal")


def test_every_choice() -> None:
    cookies = {"mode": "elder", "theme": "dark", "contrast": "high", "sessionid": "x"}
    assert Display.chosen(cookies) == Display("elder", "24", "dark", "high")
    assert Display.chosen(cookies | {"size": "40"}).size == "40"


@pytest.mark.parametrize("value", ["", "ELDER", "elder ", "\0", "dark", '"><script>'])
def test_unknown_choice_is_as_if_it_were_not_there(value) -> None:
    assert Display.chosen({"mode": value}) == Display()


# Setting them


def test_choice_is_kept_for_a_year(client) -> None:
    response = go_to(client, mode="elder", next="/institutions/?q=廊坊&sort=price")
    assert response.status_code == 302
    assert response["Location"] == f"/institutions/?q={quote('廊坊')}&sort=price"
    cookie = response.cookies["mode"]
    assert (cookie.value, cookie["max-age"], cookie["path"]) == ("elder", 31_536_000, "/")
    assert cookie["samesite"] == "Lax"
    assert not cookie["secure"]


def test_cookie_is_secure_behind_https(client, settings) -> None:
    settings.HTTPS = True
    assert go_to(client, theme="dark").cookies["theme"]["secure"]


def test_only_what_was_asked_is_set(client) -> None:
    assert set(go_to(client, theme="light").cookies) == {"theme"}


@pytest.mark.parametrize("value", ["", "huge", "\0", "elder\r\nSet-Cookie: a=b", "大"])
def test_bad_value_sets_nothing(client, value) -> None:
    response = go_to(client, mode=value, theme=value, contrast=value)
    assert response.status_code == 302
    assert not response.cookies


@pytest.mark.parametrize(
    "page",
    [
        "",
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "http:evil.example",
        "javascript:alert(1)",
        " //evil.example",
        "\0//evil.example",
        "http://[",
        "http://testserver@evil.example/",
        "/" + "a" * 5_000,
    ],
)
def test_next_elsewhere_leads_home(client, page) -> None:
    response = go_to(client, mode="elder", next=page)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert response.cookies["mode"].value == "elder"


@pytest.mark.parametrize("page", ["/a\0b", "/a\r\nX-Evil: 1", "/\ud800".encode("utf-8", "replace")])
def test_junk_in_next_stays_here(client, page) -> None:
    response = go_to(client, mode="elder", next=page)
    assert response.status_code == 302
    assert response["Location"].startswith("/")
    assert "X-Evil" not in response.headers


def test_undecodable_query_is_no_error(client) -> None:
    assert client.get("/display/?mode=%ff%00&next=%ff%fe").status_code == 302


# Large print


@pytest.mark.parametrize(("query", "size"), [("", None), ("?size=40", "40"), ("?size=400", None)])
def test_an_address_to_tell_one_s_mother(client, query, size) -> None:
    response = client.get(f"/elder/{query}")
    assert (response.status_code, response["Location"]) == (302, "/")
    assert response.cookies["mode"].value == "elder"
    assert response.cookies["mode"]["max-age"] == 31_536_000
    assert (response.cookies["size"].value if "size" in response.cookies else None) == size


def test_how_large_is_asked_in_large_print_only(client) -> None:
    assert "大字多大" not in frame(client)
    client.cookies["mode"], client.cookies["size"] = "elder", "40"
    page = frame(client)
    assert "大字多大" in page
    assert 'data-mode="elder"' in page
    assert 'data-size="40"' in page


@pytest.mark.parametrize(("size", "percent"), [("28", 175), ("32", 200), ("40", 250)])
def test_every_size_is_in_the_stylesheet(size, percent) -> None:
    """Of the browser's 16 pixels, or of what the reader set instead: 250 % are 40, 30 points."""
    rule = f'[data-mode="elder"][data-size="{size}"] {{ font-size: {percent}%; }}'
    assert rule in CSS.read_text()


# The frame


def test_frame_without_cookies(client) -> None:
    here = f"/nothing-here/?q={quote('廊坊')}&a=b"
    page = frame(client, here)
    looks = 'data-mode="standard" data-theme="auto" data-contrast="normal" data-size="24"'
    assert f'<html lang="zh-CN" {looks}>' in page
    assert f'<a href="/display/?mode=elder&amp;next={quote(here, safe="")}">大字版</a>' in page
    assert "标准版" not in page


def test_frame_of_a_reader_with_choices(client) -> None:
    client.cookies.load({"mode": "elder", "theme": "dark", "contrast": "high"})
    page = frame(client)
    assert 'data-mode="elder" data-theme="dark" data-contrast="high"' in page
    assert ">标准版</a>" in page
    assert re.findall(r'value="(\w+)" checked', page) == ["elder", "24", "dark", "high"]


def test_frame_is_not_shared_by_caches(client) -> None:
    assert "Cookie" in client.get("/nothing-here/")["Vary"]


def test_frame_has_its_landmarks(client) -> None:
    page = frame(client)
    assert page.index('<a class="skip" href="#main">') < page.index("<header")
    for mark in ('<nav aria-label="主导航">', '<main id="main" tabindex="-1">', "<footer"):
        assert page.count(mark) == 1
    assert page.count("<h1") == 1
    assert 'href="#"' not in page


def test_dark_is_the_same_by_choice_and_by_system() -> None:
    dark = re.findall(r'\[data-theme="(?:dark|auto)"\] \{(.*?)\}', CSS.read_text(), re.DOTALL)
    assert len(dark) == 2
    assert dark[0] == dark[1]


def test_large_print_is_large() -> None:
    elder = re.search(r'^\[data-mode="elder"\] \{(.*?)\}', CSS.read_text(), re.DOTALL | re.M)
    assert elder
    for rule in ("font-size: 150%;", "--tap: 60px;", "--t-xs: 1rem;", "--t-s: 1rem;"):
        assert rule in elder[1]
