"""Limit of requests of one network to the API."""

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from carebridge.lib import limits


class VisitorThrottle(BaseThrottle):
    """So many requests a minute from one network, as our own proxies saw it."""

    def allow_request(self, request: Request, view: object) -> bool:
        self.seconds = limits.take("api", request)
        return not self.seconds

    def wait(self) -> float:
        return self.seconds - 1  # the answer adds one, see `carebridge.api.problems`
