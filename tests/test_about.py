"""The pages about the site say what is so: what is stored, who is rung, what is not done yet."""

import re

import pytest
from django.conf import settings
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from institutions.models import Institution
from regions.models import Document, Fact
from tests.institutions.pages.test_institution_page import Outline

pytestmark = pytest.mark.django_db

ABOUT = ["about_data", "privacy", "accessibility", "help"]
NO_PHONE = "本站还没有设置电话，可拨打当地"
LOADED = re.compile(
    r"<(?:script|link|img|iframe|source|form)\b[^>]*?\b(?:src|href|action)=\"([^\"]*)\""
)


def visit(client) -> list:
    """What a family opens, from the front page to a page that is missing."""
    homes = Institution.objects.published()
    paths = [
        "/",
        "/institutions/?q=%E5%BB%8A%E5%9D%8A&vacant=yes",
        homes.real().first().get_absolute_url(),
        homes.demo().first().get_absolute_url(),
        reverse("sources"),
        Document.objects.first().get_absolute_url(),
        *map(reverse, ABOUT),
        "/nothing-here/",
    ]
    return [client.get(path) for path in paths]


@pytest.mark.parametrize("name", ABOUT)
def test_the_page_is_well_formed(client, name):
    page = Outline(client.get(reverse(name)).content.decode())
    assert [id for id, times in page.ids.items() if times > 1] == []
    assert set(page.targets) <= set(page.ids)
    assert page.headings.count(1) == 1


@pytest.mark.parametrize("name", ABOUT)
def test_every_link_of_the_page_leads_somewhere(client, name):
    page = Outline(client.get(reverse(name)).content.decode())
    for link in {link.partition("#")[0] for link in page.links if link.startswith("/")}:
        assert client.get(link).status_code in (200, 302), link


@pytest.mark.parametrize("name", ABOUT)
def test_only_looking_is_allowed(client, name):
    assert client.post(reverse(name)).status_code == 405


# Privacy


def test_looking_leaves_no_cookie(client):
    for response in visit(client):
        assert not response.cookies, response.request["PATH_INFO"]
    assert not client.cookies


def test_only_a_chosen_look_leaves_a_cookie_and_the_page_names_it(client):
    client.get("/display/?mode=elder&theme=dark&contrast=high")
    assert set(client.cookies) == {"mode", "theme", "contrast"}
    for name in client.cookies:
        assertContains(client.get(reverse("privacy")), f"<code>{name}</code>", html=True)


def test_the_cookies_of_staff_are_those_the_page_names(client, admin_client):
    assert set(client.get("/admin/login/").cookies) == {settings.CSRF_COOKIE_NAME}
    assert set(admin_client.cookies) == {settings.SESSION_COOKIE_NAME}
    for name in (settings.CSRF_COOKIE_NAME, settings.SESSION_COOKIE_NAME):
        assertContains(client.get(reverse("privacy")), f"<code>{name}</code>", html=True)


def test_nothing_is_loaded_from_elsewhere_and_nothing_is_sent_there(client):
    for response in visit(client):
        loaded = LOADED.findall(response.content.decode())
        assert loaded
        ours = ("/", "?", "http://testserver/")
        assert [place for place in loaded if place and not place.startswith(ours)] == []
        assert [place for place in loaded if place.startswith("//")] == []
        assert response["Referrer-Policy"] == "same-origin"


def test_something_from_elsewhere_would_be_noticed():
    assert LOADED.findall('<script defer src="https://cdn.example/x.js">')


def test_no_program_that_counts_visitors_is_installed():
    assert not [app for app in settings.INSTALLED_APPS if re.search("analytic|track|stat[^i]", app)]


def test_what_is_kept_of_staff_who_sign_in_is_told(client):
    """Whoever signs in leaves a line; readers sign in nowhere."""
    assertContains(client.get(reverse("privacy")), "登录记录")


# Data


def test_the_five_reports_are_named_with_their_dates(client):
    response = client.get(reverse("about_data"))
    reports = Document.objects.filter(pk__in=Fact.objects.values("document"))
    assert len(reports) == len(response.context["object_list"]) == 5
    for report in reports:
        assertContains(response, f'href="{report.get_absolute_url()}"')
        assertContains(response, report.issued)


def test_no_real_home_has_a_price_or_a_vacancy_as_the_page_says(client):
    real = Institution.objects.real()
    assert not real.filter(fees__isnull=False).exists()
    assert not real.filter(beds__vacant__isnull=False).exists()
    assertContains(
        client.get(reverse("about_data")), "实名机构现在的价格和空床：报告和公告都没有写。"
    )


def test_the_reporting_of_errors_is_explained(client):
    assertContains(client.get(reverse("about_data")), reverse("corrections"))
    for name in ABOUT:
        assertNotContains(client.get(reverse(name)), "@")


def test_queries_of_the_data_page(client, django_assert_num_queries):
    # 1 reports
    with django_assert_num_queries(1):
        client.get(reverse("about_data"))
    for name in ("privacy", "accessibility", "help"):
        with django_assert_num_queries(0):
            client.get(reverse(name))


# Whom to ring


def foot(response) -> str:
    return response.content.decode().partition('<footer class="foot">')[2]


def test_without_a_phone_every_page_says_so_at_its_foot(client, settings):
    settings.HELP_PHONE = ""
    for response in visit(client):
        assert NO_PHONE in foot(response)
        assert 'href="tel:12345"' in foot(response)


def test_the_phone_stands_at_the_foot_of_every_page(client, settings):
    settings.HELP_PHONE, settings.HELP_HOURS = "010 1234-5678", "周一至周五 9:00—17:00"
    for response in visit(client):
        assert '<a href="tel:0101234-5678">010 1234-5678</a>' in foot(response)
        assert "接听时间：周一至周五 9:00—17:00" in foot(response)
        assert NO_PHONE not in response.content.decode()


def test_unknown_hours_are_not_published(client, settings):
    settings.HELP_PHONE, settings.HELP_HOURS = "12349", ""
    assertContains(client.get(reverse("help")), "接听时间：未公布")


def test_who_runs_the_site(client, settings):
    settings.ORGANISATION = ""
    assertContains(client.get(reverse("privacy")), "这个网站还没有写明运营单位")
    assert "运营单位" not in foot(client.get(reverse("help")))
    settings.ORGANISATION = "示范市<民政局>"
    assert "运营单位：示范市&lt;民政局&gt;。" in foot(client.get(reverse("help")))
    assertContains(client.get(reverse("privacy")), "示范市&lt;民政局&gt;", 2)


def test_a_broken_site_still_says_whom_to_ring(client, settings):
    from django.template.loader import render_to_string

    settings.HELP_PHONE = "12349"
    assert '<a href="tel:12349">12349</a>' in render_to_string("500.html")


def test_the_foot_leads_to_these_pages(client):
    page = foot(client.get("/institutions/"))
    for name in ("sources", *ABOUT):
        assert f'href="{reverse(name)}"' in page
