"""The API describes itself: OpenAPI that others can read, and a page made from it."""

import json
import re

import pytest
import yaml
from openapi_spec_validator import validate

from carebridge.api import openapi
from carebridge.urls import urlpatterns

pytestmark = pytest.mark.django_db


def examples() -> list[str]:
    operations = [path["get"] for path in openapi.document()["paths"].values()]
    return [found["x-example"] for found in operations if "x-example" in found]


def test_the_schema_is_whole_and_valid(capsys):
    openapi.document.cache_clear()
    validate(openapi.document())
    assert "carebridge" not in capsys.readouterr().err  # what it could not guess


def test_json_and_yaml_say_the_same(client):
    as_json, as_yaml = (client.get(f"/api/v1/openapi.{kind}") for kind in ("json", "yaml"))
    assert json.loads(as_json.content) == yaml.safe_load(as_yaml.content) == openapi.document()


def test_every_parameter_and_endpoint_says_what_it_is():
    for operations in openapi.document()["paths"].values():
        get = operations["get"]
        assert get["summary"]
        assert get["description"]
        assert [p["name"] for p in get.get("parameters", ()) if not p.get("description")] == []


def test_every_example_works(client):
    assert examples()
    for example in examples():
        answer = client.get(example)
        assert answer.status_code == 200, example


def test_the_page_shows_every_endpoint_parameter_and_value(client):
    page = client.get("/api/").content.decode()
    for path, operations in openapi.document()["paths"].items():
        assert f"<code>GET {path}</code>" in page
        for parameter in operations["get"].get("parameters", ()):
            assert f"<code>{parameter['name']}</code>" in page
    for name, schema in openapi.document()["components"]["schemas"].items():
        if name != "Problem":
            assert f"<caption>{name}</caption>" in page
            assert all(f"<code>{key}</code>" in page for key in schema["properties"])


def test_the_page_loads_nothing_from_elsewhere(client):
    page = client.get("/api/").content.decode().replace('rel="canonical" href="http:', "")
    assert re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=\"(?:https?:)?//", page) == []
    assert " style=" not in page


@pytest.mark.parametrize("path", ["homes", "", "policies/a%0Ab"])
def test_an_address_that_is_none_is_a_problem(path, client):
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert [p for p in urlpatterns if getattr(p, "name", "") == "api_missing"]


def test_reading_is_all_there_is(client):
    for method in ("post", "put", "patch", "delete"):
        answer = getattr(client, method)("/api/v1/institutions")
        assert answer.status_code == 405
        assert answer.json()["title"] == "只能读取"
    assert client.head("/api/v1/institutions").content == b""


def test_too_many_parameters_are_a_problem(client):
    answer = client.get("/api/v1/institutions?" + "&".join(f"a{n}=1" for n in range(1001)))
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["title"] == "参数有误"


def test_only_json_is_given(client):
    answer = client.get("/api/v1/institutions", headers={"Accept": "text/html"})
    assert answer.status_code == 406
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_any_page_may_read_and_none_may_send_who_reads(client):
    origin = {"Origin": "https://example.org"}
    answer = client.get("/api/v1/institutions", headers=origin)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    asked = origin | {"Access-Control-Request-Method": "GET"}
    may = client.options("/api/v1/institutions", headers=asked)
    assert may.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert "Access-Control-Allow-Origin" not in client.get("/institutions/", headers=origin).headers
