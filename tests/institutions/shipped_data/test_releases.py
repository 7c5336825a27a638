"""A release drill: untouched rows follow, edited ones are kept and shown, deleted ones stay so."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db.models import ProtectedError
from django.test import Client
from django.urls import reverse

from institutions.shipped_data import load as fixtures
from regions.models import Document, Exclusion, Fact, Policy, Rate, ShippedRow, StaffMember
from tests.conftest import TODAY
from tests.factories import make_region, make_user
from tests.institutions.shipped_data.test_load_fixtures import (  # noqa: F401
    document,
    exclusion,
    folder,
    policy,
    rate,
    write,
)

pytestmark = pytest.mark.django_db
State = ShippedRow.State
SLUGS = [f"zz-{number:02}" for number in range(34)]
FACTS = [f"ZZ-{number}" for number in range(6)]


def fact(code: str, value: str) -> dict[str, Any]:
    fields = {"code": code, "document": ["new"], "regions": ["110105"], "label": "床位"}
    fields |= {"value": value, "as_of": "2026-01-01", "quote": "床位"}
    return {"model": "regions.fact", "fields": fields}


def release(folder: Path, amount: int, value: str) -> list[str]:  # noqa: F811
    """Load 34 policies of one rate each, six facts and a document; return what was told."""
    write(folder, "documents.json", document("new", f"文件 {amount}"))
    rates = [rate(slug) for slug in SLUGS]
    for row in rates:
        row["fields"] = row["fields"] | {"amount": amount}
    policies = [policy(slug) for slug in SLUGS]
    write(folder, "policies.json", *policies, *rates, exclusion("zz-00", "zz-01"))
    write(folder, "facts.json", *(fact(code, value) for code in FACTS))
    told: list[str] = []
    fixtures.load_folder(folder, TODAY, told.append)
    return told


@pytest.fixture
def drilled(folder: Path) -> list[str]:  # noqa: F811
    """Staff edit ten of the forty and delete three; then comes a release with 34 new amounts."""
    release(folder, 100, "10.00")
    for slug in SLUGS[:4]:
        Policy.objects.filter(slug=slug).update(note="这里改过")
    Rate.objects.filter(policy__slug__in=SLUGS[4:8]).update(amount=777)
    Fact.objects.filter(code__in=FACTS[:2]).update(value="11.50")
    Policy.objects.filter(slug__in=["zz-10", "zz-11"]).delete()
    Fact.objects.filter(code="ZZ-5").delete()
    return release(folder, 120, "12.00")


def amounts(slugs: list[str]) -> set[int]:
    return set(Rate.objects.filter(policy__slug__in=slugs).values_list("amount", flat=True))


def test_what_stands_after_a_release(drilled: list[str]):
    assert amounts(SLUGS[:4]) == {100}
    assert set(Policy.objects.filter(slug__in=SLUGS[:4]).values_list("note", flat=True)) == {
        "这里改过"
    }
    assert amounts(SLUGS[4:8]) == {777}
    assert amounts(SLUGS[8:]) == {120}
    assert Policy.objects.filter(slug__in=SLUGS).count() == 32
    values = dict(Fact.objects.filter(code__in=FACTS).values_list("code", "value"))
    assert {code: str(value) for code, value in values.items()} == {
        **dict.fromkeys(FACTS[:2], "11.50"),
        **dict.fromkeys(FACTS[2:5], "12.00"),
    }
    assert Document.objects.get(slug="new").title == "文件 120"
    states = ShippedRow.objects.values_list("state", flat=True)
    assert (list(states).count(State.KEPT), list(states).count(State.DELETED)) == (10, 3)


def test_the_release_names_each_amount_and_what_was_kept(drilled: list[str]):
    told = "\n".join(drilled)
    assert told.count("金额（分）：100 → 120") == 24
    assert told.count("数值：10 → 12") == 3
    assert "8 条这里改过，没有动" in told
    assert "2 条这里改过，没有动" in told
    assert "标题" not in told


def test_the_same_release_again_and_the_next_change_nothing_of_it(folder, drilled):  # noqa: F811
    assert release(folder, 120, "12.00") == []
    release(folder, 130, "13.00")
    assert amounts(SLUGS[4:8]) == {777}
    assert amounts(SLUGS[8:]) == {130}
    assert Policy.objects.filter(slug__in=SLUGS).count() == 32


def test_what_hangs_on_a_deleted_row_is_left_out_and_stops_no_release(folder):  # noqa: F811
    release(folder, 100, "10.00")
    Fact.objects.filter(code__in=FACTS).delete()
    Policy.objects.filter(slug__in=SLUGS).delete()
    with pytest.raises(ProtectedError):
        Document.objects.filter(slug="new").delete()
    Exclusion.objects.filter(slug="new").delete()
    Document.objects.filter(slug="new").delete()
    SLUGS.append("zz-99")
    try:
        release(folder, 120, "12.00")
    finally:
        SLUGS.pop()
    assert not Document.objects.filter(slug="new").exists()
    assert not Policy.objects.filter(slug__startswith="zz-").exists()


def test_a_row_of_before_follows_unless_the_journal_says_that_it_was_edited(folder):  # noqa: F811
    """Databases of earlier releases do not know what they were given."""
    release(folder, 100, "10.00")
    ShippedRow.objects.all().delete()
    boss = make_user()
    edited = Policy.objects.get(slug=SLUGS[0])
    removed = Policy.objects.get(slug=SLUGS[1])
    for row, flag in ((edited, 2), (removed, 3)):
        LogEntry.objects.log_actions(boss.pk, [row], flag, "x", single_object=True)
    Rate.objects.filter(policy=edited).update(amount=777)
    removed.delete()
    release(folder, 120, "12.00")
    assert amounts([SLUGS[0]]) == {777}
    assert not Policy.objects.filter(slug=SLUGS[1]).exists()
    assert amounts(SLUGS[2:]) == {120}


def test_the_nation_sees_both_side_by_side_and_decides(client: Client, drilled):
    user = make_user(is_staff=True)
    StaffMember.objects.create(user=user, role="national", region=make_region("000000"))
    client.force_login(user)
    page = reverse("admin:regions_shippedrow_changelist")
    kept = ShippedRow.objects.filter(state=State.KEPT)
    assert "政策：zz-04" in client.get(page, {"state__exact": State.KEPT}).content.decode()
    one, other = kept.get(key='["zz-04"]'), kept.get(key='["zz-00"]')
    shown = client.get(reverse("admin:regions_shippedrow_change", args=[one.pk])).content.decode()
    assert "<td>777</td><td>120</td>" in shown

    client.post(page, {"action": "take", "_selected_action": [one.pk]})
    client.post(page, {"action": "keep", "_selected_action": [other.pk]})
    assert amounts(["zz-04"]) == {120}
    assert amounts(["zz-00"]) == {100}
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.state, other.state) == (State.FOLLOWS, State.OWN)
    assert "777 → 120" in LogEntry.objects.latest("pk").change_message
    clerk = make_user(is_staff=True)
    StaffMember.objects.create(user=clerk, role="clerk", region=make_region())
    client.force_login(clerk)
    assert client.get(page).status_code == 403
