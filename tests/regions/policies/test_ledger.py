"""What a ledger says of worked cases; no figure of any ledger stands without its source."""

import datetime
import random
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace

import pytest

from carebridge.lib.money import whole_yuan as yuan
from carebridge.templating.environment import macro
from institutions.costs.monthly_cost import Cost
from institutions.pages.compare.questions import money_questions
from institutions.pages.compare.table import Cited, HomeColumn, Notes, answer_row
from regions.engine.assessment import assess
from regions.engine.rules import (
    Answer,
    Between,
    Disability,
    Elder,
    Fixed,
    Formula,
    Payee,
    Period,
    Share,
    Stay,
)
from regions.engine.stay_classes import StayClasses
from regions.models import Grade
from regions.policies.ledger import Ledger, LedgerLine, amount_words, ledger
from regions.policies.rulebook import book
from regions.policies.worked_cases import Case, cases
from tests.institutions.costs.drawn import DAYS, elder

pytestmark = pytest.mark.django_db
CASES = {case.number: case for case in cases()}


def ledger_of(case: Case) -> Ledger:
    found = assess(case.elder, case.stay, book().rules, case.on)
    return ledger(found, book(), case.fee, case.care)


def test_three_totals_of_a_bill():
    """T21: insurance 1,470 and the voucher's 800 are on the bill; nothing is cash."""
    found = ledger_of(CASES["T21"])
    assert (found.to_elder, found.on_bill, found.bill.to_pay) == (0, 227_000, 223_000)
    assert [line.counted for line in found.counted] == [147_000, 80_000]


def test_what_is_still_open_is_shown_and_in_no_sum():
    """T25: the voucher waits to be confirmed beside the nursing allowance."""
    found = ledger_of(CASES["T25"])
    voucher = next(line for line in found.to_confirm if line.policy.slug == "cn-01")
    assert voucher.counted is None
    assert voucher.open_amount == "如果能享受，这里是 800 元/月"
    assert "失能老年人护理补贴" in " ".join(voucher.reasons)
    assert (found.to_elder, found.bill.to_pay, found.is_at_most) == (100_000, 680_000, True)


def test_two_sets_to_choose_from_are_both_shown():
    """T5: either set comes to 500."""
    found = ledger_of(CASES["T5"])
    assert sorted(choice.cash for choice in found.choices) == [50_000, 50_000]
    assert all(choice.names for choice in found.choices)


def test_a_set_with_a_formula_is_no_smaller_for_certain():
    """An income below 低保, severely disabled limbs: BJ-08 is a formula that may beat the other."""
    who = Elder(
        hukou="110101",
        age=83,
        statuses=frozenset({"below_subsistence"}),
        disabilities=frozenset({Disability("limb", 1)}),
    )
    found = assess(who, Stay("131082", "institution", frozenset()), book().rules, DAYS[0])
    shown = ledger(found, book())
    assert [choice.cash for choice in shown.choices] == [70_000, 40_000]
    assert not shown.is_choice_sure
    page = macro("show_ledger", "parts/_ledger.html")(shown)
    assert "多的一组算" not in page
    assert "困难残疾人生活补贴没有算进去" in page


def test_what_ends_with_the_month_says_so():
    left = Elder(hukou="110101", hukou_left=datetime.date(2026, 11, 2), age=86)
    stay = Stay("131082", "institution", frozenset())
    shown = ledger(assess(left, stay, book().rules, DAYS[4]), book(), 305_000, 100_000)
    assert shown.bill.to_pay == 295_000
    assert shown.last_day == datetime.date(2026, 11, 30)
    page = macro("show_ledger", "parts/_ledger.html")(shown)
    assert "给到 2026-11-30 为止，以后家里要多付" in page
    gone = replace(left, hukou_left=datetime.date(2001, 1, 5))
    answers = {o.rule.slug: o for o in assess(gone, stay, book().rules, DAYS[4]).outcomes}
    assert answers["bj-03"].answer == "no"  # gone eighteen years before it began
    assert answers["bj-03"].ended_on is None


def test_a_hukou_told_too_roughly_is_hinted_at():
    who = Elder(
        hukou="110000",
        age=87,
        findings=frozenset({("beijing", 3)}),
        statuses=frozenset(),
        disabilities=frozenset(),
    )
    found = assess(who, Stay("131082", "institution", frozenset()), book().rules, DAYS[3])
    line = next(o for o in ledger(found, book()).lines if o.policy.slug == "bj-02")
    assert line.answer == "yes"
    assert "户籍填到区县再看" in " ".join(line.reasons)


def test_a_refusal_asks_for_nothing_more():
    found = assess(Elder(hukou="370000"), Stay("370100"), book().rules, DAYS[3])
    for line in ledger(found, book()).refused:
        assert "请填" not in " ".join(line.reasons)
        assert len(set(line.reasons)) == len(line.reasons)


def test_what_the_home_gets_is_a_line_of_its_own():
    found = ledger_of(CASES["T1"])
    assert [(line.policy.slug, line.amount) for line in found.to_home] == [
        ("bj-04", "300—500 元/月")
    ]
    assert found.to_home[0].counted is None


@pytest.mark.parametrize(
    ("amount", "period", "words"),
    [
        (None, Period.MONTH, ""),
        (Fixed(30_000), Period.MONTH, "300 元/月"),
        (Fixed(105), Period.MEAL, "1.05 元/餐"),
        (Between(30_000, 50_000), Period.MONTH, "300—500 元/月"),
        (Formula("按公式"), Period.MONTH, "按公式"),
        (Share(40, cap=80_000), Period.MONTH, "前面抵过以后的全部费用的 40%，最多 800 元/月"),
        (Share(None, ceiling=6_000), Period.DAY, "结算标准 60 元/天，其中付多少没有查到"),
    ],
)
def test_amounts_in_words(amount, period, words):
    assert amount_words(amount, period) == words


def drawn(number: int) -> Iterator[Ledger]:
    """Ledgers of elders and stays drawn by chance, with and without a bill."""
    draw, rules = random.Random(44), book()
    classes = StayClasses(rules.rules)
    for _ in range(number):
        who, on = elder(draw), draw.choice(DAYS)
        lists = draw.sample(sorted(classes.lists), draw.randint(0, 2))
        one = classes.of(draw.choice(["131082", "120101", "500103", "410802"]), lists)
        fee = draw.choice([None, 450_000, 780_000])
        found = assess(who, classes.stay(one, "institution"), rules.rules, on)
        yield ledger(found, rules, fee, fee and draw.choice([None, 210_000]))


def test_no_figure_without_document_date_and_grade():
    """200 drawn ledgers: every line is cited, on the four pages that show it too."""
    for shown in drawn(200):
        adds_up(shown)
        for line in shown.lines:
            is_cited(line)
        cost = Cost(None, shown.bill and shown.bill.fee, shown, "")
        on_ledger_and_card(cost)
        on_pack(cost)
        in_comparison(cost)


def adds_up(shown: Ledger) -> None:
    counted = [line.counted or 0 for line in shown.counted]
    if shown.bill:
        assert shown.bill.fee == sum(counted) + shown.bill.to_pay
    else:
        assert shown.to_elder == sum(counted)


def is_cited(line: LedgerLine) -> None:
    assert line.policy.document.title in line.cited
    assert dict(Grade.choices)[line.policy.grade] in line.cited
    if any([line.amount, line.open_amount, line.counted]):
        assert "没有查到" not in line.dated
        assert line.policy.grade in "ABS"
    if line.payee is Payee.HOME:
        assert line.counted is None


def on_ledger_and_card(cost: Cost) -> None:
    page = macro("show_ledger", "parts/_ledger.html")(cost.ledger)
    for line in cost.ledger.lines:
        if not (line.is_of_another_place and line.answer in {Answer.NO, Answer.ENDED}):
            assert line.cited in page
    home = SimpleNamespace(name="某家", get_absolute_url=lambda: "/institutions/1/")
    card = macro("show_how", "parts/_how.html")(cost, home, "")
    for line in cost.ledger.counted:
        assert f'{line.policy.name}<span class="src">{line.cited}</span>' in card
        assert f'<data value="{line.counted}">' in card


def on_pack(cost: Cost) -> None:
    """The sheet lists what is confirmed and open, each line followed by its source."""
    nothing = {"fees": {"levels": ()}, "sources": {}}
    items = macro("show_pack_cost", "visit_pack/_cost.html")(cost, {}, nothing).split("<li>")
    told = [*cost.ledger.confirmed, *cost.ledger.to_confirm, *cost.ledger.unknown]
    for line in told:
        [item] = [i for i in items if f"<b>{line.policy.name}</b>（" in i]
        assert line.cited in item.partition('class="src"')[2]
        assert line.counted is None or f"计入 {yuan(line.counted)} 元/月" in item


def in_comparison(cost: Cost) -> None:
    """What follows is one sum, said line by line in 为什么; what is open has no figure."""
    home = SimpleNamespace(name="某家", provenance=SimpleNamespace(all=list))
    column = HomeColumn(SimpleNamespace(institution=home), SimpleNamespace(cost=cost), (), DAYS[0])
    notes = Notes()
    rows = {q.label: answer_row(q, [column], notes) for q in money_questions([column])[2:5]}
    follows, why, still = (r.cells[0].answer.lines for r in rows.values())
    assert list(rows) == ["跟着老人走的", "为什么", "还没算进的"]
    assert {said.fen for said in still} == {None}
    if cost.ledger.bill is None:
        assert {said.fen for said in (*follows, *why)} == {None}
        return
    # What nobody has decided has no figure, and no line that has one.
    assert sum(said.fen or 0 for said in why) == (follows[0].fen or 0)
    page = macro("show_row", "compare/_row.html")(rows["为什么"])
    cited = {note.number: note.of for note in notes.listed}
    for line, said in zip(cost.ledger.counted, why, strict=False):
        amount = f'<span class="num">{yuan(-line.counted)}</span>'
        link = f'<a class="src" href="#note-{said.note}">'
        assert f"{line.policy.name} {amount} 元{link}" in page
        assert cited[said.note] == Cited(line.cited, line.cited_url)
