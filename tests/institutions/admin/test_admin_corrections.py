"""The queue of corrections in the admin."""

import datetime

import pytest
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from carebridge.staff.roles import PERMISSIONS
from institutions.models import Correction, Institution, PendingChange, Revision
from institutions.register.history import as_data, change_record
from institutions.register.record import Change
from institutions.register.review import move_stage, verify_figures
from regions.models import StaffMember
from tests.conftest import TODAY
from tests.factories import make_institution, make_region, make_user, make_whole_institution

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def home() -> Institution:
    return make_whole_institution()


def reported(home: Institution, about: str = "address") -> Correction:
    row = Correction(
        institution=home,
        about=about,
        wrong="搬家了",
        how="visit",
        received_on=datetime.date(2026, 11, 22),
    )
    row.give_contact("13800000000", row.received_on)
    row.save()
    return row


def address(row: Correction) -> str:
    return reverse("admin:institutions_correction_change", args=[row.pk])


FILL = {
    "decision": "fill",
    "value": "新路 2 号",
    "kind": "own",
    "as_of": "2026-11-20",
    "checked": "phone",
}


def test_the_page_shows_what_was_said_and_leads_to_the_home(boss, home):
    page = boss.get(address(reported(home)))
    for words in ("搬家了", "13800000000", "自己去看过", home.get_absolute_url(), "地址"):
        assertContains(page, words)


def test_each_look_at_a_contact_is_written_down(boss, home):
    row = reported(home)
    silent = reported(home, "name")
    Correction.objects.filter(pk=silent.pk).update(
        contact="", consented_on=None, contact_until=None
    )
    for _ in range(2):
        boss.get(address(row))
        boss.get(address(silent))
    looks = LogEntry.objects.filter(change_message="看了读者的联系方式")
    assert {look.object_id for look in looks} == {str(row.pk)}
    assert looks.count() == 2
    assert {look.user_id for look in looks} == {int(boss.session["_auth_user_id"])}


def test_the_system_changes_the_figure(boss, home):
    row = reported(home)
    assert boss.post(address(row), FILL).status_code == 302
    home.refresh_from_db()
    row.refresh_from_db()
    assert home.address == "新路 2 号"
    assert (row.state, row.contact) == ("accepted", "")
    assert "改为“新路 2 号”" in row.outcome


@pytest.mark.parametrize(
    ("about", "changes", "told"),
    [
        ("address", {"value": "示例路 1 号"}, "没有什么要改"),
        ("address", {"as_of": ""}, "哪一天的"),
        ("address", {"as_of": "2030-01-01"}, "日期还没有到"),
        ("address", {"kind": "official"}, "要写明来源文件"),
        ("takes_men", {"value": "也许"}, "写“是”“否”"),
        ("beds/nursing/twin/vacant", {"value": "3"}, "系统改不了"),
        ("", {}, "系统改不了"),
        ("address", {"decision": "rejected"}, "写明改了什么"),
        ("address", {"decision": "accepted"}, "写明改了什么"),
        ("address", {"decision": "accepted", "outcome": "改好了"}, "这一项没有改过"),
        ("", {"decision": "accepted", "outcome": "改好了"}, "这一项没有改过"),
        ("place", {"decision": "accepted", "outcome": "改好了"}, "这一项没有改过"),
        ("address", {"decision": "unchanged"}, "写明改了什么"),
        ("address", {"decision": "unchanged", "outcome": " \n　"}, "写明改了什么"),
        ("address", {"decision": "no"}, "no"),
    ],
)
def test_what_cannot_be_decided_so_is_told_and_nothing_is_written(boss, home, about, changes, told):
    row = reported(home, about)
    page = boss.post(address(row), FILL | changes)
    assertContains(page, told)
    row.refresh_from_db()
    home.refresh_from_db()
    assert (row.state, home.version) == ("received", 1)


@pytest.mark.parametrize(
    ("decision", "state"), [("unchanged", "accepted"), ("rejected", "rejected")]
)
def test_a_clerk_closes_with_what_changed_or_why_not(boss, home, decision, state):
    row = reported(home)
    boss.post(address(row), {"decision": decision, "outcome": "打过电话。"})
    row.refresh_from_db()
    assert (row.state, row.outcome, row.contact) == (state, "打过电话。", "")
    assert row.handled_by is not None
    # What is decided stays so.
    assertNotContains(boss.get(address(row)), 'name="decision"')
    assert (
        boss.post(address(row), {"decision": "checking"}).status_code == 302
    )  # and told: see below


@pytest.mark.parametrize(("decision", "state"), [("checking", "checking"), ("", "received")])
def test_a_clerk_may_be_checking(boss, home, decision, state):
    row = reported(home)
    assert boss.post(address(row), {"decision": decision}).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.contact) == (state, "13800000000")


def test_a_clerk_answers_for_the_own_county_and_leaves_changes_to_review(client, home):
    here, there = reported(home), reported(make_institution(region=make_region("500103")))
    clerk = make_user(is_staff=True)
    StaffMember.objects.create(user=clerk, region=home.region, role="clerk")
    client.force_login(clerk)
    listed = client.get(reverse("admin:institutions_correction_changelist"))
    assertContains(listed, here.reference)
    assertNotContains(listed, there.reference)
    assertNotContains(client.get(address(here)), "由系统改这一项")
    assertContains(client.post(address(here), FILL), "fill 不在可用的选项中")
    client.post(address(here), {"decision": "rejected", "outcome": "地址没有错。"})
    here.refresh_from_db()
    assert (here.state, here.handled_by) == ("rejected", clerk)


def test_a_contact_is_shown_to_those_who_decide_alone(client, home, monkeypatch):
    """As the form promises, whatever the table of roles comes to say."""
    row = reported(home)
    clerk = make_user(is_staff=True)
    StaffMember.objects.create(user=clerk, region=home.region, role="clerk")
    client.force_login(clerk)
    assertContains(client.get(address(row)), "13800000000")
    monkeypatch.setitem(PERMISSIONS, "clerk", {"institutions.view_correction"})
    page = client.get(address(row))
    assertContains(page, "搬家了")
    assertNotContains(page, "13800000000")


def test_who_decides_second_is_told_and_changes_nothing(boss, home):
    row = reported(home)
    decided = {"decision": "rejected", "outcome": "核对过，没有错。"}
    assert boss.post(address(row), decided).status_code == 302

    for late in (FILL, {"decision": "accepted", "outcome": "改好了。"}, {"decision": "checking"}):
        assertContains(boss.post(address(row), late, follow=True), "别人刚刚处理完这一条")

    row.refresh_from_db()
    home.refresh_from_db()
    assert (row.state, row.outcome, home.address) == ("rejected", "核对过，没有错。", "示例路 1 号")


def test_what_was_read_before_the_decision_cannot_close_or_reopen_it(boss, home, today):
    """Two hold the same row as it was open: in one transaction each, one after the other."""
    row = reported(home)
    late, user = Correction.objects.get(pk=row.pk), make_user()
    row.close("rejected", "没有错。", user, today)

    with pytest.raises(ValidationError, match="别人刚刚处理完"):
        late.close("accepted", "改好了。", user, today)
    row.refresh_from_db()
    assert (row.state, row.contact) == ("rejected", "")


def test_what_was_typed_is_kept_when_nothing_was_changed(boss, home):
    row = reported(home)
    page = boss.post(address(row), {"decision": "accepted", "outcome": "地址改成二号了"})
    assertContains(page, "地址改成二号了")
    assert page.context["adminform"].form["decision"].value() == "accepted"
    row.refresh_from_db()
    assert (row.state, row.contact) == ("received", "13800000000")


def changes(home: Institution, **fields: str) -> None:
    user = make_user()
    change_record(home.pk, lambda record: record | fields, by=user, how=Revision.How.FORM, on=TODAY)


def waits(home: Institution) -> None:
    changed = as_data([Change("address", "地址", "示例路 1 号", "新路")])
    PendingChange.objects.create(
        institution=home, base_version=1, changes=changed, author=make_user()
    )


def goes_there_and_back(home: Institution) -> None:
    changes(home, address="新路")
    changes(home, address="示例路 1 号")


def checks(home: Institution) -> None:
    verify_figures(home.pk, [""], "phone", by=make_user(), on=TODAY)


@pytest.mark.parametrize(
    ("about", "act", "is_taken"),
    [
        ("address", lambda home: changes(home, address="新路"), True),
        ("address", lambda home: changes(home, operator="别人"), False),
        ("place", lambda home: changes(home, address="新路"), True),
        ("", lambda home: changes(home, operator="别人"), True),
        ("address", waits, True),
        ("address", goes_there_and_back, False),
        ("address", checks, False),
        ("", checks, False),
        ("", lambda home: move_stage(home.pk, "withdraw", by=make_user(), on=TODAY), True),
    ],
)
def test_accepted_is_what_changed_since_it_came_in(boss, home, about, act, is_taken):
    changes(home, address="老路", operator="老人")
    changes(home, address="示例路 1 号", operator="")
    home.refresh_from_db()
    row = reported(home, about)
    Correction.objects.filter(pk=row.pk).update(base_version=home.version)
    act(home)
    boss.post(address(row), {"decision": "accepted", "outcome": "改好了。"})
    row.refresh_from_db()
    assert (row.state == "accepted") == is_taken


def test_a_change_before_the_correction_came_in_is_not_its_answer(boss, home, client):
    changes(home, address="今天早上改的")
    client.post(
        f"{reverse('correct', args=[home.pk])}?about=address", {"wrong": "x", "how": "visit"}
    )
    row = Correction.objects.get()
    assert row.base_version == 2
    boss.post(address(row), {"decision": "accepted", "outcome": "改好了。"})
    row.refresh_from_db()
    assert row.state == "received"


@pytest.mark.parametrize("action", ["accept", "accepted"])
def test_no_action_of_the_list_decides(boss, home, action):
    row = reported(home)
    data = {"action": action, "_selected_action": [row.pk], "post": "yes"}
    boss.post(reverse("admin:institutions_correction_changelist"), data)
    row.refresh_from_db()
    assert row.state == "received"
