"""Who asks to be let in, and from where, as our own proxies saw it."""

import ipaddress
from typing import Any

from django.conf import settings
from django.http import HttpRequest

# The column of django-axes; the form of the admin does not limit what is typed.
LONGEST_NAME = 255


def address(request: HttpRequest) -> str | None:
    """The visitor's address; what they themselves wrote under X-Forwarded-For counts for nothing.

    Each of our PROXIES adds the address it saw on the right, so the first of them wrote the one
    that many places from the end. None when a server hands no address over.
    """
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")
    seen = forwarded[-settings.PROXIES] if 0 < settings.PROXIES <= len(forwarded) else ""
    return _address(seen) or _address(request.META.get("REMOTE_ADDR", ""))


def _address(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text.strip()))
    except ValueError:
        return None


def name(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """The name that somebody signs in by, as much of it as the log holds."""
    return str((credentials or request.POST).get("username") or "")[:LONGEST_NAME]
