"""Papers in the order of steps: the hukou's office, the insurer's, then the new place's."""

import pytest

from regions.engine.assessment import assess
from regions.engine.rules import Elder, Stay
from regions.policies.papers import Papers, Step, papers
from regions.policies.rulebook import book
from regions.policies.worked_cases import cases

pytestmark = pytest.mark.django_db


def papers_of(number: str) -> Papers:
    case = next(case for case in cases() if case.number == number)
    found = assess(case.elder, case.stay, book().rules, case.on)
    return papers(found, book())


def slugs(steps: tuple[Step, ...]) -> list[list[str]]:
    return [[policy.slug for policy in step.policies] for step in steps]


def test_what_is_applied_for_together_is_one_step():
    found = papers_of("T25")
    assert slugs(found.hukou)[:2] == [["bj-01", "bj-03"], ["bj-02"]]
    assert "身份证或户口簿原件" in found.hukou[0].like.papers
    assert slugs(found.service) == [["cn-01"]]
    assert "民政通" in found.service[0].like.papers


def test_what_is_refused_or_ended_needs_no_papers():
    found = papers_of("T9b")
    assert {"bj-01", "bj-02", "bj-03"}.isdisjoint({s for step in slugs(found.hukou) for s in step})


def test_what_the_home_applies_for_is_left_to_the_home():
    steps = [step for part in vars(papers_of("T1")).values() for step in part]
    assert {policy.payee for step in steps for policy in step.policies} <= {"elder", "bill"}


def test_unknown_papers_come_last_with_whom_to_ask():
    known = [step.is_known for step in papers_of("T8").hukou]
    assert known == sorted(known, reverse=True)
    assert not known[-1]
    assert papers_of("T8").hukou[-1].like.ask


def test_an_elder_of_whom_nothing_is_told_is_sent_to_no_office():
    found = papers(assess(Elder(), Stay(), book().rules, cases()[0].on), book())
    assert (found.hukou, found.insured, found.service) == ((), (), ())
