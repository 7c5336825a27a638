"""Every form of the public site, found by itself, sent as it lies and sent again."""

import re
from collections import deque
from urllib.parse import urldefrag, urlsplit

import pytest
from playwright.sync_api import Page

from .conftest import OpenPage, Site, Watch

STARTS = [
    "/",
    "/guide/",
    "/institutions/",
    "/institutions/?region=131082&view=map",
    "/institutions/?near=131082",
    "/follow/",
    "/regions/",
    "/policies/",
    "/sources/",
    "/corrections/",
    "/shortlist/?id=1&id=2",
    "/compare/?id=1&id=2",
    "/data/",
    "/about/help/",
    "/api/",
]
# Pages looked at, and of one kind.
MOST_PAGES, MOST_OF_A_KIND = 60, 2
# What a page says when it could not take what was sent.
ERRORS = ".errorlist, .error, [role=alert], [aria-invalid=true]"
# Forms that are nothing without words: they ask for these, keep what is there and change nothing.
NEEDS_WORDS = re.compile(r"/correct/")


def kind(address: str) -> str:
    """Return an address without what differs between pages of one kind."""
    parts = urlsplit(address)
    names = sorted({pair.partition("=")[0] for pair in parts.query.split("&") if pair})
    path = re.sub(r"/(\d+|[a-z]{2,}-[\w-]+)(?=/)", "/*", parts.path)
    return f"{path}?{','.join(names)}"


def signature(page: Page, number: int) -> str:
    """Return what tells one form from another: where it goes, how, and with which fields."""
    return page.evaluate(
        """number => {
            const form = document.forms[number];
            const names = [...new Set([...form.elements].map(field => field.name))].sort();
            return [form.method, new URL(form.action).pathname.replace(/\\d+/g, '*'), names].join();
        }""",
        number,
    )


def pages_with_forms(page: Page) -> dict[str, tuple[str, int]]:
    """Return each form of the site by its signature: the address it stands on, and its place."""
    found: dict[str, tuple[str, int]] = {}
    waiting, seen, kinds = deque(STARTS), set(STARTS), {}
    looked = 0
    while waiting and looked < MOST_PAGES:
        address = waiting.popleft()
        looked += 1
        page.goto(address)
        for number in range(page.evaluate("document.forms.length")):
            found.setdefault(signature(page, number), (address, number))
        links = page.evaluate("[...document.links].map(link => link.getAttribute('href'))")
        for href in links:
            link = urldefrag(href or "")[0]
            is_page = link.startswith("/") and not re.search(r"\.\w+(\?|$)|^/(admin|static)/", link)
            if is_page and link not in seen and kinds.get(kind(link), 0) < MOST_OF_A_KIND:
                kinds[kind(link)] = kinds.get(kind(link), 0) + 1
                seen.add(link)
                waiting.append(link)
    return found


def send(page: Page, number: int) -> None:
    """Send a form as its first button would, without typing anything."""
    with page.expect_event("framenavigated"):
        page.evaluate(
            """number => {
                const form = document.forms[number];
                const button = form.querySelector('button:not([type=button]), [type=submit]');
                form.noValidate = true;
                button ? form.requestSubmit(button) : form.submit();
            }""",
            number,
        )
    page.wait_for_load_state()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_every_form_untouched_and_twice(
    open_page: OpenPage, site: Site, watch: Watch, scripts: bool
):
    finder = open_page("/", scripts=True)
    forms = pages_with_forms(finder)
    assert len(forms) > 8, forms
    page = open_page("/", scripts=scripts)

    wrong = []
    for what, (address, number) in forms.items():
        for turn in (1, 2):
            # Back to the form each time: a browser sends again what it sent before.
            page.goto(address)
            before = page.locator(ERRORS).count()
            send(page, number)
            needs_words = NEEDS_WORDS.search(urlsplit(page.url).path)
            said = page.locator(ERRORS).all_inner_texts()
            if len(said) > before and not needs_words:
                wrong.append(f"{turn}: {what} on {address}: {page.url}: {said}")
            if needs_words:
                assert "请写一句哪里不对" in page.content()
    assert not wrong, "\n".join(wrong)
    assert site.ask("SELECT count(*) FROM institutions_correction WHERE wrong = ''") == [(0,)]
