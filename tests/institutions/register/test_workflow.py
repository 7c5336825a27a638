"""Draft, review, published; changes that wait; acts of their own. All through the admin."""

import datetime
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from institutions.models import Institution, Listing, PendingChange
from institutions.register.history import cite_own_word
from institutions.register.listings import find_wrong_listings, refresh
from institutions.register.record import to_record
from institutions.register.review import verify_figures
from regions.models import StaffMember
from tests.factories import make_institution, make_region, make_user, make_whole_institution
from tests.institutions.admin.test_admin import change_page, row_of, shown, typed

pytestmark = pytest.mark.django_db


def signed_in(role: str, username: str) -> Client:
    user = make_user(username=username, is_staff=True)
    StaffMember.objects.create(user=user, role=role, region=make_region())
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def clerk() -> Client:
    return signed_in("clerk", "xiaowang")


@pytest.fixture
def reviewer() -> Client:
    return signed_in("reviewer", "laoli")


@pytest.fixture
def home(today: datetime.date) -> Institution:
    home = make_whole_institution()
    refresh([home.pk], on=today)
    return home


def press(client: Client, name: str, *args: Any, **data: Any) -> Any:
    return client.post(reverse(f"admin:{name}", args=args), data, follow=True)


def step(client: Client, home: Institution, name: str) -> Any:
    """Press the button of a step, on the page as it is now."""
    home.refresh_from_db()
    return press(client, "home_move", home.pk, name, version=home.version)


def edit(client: Client, home: Institution, **changes: Any) -> Any:
    """Save the form of the home; `beds_vacant` is the vacancy of the twin rooms."""
    data = typed(client, change_page(home))
    if "beds_vacant" in changes:
        data[row_of(data, "beds", room="twin") + "-vacant"] = changes.pop("beds_vacant")
    return client.post(change_page(home), data | changes, follow=True)


def public(home: Institution) -> str:
    return Client().get(home.get_absolute_url()).content.decode()


# From stage to stage


def test_a_home_goes_from_draft_to_the_site(clerk: Client, reviewer: Client, today):
    home = make_institution(stage="draft")

    step(clerk, home, "submit")
    assert step(clerk, home, "publish").status_code == 403
    home.refresh_from_db()
    assert home.stage == "review"
    step(reviewer, home, "publish")

    home.refresh_from_db()
    assert (home.stage, home.version) == ("published", 3)
    assert Listing.objects.filter(pk=home.pk).exists()
    assert [step.how for step in home.revisions.all()] == ["stage", "stage"]
    step(reviewer, home, "withdraw")
    assert not Listing.objects.filter(pk=home.pk).exists()
    assert find_wrong_listings(today) == []


def test_a_step_is_taken_once(reviewer: Client):
    home = make_institution(stage="published")

    page = step(reviewer, home, "publish")

    assert "别人已经改了发布阶段" in page.content.decode()
    assert not home.revisions.exists()
    assert reviewer.get(reverse("admin:home_move", args=[home.pk, "withdraw"])).status_code == 404
    assert press(reviewer, "home_move", home.pk, "explode").status_code == 404


def test_nobody_publishes_what_they_have_not_read(clerk: Client, reviewer: Client):
    home = make_institution(stage="review")
    page = reviewer.get(change_page(home)).content.decode()
    [seen] = set(re.findall(r'name="version" value="(\d+)"', page))
    edit(clerk, home, address="改过的地址 1 号")

    for version in (seen, "", "x", "9" * 30):
        told = press(reviewer, "home_move", home.pk, "publish", version=version)
        assert "您打开这一页以后，别人又改过内容" in told.content.decode()
        home.refresh_from_db()
        assert home.stage == "review"

    step(reviewer, home, "publish")
    home.refresh_from_db()
    assert (home.stage, home.address) == ("published", "改过的地址 1 号")


@pytest.mark.parametrize(("who", "offered"), [("clerk", False), ("reviewer", True)])
def test_publishing_many_is_for_reviewers(request, who: str, offered: bool):
    homes = [make_institution(stage=stage) for stage in ("review", "review", "draft")]
    client = request.getfixturevalue(who)
    data = listed(client, homes)

    page = client.post(reverse("admin:institutions_institution_changelist"), data, follow=True)

    mine = Institution.objects.filter(pk__in=[home.pk for home in homes])
    assert mine.published().count() == (2 if offered else 0)
    assert ("1 家没有动：不在这一步。" in page.content.decode()) == offered


def listed(client: Client, homes: list[Institution]) -> dict[str, Any]:
    """What the list posts with the homes ticked: each with the version that it shows."""
    address = reverse("admin:institutions_institution_changelist")
    page = client.get(address, {"id__in": ",".join(str(home.pk) for home in homes)})
    seen = dict(re.findall(r'name="(seen-\d+)" value="(\d+)"', page.content.decode()))
    return {"action": "publish", "_selected_action": [home.pk for home in homes]} | seen


def test_nobody_publishes_many_unread(clerk: Client, reviewer: Client):
    homes = [make_institution(stage="review") for _ in range(3)]
    data = listed(reviewer, homes)
    edit(clerk, homes[1], address="改过的地址 1 号")
    del data[f"seen-{homes[2].pk}"]  # of another page of the list: ticked unseen

    address = reverse("admin:institutions_institution_changelist")
    page = reviewer.post(address, data, follow=True).content.decode()

    assert "发布：1 家。" in page
    assert "2 家没有动：打开列表以后别人改过" in page
    mine = Institution.objects.filter(pk__in=[home.pk for home in homes])
    assert list(mine.published()) == homes[:1]


# A change of a published home


def test_a_clerks_change_waits_and_the_days_figures_do_not(
    clerk: Client, reviewer: Client, home: Institution, today
):
    page = edit(clerk, home, address="新址 2 号", beds_vacant=3)

    assert "已送审" in page.content.decode()
    assert Listing.objects.get(pk=home.pk).vacant == 3
    assert "新址 2 号" not in public(home)
    pending = PendingChange.objects.get(institution=home)
    assert [change["path"] for change in pending.changes] == ["address", "provenance/address"]
    assert pending.author.get_username() == "xiaowang"

    seen = reviewer.get(reverse("admin:institutions_pendingchange_change", args=[pending.pk]))
    assert "示例路 1 号" in seen.content.decode()
    assert "新址 2 号" in seen.content.decode()
    press(reviewer, "pending_approve", pending.pk)

    assert "新址 2 号" in public(home)
    home.refresh_from_db()
    assert [(step.how, step.version) for step in home.revisions.all()] == [
        ("approved", 3),
        ("beds", 2),
    ]
    pending.refresh_from_db()
    assert (pending.state, pending.decided_by.get_username()) == ("approved", "laoli")
    assert find_wrong_listings(today) == []


def test_figures_of_the_day_alone_need_no_reviewer(clerk: Client, home: Institution, today):
    edit(clerk, home, beds_vacant=3)

    assert home.beds.get(room="twin").as_of == today
    assert Listing.objects.get(pk=home.pk).vacant == 3
    assert not PendingChange.objects.exists()


@pytest.mark.parametrize("vacant", [5, 4], ids=["same vacancy", "other vacancy"])
def test_the_day_of_a_figure_that_waits_waits_with_it(clerk: Client, home: Institution, vacant):
    data = typed(clerk, change_page(home))
    row = row_of(data, "beds", room="twin")
    data |= {f"{row}-registered": 90, f"{row}-vacant": vacant, f"{row}-as_of": "2026-11-20"}
    clerk.post(change_page(home), data)

    bed = home.beds.get(room="twin")
    waiting = {change["path"] for change in PendingChange.objects.get().changes}
    assert (bed.registered, bed.vacant) == (80, vacant)
    assert (str(bed.as_of) == "2026-11-20") is (vacant == 4)
    assert ("beds/nursing/twin/as_of" in waiting) is (vacant == 5)


def test_figures_that_stand_only_with_the_rest_wait_with_it(clerk: Client, home: Institution):
    """60 beds are in use: 70 can be free only once there are 80."""
    data = typed(clerk, change_page(home))
    row = row_of(data, "beds", room="twin")
    clerk.post(change_page(home), data | {f"{row}-vacant": 70, f"{row}-operating": 80})

    waiting = {change["path"] for change in PendingChange.objects.get().changes}
    figures = {f"beds/nursing/twin/{name}" for name in ("operating", "vacant", "as_of")}
    assert {path for path in waiting if path.startswith("beds")} == figures
    assert Listing.objects.get(pk=home.pk).vacant == 5


def test_a_draft_and_a_reviewer_need_no_review(clerk: Client, reviewer: Client, home: Institution):
    draft = make_institution(stage="draft")

    edit(clerk, draft, address="甲路 1 号")
    edit(reviewer, home, address="乙路 1 号")

    draft.refresh_from_db()
    assert draft.address == "甲路 1 号"
    assert "乙路 1 号" in public(home)
    assert not PendingChange.objects.exists()


def test_a_reviewer_reads_words_and_no_paths(clerk: Client, reviewer: Client, home: Institution):
    data = typed(clerk, change_page(home))
    data |= {f"{row_of(data, 'beds', room='twin')}-registered": 90}
    data |= {f"{row_of(data, 'fees', kind='meals')}-amount": 1200}
    data |= {"photos-0-DELETE": "on"}
    clerk.post(change_page(home), data)

    page = reviewer.get(
        reverse("admin:institutions_pendingchange_change", args=[PendingChange.objects.get().pk])
    ).content.decode()

    table = page[page.index("<tbody>") : page.index("</tbody>")]
    assert "数字来源·床位·护理型床位·双人间·备案床位" in table
    assert "1,100 元" in table
    for path in ("beds/", "fees/", "photos/", "（分）"):
        assert path not in table


def test_what_was_changed_meanwhile_is_not_overwritten(
    clerk: Client, reviewer: Client, home: Institution
):
    edit(clerk, home, address="甲路 1 号", name="甲院")
    edit(reviewer, home, address="乙路 1 号", name="甲院")
    pending = PendingChange.objects.get()

    page = press(reviewer, "pending_approve", pending.pk)

    assert "地址现在是“乙路 1 号”" in page.content.decode()
    home.refresh_from_db()
    assert (home.address, home.name) == ("乙路 1 号", "甲院")
    pending.refresh_from_db()
    assert pending.state == "waiting"


def test_a_change_is_sent_back_with_a_reason(clerk: Client, reviewer: Client, home: Institution):
    edit(clerk, home, address="甲路 1 号")
    pending = PendingChange.objects.get()

    page = press(reviewer, "pending_reject", pending.pk, reason=" ")
    assert "写明退回的原因" in page.content.decode()
    press(reviewer, "pending_reject", pending.pk, reason="门牌号对不上")
    page = press(reviewer, "pending_approve", pending.pk)

    assert "别人已经审过这一条" in page.content.decode()
    pending.refresh_from_db()
    assert (pending.state, pending.reason) == ("rejected", "门牌号对不上")
    home.refresh_from_db()
    assert (home.address, home.version) == ("示例路 1 号", 1)
    mine = clerk.get(reverse("admin:institutions_pendingchange_change", args=[pending.pk]))
    assert "门牌号对不上" in mine.content.decode()


def test_only_reviewers_of_the_place_decide(clerk: Client, home: Institution):
    edit(clerk, home, address="甲路 1 号")
    pending = PendingChange.objects.get()
    elsewhere = signed_in("reviewer", "elsewhere")
    StaffMember.objects.filter(user__username="elsewhere").update(region=make_region("131082"))

    for name in ("pending_approve", "pending_reject"):
        assert press(clerk, name, pending.pk, reason="x").status_code == 403
        assert press(elsewhere, name, pending.pk, reason="x").status_code == 404
    pending.refresh_from_db()
    assert pending.state == "waiting"


# Two on one home


# Verified


def test_a_row_that_somebody_deleted_comes_back_with_what_was_typed(reviewer: Client):
    """Told, kept, and saved by pressing once more; rows that were to go as well just go."""
    home = make_whole_institution(stage=Institution.Stage.DRAFT)
    mine, theirs = (typed(reviewer, change_page(home)) for _ in range(2))
    beds = row_of(mine, "beds", room="single")
    for prefix in (row_of(theirs, "beds", room="single"), row_of(theirs, "phones")):
        theirs[f"{prefix}-DELETE"] = "on"
    theirs["terms-0-DELETE"] = "on"
    mine |= {f"{beds}-registered": 33, "terms-0-trial_days": 9, "address": "新址"}
    mine[row_of(mine, "phones") + "-DELETE"] = "on"
    assert reviewer.post(change_page(home), theirs).status_code == 302

    page = reviewer.post(change_page(home), mine)

    text = page.content.decode()
    assert "<title>没有保存 | " in text
    assert "改了床位" in text
    assert text.count("别人刚刚删掉了这一行") == 2
    again = shown(page)
    assert again["address"] == "新址"
    assert reviewer.post(change_page(home), again).status_code == 302
    home = Institution.objects.get(pk=home.pk)
    assert home.beds.get(room="single").registered == 33
    assert (home.address, home.terms.trial_days, home.phones.count()) == ("新址", 9, 0)


def test_saving_verifies_nothing_and_a_new_figure_is_nobodys_old_word(
    reviewer: Client, home: Institution, today
):
    before = list(home.provenance.order_by("field").values())
    edit(reviewer, home, address="甲路 1 号", beds_vacant=3)

    after = {row.field: row for row in home.provenance.all()}
    # What was demo stays demo.
    for path, kind in (("address", "demo"), ("beds/nursing/twin/vacant", "own")):
        row = after.pop(path)
        assert (row.kind, row.as_of, row.verified_on) == (kind, today, None)
    assert list(home.provenance.filter(field__in=after).order_by("field").values()) == before
    assert home.revisions.get().version == 2


def test_a_checked_figure_that_changes_is_no_longer_checked(
    clerk: Client, reviewer: Client, home: Institution, today
):
    user = StaffMember.objects.get(user__username="laoli").user
    checked = {"verified_on": today, "verified_by": user, "verified_how": "visit"}
    home.provenance.create(field="address", kind="own", as_of=today, **checked)
    edit(clerk, home, address="甲路 1 号")
    assert home.provenance.get(field="address").verified_on == today

    press(reviewer, "pending_approve", PendingChange.objects.get().pk)
    row = home.provenance.get(field="address")
    assert (row.verified_on, row.verified_by, row.verified_how) == (None, None, "")


def test_a_source_typed_with_the_figure_stands(home: Institution, today):
    before = to_record(home)
    rows = [row | {"quote": "新的原文"} for row in before["provenance"] if not row["field"]]
    after = before | {"address": "甲路 1 号", "provenance": rows}

    assert cite_own_word(before, after, today) == after


def test_verified_is_an_act_with_a_day_and_a_way(clerk: Client, home: Institution):
    said = {"how": "visit", "on": "2026-11-20", "figures": [""]}

    press(clerk, "home_verify", home.pk, **said)

    row = home.provenance.get(field="")
    assert (row.verified_how, str(row.verified_on)) == ("visit", "2026-11-20")
    assert row.verified_by.get_username() == "xiaowang"
    assert str(home.provenance.get(field="beds/nursing/twin").verified_on) == "2026-01-01"
    assert home.revisions.get().how == "verified"


def test_what_waits_for_a_reviewer_is_not_verified_as_it_was(
    clerk: Client, reviewer: Client, home: Institution, today
):
    """She phones, types the new address and marks it as checked: the old one is still public."""
    edit(clerk, home, address="新址 2 号")
    said = {"how": "phone", "on": today.isoformat()}

    page = press(clerk, "home_verify", home.pk, figures=["", "beds/nursing/twin"], **said)

    assert "其他全部内容：有修改在等审核" in page.content.decode()
    assert home.provenance.get(field="").verified_on is None
    press(clerk, "home_verify", home.pk, figures=["beds/nursing/twin"], **said)
    assert home.provenance.get(field="beds/nursing/twin").verified_on == today
    press(reviewer, "pending_approve", PendingChange.objects.get().pk)
    press(clerk, "home_verify", home.pk, figures=["address"], **said)
    assert home.provenance.get(field="address").verified_on == today


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"figures": []}, "选核实了哪些。"),
        ({"figures": ["fees"]}, "有效的选项"),
        ({"on": "2026-11-23"}, "日期还没有到"),
        ({"on": ""}, "这个字段是必填项"),
        ({"how": "dream"}, "有效的选项"),
        ({"how": "a\0b"}, "有效的选项"),
    ],
    ids=str,
)
def test_a_wrong_verification_is_refused(clerk: Client, home: Institution, wrong, message):
    said = {"how": "visit", "on": "2026-11-20", "figures": [""]}

    page = press(clerk, "home_verify", home.pk, **said | wrong)

    assert message in page.content.decode()
    assert not home.revisions.exists()


def test_to_look_at_a_home_without_sources_invents_none(clerk: Client):
    home = make_institution()

    page = press(clerk, "home_verify", home.pk, how="phone", on="2026-11-20", figures=[""])

    assert "还不能记：这家机构的内容没有写来源" in page.content.decode()
    assert (
        verify_figures(home.pk, [""], "phone", by=make_user(), on=datetime.date(2026, 11, 20))
        is None
    )
    assert not home.provenance.exists()
    assert not home.revisions.exists()


# Looking, and going back


def test_a_preview_shows_what_a_family_will_see(clerk: Client, reviewer: Client, home: Institution):
    draft = make_institution(stage="draft", name="还没发布的养老院")
    edit(clerk, home, address="将来的地址")
    pending = PendingChange.objects.get()

    page = clerk.get(reverse("admin:home_preview", args=[draft.pk])).content.decode()
    assert "还没发布的养老院" in page
    assert "预览" in page
    page = press(clerk, "pending_preview", pending.pk).content.decode()
    assert "将来的地址" in page
    assert "将来的地址" not in public(home)
    pending.refresh_from_db()
    assert (pending.state, home.revisions.count()) == ("waiting", 0)
    assert Client().get(reverse("admin:home_preview", args=[draft.pk])).status_code == 302


def test_the_page_tells_what_was_changed_and_when_and_not_by_whom(
    clerk: Client, reviewer: Client, home: Institution
):
    assert "载入本站以后没有改过。" in public(home)
    edit(clerk, home, beds_vacant=3, address="甲路 1 号")
    press(reviewer, "pending_approve", PendingChange.objects.get().pk)
    step(reviewer, home, "withdraw")
    step(clerk, home, "submit")
    step(reviewer, home, "publish")

    text = " ".join(re.sub("<[^>]*>", "", public(home).split('id="h-updates"')[1]).split())

    assert "2026-11-22 审核通过：地址" in text
    assert "2026-11-22 更新床位：床位·护理型床位·双人间·空余床位" in text
    assert "发布阶段" not in text
    assert not {"xiaowang", "laoli"} & set(re.findall(r"\w+", public(home)))


def test_a_mistake_is_undone(clerk: Client, reviewer: Client, home: Institution):
    edit(reviewer, home, address="错的地址")
    page = reviewer.get(reverse("admin:institutions_institution_history", args=[home.pk]))
    for words in ("laoli", "错的地址", "示例路 1 号", "恢复到最早的内容"):
        assert words in page.content.decode()

    press(clerk, "home_back", home.pk, 1)
    assert "错的地址" in public(home)
    press(reviewer, "home_back", home.pk, 1)

    assert "示例路 1 号" in public(home)
    assert PendingChange.objects.get().state == "waiting"
    assert [step.how for step in home.revisions.all()] == ["restored", "form"]
