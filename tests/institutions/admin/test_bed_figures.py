"""The list of bed figures: many homes at once, nobody's count overwritten."""

import datetime
import threading
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from institutions.models import Bed, Institution, Listing, Revision
from institutions.register.listings import refresh
from tests.factories import make_bed, make_institution, make_region
from tests.institutions.register.test_workflow import signed_in

URL = "/admin/institutions/bedfigures/"
NAME = "床位测试院"


def make_home(today: datetime.date, **beds: Any) -> Bed:
    home = make_institution(name=NAME)
    counts = {"registered": 30, "operating": 20, "occupied": 10, "vacant": 10}
    bed = make_bed(home, category="nursing", room="twin", **counts | beds)
    refresh([home.pk], today)
    return bed


@pytest.fixture
def bed(db, today: datetime.date) -> Bed:
    return make_home(today)


@pytest.fixture
def clerk(db) -> Client:
    return signed_in("clerk", "xiaowang")


def opened(client: Client) -> dict[str, Any]:
    """What the list would send if nobody touched it."""
    formset = client.get(URL, {"q": NAME}).context["cl"].formset
    data = {f.html_name: f.value() for f in formset.management_form}
    for form in formset.forms:
        for field in form:
            value = "" if field.value() is None else field.value()
            data[field.html_name] = data[field.html_initial_name] = value
    return data | {"_save": "保存"}


def save(client: Client, data: dict[str, Any], **changes: Any) -> str:
    changes = {f"form-0-{name}": value for name, value in changes.items()}
    return client.post(f"{URL}?q={NAME}", data | changes, follow=True).content.decode()


def test_a_count_goes_live_with_today_as_its_date(clerk: Client, bed: Bed, today):
    save(clerk, opened(clerk), vacant=7)

    bed.refresh_from_db()
    assert (bed.vacant, bed.occupied, bed.as_of) == (7, 10, today)
    assert Listing.objects.get(pk=bed.institution_id).vacant == 7
    step = Revision.objects.get()
    assert (step.how, step.author.get_username(), step.version) == ("beds", "xiaowang", 2)
    told, dated, source = (change["path"] for change in step.changes)
    assert (told.split("/")[-1], dated.split("/")[-1]) == ("vacant", "as_of")
    assert source.startswith("provenance/")
    row = bed.institution.provenance.get(field="beds/nursing/twin/vacant")
    assert (row.kind, row.as_of, row.verified_on) == ("own", today, None)


def test_a_typed_date_is_kept_and_an_unknown_stays_unknown(clerk: Client, bed: Bed):
    save(clerk, opened(clerk), vacant="", as_of="2026-11-10")

    bed.refresh_from_db()
    assert (bed.vacant, str(bed.as_of)) == (None, "2026-11-10")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vacant": 11}, "已入住加空余不能多于运营床位。"),
        ({"as_of": "2026-11-23"}, "日期还没有到"),
        ({"as_of": ""}, "填了床位数就要写截至日期。"),
        ({"vacant": "九成"}, "要写一个数"),
        ({"vacant": -1}, "不能小于 0"),
        ({"vacant": 10**30}, "数字太大"),
        ({"as_of": "a\0b"}, "日期看不懂"),
    ],
    ids=str,
)
def test_a_wrong_figure_is_told_and_kept(clerk: Client, bed: Bed, changes, message):
    page = save(clerk, opened(clerk), **changes)

    assert message in page
    assert not Revision.objects.exists()


def test_who_comes_second_is_shown_the_first(clerk: Client, bed: Bed):
    other = signed_in("reviewer", "laoli")
    hers, his = opened(clerk), opened(other)
    save(other, his, vacant=3)

    page = save(clerk, hers, vacant=9)

    assert "别人刚把它改成了 3" in page
    assert 'name="form-0-vacant" value="9"' in page
    bed.refresh_from_db()
    assert bed.vacant == 3
    again = hers | {"initial-form-0-vacant": 3, "initial-form-0-as_of": "2026-11-22"}
    save(clerk, again, vacant=9)
    bed.refresh_from_db()
    assert bed.vacant == 9


def test_what_she_did_not_touch_is_not_taken_back(clerk: Client, bed: Bed):
    other = signed_in("reviewer", "laoli")
    hers, his = opened(clerk), opened(other)
    save(other, his, vacant=3, as_of="2026-11-20")

    save(clerk, hers, occupied=12)

    bed.refresh_from_db()
    assert (bed.occupied, bed.vacant) == (12, 3)


def test_two_who_type_the_same_are_not_asked(clerk: Client, bed: Bed):
    other = signed_in("reviewer", "laoli")
    hers, his = opened(clerk), opened(other)
    save(other, his, vacant=3)

    page = save(clerk, hers, vacant=3, occupied=12)

    assert "别人刚把它改成了" not in page
    bed.refresh_from_db()
    assert (bed.occupied, bed.vacant) == (12, 3)


def test_the_page_that_comes_back_shows_what_stands_where_nothing_was_typed(clerk, bed: Bed):
    other = signed_in("reviewer", "laoli")
    hers, his = opened(clerk), opened(other)
    save(other, his, vacant=3, occupied=15)

    page = save(clerk, hers, vacant=9)

    assert "别人刚把它改成了 3（原来是 10）" in page
    assert 'name="form-0-vacant" value="9"' in page
    assert 'name="form-0-occupied" value="15"' in page


def test_confirming_is_an_act_that_dates(clerk: Client, bed: Bed, today):
    unknown = make_bed(bed.institution, category="ordinary", as_of=None)
    data = {"action": "confirm_unchanged", "_selected_action": [bed.pk, unknown.pk]}

    clerk.post(URL, data)
    clerk.post(URL, data)

    bed.refresh_from_db()
    unknown.refresh_from_db()
    assert (bed.as_of, bed.vacant, unknown.as_of) == (today, 10, None)
    assert Listing.objects.get(pk=bed.institution_id).vacant_as_of == today
    assert [step.how for step in Revision.objects.all()] == ["confirmed"]


def test_an_action_saves_what_was_typed_first(clerk: Client, bed: Bed, today):
    other = make_bed(bed.institution, category="ordinary", operating=9)
    data = opened(clerk)
    del data["_save"]
    number = next(n for n in range(2) if data[f"form-{n}-id"] == bed.pk)
    ticked = {"action": "confirm_unchanged", "index": 0, "_selected_action": [other.pk]}

    wrong = clerk.post(URL, data | ticked | {f"form-{number}-vacant": 11})
    assert "动作还没有执行" in (page := wrong.content.decode())
    assert f'name="form-{number}-vacant" value="11"' in page
    assert not Revision.objects.exists()
    clerk.post(URL, data | ticked | {f"form-{number}-vacant": 7})

    bed.refresh_from_db()
    other.refresh_from_db()
    assert (bed.vacant, bed.as_of, other.as_of) == (7, today, today)


def test_rows_of_others_are_not_there(clerk: Client, bed: Bed):
    data = opened(clerk)
    Institution.objects.filter(pk=bed.institution_id).update(region=make_region("131082"))

    clerk.post(URL, {"action": "confirm_unchanged", "_selected_action": [bed.pk]})
    save(clerk, data, vacant=1)

    bed.refresh_from_db()
    assert (bed.vacant, str(bed.as_of)) == (10, "2026-11-01")
    assert (
        clerk.get(reverse("admin:institutions_bedfigures_change", args=[bed.pk])).url == "/admin/"
    )


@pytest.mark.parametrize("moved", [False, True], ids=["deleted", "moved"])
def test_a_row_that_is_gone_takes_no_other_along(clerk: Client, bed: Bed, moved: bool):
    counts = {"category": "nursing", "room": "twin", "operating": 20, "occupied": 10, "vacant": 10}
    first, last = (make_bed(make_institution(name=NAME + word), **counts) for word in "甲乙")
    data = opened(clerk)
    place = {data[f"form-{number}-id"]: number for number in range(3)}
    for row in (bed, first, last):
        data[f"form-{place[row.pk]}-vacant"] = 7
    homes = Institution.objects.filter(pk=first.institution_id)
    homes.update(region=make_region("131082"), name="搬走的院") if moved else homes.delete()

    page = save(clerk, data)

    assert "有 1 行没有保存" in page
    assert "您填的是：空余床位 7。" in page
    assert ("是：搬走的院（" in page) == moved
    for row, vacant in ((bed, 7), (last, 7), *([(first, 10)] if moved else [])):
        row.refresh_from_db()
        assert row.vacant == vacant


def test_a_row_leads_to_its_home(clerk: Client, bed: Bed):
    page = clerk.get(reverse("admin:institutions_bedfigures_change", args=[bed.pk]))

    assert page.url == reverse("admin:institutions_institution_change", args=[bed.institution_id])


def test_queries_are_pinned(clerk: Client, bed: Bed, django_assert_max_num_queries):
    # session, user, post, region; count twice, rows, rows of the formset; phone;
    # time of the look (3)
    with django_assert_max_num_queries(14):
        clerk.get(URL, {"q": NAME})


def test_of_twenty_who_save_one_list_one_wins_and_the_others_are_told(own_database, today):
    bed = make_home(today, registered=60, operating=60)
    clients = [signed_in("clerk", f"clerk{number}") for number in range(20)]
    lists = [opened(client) for client in clients]
    gate = threading.Barrier(20)
    answers: dict[int, str] = {}

    def let_in(number: int) -> None:
        try:
            gate.wait()
            answers[number] = save(clients[number], lists[number], vacant=11 + number)
        finally:
            connection.close()

    threads = [threading.Thread(target=let_in, args=[number]) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    bed.refresh_from_db()
    told = f"别人刚把它改成了 {bed.vacant}（原来是 10）"
    assert sum(told in answer for answer in answers.values()) == 19
    assert told not in answers[bed.vacant - 11]
    assert list(Revision.objects.values_list("version", flat=True)) == [2]
    assert Listing.objects.get(pk=bed.institution_id).vacant == bed.vacant
