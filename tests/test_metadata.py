"""What every page says of itself in its head: title, description, lasting address, Open Graph."""

from html.parser import HTMLParser

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from institutions.models import Institution
from tests.factories import make_institution

pytestmark = pytest.mark.django_db

HOST = "http://testserver"
# Addresses that are no pages of the site.
NO_PAGES = {"display", "elder", "sitemap", "robots", "correction_thanks", "suggest", "clusters"}
NO_PAGES |= {"dictionary", "snapshot", "institutions_atom"}
NO_PAGES |= {f"institutions_{name}" for name in ("csv", "figures.csv", "jsonl", "geojson")}
# Pages of the back office that stand beside the admin's own.
STAFF = {"two_step", "two_step_phone", "balance", "typed"}
# What to open for a name that needs arguments.
ARGUMENTS = {
    "institution": lambda: [Institution.objects.published().real().first().pk],
    "source": lambda: ["chongqing-2018"],
    "policy": lambda: ["bj-01"],
    "pack": lambda: [Institution.objects.published().real().first().pk],
    "correct": lambda: [Institution.objects.published().real().first().pk],
    "correct_source": lambda: ["chongqing-2018"],
    "region": lambda: ["500000"],
    "region_group": lambda: ["jing-jin-ji"],
}


class Head(HTMLParser):
    """The title, the metas by name or property, and the canonical link of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.title = ""
        self.within = ""
        self.metas: dict[str, str] = {}
        self.canonical: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.within = tag
        if tag == "meta" and (name := found.get("name") or found.get("property")):
            assert name not in self.metas, f"{name} twice"
            self.metas[name] = found["content"]
        if tag == "link" and found["rel"] == "canonical":
            self.canonical.append(found["href"])

    def handle_data(self, data):
        if self.within == "title":
            self.title += data

    def handle_endtag(self, tag):
        self.within = ""


def names(resolver: URLResolver | None = None) -> list[str]:
    """Every name of an address, without those of the admin."""
    found: list[str] = []
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern) and pattern.name:
            found.append(pattern.name)
        elif isinstance(pattern, URLResolver) and not pattern.namespace:
            found += names(pattern)
    return found


def page_names() -> list[str]:
    found = [name for name in names() if name not in NO_PAGES | STAFF]
    return [name for name in found if not name.startswith("api_")]


def head(client, path: str, status: int = 200) -> Head:
    response = client.get(path)
    assert response.status_code == status, path
    return Head(response.content.decode())


@pytest.fixture
def heads(client) -> dict[str, Head]:
    """The head of one page for every name."""
    paths = {
        name: reverse(name, args=ARGUMENTS[name]() if name in ARGUMENTS else [])
        for name in page_names()
    }
    return {path: head(client, path) for path in paths.values()}


def test_there_are_pages_to_look_at():
    assert {"home", "institutions", "institution", "sources", "source", "help"} <= set(page_names())


def test_every_page_has_a_title_and_a_description_of_its_own(heads):
    for said in ("title", "description"):
        texts = [page.title if said == "title" else page.metas[said] for page in heads.values()]
        assert all(text.strip() == text and len(text) > 5 for text in texts), texts
        assert len(set(texts)) == len(texts), texts
    assert all(page.title.endswith(" – 颐桥 CareBridge") for page in heads.values())


def test_every_page_names_its_lasting_address(heads):
    for path, page in heads.items():
        assert page.canonical == [HOST + path]


def test_every_page_can_be_shared(heads):
    for page in heads.values():
        assert page.metas["og:title"] + " – 颐桥 CareBridge" == page.title
        assert page.metas["og:description"] == page.metas["description"]
        assert [page.metas["og:url"]] == page.canonical
        assert page.metas["og:type"] == "website"
        assert page.metas["og:site_name"] == "颐桥 CareBridge"
        assert page.metas["og:locale"] == "zh_CN"


def test_parameters_that_mean_nothing_are_left_out(client):
    for path in ("/", "/sources/", "/about/help/", "/sources/chongqing-2018/"):
        assert head(client, f"{path}?from=wechat&x=1").canonical == [HOST + path]


@pytest.mark.parametrize(
    ("query", "canonical"),
    [
        ("", ""),
        ("?sort=price", ""),
        ("?page=1&utm_source=x", ""),
        ("?price_min=abc", ""),
        ("?vacant=no-such-thing", ""),
        ("?q=", ""),
        ("?page=2&sort=price", "?page=2"),
        ("?price_max=5000&price_min=1000", "?price_max=5000&price_min=1000"),
        ("?price_min=1000&price_max=5000", "?price_max=5000&price_min=1000"),
        ("?room=twin&room=single", "?room=single&room=twin"),
        ("?q=%E5%BB%8A%E5%9D%8A&page=1", "?q=%E5%BB%8A%E5%9D%8A"),
        ("?q=%22%3E%3Cb%3E%26a", "?q=%22%3E%3Cb%3E%26a"),
    ],
)
def test_results_have_one_address_for_one_search(client, query, canonical):
    page = head(client, f"/institutions/{query}")
    assert page.canonical == [f"{HOST}/institutions/{canonical}"]
    assert page.metas["og:url"] == page.canonical[0]


@pytest.mark.parametrize("status", [400, 404])
def test_an_error_has_no_lasting_address(client, status):
    host = {"host": "evil.example"} if status == 400 else {}
    response = client.get("/nothing-here/", headers=host)
    if status == 400:
        response = client.get("/institutions/", headers=host)
    assert response.status_code == status
    page = Head(response.content.decode())
    assert page.canonical == []
    assert "og:url" not in page.metas
    assert page.metas["robots"] == "noindex"


def test_text_in_the_head_is_never_markup(client):
    home = make_institution(name='"><script>alert(1)</script>')
    page = head(client, home.get_absolute_url())
    assert page.title.startswith('"><script>alert(1)</script> – ')
    assert page.metas["og:title"] == '"><script>alert(1)</script>'
