"""Nothing is loaded from elsewhere and nothing runs inline."""

import re

import pytest
from django.conf import settings
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import reverse

from carebridge.middleware.limits import limit_requests
from tests.test_metadata import ARGUMENTS, page_names

TEMPLATES = sorted((settings.BASE_DIR / "templates").rglob("*.html"))
INLINE = re.compile(
    r"<style\b | <script\b(?![^>]*\b(?:src=|type=\"application/(?:ld\+)?json\"))"
    r" | \sstyle\s*= | \son[a-z]+\s*= | \shx-on\b | javascript:",
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

    assert "geolocation=(self)" in headers["Permissions-Policy"]
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Cross-Origin-Resource-Policy"] == "same-site"


def test_https_is_for_good(client, settings) -> None:
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 31_536_000
    assert client.get("/about/help/").status_code == 301
    sent = client.get("/about/help/", secure=True).headers["Strict-Transport-Security"]
    assert sent == "max-age=31536000"


@pytest.mark.parametrize(
    ("path", "length", "told"),
    [
        ("/institutions/1/correct/", 300_000, "只收文字"),
        ("/admin/login/", 30_000_000, "不能超过 25 MB"),
    ],
)
def test_what_is_too_large_is_not_even_read(client, path, length, told) -> None:
    """No database is allowed here: the view is never reached."""
    answer = client.post(path, CONTENT_LENGTH=str(length))
    assert answer.status_code == 413
    assert told in answer.content.decode()


def test_a_sheet_of_staff_and_the_words_of_readers_are_let_through() -> None:
    through = limit_requests(lambda request: HttpResponse())
    for path, length in (("/admin/", 20_000_000), ("/guide/", 200_000), ("/guide/", "")):
        assert through(RequestFactory().post(path, CONTENT_LENGTH=str(length))).status_code == 200


def pages_of_readers() -> list[str]:
    """One page for every name."""
    return [reverse(name, args=ARGUMENTS.get(name, list)()) for name in page_names()]


def pages_of_staff() -> list[str]:
    """Every list of the back office, and the form of its first row."""
    found = [reverse(name) for name in ("admin:index", "balance", "two_step_phone")]
    for model, admin in site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        found.append(reverse(f"{name}_changelist"))
        if row := admin.model.objects.order_by("pk").first():
            found.append(reverse(f"{name}_change", args=[row.pk]))
    return found


@pytest.mark.django_db
@pytest.mark.parametrize(
    "paths", [pages_of_readers, pytest.param(pages_of_staff, marks=pytest.mark.full)]
)
def test_no_page_has_anything_inline(client, paths) -> None:
    """As it is sent, with what Django's admin and other people's templates put in."""
    client.force_login(User.objects.create_superuser("boss"))
    seen = 0
    for path in paths():
        page = client.get(path, follow=True)
        assert page.status_code in {200, 403}, path
        assert "default-src 'self'" in page.headers["Content-Security-Policy"], path
        if page.headers["Content-Type"].startswith("text/html"):
            html = page.content.decode().replace("http://testserver", "")
            assert not (found := INLINE.search(html)), (path, found)
            assert not (found := ELSEWHERE.search(html)), (path, found)
            seen += 1
    assert seen > 15


def test_there_are_templates_to_look_at() -> None:
    assert settings.BASE_DIR / "templates/public/base.html" in TEMPLATES


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
    base = (settings.BASE_DIR / "templates/public/base.html").read_text()
    for switch in ('"allowEval":false', '"includeIndicatorStyles":false', '"historyCacheSize":0'):
        assert switch in base
