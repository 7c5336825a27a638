"""Pages of the register. A view parses, asks, renders; shaping is left to the presenters."""

from django.http import HttpRequest, HttpResponse


def institutions(request: HttpRequest) -> HttpResponse:
    """Search results: the whole state of the search is in the address."""
    raise NotImplementedError


def institution(request: HttpRequest, pk: int) -> HttpResponse:
    """One institution, every figure with its source and age."""
    raise NotImplementedError
