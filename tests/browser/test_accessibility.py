"""axe finds nothing, at two widths and in every mode; nothing is too wide, or too small to hit."""

import pytest
from playwright.sync_api import Page

from tests.run import ROOT

from .conftest import DESKTOP, MODES, NARROWEST, PHONE, OpenPage, Watch

AXE = (ROOT / "tests/browser/vendor/axe.min.js").read_text()
PAGES = ["home", "results", "empty", "errors", "full_demo", "bare_real", "missing"]
PAGES += ["sources", "source", "about_data", "privacy", "accessibility", "help"]
PAGES += ["regions", "region", "region_group", "region_choices"]
VIEWPORTS = {"1280": DESKTOP, "390": PHONE}
TAP, TAP_ELDER = 44, 60

# One complaint per node, short enough to read in a test report.
RUN_AXE = """async () => (await axe.run(document)).violations.flatMap(v =>
    v.nodes.map(n => `${v.id}: ${n.target.join(' ')}: ${n.failureSummary}`))"""
# What a finger must hit; links in running text are exempt. A checkbox is hit by its label.
SMALL_CONTROLS = """least => {
    const controls = 'button, summary, select, textarea, a.btn, a.chip, nav a, .tools a, ' +
        'input:not([type=hidden]):not([type=checkbox]):not([type=radio]), label:has(input)';
    return [...document.querySelectorAll(controls)].flatMap(control => {
        const {width, height} = control.getBoundingClientRect();
        const shown = control.checkVisibility({visibilityProperty: true}) && width > 1;
        const small = Math.min(width, height) < least - 0.5;
        const name = control.innerText || control.name || control.outerHTML.slice(0, 80);
        return shown && small ? [`${name.trim()}: ${width.toFixed(0)}x${height.toFixed(0)}`] : [];
    });
}"""
# Elements that stick out of the window, the widest last.
TOO_WIDE = """() => {
    const room = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= room) return [];
    return [...document.querySelectorAll('body *')]
        .filter(e => e.getBoundingClientRect().right > room + 0.5)
        .map(e => `${e.tagName}.${e.className}: ${e.getBoundingClientRect().right.toFixed(0)}`);
}"""
OPEN_ALL = "() => document.querySelectorAll('details').forEach(d => { d.open = true })"


@pytest.fixture
def address(request: pytest.FixtureRequest, watch: Watch) -> str:
    """The path of the page a test is about."""
    name = request.param
    if name == "missing":
        watch.expected.add(404)
    return {
        "home": lambda: "/",
        "results": lambda: "/institutions/",
        "empty": lambda: "/institutions/?q=绝无此名",
        "errors": lambda: "/institutions/?price_min=abc&region=999999",
        "full_demo": lambda: f"/institutions/{request.getfixturevalue('full_demo')}/",
        "bare_real": lambda: f"/institutions/{request.getfixturevalue('bare_real')}/",
        "missing": lambda: "/institutions/999999999/",
        "sources": lambda: "/sources/",
        "source": lambda: "/sources/jing-jin-ji-2024/",
        "about_data": lambda: "/about/data/",
        "privacy": lambda: "/about/privacy/",
        "accessibility": lambda: "/about/accessibility/",
        "help": lambda: "/about/help/",
        "regions": lambda: "/regions/?sort=medical&province=130000",
        "region": lambda: "/regions/500000/",
        "region_group": lambda: "/regions/groups/jing-jin-ji/",
        "region_choices": lambda: "/regions/130504/",
    }[name]()


# What the parts of the charts are painted with, by class.
PAINT = """() => Object.fromEntries(['all', 'val', 'alt', 'mark'].map(name => {
    const {fill, stroke} = getComputedStyle(document.querySelector(`.bars .${name}`));
    return [name, {fill, stroke}];
}))"""

every_page = pytest.mark.parametrize("address", PAGES, indirect=True)


def axe(page: Page) -> list[str]:
    """What axe complains of; evaluated, because the page's policy lets no script in."""
    page.evaluate(AXE)
    return page.evaluate(RUN_AXE)


@every_page
@pytest.mark.parametrize("viewport", VIEWPORTS)
@pytest.mark.parametrize("mode", MODES)
def test_axe_finds_nothing(address: str, mode: str, viewport: str, open_page: OpenPage):
    page = open_page(address, mode=mode, viewport=VIEWPORTS[viewport])
    assert axe(page) == []
    page.evaluate(OPEN_ALL)
    assert axe(page) == []


@pytest.mark.parametrize("mode", MODES)
def test_axe_finds_nothing_in_the_filters_of_a_phone(mode: str, open_page: OpenPage):
    page = open_page("/institutions/", mode=mode, viewport=PHONE)
    page.get_by_role("button", name="筛选").click()
    page.evaluate(OPEN_ALL)
    assert axe(page) == []


def test_axe_notices_a_fault(open_page: OpenPage):
    page = open_page("/institutions/")
    page.evaluate("() => document.body.insertAdjacentHTML('beforeend', '<img src=\"data:,\">')")
    assert any(found.startswith("image-alt") for found in axe(page))


@every_page
@pytest.mark.parametrize("mode", ["normal", "elder"])
def test_nothing_is_wider_than_320_pixels(address: str, mode: str, open_page: OpenPage):
    page = open_page(address, mode=mode, viewport=NARROWEST)
    assert page.evaluate(TOO_WIDE) == []
    page.evaluate(OPEN_ALL)
    assert page.evaluate(TOO_WIDE) == []


def test_a_wide_element_is_noticed(open_page: OpenPage):
    page = open_page("/institutions/", viewport=NARROWEST)
    page.evaluate("() => { document.querySelector('h1').style.width = '400px' }")
    assert page.evaluate(TOO_WIDE)


@every_page
@pytest.mark.parametrize("viewport", VIEWPORTS)
@pytest.mark.parametrize(("mode", "least"), [("normal", TAP), ("elder", TAP_ELDER)])
def test_controls_are_large_enough_to_hit(
    address: str, mode: str, least: int, viewport: str, open_page: OpenPage
):
    page = open_page(address, mode=mode, viewport=VIEWPORTS[viewport])
    page.evaluate(OPEN_ALL)
    assert page.evaluate(SMALL_CONTROLS, least) == []


def test_the_filters_of_a_phone_are_large_enough_to_hit(open_page: OpenPage):
    page = open_page("/institutions/", mode="elder", viewport=PHONE)
    page.get_by_role("button", name="筛选").click()
    page.evaluate(OPEN_ALL)
    assert page.evaluate(SMALL_CONTROLS, TAP_ELDER) == []


@pytest.mark.parametrize("mode", MODES)
def test_the_mode_reaches_the_page(mode: str, open_page: OpenPage):
    """Or the tests above would look at the normal page four times."""
    data = open_page("/institutions/", mode=mode).evaluate(
        "() => ({...document.documentElement.dataset})"
    )
    shown = {"mode": data["mode"], "theme": data["theme"], "contrast": data["contrast"]}
    plain = {"mode": "standard", "theme": "auto", "contrast": "normal"}
    assert shown == plain | MODES[mode]


@pytest.mark.parametrize(
    "media", [{"media": "print"}, {"forced_colors": "active"}], ids=["print", "forced"]
)
def test_charts_need_no_colour_of_ours(open_page: OpenPage, media: dict[str, str]) -> None:
    page = open_page("/regions/000000/")
    page.emulate_media(**media)  # type: ignore[arg-type]
    paint = page.evaluate(PAINT)
    assert paint["all"]["stroke"] not in ("none", paint["all"]["fill"])
    assert paint["mark"]["stroke"] not in ("none", paint["mark"]["fill"])
    for bar in ("val", "alt"):  # the mark lies on either
        assert paint["mark"]["stroke"] != paint[bar]["fill"] != paint["all"]["fill"]
