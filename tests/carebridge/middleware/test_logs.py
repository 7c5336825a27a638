"""Every line has the id of its request, and none tells what a reader asked, typed or is."""

import json
import logging
from collections.abc import Iterator

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from carebridge.middleware.logs import JsonFormatter, log_slow, request_id
from carebridge.urls import urlpatterns as site
from tests.factories import make_institution

TYPED = "subsistence"


def refuses(request: HttpRequest) -> HttpResponse:
    try:
        raise LookupError(f"DETAIL: Key (phone)=({TYPED})")
    except LookupError as error:
        raise ValueError(TYPED) from error


urlpatterns = [*site, path("refuses/", refuses)]


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """What the console would show, as it was logged."""
    shown: list[str] = []
    handler = logging.Handler()
    handler.setFormatter(JsonFormatter())
    handler.emit = lambda record: shown.append(handler.format(record))
    loggers = [logging.getLogger(name) for name in ("", "carebridge.requests", "django.request")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.INFO)
    loggers[0].addHandler(handler)
    yield shown
    loggers[0].removeHandler(handler)
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)


@pytest.mark.parametrize("given", ["a-good.id_12345678", "short", "x" * 65, 'bad"id\n12345678', ""])
def test_an_id_is_taken_or_made_and_told(client, given) -> None:
    answer = client.get("/healthz/no", headers={"x-request-id": given})
    told = answer.headers["X-Request-ID"]
    assert (told == given) is (given == "a-good.id_12345678")
    assert 16 <= len(told) <= 64
    assert told == request_id.get()


@pytest.mark.urls(__name__)
def test_no_line_tells_of_the_reader(lines, settings) -> None:
    client = Client(raise_request_exception=False)
    client.cookies["mode"] = TYPED
    sent = {"REMOTE_ADDR": "203.0.113.7", "HTTP_X_FORWARDED_FOR": "203.0.113.8"}
    answer = client.post(f"/refuses/?e_status={TYPED}", {"contact": TYPED}, **sent)
    client.get(f"/nothing-here/?e_status={TYPED}", **sent)
    assert answer.status_code == 500
    logged = [json.loads(line) for line in lines]
    assert {line["path"] for line in logged if "path" in line} == {"/refuses/", "/nothing-here/"}
    mine = [line for line in logged if line["request"] == answer.headers["X-Request-ID"]]
    assert {line["logger"] for line in mine} == {"django.request", "carebridge.requests"}
    [failed] = [line for line in mine if "error" in line]
    assert [e["class"] for e in failed["error"]] == ["builtins.ValueError", "builtins.LookupError"]
    assert failed["error"][0]["places"][-1].endswith(" refuses")
    told = "\n".join(lines)
    assert TYPED not in told
    assert "203.0.113" not in told
    assert settings.SECRET_KEY not in told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            'Referer checking failed - https://a.example/?e_age=87&x "y"',
            'Referer checking failed - https://a.example/?… "y"',
        ),
        ("Error handling request GET /?q='87'&e_age=87", "Error handling request GET /?…"),
        (
            "Invalid request from ip=203.0.113.7: Invalid HTTP Header: 'contact 87\n87'",
            "Invalid request from ip=…",
        ),
        ("The field e_age=87\n cannot be referenced.", "The field … cannot be referenced."),
        ("Filtering by e_age=87 not allowed", "Filtering by … not allowed"),
    ],
)
def test_a_message_loses_what_tells_of_the_reader(text, said) -> None:
    record = logging.LogRecord("x", logging.WARNING, "", 1, text, None, None)
    assert json.loads(JsonFormatter().format(record))["message"] == said


@pytest.mark.django_db
def test_slow_queries_are_logged_without_what_was_asked(client, lines, settings) -> None:
    settings.SLOW_QUERY_MS = 0.000001
    # A home's page asks a dozen queries, whatever this process keeps of the register.
    client.get(f"{make_institution().get_absolute_url()}?q=zzzz")
    slow = [line for text in lines if (line := json.loads(text))["message"] == "slow query"]
    assert len(slow) > 3
    assert {line["database"] for line in slow} == {"default"}
    assert any("%s" in line["sql"] for line in slow)
    assert "zzzz" not in "\n".join(lines)


def test_quick_queries_are_not_logged(lines, settings) -> None:
    settings.SLOW_QUERY_MS = 60_000
    assert log_slow(lambda *query: query[0], "SELECT 1", (), False, {}) == "SELECT 1"
    assert lines == []
