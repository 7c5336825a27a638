"""What follows an elder: worked cases by their addresses, every kind of change, and the rest."""

import datetime
from dataclasses import replace

import pytest
from django.http import QueryDict

from institutions.costs.benefit_changes import Before, Change, change, crossing
from institutions.models import Listing
from institutions.pages.follow.destinations import MOST
from institutions.pages.follow.page import EXAMPLE, Follow
from regions.engine.bills import Bill
from regions.engine.rules import Answer
from regions.models import Policy

pytestmark = pytest.mark.django_db
JUNE = datetime.date(2025, 6, 1)
VOUCHER_DAY = datetime.date(2026, 6, 1)
# The elder of T1, and the same with the finding that the voucher asks for.
T1 = (
    "e_hukou=110000&e_age=86&e_status=subsistence&e_disability=none&e_ability=beijing:3"
    "&e_insured=110000&e_scheme=employee"
)
T25 = f"{T1}&e_ability=gbt42195:3"
# Told all but the age: a voucher is sure, and Jiaozuo's benefit is known only by name.
TOLD_BUT_AGE = (
    "e_hukou=410802&e_status=none&e_disability=none&e_insured=410802&e_scheme=employee"
    "&e_ltci=ltci:0&e_ability=gbt42195:2"
)
TIANJIN = (
    "e_hukou=120000&e_age=75&e_status=none&e_disability=none&e_ltci=ltci:3"
    "&e_ability=gbt42195:3&e_insured=120000&e_scheme=employee"
)


def follow(query: str, on: datetime.date = JUNE) -> Follow:
    return Follow(QueryDict(query), on)


def home_on(kind: str, listed_by: str, price: tuple[int, int, int] | None = None) -> int:
    """A home on this list of a region; its price at level 3 as bed, meals and care in yuan."""
    listed = Listing.objects.filter(designations__kind=kind, designations__region=listed_by)
    home = listed.filter(region__gte="120000", region__lt="140000").order_by("pk").first()
    assert home is not None
    if price:
        bed, meals, care = (yuan * 100 for yuan in price)
        Listing.objects.filter(pk=home.pk).update(
            bed_3=bed,
            meals=meals,
            care_3=care,
            price_3=bed + meals + care,
            **{f"price_{k}": None for k in (0, 1, 2, 4)},
        )
    return home.pk


def changes(page: Follow) -> dict[str, Change]:
    return {item.line.policy.slug: item.change for item in page.crossing.items}


def test_t1_cash_follows_and_the_home_is_paid_apart():
    page = follow(f"home={home_on('pilot', '110000')}&{T1}")
    assert page.crossing.follows == 1_000_00
    paid = {i.line.policy.slug: i.line.amount for i in page.crossing.to_home}
    assert paid["bj-04"] == "300—500 元/月"
    assert [m.short for m in page.care] == ["直接", "直接", "直接", "先问"]
    kept = {slug for slug, kind in changes(page).items() if kind is Change.KEEPS}
    assert kept == {"bj-01", "bj-02", "bj-03", "bj-13"}


def test_t5_both_choices_are_shown():
    page = follow("to=120000&e_hukou=110000&e_age=83&e_status=low_income&e_disability=hearing:1")
    assert page.crossing.follows == 500_00
    assert [choice.cash for choice in page.crossing.ledger.choices] == [500_00, 500_00]


def test_t9_a_hukou_that_left_ends_it_from_the_next_month():
    query = f"to=131082&{T1.replace('86', '87')}&e_left=2026-05-10"
    still = follow(query, datetime.date(2026, 5, 31))
    assert still.crossing.follows == 1_000_00
    assert changes(still)["bj-01"] is Change.ENDS
    assert still.crossing.ledger.last_day == datetime.date(2026, 5, 31)
    page = follow(query, VOUCHER_DAY)
    assert page.crossing.follows == 0
    ended = {i.line.policy.slug for i in page.crossing.items if i.line.answer is Answer.ENDED}
    assert ended >= {"bj-01", "bj-02", "bj-03"}
    assert {changes(page)[slug] for slug in ended} == {Change.LOSES}
    assert page.now is None  # the hukou says nothing of where they live any more


def test_t21_insurance_comes_before_the_voucher():
    page = follow(f"home={home_on('ltci', '120000', (1400, 1000, 2100))}&{TIANJIN}", VOUCHER_DAY)
    bill = page.crossing.ledger.bill
    assert bill is not None
    assert (bill.fee, bill.on_bill, bill.to_pay) == (4_500_00, 2_270_00, 2_230_00)
    assert page.crossing.follows == 2_270_00


def test_t23_from_beijing_to_chongqing_one_files_first():
    page = follow("to=500000&e_insured=110000")
    assert [(m.label, m.short) for m in page.care] == [
        ("住院", "先备案"),
        ("普通门诊", "先备案"),
        ("药店买药", "先问"),
        ("门诊慢特病", "先问"),
    ]


def test_t25_what_is_not_confirmed_is_shown_and_not_counted():
    page = follow(
        f"home={home_on('pilot', '110000', (5000, 1000, 1800))}&{T25.replace('86', '87')}",
        VOUCHER_DAY,
    )
    bill = page.crossing.ledger.bill
    assert bill is not None
    assert (bill.to_pay, bill.is_at_most) == (6_800_00, True)
    assert (page.crossing.follows, page.crossing.leaves_open) == (1_000_00, True)
    voucher = next(i for i in page.crossing.items if i.line.policy.slug == "cn-01")
    assert (voucher.change, voucher.line.counted) == (Change.CONFIRM, None)
    assert "800" in voucher.line.open_amount


@pytest.mark.parametrize(
    ("query", "on", "slug", "expected"),
    [
        (f"to=131082&{T1}", JUNE, "bj-03", Change.KEEPS),
        ("to=131082&e_hukou=110102&e_age=82&e_status=basic_service", JUNE, "bj-12", Change.AT_HOME),
        (f"to=131082&{T1}", datetime.date(2027, 1, 1), "cn-01", Change.LOSES),
        ("to=131082&e_hukou=410800&e_status=extreme_hardship", JUNE, "ha-01", Change.CHANGES),
        ("to=131082&e_hukou=110102&e_age=82&e_status=none", JUNE, "bj-06", Change.CONFIRM),
        ("to=110000&e_hukou=130000&e_age=85", JUNE, "he-02", Change.UNKNOWN),
        (f"to=131082&{T1}", JUNE, "bj-10", Change.NEITHER),
        ("to=131082&e_age=85", JUNE, "bj-03", Change.UNKNOWN),
    ],
)
def test_every_kind_of_change(query, on, slug, expected):
    assert changes(follow(query, on))[slug] is expected


@pytest.mark.parametrize(
    ("query", "slug", "now", "expected"),
    [
        ("to=131082&e_hukou=110101&e_age=86", "tj-04", Answer.UNKNOWN, Change.MAY_LOSE),
        (
            "to=131082&e_hukou=120101&e_age=80&e_ability=tianjin_care:3&e_status=none",
            "tj-01",
            Answer.CONFIRM,
            Change.MAY_LOSE,
        ),
        ("to=131082&e_age=86", "bj-12", Answer.UNKNOWN, Change.MAY_LOSE),
        (f"to=131082&{T1}&e_age=", "bj-12", Answer.NO, Change.NEITHER),
    ],
)
def test_what_is_not_known_now_is_never_lost(query, slug, now, expected):
    item = next(i for i in follow(query).crossing.items if i.line.policy.slug == slug)
    assert (item.before.answer, item.change) == (now, expected)
    assert "少了" not in item.much


def test_what_is_had_now_is_not_known_where_the_place_is_not():
    query = f"to=120000&{TIANJIN.replace('e_hukou=120000&', '')}"
    page = follow(query.replace("to=120000", f"home={home_on('ltci', '120000')}"))
    assert page.now is None
    assert changes(page)["tj-03"] is Change.MAY_GAIN
    cash = follow(f"to=131082&{T1}&e_left=2025-06-01")
    assert cash.now is None
    assert changes(cash)["bj-10"] is Change.NEITHER  # wherever they live


def test_a_listed_home_may_give_what_another_does_not():
    page = follow(f"home={home_on('ltci', '120000')}&{TIANJIN}")
    items = {item.line.policy.slug: item for item in page.crossing.items}
    assert items["tj-03"].change is Change.MAY_GAIN  # which home they live in now is not told
    assert items["tj-03"].note == "现在住的机构没有告诉，所以现在有没有还不知道。"
    assert items["tj-04"].change is Change.AT_HOME
    assert "住在家里才有" in items["tj-04"].note
    assert items["tj-04"].much.startswith("在家里：护理费的 75%")


def test_an_answer_now_and_over_there_make_the_change():
    item = next(i for i in follow(f"to=131082&{T1}").crossing.items if i.change is Change.KEEPS)
    had = item.line

    def of(before: Answer, now: Answer) -> Change:
        return change(Before(replace(had, answer=before)), replace(had, answer=now))

    no, yes, ask, unknown = Answer.NO, Answer.YES, Answer.CONFIRM, Answer.UNKNOWN
    assert of(yes, yes) is Change.KEEPS
    assert change(Before(had), replace(had, last_day=VOUCHER_DAY)) is Change.ENDS
    assert [of(was, yes) for was in (no, ask, unknown)] == [
        Change.GAINS,
        Change.MAY_GAIN,
        Change.MAY_GAIN,
    ]
    assert [of(was, no) for was in (no, yes, ask, unknown)] == [
        Change.NEITHER,
        Change.LOSES,
        Change.MAY_LOSE,
        Change.MAY_LOSE,
    ]
    assert [of(was, Answer.ENDED) for was in (yes, unknown)] == [Change.LOSES] * 2
    other = Before(replace(had, amount="1 元/月"))
    assert change(other, had) is Change.CHANGES


def test_a_share_without_a_bill_leaves_the_sum_open():
    told = TOLD_BUT_AGE.replace("410802", "370000")
    query = f"to=370000&{told}&e_age=75"
    page = follow(query, VOUCHER_DAY)
    assert changes(page)["cn-01"] is Change.KEEPS
    assert {i.line.answer for i in page.crossing.items} == {Answer.YES, Answer.NO}
    assert (page.crossing.follows, page.crossing.ledger.is_at_most) == (0, False)
    assert (page.crossing.awaits_bill, page.crossing.leaves_open) == (True, True)
    priced = replace(page.crossing.ledger, bill=Bill(100, (), 0, 100, False))
    assert not crossing(page.assessment, page.answers_now, priced).leaves_open
    # cash that is sure needs no bill
    cash = follow("to=131082&e_hukou=110102&e_age=82&e_status=none")
    assert not cash.crossing.awaits_bill


def test_what_nobody_has_found_waits_for_no_answer():
    page = follow(f"to=131082&{TOLD_BUT_AGE}", VOUCHER_DAY)
    waiting = {o.rule.slug for o in page.assessment.outcomes if o.answer is Answer.UNKNOWN}
    assert waiting == {"cn-01", "ha-02"}
    assert [(ask.id, ask.benefits) for ask in page.asks] == [("id_e_age", 1)]


def test_where_they_live_now_comes_before_the_hukou():
    page = follow(f"to=131082&{T1}&e_now=120000")
    assert (page.now and page.now.name, page.lives_at_hukou) == ("天津市", False)
    assert follow(f"to=131082&{T1}").lives_at_hukou


def test_destinations_are_the_cities_with_most_homes():
    page = follow(f"to=131082&{T1}")
    names = [place.region.name for place in page.destinations]
    assert names == ["三河市", "重庆市", "北京市", "天津市", "焦作市", "秦皇岛市"]
    assert len(names) == MOST + 1
    homes = [place.homes for place in page.destinations]
    assert homes[0] is None
    assert homes[1:] == sorted(homes[1:], reverse=True)
    assert {place.crossing.follows for place in page.destinations} == {1_000_00}
    assert [m.short for _, m in page.settlements[0].cells] == [
        "直接",
        "先备案",
        "本地",
        "直接",
        "先备案",
        "直接",
    ]


def test_links_carry_the_elder():
    page = follow(f"to=131082&{T1}")
    assert page.results.startswith("/institutions/?region=131082&e_hukou=110000&")
    other = QueryDict(page.destinations[1].url.partition("?")[2])
    assert (other["to"], other["e_age"], other["e_insured"]) == ("500000", "86", "110000")


def test_of_an_unknown_elder_the_most_useful_question_comes_first():
    page = follow("to=500000")
    assert page.asks[0].id == "id_e_hukou"
    waiting = [ask.benefits for ask in page.asks]
    assert waiting == sorted(waiting, reverse=True)
    told = {policy.slug for known in page.known for policy in known.policies}
    assert told == {p.slug for p in Policy.objects.exclude(payee="home")}
    assert page.crossing.follows == 0
    assert page.crossing.leaves_open


def test_the_questions_name_fields_of_the_page(client):
    page = follow("to=500000", datetime.date(2026, 11, 22))
    html = client.get("/follow/", {"to": "500000"}).content.decode()
    assert [ask.id for ask in page.asks if f'id="{ask.id}"' not in html] == []
    assert {"id_e_ability", "id_e_ltci"} <= {ask.id for ask in page.asks}


def test_the_example_is_told_enough():
    page = follow("&".join(f"{name}={value}" for name, value in EXAMPLE))
    assert page.problems == []
    assert page.crossing.follows == 1_000_00
