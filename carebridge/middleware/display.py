"""Display of pages for this reader: large print, colours and contrast, kept in cookies."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme

YEAR = 365 * 24 * 60 * 60  # seconds

# Cookie -> its legend and its values in words; the first value is the one without a cookie.
CHOICES = {
    "mode": ("字号", {"standard": "标准", "elder": "大字"}),
    # Pixels of plain text in large print; 40 are 30 points.
    "size": ("大字多大", {"24": "大", "28": "更大", "32": "特大", "40": "最大"}),
    "theme": ("颜色", {"auto": "跟随系统", "light": "浅色", "dark": "深色"}),
    "contrast": ("对比度", {"normal": "标准", "high": "高对比"}),
}


@dataclass(frozen=True)
class Display:
    """The reader's choices: attributes of `<html>` that the stylesheet goes by."""

    mode: str = "standard"
    size: str = "24"
    theme: str = "auto"
    contrast: str = "normal"

    @classmethod
    def chosen(cls, values: Mapping[str, str]) -> Self:
        """Read the choices from cookies or a query; unknown values are ignored."""
        return cls(**known_choices(values))

    @property
    def choices(self) -> list[tuple[str, str, list[tuple[str, str, bool]]]]:
        """(name, legend, [(value, label, whether it is chosen)]) for the form.

        How large is asked in large print only.
        """
        return [
            (name, legend, [(v, label, v == getattr(self, name)) for v, label in values.items()])
            for name, (legend, values) in CHOICES.items()
            if name != "size" or self.mode == "elder"
        ]


def known_choices(values: Mapping[str, str]) -> dict[str, str]:
    """Return the choices in `values` that are offered."""
    return {
        name: values[name] for name, (_, offered) in CHOICES.items() if values.get(name) in offered
    }


def display(request: HttpRequest) -> dict[str, Display]:
    """Template context: the reader's choices."""
    return {"display": Display.chosen(request.COOKIES)}


def vary_on_display(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: no cache hands one reader's large print to another."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            patch_vary_headers(response, ["Cookie"])
        return response

    return middleware


def set_display(request: HttpRequest) -> HttpResponse:
    """Keep the reader's choices in cookies and go back to the page they came from."""
    return _redirect_with(known_choices(request.GET), next_page(request))


def elder_page(request: HttpRequest) -> HttpResponse:
    """`/elder/`: an address to give one's mother; switch to large print and show the front page."""
    return _redirect_with(known_choices(request.GET) | {"mode": "elder"}, reverse("home"))


def _redirect_with(choices: Mapping[str, str], page: str) -> HttpResponse:
    """Redirect to `page`, with the choices in cookies."""
    response = HttpResponseRedirect(page)
    for name, value in choices.items():
        response.set_cookie(name, value, max_age=YEAR, secure=settings.HTTPS, samesite="Lax")
    return response


def next_page(request: HttpRequest) -> str:
    """Return the page to go back to: `next` when it is one of ours, else the front page."""
    page = request.GET.get("next", "")
    ours = url_has_allowed_host_and_scheme(page, {request.get_host()}, request.is_secure())
    return page if ours and page.startswith("/") else reverse("home")
