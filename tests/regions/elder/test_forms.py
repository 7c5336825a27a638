"""The elder of an address: what is told, what is in error, and what is never guessed."""

import datetime

import pytest
from django.http import QueryDict

from regions.elder.form import ElderForm
from regions.elder.questions import questions
from regions.engine.rules import Disability, Elder
from regions.policies.rulebook import book

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 11, 22)


def form(query: str) -> ElderForm:
    return ElderForm(QueryDict(query), TODAY)


def test_an_empty_address_tells_nothing():
    asked = form("")
    assert asked.elder == Elder()
    assert asked.is_blank
    assert (asked.pairs, asked.words, dict(asked.errors)) == ([], [], {})


def test_everything_told():
    asked = form(
        "e_hukou=110102&e_left=2026-05-10&e_age=1944-03&e_ability=gbt42195:2&e_ability=beijing:3"
        "&e_status=subsistence&e_status=rural&e_disability=limb:2&e_disability=single"
        "&e_insured=北京&e_scheme=employee&e_ltci=ltci:3&e_now=北京市朝阳区"
    )
    assert dict(asked.errors) == {}
    assert asked.elder == Elder(
        hukou="110102",
        hukou_left=datetime.date(2026, 5, 10),
        born=(datetime.date(1944, 3, 1), datetime.date(1944, 3, 31)),
        findings=frozenset({("gbt42195", 2), ("beijing", 3), ("ltci", 3)}),
        statuses=frozenset({"subsistence", "rural"}),
        disabilities=frozenset({Disability("limb", 2, False)}),
        insured="110000",
        scheme="employee",
        residence="110105",
        open_statuses=frozenset({"residence_permit"}),
    )
    assert ("e_insured", "110000") in asked.pairs
    assert ("e_age", "1944-03") in asked.pairs
    assert asked.words[:2] == ["北京市西城区户籍（已迁出）", "1944 年 3 月出生"]


def test_what_links_carry_is_read_back_alike():
    asked = form("e_hukou=北京西城&e_left=2026-05&e_age=82&e_disability=none&e_status=none")
    again = QueryDict(mutable=True)
    for name, value in asked.pairs:
        again.appendlist(name, value)
    assert ElderForm(again, TODAY).elder == asked.elder
    assert asked.elder.statuses == frozenset()
    assert asked.elder.disabilities == frozenset()


def test_a_former_code_stands_for_its_successor():
    assert form("e_hukou=500105").elder.hukou == "500157"


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        ("e_age=-1", "e_age", "0 到 120"),
        ("e_age=200", "e_age", "0 到 120"),
        ("e_age=99999999999", "e_age", "请填数字"),
        ("e_age=八十", "e_age", "请填数字"),
        ("e_age=82.5", "e_age", "请填数字"),
        ("e_age=1900-01", "e_age", "超过 120 岁"),
        ("e_age=2100-01", "e_age", "还没有到"),
        ("e_age=1944-13", "e_age", "月份"),
        ("e_age=80&e_age=90", "e_age", "不止一次"),
        ("e_ability=3", "e_ability", "哪一种评估"),
        ("e_ability=beijing:9", "e_ability", "没有“beijing:9”"),
        ("e_ability=gbt42195:1&e_ability=gbt42195:2", "e_ability", "只填一个结果"),
        ("e_ltci=gbt42195:2", "e_ltci", "没有"),
        ("e_hukou=北京&e_left=1900-01-01", "e_left", "1958"),
        ("e_hukou=北京&e_left=2100-01-01", "e_left", "还没有到"),
        ("e_hukou=北京&e_left=2026-02-30", "e_left", "没有这一天"),
        ("e_hukou=北京&e_left=去年", "e_left", "年-月-日"),
        ("e_left=2026-05-10", "e_left", "户籍原来"),
        ("e_hukou=朝阳区", "e_hukou", "请写全"),
        ("e_hukou=火星", "e_hukou", "没有找到"),
        ("e_hukou=%00", "e_hukou", "没有找到"),
        ("e_hukou=999999", "e_hukou", "没有找到"),
        ("e_hukou=全国", "e_hukou", "请写到省"),
        ("e_hukou=000000", "e_hukou", "请写到省"),
        ("e_age=1944", "e_age", "像是年份"),
        ("e_insured=" + "北" * 5000, "e_insured", "没有找到"),
        ("e_status=rich", "e_status", "没有“rich”"),
        ("e_status=none&e_status=rural", "e_status", "改一处"),
        ("e_disability=limb:1&e_disability=limb:2", "e_disability", "同一类"),
        ("e_disability=limb:1&e_disability=single&e_disability=multiple", "e_disability", "多重"),
        ("e_scheme=employee&e_scheme=resident", "e_scheme", "只选一种"),
    ],
)
def test_a_bad_value_is_told_and_not_used(query: str, field: str, said: str):
    asked = form(query)
    assert said in " ".join(asked.errors[field])
    assert field not in asked.given
    assert not asked.is_blank


def test_what_is_good_beside_an_error_still_counts():
    asked = form("e_age=八十&e_hukou=110000")
    assert asked.elder == Elder(hukou="110000")


@pytest.mark.parametrize(
    ("typed", "age"),
    [
        ("８２", 82),
        ("82岁", 82),
        (" 82 ", 82),
        ("1944年3月", (1944, 3)),
        ("1944-03-05", (1944, 3)),
        ("1944.3", (1944, 3)),
        ("1944年3月5日", (1944, 3)),
    ],
)
def test_an_age_is_read_as_people_write_it(typed, age):
    assert ElderForm(QueryDict(f"e_age={typed}"), TODAY).given.get("e_age") == age


def test_a_month_is_carried_as_a_month():
    assert ("e_left", "2026-05") in form("e_hukou=110000&e_left=2026-05").pairs


def test_no_kind_of_disability_is_lost_in_the_form():
    asked = form("e_disability=hearing:3&e_disability=limb:4&e_disability=intellect:1")
    drawn = questions(asked, "/").disabilities
    chosen = [c.value for question in drawn for c in question.choices if c.chosen]
    assert chosen == ["hearing:3", "limb:4", "intellect:1"]
    assert len({question.id for question in drawn}) == len(drawn) == 4


def test_codes_take_one_query_together(django_assert_num_queries):
    # region: those of the codes that links carry, with their ancestors
    with django_assert_num_queries(1):
        assert form("e_hukou=110102&e_insured=110000&e_now=131082").elder.residence == "131082"


def test_a_residence_permit_is_asked_apart_and_unknown_until_answered():
    assert form("e_status=none").elder.open_statuses == frozenset({"residence_permit"})
    has = form("e_status=subsistence&e_permit=yes").elder
    assert (has.statuses, has.open_statuses) == (
        frozenset({"subsistence", "residence_permit"}),
        frozenset(),
    )
    assert form("e_status=none&e_permit=no").elder.statuses == frozenset()
    alone = form("e_permit=yes").elder
    assert alone.holds(frozenset({"residence_permit"})) is True
    assert alone.holds(frozenset({"subsistence"})) is None


def test_a_form_of_support_is_that_support():
    assert "extreme_hardship" in form("e_status=support_scattered").elder.statuses


def test_chongqings_old_scale_in_a_link_is_the_nations():
    asked = form("e_ltci=ltci_chongqing:3")
    assert asked.elder.level("ltci") == 3
    assert ("e_ltci", "ltci:3") in asked.pairs


@pytest.mark.parametrize(
    ("typed", "problem"),
    [("2027-01-01", ""), ("2015-12-31", "只能算"), ("明天", "年-月-日"), ("2035-01-01", "只能算")],
)
def test_the_day_to_work_out_is_asked_and_kept(typed, problem):
    asked = form(f"on={typed}&e_age=82")
    assert (problem in "".join(map(str, asked.errors.get("on", [])))) is True
    assert (str(asked.day) == typed) is (not problem)
    assert (("on", typed) in asked.pairs) is (not problem)


def test_where_a_hukou_went_needs_the_day_it_left():
    assert "哪天迁走" in str(form("e_hukou=110000&e_hukou_now=500104").errors["e_hukou_now"])
    moved = form("e_hukou=110000&e_left=2026-05-10&e_hukou_now=500104")
    assert moved.elder.hukou_now == "500104"


def test_only_what_a_rule_of_this_family_reads_is_offered():
    rules = book().rules

    def offered(query: str) -> set[str]:
        asked = questions(form(query), "/follow/", rules=rules)
        return {choice.value for choice in asked.status.choices}

    beijing = offered("e_hukou=110000&e_insured=110000")
    assert {"subsistence", "custody_subsidy", "child_deceased"} <= beijing
    assert not beijing & {"preferential", "bedridden"}
    assert "bedridden" in offered("e_hukou=500000")
    assert "bedridden" in offered("e_hukou=110000&e_status=bedridden"), "ticked already"
    assert offered("e_age=82") >= beijing | {"bedridden"}
