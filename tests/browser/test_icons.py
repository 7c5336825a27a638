"""Icons lie in a file of their own: each is drawn in every mode, on paper, in forced colours."""

import io

import pytest
from PIL import Image
from playwright.sync_api import Locator, Route

from .conftest import MODES, OpenPage

SCREEN = {"media": "screen", "forced_colors": "none"}
MEDIA = [SCREEN, SCREEN | {"media": "print"}, SCREEN | {"forced_colors": "active"}]
LOADED = "() => [...document.querySelectorAll('.i use')].every(icon => icon.getBBox().width > 0)"


def count_colours(icon: Locator) -> int:
    """Return how many colours an icon has, its ground included; 1 where nothing is drawn."""
    picture = Image.open(io.BytesIO(icon.screenshot())).convert("RGB")
    return len(picture.getcolors(picture.width * picture.height) or ())


@pytest.mark.parametrize("mode", MODES)
def test_icons_are_drawn(open_page: OpenPage, mode: str) -> None:
    page = open_page("/regions/131082/", mode)
    page.wait_for_function(LOADED)
    for media in MEDIA:
        page.emulate_media(**media)  # type: ignore[arg-type]
        shown = [icon for icon in page.locator(".i").all() if icon.is_visible()]
        assert shown, media
        assert all(count_colours(icon) > 1 for icon in shown), media


def test_an_icon_that_is_not_drawn_is_noticed(open_page: OpenPage) -> None:
    page = open_page("about:blank")

    def send_nothing(route: Route) -> None:
        svg = '<svg xmlns="http://www.w3.org/2000/svg"/>'
        route.fulfill(body=svg, content_type="image/svg+xml")

    page.route("**/icons.*", send_nothing)
    page.goto("/regions/131082/", wait_until="networkidle")
    assert page.evaluate(LOADED) is False
    assert count_colours(page.locator("main .i").first) == 1
