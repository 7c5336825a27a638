"""Links beside figures to the page for reporting errors."""

from urllib.parse import quote

from django.utils.html import format_html
from django.utils.safestring import SafeString

from institutions.models import Institution
from regions.models import Document


def fix(path: str, label: object) -> SafeString:
    """Return a link from the page of a record to the correction of one of its figures.

    Relative, so that a part of the page need not know the page it stands on.
    """
    return _link(f"correct/?about={quote(path)}", "纠错", label)


def fix_on(page: Institution | Document, path: str, label: object) -> SafeString:
    """Return the same from another page, once for a block that shows figures of `page`."""
    about = f"?about={quote(path)}" if path else ""
    return _link(f"{page.get_absolute_url()}correct/{about}", "这里有错？", label)


def _link(href: str, words: str, label: object) -> SafeString:
    return format_html(
        '<a class="fix" href="{}" rel="nofollow">{}<span class="vh">：{}</span></a>',
        href,
        words,
        label,
    )
