"""What comes out of the printer: A4, print large enough to read, nothing cut by an edge."""

import io
import re
import unicodedata
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser
from pypdf import PdfReader

from .conftest import Site, new_reader

A4 = (595, 842)
LEAST_POINTS = 16
ELDER = (
    "e_hukou=110000&e_age=86&e_ability=gbt42195:3&e_ability=beijing:3&e_status=subsistence"
    "&e_insured=110000&e_scheme=employee"
)
# Chinese fonts draw some characters with one shape; of the shape, a PDF names only one of them.
# NFKC knows the Kangxi radicals, but not these.
LOOK_ALIKE = str.maketrans(
    "⺠⺟⻁⻄⻅⻆⻉⻋⻓⻔⻘⻙⻚⻛⻜⻝⻢⻤⻥⻦⻨⻩⻬⻮⻰⼾戶―",
    "民母虎西见角贝车长门青韦页风飞食马鬼鱼鸟麦黄齐齿龙户户—",
)
# What may not be torn apart, as the reader sees it.
BLOCKS = """() => [...document.querySelectorAll('main :is(.sheet > li, .sums > div, .driver, h2)')]
    .filter(e => e.checkVisibility()).map(e => e.innerText)"""


@dataclass(frozen=True)
class Run:
    """A piece of a line: its size and where it lies, in points from the lower left corner."""

    text: str
    size: float
    x: float
    y: float


def runs(page) -> list[Run]:
    found: list[Run] = []

    def see(text, cm, tm, font, size):
        if text.strip():
            scale = abs(tm[3] * cm[3])
            x, y = tm[4] * cm[0] + cm[4], tm[5] * cm[3] + cm[5]
            found.append(Run(text.strip(), round(size * scale, 1), x, y))

    page.extract_text(visitor_text=see)
    return found


def plain(text: str) -> str:
    """Without spaces, and with one character for each look."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).translate(LOOK_ALIKE)


def printed(browser: Browser, site: Site, path: str, mode: str) -> tuple[PdfReader, list[str]]:
    reader = new_reader(browser, site, mode)
    page = reader.new_page()
    page.goto(path)
    page.emulate_media(media="print")
    blocks = page.evaluate(BLOCKS)
    paper = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    reader.close()
    return paper, blocks


@pytest.mark.parametrize(
    ("name", "query", "mode", "sheets"),
    [
        ("full_demo", ELDER, "normal", range(8, 20)),
        ("bare_real", "", "elder", range(4, 12)),
        ("full_demo", "", "dark", range(5, 14)),
    ],
)
def test_the_pack_on_paper(
    site: Site, browser: Browser, request: pytest.FixtureRequest, name, query, mode, sheets
):
    path = f"/institutions/{request.getfixturevalue(name)}/pack/?{query}"
    paper, blocks = printed(browser, site, path, mode)
    assert len(paper.pages) in sheets
    for page in paper.pages:
        assert (round(page.mediabox.width), round(page.mediabox.height)) == A4
    lines = [run for page in paper.pages for run in runs(page)]
    assert len(lines) > 100
    assert [run for run in lines if run.size < LEAST_POINTS] == []
    beyond = [r for r in lines if not (r.y - r.size / 4 > 0 and r.y + r.size < A4[1] and r.x > 0)]
    assert beyond == []
    sheets_of_text = [plain(page.extract_text()) for page in paper.pages]
    assert len(blocks) > 15
    torn = [text for text in map(plain, blocks) if not any(text in s for s in sheets_of_text)]
    assert torn == []
    everything = "".join(sheets_of_text)
    assert f"/institutions/{request.getfixturevalue(name)}/pack/" in everything
    assert "e_hukou" not in everything
    assert "打印日期:2026-11-22" in everything


@pytest.mark.parametrize(
    ("mode", "least", "most_sheets"),
    [("normal", 11, 8), pytest.param("elder", LEAST_POINTS, 30, marks=pytest.mark.full)],
)
def test_four_homes_lie_side_by_side(
    site: Site, browser: Browser, full_demo, bare_real, mode, least, most_sheets
):
    """Small enough to lie on a table; whoever reads 大字版 gets large print on paper too."""
    demo = site.ask(
        "SELECT id FROM institutions_institution WHERE is_demo AND stage = 'published'"
        " ORDER BY id DESC LIMIT 2"
    )
    ids = [full_demo, *(pk for (pk,) in demo), bare_real]
    path = f"/compare/?{'&'.join(f'id={pk}' for pk in ids)}&{ELDER}"
    paper, _ = printed(browser, site, path, mode)
    assert len(paper.pages) <= most_sheets
    for page in paper.pages:
        assert (round(page.mediabox.width), round(page.mediabox.height)) == A4[::-1]
        assert [run for run in runs(page) if run.size < least] == []
    everything = "".join(plain(page.extract_text()) for page in paper.pages)
    assert "来源" in everything
    assert "e_hukou" not in everything
