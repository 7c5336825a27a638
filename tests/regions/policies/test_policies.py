"""What ships of policies, and how rows become rules."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.contrib.admin.sites import site
from django.db.models import TextChoices

from regions.engine import rules
from regions.engine.settlement import Answer, Pact, Settlement, settle
from regions.models import Agreement, Exclusion, Grade, Policy, Rate, Region, RegionGroup
from regions.models.policy import QUOTABLE
from regions.policies.rulebook import pacts, rulebook
from regions.policies.rulebook import rule as rule_of

pytestmark = pytest.mark.django_db
FIXTURES = Path(__file__).resolve().parents[3] / "fixtures"
# The master table of the checked facts, row by row.
MASTER = [
    "bj-01", "bj-02", "bj-03", "bj-04", "bj-04-now", "bj-05", "bj-06", "bj-07", "bj-08",
    "bj-09", "bj-10", "bj-11", "bj-12", "bj-13", "bj-14",
    "cn-01", "cn-01-bj", "cn-01-cq", "cn-02",
    "tj-01", "tj-01-rural", "tj-02", "tj-02-new", "tj-03", "tj-04", "tj-05", "tj-05-visits",
    "tj-06", "tj-07", "tj-08", "tj-09", "tj-10",
    "he-01", "he-02", "he-03", "he-03r", "he-04", "he-04-luquan", "he-05", "he-05-luquan",
    "cq-01", "cq-02", "cq-03", "cq-04", "cq-05", "cq-06", "cq-07", "cq-08", "cq-09",
    "ha-01", "ha-02",
    "jz-01",
]  # fmt: skip


def script(name: str) -> ModuleType:
    """A fixture script with its folder on the path, as when it is run."""
    spec = importlib.util.spec_from_file_location(name, FIXTURES / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(FIXTURES))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(FIXTURES))
    return module


def shipped() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((FIXTURES / "policies.json").read_text("utf-8"))
    return rows


def test_the_committed_policies_are_what_the_script_makes() -> None:
    assert script("build_policies").policy_objects() == shipped()


def test_the_proof_is_what_the_script_makes() -> None:
    made = script("build_policy_docs").text()
    assert (FIXTURES.parent / "docs" / "policies.md").read_text("utf-8") == made
    assert "| — |" not in made  # a rule without a case


def test_every_row_of_the_master_table_ships() -> None:
    slugs = [row["fields"]["slug"] for row in shipped() if row["model"] == "regions.policy"]
    assert sorted(slugs) == sorted(MASTER)
    assert Policy.objects.filter(slug__in=slugs).count() == len(slugs)


@pytest.mark.no_cover
def test_what_ships_passes_every_check_of_the_form() -> None:
    for row in [*Policy.objects.all(), *Rate.objects.all(), *Exclusion.objects.all()]:
        row.full_clean()


def test_weak_and_unknown_policies_carry_no_amount() -> None:
    weak = Rate.objects.exclude(policy__grade__in=QUOTABLE)
    assert weak.count() >= 5
    assert set(weak.values_list("amount_kind", "amount", "percent", "formula")) == {
        ("", None, None, "")
    }


def test_no_note_of_a_weak_policy_states_an_amount() -> None:
    for policy in Policy.objects.exclude(grade__in=QUOTABLE):
        assert "元" not in policy.note + policy.who, policy.slug


def test_rates_stand_best_first() -> None:
    """Of fixed amounts for the same statuses on the same days no later one is higher."""
    for policy in Policy.objects.prefetch_related("rates"):
        by_status: dict[tuple[object, ...], list[int]] = {}
        for rate in policy.rates.all():
            if rate.amount_kind == "fixed":
                days = rate.in_force_from, rate.in_force_to, rate.is_unsure
                by_status.setdefault((rate.statuses, *days), []).append(rate.amount or 0)
        for amounts in by_status.values():
            assert amounts == sorted(amounts, reverse=True), policy.slug


def test_every_policy_is_told_in_chinese_and_says_whom_to_ask() -> None:
    for policy in Policy.objects.all():
        assert policy.who.endswith("。"), policy.slug
        assert policy.ask
        assert policy.note.endswith("。"), policy.slug


def test_the_allowance_papers_are_told() -> None:
    for policy in Policy.objects.filter(slug__in=["bj-01", "bj-02", "bj-03", "cn-01", "tj-03"]):
        assert policy.papers
        assert policy.where_to_apply
        assert policy.paid


# Rows to rules


def test_the_rules_are_read_in_few_queries(django_assert_num_queries) -> None:
    # policies, their regions, groups (none ships: no regions of groups), doubtful regions, rates;
    # exclusions, first, second; standards
    with django_assert_num_queries(9):
        found = rulebook()
    assert [rule.slug for rule in found.rules] == sorted(MASTER)
    assert found == rulebook()


def test_a_rule_has_what_its_row_says() -> None:
    rule = next(rule for rule in rulebook().rules if rule.slug == "tj-03")
    assert (rule.anchor, rule.stage, rule.home_list) == (rules.Anchor.INSURED, 1, "ltci")
    (rate,) = rule.rates
    assert rate.amount == rules.Share(70, rules.Base.CARE, ceiling=70_00)
    assert (rate.scale, rate.levels, rate.period) == ("ltci", (3, 5), rules.Period.DAY)
    assert rate.settings == {"institution"}


@pytest.mark.parametrize(
    ("slug", "amount"),
    [
        ("bj-03", rules.Fixed(800_00)),
        ("bj-04", rules.Between(300_00, 500_00)),
        ("bj-04-now", None),
        ("cn-01", rules.Share(40, rules.Base.WHOLE, cap=800_00)),
        ("cq-01", rules.Share(None, rules.Base.CARE, ceiling=60_00)),
        ("cn-02", rules.Formula("约为护理费的 70%")),
    ],
)
def test_each_kind_of_amount(slug: str, amount: rules.Amount | None) -> None:
    rule = next(rule for rule in rulebook().rules if rule.slug == slug)
    assert rule.rates[0].amount == amount


def test_a_group_of_regions_stands_for_its_regions() -> None:
    policy = Policy.objects.get(slug="bj-06")
    policy.portable_to_groups.add(RegionGroup.objects.get(slug="jing-jin-ji"))
    assert rule_of(policy).places == {"110000", "120000", "130000"}


@pytest.mark.parametrize(
    ("engine", "model"),
    [
        (rules.Anchor, Policy.Anchor),
        (rules.Payee, Policy.Payee),
        (rules.Portability, Policy.Portability),
        (rules.Grade, Grade),
        (rules.Period, Rate.Period),
        (rules.Base, Rate.Base),
        (rules.Conflict, Exclusion.Conflict),
    ],
)
def test_engine_and_forms_know_the_same_words(engine, model: type[TextChoices]) -> None:
    assert [str(member) for member in engine] == list(model.values)


def test_settlement_knows_the_words_of_the_agreements() -> None:
    assert {str(s) for s in Settlement} - {"local"} == set(Agreement.Settlement.values)


def test_the_pages_of_staff_open(admin_client) -> None:
    for model in (Policy, Exclusion):
        assert site.is_registered(model)
        row = model.objects.order_by("slug")[0]
        address = f"/admin/regions/{model._meta.model_name}/"
        for page in (address, f"{address}add/", f"{address}{row.pk}/change/"):
            assert admin_client.get(page).status_code == 200, page


# Medical bills


@pytest.mark.parametrize(
    ("insured", "place", "expected"),
    [
        ("110000", "131082", "direct"),
        ("130800", "120114", "direct"),
        ("110000", "500103", "file_first"),
        ("500000", "410802", "file_first"),
        ("500000", "500103", "local"),
        ("131000", "131082", "local"),
        ("130800", "131082", "direct"),
        ("410100", "410800", "ask"),
        ("410000", "410800", "ask"),
        ("000000", "410800", "ask"),
        ("429004", "429005", "ask"),
        ("429004", "429004", "local"),
        ("110000", "810000", "ask"),
        (None, "131082", "ask"),
        ("110000", None, "ask"),
    ],
)
def test_inpatient_bills_settle(insured, place, expected, today) -> None:
    assert settle(insured, place, pacts(today))["inpatient"].settlement == expected


def test_before_the_agreement_filing_was_needed(today) -> None:
    early = today.replace(year=2023, month=3, day=31)
    assert settle("110000", "131082", pacts(early))["inpatient"] == Answer(
        Settlement.FILE_FIRST, "national-medical"
    )


def test_what_no_agreement_names_is_asked(today) -> None:
    answers = settle("110000", "500103", pacts(today))
    assert answers["pharmacy"] == Answer(Settlement.ASK)
    assert settle("110000", "131082", pacts(today))["chronic"].settlement is Settlement.ASK
    assert {a.settlement for a in settle("110000", "500103", []).values()} == {Settlement.ASK}


def test_the_narrower_agreement_decides_whatever_the_order() -> None:
    wide = Pact("wide", frozenset({"000000"}), (("inpatient", Settlement.FILE_FIRST),))
    narrow = Pact("narrow", frozenset({"110000", "130000"}), (("inpatient", Settlement.NO),))
    for order in ((wide, narrow), (narrow, wide)):
        assert settle("110105", "131082", order)["inpatient"] == Answer(Settlement.NO, "narrow")


def test_models_and_engine_mean_the_same_by_their_constants() -> None:
    assert {str(grade) for grade in QUOTABLE} == {str(grade) for grade in rules.QUOTABLE}
    assert Region.objects.get(level=Region.Level.NATION).code == rules.NATION
