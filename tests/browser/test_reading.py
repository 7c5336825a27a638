"""Read large and read aloud."""

import pytest
from playwright.sync_api import Page, expect

from .conftest import NARROWEST, PHONE, OpenPage, Site
from .test_accessibility import OPEN_ALL, TOO_WIDE

PAGES = ["/", "/institutions/", "demo", "demo/correct/?about=place", "/shortlist/?id=1&id=2"]
PAGES += ["/regions/500000/", "/sources/jing-jin-ji-2024/"]
SMALLEST = """() => Math.min(...[...document.querySelectorAll('body *')]
    .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
    .filter(e => e.checkVisibility())
    .filter(e => e.getBoundingClientRect().width > 1)
    .map(e => parseFloat(getComputedStyle(e).fontSize)))"""
# A browser with one Chinese voice that takes no time; what it says is kept in window.said.
VOICE = """
    window.said = [];
    const voices = [{lang: 'en-US', name: 'x'}, {lang: 'zh-CN', name: 'y'}];
    const speech = {
        getVoices: () => voices.slice(VOICES),
        speak: (one) => { window.said.push(one.text); setTimeout(() => one.onend(), DELAY); },
        cancel: () => { window.said.push('(stopped)'); },
        addEventListener: () => {},
    };
    Object.defineProperty(window, 'speechSynthesis', {value: speech});
    window.SpeechSynthesisUtterance = function (text) { this.text = text; };
"""


def large(open_page: OpenPage, path: str, viewport=PHONE) -> Page:
    """Into large print by its plain address, without scripts, and on to `path`."""
    page = open_page("/elder/?size=40", viewport=viewport, scripts=False)
    page.goto(path)
    return page


@pytest.mark.parametrize("path", PAGES)
def test_thirty_points_fit_a_small_phone(path: str, full_demo: int, open_page: OpenPage):
    address = path.replace("demo", f"/institutions/{full_demo}/").replace("//correct", "/correct")
    page = large(open_page, address, NARROWEST)
    assert page.evaluate(SMALLEST) >= 40
    page.evaluate(OPEN_ALL)
    wide = page.evaluate(TOO_WIDE)
    assert wide == [], sorted(wide, key=lambda w: -int(w.split()[-1]))[:12]


def spoken(page: Page) -> list[str]:
    return page.evaluate("() => window.said")


def with_voices(open_page: OpenPage, path: str, first: int, delay: int = 0) -> Page:
    page = open_page("about:blank")
    page.add_init_script(VOICE.replace("VOICES", str(first)).replace("DELAY", str(delay)))
    page.goto(path)
    return page


def test_the_main_text_is_read_in_its_order(site: Site, full_demo: int, open_page: OpenPage):
    page = with_voices(open_page, f"/institutions/{full_demo}/", 0)
    assert spoken(page) == []
    button = page.get_by_role("button", name="朗读")
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("() => window.said.at(-1) === '(stopped)'")
    text = "".join(spoken(page))
    heading = page.get_by_role("heading", level=1).inner_text()
    assert text.startswith(heading)
    places = [text.index(words) for words in ("每一类床位和房型", "收哪些老人", "数字从哪来")]
    assert places == sorted(places)
    assert "纠错" not in text
    assert "大字版" not in text
    expect(button).to_have_text("朗读")


def test_it_stops_when_told(full_demo: int, open_page: OpenPage):
    page = with_voices(open_page, f"/institutions/{full_demo}/", 0, delay=60_000)
    for stop in ("Enter", "Escape"):
        page.get_by_role("button", name="朗读").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="停止朗读")).to_be_visible()
        page.keyboard.press(stop)
        expect(page.get_by_role("button", name="朗读", exact=True)).to_be_visible()
        assert spoken(page)[-1] == "(stopped)"


def test_no_button_without_a_chinese_voice(open_page: OpenPage):
    page = with_voices(open_page, "/", 2)
    expect(page.get_by_role("button", name="朗读")).to_have_count(0)
    assert open_page("/", scripts=False).get_by_role("button", name="朗读").count() == 0


@pytest.mark.parametrize("name", ["A" * 100, "W" * 40 + "院", "\u202eABC院\u202d" * 12], ids=str)
@pytest.mark.parametrize(
    "path",
    ["/institutions/", "/institutions/{home}/", "/compare/?id={home}", "/shortlist/?id={home}"],
)
def test_a_name_stays_in_its_element(open_page: OpenPage, full_demo: int, path: str, name: str):
    """Of a hundred letters without a break, or written from right to left."""
    page = open_page(path.format(home=full_demo), viewport=PHONE)
    found = page.evaluate(
        """name => {
            const all = 'main h1, main h2 a, main h3 a, main th a';
            const names = [...document.querySelectorAll(all)];
            names.forEach(one => { one.textContent = name; });
            return [names.length, document.documentElement.scrollWidth];
        }""",
        name,
    )
    assert found[0] > 0
    assert found[1] <= PHONE["width"]
