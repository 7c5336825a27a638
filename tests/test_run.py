"""The test runner never calls well what failed, or what did not run where it had to."""

import threading
from collections.abc import Callable
from functools import partial
from unittest.mock import Mock

import pytest

from tests import run
from tests.run import Part

Report = Callable[..., tuple[bool, list[str]]]


@pytest.fixture(params=[False, True], ids=["by-hand", "ci"])
def ci(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setattr(run, "CI", request.param)
    return request.param


@pytest.fixture
def report(ci: bool, capsys: pytest.CaptureFixture[str]) -> Report:
    def told(*parts: Part) -> tuple[bool, list[str]]:
        good = run.report(list(parts))
        return good, capsys.readouterr().out.splitlines()

    return told


def part(**fields: object) -> Part:
    return Part("SQLite", [], **fields)  # type: ignore[arg-type]


def test_all_passed(report: Report):
    good, lines = report(part(passed={"a", "b"}), part(passed={"a"}))
    assert good
    assert lines[-1] == "3 passed, 0 failed"


def test_a_failed_test_is_a_failure(report: Report):
    good, lines = report(part(passed={"a"}, failed={"b"}, returncode=1))
    assert not good
    assert lines[-1] == "1 passed, 1 failed"


def test_a_bad_end_without_a_failed_test_is_a_failure(report: Report):
    """Too little coverage, or nothing collected."""
    good, lines = report(part(passed={"a"}, returncode=1))
    assert not good
    assert "pytest ended with 1" in lines[-2]
    assert lines[-1] == "1 passed, 1 failed"


def test_a_part_that_cannot_run_is_named_and_fails_in_ci(ci: bool, report: Report):
    good, lines = report(part(passed={"a"}), Part("Browser", [], cannot_run="Install Chromium."))
    assert "Browser: DID NOT RUN. Install Chromium." in lines
    assert good is not ci
    assert lines[-1] == f"1 passed, {int(ci)} failed"


def test_a_test_skipped_everywhere_is_named_and_fails_in_ci(ci: bool, report: Report):
    good, lines = report(part(skipped={"a": "no printer"}), part(passed={"b"}))
    assert "Skipped: a: no printer" in lines
    assert good is not ci


def test_a_test_of_one_database_may_be_skipped_on_the_other(report: Report):
    good, lines = report(part(skipped={"a": "PostgreSQL only"}), part(passed={"a"}))
    assert good
    assert lines[-1] == "1 passed, 0 failed"


def test_every_job_runs_and_never_three_at_once():
    started: list[str] = []
    running = threading.Semaphore(2)
    overlapped = threading.Barrier(2, timeout=30)

    def job(name: str, meets: bool) -> None:
        assert running.acquire(blocking=False), "a third job was started beside two"
        started.append(name)
        if meets:
            overlapped.wait()
        running.release()

    jobs = [("first", True), ("second", True), ("third", False)]
    run.run_two_at_a_time([partial(job, name, meets) for name, meets in jobs])
    assert sorted(started) == ["first", "second", "third"]


def test_a_job_that_breaks_is_not_passed_over():
    with pytest.raises(RuntimeError, match="no cluster"):
        run.run_two_at_a_time([Mock(side_effect=RuntimeError("no cluster"))])


def test_outcomes_are_read_from_pytest_itself():
    ran = part()
    ran.arguments = ["tests/test_architecture.py", "-p", "no:cacheprovider", "-k", "vague"]
    ran.run()
    assert ran.good, ran.output
    assert len(ran.passed) == 2


def test_a_pytest_that_finds_nothing_is_not_good():
    ran = part()
    ran.arguments = ["tests/test_architecture.py", "-p", "no:cacheprovider", "-k", "no_such_name"]
    ran.run()
    assert not ran.good


@pytest.mark.parametrize("full", [False, True])
def test_branches_are_measured_in_ci_and_in_the_full_run(ci: bool, full: bool):
    assert bool(run.coverage(full)) is (ci or full)
