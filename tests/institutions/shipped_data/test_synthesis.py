"""The invented register says that it is invented, is skewed like a real one, and joins no other."""

import datetime
from collections import Counter
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.forms import model_to_dict

from institutions.models import Institution, Listing
from institutions.register import listings
from institutions.shipped_data import load as fixtures
from institutions.shipped_data.synthetic import NotEmptyError, synthesize
from tests.factories import make_institution

# A sequence set back stays back when a test is rolled back, and this register has ids of its own.
pytestmark = pytest.mark.usefixtures("own_database")
TODAY = datetime.date(2026, 11, 22)


def told(number: int, seed: int) -> list[dict[str, object]]:
    """Every home and listing of a register made in place of the one that is there."""
    Institution.objects.all().delete()
    synthesize(number, seed, TODAY, lambda _: None)
    homes = [
        model_to_dict(home, exclude=["filed_on"]) for home in Institution.objects.order_by("pk")
    ]
    rows = Listing.objects.order_by("pk").values()
    return [home | row for home, row in zip(homes, rows, strict=True)]


def test_same_seed_same_register() -> None:
    first, again, other = told(60, 1), told(60, 1), told(60, 2)
    assert len(first) == 60
    assert first == again
    assert first != other


def test_homes_are_valid_demo_records_with_right_listings() -> None:
    told(40, 1)
    for home in Institution.objects.all():
        home.full_clean()
        assert home.is_demo
        assert "示例" in home.name
        assert not home.phones.get().dialable
    assert Listing.objects.count() == 40
    assert listings.find_wrong_listings(TODAY) == []
    assert make_institution().pk > 40  # ids of our own do not stand in the way of the next


def test_register_is_skewed_like_a_real_one() -> None:
    homes = told(600, 1)
    assert 0.4 < sum("养老" in str(home["name"]) for home in homes) / 600 < 0.6
    assert 0.3 < sum(home["price_from"] is None for home in homes) / 600 < 0.6
    assert 0.3 < sum(home["vacant"] is None for home in homes) / 600 < 0.7
    counties = Counter(home["region"] for home in homes)
    assert max(counties.values()) > 5 * 600 / 3_000


def test_command_fills_an_empty_database_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:////tmp/its-own.sqlite3")
    with pytest.raises(CommandError, match="已经有机构"):
        call_command("synthesize", institutions=5)
    with pytest.raises(NotEmptyError):
        synthesize(5, 1, TODAY, lambda _: None)
    Institution.objects.all().delete()
    out = StringIO()
    call_command("synthesize", institutions=5, stdout=out)
    assert out.getvalue() == "已生成 5 / 5 家。\n"
    assert Institution.objects.count() == 5


def test_command_wants_a_database_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with pytest.raises(CommandError, match="DATABASE_URL"):
        call_command("synthesize")
    monkeypatch.setenv("DATABASE_URL", "x")
    with pytest.raises(CommandError, match="之间"):
        call_command("synthesize", institutions=0)


def test_command_loads_regions_and_no_homes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(fixtures, "is_wanted", lambda path, loaded: asked.append(path.name))
    monkeypatch.setenv("DATABASE_URL", "x")
    with pytest.raises(CommandError):
        call_command("synthesize", institutions=5)
    assert asked == list(fixtures.REFERENCE)
