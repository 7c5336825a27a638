"""What an address carries along is read once for each request, however many links take it on."""

from collections import Counter

import pytest
from django.test import RequestFactory
from django.urls import reverse

from institutions.pages.parts import carried_homes
from institutions.pages.parts.carried_homes import carried_by
from institutions.register.listings import refresh
from tests.factories import make_institution

CARRIED = "compare=3,7&keep=5&from=vacant%3Dany"


@pytest.fixture
def reads(monkeypatch) -> Counter[str]:
    """How often each part is read from an address: compare, keep and from."""
    counted: Counter[str] = Counter()
    read, search_of = carried_homes.read, carried_homes.search_of

    def counting_read(data, name, most):
        counted[name] += 1
        return read(data, name, most)

    def counting_search_of(data):
        counted["from"] += 1
        return search_of(data)

    monkeypatch.setattr(carried_homes, "read", counting_read)
    monkeypatch.setattr(carried_homes, "search_of", counting_search_of)
    return counted


@pytest.mark.django_db
@pytest.mark.parametrize(
    "page",
    [
        "/institutions/",
        "/institutions/?view=map",
        "/institutions/{pk}/",
        "/institutions/{pk}/pack/",
        "/compare/?id={pk}",
        "/shortlist/?id={pk}",
        "/",
        "/guide/",
        "/follow/",
        "/regions/",
        "/sources/",
        "/policies/",
    ],
)
def test_each_part_is_read_once_on_every_page(page, reads, client, today):
    homes = [make_institution() for _ in range(3)]
    refresh([home.pk for home in homes], today)
    address = page.format(pk=homes[0].pk)
    response = client.get(f"{address}{'&' if '?' in address else '?'}{CARRIED}")
    assert response.status_code == 200
    assert max(reads.values()) == 1


@pytest.mark.django_db
def test_twenty_cards_carry_what_was_read_once(reads, client, today):
    homes = [make_institution() for _ in range(20)]
    refresh([home.pk for home in homes], today)
    page = client.get(f"{reverse('institutions')}?{CARRIED}").content.decode()
    assert page.count("compare=3,7&amp;keep=5&amp;from=vacant%3Dany") >= 20
    assert reads == {"compare": 1, "keep": 1, "from": 1}


def test_a_request_keeps_what_was_read_of_it():
    request = RequestFactory().get(f"/?{CARRIED}")
    assert carried_by(request) is carried_by(request)
    assert carried_by(request).parameters == {"compare": "3,7", "keep": "5", "from": "vacant=any"}
    other = RequestFactory().get("/?keep=8")
    assert carried_by(other).parameters == {"keep": "8"}


def test_too_many_parameters_carry_nothing(settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 2
    assert carried_by(RequestFactory().get("/?keep=8&a=1&b=2")).parameters == {}
    assert carried_by(None).parameters == {}
