"""Homes of hundreds of rows: saved, or said to be too large before anything is typed."""

import pytest
from django.test import Client

from carebridge.middleware.limits import FIELDS_FROM_READERS
from institutions.models import Fee, Institution
from tests.factories import make_institution
from tests.institutions.admin.test_admin import added, change_page, shown, typed
from tests.institutions.register.test_workflow import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(db) -> Client:
    return signed_in("clerk", "xiaowang")


def make_large(fees: int) -> Institution:
    home = make_institution(stage="draft")
    Fee.objects.bulk_create(
        Fee(institution=home, kind="other", amount=100, conditions=f"第 {number} 项")
        for number in range(fees)
    )
    return home


def test_a_home_of_300_rows_is_saved(clerk: Client):
    home = make_large(300)
    data = typed(clerk, change_page(home))
    added(data, "fees", kind="meals", level_from=0, level_to=4, amount="1100", period="month")
    data["fees-299-amount"] = "7"

    assert len(data) > 3_000
    assert clerk.post(change_page(home), data).status_code == 302

    assert home.fees.count() == 301
    assert home.fees.filter(amount=700).count() == 1
    data = typed(clerk, change_page(home))
    assert clerk.post(change_page(home), data | {"address": "新址"}).status_code == 302


def test_two_on_a_large_home_lose_nothing(clerk: Client):
    home = make_large(120)
    first, second = (typed(clerk, change_page(home)) for _ in range(2))
    clerk.post(change_page(home), first | {"fees-7-amount": "3", "fees-8-DELETE": "on"})

    page = clerk.post(change_page(home), second | {"fees-7-amount": "4", "fees-9-amount": "5"})

    assert "别人把它改成了“3”（原来是“1”）" in page.content.decode()
    assert clerk.post(change_page(home), shown(page)).status_code == 302
    amounts = sorted(home.fees.exclude(amount=100).values_list("amount", flat=True))
    assert (home.fees.count(), amounts) == (119, [400, 500])


def test_a_home_too_large_to_be_saved_says_so_first(clerk: Client):
    page = clerk.get(change_page(make_large(1_001)))

    assert "这一页行数太多（收费）" in page.content.decode()
    assert "这一页行数太多" not in clerk.get(change_page(make_large(300))).content.decode()


@pytest.mark.parametrize("kind", ["urlencoded", "multipart"])
def test_readers_send_no_form_of_thousands_of_fields(kind: str):
    visitor, home = Client(), make_institution()
    fields = {f"f{number}": "1" for number in range(FIELDS_FROM_READERS + 1)}
    sent = {
        "urlencoded": {
            "data": "&".join(f"{name}=1" for name in fields),
            "content_type": "application/x-www-form-urlencoded",
        },
        "multipart": {"data": fields},
    }[kind]

    for url in ("/admin/login/", change_page(home), "/guide/"):
        assert visitor.post(url, **sent).status_code == 400
    assert visitor.get("/", fields).status_code == 400
    assert visitor.get("/", {"q": "1"}).status_code == 200


def test_staff_send_no_form_of_any_size(clerk: Client):
    home = make_institution(stage="draft")
    fields = "&".join(f"f{number}=1" for number in range(30_001))

    page = clerk.post(change_page(home), fields, "application/x-www-form-urlencoded")

    assert page.status_code == 400
    home.refresh_from_db()
    assert home.version == 1
