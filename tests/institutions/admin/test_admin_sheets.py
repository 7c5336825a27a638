import io
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from institutions.models import Institution, PendingChange, SheetImport
from institutions.register.listings import refresh
from institutions.sheets.plan import read_sheet
from regions.models import StaffMember
from tests.factories import (
    make_document,
    make_institution,
    make_region,
    make_user,
    make_whole_institution,
)
from tests.institutions.register.test_workflow import signed_in
from tests.institutions.sheets.sheets import TODAY, as_csv, as_xlsx, planned

pytestmark = pytest.mark.django_db
HEADS = ["名称", "地区", "地址", "电话"]
GOOD = ["甲养老院", "北京市朝阳区", "双井 1 号", "010-12345678"]
BAD = ["乙养老院", "北京市朝阳镇", "河北省三河市", 13800000000]
OUTSIDE = ["丙养老院", "河北省廊坊市三河市", "", ""]
UPLOAD = reverse("admin:institutions_sheetimport_add")


@pytest.fixture
def clerk() -> Client:
    return signed_in("clerk", "xiaowang")


def upload(client: Client, content: bytes, name: str = "台账.xlsx", **changes: Any) -> Any:
    data = {
        "file": SimpleUploadedFile(name, content),
        "kind": "own",
        "title": "",
        "as_of": "2026-11-01",
        "as_of_precision": "day",
    }
    return client.post(UPLOAD, data | changes, follow=True)


def text(response: Any) -> str:
    return response.content.decode()


def test_from_upload_to_result(clerk: Client):
    page = upload(clerk, as_xlsx(HEADS, GOOD, BAD, OUTSIDE), name="=台账<b>.xlsx")

    taken = SheetImport.objects.get()
    assert (taken.new, taken.refused, taken.state) == (1, 2, "checked")
    assert not Institution.objects.filter(name="甲养老院").exists()
    for words in (
        "新增 1 家",
        "退回 2 家",
        "第 3 行“地区”写的是“北京市朝阳镇”",
        "不在朝阳区，您不能导入",
        "&lt;b&gt;",
    ):
        assert words in text(page)
    assert "甲养老院" not in text(clerk.get(taken.get_absolute_url(), {"outcome": "refused"}))

    done = clerk.post(reverse("admin:sheet_write", args=[taken.pk]), follow=True)
    home = Institution.objects.get(name="甲养老院")
    assert "已导入：新增 1 家" in text(done)
    assert home.revisions.get().author.username == "xiaowang"
    assert home.provenance.get().kind == "own"
    taken.refresh_from_db()
    assert taken.state == "done"
    # Twice is once.
    again = clerk.post(reverse("admin:sheet_write", args=[taken.pk]), follow=True)
    assert "已经导入过，没有再导入一次" in text(again)
    assert home.revisions.count() == 1


def test_refused_rows_come_back_to_be_mended(clerk: Client):
    upload(clerk, as_xlsx(HEADS, GOOD, BAD))
    taken = SheetImport.objects.get()

    content = clerk.get(reverse("admin:sheet_refused", args=[taken.pk])).content
    rows = read_sheet(content).rows
    assert [row.cells["名称"] for row in rows] == ["乙养老院"]
    assert "没有这个地区" in rows[0].cells["退回原因"]
    # With its region mended the row is taken; the address is still worth a look.
    mended = rows[0].cells | {"地区": "北京市朝阳区"}
    counts = planned(as_csv(HEADS, [mended[head] for head in HEADS])).counts
    assert counts["new"] == counts["flagged"] == 1


@pytest.mark.parametrize(
    ("content", "changes", "words"),
    [
        (b"", {}, "空"),
        (b"\xd0\xcf\x11\xe0", {}, "另存为 .xlsx"),
        (as_csv(["甲", "乙"], ["1", "2"]), {}, "没有找到需要的表头"),
        ("name,region\r\n養老院,110105\r\n".encode("big5"), {}, "繁体的 Big5"),
        (as_csv(HEADS, GOOD), {"kind": "public"}, "不是机构自己填报的，要选来源文件"),
        (as_csv(HEADS, GOOD), {"as_of": "2027-01-01"}, "日期还没有到"),
        (as_csv(HEADS, GOOD), {"as_of": "\0"}, "日期"),
        (as_csv(HEADS, GOOD), {"kind": "demo"}, "demo"),
        (as_csv(HEADS, GOOD), {"document": "9" * 30}, "有效"),
    ],
)
def test_what_cannot_be_taken_is_told_beside_the_field(clerk, content, changes, words):
    title = "" if changes.get("kind") == "public" else "我的台账"
    page = upload(clerk, content, **{"title": title} | changes)

    assert page.status_code == 200
    assert words in text(page)
    assert not SheetImport.objects.exists()
    # What was typed is kept.
    assert title in text(page)


def test_a_named_sheet_becomes_the_source(clerk: Client):
    upload(clerk, as_csv(HEADS, GOOD), kind="public", title="朝阳区台账")
    clerk.post(reverse("admin:sheet_write", args=[SheetImport.objects.get().pk]))

    document = Institution.objects.get(name="甲养老院").provenance.get().document
    assert (document.title, document.kind, document.grade) == ("朝阳区台账", "dataset", "C")


def test_a_clerks_changes_of_published_homes_wait_and_wait_once(clerk: Client):
    home = make_whole_institution(name="甲养老院")
    refresh([home.pk], TODAY)
    document = make_document().pk
    for _ in range(2):
        upload(clerk, as_csv(HEADS[:3], GOOD[:3]), kind="public", document=document)
        clerk.post(reverse("admin:sheet_write", args=[SheetImport.objects.first().pk]))

    home.refresh_from_db()
    assert home.address == "示例路 1 号"
    pending = PendingChange.objects.get()
    assert [c["path"] for c in pending.changes] == ["address", "provenance/address"]
    reviewer = signed_in("reviewer", "laoli")
    upload(reviewer, as_csv(HEADS[:3], GOOD[:3]), kind="public", document=document)
    reviewer.post(reverse("admin:sheet_write", args=[SheetImport.objects.first().pk]))
    home.refresh_from_db()
    assert home.address == "双井 1 号"


def waiting_paths(home: Institution) -> list[list[str]]:
    rows = PendingChange.objects.filter(institution=home).order_by("pk")
    return [[change["path"] for change in row.changes] for row in rows]


def test_what_a_clerk_has_proposed_is_not_proposed_again(clerk: Client):
    home = make_whole_institution(name="甲养老院")
    refresh([home.pk], TODAY)
    heads = [*HEADS[:3], "床位类别", "房型", "空余床位", "运营单位"]
    row = [*GOOD[:3], "护理型床位", "双人间", "2"]
    first = as_csv(heads, [*row, ""])

    def taken(content: bytes) -> Any:
        page = upload(clerk, content)
        clerk.post(reverse("admin:sheet_write", args=[SheetImport.objects.first().pk]))
        return page

    taken(first)
    # The vacancy is news of the day; the address waits.
    assert home.beds.get(category="nursing", room="twin").vacant == 2
    assert waiting_paths(home) == [["address", "provenance/address"]]
    assert "已提交待审核 1 家" in text(taken(first))
    # What else the next sheet says waits by itself.
    taken(as_csv(heads, [*row, "新公司"]))
    assert waiting_paths(home)[1:] == [["operator", "provenance/operator"]]
    assert "已提交待审核 1 家" in text(taken(as_csv(heads, [*row, "新公司"])))
    assert len(waiting_paths(home)) == 2


def test_refused_rows_are_work_until_somebody_says_they_are_not(clerk: Client):
    upload(clerk, as_xlsx(HEADS, GOOD, BAD))
    taken = SheetImport.objects.get()
    todo = {"todo": "imports"}
    address = reverse("admin:institutions_sheetimport_changelist")
    assert "台账.xlsx" in text(clerk.get(address, todo))

    settle = reverse("admin:sheet_settle", args=[taken.pk])
    assert clerk.get(settle).status_code == 404
    page = clerk.post(settle, follow=True)
    assert "xiaowang 2026-11-22 12:00 说：剩下的行不再提醒。" in text(page)
    assert "台账.xlsx" not in text(clerk.get(address, todo))
    assert "台账.xlsx" in text(clerk.get(address))


def test_a_file_that_can_no_longer_be_read_is_told_and_nothing_is_lost(clerk: Client):
    upload(clerk, as_xlsx(HEADS, GOOD, BAD))
    taken = SheetImport.objects.get()
    SheetImport.objects.update(content=as_csv(["旧列"], ["x"]))

    for page in (
        clerk.get(reverse("admin:sheet_refused", args=[taken.pk]), follow=True),
        clerk.post(reverse("admin:sheet_write", args=[taken.pk]), follow=True),
    ):
        assert "没有找到需要的表头" in text(page)
        assert "没有这个地区" in text(page)
    assert SheetImport.objects.get().state == "checked"


def test_a_sheet_is_written_by_a_button_alone_and_by_staff(clerk: Client):
    upload(clerk, as_csv(HEADS, GOOD))
    write = reverse("admin:sheet_write", args=[SheetImport.objects.get().pk])

    assert Client().post(write).status_code == 302
    assert clerk.get(write).status_code == 404
    assert not Institution.objects.filter(name="甲养老院").exists()


def test_lines_are_paged_with_few_queries(clerk: Client, django_assert_max_num_queries):
    rows = [[f"院{n:03}", "北京市朝阳区", "", "", "x"] for n in range(120)]
    upload(clerk, as_csv([*HEADS, "备注"], *rows))
    address = SheetImport.objects.get().get_absolute_url()

    # session, user, phone, permissions (2), post, its region's successors; sheet; count, lines.
    # The file is not read again.
    with django_assert_max_num_queries(10) as queries:
        page = text(clerk.get(address, {"outcome": "new", "p": "3"}))
    assert not any('"content"' in query["sql"] for query in queries)
    assert "这几列看不懂，没有读：备注。" in page
    assert "院119" in page
    assert "院000" not in page
    assert "第 3 页，共 3 页" in page
    for odd in ({"p": "x"}, {"p": "9" * 40}, {"outcome": "\0"}):
        assert clerk.get(address, odd).status_code == 200


def test_the_template_and_exports_are_of_ones_own_region(clerk: Client):
    make_institution(name="甲养老院")
    template = clerk.get(reverse("admin:sheet_template"))
    assert template["Content-Disposition"].startswith("attachment")

    ids = list(Institution.objects.filter(name="甲养老院").values_list("pk", flat=True))
    elsewhere = Institution.objects.exclude(region="110105").first()
    for action in ("export_csv", "export_xlsx"):
        data = {"action": action, "_selected_action": [*ids, elsewhere.pk]}
        page = clerk.post(reverse("admin:institutions_institution_changelist"), data)
        content = b"".join(page) if page.streaming else page.content
        assert [row.cells["名称"] for row in read_sheet(content).rows] == ["甲养老院"]
    assert io.BytesIO(template.content).read(2) == b"PK"


@pytest.mark.parametrize("action", ["export_csv", "export_xlsx"])
def test_an_export_is_written_down_for_the_nation(client: Client, action: str):
    """Who, what and when; nobody changes it, and a county does not read it."""
    home = make_institution()
    clerk = signed_in("clerk", "xiaowang")
    page = reverse("admin:institutions_institution_changelist")
    sent = {"action": action, "_selected_action": [home.pk]}
    assert clerk.post(f"{page}?stage__exact=published", sent).status_code == 200
    entry = LogEntry.objects.get()
    assert (entry.user.username, entry.object_repr[:2]) == ("xiaowang", "机构")
    assert entry.change_message == "导出 1 行。列表的筛选：stage__exact=published"

    journal = reverse("admin:admin_logentry_changelist")
    assert clerk.get(journal).status_code == 403
    user = make_user(is_staff=True)
    StaffMember.objects.create(user=user, role="national", region=make_region("000000"))
    client.force_login(user)
    assert "导出 1 行" in text(client.get(journal))
    for name in ("delete", "change"):
        url = reverse(f"admin:admin_logentry_{name}", args=[entry.pk])
        assert client.post(url, {"post": "yes"}).status_code == 403
    assert LogEntry.objects.filter(pk=entry.pk, change_message=entry.change_message).exists()
