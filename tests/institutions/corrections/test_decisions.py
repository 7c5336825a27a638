"""An office that answered otherwise: a correction of the policy, begun with the elder's case."""

import pytest
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from institutions.models import Correction
from regions.models import Policy

pytestmark = pytest.mark.django_db
ELDER = "e_hukou=110102&e_age=86&e_status=subsistence&e_disability=none&e_ability=beijing:3"
ADDRESS = f"/sources/bj-elder-allowances-2019/correct/?about=policies/bj-02&{ELDER}"


def test_a_ledger_leads_to_the_form_of_each_benefit(client):
    page = client.get(f"/follow/?to=131082&{ELDER}").content.decode()
    assert "街道或民政局的答复和这里不一样？" in page
    assert "/sources/bj-elder-allowances-2019/correct/?about=policies/bj-02&amp;e_hukou" in page


def test_the_form_begins_with_the_conditions_and_the_way(client):
    response = client.get(ADDRESS)
    assertContains(response, "老人的情况：北京市西城区户籍，86 岁")
    assertContains(response, "街道或民政局的答复：")
    assert response.context["form"].initial["how"] == Correction.How.DECISION


def test_of_a_document_as_a_whole_nothing_is_filled_in(client):
    response = client.get(f"/sources/bj-elder-allowances-2019/correct/?{ELDER}")
    assertNotContains(response, "老人的情况")


def test_what_was_sent_is_kept_and_shown_beside_the_trial(client, admin_client):
    sent = {"wrong": "老人的情况：86 岁。街道说只有 400。", "how": "decision", "homepage": ""}
    assert client.post(ADDRESS, sent).status_code == 302
    row = Correction.objects.get()
    assert (row.about, row.how) == ("policies/bj-02", "decision")
    policy = Policy.objects.get(slug="bj-02")
    page = admin_client.get(reverse("admin:regions_policy_change", args=[policy.pk]))
    assertContains(page, "读者报来的实际答复：还没有处理的 1 条")
    assertContains(page, "街道说只有 400")
    other = Policy.objects.get(slug="bj-01")
    page = admin_client.get(reverse("admin:regions_policy_change", args=[other.pk]))
    assertNotContains(page, "读者报来的实际答复")
