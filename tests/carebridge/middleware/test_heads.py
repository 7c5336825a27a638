"""Who asks for the head gets it, and no work is done for a body."""

import pytest
from django.core.handlers.wsgi import WSGIHandler

pytestmark = pytest.mark.django_db


def test_no_file_is_read_for_its_head(rf, settings, tmp_path, monkeypatch):
    settings.SNAPSHOT_DIR = tmp_path
    (tmp_path / "2026-11-01").mkdir()
    (tmp_path / "2026-11-01/README.txt").write_text("x" * 10_000)
    monkeypatch.setattr(
        "django.middleware.gzip.compress_sequence", lambda *_, **__: map(pytest.fail, ["read"])
    )
    url = "/data/snapshots/2026-11-01/README.txt"
    # The test client throws the body away; a server asks for it.
    for headers in ({}, {"Accept-Encoding": "gzip"}):
        response = WSGIHandler().get_response(rf.head(url, headers=headers))
        assert response.status_code == 200
        assert b"".join(response) == b""
        response.close()


def test_the_head_of_a_page_says_how_long_it_is(rf):
    response = WSGIHandler().get_response(rf.head("/about/help/"))
    assert int(response.headers["Content-Length"]) > 1000
    assert response.content == b""
