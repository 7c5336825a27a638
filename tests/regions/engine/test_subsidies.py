"""The engine: the worked cases, the days and birthdays where rates change, and what must hold."""

import datetime
import itertools
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regions.engine import bills, conditions
from regions.engine.assessment import Assessment, KnownOutcomes, Outcome, Term, assess
from regions.engine.rules import (
    Anchor,
    Answer,
    Base,
    Between,
    Conflict,
    Disability,
    Doubt,
    Elder,
    Exclusion,
    Fixed,
    Formula,
    Grade,
    Hint,
    Missing,
    Payee,
    Period,
    Portability,
    Rate,
    Refusal,
    Rule,
    Rulebook,
    SetLocally,
    Share,
    Stay,
    born_in,
)
from regions.engine.settlement import settle
from regions.models import Document, Policy
from regions.policies.rulebook import SENTENCES, pacts, rulebook, sentences
from regions.policies.worked_cases import Case, cases

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[3]
JUNE = datetime.date(2025, 6, 1)
VOUCHER_DAY = datetime.date(2026, 6, 1)
YANDA = Stay("131082", "institution", frozenset({("pilot", "110000")}))
HEBEI = Stay("130000", "institution", frozenset())
BEIJINGER = Elder(hukou="110000", age=86, statuses=frozenset(), disabilities=frozenset())
DAY = datetime.timedelta(1)


@pytest.fixture(scope="module")
def shipped(django_db_setup, django_db_blocker) -> Rulebook:
    """The rules as the database has them, read once."""
    with django_db_blocker.unblock():
        return rulebook()


# The worked cases


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.number)
def test_a_worked_case(case: Case, shipped: Rulebook) -> None:
    found = assess(case.elder, case.stay, shipped, case.on)
    for slug, said in case.lines.items():
        assert line(found, slug, case.fee or 0, case.care).startswith(said.split()[0]), slug
        assert_said(found, slug, said, case)
    if case.choices:
        assert sorted(map(bills.cash_of, found.options)) == sorted(case.choices)
    assert bills.to_elder(found) == case.to_elder
    if case.fee is not None:
        bill = bills.bill(found, case.fee, case.care)
        assert (bill.to_elder, bill.on_bill) == (case.to_elder, case.on_bill)
        if case.to_pay is not None:
            assert (bill.to_pay, bill.is_at_most) == (case.to_pay, case.is_at_most)


def assert_said(found: Assessment, slug: str, said: str, case: Case) -> None:
    word, _, detail = said.partition(" ")
    text = line(found, slug, case.fee or 0, case.care)
    if word == "不得":
        assert detail in "".join(sentences(found.of(slug).reasons))
    elif detail:
        assert text == said


def line(found: Assessment, slug: str, fee: int, care: int | None) -> str:
    """What the table of cases says of a line: 得 300, 待确认 800, 未查到, 已停 2026-05-31 ..."""
    outcome = found.of(slug)
    match outcome.answer:
        case Answer.NO:
            return "不得"
        case Answer.ENDED:
            return f"已停 {outcome.ended_on}"
        case Answer.UNKNOWN:
            missing = {reason.code for reason in outcome.reasons}
            if Missing.SET_LOCALLY in missing:
                return "由当地定"
            return "未查到" if Missing.NOT_FOUND in missing else "还不能判断"
    word = "得" if outcome.answer is Answer.YES else "待确认"
    return f"{word} {worth(found, outcome, fee, care)}"


RARELY = {
    Period.YEAR: "每年",
    Period.ONCE: "一次",
    Period.MEAL: "每餐",
    Period.USED_DAY: "每天",
}


def worth(found: Assessment, outcome: Outcome, fee: int, care: int | None) -> str:
    if isinstance(outcome.amount, Fixed) and outcome.period in RARELY:
        return f"{RARELY[outcome.period]}{outcome.amount.fen // 100}"
    match conditions.a_month(outcome.amount, outcome.period):
        case None:
            return "无金额"
        case Formula():
            return "公式"
        case Between(low, None):
            return f"不低于{yuan(low)}"
        case Between(low, high):
            return f"{yuan(low)}—{yuan(high or 0)}"
        case Share(None, _, ceiling):
            return f"标准{(ceiling or 0) // 100}"
        case Fixed(fen):
            return yuan(fen)
    would = bills.would_pay(found, outcome, fee, care)
    assert isinstance(would, int)
    return str(would // 100)


def yuan(fen: int) -> str:
    return f"{fen / 100:g}"


@pytest.mark.parametrize(
    "case", [case for case in cases() if case.medical], ids=lambda case: case.number
)
def test_a_worked_case_of_medical_bills(case: Case) -> None:
    answers = settle(case.elder.insured, case.stay.region, pacts(case.on))
    assert {kind: answers[kind].settlement for kind in case.medical} == case.medical
    named = {answers[kind].pact for kind in case.medical}
    assert {pact.slug for pact in pacts(case.on)} >= named


def test_every_vector_is_there_and_cites_documents_that_ship() -> None:
    numbers = [case.number.rstrip("abcdef") for case in cases() if case.number[0] == "T"]
    assert list(dict.fromkeys(numbers)) == [f"T{n}" for n in range(1, 53)]
    assert len({case.number for case in cases()}) == len(cases())
    slugs = {slug for case in cases() for slug in case.documents}
    assert slugs <= set(Document.objects.values_list("slug", flat=True))
    assert all(case.documents for case in cases())


def test_every_rule_is_held_by_a_case_that_cites_its_document() -> None:
    held = {(slug, document) for c in cases() for slug in c.lines for document in c.documents}
    shipped = Policy.objects.values_list("slug", "document__slug")
    assert {slug for slug, _ in shipped} == {slug for slug, _ in held}
    # These are named beside another rule, whose document the case cites.
    assert {slug for slug, document in shipped if (slug, document) not in held} == {
        "bj-04-now",
        "bj-05",
    }


def test_a_wrong_amount_in_the_table_is_noticed(shipped: Rulebook) -> None:
    case = next(case for case in cases() if case.number == "T1")
    found = assess(case.elder, case.stay, shipped, case.on)
    assert_said(found, "bj-01", "得 300", case)
    with pytest.raises(AssertionError):
        assert_said(found, "bj-01", "得 301", case)


def test_the_other_set_is_shown_and_the_larger_taken(shipped: Rulebook) -> None:
    elder = replace(BEIJINGER, age=92, disabilities=frozenset({Disability("limb", 2, False)}))
    found = assess(elder, HEBEI, shipped, JUNE)
    slugs = [{outcome.rule.slug for outcome in option} for option in found.options]
    assert slugs == [{"bj-02", "bj-03"}, {"bj-03", "bj-09"}]
    assert bills.bill(found, 5_000_00, None).to_elder == 900_00


# Boundary days and birthdays


def test_in_the_birth_month_the_age_is_not_told(shipped: Rulebook) -> None:
    elder = Elder(hukou="110000", born=born_in(1945, 6))
    may, june, july = (datetime.date(2025, month, 15) for month in (5, 6, 7))
    answers = [assess(elder, HEBEI, shipped, on).of("bj-03").answer for on in (may, june, july)]
    assert answers == [Answer.NO, Answer.UNKNOWN, Answer.YES]


def test_in_the_month_of_the_ninetieth_birthday_the_lower_rate_is_sure(shipped: Rulebook) -> None:
    elder = Elder(hukou="110000", born=born_in(1935, 6))
    found = assess(elder, HEBEI, shipped, datetime.date(2025, 6, 15)).of("bj-03")
    # Neither rate is sure: at 89 the lower one, at 90 the higher one. No amount is invented.
    assert found.answer is Answer.UNKNOWN
    assert found.amount is None


@pytest.mark.parametrize(
    ("left", "last_day"),
    [
        ("2026-02-01", "2026-02-28"),
        ("2024-02-29", "2024-02-29"),
        ("2026-12-31", "2026-12-31"),
        ("2026-04-30", "2026-04-30"),
    ],
)
def test_a_hukou_that_leaves_pays_to_the_end_of_the_month(left, last_day, shipped) -> None:
    last = datetime.date.fromisoformat(last_day)
    elder = replace(BEIJINGER, hukou_left=datetime.date.fromisoformat(left))
    assert assess(elder, HEBEI, shipped, last).of("bj-03").answer is Answer.YES
    after = assess(elder, HEBEI, shipped, last + DAY)
    assert (after.of("bj-03").answer, after.of("bj-03").ended_on) == (Answer.ENDED, last)
    # Where the hukou went is not told, so other provinces' rules are not refused.
    assert Missing.HUKOU in codes(after.of("he-02"))
    assert codes(after.of("bj-06")) >= {Refusal.HUKOU_ELSEWHERE}


# What must hold for everyone

STATUSES = ["subsistence", "low_income", "extreme_hardship", "child_disabled", "child_deceased"]
STATUSES += ["hardship_in_home", "work_injury_care", "duty_disabled", "below_subsistence"]
STATUSES += ["rural", "custody_subsidy", "support_in_institution", "residence_permit"]
STATUSES += ["concentrated_care", "bravery_care", "preferential", "bedridden"]
PLACES = ["110000", "110102", "110107", "120000", "130800", "131082", "370000", "410800", "500000"]
PLACES += ["130110", "500104"]
SETTINGS = ["institution", "home_care", "family_care", "combined_home", "day_care", "short_stay"]
KINDS = ["sight", "hearing", "limb", "intellect", "mental"]
LEVELS = {"beijing": 3, "gbt42195": 4, "ltci": 5, "tianjin_care": 3}

elders = st.builds(
    Elder,
    hukou=st.sampled_from([None, *PLACES]),
    hukou_left=st.sampled_from([None, None, datetime.date(2026, 5, 10)]),
    hukou_now=st.sampled_from([None, *PLACES]),
    open_statuses=st.sampled_from([frozenset(), frozenset({"residence_permit"})]),
    age=st.one_of(st.none(), st.integers(58, 101)),
    findings=st.fixed_dictionaries(
        {}, optional={scale: st.integers(0, top) for scale, top in LEVELS.items()}
    ).map(lambda found: frozenset(found.items())),
    statuses=st.one_of(st.none(), st.frozensets(st.sampled_from(STATUSES), max_size=3)),
    disabilities=st.one_of(
        st.none(),
        st.frozensets(
            st.builds(
                Disability,
                st.sampled_from(KINDS),
                st.one_of(st.none(), st.integers(1, 4)),
                st.sampled_from([None, True, False]),
            ),
            max_size=2,
        ),
    ),
    insured=st.sampled_from([None, *PLACES]),
    scheme=st.sampled_from([None, "employee", "resident"]),
)
stays = st.builds(
    Stay,
    st.sampled_from([None, *PLACES]),
    st.sampled_from([None, *SETTINGS]),
    st.one_of(
        st.none(),
        st.frozensets(
            st.sampled_from([("pilot", "110000"), ("ltci", "120000"), ("bj_star2", "110000")])
        ),
    ),
)
days = st.sampled_from([JUNE, VOUCHER_DAY, datetime.date(2027, 1, 1), datetime.date(2026, 5, 31)])
fees = st.integers(0, 20_000_00)
many = settings(max_examples=150, deadline=None)


@pytest.mark.no_cover
@many
@given(elder=elders, several=st.lists(stays, min_size=2, max_size=6), on=days)
def test_what_was_said_of_other_stays_changes_no_answer(shipped, elder, several, on) -> None:
    said: KnownOutcomes = {}
    for stay in several:
        assert assess(elder, stay, shipped, on, said) == assess(elder, stay, shipped, on)


FIELDS = ["hukou", "age", "statuses", "disabilities", "insured", "scheme"]


@pytest.mark.no_cover
@many
@given(elder=elders, stay=stays, on=days, fee=fees, part=st.integers(0, 100), gone=st.data())
def test_telling_less_never_raises_what_is_confirmed(
    shipped, elder, stay, on, fee, part, gone
) -> None:
    care = fee * part // 100
    less = gone.draw(st.sampled_from(forgetting(elder)))
    full, poor = (assess(known, stay, shipped, on) for known in (elder, less))
    assert confirmed(poor, fee, care) <= confirmed(full, fee, care)
    assert bills.to_elder(poor) <= bills.to_elder(full)


def forgetting(elder: Elder) -> list[Elder]:
    """The elder with one answer less."""
    told = [replace(elder, **{field: None}) for field in FIELDS]
    return told + [replace(elder, findings=elder.findings - {one}) for one in elder.findings]


def confirmed(found: Assessment, fee: int, care: int | None) -> int:
    return fee - bills.bill(found, fee, care).to_pay


@many
@given(elder=elders, stay=stays, on=days, fee=fees, part=st.integers(0, 100), rise=fees)
def test_a_dearer_home_never_costs_less(shipped, elder, stay, on, fee, part, rise) -> None:
    found = assess(elder, stay, shipped, on)
    care = fee * part // 100
    for more in (0, rise // 2, rise):
        dear = bills.to_pay(found.terms, fee + rise, care + more)
        assert 0 <= bills.to_pay(found.terms, fee, care) <= dear <= fee + rise


@pytest.mark.no_cover
@many
@given(elder=elders, stay=stays, on=days, fee=fees, seed=st.integers())
def test_the_order_of_rules_and_exclusions_is_free(shipped, elder, stay, on, fee, seed) -> None:
    shuffled = random.Random(seed)
    mixed = Rulebook(
        tuple(shuffled.sample(shipped.rules, len(shipped.rules))),
        tuple(shuffled.sample(shipped.exclusions, len(shipped.exclusions))),
        tuple(shuffled.sample(shipped.standards, len(shipped.standards))),
    )
    one, other = assess(elder, stay, shipped, on), assess(elder, stay, mixed, on)
    assert one == other


@pytest.mark.no_cover
@many
@given(elder=elders, stay=stays, on=days, fee=fees, part=st.one_of(st.none(), st.integers(0, 100)))
def test_every_rule_answers_and_only_a_yes_is_summed(shipped, elder, stay, on, fee, part) -> None:
    found = assess(elder, stay, shipped, on)
    assert [outcome.rule.slug for outcome in found.outcomes] == sorted(
        rule.slug for rule in shipped.rules
    )
    for outcome in found.outcomes:
        assert (outcome.answer is Answer.YES) is (outcome.reasons == ())
        assert outcome.amount is None or outcome.rule.grade in {"A", "B", "S"}
        assert set(sentences(outcome.reasons)) or outcome.answer is Answer.YES
    bill = bills.bill(found, fee, None if part is None else fee * part // 100)
    for paid in bill.lines:
        outcome = found.of(paid.slug)
        assert outcome.answer is Answer.YES
        assert isinstance(outcome.amount, Fixed | Share)
    assert bill.fee == bill.on_bill + bill.cash + bill.to_pay
    unsure = any(
        outcome.answer in {Answer.UNKNOWN, Answer.CONFIRM} and outcome.payee is not Payee.HOME
        for outcome in found.outcomes
    )
    assert bill.is_at_most or not unsure


def test_an_elder_of_whom_nothing_is_told_gets_an_answer_from_every_rule(shipped) -> None:
    found = assess(Elder(), Stay(), shipped, VOUCHER_DAY)
    assert len(found.outcomes) == len(shipped.rules)
    assert {outcome.answer for outcome in found.outcomes} <= {Answer.UNKNOWN, Answer.NO}
    assert bills.to_elder(found) == 0
    assert found.leaves_open


# Each code is given by somebody


def codes(outcome: Outcome) -> set[str]:
    return {reason.code for reason in outcome.reasons}


def rule(**changes) -> Rule:
    plain = Rule(
        slug="rule",
        region="110000",
        anchor=Anchor.HUKOU,
        payee=Payee.ELDER,
        portability=Portability.ANYWHERE,
        grade=Grade.OFFICIAL,
        rates=(Rate(Fixed(100_00)),),
    )
    return replace(plain, **changes)


def book(*rules: Rule, **exclusion) -> Rulebook:
    if not exclusion:
        return Rulebook(rules)
    return Rulebook(rules, (Exclusion(slug="exclusion", **exclusion),))


TOLD = Elder(
    hukou="110101",
    age=70,
    findings=frozenset({("beijing", 1)}),
    statuses=frozenset({"duty_disabled"}),
    disabilities=frozenset({Disability("limb", 4, False)}),
    insured="110000",
    scheme="employee",
)
AT_HOME = Stay("131082", "home_care", frozenset())
LATER, EARLIER = datetime.date(2025, 6, 2), datetime.date(2025, 5, 31)


def rates(**conditions) -> tuple[Rate, ...]:
    return (Rate(Fixed(100_00), **conditions),)


def with_status(conflict: Conflict) -> Rulebook:
    return book(
        rule(),
        conflict=conflict,
        first=frozenset({"rule"}),
        statuses=frozenset({"duty_disabled"}),
    )


def beside(conflict: Conflict, **changes) -> Rulebook:
    other = rule(slug="other", **changes)
    return book(
        rule(), other, conflict=conflict, first=frozenset({"other"}), second=frozenset({"rule"})
    )


INSURED = rule(anchor=Anchor.INSURED, region="120000")
WAYS: dict[str, tuple[Rulebook, Elder, Stay]] = {
    Refusal.NOT_BEGUN: (book(rule(since=LATER)), TOLD, AT_HOME),
    Refusal.EXPIRED: (book(rule(until=EARLIER)), TOLD, AT_HOME),
    Refusal.HUKOU_LEFT: (book(rule()), replace(TOLD, hukou_left=EARLIER), AT_HOME),
    Refusal.HUKOU_ELSEWHERE: (book(rule(region="500000")), TOLD, AT_HOME),
    Refusal.SERVICE_ELSEWHERE: (book(rule(anchor=Anchor.SERVICE)), TOLD, AT_HOME),
    Refusal.INSURED_ELSEWHERE: (book(INSURED), TOLD, AT_HOME),
    Refusal.HOME_ELSEWHERE: (book(rule(anchor=Anchor.INSTITUTION)), TOLD, AT_HOME),
    Refusal.STAYS_BEHIND: (book(rule(portability=Portability.STAYS)), TOLD, AT_HOME),
    Refusal.NOT_LISTED: (
        book(rule(portability=Portability.LISTED, home_list="pilot")),
        TOLD,
        AT_HOME,
    ),
    Refusal.BARRED: (with_status(Conflict.BLOCKS), TOLD, AT_HOME),
    Refusal.REPLACED: (beside(Conflict.REPLACES), TOLD, AT_HOME),
    Refusal.AGE: (book(rule(rates=rates(age_from=71))), TOLD, AT_HOME),
    Refusal.BORN: (book(rule(rates=rates(born_from=EARLIER))), TOLD, AT_HOME),
    Refusal.ABILITY: (book(rule(rates=rates(scale="beijing", levels=(3, 3)))), TOLD, AT_HOME),
    Refusal.STATUS: (book(rule(rates=rates(statuses=frozenset({"rural"})))), TOLD, AT_HOME),
    Refusal.DISABILITY: (
        book(rule(rates=rates(disability_kinds=frozenset({"limb"}), disability_grades=(1, 3)))),
        TOLD,
        AT_HOME,
    ),
    Refusal.SCHEME: (book(rule(rates=rates(scheme="resident"))), TOLD, AT_HOME),
    Refusal.SETTING: (
        book(rule(rates=rates(settings=frozenset({"institution"})))),
        TOLD,
        AT_HOME,
    ),
    Missing.NOT_FOUND: (book(rule(grade=Grade.UNKNOWN, rates=())), TOLD, AT_HOME),
    Missing.NO_RATE: (book(rule(rates=rates(since=LATER))), TOLD, AT_HOME),
    Missing.SET_LOCALLY: (book(rule(rates=(Rate(SetLocally()),))), TOLD, AT_HOME),
    Missing.ONE_STATUS: (
        book(rule(rates=rates(statuses=frozenset({"residence_permit"})))),
        replace(TOLD, open_statuses=frozenset({"residence_permit"})),
        AT_HOME,
    ),
    Missing.HUKOU: (book(rule(region="110102")), replace(TOLD, hukou="110000"), AT_HOME),
    Missing.PLACE: (book(rule(portability=Portability.STAYS)), TOLD, Stay()),
    Missing.INSURED: (book(INSURED), Elder(), AT_HOME),
    Missing.LISTED: (
        book(rule(portability=Portability.LISTED, home_list="pilot")),
        TOLD,
        Stay("131082"),
    ),
    Missing.AGE: (book(rule(rates=rates(age_from=60))), replace(TOLD, age=None), AT_HOME),
    Missing.ABILITY: (
        book(rule(rates=rates(scale="ltci", levels=(3, 5)))),
        TOLD,
        AT_HOME,
    ),
    Missing.STATUS: (
        with_status(Conflict.BLOCKS),
        replace(TOLD, statuses=None),
        AT_HOME,
    ),
    Missing.DISABILITY: (
        book(rule(rates=rates(disability_kinds=frozenset({"limb"}), multiple=True))),
        replace(TOLD, disabilities=frozenset({Disability("limb", 1)})),
        AT_HOME,
    ),
    Missing.SCHEME: (book(rule(rates=rates(scheme="resident"))), Elder("110000"), AT_HOME),
    Missing.SETTING: (
        book(rule(rates=rates(settings=frozenset({"institution"})))),
        TOLD,
        Stay("131082"),
    ),
    Doubt.OFF_SITE: (book(rule(portability=Portability.UNKNOWN)), TOLD, AT_HOME),
    Doubt.WEAK_SOURCE: (book(rule(grade=Grade.WEAK, rates=())), TOLD, AT_HOME),
    Doubt.CONDITIONS: (book(rule(conditions_known=False)), TOLD, AT_HOME),
    Doubt.AMOUNT: (book(rule(rates=())), TOLD, AT_HOME),
    Doubt.RATE: (book(rule(rates=rates(unsure=True))), TOLD, AT_HOME),
    Doubt.SHARE: (
        book(rule(payee=Payee.BILL, stage=1, rates=(Rate(Share(None, Base.CARE, 60_00)),))),
        TOLD,
        AT_HOME,
    ),
    Doubt.STATUS: (with_status(Conflict.ASKS), TOLD, AT_HOME),
    Doubt.PLACE: (book(rule(doubtful_places=frozenset({"110101"}))), TOLD, AT_HOME),
    Doubt.TOGETHER: (beside(Conflict.UNCLEAR), TOLD, AT_HOME),
    Doubt.REPLACED: (
        beside(Conflict.REPLACES, region="110102"),
        replace(TOLD, hukou="110000"),
        AT_HOME,
    ),
}
ANSWERS = {Refusal: Answer.NO, Missing: Answer.UNKNOWN, Doubt: Answer.CONFIRM}


@pytest.mark.parametrize("code", WAYS)
def test_each_code_is_the_one_reason_of_somebody(code) -> None:
    rules, elder, stay = WAYS[code]
    outcome = assess(elder, stay, rules, JUNE).of("rule")
    assert codes(outcome) == {code}
    ends = code in {Refusal.EXPIRED, Refusal.HUKOU_LEFT}
    assert outcome.answer is (Answer.ENDED if ends else ANSWERS[type(code)])


def test_every_code_is_reached_and_has_its_sentence() -> None:
    every = {*Refusal, *Missing, *Doubt, *Hint}
    assert {*WAYS, *Hint} == set(SENTENCES) == every
    assert len({str(code) for code in every}) == len(every)
    assert all(sentence.endswith("。") for sentence in SENTENCES.values())


def test_every_reason_is_given_not_only_the_first() -> None:
    strict = rule(
        since=LATER,
        region="500000",
        portability=Portability.STAYS,
        rates=rates(age_from=90, scheme="resident"),
    )
    found = assess(TOLD, AT_HOME, book(strict), JUNE).of("rule")
    assert codes(found) == {
        Refusal.NOT_BEGUN,
        Refusal.HUKOU_ELSEWHERE,
        Refusal.STAYS_BEHIND,
        Refusal.AGE,
        Refusal.SCHEME,
    }


# Rates and choices


def test_a_sure_lower_rate_counts_while_a_higher_one_is_open() -> None:
    tiers = (Rate(Fixed(600_00), scale="ltci", levels=(3, 5)), Rate(Fixed(200_00), age_from=60))
    found = assess(TOLD, AT_HOME, book(rule(rates=tiers)), JUNE)
    assert found.of("rule").amount == Fixed(200_00)
    assert {reason.code for reason in found.of("rule").higher} == {Missing.ABILITY}
    assert bills.bill(found, 1_000_00, None).is_at_most


def test_a_lower_rate_behind_an_open_formula_is_not_counted() -> None:
    tiers = (Rate(Formula("补差"), scale="ltci", levels=(3, 5)), Rate(Fixed(200_00), age_from=60))
    found = assess(TOLD, AT_HOME, book(rule(rates=tiers)), JUNE)
    assert found.of("rule").answer is Answer.UNKNOWN


def test_a_rate_is_not_sure_while_a_lower_one_before_it_is_open() -> None:
    tiers = (Rate(Fixed(100_00), scale="ltci", levels=(3, 5)), Rate(Fixed(200_00), age_from=60))
    found = assess(TOLD, AT_HOME, book(rule(rates=tiers)), JUNE)
    assert found.of("rule").answer is Answer.UNKNOWN


def test_the_voucher_waits_while_the_care_allowance_is_possible(shipped) -> None:
    """Not telling the Beijing assessment must not make the voucher sure."""
    elder = replace(BEIJINGER, findings=frozenset({("gbt42195", 3)}))
    waiting = assess(elder, HEBEI, shipped, VOUCHER_DAY)
    assert waiting.of("bj-02").answer is Answer.UNKNOWN
    assert codes(waiting.of("cn-01")) == {Doubt.TOGETHER}
    told = replace(elder, findings=elder.findings | {("beijing", 1)})
    assert assess(told, HEBEI, shipped, VOUCHER_DAY).of("cn-01").answer is Answer.YES


def test_a_monthly_sum_for_the_home_never_meets_the_bill() -> None:
    found = assess(TOLD, AT_HOME, book(rule(payee=Payee.HOME)), JUNE)
    assert found.terms == [[]]
    assert not found.leaves_open
    assert bills.bill(found, 1_000_00, None).to_pay == 1_000_00


@pytest.mark.parametrize(
    ("period", "term"),
    [
        (Period.DAY, Fixed(3_000_00)),
        (Period.MONTH, Fixed(100_00)),
        (Period.YEAR, None),
        (Period.ONCE, None),
        (Period.MEAL, None),
    ],
)
def test_only_what_comes_every_month_meets_the_bill(period, term) -> None:
    outcome = assess(TOLD, AT_HOME, book(rule(rates=rates(period=period))), JUNE).of("rule")
    assert outcome.answer is Answer.YES
    assert (outcome.term and outcome.term.amount) == term
    assert outcome.leaves_open is (term is None)


def test_what_the_home_is_paid_stays_off_the_family_bill(shipped) -> None:
    found = assess(BEIJINGER, YANDA, shipped, JUNE)
    assert [outcome.rule.slug for outcome in bills.to_home(found)] == ["bj-04"]
    assert "bj-04" not in {paid.slug for paid in bills.bill(found, 5_000_00, None).lines}


def test_shijingshan_has_to_be_asked(shipped) -> None:
    elder = replace(BEIJINGER, hukou="110107", findings=frozenset({("beijing", 3)}))
    assert codes(assess(elder, HEBEI, shipped, JUNE).of("bj-02")) == {Doubt.PLACE}


@pytest.mark.parametrize(
    ("elder", "expected"),
    [
        (Elder(insured="120000", scheme="employee"), Refusal.REPLACED),
        (Elder(insured="120000", scheme="resident"), None),
        (Elder(insured="120000"), Doubt.REPLACED),
        (Elder(insured="130000", scheme="employee"), Refusal.REPLACED),
        (Elder(insured="110000", scheme="employee"), Doubt.REPLACED),
        (Elder(insured="370000", scheme="employee"), None),
    ],
)
def test_a_city_with_insurance_of_its_own_stands_in_place_of_the_frame(
    elder, expected, shipped
) -> None:
    severe = replace(elder, findings=frozenset({("ltci", 4)}))
    outcome = assess(severe, YANDA, shipped, VOUCHER_DAY).of("cn-02")
    found = codes(outcome) & {Refusal.REPLACED, Doubt.REPLACED}
    assert found == ({expected} if expected else set())
    assert outcome.term is None


@pytest.mark.parametrize(
    ("designations", "place", "answer"),
    [
        (frozenset({("ltci", "120000")}), "120000", Answer.YES),
        (frozenset(), "120000", Answer.NO),
        (None, "120000", Answer.UNKNOWN),
        (frozenset(), "131082", Answer.CONFIRM),
        (frozenset({("ltci", "120000")}), "131082", Answer.YES),
    ],
)
def test_city_insurance_asks_for_its_own_list(designations, place, answer, shipped) -> None:
    case = next(case for case in cases() if case.number == "T12")
    stay = Stay(place, "institution", designations)
    assert assess(case.elder, stay, shipped, JUNE).of("tj-03").answer is answer


# What cannot be built


@pytest.mark.parametrize(
    ("lines", "cash", "left"),
    [
        ((("a", Payee.BILL, 300),), 0, 800),
        ((("a", Payee.BILL, 1_100),), 0, -100),
        ((("a", Payee.BILL, -100),), 0, 1_100),
        ((("a", Payee.ELDER, 300),), 200, 700),
    ],
)
def test_a_bill_that_does_not_add_up_cannot_be_built(lines, cash, left) -> None:
    with pytest.raises(ValueError, match=r"add up|more cash"):
        bills.Bill(1_000, tuple(bills.Line(*line) for line in lines), cash, left, False)


def test_cash_beyond_the_fee_stays_with_the_elder() -> None:
    found = assess(TOLD, AT_HOME, book(rule()), JUNE)
    bill = bills.bill(found, 30_00, None)
    assert (bill.to_pay, bill.cash, bill.to_elder) == (0, 30_00, 100_00)


def test_an_outcome_that_contradicts_itself_cannot_be_built() -> None:
    yes = Outcome(rule(), (), Fixed(1))
    with pytest.raises(ValueError, match="says what"):
        Outcome(rule())
    with pytest.raises(ValueError, match="carries no amount"):
        replace(yes, reasons=(conditions.Reason(Refusal.AGE),))
    with pytest.raises(ValueError, match="grade C carries no amount"):
        replace(yes, rule=rule(grade=Grade.WEAK))
    with pytest.raises(ValueError, match="not confirmed"):
        Assessment((yes,), ((Outcome(rule(), (conditions.Reason(Refusal.AGE),)),),))
    with pytest.raises(ValueError, match="not confirmed"):
        Assessment((yes,), ())


def test_an_elder_that_contradicts_itself_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="two findings"):
        Elder(findings=frozenset({("ltci", 3), ("ltci", 4)}))
    with pytest.raises(ValueError, match="after the last"):
        Elder(born=(LATER, EARLIER))


# The fold


def test_insurance_comes_before_the_voucher_and_both_before_cash() -> None:
    terms = [
        Term("cash", 9, Payee.ELDER, Fixed(100)),
        Term("voucher", 2, Payee.BILL, Share(40, Base.WHOLE, cap=800)),
        Term("insurance", 1, Payee.BILL, Share(70, Base.CARE, ceiling=2_100)),
    ]
    for order in itertools.permutations(terms):
        paid = [(term.slug, amount) for term, amount in bills.payments(order, 4_500, 3_000)]
        assert paid == [("insurance", 1_470), ("voucher", 800), ("cash", 100)]
        assert bills.to_pay([order], 4_500, 3_000) == 2_130


def test_the_voucher_is_a_share_of_what_insurance_leaves() -> None:
    terms = [
        Term("voucher", 2, Payee.BILL, Share(40, Base.WHOLE, cap=800)),
        Term("insurance", 1, Payee.BILL, Share(70, Base.CARE, ceiling=2_100)),
    ]
    assert [amount for _, amount in bills.payments(terms, 2_000, 1_000)] == [700, 520]


def test_without_the_care_part_its_insurance_is_not_counted(shipped) -> None:
    case = next(case for case in cases() if case.number == "T21")
    found = assess(case.elder, case.stay, shipped, case.on)
    bill = bills.bill(found, 4_500_00, None)
    assert (bill.on_bill, bill.to_pay, bill.is_at_most) == (800_00, 3_700_00, True)


@pytest.mark.parametrize(
    ("amount", "care", "expected"),
    [
        (Fixed(300_00), None, 300_00),
        (Between(1, 2), None, Between(1, 2)),
        (Formula("补差"), None, None),
        (Share(None, Base.CARE, 60_00), 100, None),
        (Share(50, Base.CARE), None, None),
        (Share(50, Base.CARE), 900_00, 450_00),
    ],
)
def test_what_a_doubtful_line_would_pay(amount, care, expected) -> None:
    doubtful = rule(payee=Payee.BILL, stage=1, conditions_known=False, rates=(Rate(amount),))
    found = assess(TOLD, AT_HOME, book(doubtful), JUNE)
    assert bills.would_pay(found, found.of("rule"), 1_000_00, care) == expected


# It runs anywhere


@pytest.mark.parametrize("module", ["assessment", "bills", "settlement"])
def test_the_engine_needs_neither_django_nor_the_site(module: str) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import regions.engine.{module}\n"
        "print([name for name in sys.modules if name.partition('.')[0] == 'django'"
        " or name.startswith('regions.models')])"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_the_policies_of_the_table_are_those_of_the_database(shipped) -> None:
    assert {rule.slug for rule in shipped.rules} == set(
        Policy.objects.values_list("slug", flat=True)
    )
