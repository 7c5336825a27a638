"""How figures are written on pages: money, age, and the words for what is not published."""

import datetime
from urllib.parse import quote, urlencode

from django import template
from django.db import models
from django.template.context import Context
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from carebridge.lib.money import UNKNOWN, whole_yuan
from institutions.models import Institution
from institutions.pages.parts.carried_homes import Carried, carried_by
from institutions.register import record as records
from institutions.register.ages import Age, age_on
from regions.models import Document

register = template.Library()
register.filter("yuan", whole_yuan)


@register.filter
def age(on: datetime.date) -> Age:
    """How long ago the day `on` was, as of today."""
    return age_on(on, timezone.localdate())


@register.filter
def or_unknown(value: object) -> object:
    """未公布 for None and for the empty string; anything else, 0 too, as it is."""
    return UNKNOWN if value is None or value == "" else value


@register.filter
def yes_no(value: bool | None) -> str:
    """是, 否, or 未公布 for None."""
    return UNKNOWN if value is None or value == "" else "是" if value else "否"


@register.filter
def path_of(row: models.Model) -> str:
    """The path of a row in the record of its home: beds/nursing/twin."""
    return records.path_of(row)


@register.simple_tag
def fix(path: str, label: object) -> SafeString:
    """A link beside a figure to the page where one says that it is wrong.

    Relative, so that a part of the page need not know the page it stands on.
    """
    return _fix(f"correct/?about={quote(path)}", "纠错", label)


@register.simple_tag
def fix_on(page: Institution | Document, path: str, label: object) -> SafeString:
    """The same from another page, once for a block that shows figures of `page`."""
    about = f"?about={quote(path)}" if path else ""
    return _fix(f"{page.get_absolute_url()}correct/{about}", "这里有错？", label)


def _fix(href: str, words: str, label: object) -> SafeString:
    return format_html(
        '<a class="fix" href="{}" rel="nofollow">{}<span class="vh">：{}</span></a>',
        href,
        words,
        label,
    )


@register.simple_tag(takes_context=True)
def shortlist_url(context: Context, pk: int | None = None) -> str:
    """The list that this page carries, with one more home put on it if one is named."""
    return _picked(context, "shortlist", _carried(context).kept, pk)


@register.simple_tag(takes_context=True)
def compare_url(context: Context, pk: int | None = None) -> str:
    """The comparison of the homes this page carries along, with one more if one is named."""
    return _picked(context, "compare", _carried(context).compared, pk)


def _picked(context: Context, page: str, ids: list[int], pk: int | None) -> str:
    more = [pk] if pk and pk not in ids else []
    homes = urlencode([("id", one) for one in [*ids, *more]])
    query = "&".join(filter(None, [homes, came_from(context)[1:]]))
    return reverse(page) + (f"?{query}" if query else "")


@register.simple_tag(takes_context=True)
def came_from(context: Context) -> str:
    """What leads back, to join to an address with a query: the elder, and the search."""
    search = _carried(context).search_query
    return f"{context.get('elder_and', '')}{'&' if search else ''}{search}"


@register.simple_tag(takes_context=True)
def carried_query(context: Context) -> str:
    """What a link to a home takes along: the elder, the homes picked so far, and the search."""
    elder = str(context.get("elder_and", ""))[1:]
    query = "&".join(filter(None, [elder, _carried(context).query]))
    return f"?{query}" if query else ""


def _carried(context: Context) -> Carried:
    return carried_by(context.get("request"))
