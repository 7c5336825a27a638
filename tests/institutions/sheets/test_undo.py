"""An import is taken back as one act, and what others did since stands."""

import hashlib
import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from institutions.models import Institution, PendingChange, SheetImport
from institutions.register.history import change_record
from institutions.register.listings import find_wrong_listings, refresh
from institutions.register.review import approve_change, move_stage
from institutions.sheets.undo import UndoneError, examine_undo, undo_import
from institutions.sheets.uploads import check, write
from tests.factories import make_institution, make_region, make_user, make_whole_institution
from tests.institutions.admin.test_admin_sheets import text
from tests.institutions.corrections.test_corrections import make_correction
from tests.institutions.register.test_workflow import signed_in
from tests.institutions.sheets.sheets import DAY, TODAY, as_csv, record_of

pytestmark = pytest.mark.django_db
CHAOYANG = "北京市朝阳区"
HEADS = ["名称", "地区", "地址", "床位类别", "床位·房型", "空余床位", "床位数", "电话"]
# What stays of an import that was taken back: its history, and what follows from a change at all.
KEPT = {
    "institutions_revision", "institutions_sheetimport", "institutions_sheetline",
    "institutions_listingchange", "regions_stamp", "sqlite_sequence", "institutions_pendingchange",
}  # fmt: skip
COUNTERS = {"version", "updated_at"}


def tables() -> dict[str, str]:
    """A checksum of the rows of every table but history and bookkeeping."""
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            if table in KEPT or "tokens_index" in table:
                continue
            # Derived rows are written anew, under numbers of their own.
            left_out = COUNTERS | ({"id"} if table == "institutions_listingdesignation" else set())
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
            names = [column[0] for column in cursor.description]
            rows = sorted(
                repr([(n, v) for n, v in zip(names, row, strict=True) if n not in left_out])
                for row in cursor.fetchall()
            )
            found[table] = hashlib.sha256("".join(rows).encode()).hexdigest()
    return found


def uploaded(*rows: list[Any], heads: list[str] = HEADS, **changes: Any) -> SheetImport:
    fields = {"file_name": "台账.csv", "kind": "public", "title": "一张台账", "as_of": DAY}
    taken = SheetImport(**fields | {"content": as_csv(heads, *rows)} | changes)
    check(taken, reviewed=False)
    return taken


def imported(*rows: list[Any], **changes: Any) -> SheetImport:
    taken = uploaded(*rows, **changes)
    write(taken, None)
    return taken


OLD = ["甲养老院", CHAOYANG, "新址 9 号", "护理型床位", "双人间", "2", "", "010-87654321"]
BED = ["甲养老院", CHAOYANG, "", "认知症床位", "", "", "12", ""]
NEW = ["乙养老院", CHAOYANG, "东路", "", "", "", "50", "010-12345678"]


@pytest.fixture
def home() -> Institution:
    home = make_whole_institution(name="甲养老院")
    refresh([home.pk], TODAY)
    return home


def fates(found: list[Any]) -> dict[str, str]:
    return {one.home.name: one.fate for one in found}


def test_an_import_and_its_undoing_leave_every_table_as_it_was(home):
    before = tables()
    taken = imported(OLD, BED, NEW)
    assert tables() != before

    assert fates(examine_undo(taken)) == {"甲养老院": "back", "乙养老院": "deleted"}
    found = undo_import(taken, by=None, on=TODAY)
    after = tables()
    changed = {table for table in before if after[table] != before[table]}
    # The sheet stays as a document where a history names it.
    assert changed <= {"regions_document"}
    assert fates(found) == {"甲养老院": "back", "乙养老院": "deleted"}
    assert find_wrong_listings(TODAY) == []
    step = home.revisions.first()
    assert (step.how, step.note) == ("restored", "撤回导入“台账.csv”")
    taken.refresh_from_db()
    assert taken.state == "undone"
    outcomes = dict(taken.lines.values_list("name", "undone"))
    assert outcomes == {"甲养老院": "back", "乙养老院": "deleted"}
    # Twice is once.
    with pytest.raises(UndoneError):
        undo_import(taken, by=None, on=TODAY)
    assert tables() == after


def test_of_homes_that_were_only_new_nothing_stays_at_all():
    before = tables()
    taken = imported(NEW)
    undo_import(taken, by=None, on=TODAY)
    assert tables() == before


def test_a_home_changed_since_is_named_and_left(home):
    taken = imported(OLD, NEW)
    colleague = make_user(username="laoli")
    options: dict[str, Any] = {"by": colleague, "how": "form", "on": TODAY}
    change_record(home.pk, lambda record: record | {"introduction": "改过"}, **options)
    record = record_of(home.pk)

    found = undo_import(taken, by=None, on=TODAY)
    assert fates(found) == {"甲养老院": "left", "乙养老院": "deleted"}
    why = next(one.why for one in found if one.fate == "left")
    assert "laoli" in why
    assert "后台修改" in why
    assert record_of(home.pk) == record
    assert "laoli" in taken.lines.get(name="甲养老院").undone_note


def test_of_two_imports_the_newer_is_taken_back_first(home):
    before = record_of(home.pk)
    first = imported(OLD)
    second = imported([*OLD[:2], "更新的址", *[""] * 5])
    assert fates(examine_undo(first)) == {"甲养老院": "left"}

    undo_import(second, by=None, on=TODAY)
    assert fates(undo_import(first, by=None, on=TODAY)) == {"甲养老院": "back"}
    assert record_of(home.pk) == before


@pytest.mark.parametrize("reviewed", [False, True])
def test_a_new_home_that_was_published_leaves_the_site_and_is_kept(reviewed):
    taken = imported(NEW)
    new, reviewer = Institution.objects.get(name="乙养老院"), make_user()
    for name in ("submit", "publish"):
        assert move_stage(new.pk, name, by=reviewer, on=TODAY)
    found = undo_import(taken, by=None, on=TODAY, reviewed=reviewed)

    new.refresh_from_db()
    # Who may not publish takes nothing off the site either.
    assert (found[0].fate, new.stage) == (
        ("left", "published") if reviewed else ("off_site", "draft")
    )
    assert find_wrong_listings(TODAY) == []


def test_a_new_home_that_readers_wrote_about_is_left():
    taken = imported(NEW)
    new = Institution.objects.get(name="乙养老院")
    make_correction(new, about="address")
    assert fates(undo_import(taken, by=None, on=TODAY)) == {"乙养老院": "left"}
    assert Institution.objects.filter(pk=new.pk).exists()


def test_proposals_of_an_import_are_withdrawn_and_its_news_taken_back(home):
    before, clerk = record_of(home.pk), make_user(username="xiaowang")
    taken = uploaded(OLD, author=clerk)
    write(taken, clerk, reviewed=True)
    assert PendingChange.objects.waiting().count() == 1
    assert record_of(home.pk) != before

    assert fates(undo_import(taken, by=clerk, on=TODAY, reviewed=True)) == {"甲养老院": "proposed"}
    assert PendingChange.objects.get(sheet=taken).state == "rejected"
    beds = record_of(home.pk)["beds"]
    assert [(row["vacant"], row["as_of"]) for row in beds] == [
        (row["vacant"], row["as_of"]) for row in before["beds"]
    ]


def test_what_a_reviewer_has_passed_of_an_import_is_taken_back_too(home):
    before, clerk = record_of(home.pk), make_user(username="xiaowang")
    taken = uploaded(OLD, author=clerk)
    write(taken, clerk, reviewed=True)
    approve_change(PendingChange.objects.waiting().get().pk, by=make_user(), on=TODAY)
    assert record_of(home.pk)["address"] == "新址 9 号"

    assert fates(undo_import(taken, by=None, on=TODAY)) == {"甲养老院": "back"}
    assert record_of(home.pk) == before


def test_of_another_region_nothing_is_taken_back(home):
    make_institution(name="丙养老院", region=make_region("131082"))
    taken = imported(OLD, ["丙养老院", "河北省廊坊市三河市", "新址", *[""] * 5])
    record = record_of(home.pk)
    found = undo_import(taken, by=None, on=TODAY, within=make_region("131082"))
    assert fates(found) == {"甲养老院": "left", "丙养老院": "back"}
    assert record_of(home.pk) == record


# In the admin, and by the command


@pytest.fixture
def reviewer() -> Client:
    return signed_in("reviewer", "laoli")


def test_the_page_says_what_it_will_do_and_does_it_once(reviewer: Client, home):
    taken = imported(OLD, NEW, within=make_region())
    page = reverse("admin:sheet_undo", args=[taken.pk])
    assert "撤回这次导入" in text(reviewer.get(taken.get_absolute_url()))
    said = text(reviewer.get(page))
    for words in ("甲养老院", "改回原来的内容", "乙养老院", "新录入的，已删除"):
        assert words in said
    # Looking changes nothing.
    assert Institution.objects.filter(name="乙养老院").exists()

    done = text(reviewer.post(page, follow=True))
    assert "已撤回 2 家。" in done
    assert "laoli 2026-11-22 12:00 撤回了这次导入" in done
    assert not Institution.objects.filter(name="乙养老院").exists()
    assert "没有再撤回一次" in text(reviewer.post(page, follow=True))
    assert "已经撤回过" in text(reviewer.get(page))


def test_a_sheet_of_elsewhere_cannot_be_taken_back(home):
    taken = imported(OLD)
    SheetImport.objects.filter(pk=taken.pk).update(within=make_region("131082"))
    page = reverse("admin:sheet_undo", args=[taken.pk])
    assert signed_in("reviewer", "laoli").post(page).status_code in {302, 404}
    taken.refresh_from_db()
    assert taken.state == "done"
    assert Client().post(page).status_code == 302


def test_the_command_takes_an_import_back(home):
    taken, before = imported(OLD), record_of(home.pk)

    def run(*options: str) -> str:
        out = io.StringIO()
        call_command("undo_import", str(taken.pk), *options, stdout=out)
        return out.getvalue()

    assert "甲养老院 改回原来的内容" in run("--dry-run")
    assert record_of(home.pk) == before
    assert "已撤回。" in run()
    assert record_of(home.pk) != before
    with pytest.raises(CommandError, match="已经撤回过"):
        run()
    with pytest.raises(CommandError, match="没有第 99999999 次导入"):
        call_command("undo_import", "99999999")
