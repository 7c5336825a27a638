"""One double click is one new home, one upload, one import."""

import threading
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from institutions.models import Institution, SheetImport, Submission
from tests.factories import make_institution
from tests.institutions.admin.test_admin import shown
from tests.institutions.admin.test_admin_sheets import GOOD, HEADS, text, upload
from tests.institutions.register.test_workflow import signed_in
from tests.institutions.sheets.sheets import as_csv

ADD = reverse("admin:institutions_institution_add")


def new_home(client: Client, **changes: Any) -> dict[str, Any]:
    """What the untouched page of a new home sends, with a name."""
    page = client.get(ADD)
    typed = {"once": page.context["once"], "name": "双击养老院", "region": "110105"}
    return shown(page) | typed | changes


@pytest.mark.django_db
def test_a_new_home_sent_twice_is_one():
    clerk = signed_in("clerk", "xiaowang")
    data = new_home(clerk)
    first = clerk.post(ADD, data)
    second = clerk.post(ADD, data, follow=True)

    home = Institution.objects.get(name="双击养老院")
    assert first.status_code == 302
    assert second.redirect_chain[0][0] == reverse(
        "admin:institutions_institution_change", args=[home.pk]
    )
    assert "刚才已经保存，没有再保存一次" in text(second)
    assert home.revisions.count() == 1


@pytest.mark.django_db
def test_a_form_that_was_refused_may_be_sent_again():
    clerk = signed_in("clerk", "xiaowang")
    data = new_home(clerk, name="")
    page = clerk.post(ADD, data)
    assert page.status_code == 200
    # The page keeps its token.
    assert f'name="once" value="{data["once"]}"' in text(page)
    assert not Submission.objects.exists()
    assert clerk.post(ADD, data | {"name": "双击养老院"}).status_code == 302
    assert Institution.objects.filter(name="双击养老院").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["", "x", "\0"])
def test_a_form_without_a_token_is_taken_as_before(token):
    clerk = signed_in("clerk", "xiaowang")
    assert clerk.post(ADD, new_home(clerk, once=token)).status_code == 302
    assert Institution.objects.filter(name="双击养老院").count() == 1


@pytest.mark.django_db
def test_a_sheet_uploaded_twice_by_one_click_is_one():
    clerk, token = signed_in("clerk", "xiaowang"), str(uuid.uuid4())
    for _ in range(2):
        page = upload(clerk, as_csv(HEADS, GOOD), once=token)
    assert SheetImport.objects.count() == 1
    assert "刚才已经上传过" in text(page)
    upload(clerk, as_csv(HEADS, GOOD), once=str(uuid.uuid4()))
    assert SheetImport.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["試驗（一）院", "试验(一)院 ", "曾用名院"])
def test_a_new_home_in_another_spelling_is_asked_about(name):
    make_institution(name="试验（一）院", aliases="曾用名院", address="东路 1 号")
    clerk = signed_in("clerk", "xiaowang")
    data = new_home(clerk, name=name)
    page = text(clerk.post(ADD, data))
    assert Institution.objects.filter(region="110105", name=name.strip()).count() == 0
    assert "已有" in page or "已经有一家同名机构" in page
    if "不是同一家，仍然录入" in page:
        assert "东路 1 号" in page
        assert clerk.post(ADD, data | {"another": "yes"}).status_code == 302


def at_once(*work: Any) -> None:
    def run(one: Any) -> None:
        try:
            one()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_both_clicks_at_the_same_moment(own_database):
    clerk = signed_in("clerk", "xiaowang")
    data, statuses = new_home(clerk), []
    at_once(*[lambda: statuses.append(clerk.post(ADD, data).status_code)] * 2)
    assert statuses == [302, 302]
    home = Institution.objects.get(name="双击养老院")
    assert home.revisions.count() == 1

    upload(clerk, as_csv(HEADS, GOOD))
    write = reverse("admin:sheet_write", args=[SheetImport.objects.get().pk])
    at_once(*[lambda: clerk.post(write)] * 2)
    assert Institution.objects.get(name=GOOD[0]).revisions.count() == 1
    assert SheetImport.objects.get().state == "done"
