"""Every error is a page in the frame that says what happened and leads on."""

import logging

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from carebridge.urls import urlpatterns as site


def raising(error: Exception):
    def view(request: HttpRequest) -> HttpResponse:
        raise error

    return view


urlpatterns = [
    *site,
    path("raises/500/", raising(RuntimeError("boom"))),
    path("raises/400/", raising(SuspiciousOperation("odd"))),
    path("raises/403/", raising(PermissionDenied)),
]
pytestmark = pytest.mark.urls(__name__)


@pytest.fixture(autouse=True)
def _quiet() -> None:
    logging.getLogger("django.request").setLevel(logging.CRITICAL)


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False, enforce_csrf_checks=True)


def check(response: HttpResponse, status: int, words: str) -> str:
    """The page, once it is known to be in the frame, in Chinese, and to lead on."""
    page = response.content.decode()
    assert response.status_code == status
    assert words in page
    assert 'class="masthead"' in page
    assert ">大字版</a>" in page
    assert page.count("<h1") == 1
    assert page.count('href="/institutions/"') >= 2
    return page


def test_missing_page_says_what_was_asked(client) -> None:
    page = check(client.get("/养老院/没有/"), 404, "没有找到")
    assert "<b>/养老院/没有/</b>" in page
    assert '<form class="find prose" action="/institutions/" role="search">' in page


def test_missing_page_escapes_what_was_asked(client) -> None:
    page = check(client.get("/<script>alert(1)</script>"), 404, "没有找到")
    assert "<script>alert" not in page


def test_missing_page_keeps_large_print(client) -> None:
    client.cookies["mode"] = "elder"
    assert 'data-mode="elder"' in client.get("/nothing/").content.decode()


def test_broken_page_tells_nothing_of_the_inside(client) -> None:
    page = check(client.get("/raises/500/"), 500, "网站出错了")
    assert "boom" not in page


def test_odd_request(client) -> None:
    check(client.get("/raises/400/"), 400, "看不懂")


def test_unknown_host(client) -> None:
    check(client.get("/institutions/", headers={"host": "evil.example"}), 400, "看不懂")


def test_forbidden_page(client) -> None:
    check(client.get("/raises/403/"), 403, "不能打开")


def test_form_without_its_token(client) -> None:
    check(client.post("/display/"), 403, "没有提交")
