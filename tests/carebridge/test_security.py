"""Nothing is loaded from elsewhere and nothing runs inline."""

import re

import pytest
from django.conf import settings

TEMPLATES = sorted((settings.BASE_DIR / "templates").rglob("*.html"))
INLINE = re.compile(
    r"<style\b | <script\b(?![^>]*\bsrc=) | \sstyle\s*= | \son[a-z]+\s*= | \shx-on\b | javascript:",
    re.IGNORECASE | re.VERBOSE,
)
ELSEWHERE = re.compile(
    r"""<(?:script|link|img|iframe|source)\b[^>]*?(?:src|href)=["'](?:https?:)?//""", re.IGNORECASE
)


@pytest.fixture
def headers(client) -> dict[str, str]:
    return client.get("/nothing-here/").headers


def test_policy_is_strict(headers) -> None:
    policy = dict(
        part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";")
    )
    assert policy == {
        "default-src": "'self'",
        "img-src": "'self' data:",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }


def test_other_headers(headers) -> None:
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_there_are_templates_to_look_at() -> None:
    assert settings.BASE_DIR / "templates/base.html" in TEMPLATES


@pytest.mark.parametrize(
    "path", TEMPLATES, ids=lambda path: str(path.relative_to(settings.BASE_DIR))
)
def test_template_is_free_of_inline_code(path) -> None:
    text = path.read_text()
    assert not INLINE.search(text)
    assert not ELSEWHERE.search(text)


@pytest.mark.parametrize(
    "bad",
    [
        "<script>x</script>",
        '<script type="module">x</script>',
        '<p style="color: red">',
        '<a class="x"\n  onclick="x()">',
        "<style>p{}</style>",
        '<a href="javascript:x()">',
        '<div hx-on:click="x()">',
    ],
)
def test_inline_code_is_noticed(bad) -> None:
    assert INLINE.search(bad)


@pytest.mark.parametrize(
    "bad",
    ['<script defer src="https://cdn.example/x.js">', "<img alt='' src='//cdn.example/x.png'>"],
)
def test_code_from_elsewhere_is_noticed(bad) -> None:
    assert ELSEWHERE.search(bad)


@pytest.mark.parametrize("pattern", ["**/*.css", "**/*.js"])
def test_static_files_name_no_other_place(pattern) -> None:
    files = list((settings.BASE_DIR / "static").glob(pattern))
    assert files
    for path in files:
        text = path.read_text()
        assert "sourceMappingURL" not in text
        assert not re.search(r"@import|url\(\s*['\"]?(?:https?:)?//", text)


def test_htmx_evaluates_nothing() -> None:
    base = (settings.BASE_DIR / "templates/base.html").read_text()
    for switch in ('"allowEval":false', '"includeIndicatorStyles":false', '"historyCacheSize":0'):
        assert switch in base
