from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from institutions.models import Institution, Listing

pytestmark = pytest.mark.django_db


def check(**options: int) -> str:
    out = StringIO()
    call_command("check_listings", stdout=out, **options)
    return out.getvalue()


@pytest.mark.no_cover
def test_shipped_listings_are_right() -> None:
    assert check() == "检索行全部正确。\n"
    assert check(verbosity=0) == ""


def test_stale_and_missing_listings_fail_by_id() -> None:
    stale, missing = Institution.objects.order_by("pk")[:2]
    Listing.objects.filter(pk=stale.pk).update(known=99)
    Listing.objects.filter(pk=missing.pk).delete()
    with pytest.raises(CommandError, match=f"2 家机构的检索行过时：{stale.pk}、{missing.pk}。"):
        check()
