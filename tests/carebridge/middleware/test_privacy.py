"""What an address tells of an elder is kept by no cache, no log and no other site."""

import logging
import runpy

import pytest

from institutions.pages.guide import STEPS

pytestmark = pytest.mark.django_db
TOLD = "e_hukou=110000&e_age=87&e_status=subsistence"


@pytest.mark.parametrize("path", ["/institutions/", "/"])
def test_a_page_for_an_elder_is_kept_by_no_cache(client, path):
    answer = client.get(f"{path}?{TOLD}")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("query", ["", "?e_hukou=&e_age=", "?care=self"])
def test_other_pages_may_be_kept(client, query):
    answer = client.get(f"/institutions/{query}")
    assert "no-store" not in answer.headers.get("Cache-Control", "")


def test_the_address_for_others_tells_nothing_of_the_elder(client):
    page = client.get(f"/institutions/?region=131082&{TOLD}").content.decode()
    canonical = page.split('rel="canonical" href="')[1].split('"')[0]
    assert canonical.endswith("/institutions/?region=131082")


def test_links_carry_the_elder_on(client):
    page = client.get(f"/institutions/?region=131082&{TOLD}").content.decode()
    assert "&amp;e_hukou=110000&amp;e_age=87" in page.split('aria-label="排序"')[1]
    assert 'href="/institutions/?e_hukou=110000&amp;e_age=87' in page  # the main navigation


def test_logs_drop_query_strings(client, caplog):
    with caplog.at_level(logging.DEBUG, "django.request"):
        client.get(f"/institutions/999999/?{TOLD}")
    assert "/institutions/999999/" in caplog.text
    assert "subsistence" not in caplog.text


def test_gunicorn_would_log_no_query_string():
    served = runpy.run_path("gunicorn.conf.py")
    assert "%(U)s" in served["access_log_format"]
    assert not {"%(r)s", "%(q)s", "%(f)s"} & set(served["access_log_format"].split())


def test_what_is_posted_and_where_it_leads_is_kept_by_no_cache(client):
    posted = client.post("/guide/", {"step": "3", "e_age": "200", "e_hukou": "110000"})
    assert posted.headers["Cache-Control"] == "private, no-store"
    done = client.post("/guide/", {"step": len(STEPS) + 1, "e_age": "80"})
    assert "e_age=80" in done.headers["Location"]
    assert done.headers["Cache-Control"] == "private, no-store"
    back = client.get("/display/", {"mode": "elder", "next": "/institutions/?e_age=80"})
    assert back.headers["Cache-Control"] == "private, no-store"
