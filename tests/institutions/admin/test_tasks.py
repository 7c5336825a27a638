"""What needs a clerk today, counted on the first page and listed behind each count."""

import datetime
from typing import Any

import pytest
from django.test import Client

from institutions.admin.tasks import TASKS
from institutions.models import (
    BedFigures,
    Correction,
    Designation,
    Institution,
    PendingChange,
    Phone,
    Rating,
)
from institutions.register.listings import refresh
from tests.factories import (
    make_bed,
    make_fee,
    make_institution,
    make_region,
    make_user,
    make_whole_institution,
)
from tests.institutions.register.test_workflow import signed_in

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 11, 22)


def ago(days: int) -> datetime.date:
    return TODAY - datetime.timedelta(days)


def counted(home: Institution, **fields: Any) -> BedFigures:
    return BedFigures(pk=make_bed(home, **{"vacant": 1} | fields).pk)


def names(row: Any) -> set[str]:
    """The kinds of work that this row asks for."""
    tasks = [task for task in TASKS if task.model is type(row)]
    return {
        task.name
        for task in tasks
        if task.rows(task.model._default_manager.filter(pk=row.pk), TODAY).exists()
    }


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"as_of": ago(30)}, set()),
        ({"as_of": ago(31)}, {"beds-30"}),
        ({"as_of": ago(91)}, {"beds-30", "beds-90"}),
        ({"as_of": ago(91), "vacant": None, "registered": 5}, set()),
    ],
    ids=str,
)
def test_bed_figures_grow_old(fields, found):
    assert names(counted(make_institution(), **fields)) == found


def test_nobody_updates_a_draft_or_a_closed_home():
    draft = make_institution(stage="draft")
    closed = make_institution(operating="closed", operating_since=ago(1))

    assert names(counted(draft, as_of=ago(99))) == names(counted(closed, as_of=ago(99))) == set()


def test_a_home_is_complete_when_the_first_questions_are_answered():
    home = make_institution(address="某路 1 号")
    Phone.objects.create(institution=home, number="12345")
    for kind in ("bed", "meals", "care"):
        make_fee(home, kind, 1)
    counted(home)
    refresh([home.pk], TODAY)
    assert names(home) == set()

    for part in (home.phones, home.fees, home.beds):
        rows = list(part.all())
        part.all().delete()
        refresh([home.pk], TODAY)
        assert names(home) == {"incomplete"}
        part.model.objects.bulk_create(rows)
        refresh([home.pk], TODAY)
    assert names(home) == set()


@pytest.mark.parametrize(("days", "found"), [(-1, False), (0, True), (60, True), (61, False)])
def test_ratings_and_lists_run_out(days: int, found: bool):
    home = make_institution(stage="draft")
    end = TODAY + datetime.timedelta(days)
    Rating.objects.create(institution=home, scheme="national", level=3, year=2023, valid_to=end)
    Designation.objects.create(institution=home, kind="ltci", region=home.region, valid_to=end)

    assert names(home) == ({"ratings", "lists"} if found else set())


def test_what_others_wait_for():
    home = make_institution(stage="review")
    pending = PendingChange.objects.create(
        institution=home, base_version=1, changes=[], author=make_user()
    )
    correction = Correction.objects.create(
        institution=home, wrong="电话不对", how="phone", received_on=TODAY
    )

    assert names(home) == {"review"}
    assert names(pending) == {"pending"}
    assert names(correction) == {"corrections"}


def test_each_count_opens_its_list(today, django_assert_max_num_queries):
    """Of her region alone: the homes elsewhere are nobody's work here."""
    clerk = signed_in("clerk", "xiaowang")
    for region in ("110105", "131082"):
        old = make_whole_institution(region=make_region(region))
        old.beds.update(as_of=ago(40))
    # session, user, post, region; one for each kind of work; the last actions; phone; time (3)
    with django_assert_max_num_queries(23):
        page = clerk.get("/admin/")

    todo = page.context["todo"]
    assert len(todo) == len(TASKS) - 1  # standards are the nation's
    assert {task.label: task.count > 0 for task in todo}["床位数字超过 30 天没有更新"]
    for task in todo:
        listed = clerk.get(task.url).context["cl"]
        assert listed.result_count == task.count, task.label


def test_who_has_no_post_has_no_work():
    client = Client()
    client.force_login(make_user(is_staff=True))

    page = client.get("/admin/")

    assert page.context["todo"] == []
    assert "今天要办的" not in page.content.decode()
