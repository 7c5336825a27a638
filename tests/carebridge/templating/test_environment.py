"""Public templates are whole: all compile, each part is given what it uses, methods are called."""

import re
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.http import HttpRequest
from django.template import engines
from django.urls import reverse
from jinja2 import UndefinedError, meta, nodes

from carebridge.templating.environment import compile_templates, macro, show_icon
from tests.same_pages import ELDER
from tests.test_metadata import ARGUMENTS, page_names

ENV = engines["jinja2"].env
STATIC = settings.BASE_DIR / "static"
NAMES = sorted(ENV.list_templates())
PARTS = [name for name in NAMES if name.rpartition("/")[2].startswith("_")]
# What a template that went wrong leaves on a page.
LEFTOVERS = re.compile(r"<bound method|<function|Undefined|Absent|\{\{|\{%|\{#|object at 0x")
# File -> how many values it marks as safe: all are made by format_html, or hold no text of others.
MARKED_SAFE = {"carebridge/templating/environment.py": 1, "carebridge/templating/frame.py": 6}
MARK = re.compile(r"\b(?:SafeString|mark_safe|Markup)\(")
# Methods of models, forms, pages of results and requests that templates ask.
METHOD = re.compile(
    r"get_\w+|\w+_display|has_(?:next|previous|other_pages)|(?:start|end)_index|all|exists|items|keys"
    r"|values|tag|visible_fields|hidden_fields|non_field_errors|build_absolute_uri"
)


def source(name: str) -> str:
    return ENV.loader.get_source(ENV, name)[0]


def test_there_are_templates() -> None:
    assert len(NAMES) > 100
    assert len(PARTS) > 60
    assert not [name for name in NAMES if name.startswith("admin/")]


def test_a_worker_compiles_all_of_them() -> None:
    compile_templates()
    assert len(ENV.cache) >= len(NAMES)


@pytest.mark.parametrize("name", PARTS)
def test_a_part_is_given_all_it_uses(name: str) -> None:
    """It is imported without the context of the page: what it was not given would be blank."""
    functions = ENV.globals.keys() - {"picked"}
    assert meta.find_undeclared_variables(ENV.parse(source(name))) <= functions


def uncalled(text: str) -> list[str]:
    """Return the methods that a template names without calling them."""
    tree = ENV.parse(text)
    called = {id(call.node) for call in tree.find_all(nodes.Call)}
    return [
        found.attr
        for found in tree.find_all(nodes.Getattr)
        if id(found) not in called and is_method(found)
    ]


def is_method(found: nodes.Getattr) -> bool:
    return bool(METHOD.fullmatch(found.attr))


@pytest.mark.parametrize("name", NAMES)
def test_methods_are_called(name: str) -> None:
    assert uncalled(source(name)) == []


@pytest.mark.parametrize(
    "text",
    [
        "{{ home.get_absolute_url }}",
        "{% if policy.get_kind_display %}{% endif %}",
        "{% for field in form.visible_fields %}{% endfor %}",
    ],
)
def test_a_method_that_is_not_called_is_noticed(text: str) -> None:
    assert len(uncalled(text)) == 1


def test_nothing_is_marked_as_safe_elsewhere() -> None:
    assert [name for name in NAMES if re.search(r"\|\s*safe\b|Markup", source(name))] == []
    files = [
        path
        for package in ("carebridge", "institutions", "regions")
        for path in (settings.BASE_DIR / package).rglob("*.py")
    ]
    found = {
        str(path.relative_to(settings.BASE_DIR)): len(MARK.findall(path.read_text()))
        for path in files
    }
    public = {path: count for path, count in found.items() if count}
    assert public == MARKED_SAFE


def pages() -> Iterator[str]:
    for name in page_names():
        path = reverse(name, args=ARGUMENTS.get(name, list)())
        yield path
        yield f"{path}?{ELDER}&id=1&id=2&to=131082&sort=net"
    yield "/institutions/?view=map&q=%E5%85%BB"
    yield "/institutions/?region=x&price_min=x"
    yield "/nothing/"


@pytest.mark.django_db
def test_no_page_shows_what_a_template_got_wrong(client) -> None:
    seen = 0
    for path in pages():
        page = client.get(path, follow=True)
        if page.headers["Content-Type"].startswith("text/html"):
            found = LEFTOVERS.search(page.content.decode())
            assert not found, (path, found)
            seen += 1
    assert seen > 40


@pytest.mark.parametrize(
    "text", ["{{ texts.append }}", "{{ request.get_host }}", "{{ broken.name }}"]
)
def test_what_a_template_gets_wrong_is_an_error(text: str) -> None:
    with pytest.raises((TypeError, UndefinedError)):
        ENV.from_string(text).render({"request": HttpRequest(), "broken": object(), "texts": []})


def test_a_macro_is_found_by_its_name() -> None:
    assert "更新日期未公布" in macro("show_asof", "parts/_asof.html")(None)


def test_every_icon_is_in_the_file_of_icons() -> None:
    drawn = set(re.findall(r'<symbol id="i-(\w+)"', (STATIC / "img/icons.svg").read_text()))
    used = {name for file in NAMES for name in re.findall(r'show_icon\("(\w+)"\)', source(file))}
    assert len(used) > 5
    assert used <= drawn
    assert all(f'href="/static/img/icons.svg#i-{name}"' in show_icon(name) for name in used)
