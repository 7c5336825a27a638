"""Agreements between regions: when they hold, whom they cover, what they say."""

import datetime

import pytest

from regions.models import Agreement, Fact, Region

pytestmark = pytest.mark.django_db


def covering(code: str, on: datetime.date) -> set[str]:
    rows = Agreement.objects.in_force(on).covering(Region.objects.get(pk=code))
    return set(rows.values_list("slug", flat=True))


def test_a_county_is_covered_by_what_its_province_and_the_nation_agreed(today):
    found = covering("131082", today)
    assert {"jing-jin-ji-medical", "national-medical"} <= found


def test_a_region_outside_is_covered_by_the_nation_alone(today):
    assert covering("500157", today) == {"national-medical"}


@pytest.mark.parametrize("code", ["710000", "810101", "820000"])
def test_the_insurance_of_the_mainland_stops_at_its_border(code, today):
    assert covering(code, today) == set()


@pytest.mark.parametrize(
    ("day", "holds"), [(datetime.date(2023, 3, 31), False), (datetime.date(2023, 4, 1), True)]
)
def test_it_begins_on_its_first_day(day, holds):
    assert ("jing-jin-ji-medical" in covering("110105", day)) is holds


def test_it_ends_after_its_last_day(today):
    Agreement.objects.filter(slug="national-medical").update(in_force_to=today)
    assert "national-medical" in covering("500157", today)
    assert "national-medical" not in covering("500157", today + datetime.timedelta(1))


def test_terms_leave_out_what_the_document_does_not_name():
    terms = dict(Agreement.objects.get(slug="jing-jin-ji-medical").terms)
    assert terms == {
        "住院": "直接结算，不用备案",
        "普通门诊": "直接结算，不用备案",
        "药店买药": "直接结算，不用备案",
        "门诊慢特病": "没有写明，要问参保地医保部门",
    }
    results = dict(Agreement.objects.get(slug="jing-jin-ji-results").terms)
    assert results == {"检验结果": "互认", "影像检查资料": "共享（不等于互认）"}


def test_its_start_is_the_day_the_report_states():
    stated = Fact.objects.get(code="F000-17")
    assert Agreement.objects.get(slug="jing-jin-ji-medical").in_force_from == stated.as_of


def test_an_unknown_start_is_not_invented():
    assert Agreement.objects.get(slug="jing-jin-ji-results").since == ""
    assert Agreement.objects.get(slug="jing-jin-ji-medical").since == "2023-04-01"
