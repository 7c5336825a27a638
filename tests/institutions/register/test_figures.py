"""The figures of a home in words, and a new value for one of them."""

import pytest
from django.core.exceptions import ValidationError

from institutions.models import Bed, ContractTerms, Fee, Institution, Phone
from institutions.register.figures import change_figure, list_figures, may_change, parse_value
from institutions.register.provenance import label_of
from institutions.register.record import path_of, to_record
from tests.factories import make_whole_institution

pytestmark = pytest.mark.django_db


@pytest.fixture
def home() -> Institution:
    return Institution.objects.with_parts().get(pk=make_whole_institution().pk)


def words(home: Institution, *paths: str) -> dict[str, str]:
    return {figure.path: figure.words for figure in list_figures(home, paths)}


def test_a_figure_says_what_the_page_says(home):
    fee = path_of(home.fees.get(room="twin"))
    shown = words(home, "address", "region", "takes_level_4", "takes_men", "terms", f"{fee}/amount")
    assert shown == {
        "address": "示例路 1 号",
        "region": "北京市朝阳区",
        "takes_level_4": "否",
        "takes_men": "未公布",
        "terms/trial_days": "7",
        "terms/refund_rule": "七天内全退",
        "terms/bed_hold_rule": "未公布",
        "terms/prepay_months": "未公布",
        "terms/custody_bank": "未公布",
        "terms/custody_account_public": "未公布",
        f"{fee}/amount": "2,000 元",
    }
    assert words(home, "opened_on") == {"opened_on": "2015-06-01"}
    assert label_of(f"{fee}/amount").endswith("·金额")


def test_figures_cost_no_query(home, django_assert_num_queries):
    with django_assert_num_queries(0):
        found = list_figures(home)
    assert not any(f.path.startswith("provenance") or f.path == "is_demo" for f in found)


@pytest.mark.parametrize(
    ("path", "may"),
    [
        ("address", True),
        ("takes_men", True),
        ("terms/trial_days", True),
        ("phones/000-12345678/number", True),
        ("phones/000-12345678", False),  # several figures
        ("beds/nursing/twin/vacant", False),  # shares its date with the other counts
        ("staff_figures/care_worker/headcount", False),
        ("phones/12345/number", False),  # not there
        ("provenance", False),
        ("", False),
    ],
)
def test_what_may_be_changed_by_itself(home, path, may):
    assert may_change(home, path) is may


@pytest.mark.parametrize(
    ("model", "name", "text", "value"),
    [
        (Institution, "takes_men", "是", True),
        (Institution, "takes_men", "未公布", None),
        (Institution, "address", "未公布", ""),
        (Institution, "address", " 新路 2 号 ", "新路 2 号"),
        (Institution, "ownership", "公建民营", "public_built_private_run"),
        (Institution, "longitude", "116.5", 116.5),
        (ContractTerms, "trial_days", "15", 15),
        (Fee, "amount", "2,300 元", 2_300_00),
        (Fee, "amount", "2300.5", 2_300_50),
        (Bed, "room", "双人间", "twin"),
    ],
)
def test_a_text_is_read_as_the_field_needs_it(model, name, text, value):
    assert parse_value(model._meta.get_field(name), text) == value


@pytest.mark.parametrize(
    ("model", "name", "text"),
    [
        (Institution, "takes_men", "也许"),
        (Institution, "ownership", "国企"),
        (Institution, "longitude", "东经"),
        (Fee, "amount", "-5"),
        (Fee, "amount", "2300.555"),
        (Fee, "amount", "9" * 5_000),
        (ContractTerms, "trial_days", "一周"),
    ],
)
def test_a_text_that_is_no_such_value_is_refused_in_chinese(model, name, text):
    with pytest.raises(ValidationError, match=r"[一-鿿]"):
        parse_value(model._meta.get_field(name), text)


def test_another_number_takes_its_sources_along(home):
    home.provenance.create(field="phones/000-12345678", kind="own", as_of="2026-01-01")
    home = Institution.objects.with_parts().get(pk=home.pk)
    record, path = change_figure(to_record(home), "phones/000-12345678/number", "000-87654321")
    assert path == "phones/000-87654321/number"
    assert [row["number"] for row in record["phones"]] == ["000-87654321"]
    assert "phones/000-87654321" in {row["field"] for row in record["provenance"]}
    assert Phone.objects.filter(institution=home).get().number == "000-12345678"


def test_a_date_typed_is_known_to_the_day(home):
    record, _ = change_figure(to_record(home), "opened_on", "2016-05-04")
    assert (record["opened_on"], record["opened_precision"]) == ("2016-05-04", "day")
