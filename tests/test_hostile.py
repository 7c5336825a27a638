"""No request, however drawn, breaks the site, is echoed, crosses a county or reaches a log."""

import os
import resource
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from django.dispatch import Signal
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import get_resolver, path

from institutions.models import Correction, Institution
from institutions.register import listings
from regions.models import StaffMember
from tests.conftest import TODAY
from tests.factories import make_institution, make_region, make_user
from tests.hostile import HIDDEN, MARK, MARKUP, Visit, Visitor

FEW, MANY = 250, int(os.environ.get("HOSTILE_REQUESTS", "100000"))
# Of ten requests, six are a stranger's.
SHARES = {False: 6, True: 4}
# Made-up homes kept beside the real ones: a file of all takes seconds, and has no more kinds.
DEMO_HOMES = 60
# Megabytes that the process may grow by after the first tenth of a long run.
MOST_GROWTH = 60
SEED = int(os.environ.get("HOSTILE_SEED", "7"))
CHUNK = 50


def known() -> tuple[str, ...]:
    """Ids, codes and slugs that exist, the other county's draft among them."""
    homes = Institution.objects.order_by("pk").values_list("pk", flat=True)
    ids = [*homes[:3], Institution.objects.get(name__contains=HIDDEN).pk]
    slugs = ("cn-01", "jing-jin-ji", "jing-jin-ji-2024", "110000", "131082")
    return (*map(str, ids), *slugs)


@pytest.fixture
def no_signals_pile_up(monkeypatch) -> None:
    """Django's client connects signals for each request, and each weak link leaves a kilobyte."""
    connect = Signal.connect

    def held(signal: Signal, *arguments: Any, **named: Any) -> None:
        connect(signal, *arguments, **named | {"weak": False})

    monkeypatch.setattr(Signal, "connect", held)


@pytest.fixture
def small_register(own_database: None) -> None:
    kept = Institution.objects.demo().order_by("pk").values_list("pk", flat=True)[:DEMO_HOMES]
    listings.delete_homes(Institution.objects.demo().exclude(pk__in=list(kept)))


@pytest.fixture
def clerk(small_register: None) -> AbstractUser:
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
    early = 0
    for done in range(0, number, CHUNK):
        if user:
            visitor.client.force_login(user)
        visitor.visit(CHUNK)
        if len(visitor.faults) > 20:
            break
        if done % (number // 10) < CHUNK:
            print(done, f"{megabytes()} MB", sorted(visitor.statuses.items()), flush=True)
            early = early or (done and megabytes())
    print(*visitor.faults, sep="\n")
    assert visitor.faults == []
    assert megabytes() < early + MOST_GROWTH
    return visitor


def megabytes() -> int:
    """The most memory this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


@pytest.mark.parametrize("signed_in", [False, True], ids=["stranger", "clerk"])
@pytest.mark.parametrize(
    "number", [FEW, pytest.param(MANY, marks=pytest.mark.full)], ids=["few", "many"]
)
def test_no_request_breaks_the_site(
    clerk: AbstractUser, no_signals_pile_up: None, number: int, signed_in: bool
) -> None:
    number = number * SHARES[signed_in] // 10
    visitor = sent(clerk if signed_in else None, number, seed=SEED + signed_in)
    assert visitor.statuses[200] > number / 10
    assert len(visitor.opened) > min(40, len(visitor.patterns) - 10)
    assert min(len(visitor.links), len(visitor.fields)) > 20


def test_a_log_may_quote_the_path_of_what_was_too_large(clerk: AbstractUser) -> None:
    visitor, large = Visitor(1, Client(), ("1",)), {"CONTENT_TYPE": "text/plain"}
    visitor._draw = lambda: Visit("POST", f"/{MARK}/", b"x" * 300_000, large)
    visitor.visit(1)
    assert (visitor.faults, visitor.statuses[413]) == ([], 1)


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
