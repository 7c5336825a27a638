"""The API described as OpenAPI and as a page, both made from the views themselves."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponsePermanentRedirect,
)
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request

from carebridge.api.problems import CONTENT_TYPE, WORDS

Schema = dict[str, Any]
PROBLEM: Schema = {
    "type": "object",
    "description": "出了什么错（RFC 9457）",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string", "description": "哪一类错"},
        "status": {"type": "integer", "description": "和 HTTP 状态码一样"},
        "detail": {"type": "string", "description": "怎么办"},
        "errors": {
            "type": "array",
            "description": "哪些参数要改",
            "items": {
                "type": "object",
                "properties": {"parameter": {"type": "string"}, "detail": {"type": "string"}},
                "required": ["parameter", "detail"],
            },
        },
    },
    "required": ["type", "title", "status", "detail"],
}
KINDS = {
    "string": "文字",
    "integer": "整数",
    "number": "数",
    "boolean": "是或否",
    "array": "列表",
    "object": "对象",
}


def finish_schema(result: Schema, **kwargs: Any) -> Schema:
    """Add to every operation its common parameters and error responses."""
    result["components"].setdefault("schemas", {})["Problem"] = PROBLEM
    content = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path, operations in result["paths"].items():
        for operation in operations.values():
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "query" and not parameter.get("required"):
                    parameter["allowEmptyValue"] = True
            responses = operation["responses"]
            responses["304"] = {"description": "和您手里的一样（If-None-Match、If-Modified-Since）"}
            for status, (title, _) in WORDS.items():
                if status != 404 or "{" in path:
                    responses[str(int(status))] = {"description": title, "content": content}
    return result


@cache
def document() -> Schema:
    """Return the OpenAPI document; it changes with the code only."""
    schema: Schema = SchemaGenerator().get_schema(request=None, public=True)
    return schema


@require_safe
def as_json(request: HttpRequest) -> HttpResponse:
    content = OpenApiJsonRenderer().render(document(), renderer_context={})
    return HttpResponse(content, "application/vnd.oai.openapi+json")


@require_safe
def as_yaml(request: HttpRequest) -> HttpResponse:
    content = OpenApiYamlRenderer().render(document(), renderer_context={})
    return HttpResponse(content, "application/vnd.oai.openapi")


@extend_schema(exclude=True)
@api_view(["GET", "HEAD"])
def missing(request: Request, path: str) -> HttpResponseBase:
    """Answer an unknown address with problem details; redirect one with a surplus stroke at its
    end.

    Only once an address without it is there, so nobody is sent round in a circle.
    """
    short = request.path.rstrip("/")
    if short != request.path and _is_known(short):
        query = request.META.get("QUERY_STRING", "")
        return HttpResponsePermanentRedirect(f"{short}?{query}" if query else short)
    raise Http404


def _is_known(path: str) -> bool:
    try:
        return resolve(path).view_name != "api_missing"
    except Resolver404:
        return False


# The page


@dataclass(frozen=True)
class Field:
    """A parameter of an endpoint, or a value of its answer."""

    name: str
    kind: str
    words: str
    required: bool = False
    offered: tuple[str, ...] = ()


@dataclass(frozen=True)
class Endpoint:
    id: str
    path: str
    summary: str
    words: str
    example: str
    parameters: tuple[Field, ...]
    answers: tuple[tuple[str, tuple[Field, ...]], ...]


@require_safe
def docs_page(request: HttpRequest) -> HttpResponse:
    """Show the same document for people."""
    endpoints = [_endpoint(path, get["get"]) for path, get in document()["paths"].items()]
    problems = [(int(status), *words) for status, words in WORDS.items()]
    shown = {
        "endpoints": endpoints,
        "info": document()["info"],
        "problems": problems,
        "most": settings.API_PER_MINUTE,
    }
    return render(request, "api/page.html", shown)


def _endpoint(path: str, get: Schema) -> Endpoint:
    answer = get["responses"]["200"]["content"]["application/json"]["schema"]
    return Endpoint(
        id=get["operationId"],
        path=path,
        summary=get["summary"],
        words=get.get("description", ""),
        example=get.get("x-example", ""),
        parameters=tuple(map(_parameter, get.get("parameters", ()))),
        answers=tuple(_answers(answer)),
    )


def _parameter(one: Schema) -> Field:
    schema = one["schema"]
    inner = schema.get("items", schema)
    offered = tuple(map(str, inner.get("enum", ())))
    words = one.get("description", "")
    return Field(one["name"], _describe_type(schema), words, one.get("required", False), offered)


def _answers(schema: Schema) -> Iterator[tuple[str, tuple[Field, ...]]]:
    """Yield the objects of an answer, each once, the outermost first."""
    queue, met = [schema], set[str]()
    while queue:
        name = _component_name(queue.pop(0))
        if not name or name in met:
            continue
        met.add(name)
        inside = document()["components"]["schemas"][name].get("properties", {})
        yield (
            name,
            tuple(
                Field(
                    key, _describe_type(one), one.get("description", ""), offered=_enum_values(one)
                )
                for key, one in inside.items()
            ),
        )
        queue += inside.values()


def _enum_values(schema: Schema) -> tuple[str, ...]:
    return tuple(str(value) for value in schema.get("enum", ()) if value is not None)


def _component_name(schema: Schema) -> str:
    """Return the component of a schema or of its items; an empty string for plain values."""
    for one in (schema, schema.get("items", {}), *schema.get("allOf", ()), *_alternatives(schema)):
        if "$ref" in one:
            return str(one["$ref"]).rpartition("/")[2]
    return ""


def _alternatives(schema: Schema) -> list[Schema]:
    return [*schema.get("oneOf", ()), *schema.get("anyOf", ())]


def _describe_type(schema: Schema) -> str:
    """Return the type in words: 文字、整数、Price 的列表, with 或 null where it may be unknown."""
    name, kinds = _component_name(schema), schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    nullable = "null" in kinds or {"type": "null"} in _alternatives(schema)
    known = [KINDS[kind] for kind in kinds if kind != "null"]
    words = "或".join(known) or "任何值"
    if {"minimum", "maximum"} <= schema.keys():
        words += f" {schema['minimum']}—{schema['maximum']}"
    if name:
        words = f"{name} 的列表" if "array" in kinds else name
    return f"{words}，或 null" if nullable else words
