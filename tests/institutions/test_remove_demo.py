from io import StringIO

import pytest
from django.core.management import call_command

from institutions.models import Bed, Institution, Listing

pytestmark = pytest.mark.django_db


def remove() -> str:
    out = StringIO()
    call_command("remove_demo", stdout=out)
    return out.getvalue()


def test_removes_every_demo_home_with_its_parts_and_listing_and_nothing_else() -> None:
    demo, real = Institution.objects.demo().count(), Institution.objects.real().count()
    assert demo
    assert real
    assert remove() == f"已删除 {demo:,} 家示例机构。\n"
    assert Institution.objects.count() == real
    assert Listing.objects.count() == real
    assert not Bed.objects.filter(institution__is_demo=True).exists()


def test_says_when_there_is_none() -> None:
    Institution.objects.demo().delete()
    assert remove() == "没有示例机构。\n"
