"""How often one visitor may ask the API."""

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from carebridge.lib import visitors


class VisitorThrottle(SimpleRateThrottle):
    """So many requests a minute from one address, as our own proxies saw it."""

    def get_rate(self) -> str | None:
        most = settings.API_PER_MINUTE
        return f"{most}/min" if most else None

    def get_cache_key(self, request: Request, view: object) -> str | None:
        address = visitors.address(request)
        return f"api-visitor:{address}" if address else None
