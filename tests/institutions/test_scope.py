"""Who sees and does what, and where: role x row x action, each asked of the admin itself."""

import datetime
import json
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from django.test import Client
from django.urls import reverse

from institutions.models import Institution
from regions.models import Fact, Policy, StaffMember
from tests.factories import make_bed, make_document, make_institution, make_region, make_user

pytestmark = pytest.mark.django_db

# The post of each role: 500112 was abolished in favour of 500157, which its clerk now keeps.
POSTS = {
    "clerk": ("clerk", "110105"),
    "clerk of an abolished county": ("clerk", "500112"),
    "reviewer": ("reviewer", "110105"),
    "province": ("province", "110000"),
    "national": ("national", "000000"),
    "no post": None,
}
# What of each role is true for a home of its own; nothing of it is true for any other home.
MAY = {
    "clerk": {"see", "edit"},
    "clerk of an abolished county": {"see", "edit"},
    "reviewer": {"see", "edit", "delete"},
    "province": {"see", "edit", "delete"},
    "national": {"see", "edit", "delete"},
    "no post": set(),
}
# Where a home lies for each role: in its own county, in another county of its province, elsewhere.
PLACES = {"110105": "朝阳区", "110106": "丰台区", "500157": "两江新区"}
OWN = {
    "clerk": {"110105"},
    "clerk of an abolished county": {"500157"},
    "reviewer": {"110105"},
    "province": {"110105", "110106"},
    "national": set(PLACES),
    "no post": set(),
}
NEEDS = {
    "list": "see",
    "direct url": "see",
    "history": "see",
    "autocomplete": "see",
    "change": "edit",
    "move here": "edit",
    "choose in a form": "edit",
    "delete": "delete",
    "bulk delete": "delete",
    "action": "edit",
    "publishing": "delete",
    "beds": "edit",
}


def staff(role: str) -> AbstractUser:
    user = make_user(is_staff=True)
    if post := POSTS[role]:
        StaffMember.objects.create(user=user, role=post[0], region_id=post[1])
    return user


def url(page: str, *args: Any, model: str = "institutions_institution") -> str:
    return reverse(f"admin:{model}_{page}", args=args)


def minimal(region: str, name: str) -> dict[str, Any]:
    """What the form of a home needs at least."""
    data = {"name": name, "region": region, "opened": 1}
    data |= {f"{field}_precision": "day" for field in ("filed", "opened", "operating_since")}
    for part in Institution._meta.related_objects:
        prefix = part.get_accessor_name()
        data |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
    return data


def list_(client: Client, home: Institution) -> bool:
    page = client.get(url("changelist"), {"q": home.name})
    return page.status_code == 200 and home in page.context["cl"].result_list


def direct_url(client: Client, home: Institution) -> bool:
    page = client.get(url("change", home.pk))
    return page.status_code == 200 and home.name in page.content.decode()


def history(client: Client, home: Institution) -> bool:
    return client.get(url("history", home.pk)).status_code == 200


def autocomplete(client: Client, home: Institution) -> bool:
    asked = {"app_label": "institutions", "model_name": "institution", "field_name": "region"}
    page = client.get(reverse("admin:autocomplete"), asked | {"term": home.region_id})
    return page.status_code == 200 and bool(json.loads(page.content)["results"])


def change(client: Client, home: Institution) -> bool:
    page = client.get(url("change", home.pk))
    if page.status_code == 200 and page.context["adminform"].form.fields:
        data = minimal(home.region_id, home.name) | {"address": "新址"}
        client.post(url("change", home.pk), data)
    home.refresh_from_db()
    return home.address == "新址" or home.pending_changes.exists()


def move_here(client: Client, home: Institution) -> bool:
    """A new home in the place of this one."""
    client.post(url("add"), minimal(home.region_id, "新院"))
    return Institution.objects.filter(name="新院", region=home.region_id).exists()


def choose_in_a_form(client: Client, home: Institution) -> bool:
    page = client.get(url("add"))
    if page.status_code != 200:
        return False
    return home.region in page.context["adminform"].form.fields["region"].queryset


def delete(client: Client, home: Institution) -> bool:
    client.post(url("delete", home.pk), {"post": "yes"})
    return not Institution.objects.filter(pk=home.pk).exists()


def bulk(action: str, client: Client, home: Institution) -> bool:
    data = {"action": action, "_selected_action": [home.pk], "post": "yes"}
    client.post(url("changelist"), data)
    return not Institution.objects.filter(pk=home.pk).exists()


def staged(action: str, before: str, after: str, client: Client, home: Institution) -> bool:
    """An action of the list that takes a home one step further."""
    Institution.objects.filter(pk=home.pk).update(stage=before)
    data = {"action": action, "_selected_action": [home.pk], f"seen-{home.pk}": home.version}
    client.post(url("changelist"), data)
    home.refresh_from_db()
    return home.stage == after


def beds(client: Client, home: Institution) -> bool:
    """The list of bed figures, and its action."""
    row = make_bed(home, vacant=1)
    data = {"action": "confirm_unchanged", "_selected_action": [row.pk]}
    client.post(url("changelist", model="institutions_bedfigures"), data)
    row.refresh_from_db()
    return row.as_of == datetime.date(2026, 11, 22)


ACTIONS = {
    "list": list_,
    "direct url": direct_url,
    "history": history,
    "autocomplete": autocomplete,
    "change": change,
    "move here": move_here,
    "choose in a form": choose_in_a_form,
    "delete": delete,
    "bulk delete": lambda client, home: bulk("delete_selected", client, home),
    "action": partial(staged, "submit", "draft", "review"),
    "publishing": partial(staged, "publish", "review", "published"),
    "beds": beds,
}


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("role", POSTS)
def test_role_by_home_by_action(client: Client, role: str, place: str, action: str):
    home = make_institution(region=make_region(place))
    client.force_login(staff(role))

    done = ACTIONS[action](client, home)

    assert done == (place in OWN[role] and NEEDS[action] in MAY[role])


# Reference rows: everybody reads those of their own region, the nation's posts keep them.


def policy(region: str | None) -> Policy:
    return Policy.objects.create(
        slug="test-policy",
        name="测试津贴",
        kind="allowance",
        region=make_region(region or "000000"),
        anchor="hukou",
        payee="elder",
        portability="stays",
        document=make_document(),
        grade="A",
        ask="民政局",
    )


def fact(region: str | None) -> Fact:
    row = Fact.objects.create(
        code="TEST-1",
        document=make_document(),
        label="测试",
        value=1,
        as_of="2026-01-01",
        quote="原文",
    )
    row.regions.set([make_region(region), make_region("500157")] if region else [])
    return row


@pytest.mark.parametrize("place", ["110105", "110106", None])
@pytest.mark.parametrize("role", [role for role in POSTS if "abolished" not in role])
@pytest.mark.parametrize("make", [policy, fact])
def test_role_by_reference_row(client: Client, make, role: str, place: str | None):
    row = make(place)
    model = f"regions_{row._meta.model_name}"
    client.force_login(staff(role))

    listed = client.get(url("changelist", model=model), {"q": "测试"})
    shown = listed.status_code == 200 and row in listed.context["cl"].result_list
    opened = client.get(url("change", row.pk, model=model))
    past = client.get(url("history", row.pk, model=model))
    removing = client.get(url("delete", row.pk, model=model))
    adding = client.get(url("add", model=model))

    own = role == "national" or place in OWN[role]
    assert shown == own
    assert (opened.status_code == 200) == (past.status_code == 200) == own
    keeps = role == "national"
    assert (removing.status_code == 200) == (adding.status_code == 200) == keeps
    if own:
        assert opened.context["has_change_permission"] == keeps


def test_a_field_that_leads_out_of_ones_region_offers_all(client: Client):
    """A home of 廊坊 may stand on a list of 北京; it still cannot lie there."""
    make_region("131082")
    client.force_login(staff("clerk"))
    asked = {"app_label": "institutions", "term": "131082"}
    names = {"designation": 1, "institution": 0}

    for model, count in names.items():
        field = {"model_name": model, "field_name": "region"}
        page = client.get(reverse("admin:autocomplete"), asked | field)
        assert len(json.loads(page.content)["results"]) == count


def test_nobody_gives_themselves_more_than_their_role(client: Client):
    boss = make_user(is_superuser=True, is_staff=True)
    me = staff("national")
    client.force_login(me)

    assert client.get(url("change", boss.pk, model="auth_user")).status_code == 302
    page = client.get(url("change", me.pk, model="auth_user"))
    fields = page.context["adminform"].form.fields
    assert not {"is_superuser", "groups", "user_permissions"} & fields.keys()
    client.post(url("change", me.pk, model="auth_user"), {"username": "x", "is_superuser": "on"})
    me.refresh_from_db()
    assert not me.is_superuser
