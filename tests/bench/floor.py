"""The floor: what a page takes when all it shows is known beforehand.

The same address, middleware, template and bytes; only nothing is asked, counted or sorted.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MethodType
from typing import Any
from unittest.mock import patch

from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, get_resolver
from django.utils.functional import Promise

from institutions import views

PLAIN = (type(None), str, int, float, bytes)


class Constant:
    """Stands for an object in a template: what was asked of it once is there the next time."""

    def __init__(self, of: Any) -> None:
        self._of = of

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.__dict__["_of"], name)
        if isinstance(value, MethodType):
            answer = constant(value())
            value = lambda: answer  # noqa: E731 (a template calls it)
        else:
            value = constant(value)
        self.__dict__[name] = value
        return value

    def __iter__(self) -> Iterator[Any]:
        if "_items" not in self.__dict__:
            self._items = [constant(item) for item in self._of]
        return iter(self._items)

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __bool__(self) -> bool:
        if "_truth" not in self.__dict__:
            self._truth = bool(self._of)
        return self._truth

    def __str__(self) -> str:
        if "_text" not in self.__dict__:
            self._text = str(self._of)
        return self._text

    def __html__(self) -> str:
        return str(self)


class Keyed(Constant):
    """Of an object that is asked by keys as well, as a form is for its fields."""

    def __getitem__(self, key: Any) -> Any:
        kept = self.__dict__.setdefault("_kept", {})
        if key not in kept:
            kept[key] = constant(self._of[key])
        return kept[key]


def constant(value: Any) -> Any:
    """The value as it is, if it is plain; else what stands for it."""
    if isinstance(value, Promise):
        return str(value)
    # A row that has been read is plain data; tags call its methods with it.
    if isinstance(value, (*PLAIN, Model)) or type(value).__module__ == "datetime":
        return value
    if isinstance(value, Mapping):
        return {key: constant(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, Iterator)):
        return [constant(one) for one in value]
    if type(value).__name__ in ("dict_items", "dict_keys", "dict_values", "QuerySet"):
        return [constant(one) for one in value]
    return Keyed(value) if hasattr(type(value), "__getitem__") else Constant(value)


def pattern(name: str) -> URLPattern:
    """The line of the URLconf called `name`."""
    waiting = list(get_resolver().url_patterns)
    for one in waiting:
        if isinstance(one, URLPattern) and one.name == name:
            return one
        waiting += getattr(one, "url_patterns", [])
    raise LookupError(name)


@contextmanager
def captured() -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """Template and context of the pages that are rendered meanwhile."""
    seen: list[tuple[str, dict[str, Any]]] = []

    def capture(request: HttpRequest, template: str, context: Any, **more: Any) -> HttpResponse:
        seen.append((template, context))
        return render(request, template, context, **more)

    with patch.object(views, "render", capture):
        yield seen


@contextmanager
def rendered(template: str, known: dict[str, Any]) -> Iterator[None]:
    """The page of results is rendered from what is known meanwhile, and nothing else is done."""

    def floor(request: HttpRequest) -> HttpResponse:
        return render(request, template, known)

    with patch.object(pattern("institutions"), "callback", floor):
        yield
