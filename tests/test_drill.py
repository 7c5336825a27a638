"""What the drill reports of its load is what happened to it."""

import datetime
from pathlib import Path

import pytest

from tests.drill import report, sheet
from tests.drill.load import Answer, Load, http_path, longest_gap, quantile

PAGE = Path(__file__).resolve().parent.parent / "docs/reliability.md"


def load() -> Load:
    """Ten seconds: good pages, one that failed twice, one lost write."""
    made = Load(port=0, homes=[1])
    made.reads = [Answer(1, 0.5, 200), Answer(2, 0.5, 0), Answer(8, 1, 200), Answer(9, 0.1, 503)]
    made.retried = [Answer(3, 0.5, 503), Answer(9.5, 0.1, 200)]
    made.writes = [Answer(1, 0.1, 302), Answer(5, 0.1, 302), Answer(6, 0.1, 503)]
    made.acknowledged = ["kept", "lost"]
    return made


def test_figures_are_of_what_happened() -> None:
    happened = [(0.0, "all is well"), (4.0, "the primary is killed")]
    found = report.figures(load(), happened, 10.0, {"kept", "more"}, {}, [])
    assert (found["requests"], found["first"], found["second"]) == (4, 2, 1)
    assert (found["acknowledged"], found["found"], found["lost"], found["unsaid"]) == (2, 1, 1, 1)
    assert found["gap"] == 7.5  # from the answer at 1.5 to the one at 9
    assert [act["faults"] for act in found["happened"]] == [1, 1]
    assert [act["writes"] for act in found["happened"]] == ["1 of 1", "1 of 2"]


def test_every_figure_is_on_the_page() -> None:
    found = report.figures(load(), [(0.0, "all is well")], 10.0, set(), {}, ["a disk"])
    page = report.page(found, datetime.date(2026, 11, 22), 10, 3, 1)
    assert all(f"| {words} | {found[name]} |" in page for name, words in report.WORDS.items())
    assert "Not tried here: a disk." in page


def test_what_people_wrote_on_the_page_stays() -> None:
    found = report.figures(load(), [(0.0, "all is well")], 10.0, set(), {}, [])
    page = report.page(found, datetime.date(2026, 11, 22), 10, 3, 1)
    shipped = PAGE.read_text()
    by_hand = shipped.partition(report.BEGIN)[2].partition(report.END)[0]
    assert "## The database is damaged" in by_hand
    new = report.keep_by_hand(page, shipped)
    assert new.count(by_hand) == 1
    assert "10 minutes" in new
    assert report.keep_by_hand(page, new) == new
    assert report.keep_by_hand(page, "") == page
    with pytest.raises(ValueError, match="pairs"):
        report.keep_by_hand(page, shipped.replace(report.END, ""))


def test_helpers_count_as_they_say() -> None:
    assert longest_gap([], 5.0) == 5.0
    assert quantile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert http_path("养".encode().decode("latin-1")) == "%E5%85%BB"
    assert sheet.rows(2).count("演习示例养老院".encode()) == 2
