"""Dated standards: the figure of the day, what families read of it, and when a new one is due."""

import datetime

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from institutions.admin.tasks import TASKS
from regions.engine.assessment import assess
from regions.engine.rules import Disability, Elder, Missing, Stay
from regions.models import Standard
from regions.policies.ledger import ledger
from regions.policies.rulebook import book, changed
from tests.factories import make_document, make_region

pytestmark = pytest.mark.django_db
POOR = Elder(
    hukou="110000",
    age=70,
    statuses=frozenset({"low_income"}),
    disabilities=frozenset({Disability("limb", 2, False)}),
)
SANHE = Stay("131082", "institution", frozenset())


def reasons_on(day: datetime.date) -> tuple[str, ...]:
    found = assess(POOR, SANHE, book().rules, day)
    [line] = [line for line in ledger(found, book()).lines if line.policy.slug == "bj-08"]
    return line.reasons


def test_the_last_figure_goes_on_with_its_day() -> None:
    assert "按北京市低保标准算：2024-07 起每人每月 1,450 元，此后没有查到新的。" in reasons_on(
        datetime.date(2026, 6, 1)
    )


def test_an_earlier_figure_says_its_day_alone() -> None:
    assert "按北京市低保标准算：2023-07 起每人每月 1,395 元。" in reasons_on(
        datetime.date(2024, 6, 30)
    )


def test_before_the_first_figure_nothing_is_made_up() -> None:
    outcome = assess(POOR, SANHE, book().rules, datetime.date(2018, 6, 1)).of("bj-08")
    assert Missing.NO_RATE in {reason.code for reason in outcome.reasons}
    assert outcome.amount is None


def test_a_new_figure_counts_from_its_day() -> None:
    old = Standard.objects.filter(slug="bj-subsistence").latest("since")
    Standard.objects.create(
        slug=old.slug,
        name=old.name,
        region=old.region,
        since=datetime.date(2026, 7, 1),
        amount=150_000,
        document=old.document,
    )
    changed()
    days = datetime.date(2026, 6, 30), datetime.date(2026, 7, 1)
    sums = [assess(POOR, SANHE, book().rules, day).of("bj-08").amount.fen for day in days]
    assert sums == [145_000, 150_000]


def test_a_figure_is_once_a_day_and_positive() -> None:
    row = {
        "slug": "xx",
        "name": "某标准",
        "region": make_region("110000"),
        "since": datetime.date(2026, 1, 1),
        "document": make_document(),
    }
    Standard.objects.create(amount=1, **row)
    for amount in (1, 0):
        with pytest.raises(IntegrityError), transaction.atomic():
            Standard.objects.create(amount=amount, **row)


def test_a_standard_of_a_year_ago_is_a_task_of_the_nation(admin_client) -> None:
    on = datetime.date(2026, 12, 1)
    slugs = set(Standard.objects.outdated(on).values_list("slug", flat=True))
    assert {"bj-subsistence", "tj-subsistence", "cq-subsistence-town"} <= slugs
    newest = Standard.objects.filter(slug="bj-subsistence").latest("since")
    assert not Standard.objects.outdated(newest.since + datetime.timedelta(364)).filter(
        slug="bj-subsistence"
    )
    task = next(task for task in TASKS if task.name == "standards")
    assert task.rows(Standard.objects.all(), on).count() == len(slugs)
    listed = admin_client.get(reverse("admin:regions_standard_changelist") + "?outdated=yes")
    assert listed.context["cl"].result_count >= 3
