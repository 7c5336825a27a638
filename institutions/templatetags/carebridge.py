"""Format of figures on pages: money, age, and the words for unpublished values."""

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
    """Return the age of the day `on`, as of today."""
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
    """Return the path of a row in the record of its home: beds/nursing/twin."""
    return records.path_of(row)


@register.simple_tag
def fix(path: str, label: object) -> SafeString:
    """Return a link beside a figure to its page for corrections.

    Relative, so that a part of the page need not know the page it stands on.
    """
    return _fix_link(f"correct/?about={quote(path)}", "纠错", label)


@register.simple_tag
def fix_on(page: Institution | Document, path: str, label: object) -> SafeString:
    """Return the same from another page, once for a block that shows figures of `page`."""
    about = f"?about={quote(path)}" if path else ""
    return _fix_link(f"{page.get_absolute_url()}correct/{about}", "这里有错？", label)


def _fix_link(href: str, words: str, label: object) -> SafeString:
    return format_html(
        '<a class="fix" href="{}" rel="nofollow">{}<span class="vh">：{}</span></a>',
        href,
        words,
        label,
    )


@register.simple_tag(takes_context=True)
def shortlist_url(context: Context, pk: int | None = None) -> str:
    """Return the list that this page carries, with one more home put on it if one is named."""
    return _picked_query(context, "shortlist", _carried(context).kept, pk)


@register.simple_tag(takes_context=True)
def compare_url(context: Context, pk: int | None = None) -> str:
    """Return the comparison of the homes this page carries along, with one more if one is named."""
    return _picked_query(context, "compare", _carried(context).compared, pk)


def _picked_query(context: Context, page: str, ids: list[int], pk: int | None) -> str:
    more = [pk] if pk and pk not in ids else []
    homes = urlencode([("id", one) for one in [*ids, *more]])
    query = "&".join(filter(None, [homes, came_from(context)[1:]]))
    return reverse(page) + (f"?{query}" if query else "")


@register.simple_tag(takes_context=True)
def came_from(context: Context) -> str:
    """Return the query that leads back: the elder, and the search."""
    search = _carried(context).search_query
    return f"{context.get('elder_and', '')}{'&' if search else ''}{search}"


@register.simple_tag(takes_context=True)
def carried_query(context: Context) -> str:
    """Return the query of a link to a home: the elder, the homes picked so far, and the search."""
    elder = str(context.get("elder_and", ""))[1:]
    query = "&".join(filter(None, [elder, _carried(context).query]))
    return f"?{query}" if query else ""


def _carried(context: Context) -> Carried:
    return carried_by(context.get("request"))
