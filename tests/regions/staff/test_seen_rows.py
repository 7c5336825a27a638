"""An action of a list leaves the rows that somebody changed since the list was shown, by name."""

import re

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.test import Client

from institutions.models import Bed, Institution
from regions.staff.seen_rows import SeenRows
from tests.factories import make_bed, make_institution, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client: Client) -> User:
    user = make_user(is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def listed(client: Client, address: str) -> dict[str, str]:
    page = client.get(address).content.decode()
    return dict(re.findall(r'name="(seen-[\w-]+)" value="(\w+)"', page))


def test_every_list_with_actions_carries_what_it_showed():
    blind = [
        model._meta.label
        for model, admin in site._registry.items()
        if admin.actions and not isinstance(admin, SeenRows)
    ]
    assert blind == []


@pytest.mark.parametrize(
    ("action", "stage", "becomes"),
    [("withdraw", "published", "draft"), ("submit", "draft", "review")],
)
def test_a_home_changed_since_is_named_and_left(client, boss, action, stage, becomes):
    homes = [make_institution(name=f"同看养老院{n}", stage=stage) for n in (1, 2)]
    address = "/admin/institutions/institution/?q=同看养老院"
    seen = listed(client, address)
    assert len(seen) == 2
    Institution.objects.filter(pk=homes[0].pk).update(version=9)
    data = {"action": action, "_selected_action": [home.pk for home in homes], **seen}
    page = client.post(address, data, follow=True).content.decode()
    assert "没有动：“同看养老院1" in page
    stages = [Institution.objects.get(pk=home.pk).stage for home in homes]
    assert stages == [stage, becomes]
    last = client.post(address, data | {"_selected_action": [homes[0].pk]}, follow=True)
    assert "没有动：“同看养老院1" in last.content.decode()
    assert Institution.objects.get(pk=homes[0].pk).stage == stage


def test_figures_that_were_counted_since_are_not_confirmed_unseen(client, boss):
    bed = make_bed(make_institution(name="数床养老院"), category="nursing", room="twin", vacant=3)
    address = "/admin/institutions/bedfigures/?q=数床养老院"
    seen = listed(client, address)
    Bed.objects.filter(pk=bed.pk).update(vacant=1)
    data = {"action": "confirm_unchanged", "_selected_action": [bed.pk], **seen}
    page = client.post(address, data, follow=True).content.decode()
    assert "打开列表以后别人改过，没有动" in page
    assert Bed.objects.get(pk=bed.pk).as_of == bed.as_of


def test_what_nobody_changed_is_done(client, boss):
    bed = make_bed(make_institution(name="数床养老院"), category="nursing", room="twin", vacant=3)
    address = "/admin/institutions/bedfigures/?q=数床养老院"
    data = {"action": "confirm_unchanged", "_selected_action": [bed.pk]}
    client.post(address, data | listed(client, address))
    assert Bed.objects.get(pk=bed.pk).as_of > bed.as_of
