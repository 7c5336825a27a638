"""Everything the API's schema allows is answered as it says; what it forbids is refused.

schemathesis makes the requests, in process. The short run is the same every time; the long one
draws anew.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from carebridge.middleware.parameters import is_blank
from institutions.models import Institution

pytestmark = pytest.mark.django_db

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
    allow_header_conformance,
]
# Nothing in process unpacks what is compressed.
PLAIN = {"Accept-Encoding": "identity"}
SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture]


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """The database is the test's own: the end of a request must not close its transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def api(**phases: bool) -> Any:
    """The schema; `coverage` tries every limit of every parameter, alone and in pairs."""
    config = {"phases": {name: {"enabled": enabled} for name, enabled in phases.items()}}
    return schemathesis.openapi.from_wsgi(
        "/api/v1/openapi.json",
        get_wsgi_application(),
        config=SchemathesisConfig.from_dict(config),
    )


short, long = api(coverage=False), api(coverage=True)


@schemathesis.hook
def filter_query(context: Any, query: dict[str, Any] | None) -> bool:
    """Blank parameters are allowed (`allowEmptyValue`), which schemathesis knows nothing of.

    `tests/carebridge/test_parameters.py` sends each of them.
    """
    return not any(is_blank(f"={value}") for value in (query or {}).values())


@short.parametrize()
@settings(max_examples=5, derandomize=True, deadline=None, suppress_health_check=SLOW)
def test_the_api_keeps_its_word(case):
    case.call_and_validate(checks=CHECKS, headers=PLAIN)


@pytest.mark.full
@long.parametrize()
@settings(
    max_examples=int(os.environ.get("API_EXAMPLES", "200")),
    deadline=None,
    suppress_health_check=SLOW,
)
def test_the_api_keeps_its_word_for_long(case):
    case.call_and_validate(checks=CHECKS, headers=PLAIN)


def test_a_stroke_at_the_end_finds_its_way(client):
    for path in ("institutions", "documents", "regions", "openapi.json"):
        moved = client.get(f"/api/v1/{path}/?q=a%20b&limit=3")
        assert (moved.status_code, moved["Location"]) == (301, f"/api/v1/{path}?q=a%20b&limit=3")
    home = Institution.objects.published().first()
    assert client.get(f"/api/v1/institutions/{home.pk}/", follow=True).status_code == 200
    assert client.get("/api/v1/nothing/").status_code == 404
    assert client.get("/api/v1//evil.example//").status_code == 404
