"""Each rule of a policy broken once, at the form and at the database."""

import datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from institutions.models import Designation
from regions.models import Exclusion, Policy, Rate
from regions.models.codes import CodesFormField, Status
from tests.factories import make_document, make_region

pytestmark = pytest.mark.django_db
JUNE, JULY = datetime.date(2026, 6, 1), datetime.date(2026, 7, 1)


def make_policy(**changes: Any) -> Policy:
    fields = {
        "slug": f"test-{Policy.objects.count()}",
        "name": "测试补贴",
        "kind": "allowance",
        "anchor": "hukou",
        "payee": "elder",
        "portability": "anywhere",
        "grade": "A",
        "ask": "街道",
    }
    if "document" not in changes:
        fields["document"] = make_document()
    if "region" not in changes:
        fields["region"] = make_region("110000")
    return Policy(**fields | changes)


def saved(**changes: Any) -> Policy:
    policy = make_policy(**changes)
    policy.save()
    return policy


def make_rate(policy: Policy, **changes: Any) -> Rate:
    order = policy.rates.count() + 1
    fields = {"order": order, "name": "一档", "amount_kind": "fixed", "amount": 100_00}
    return Rate(policy=policy, **fields | changes)


def refused(row: Policy | Rate | Exclusion, name: str, message: str) -> None:
    """Both the form and the database say no, the form in Chinese."""
    with pytest.raises(ValidationError, match=message):
        row.full_clean()
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        row.save()


def test_a_whole_policy_is_accepted() -> None:
    policy = saved()
    policy.full_clean()
    rate = make_rate(policy, age_from=80, age_to=89, statuses="low_income subsistence")
    rate.full_clean()
    rate.save()
    assert str(rate) == "测试补贴 一档"
    assert Policy.objects.get_by_natural_key(*policy.natural_key()) == policy


@pytest.mark.parametrize(
    ("changes", "name", "message"),
    [
        (
            {"in_force_from": JULY, "in_force_to": JUNE},
            "policy_period_in_order",
            "终止日期不能早于起始日期",
        ),
        ({"payee": "bill"}, "policy_only_bills_have_a_stage", "抵账单的要写先后"),
        ({"payee": "elder", "stage": 1}, "policy_only_bills_have_a_stage", "抵账单的要写先后"),
        ({"portability": "listed"}, "policy_list_is_named", "要写明是哪份名单"),
    ],
)
def test_a_wrong_policy_is_refused(changes, name, message) -> None:
    refused(make_policy(**changes), name, message)


def test_a_policy_says_whom_to_ask() -> None:
    with pytest.raises(IntegrityError, match="policy_says_whom_to_ask"):
        saved(ask="")


def test_a_policy_always_has_a_document() -> None:
    policy = make_policy(document=None)
    with pytest.raises(ValidationError) as error:
        policy.full_clean()
    assert "document" in error.value.message_dict
    with pytest.raises(IntegrityError), transaction.atomic():
        policy.save()


@pytest.mark.parametrize("grade", ["C", "M", "unknown"])
def test_an_amount_of_a_weak_policy_is_refused(grade: str) -> None:
    policy = saved(grade=grade)
    make_rate(policy, amount_kind="", amount=None).full_clean()
    with pytest.raises(ValidationError, match="不写金额"):
        make_rate(policy).full_clean()


def test_a_policy_with_amounts_cannot_become_weak() -> None:
    policy = saved()
    make_rate(policy).save()
    policy.grade = "C"
    with pytest.raises(ValidationError, match="不写金额"):
        policy.full_clean()


SHARE = {"amount_kind": "share", "amount": None, "percent": 40, "base": "whole"}


@pytest.mark.parametrize(
    ("changes", "name", "message"),
    [
        ({"age_from": 90, "age_to": 80}, "rate_age_in_order", "年龄从小到大"),
        ({"level_from": 1, "level_to": 2}, "rate_levels_of_a_scale", "哪种评估"),
        ({"scale": "ltci"}, "rate_levels_of_a_scale", "哪种评估"),
        (
            {"scale": "ltci", "level_from": 3, "level_to": 1},
            "rate_levels_of_a_scale",
            "哪种评估",
        ),
        ({"disability_kinds": "limb"}, "rate_grades_of_a_disability", "类别和等级"),
        ({"multiple": True}, "rate_grades_of_a_disability", "类别和等级"),
        (
            {"disability_kinds": "limb", "disability_grade_from": 1, "disability_grade_to": 5},
            "rate_grades_of_a_disability",
            "类别和等级",
        ),
        ({"amount": None}, "rate_amount_fits_its_kind", "对不上"),
        ({"cap": 1}, "rate_amount_fits_its_kind", "对不上"),
        ({"amount_kind": ""}, "rate_amount_fits_its_kind", "对不上"),
        ({"amount_kind": "formula", "amount": None}, "rate_amount_fits_its_kind", "对不上"),
        ({"formula": "另加"}, "rate_amount_fits_its_kind", "对不上"),
        (
            {"amount_kind": "range", "amount": 300, "amount_to": 300},
            "rate_range_in_order",
            "范围从小到大",
        ),
        ({**SHARE, "percent": 101}, "rate_share_of_something", "百分之一到百分之一百"),
        ({**SHARE, "percent": 0}, "rate_share_of_something", "百分之一到百分之一百"),
        ({**SHARE, "base": ""}, "rate_share_of_something", "百分之一到百分之一百"),
        ({"base": "care"}, "rate_share_of_something", "百分之一到百分之一百"),
        (
            {"in_force_from": JULY, "in_force_to": JUNE},
            "rate_period_in_order",
            "终止日期不能早于起始日期",
        ),
    ],
)
def test_a_wrong_rate_is_refused(changes, name, message) -> None:
    refused(make_rate(saved(), **changes), name, message)


def test_two_rates_of_one_order_are_refused() -> None:
    policy = saved()
    make_rate(policy, age_from=80).save()
    refused(make_rate(policy, order=1), "rate_order_unique|order", "先后不能相同")


@pytest.mark.parametrize(
    "conditions",
    [
        {},
        {"age_from": 80},
        {"statuses": "subsistence", "settings": "institution"},
        {
            "disability_kinds": "limb",
            "disability_grade_from": 1,
            "disability_grade_to": 2,
            "multiple": True,
        },
        {"in_force_from": JUNE},
    ],
)
def test_two_rates_for_the_same_in_one_period_are_refused(conditions) -> None:
    policy = saved()
    make_rate(policy, **conditions).save()
    refused(make_rate(policy, amount=1, **conditions), "rate_conditions_unique", "条件完全相同")


@pytest.mark.parametrize(
    "other",
    [
        {"age_from": 81},
        {"age_from": 80, "scheme": "resident"},
        {"age_from": 80, "in_force_from": JULY},
    ],
)
def test_rates_that_differ_are_accepted(other) -> None:
    policy = saved()
    make_rate(policy, age_from=80, in_force_to=JUNE).save()
    rate = make_rate(policy, **other)
    rate.full_clean()
    rate.save()


def test_periods_that_overlap_are_refused_whatever_their_first_day() -> None:
    policy = saved()
    make_rate(policy, age_from=80, in_force_to=JULY).save()
    with pytest.raises(ValidationError, match="条件完全相同"):
        make_rate(policy, age_from=80, in_force_from=JUNE).full_clean()


def bill_policy(stage: int, **changes: Any) -> Policy:
    return saved(payee="bill", stage=stage, anchor="insured", **changes)


@pytest.mark.parametrize(
    ("other", "share", "is_refused"),
    [
        ({"stage": 1}, {}, True),
        ({"stage": 2}, {}, False),
        ({"stage": 1, "region": "500000"}, {}, False),
        ({"stage": 1}, {"settings": "home_care"}, False),
        ({"stage": 1}, {"scheme": "resident"}, False),
        ({"stage": 1}, {"base": "whole"}, False),
        ({"stage": 1, "in_force_to": JUNE}, {}, False),
    ],
)
def test_shares_that_add_up_to_more_than_all_are_refused(other, share, is_refused) -> None:
    care = {"amount_kind": "share", "amount": None, "base": "care", "percent": 60}
    care |= {"settings": "institution", "scheme": "employee"}
    make_rate(bill_policy(1, in_force_from=JULY), **care).save()
    if "region" in other:
        other = other | {"region": make_region(other["region"])}
    rate = make_rate(bill_policy(**other), **care | share)
    if is_refused:
        with pytest.raises(ValidationError, match="超过 100%"):
            rate.full_clean()
    else:
        rate.full_clean()


def test_a_code_of_no_list_is_refused_and_the_rest_is_sorted() -> None:
    rate = make_rate(saved(), statuses="subsistence low_income")
    rate.full_clean()
    assert rate.statuses == "low_income subsistence"
    rate.statuses = "rich"
    with pytest.raises(ValidationError, match="没有这些代码：rich。"):
        rate.full_clean()


def test_codes_are_ticked_in_the_form() -> None:
    field = Rate._meta.get_field("statuses").formfield()
    assert isinstance(field, CodesFormField)
    assert list(field.choices) == Status.choices
    assert field.prepare_value("low_income subsistence") == ["low_income", "subsistence"]
    assert field.clean(["subsistence", "low_income"]) == "low_income subsistence"
    assert field.clean([]) == ""
    assert not field.has_changed("low_income", ["low_income"])
    assert field.has_changed("low_income", [])


@pytest.mark.parametrize(("conflict", "statuses"), [("blocks", ""), ("choose", "rural")])
def test_an_exclusion_is_by_status_or_by_policy(conflict: str, statuses: str) -> None:
    row = Exclusion(slug="test", conflict=conflict, statuses=statuses, document=make_document())
    refused(row, "exclusion_by_status_or_by_policy", "按身份排除的写身份")


def test_policies_in_force() -> None:
    saved(slug="open")
    saved(slug="past", in_force_to=JUNE)
    saved(slug="coming", in_force_from=JULY)
    mine = Policy.objects.filter(slug__in=["open", "past", "coming"])
    for day, slugs in (
        (JUNE, {"open", "past"}),
        (JUNE + datetime.timedelta(1), {"open"}),
        (JULY, {"open", "coming"}),
    ):
        assert set(mine.in_force(day).values_list("slug", flat=True)) == slugs


def test_its_start_is_shown_as_far_as_it_is_known() -> None:
    assert make_policy().since == ""
    assert make_policy(in_force_from=JUNE, in_force_from_precision="month").since == "2026-06"


def test_the_lists_of_homes_are_those_of_the_homes() -> None:
    derived = {Policy.HomeList.BEIJING_TWO_STARS}  # from ratings, never put on by hand
    lists = [(one.value, one.label) for one in Policy.HomeList if one not in derived]
    assert lists == Designation.Kind.choices
