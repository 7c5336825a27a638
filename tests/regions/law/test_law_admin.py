"""Staff enter a text and map its sentences; nobody sees it before the nation has passed it."""

import pytest
from django.urls import reverse

from regions.models import LawText, Policy, Sentence, StaffMember
from tests.factories import make_document

pytestmark = pytest.mark.django_db
Role = StaffMember.Role


@pytest.fixture
def sign_in(client, django_user_model):
    def signed_in(role: str, region: str = "000000"):
        user = django_user_model.objects.create_user(f"user-{role}", is_staff=True)
        StaffMember.objects.create(user=user, region_id=region, role=role)
        client.force_login(user)
        return client

    return signed_in


def enter(client, document, whole: str):
    data = {"document": document.pk, "completeness": "whole", "whole": whole}
    return client.post(reverse("admin:regions_lawtext_add"), data)


def map_to(client, sentence: Sentence, **fields):
    url = reverse("admin:regions_sentence_change", args=[sentence.pk])
    return client.post(url, {"words": sentence.words} | fields)


def publish(client, text: LawText):
    data = {"action": "publish", "_selected_action": [text.pk]}
    return client.post(reverse("admin:regions_lawtext_changelist"), data, follow=True)


WHOLE = "办法\n\n第一条 每人每月300元。\n第二条 未满16周岁的不享受。\n"


def test_a_clerk_enters_a_text_that_is_a_draft_sentence_by_sentence(sign_in, client) -> None:
    document = make_document(kind="policy")
    assert enter(sign_in(Role.CLERK, "110105"), document, WHOLE).status_code == 302
    text = LawText.objects.get(document=document)
    assert text.stage == "draft"
    found = list(text.sentences.order_by("number").values_list("number", "clause", "words"))
    assert found == [
        (1, "", "办法"),
        (2, "第一条", "第一条 每人每月300元。"),
        (3, "第二条", "第二条 未满16周岁的不享受。"),
    ]
    assert 'id="s2"' not in client.get(document.get_absolute_url()).content.decode()


def test_an_empty_text_is_refused_and_stays_typed(sign_in) -> None:
    response = enter(sign_in(Role.CLERK, "110105"), make_document(), " \n ")
    assert response.status_code == 200
    assert not LawText.objects.filter(stage="draft").exists()


def test_the_nation_passes_a_text_once_every_sentence_is_mapped(sign_in, client) -> None:
    document = make_document(kind="policy")
    clerk = sign_in(Role.CLERK, "110105")
    enter(clerk, document, WHOLE)
    text = LawText.objects.get(document=document)
    title, rate, barred = text.sentences.order_by("number")
    policy = Policy.objects.get(slug="bj-01")
    assert map_to(clerk, title, makes="none", reason="题名").status_code == 302
    assert map_to(clerk, rate, makes="rate", policies=[policy.pk]).status_code == 302
    assert map_to(clerk, barred, makes="none", reason="未成年人").status_code == 302
    barred.refresh_from_db()
    assert barred.signed == ""
    publish(clerk, text)
    text.refresh_from_db()
    assert text.stage == "draft"
    nation = sign_in(Role.NATIONAL)
    assert "第 3 句" in publish(nation, text).content.decode()
    map_to(nation, barred, makes="none", reason="未成年人")
    barred.refresh_from_db()
    assert barred.signed == "national"
    publish(nation, text)
    text.refresh_from_db()
    assert text.stage == "published"
    assert 'id="s2" class="makes"' in client.get(document.get_absolute_url()).content.decode()


def test_a_published_text_is_the_nations_alone(sign_in) -> None:
    sentence = Sentence.objects.filter(text__stage="published", makes="rate").first()
    clerk = sign_in(Role.CLERK, "110105")
    assert map_to(clerk, sentence, makes="none", reason="不对").status_code == 403
    sentence.refresh_from_db()
    assert sentence.makes == "rate"
    url = reverse("admin:regions_sentence_change", args=[sentence.pk])
    assert clerk.get(url).status_code == 200


def test_lists_open_for_every_role(sign_in) -> None:
    for role, region in ((Role.CLERK, "110105"), (Role.NATIONAL, "000000")):
        client = sign_in(role, region)
        for name in ("lawtext", "sentence"):
            assert client.get(reverse(f"admin:regions_{name}_changelist")).status_code == 200
