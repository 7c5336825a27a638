"""The frame of every page: its title, its lasting address, and whom to ring.

Read from the settings and not from a context, so that the page of a broken site shows it too.
"""

import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

SITE_NAME = "颐桥 CareBridge"
# What could end the block, or begin another, inside a page.
NO_MARKUP = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


class Site:
    """Organisation of this site and whom to ring, from the settings; empty where nobody is
    named.
    """

    @property
    def organisation(self) -> str:
        return str(settings.ORGANISATION)

    @property
    def icp_number(self) -> str:
        """The number in the ministry's register."""
        return str(settings.ICP_NUMBER)

    @property
    def map_attribution(self) -> str:
        """Attribution of the map tiles; empty without tiles."""
        return str(settings.MAP_ATTRIBUTION) if settings.MAP_TILES else ""

    @property
    def help_phone(self) -> str:
        return str(settings.HELP_PHONE)

    @property
    def help_dialled(self) -> str:
        """The number as it is dialled."""
        return self.help_phone.replace(" ", "")

    @property
    def help_hours(self) -> str:
        return str(settings.HELP_HOURS)


def page_title(content: str) -> SafeString:
    """Return the title for the window and for whoever shares the page, from the content of a
    block.
    """
    return format_html(
        '<title>{0} – {1}</title>\n  <meta property="og:title" content="{0}">',
        SafeString(content.strip()),
        SITE_NAME,
    )


def page_description(content: str) -> SafeString:
    return format_html(
        '<meta name="description" content="{0}">\n  <meta property="og:description" content="{0}">',
        SafeString(content.strip()),
    )


def page_address(content: str, request: HttpRequest | None) -> SafeString:
    """Return the lasting address of a page, from its path; nothing for an error, which has none."""
    path = content.strip()
    if not path or not request:
        return SafeString("")
    return format_html(
        '<link rel="canonical" href="{0}">\n  <meta property="og:url" content="{0}">',
        SafeString(request.build_absolute_uri(path)),
    )


def json_ld(content: dict[str, Any] | None) -> SafeString:
    """Return a data block for machines, which no browser runs; nothing without content."""
    if not content:
        return SafeString("")
    data = json.dumps(content, ensure_ascii=False).translate(NO_MARKUP)
    return format_html('<script type="application/ld+json">{}</script>', SafeString(data))
