"""No request, however drawn, breaks the site, is echoed, crosses a county or reaches a log."""

import os

import pytest
from django.contrib.auth.models import AbstractUser
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import get_resolver, path

from institutions.models import Correction, Institution
from regions.models import StaffMember
from tests.conftest import TODAY
from tests.factories import make_institution, make_region, make_user
from tests.hostile import HIDDEN, MARKUP, Visitor

FEW, MANY = 150, int(os.environ.get("HOSTILE_REQUESTS", "100000"))
SEED = int(os.environ.get("HOSTILE_SEED", "7"))
CHUNK = 50


def known() -> tuple[str, ...]:
    """Ids, codes and slugs that exist, the other county's draft among them."""
    homes = Institution.objects.order_by("pk").values_list("pk", flat=True)
    ids = [*homes[:3], Institution.objects.get(name__contains=HIDDEN).pk]
    slugs = ("cn-01", "jing-jin-ji", "jing-jin-ji-2024", "110000", "131082")
    return (*map(str, ids), *slugs)


@pytest.fixture
def clerk(own_database: None) -> AbstractUser:
    """She keeps 朝阳区; 三河市 has a draft, and a correction of a published home."""
    elsewhere = make_region("131082")
    make_institution(name=HIDDEN, region=elsewhere, stage="draft")
    Correction.objects.create(
        institution=make_institution(region=elsewhere),
        wrong=HIDDEN,
        how="visit",
        contact=HIDDEN,
        consented_on=TODAY,
        contact_until=TODAY,
        received_on=TODAY,
    )
    user = make_user(is_staff=True)
    StaffMember.objects.create(user=user, role="clerk", region=make_region("110105"))
    return user


def sent(user: AbstractUser | None, number: int, seed: int) -> Visitor:
    """A visitor after so many requests; whoever was signed out is signed in again."""
    visitor = Visitor(seed, Client(), known())
    for _ in range(0, number, CHUNK):
        if user:
            visitor.client.force_login(user)
        visitor.visit(CHUNK)
        assert visitor.faults == []
    return visitor


@pytest.mark.parametrize("signed_in", [False, True], ids=["stranger", "clerk"])
@pytest.mark.parametrize(
    "number", [FEW, pytest.param(MANY // 2, marks=pytest.mark.full)], ids=["few", "many"]
)
def test_no_request_breaks_the_site(clerk: AbstractUser, number: int, signed_in: bool) -> None:
    visitor = sent(clerk if signed_in else None, number, seed=SEED + signed_in)
    print(sorted(visitor.statuses.items()))
    assert visitor.statuses[200] > number / 10
    assert len(visitor.opened) > min(40, len(visitor.patterns) - 10)


def broken(request: HttpRequest) -> HttpResponse:
    raise ValueError(MARKUP)


def echo(request: HttpRequest) -> HttpResponse:
    return HttpResponse(MARKUP + "<p>" + HIDDEN)


@pytest.fixture
def faulty(settings, clerk: AbstractUser) -> None:
    """A site where every page fails in one of the ways."""
    pages = [path("broken", broken), path("", echo), *get_resolver().url_patterns]
    settings.ROOT_URLCONF = type("Urls", (), {"urlpatterns": pages})


def test_a_broken_site_is_noticed(faulty: None) -> None:
    visitor = Visitor(1, Client(), ("1",))
    visitor.patterns = ["/broken"]
    visitor.links = ["/", "/broken"]
    visitor.visit(CHUNK)
    found = {fault.split(":")[0] for fault in visitor.faults}
    assert found >= {
        "status 500",
        "the visitor's markup came back",
        "another county's unpublished work was shown",
    }
