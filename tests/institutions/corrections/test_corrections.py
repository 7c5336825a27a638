"""Saying that something is wrong: `/institutions/<id>/correct/`, and what came of it."""

import datetime
import re
from html import unescape
from io import StringIO
from urllib.parse import unquote

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from pytest_django.asserts import assertContains, assertNotContains

from institutions.corrections import decide as corrections
from institutions.corrections.decide import (
    StatedSource,
    accept_correction,
    can_fill,
    fill_figure,
    rehearse,
)
from institutions.corrections.subject import home_subject
from institutions.models import Correction, Institution
from institutions.models.correction import REFERENCE_ALPHABET, new_reference
from institutions.register.listings import refresh
from institutions.register.record import path_of, to_record
from regions.models import Policy
from tests.factories import (
    make_document,
    make_institution,
    make_user,
    make_whole_institution,
)

pytestmark = pytest.mark.django_db

TYPED = {"wrong": "电话打不通", "how": "phone"}
FIX = re.compile(r'class="fix" href="([^"]*)"')


@pytest.fixture
def home() -> Institution:
    return make_whole_institution()


def page_of(home: Institution, about: str = "") -> str:
    return f"{home.get_absolute_url()}correct/?about={about}"


def make_correction(home: Institution | None = None, **changes) -> Correction:
    fields = {"wrong": "写错了", "how": "phone", "received_on": datetime.date(2026, 11, 22)}
    return Correction.objects.create(institution=home, **fields | changes)


# The form


@pytest.mark.parametrize(
    ("about", "label", "said"),
    [
        ("", "整个页面", None),
        ("address", "地址", "示例路 1 号"),
        ("takes_men", "收男性", "未公布"),
        ("beds/nursing/twin", "床位·护理型床位·双人间", "<dd>80</dd>"),
        ("phones/000-12345678", "电话·000-12345678", "入住咨询"),
        ("place", "位置和电话", "000-12345678"),
        ("services", "服务", "30"),
    ],
)
def test_the_form_shows_what_the_page_says_and_on_whose_word(client, home, about, label, said):
    response = client.get(page_of(home, about))
    assertContains(response, f"<b>{label}</b>")
    if said is not None:
        assertContains(response, said)
        assertContains(response, "2026-01-01")  # the date of its source
    assertContains(response, '<meta name="robots" content="noindex">')


def test_what_nobody_has_published_is_said_to_be_so(client):
    response = client.get(page_of(make_institution(), "phones"))
    assertContains(response, "电话：<b>未公布</b>", html=False)


@pytest.mark.parametrize("about", ["nope", "beds/nursing/six", "provenance", "%00", "a" * 5_000])
def test_a_path_that_is_not_there_is_said_in_words(client, home, about):
    assertContains(client.get(page_of(home, about)), "这一项，可能已经改过了")
    assert client.post(page_of(home, about), TYPED).status_code == 302
    assert Correction.objects.get().about == ""


def test_it_is_received(client, home, today):
    answer = client.post(page_of(home, "address"), TYPED | {"should_be": "新路 2 号"})
    row = Correction.objects.get()
    assert answer["Location"] == f"/corrections/thanks/?ref={row.reference}"
    assert (row.institution, row.document, row.about) == (home, None, "address")
    assert row.said == "地址：示例路 1 号"
    assert (row.wrong, row.should_be, row.received_on) == ("电话打不通", "新路 2 号", today)
    assert row.contact == ""
    assertContains(client.get(answer["Location"]), row.reference)
    # Neither the form nor the answer leaves anything in the browser.
    assert not client.cookies


def test_a_contact_needs_consent_and_says_when_it_goes(client, home):
    typed = TYPED | {"contact": "13800000000"}
    refused = client.post(page_of(home), typed)
    assertContains(refused, "就请勾选同意")
    assertContains(refused, 'value="13800000000"')
    assertContains(refused, "2027-02-20")
    assert not Correction.objects.exists()

    thanks = client.post(page_of(home), typed | {"consent": "on"}, follow=True)
    assertContains(thanks, "2027-02-20")
    row = Correction.objects.get()
    assert (row.contact, row.contact_until) == ("13800000000", datetime.date(2027, 2, 20))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"wrong": ""}, "请写一句哪里不对。"),
        ({"wrong": "错" * 10_000}, "1000"),
        ({"how": ""}, "请选一项。"),
        ({"how": "guess"}, "请从列出的几项里选一项。"),
        ({"homepage": "https://spam.example/"}, "用来拦住机器人"),
        ({"contact": "1" * 5_000, "consent": "on"}, "100"),
    ],
)
def test_what_is_wrong_with_the_words_is_told_and_nothing_is_lost(client, home, changes, told):
    typed = {"wrong": "打不通", "should_be": "不知道", "how": "phone", "how_note": "昨天"}
    response = client.post(page_of(home), typed | changes)
    assertContains(response, told)
    for name in ("wrong", "should_be", "how_note"):
        assertContains(response, (typed | changes)[name])
    assertNotContains(response, "spam.example")
    assert not Correction.objects.exists()


def test_nul_bytes_and_lists_do_no_harm(client, home):
    answer = client.post(page_of(home), {"wrong": ["甲", "a\0b"], "how": "phone"})
    assert answer.status_code == 302
    assert Correction.objects.get().wrong == "ab"


def test_one_address_and_one_page_have_a_day_s_measure(client, home, settings, monkeypatch):
    settings.CORRECTIONS_A_DAY = 1
    other = make_institution()
    assert client.post(page_of(home), TYPED).status_code == 302
    refused = client.post(page_of(other), TYPED | {"should_be": "不能丢的话"})
    assertContains(refused, "先到这里", status_code=429)
    assertContains(refused, "不能丢的话", status_code=429)
    assert client.post(page_of(other), TYPED, REMOTE_ADDR="10.0.0.9").status_code == 302

    monkeypatch.setattr(corrections, "MOST_ABOUT_PAGE", 1)
    full = client.post(page_of(home), TYPED, REMOTE_ADDR="10.0.0.8")
    assertContains(full, "今天这一页已经收到 1 次纠错", status_code=429)
    assert Correction.objects.count() == 2


@pytest.mark.parametrize("limit", ["sender", "page"])
def test_a_double_click_on_the_last_one_of_the_day_shows_its_receipt(
    client, home, settings, monkeypatch, limit
):
    if limit == "sender":
        settings.CORRECTIONS_A_DAY = 1
    else:
        monkeypatch.setattr(corrections, "MOST_ABOUT_PAGE", 1)
    first, second = (client.post(page_of(home), TYPED) for _ in range(2))
    assert (first.status_code, second.status_code) == (302, 302)
    assert first.url == second.url
    assert Correction.objects.count() == 1
    another = client.post(page_of(home), TYPED | {"wrong": "另一件"})
    assert another.status_code == 429


def test_behind_a_proxy_the_address_is_the_one_it_saw(client, home, settings):
    settings.CORRECTIONS_A_DAY = 1
    settings.PROXIES = 1

    def post(forwarded: str) -> int:
        headers = {"x-forwarded-for": forwarded}
        words = TYPED | {"should_be": f"从 {forwarded} 发的"}
        return client.post(page_of(home), words, headers=headers).status_code

    assert [post("1.1.1.1"), post("forged, 1.1.1.1"), post("1.1.1.1, 2.2.2.2")] == [302, 429, 302]


def test_the_form_costs_few_queries(client, home, django_assert_num_queries):
    # 1 home with its place, 2-13 its parts
    with django_assert_num_queries(13):
        client.get(page_of(home, "address"))


@pytest.mark.parametrize("stage", ["draft", "review"])
def test_what_is_not_published_cannot_be_corrected(client, stage):
    assert client.get(page_of(make_institution(stage=stage))).status_code == 404


# A document and its facts


def test_a_fact_of_a_document(client):
    url = "/sources/chongqing-2018/correct/"
    fact = Correction.document.field.related_model.objects.get(slug="chongqing-2018").facts.first()
    assertContains(client.get(f"{url}?about={fact.code}"), fact.shown)
    client.post(f"{url}?about={fact.code}", TYPED)
    row = Correction.objects.get()
    assert (row.institution, row.document.slug, row.about) == (None, "chongqing-2018", fact.code)
    state = client.get("/corrections/", {"ref": row.reference})
    assertContains(state, fact.label)
    assertContains(client.get(f"{url}?about=%00"), "这一项")


def test_a_policy_is_corrected_with_its_document(client):
    page = client.get("/policies/bj-02/").content.decode()
    [link] = FIX.findall(page)
    assertContains(client.get(link), "页面现在这样写")
    client.post(link, TYPED)
    row = Correction.objects.get()
    policy = Policy.objects.get(slug="bj-02")
    assert (row.document, row.about) == (policy.document, "policies/bj-02")
    assert "元/月" in row.said
    assertContains(client.get("/corrections/", {"ref": row.reference}), policy.name)
    other = client.get("/sources/chongqing-2018/correct/?about=policies/bj-02")
    assertContains(other, "没有“policies/bj-02”这一项")


@pytest.mark.parametrize(
    ("path", "least"),
    [
        ("/institutions/", 20),
        ("/compare/?id={home.pk}", 1),
        ("/institutions/{home.pk}/pack/", 3),
        ("/regions/131000/", 3),
        ("/shortlist/?id={home.pk}", 1),
    ],
)
def test_every_page_of_figures_leads_to_where_they_are_corrected(client, home, today, path, least):
    refresh([home.pk], today)
    page = client.get(path.format(home=home)).content.decode()
    links = [unescape(link) for link in FIX.findall(page)]
    assert len(links) >= least
    for link in links[:: max(1, len(links) // 3)]:
        shown = client.get(link)
        assert shown.status_code == 200
        assertNotContains(shown, "这一项，可能已经改过了")


# Every figure of the page leads here


def links_of(client, home: Institution) -> list[str]:
    """The paths that the page's links say something about."""
    page = client.get(home.get_absolute_url()).content.decode()
    found = re.findall(r'class="fix" href="correct/\?about=([^"]*)"', page)
    return [unquote(path) for path in found]


def unknown(home: Institution, paths: list[str]) -> list[str]:
    """Those that are said not to be there."""
    home = Institution.objects.with_parts().get(pk=home.pk)
    return [path for path in set(paths) if home_subject(home, path).unknown]


def test_every_link_of_the_page_names_a_figure_that_is_there(client, home):
    links = links_of(client, home)
    assert len(links) > 50
    assert unknown(home, links) == []


def test_so_does_every_link_of_a_home_of_which_nothing_is_known(client):
    home = make_institution()
    links = links_of(client, home)
    assert {"phones", "fees", "takes"} <= set(links)
    assert unknown(home, links) == []


# What came of it


def test_a_reference_can_be_read_aloud():
    reference = new_reference()
    assert re.fullmatch(rf"([{REFERENCE_ALPHABET}]{{4}}-?){{3}}", reference)
    assert not set("01OIL") & set(REFERENCE_ALPHABET)
    assert reference != new_reference()


@pytest.mark.parametrize("typed", ["{0}", " {0} ", "{1}", "{2}", "{3}"])
def test_a_reference_is_found_as_people_type_it(client, home, typed):
    reference = make_correction(home).reference
    wide = reference.translate({ord(c): ord(c) + 0xFEE0 for c in REFERENCE_ALPHABET})
    forms = [reference, reference.lower(), reference.replace("-", " "), wide]
    response = client.get("/corrections/", {"ref": typed.format(*forms)})
    assertContains(response, "已收到")
    assertContains(response, home.name)


@pytest.mark.parametrize("typed", ["x", "AAAA-AAAA-AAAA", "\0x", "9" * 10_000, "<b>"])
def test_another_reference_is_not(client, typed):
    response = client.get("/corrections/", {"ref": typed})
    assertContains(response, "没有找到这个查询号")
    assertNotContains(response, "<b>")


def test_the_state_says_what_came_of_it_and_names_nobody(client, home, today):
    row = make_correction(home, about="address", wrong="我妈妈王某住在那里")
    row.give_contact("13800000000", today)
    row.save()
    for state, words in (("received", "排队等"), ("checking", "工作人员正在")):
        Correction.objects.update(state=state)
        page = client.get("/corrections/", {"ref": row.reference})
        assertContains(page, words)
        assertNotContains(page, "13800000000")
        assertNotContains(page, "王某")
    row.close("rejected", "打过电话，地址没有错。", make_user(), today)
    page = client.get("/corrections/", {"ref": row.reference})
    assertContains(page, "没有采纳")
    assertContains(page, "打过电话，地址没有错。")
    assert "no-store" in page["Cache-Control"]


# Decided


def source(**changes) -> StatedSource:
    fields = {"kind": "own", "document": None, "as_of": datetime.date(2026, 11, 20)}
    return StatedSource(**fields | {"how": "phone"} | changes)


def test_accepting_changes_figure_source_listing_and_correction(home, today):
    refresh([home.pk], today)
    fee = path_of(home.fees.get(kind="meals"))
    row = make_correction(home, about=f"{fee}/amount")
    row.give_contact("13800000000", today)
    clerk = make_user(username="clerk")
    document = make_document(title="价目表")

    accept_correction(row, "1200", source(kind="public", document=document), clerk, today)

    home.refresh_from_db()
    assert (home.fees.get(kind="meals").amount, home.version) == (1_200_00, 2)
    cited = home.provenance.get(field=f"{fee}/amount")
    assert (cited.document, cited.as_of) == (document, datetime.date(2026, 11, 20))
    assert (cited.verified_on, cited.verified_by, cited.verified_how) == (today, clerk, "phone")
    assert home.listing.meals == 1_200_00
    step = home.revisions.get(version=2)
    assert (step.how, step.author, step.note) == ("corrected", clerk, f"纠错 {row.reference}")
    row.refresh_from_db()
    assert (row.state, row.closed_on, row.contact) == ("accepted", today, "")
    assert "原来是“1,100 元”，改为“1,200 元”" in row.outcome


def test_another_phone_number_is_one_row_still(home, today):
    row = make_correction(home, about="phones/000-12345678/number")
    fill_figure(row, "000-87654321", source(), make_user(), today)
    assert [phone.number for phone in home.phones.all()] == ["000-87654321"]
    assert home.provenance.filter(field="phones/000-87654321/number").exists()


@pytest.mark.parametrize(
    ("about", "text", "changes"),
    [
        ("address", "示例路 1 号", {}),  # it says so already
        ("phones/000-12345678/number", "打不通", {}),
        ("takes_men", "也许", {}),
        ("operating", "已停业", {}),  # without a date
        ("address", "新路", {"kind": "official"}),  # without a document
        ("address", "新路", {"as_of": datetime.date(2030, 1, 1)}),
    ],
)
def test_what_the_record_refuses_writes_nothing(home, today, about, text, changes):
    row = make_correction(home, about=about)
    before = to_record(Institution.objects.with_parts().get(pk=home.pk))
    with pytest.raises(ValidationError):
        accept_correction(row, text, source(**changes), make_user(), today)
    row.refresh_from_db()
    assert row.state == "received"
    assert to_record(Institution.objects.with_parts().get(pk=home.pk)) == before


def test_a_rehearsal_writes_nothing(home, today):
    row = make_correction(home, about="address")
    rehearse(row, "新路 2 号", source(), make_user(), today)
    home.refresh_from_db()
    assert (home.address, home.version) == ("示例路 1 号", 1)
    assert not home.provenance.filter(field="address").exists()


def test_a_page_and_a_document_are_filled_by_nobody(home):
    assert can_fill(make_correction(home, about="address"))
    assert not can_fill(make_correction(home))
    assert not can_fill(make_correction(document=make_document(), about="x"))


# Forgetting


def test_contacts_go_after_ninety_days_at_the_latest(home, time_machine):
    day = datetime.date(2026, 11, 22)
    row = make_correction(home, received_on=day, sender="abc")
    row.give_contact("13800000000", day)
    row.save()

    def purged(on: datetime.date) -> str:
        out = StringIO()
        time_machine.move_to(datetime.datetime.combine(on, datetime.time(5), datetime.UTC))
        call_command("purge_contacts", stdout=out)
        row.refresh_from_db()
        return out.getvalue()

    assert "没有到期" in purged(day)
    assert (row.contact, row.sender) == ("13800000000", "abc")
    assert "没有到期" in purged(day + datetime.timedelta(days=89))
    assert (row.contact, row.sender) == ("13800000000", "")
    assert "已删除 1 个联系方式" in purged(day + datetime.timedelta(days=90))
    assert (row.contact, row.consented_on, row.contact_until) == ("", None, None)
    assert row.state == "received"


NUMBERS = (
    "打我 13800000000，138-0000-0000 或 0335-1234567，a.b@example.com；2026-11-01 打过，收 12000 元"
)
BLANKED = "打我 {0}，{0} 或 0335-{0}，{0}；2026-11-01 打过，收 12000 元".format("（号码已删）")


def test_numbers_among_the_words_go_with_the_contact(client, home, today):
    assertContains(client.get(page_of(home)), "电话请只写在“联系方式”那一栏")
    words = dict.fromkeys(("wrong", "should_be", "how_note"), NUMBERS)
    closed, left, fresh = (make_correction(home, **words) for _ in range(3))
    closed.close("rejected", "打过电话。", make_user(), today)
    Correction.objects.filter(pk=left.pk).update(received_on=today - datetime.timedelta(days=90))
    Correction.objects.filter(pk=fresh.pk).update(received_on=today - datetime.timedelta(days=89))
    assert Correction.objects.forget_contacts(today) == 0
    for row, shown in ((closed, BLANKED), (left, BLANKED), (fresh, NUMBERS)):
        row.refresh_from_db()
        assert [row.wrong, row.should_be, row.how_note] == [shown] * 3
