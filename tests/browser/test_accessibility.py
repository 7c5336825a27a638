"""axe finds nothing, at two widths and in every mode; nothing is too wide, or too small to hit."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.run import ROOT

from .conftest import DESKTOP, MODES, NARROWEST, PHONE, OpenPage, Site, Watch, new_reader

AXE = (ROOT / "tests/browser/vendor/axe.min.js").read_text()
PAGES = ["home", "results", "empty", "errors", "full_demo", "bare_real", "missing"]
PAGES += ["source_text", "policy_text"]
PAGES += ["sources", "source", "about_data", "open_data", "api", "privacy", "accessibility", "help"]
PAGES += ["regions", "region", "region_group", "region_choices", "policies", "policy"]
PAGES += ["correct", "corrections", "shortlist", "follow", "follow_full"]
# Told enough for most answers, two findings and a choice between benefits among them.
ELDER = (
    "e_hukou=110102&e_age=83&e_status=low_income&e_disability=hearing:1&e_ability=gbt42195:3"
    "&e_insured=110000&e_scheme=employee"
)
PAGES += [
    "priced",
    "priced_home",
    "guide",
    "guide_wrong",
    "guide_end",
    "fitting",
    "compare",
    "pack",
]
VIEWPORTS = {"1280": DESKTOP, "390": PHONE}
TAP, TAP_ELDER = 44, 60

# One complaint per node, short enough to read in a test report.
RUN_AXE = """async where => (await axe.run(
    where ? document.querySelectorAll(where) : document, {resultTypes: ['violations']}
)).violations.flatMap(v =>
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
# Text in sight that is smaller than large print may be, or set too tight to read.
SMALL_PRINT = """() => {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const faults = new Set();
    while (texts.nextNode()) {
        const e = texts.currentNode.parentElement;
        const {width, height} = e.getBoundingClientRect();
        const seen = texts.currentNode.data.trim() && width > 2 && height > 2
            && e.checkVisibility({visibilityProperty: true}) && !e.closest('svg, .vh, option');
        if (!seen) continue;
        const style = getComputedStyle(e), size = parseFloat(style.fontSize);
        const say = `${e.tagName}.${e.className} ${texts.currentNode.data.trim().slice(0, 12)}`;
        if (size < 23.9) faults.add(`${say}: ${size}px`);
        const runs = e.closest('p, li, dd')
            && !e.closest('h1, h2, h3, .btn, label, nav, .big, .stat, .cost');
        if (runs && parseFloat(style.lineHeight) / size < 1.49) faults.add(`${say}: tight`);
    }
    return [...faults];
}"""
DOUBLED = {"width": 640, "height": 450}
# What a reader may set for all text (WCAG 2.2, 1.4.12); a sheet, as the policy bars inline style.
SPACE_OUT = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important;
        word-spacing: .16em !important } p { margin-bottom: 2em !important }`);
    document.adoptedStyleSheets = [sheet];
}"""
# Elements that hide a part of their own text; what is hidden from sight on purpose is left out.
CUT = """() => [...document.querySelectorAll('body *')].filter(e => {
    const style = getComputedStyle(e);
    const hides = ['hidden', 'clip'].includes(style.overflowX)
        || ['hidden', 'clip'].includes(style.overflowY);
    return hides && e.clientHeight > 2 && e.clientWidth > 2 && e.textContent.trim()
        && e.checkVisibility({visibilityProperty: true})
        && (e.scrollHeight > e.clientHeight + 2 || e.scrollWidth > e.clientWidth + 2);
}).map(e => `${e.tagName}.${e.className}`)"""
OPEN_ALL = "() => document.querySelectorAll('details').forEach(d => { d.open = true })"
REMEMBER = "() => document.querySelectorAll('details').forEach(d => { d.wasOpen = d.open })"
AS_LOADED = "() => document.querySelectorAll('details').forEach(d => { d.open = d.wasOpen })"
FOLDED = "details:not([open])"


@pytest.fixture(scope="module")
def readers(site: Site, browser: Browser) -> Iterator[dict[str, BrowserContext]]:
    """One reader for each mode, for tests that only look."""
    readers = {mode: new_reader(browser, site, mode) for mode in MODES}
    yield readers
    for reader in readers.values():
        reader.close()


@pytest.fixture(scope="module")
def mode(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def loaded(
    request: pytest.FixtureRequest, mode: str, readers: dict[str, BrowserContext], site: Site
) -> Iterator[tuple[Page, Watch]]:
    """A page loaded once for every test of it in this mode, and what went wrong meanwhile."""
    watch = Watch(site.url)
    page = readers[mode].new_page()
    watch.follow(page)
    if request.param == "missing":
        watch.expected.add(404)
    page.goto(address(request.param, request))
    page.evaluate(REMEMBER)
    yield page, watch
    page.close()


@pytest.fixture
def page(loaded: tuple[Page, Watch]) -> Iterator[Page]:
    """The page as it was loaded; nothing in it depends on the width but the stylesheet."""
    page, watch = loaded
    page.evaluate(AS_LOADED)
    yield page
    assert watch.faults == []


def address(name: str, request: pytest.FixtureRequest) -> str:
    """The path of the page a test is about."""
    demo = f"/institutions/{request.getfixturevalue('full_demo')}/"

    def bare() -> int:
        return request.getfixturevalue("bare_real")

    return {
        "home": lambda: "/",
        "results": lambda: "/institutions/",
        "empty": lambda: "/institutions/?q=绝无此名",
        "errors": lambda: "/institutions/?price_min=abc&region=999999&near=116.4,39.9&within=x",
        "full_demo": lambda: demo,
        "priced": lambda: f"/institutions/?region=131082&sort=net&e_insured=火星&{ELDER}",
        "priced_home": lambda: f"{demo}?{ELDER}",
        "guide": lambda: "/guide/?step=4",
        "guide_wrong": lambda: "/guide/?step=4&e_age=八十",
        "guide_end": lambda: f"/guide/?step=9&to=廊坊&most=5000&{ELDER}",
        "fitting": lambda: f"/institutions/?region=131082&need=meets_oxygen&why=1&{ELDER}",
        "bare_real": lambda: f"/institutions/{bare()}/",
        "missing": lambda: "/institutions/999999999/",
        "sources": lambda: "/sources/",
        "source": lambda: "/sources/jing-jin-ji-2024/",
        "source_text": lambda: "/sources/bj-disabled-subsidies-2016/",
        "policy_text": lambda: "/policies/bj-09/",
        "about_data": lambda: "/about/data/",
        "open_data": lambda: "/data/",
        "api": lambda: "/api/",
        "privacy": lambda: "/about/privacy/",
        "accessibility": lambda: "/about/accessibility/",
        "help": lambda: "/about/help/",
        "regions": lambda: "/regions/?sort=medical&province=130000",
        "region": lambda: "/regions/500000/",
        "region_group": lambda: "/regions/groups/jing-jin-ji/",
        "region_choices": lambda: "/regions/130504/",
        "policies": lambda: "/policies/?region=000000&kind=nothing",
        "policy": lambda: "/policies/cn-01/",
        "correct": lambda: f"{demo}correct/?about=place",
        "shortlist": lambda: "/shortlist/?id=1&id=2&id=999999&id=x",
        "follow": lambda: "/follow/",
        "follow_full": lambda: f"/follow/?home={request.getfixturevalue('full_demo')}&{ELDER}",
        "corrections": lambda: "/corrections/?ref=2222-2222-2222",
        "pack": lambda: f"{demo}pack/?{ELDER}",
        "compare": lambda: f"/compare/?id={demo.split('/')[2]}&id={bare()}&id=1&id=abc&{ELDER}",
    }[name]()


# What the parts of the charts are painted with, by class.
PAINT = """() => Object.fromEntries(['all', 'val', 'alt', 'mark'].map(name => {
    const {fill, stroke} = getComputedStyle(document.querySelector(`.bars .${name}`));
    return [name, {fill, stroke}];
}))"""

every_page = pytest.mark.parametrize("loaded", PAGES, indirect=True)
every_mode = pytest.mark.parametrize("mode", MODES, indirect=True)
every_width = pytest.mark.parametrize("viewport", VIEWPORTS)


def axe(page: Page, where: str = "") -> list[str]:
    """What axe complains of; evaluated, because the page's policy lets no script in."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE)
    return page.evaluate(RUN_AXE, where)


def axe_folded_and_open(page: Page) -> list[str]:
    """Of the boxes while they are folded, then of the whole page with every box open."""
    found = axe(page, FOLDED) if page.locator(FOLDED).count() else []
    page.evaluate(OPEN_ALL)
    return found + axe(page)


@every_page
@every_width
@every_mode
def test_axe_finds_nothing(page: Page, viewport: str):
    page.set_viewport_size(VIEWPORTS[viewport])
    assert axe_folded_and_open(page) == []


@every_mode
def test_axe_finds_nothing_in_the_filters_of_a_phone(mode: str, open_page: OpenPage):
    page = open_page("/institutions/", mode=mode, viewport=PHONE)
    page.get_by_role("button", name="筛选").click()
    page.evaluate(OPEN_ALL)
    assert axe(page) == []


@pytest.mark.parametrize(
    "place", ["main", "details:not([open]) > summary", "details > :last-child"]
)
def test_axe_notices_a_fault(place: str, open_page: OpenPage):
    page = open_page("/institutions/")
    page.evaluate(
        "place => document.querySelector(place)"
        ".insertAdjacentHTML('beforeend', '<img src=\"data:,\">')",
        place,
    )
    assert any(found.startswith("image-alt") for found in axe_folded_and_open(page))


@every_page
@pytest.mark.parametrize("mode", ["normal", "elder"], indirect=True)
def test_nothing_is_wider_than_320_pixels(page: Page):
    page.set_viewport_size(NARROWEST)
    assert page.evaluate(TOO_WIDE) == []
    page.evaluate(OPEN_ALL)
    assert page.evaluate(TOO_WIDE) == []


def test_a_wide_element_is_noticed(open_page: OpenPage):
    page = open_page("/institutions/", viewport=NARROWEST)
    page.evaluate("() => { document.querySelector('h1').style.width = '400px' }")
    assert page.evaluate(TOO_WIDE)


@every_page
@pytest.mark.parametrize("mode", ["elder"], indirect=True)
def test_large_print_is_large_and_loose(page: Page):
    """No text under 24 px (18 pt), sources included; running text at one and a half lines."""
    page.set_viewport_size(PHONE)
    page.evaluate(OPEN_ALL)
    assert page.evaluate(SMALL_PRINT) == []


@every_page
@pytest.mark.parametrize("mode", ["normal", "elder"], indirect=True)
def test_spaced_out_or_twice_as_large_nothing_is_cut(page: Page):
    """WCAG 1.4.12 on a phone; and 200 % of a window of 1280, which is one of 640."""
    page.evaluate(OPEN_ALL)
    page.set_viewport_size(PHONE)
    page.evaluate(SPACE_OUT)
    assert page.evaluate(TOO_WIDE) + page.evaluate(CUT) == []
    page.evaluate("() => { document.adoptedStyleSheets = [] }")
    page.set_viewport_size(DOUBLED)
    assert page.evaluate(TOO_WIDE) + page.evaluate(CUT) == []


def test_cut_text_is_noticed(open_page: OpenPage):
    page = open_page("/institutions/", viewport=PHONE)
    page.evaluate(
        "() => Object.assign(document.querySelector('h1').style,"
        " {height: '10px', overflow: 'hidden'})"
    )
    assert page.evaluate(CUT)


@every_page
@every_width
@pytest.mark.parametrize(
    ("mode", "least"), [("normal", TAP), ("elder", TAP_ELDER)], indirect=["mode"]
)
def test_controls_are_large_enough_to_hit(page: Page, least: int, viewport: str):
    page.set_viewport_size(VIEWPORTS[viewport])
    page.evaluate(OPEN_ALL)
    assert page.evaluate(SMALL_CONTROLS, least) == []


def test_the_filters_of_a_phone_are_large_enough_to_hit(open_page: OpenPage):
    page = open_page("/institutions/", mode="elder", viewport=PHONE)
    page.get_by_role("button", name="筛选").click()
    page.evaluate(OPEN_ALL)
    assert page.evaluate(SMALL_CONTROLS, TAP_ELDER) == []


@every_mode
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
