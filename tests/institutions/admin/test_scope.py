"""Who sees and does what, and where: role x row x action, each asked of the admin itself.

The rows are made once, in a transaction that the module takes back; each action is taken back at
once. Pages are asked for by their addresses and not drawn: other tests look at what they show.
"""

import datetime
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import AbstractUser
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models, transaction
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.test import Client
from django.urls import reverse

from carebridge.lib.sheet_files import SheetError
from institutions.admin.homes import InstitutionAdmin
from institutions.models import (
    Bed,
    BedFigures,
    Correction,
    Institution,
    PendingChange,
    Revision,
    SheetImport,
)
from institutions.register.history import as_data, change_record
from institutions.register.listings import refresh
from institutions.register.record import Change
from institutions.sheets.plan import read_sheet
from institutions.sheets.uploads import check
from regions.models import (
    Document,
    Fact,
    FailedSignIn,
    PendingEdit,
    Policy,
    Region,
    SignIn,
    StaffMember,
)
from regions.places.addresses import RegionNames
from tests.conftest import TODAY
from tests.factories import make_bed, make_document, make_institution, make_region, make_user
from tests.institutions.sheets.sheets import as_csv

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
# Where a row lies for each role: in its own county, in another county of its province, elsewhere;
# in the nation, which no smaller post keeps; and rows that lie nowhere, such as a sign-in.
COUNTIES = ("110105", "110106", "500157")
NATION, NOWHERE = "000000", ""
OWN = {
    "clerk": {"110105", NOWHERE},
    "clerk of an abolished county": {"500157", NOWHERE},
    "reviewer": {"110105", NOWHERE},
    "province": {"110105", "110106", NOWHERE},
    "national": {*COUNTIES, NATION, NOWHERE},
    "no post": set(),
}
EVERY = POSTS.keys() - {"no post"}
PUBLISHERS = {"reviewer", "province", "national"}
PROVINCES = {"province", "national"}
NATIONAL = {"national"}
NOBODY: set[str] = set()

Act = Callable[[Client, Any], bool]


# Asking


def url(row: Any, page: str, *args: Any) -> str:
    """A page of the row's kind in the admin."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}", args=args)


def page_of(row: Any, page: str) -> str:
    return url(row, page, row.pk)


def ok(response: HttpResponse) -> bool:
    return response.status_code == 200


def listed(client: Client, row: Any) -> bool:
    """Once: a row of several regions is not there once for each."""
    page = client.get(url(row, "changelist"), {row._meta.pk.name: row.pk})
    return ok(page) and list(page.context_data["cl"].result_list) == [row]


def opens(page: str) -> Act:
    return lambda client, row: ok(client.get(page_of(row, page)))


def adds(client: Client, row: Any) -> bool:
    return ok(client.get(url(row, "add")))


def edits(client: Client, row: Any) -> bool:
    """Whether the form is there to be filled in, not only to be read."""
    page = client.get(page_of(row, "change"))
    return ok(page) and page.context_data["has_change_permission"]


def deletes(client: Client, row: Any) -> bool:
    client.post(page_of(row, "delete"), {"post": "yes"})
    return not type(row).objects.filter(pk=row.pk).exists()


def chosen(client: Client, row: Any, action: str, **data: Any) -> HttpResponse:
    """An action of the list, taken with the row ticked."""
    data |= {"action": action, "_selected_action": [row.pk]}
    return client.post(url(row, "changelist"), data)


def deletes_many(client: Client, row: Any) -> bool:
    chosen(client, row, "delete_selected", post="yes")
    return not type(row).objects.filter(pk=row.pk).exists()


def named(name: str, *, post: bool = False, **data: Any) -> Act:
    """A page beside the form, by the name of its address."""

    def act(client: Client, row: Any) -> bool:
        page = reverse(f"admin:{name}", args=[row.pk])
        return ok(client.post(page, data) if post else client.get(page))

    return act


# Homes


def make_home(place: str) -> Institution:
    """A home with one change in its history."""
    home = make_institution(region=make_region(place), is_demo=True)
    by = make_user()
    change_record(home.pk, _moved, by=by, how=Revision.How.FORM, on=TODAY)
    home.refresh_from_db()
    return home


def _moved(record: dict[str, Any]) -> dict[str, Any]:
    return record | {"address": "老地方"}


def minimal(region: str, name: str, **changes: Any) -> dict[str, Any]:
    """What the form of a home needs at least."""
    data = {"name": name, "region": region} | changes
    return data | {f"{field}_precision": "day" for field in ("filed", "opened", "operating_since")}


def saves(client: Client, home: Institution) -> bool:
    data = minimal(home.region_id, home.name, opened=home.version, address="新址")
    client.post(page_of(home, "change"), data)
    saved = Institution.objects.filter(pk=home.pk, address="新址").exists()
    return saved or home.pending_changes.exists()


def enters(client: Client, home: Institution) -> bool:
    """A new home in the place of this one."""
    client.post(url(home, "add"), minimal(home.region_id, "新院"))
    return Institution.objects.filter(name="新院", region=home.region_id).exists()


def may_choose(client: Client, home: Institution) -> bool:
    """The region of this home, in the form of a new one."""
    page = client.get(url(home, "add"))
    if not ok(page):
        return False
    choices = page.context_data["adminform"].form.fields["region"].queryset
    return choices.filter(pk=home.region_id).exists()


def suggested(client: Client, home: Institution) -> bool:
    asked = {"app_label": "institutions", "model_name": "institution", "field_name": "region"}
    page = client.get(reverse("admin:autocomplete"), asked | {"term": home.region_id})
    return ok(page) and bool(json.loads(page.content)["results"])


def staged(action: str, before: str, after: str) -> Act:
    """An action of the list that takes a home one step further."""

    def act(client: Client, home: Institution) -> bool:
        rows = Institution.objects.filter(pk=home.pk)
        rows.update(stage=before)
        chosen(client, home, action, **{f"seen-{home.pk}": home.version})
        return rows.filter(stage=after).exists()

    return act


def publishes(client: Client, home: Institution) -> bool:
    """By the button on the page of the home."""
    rows = Institution.objects.filter(pk=home.pk)
    rows.update(stage="review")
    client.post(reverse("admin:home_move", args=[home.pk, "publish"]), {"version": home.version})
    return rows.filter(stage="published").exists()


def goes_back(client: Client, home: Institution) -> bool:
    client.post(reverse("admin:home_back", args=[home.pk, 1]))
    return home.revisions.count() > 1 or home.pending_changes.exists()


def removes_demo(client: Client, home: Institution) -> bool:
    """All of one's own region; here no other home is one."""
    Institution.objects.exclude(pk=home.pk).update(is_demo=False)
    chosen(client, home, "remove_demo", confirmed="yes")
    return not Institution.objects.filter(pk=home.pk).exists()


def exports(kind: str) -> Act:
    """Not only whether there is a file: which homes are in it, when all of the list are ticked."""

    def act(client: Client, home: Institution) -> bool:
        page = f"{url(home, 'changelist')}?id={home.pk}"
        sheet: Any = client.post(
            page, {"action": kind, "_selected_action": [home.pk], "select_across": 1}
        )
        if "attachment" not in sheet.headers.get("Content-Disposition", ""):
            return False
        content = b"".join(sheet.streaming_content) if sheet.streaming else sheet.content
        try:
            return [row.cells["名称"] for row in read_sheet(content).rows] == [home.name]
        except SheetError:  # nothing but heads
            return False

    return act


# What hangs on homes


def make_beds(place: str) -> BedFigures:
    row = make_bed(make_institution(region=make_region(place)), vacant=1)
    return BedFigures.objects.get(pk=row.pk)


def confirms(client: Client, row: BedFigures) -> bool:
    chosen(client, row, "confirm_unchanged")
    return Bed.objects.get(pk=row.pk).as_of == TODAY


def counts(client: Client, row: BedFigures) -> bool:
    """Types a figure into the list."""
    page = f"{url(row, 'changelist')}?id={row.pk}"
    data = {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "form-0-id": row.pk, "_save": "x"}
    data |= {"form-0-vacant": 2, "initial-form-0-vacant": 1}
    data |= {f"{prefix}form-0-as_of": "2026-11-01" for prefix in ("", "initial-")}
    client.post(page, data)
    return Bed.objects.get(pk=row.pk).vacant == 2


def make_pending(place: str) -> PendingChange:
    home = make_institution(region=make_region(place))
    changes = as_data([Change("address", "地址", "", "新址")])
    return PendingChange.objects.create(
        institution=home, base_version=1, changes=changes, author=make_user()
    )


def decided(name: str, state: str, **data: str) -> Act:
    def act(client: Client, row: PendingChange) -> bool:
        client.post(reverse(f"admin:{name}", args=[row.pk]), data)
        return PendingChange.objects.get(pk=row.pk).state == state

    return act


def approves_many(client: Client, row: PendingChange) -> bool:
    chosen(client, row, "approve_all")
    return PendingChange.objects.get(pk=row.pk).state == "approved"


def make_correction(place: str) -> Correction:
    home = make_institution(region=make_region(place))
    return Correction.objects.create(
        institution=home, wrong="搬家了", how="visit", received_on=TODAY
    )


def answers(client: Client, row: Correction) -> bool:
    client.post(page_of(row, "change"), {"decision": "rejected", "outcome": "没有搬"})
    return Correction.objects.get(pk=row.pk).state == "rejected"


def is_counted(client: Client, row: Correction) -> bool:
    """Among the work of the day, which counts this row alone once the others are decided."""
    Correction.objects.exclude(pk=row.pk).delete()
    page = client.get(reverse("admin:index"))
    return ok(page) and any("纠错" in t.label and t.count for t in page.context_data["todo"])


# Sheets


def make_sheet(place: str) -> SheetImport:
    """A checked sheet with a new home and a refused row."""
    taken = SheetImport(
        file_name="台账.csv",
        content=a_sheet(place),
        author=make_user(),
        within=make_region(place),
        kind="own",
        as_of=datetime.date(2026, 11, 1),
    )
    check(taken, reviewed=False)
    return taken


def a_sheet(place: str) -> bytes:
    return as_csv(["名称", "地区", "电话"], ["表中院", place, ""], ["", place, "12345"])


def uploads(client: Client, sheet: SheetImport) -> bool:
    """A sheet of homes in the region of this one: none of another region is taken."""
    file = SimpleUploadedFile("新.csv", a_sheet(sheet.within_id))
    data = {"file": file, "kind": "own", "as_of": "2026-11-01", "as_of_precision": "day"}
    client.post(url(sheet, "add"), data)
    return SheetImport.objects.filter(file_name="新.csv", new=1).exists()


def settles(client: Client, sheet: SheetImport) -> bool:
    client.post(reverse("admin:sheet_settle", args=[sheet.pk]))
    return SheetImport.objects.get(pk=sheet.pk).settled_at is not None


def imports(client: Client, sheet: SheetImport) -> bool:
    client.post(reverse("admin:sheet_write", args=[sheet.pk]))
    return Institution.objects.filter(name="表中院", region=sheet.within_id).exists()


# 供需对接


def make_asked(place: str) -> Region:
    home = make_institution(region=make_region(place), operating="open")
    refresh([home.pk], TODAY)
    return home.region


def balanced(client: Client, region: Region) -> bool:
    page = client.get(reverse("balance"))
    rows = page.context["balance"].counties if ok(page) else []
    return region.full_name in [row.label for row in rows]


# Reference rows, staff and the log


def make_policy(place: str) -> Policy:
    return Policy.objects.create(
        slug=f"test-policy-{place}",
        name="测试津贴",
        kind="allowance",
        region=make_region(place),
        anchor="hukou",
        payee="elder",
        portability="stays",
        document=make_document(),
        grade="A",
        ask="民政局",
    )


def make_fact(place: str) -> Fact:
    """A draft of a county and its province, or of no region at all."""
    row = Fact.objects.create(
        stage="draft",
        code=f"TEST-{place}",
        document=make_document(),
        label="测试",
        value=1,
        as_of="2026-01-01",
        quote="原文",
    )
    row.regions.set(
        [] if place == NATION else [make_region(place), make_region(place[:2] + "0000")]
    )
    return row


def make_colleague(place: str) -> StaffMember:
    return StaffMember.objects.create(user=make_user(), role="clerk", region=make_region(place))


def make_sign_in(place: str) -> SignIn:
    return SignIn.objects.create(username="somebody", ip_address="10.0.0.1")


def make_failure(place: str) -> FailedSignIn:
    return FailedSignIn.objects.create(username="somebody", ip_address="10.0.0.1")


def make_account(place: str) -> AbstractUser:
    return make_user()


# Documents and facts


def make_source(place: str) -> Document:
    """A draft of a place, or of the whole nation."""
    region = None if place == NATION else make_region(place)
    return make_document(region=region, stage="draft")


def enters_source(client: Client, row: Document) -> bool:
    """A new one of the place of this one."""
    data = {"slug": "entered", "title": "新的", "kind": "notice", "issued_precision": "day"}
    client.post(url(row, "add"), data | {"region": row.region_id or "", "grade": "C"})
    return Document.objects.filter(slug="entered", region=row.region_id).exists()


def make_edit(place: str) -> PendingEdit:
    document = make_source(place)
    document.stage = "published"
    document.save()
    changes = [{"field": "title", "old": document.title, "new": "新题"}]
    return PendingEdit.objects.create(document=document, changes=changes, author=make_user())


def edit_decided(name: str, state: str, **data: str) -> Act:
    def act(client: Client, row: PendingEdit) -> bool:
        client.post(reverse(f"admin:{name}", args=[row.pk]), data)
        return PendingEdit.objects.get(pk=row.pk).state == state

    return act


def approves_edits(client: Client, row: PendingEdit) -> bool:
    chosen(client, row, "approve_all")
    return PendingEdit.objects.get(pk=row.pk).state == "approved"


def stepped(action: str, before: str, after: str, *, many: bool) -> Act:
    """By the button of the page, or by the action of the list."""

    def act(client: Client, row: Any) -> bool:
        rows = type(row).objects.filter(pk=row.pk)
        rows.update(stage=before)
        if many:
            chosen(client, row, action, **{f"seen-{row.pk}": row.version})
        else:
            page = reverse(f"admin:{row._meta.model_name}_move", args=[row.pk, action])
            client.post(page, {"version": row.version})
        return rows.filter(stage=after).exists()

    return act


STEPS = {
    f"{action}{' many' if many else ''}": (stepped(action, before, after, many=many), roles)
    for action, before, after, roles in (
        ("submit", "draft", "review", EVERY),
        ("publish", "review", "published", PUBLISHERS),
        ("send_back", "review", "draft", PUBLISHERS),
        ("withdraw", "published", "draft", PUBLISHERS),
    )
    for many in (False, True)
}


# The table


@dataclass(frozen=True)
class Kind:
    """Rows of one kind: how one is made in a place, where there are some, and who may do what."""

    make: Callable[[str], models.Model]
    may: dict[str, tuple[Act, set[str]]]
    places: tuple[str, ...] = COUNTIES


def reference(readers: set[str], keepers: set[str]) -> dict[str, tuple[Act, set[str]]]:
    """What one does with rows that some read and some keep, in Django's own pages."""
    return {
        "list": (listed, readers),
        "open": (opens("change"), readers),
        "history": (opens("history"), readers),
        "add": (adds, keepers),
        "edit": (edits, keepers),
        "delete": (opens("delete"), keepers),
    }


LOG = {
    "list": (listed, NATIONAL),
    "open": (opens("change"), NATIONAL),
    "add": (adds, NOBODY),
    "edit": (edits, NOBODY),
    "delete": (deletes, NOBODY),
    "delete many": (deletes_many, NOBODY),
}

TABLE = {
    "home": Kind(
        make_home,
        {
            "list": (listed, EVERY),
            "open": (opens("change"), EVERY),
            "preview": (named("home_preview"), EVERY),
            "save": (saves, EVERY),
            "enter": (enters, EVERY),
            "choose its region": (may_choose, EVERY),
            "look its region up": (suggested, EVERY),
            "delete": (deletes, PUBLISHERS),
            "delete many": (deletes_many, PUBLISHERS),
            "remove demo homes": (removes_demo, PUBLISHERS),
            "verify": (named("home_verify"), EVERY),
            "submit many": (staged("submit", "draft", "review"), EVERY),
            "publish many": (staged("publish", "review", "published"), PUBLISHERS),
            "send many back": (staged("send_back", "review", "draft"), PUBLISHERS),
            "withdraw many": (staged("withdraw", "published", "draft"), PUBLISHERS),
            "publish": (publishes, PUBLISHERS),
            "export as CSV": (exports("export_csv"), EVERY),
            "export as XLSX": (exports("export_xlsx"), EVERY),
        },
    ),
    "revision": Kind(make_home, {"read": (opens("history"), EVERY), "go back": (goes_back, EVERY)}),
    "beds": Kind(
        make_beds,
        {
            "list": (listed, EVERY),
            "confirm": (confirms, EVERY),
            "count": (counts, EVERY),
            "add": (adds, NOBODY),
            "delete": (deletes, NOBODY),
            "delete many": (deletes_many, NOBODY),
        },
    ),
    "pending change": Kind(
        make_pending,
        {
            "list": (listed, EVERY),
            "open": (opens("change"), EVERY),
            "history": (opens("history"), EVERY),
            "preview": (named("pending_preview", post=True), EVERY),
            "approve": (decided("pending_approve", "approved"), PUBLISHERS),
            "approve many": (approves_many, PUBLISHERS),
            "reject": (decided("pending_reject", "rejected", reason="不对"), PUBLISHERS),
            "add": (adds, NOBODY),
            "delete": (deletes, NOBODY),
            "delete many": (deletes_many, NOBODY),
        },
    ),
    "correction": Kind(
        make_correction,
        {
            "list": (listed, EVERY),
            "count": (is_counted, EVERY),
            "open": (opens("change"), EVERY),
            "history": (opens("history"), EVERY),
            "answer": (answers, EVERY),
            "add": (adds, NOBODY),
            "delete": (deletes, NOBODY),
            "delete many": (deletes_many, NOBODY),
        },
    ),
    "sheet": Kind(
        make_sheet,
        {
            "list": (listed, EVERY),
            "open": (opens("change"), EVERY),
            "history": (opens("history"), EVERY),
            "refused rows": (named("sheet_refused"), EVERY),
            "settle": (settles, EVERY),
            "upload": (uploads, EVERY),
            "import": (imports, EVERY),
            "delete": (deletes, NOBODY),
            "delete many": (deletes_many, NOBODY),
        },
    ),
    "balance": Kind(make_asked, {"read": (balanced, EVERY)}),
    "policy": Kind(make_policy, reference(EVERY, NATIONAL), (*COUNTIES, NATION)),
    "document": Kind(
        make_source,
        {
            "list": (listed, EVERY),
            "open": (opens("change"), EVERY),
            "history": (opens("history"), EVERY),
            "enter": (enters_source, EVERY),
            "edit": (edits, EVERY),
            "delete": (deletes, PUBLISHERS),
            "delete many": (deletes_many, PUBLISHERS),
            **STEPS,
        },
        (*COUNTIES, NATION),
    ),
    # Of a county and its province: whose pages show both.
    "fact": Kind(
        make_fact,
        {
            "list": (listed, EVERY),
            "open": (opens("change"), EVERY),
            "history": (opens("history"), EVERY),
            "edit": (edits, EVERY),
            "delete": (deletes, PROVINCES),
            "delete many": (deletes_many, PROVINCES),
            **{
                name: (act, roles & PROVINCES if roles != EVERY else EVERY)
                for name, (act, roles) in STEPS.items()
            },
        },
        (*COUNTIES, NATION),
    ),
    "edit of a document": Kind(
        make_edit,
        {
            "list": (listed, EVERY),
            "open": (opens("change"), EVERY),
            "approve": (edit_decided("edit_approve", "approved"), PUBLISHERS),
            "approve many": (approves_edits, PUBLISHERS),
            "reject": (edit_decided("edit_reject", "rejected", reason="不对"), PUBLISHERS),
            "add": (adds, NOBODY),
            "delete": (deletes, NOBODY),
            "delete many": (deletes_many, NOBODY),
        },
        (*COUNTIES, NATION),
    ),
    "region": Kind(make_region, reference(EVERY, NATIONAL), (*COUNTIES, NATION)),
    "staff member": Kind(make_colleague, reference(PROVINCES, NATIONAL)),
    "account": Kind(
        make_account,
        reference(NATIONAL, NATIONAL) | {"delete": (deletes, NOBODY)},
        (NOWHERE,),
    ),
    "sign-in": Kind(make_sign_in, LOG, (NOWHERE,)),
    "failed sign-in": Kind(make_failure, LOG, (NOWHERE,)),
}


@dataclass(frozen=True)
class Office:
    """Every role at its desk, and a row of every kind in every place."""

    clients: dict[str, Client]
    rows: dict[tuple[str, str], models.Model]
    names: RegionNames


def signed_in(role: str) -> Client:
    user = make_user(is_staff=True)
    if post := POSTS[role]:
        StaffMember.objects.create(user=user, role=post[0], region_id=post[1])
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture(scope="module")
def office(django_db_setup: None, django_db_blocker: Any) -> Iterator[Office]:
    noon = datetime.datetime(2026, 11, 22, 4, tzinfo=datetime.UTC)
    with (
        django_db_blocker.unblock(),
        time_machine.travel(noon, tick=False),
        transaction.atomic(),
    ):
        yield Office(
            {role: signed_in(role) for role in POSTS},
            {
                (name, place): kind.make(place)
                for name, kind in TABLE.items()
                for place in kind.places
            },
            RegionNames.load_names(),
        )
        transaction.set_rollback(True)


@pytest.mark.parametrize("kind", TABLE)
@pytest.mark.parametrize("role", POSTS)
def test_role_by_row_by_action(office: Office, monkeypatch, role: str, kind: str):
    monkeypatch.setattr(TemplateResponse, "rendered_content", "")
    monkeypatch.setattr(RegionNames, "load_names", lambda: office.names)
    # The parts of a home are those of its form, which nobody gets for another's home.
    monkeypatch.setattr(InstitutionAdmin, "inlines", [])
    client, done, due = office.clients[role], {}, {}
    for place in TABLE[kind].places:
        for action, (act, roles) in TABLE[kind].may.items():
            with transaction.atomic():
                done[place, action] = act(client, office.rows[kind, place])
                transaction.set_rollback(True)
            due[place, action] = role in roles and place in OWN[role]

    assert done == due


def test_a_field_that_leads_out_of_ones_region_offers_all(office: Office):
    """A home of 廊坊 may stand on a list of 北京; it still cannot lie there."""
    make_region("131082")
    asked = {"app_label": "institutions", "term": "131082"}
    names = {"designation": 1, "institution": 0}

    for model, count in names.items():
        field = {"model_name": model, "field_name": "region"}
        page = office.clients["clerk"].get(reverse("admin:autocomplete"), asked | field)
        assert len(json.loads(page.content)["results"]) == count


def test_nobody_gives_themselves_more_than_their_role(office: Office):
    boss = make_user(is_superuser=True, is_staff=True)
    client = office.clients["national"]
    me = StaffMember.objects.get(pk__in=StaffMember.objects.filter(role="national").values("pk"))
    me = me.user

    assert client.get(page_of(boss, "change")).status_code == 302
    page = client.get(page_of(me, "change"))
    fields = page.context["adminform"].form.fields
    assert not {"is_superuser", "groups", "user_permissions"} & fields.keys()
    client.post(page_of(me, "change"), {"username": "x", "is_superuser": "on"})
    me.refresh_from_db()
    assert not me.is_superuser
