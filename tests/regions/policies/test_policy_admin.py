"""A policy in the admin: what is refused, and 试算, which shows an edit and saves nothing."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains

from regions.models import Document, Policy, Rate, Stamp
from regions.models.stamp import RULES
from regions.policies.worked_cases import cases
from tests.factories import make_user
from tests.institutions.admin.test_admin import added, address, row_of, typed
from tests.regions.test_policy import make_rate, saved

pytestmark = pytest.mark.django_db
ADD = address(Policy, "add")


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client


def change_page(slug: str) -> str:
    return address(Policy, "change", Policy.objects.get(slug=slug).pk)


def rows(model: type) -> list[Any]:
    return list(model.objects.order_by("pk").values())


def tried(boss: Client, url: str, data: dict[str, Any]) -> Any:
    """The answer to 试算, after which everything is as it was before."""
    before = [rows(model) for model in (Policy, Rate, LogEntry)], Stamp.objects.of(RULES)
    response = boss.post(url, {**data, "_try": "1"})
    assert response.status_code == 200
    response.render()
    after = [rows(model) for model in (Policy, Rate, LogEntry)], Stamp.objects.of(RULES)
    assert after == before
    return response


def new_policy(**changes: Any) -> dict[str, Any]:
    """What a filled form of a new policy would send."""
    fields = {
        "slug": "new",
        "name": "新补贴",
        "kind": "allowance",
        "region": "110000",
        "document": Document.objects.get(slug="bj-elder-allowances-2019").pk,
        "grade": "A",
        "conditions_known": "on",
        "in_force_from_precision": "day",
        "anchor": "hukou",
        "payee": "elder",
        "stage": 9,
        "portability": "anywhere",
        "ask": "街道",
    }
    return fields | changes


RATE = {"order": 1, "name": "一档", "amount_kind": "fixed", "amount": 100, "period": "month"}


# What is refused


@pytest.mark.parametrize("button", ["_save", "_try"])
@pytest.mark.parametrize(
    ("changes", "rates", "message"),
    [
        ({"document": ""}, [], "这个字段是必填项。"),
        ({"grade": "C"}, [{}], "核实程度是 C、M 或未查到的政策不写金额"),
        ({"grade": "M"}, [{}], "核实程度是 C、M 或未查到的政策不写金额"),
        ({}, [{}, {"order": 2}], "同一期间已有条件完全相同的一档"),
        (
            {},
            [{"in_force_to": "2026-06-30"}, {"order": 2, "in_force_from": "2026-06-30"}],
            "同一期间已有条件完全相同的一档",
        ),
        ({}, [{}, {"age_from": 90}], "同一政策的档次先后不能相同"),
        ({}, [{"in_force_from": "2026-07-01", "in_force_to": "2026-06-01"}], "终止日期不能早于"),
        ({}, [{"amount_kind": "share"}], "金额种类和所填的金额对不上"),
        ({"ask": ""}, [], "这个字段是必填项。"),
    ],
)
def test_what_is_wrong_is_refused_in_chinese_and_kept(
    boss, changes, rates, message, button
) -> None:
    data = typed(boss, ADD) | new_policy(**changes)
    for rate in rates:
        added(data, "rates", **RATE | rate)
    response = boss.post(ADD, data | {button: "1"})
    assertContains(response, message)
    assertContains(response, 'value="新补贴"')
    assertNotContains(response, "试算：没有保存")
    assert not Policy.objects.filter(slug="new").exists()


def test_periods_that_follow_each_other_are_accepted(boss) -> None:
    data = typed(boss, ADD) | new_policy()
    added(data, "rates", **RATE, in_force_to="2026-06-30")
    added(data, "rates", **RATE | {"order": 2, "in_force_from": "2026-07-01"})
    assert boss.post(ADD, data).status_code == 302
    assert Rate.objects.filter(policy__slug="new").count() == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"order": 3}, "同一政策的档次先后不能相同"),
        ({"order": 4, "age_from": 90, "age_to": 99}, "同一期间已有条件完全相同的一档"),
    ],
)
def test_a_new_rate_is_checked_against_those_that_stand(boss, changes, message) -> None:
    url = change_page("bj-03")
    data = typed(boss, url)
    added(data, "rates", **RATE | changes)
    assertContains(boss.post(url, data), message)


def test_two_rates_do_not_trade_places_in_one_save(boss) -> None:
    url = change_page("bj-03")
    data = typed(boss, url)
    first, second = (row_of(data, "rates", order=order) for order in ("1", "2"))
    data |= {f"{first}-order": 2, f"{second}-order": 1}
    assertContains(boss.post(url, data), "请分两次保存")


def test_an_order_is_free_once_its_rate_is_gone(boss) -> None:
    url = change_page("bj-03")
    data = typed(boss, url)
    data[f"{row_of(data, 'rates', order='1')}-DELETE"] = "on"
    assert boss.post(url, data).status_code == 302
    data = typed(boss, url)
    added(data, "rates", **RATE)
    assert boss.post(url, data).status_code == 302


@pytest.mark.parametrize("grade", ["C", "M", "unknown"])
def test_a_policy_with_amounts_is_not_made_weak(boss, grade) -> None:
    url = change_page("bj-03")
    response = boss.post(url, typed(boss, url) | {"grade": grade})
    assertContains(response, "核实程度是 C、M 或未查到的政策不写金额")
    assert Policy.objects.get(slug="bj-03").grade == "A"


def test_a_weak_policy_gets_amounts_together_with_its_grade(boss) -> None:
    policy = saved(slug="weak", grade="C")
    make_rate(policy, amount_kind="", amount=None).save()
    url = change_page("weak")
    data = typed(boss, url)
    data |= {"rates-0-amount_kind": "fixed", "rates-0-amount": "50"}
    assertContains(boss.post(url, data), "不写金额")
    assert boss.post(url, data | {"grade": "A"}).status_code == 302
    assert Rate.objects.get(policy=policy).amount == 50_00


# 试算


def test_an_edit_is_tried_on_every_case_and_not_saved(boss) -> None:
    url = change_page("bj-03")
    data = typed(boss, url)
    data[f"{row_of(data, 'rates', order='3')}-amount"] = "150"
    response = tried(boss, url, data)
    trial = response.context["trial"]
    assert {row.case.number for row in trial.rows} == {case.number for case in cases()}
    changed = {row.case.number for row in trial.rows if row.differs}
    assert changed >= {"T1", "T5", "T6", "T10b", "T10c", "T11", "T25", "C14"}
    assert not changed & {"T2", "T3", "T10a", "T10d", "T12"}
    assert [row.differs for row in trial.rows] == sorted(
        (row.differs for row in trial.rows), reverse=True
    )
    first = next(row for row in trial.rows if row.case.number == "T1")
    assert first.going == "三河市 住养老机构，北京市名单：京津冀协同试点"
    assert (first.edited.before.amount, first.edited.after.amount) == ("100 元/月", "150 元/月")
    assert first.sums.before.answer == "给老人每月 1,000 元"
    assert first.sums.after.answer == "给老人每月 1,050 元"
    text = response.content.decode()
    assert f"{len(trial.rows)} 个案例，<strong>{len(changed)} 个有变化</strong>" in text
    assert 'value="150"' in text  # what was typed is still there
    assert "请更正下列错误" not in text
    assert 'class="errornote"' not in text
    assert "messagelist" not in text


def test_nothing_typed_changes_nothing(boss) -> None:
    url = change_page("cn-01")
    trial = tried(boss, url, typed(boss, url)).context["trial"]
    assert trial.changed == 0


def test_reasons_are_told_in_chinese(boss) -> None:
    url = change_page("bj-03")
    response = tried(boss, url, typed(boss, url) | {"portability": "stays"})
    row = next(row for row in response.context["trial"].rows if row.case.number == "T1")
    assert row.edited.before.answer == "可以享受"
    assert row.edited.after.answer == "不能享受"
    assert row.edited.after.reasons == ("只能在规定的地区享受，到这里就没有了。",)
    assertContains(response, "只能在规定的地区享受，到这里就没有了。")


def test_what_the_edit_does_to_other_policies_is_shown(boss) -> None:
    """Without the care allowance the voucher has not to be confirmed any more."""
    url = change_page("bj-02")
    trial = tried(boss, url, typed(boss, url) | {"in_force_to": "2026-01-01"}).context["trial"]
    row = next(row for row in trial.rows if row.case.number == "T25")
    (voucher,) = row.others
    assert (voucher.slug, voucher.before.answer, voucher.after.answer) == (
        "cn-01",
        "要确认",
        "可以享受",
    )
    assert row.edited.after.answer == "已停（最后一天 2026-01-01）"


def test_a_new_policy_and_a_new_name_are_tried_too(boss) -> None:
    data = typed(boss, ADD) | new_policy()
    added(data, "rates", **RATE)
    row = tried(boss, ADD, data).context["trial"].rows[0]
    assert row.edited.before.answer == "没有这项政策"
    assert row.edited.after.amount == "100 元/月"
    url = change_page("bj-10")
    trial = tried(boss, url, typed(boss, url) | {"slug": "bj-10-a"}).context["trial"]
    assert trial.changed == 0


def test_the_cases_are_tried_on_a_day_of_choice(boss) -> None:
    url = change_page("cn-01")
    data = typed(boss, url) | {"in_force_to": "2027-12-31"}
    assert tried(boss, url, data).context["trial"].changed == 1  # T22
    response = tried(boss, url, data | {"trial-on": "2027-02-01"})
    assert response.context["trial"].changed > 1
    assertContains(response, 'value="2027-02-01"')


@pytest.mark.parametrize("day", ["昨天", "2027-02-30", "9" * 5000])
def test_a_day_that_is_none_is_said_beside_its_field(boss, day) -> None:
    url = change_page("cn-01")
    response = tried(boss, url, typed(boss, url) | {"trial-on": day, "name": "改名"})
    assertContains(response, "输入一个有效的日期。")
    assertContains(response, 'value="改名"')
    assert "trial" not in response.context


def test_whoever_may_not_change_a_policy_may_not_try_it(client: Client) -> None:
    client.force_login(make_user(is_staff=True))
    response = client.post(change_page("bj-03"), {"_try": "1"})
    assert response.status_code in {302, 403}
    assert "试算" not in response.content.decode()
