"""Name and address of a visitor, as our own proxies saw it."""

import ipaddress
from typing import Any

from django.conf import settings
from django.http import HttpRequest

# The column of django-axes; the form of the admin does not limit what is typed.
LONGEST_NAME = 255


def address(request: HttpRequest) -> str | None:
    """Return the visitor's address; what they themselves wrote under X-Forwarded-For counts for
    nothing.

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


def network(request: HttpRequest) -> str | None:
    """Return the network that limits count by: the address, of the sixth version its first 64 bits.

    One household or office has as many addresses of the sixth version as it likes, all in one such
    network, which is named by its first address. None as of `address`.
    """
    seen = address(request)
    if seen is None or (known := ipaddress.ip_address(seen)).version == 4:
        return seen
    if mapped := known.ipv4_mapped:
        return str(mapped)
    return str(ipaddress.ip_network((int(known), 64), strict=False).network_address)


def sign_in_name(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """Return the name that somebody signs in by, cut to the length of the log."""
    return str((credentials or request.POST).get("username") or "")[:LONGEST_NAME]
