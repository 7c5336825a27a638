"""The one environment of the public templates: every filter and function that they may use."""

import functools
from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.contrib.humanize.templatetags import humanize
from django.http import HttpRequest, QueryDict
from django.template import Context, defaultfilters, defaulttags, engines
from django.template.backends.jinja2 import Jinja2
from django.templatetags.static import static
from django.urls import get_script_prefix, get_urlconf, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from jinja2 import Environment

from carebridge.lib.money import whole_yuan
from carebridge.middleware import privacy
from carebridge.templating import frame
from carebridge.templating.absent import Absent, is_none, write
from institutions.pages.parts import correction_links, written_figures
from institutions.pages.parts.carried_homes import carried_by
from institutions.pages.parts.carried_links import CarriedLinks
from institutions.register import record


def environment(**options: Any) -> Environment:
    """Return the environment that Django's backend renders public templates with."""
    env = Environment(
        loader=options["loader"],
        auto_reload=options["auto_reload"],
        autoescape=True,
        undefined=Absent,
        finalize=write,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    env.tests["none"] = is_none
    env.filters |= FILTERS
    env.globals |= GLOBALS
    return env


def compile_templates() -> None:
    """Compile every public template, so that no reader waits for it."""
    env = _environment()
    for name in env.list_templates():
        env.get_template(name)


def context(request: HttpRequest) -> dict[str, CarriedLinks]:
    """Template context: the links that take along what a family has picked so far."""
    return {"picked": CarriedLinks(carried_by(request), privacy.carried(request)["elder_and"])}


def macro(name: str, part: str) -> Callable[..., str]:
    """Return a macro of a part of pages: show_asof of parts/_asof.html."""
    found: Callable[..., str] = getattr(_environment().get_template(part).module, name)
    return found


def _environment() -> Environment:
    """Return the environment that renders the pages of this process."""
    return cast(Jinja2, engines["jinja2"]).env


def url(name: str, *args: object) -> str:
    """Return the path of a view."""
    return _path(name, args, get_script_prefix(), get_urlconf() or settings.ROOT_URLCONF)


@functools.lru_cache(1_000)
def _path(name: str, args: tuple[object, ...], prefix: str, urlconf: str) -> str:
    return reverse(name, urlconf, args)


@functools.cache
def show_icon(name: str) -> SafeString:
    """Return an icon of `static/img/icons.svg`; `name` is one of its own."""
    file = static("img/icons.svg")
    return SafeString(
        f'<svg class="i" aria-hidden="true" focusable="false"><use href="{file}#i-{name}"/></svg>\n'
    )


def now(form: str) -> str:
    return str(defaultfilters.date(timezone.localtime(), form))


def querystring(request: HttpRequest, **changed: str) -> str:
    """Return the query of this page with some parameters changed."""
    query: QueryDict = request.GET
    return str(defaulttags.querystring(Context(), query, **changed))


def intcomma(number: int) -> str:
    return str(humanize.intcomma(number, use_l10n=False))


def one_decimal(number: float) -> str:
    return f"{number:.1f}"


def or_blank(value: object) -> object:
    """Return an empty string for None, anything else as it is."""
    return "" if is_none(value) else value


FILTERS = {
    "age": written_figures.age,
    "date": defaultfilters.date,
    "filesizeformat": defaultfilters.filesizeformat,
    "intcomma": intcomma,
    "linebreaksbr": defaultfilters.linebreaksbr,
    "one_decimal": one_decimal,
    "or_blank": or_blank,
    "or_unknown": written_figures.or_unknown,
    "page_address": frame.page_address,
    "page_description": frame.page_description,
    "page_title": frame.page_title,
    "path_of": record.path_of,
    "truncatechars": defaultfilters.truncatechars,
    "urlencode": defaultfilters.urlencode,
    "yes_no": written_figures.yes_no,
    "yuan": whole_yuan,
}
GLOBALS = {
    "fix": correction_links.fix,
    "fix_on": correction_links.fix_on,
    "json_ld": frame.json_ld,
    "now": now,
    # Of a page that is made without a request: that of a broken site.
    "picked": CarriedLinks(carried_by(None)),
    "querystring": querystring,
    "show_icon": show_icon,
    "site": frame.Site(),
    "static": static,
    "url": url,
}
