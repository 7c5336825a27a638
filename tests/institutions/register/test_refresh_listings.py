import datetime
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command

from institutions.models import Fee, Institution, Listing
from institutions.register import listings
from tests.factories import make_fee, make_institution

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 11, 22)


def refresh(**options: Any) -> str:
    out = StringIO()
    call_command("refresh_listings", stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def dated() -> Institution:
    """A home whose bed fee rises on 1 January."""
    Institution.objects.all().delete()
    home = make_institution()
    ends = datetime.date(2026, 12, 31)
    make_fee(home, Fee.Kind.BED, 2_000_00, valid_to=ends)
    make_fee(home, Fee.Kind.BED, 2_500_00, valid_from=ends + datetime.timedelta(days=1))
    listings.refresh([home.pk], TODAY)
    return home


def test_derives_every_listing_anew(dated: Institution) -> None:
    Listing.objects.all().delete()
    assert refresh() == "已更新 1 家机构的检索行。\n"
    assert Listing.objects.get().bed_0 == 2_000_00


def test_due_leaves_a_listing_alone_until_its_date_has_passed(dated: Institution) -> None:
    with time_machine.travel(datetime.datetime(2026, 12, 31, 4, tzinfo=datetime.UTC)):
        assert refresh(due=True) == "已更新 0 家机构的检索行。\n"
    assert Listing.objects.get().bed_0 == 2_000_00


def test_due_derives_a_listing_whose_date_has_passed(dated: Institution) -> None:
    # 20:00 UTC on New Year's Eve is already the new year where the homes are.
    with time_machine.travel(datetime.datetime(2026, 12, 31, 20, tzinfo=datetime.UTC)):
        assert refresh(due=True) == "已更新 1 家机构的检索行。\n"
    assert Listing.objects.get().bed_0 == 2_500_00
    assert Listing.objects.get().valid_until is None


def test_is_silent_when_told_to_be(dated: Institution) -> None:
    assert refresh(verbosity=0) == ""
