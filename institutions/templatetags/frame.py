"""The frame of every page: what it is called, where it stands for good, and whom to ring.

Read from the settings and not from a context, so that the page of a broken site shows it too.
"""

import json
from typing import Any

from django import template
from django.conf import settings
from django.template.context import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

SITE_NAME = "颐桥 CareBridge"
# What could end the block, or begin another, inside a page.
NO_MARKUP = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


@register.simple_block_tag
def page_title(content: str) -> SafeString:
    """Return the title, for the window and for whoever shares the page, from one block."""
    return format_html(
        '<title>{0} – {1}</title>\n  <meta property="og:title" content="{0}">',
        SafeString(content.strip()),
        SITE_NAME,
    )


@register.simple_block_tag
def page_description(content: str) -> SafeString:
    return format_html(
        '<meta name="description" content="{0}">\n  <meta property="og:description" content="{0}">',
        SafeString(content.strip()),
    )


@register.simple_block_tag(takes_context=True)
def page_address(context: Context, content: str) -> SafeString:
    """Return the lasting address of a page, from its path; nothing for a page that has none:
    errors.
    """
    path, request = content.strip(), context.get("request")
    if not path or request is None:
        return SafeString("")
    return format_html(
        '<link rel="canonical" href="{0}">\n  <meta property="og:url" content="{0}">',
        SafeString(request.build_absolute_uri(path)),
    )


@register.simple_tag
def json_ld(content: dict[str, Any] | None) -> SafeString:
    """Return a data block for machines, which no browser runs; nothing without data."""
    if not content:
        return SafeString("")
    data = json.dumps(content, ensure_ascii=False).translate(NO_MARKUP)
    return format_html('<script type="application/ld+json">{}</script>', SafeString(data))


@register.simple_tag
def organisation() -> str:
    """Return the organisation that runs this site; an empty string when none is set."""
    return str(settings.ORGANISATION)


@register.simple_tag
def icp_number() -> str:
    """Return the number in the ministry's register; an empty string when there is none."""
    return str(settings.ICP_NUMBER)


@register.simple_tag
def map_attribution() -> str:
    """Return the attribution of the map tiles; an empty string without tiles."""
    return str(settings.MAP_ATTRIBUTION) if settings.MAP_TILES else ""


@register.inclusion_tag("public/parts/_help.html")
def help_phone() -> dict[str, str]:
    """Return the number people may ring, as it is written and as it is dialled, and when."""
    phone = settings.HELP_PHONE
    dialled = phone.replace(" ", "")
    return {"phone": phone, "dialled": dialled, "hours": settings.HELP_HOURS}
