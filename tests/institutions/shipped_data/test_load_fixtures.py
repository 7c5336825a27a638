"""Twice is once, what clerks did stays done, and an interrupted run leaves nothing behind."""

import datetime
import json
import lzma
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from pytest_django import DjangoAssertNumQueries, Settings

from institutions.models import Bed, Institution, Listing
from institutions.shipped_data import load as fixtures
from regions.models import Document, Fact, LoadedFixture, Policy, Region, RegionGroup
from tests.factories import make_institution

pytestmark = pytest.mark.django_db
SHIPPED = settings.BASE_DIR / "fixtures"
TODAY = datetime.date(2026, 11, 22)
MADE_AT = {"created_at": "2026-11-22T00:00:00+08:00", "updated_at": "2026-11-22T00:00:00+08:00"}


def document(slug: str, title: str = "新文件") -> dict[str, Any]:
    fields = {"slug": slug, "title": title, "kind": "notice", "grade": "A"}
    return {"model": "regions.document", "fields": fields}


def home(name: str, **fields: Any) -> dict[str, Any]:
    own = {"name": name, "region": "110105", "stage": "published", **MADE_AT}
    return {"model": "institutions.institution", "fields": own | fields}


def bed(name: str, registered: int) -> dict[str, Any]:
    fields = {"institution": ["110105", name], "registered": registered, "as_of": "2026-01-01"}
    return {"model": "institutions.bed", "fields": fields}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files with nothing in them, none of which the database has taken in."""
    LoadedFixture.objects.all().delete()
    shipped = tmp_path / "fixtures"
    shipped.mkdir()
    for name in (*fixtures.REFERENCE, *fixtures.ONCE):
        write(shipped, name)
    return shipped


def write(folder: Path, name: str, *rows: dict[str, Any]) -> None:
    content = json.dumps(rows).encode()
    (folder / name).write_bytes(lzma.compress(content) if name.endswith(".xz") else content)


def load(folder: Path) -> int:
    return fixtures.load_folder(folder, TODAY, lambda message: None)


def command(**options: Any) -> str:
    out = StringIO()
    call_command("load_fixtures", stdout=out, **options)
    return out.getvalue()


# Twice is once


def test_second_run_of_the_shipped_files_changes_nothing(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    before = list(Institution.objects.order_by("pk").values_list("pk", "updated_at"))
    with django_assert_num_queries(3):  # savepoint, what was loaded, release
        said = command()
    assert said == "没有变化：数据都已载入过。\n"
    assert list(Institution.objects.order_by("pk").values_list("pk", "updated_at")) == before


def test_shipped_files_over_a_database_that_has_their_rows_add_nothing() -> None:
    """As after `loaddata`, which does not record what it loaded."""
    LoadedFixture.objects.all().delete()
    count = Bed.objects.count()
    assert load(SHIPPED) == 0
    assert Bed.objects.count() == count
    assert LoadedFixture.objects.count() == len([*fixtures.REFERENCE, *fixtures.ONCE, fixtures.LAW])


def test_says_what_it_does_unless_told_to_be_silent(folder: Path, settings: Settings) -> None:
    write(folder, "documents.json", document("new"))
    settings.BASE_DIR = folder.parent
    assert "documents.json：新增 1 行。" in command()
    LoadedFixture.objects.all().delete()
    assert command(verbosity=0) == ""


# Institutions are loaded once


def test_new_homes_come_with_their_parts_and_listings(folder: Path) -> None:
    write(folder, "institutions.json", home("新院"), bed("新院", 30))
    assert load(folder) == 2
    new = Institution.objects.get(name="新院")
    assert new.beds.get().registered == 30
    assert Listing.objects.get(pk=new.pk).region_id == "110105"


def test_a_changed_institution_file_is_not_loaded_again(folder: Path) -> None:
    write(folder, "institutions.json", home("新院", address="旧址"))
    load(folder)
    Institution.objects.filter(name="新院").update(address="经办人改的地址")
    write(folder, "institutions.json", home("新院", address="又一处"), home("再一院"))
    assert load(folder) == 0
    assert Institution.objects.get(name="新院").address == "经办人改的地址"
    assert not Institution.objects.filter(name="再一院").exists()


def test_removed_demo_homes_do_not_come_back(folder: Path) -> None:
    write(folder, "demo.json.xz", home("示例·新院", is_demo=True))
    load(folder)
    Institution.objects.filter(name="示例·新院").delete()
    write(folder, "demo.json.xz", home("示例·新院", is_demo=True), home("示例·再一院"))
    assert load(folder) == 0
    assert not Institution.objects.filter(name__startswith="示例·新院").exists()


def test_a_home_that_a_clerk_entered_before_is_left_alone(folder: Path) -> None:
    mine = make_institution(name="新院", address="经办人填的地址")
    write(folder, "institutions.json", home("新院", address="别处"), bed("新院", 30))
    assert load(folder) == 0
    mine.refresh_from_db()
    assert mine.address == "经办人填的地址"
    assert not mine.beds.exists()


# Reference rows are added as they appear


def test_a_changed_reference_file_adds_what_is_missing_and_keeps_what_staff_edited(
    folder: Path,
) -> None:
    write(folder, "documents.json", document("old"))
    load(folder)
    Document.objects.filter(slug="old").update(title="经办人改过")
    write(folder, "documents.json", document("old", "文件里的标题"), document("new"))
    assert load(folder) == 1
    assert Document.objects.get(slug="old").title == "经办人改过"
    assert Document.objects.filter(slug="new").exists()
    recorded = LoadedFixture.objects.get(name="documents.json").checksum
    assert recorded == fixtures.checksum(folder / "documents.json")


def test_links_to_regions_come_with_new_rows(folder: Path) -> None:
    write(folder, "documents.json", document("report"))
    group = {"slug": "two", "name": "两地", "definition": "测试", "regions": ["110000", "120000"]}
    write(folder, "region_groups.json", {"model": "regions.regiongroup", "fields": group})
    fact = {
        "code": "T-1",
        "document": ["report"],
        "regions": ["110105"],
        "label": "床位",
        "value": "12.50",
        "as_of": "2026-01-01",
        "quote": "12.5 张",
    }
    write(folder, "facts.json", {"model": "regions.fact", "fields": fact})
    load(folder)
    codes = RegionGroup.objects.get(slug="two").regions.values_list("code", flat=True)
    assert sorted(codes) == ["110000", "120000"]
    loaded = Fact.objects.get(code="T-1")
    assert (loaded.document.slug, str(loaded.value)) == ("report", "12.50")
    assert [region.code for region in loaded.regions.all()] == ["110105"]


def test_a_region_may_name_a_parent_and_a_successor_of_the_same_file(folder: Path) -> None:
    province = {"name": "新省", "level": 1, "parent": "000000"}
    county = {"name": "旧县", "level": 3, "parent": "990000", "is_current": False}
    write(
        folder,
        "regions.json.xz",
        {"model": "regions.region", "pk": "990101", "fields": county | {"successors": ["990000"]}},
        {"model": "regions.region", "pk": "990000", "fields": province},
    )
    assert load(folder) == 2
    old = Region.objects.get(pk="990101")
    assert old.parent_id == "990000"
    assert [region.code for region in old.successors.all()] == ["990000"]


def policy(slug: str) -> dict[str, Any]:
    fields = {"slug": slug, "name": "新补贴", "kind": "allowance", "region": "110000"}
    fields |= {"anchor": "hukou", "payee": "elder", "portability": "regions", "grade": "A"}
    return {
        "model": "regions.policy",
        "fields": fields | {"portable_to": ["120000"], "document": ["new"], "ask": "街道"},
    }


def rate(slug: str, order: int = 1) -> dict[str, Any]:
    fields = {"policy": [slug], "order": order, "name": f"{order} 档", "age_from": order}
    return {"model": "regions.rate", "fields": fields | {"amount_kind": "fixed", "amount": 100}}


def exclusion(first: str, second: str) -> dict[str, Any]:
    fields = {"slug": "new", "conflict": "choose", "first": [[first]], "second": [[second]]}
    return {"model": "regions.exclusion", "fields": fields | {"document": ["new"]}}


def test_new_policies_come_with_their_rates_places_and_exclusions(folder: Path) -> None:
    write(folder, "documents.json", document("new"))
    write(folder, "policies.json", policy("x"), policy("y"), rate("x"), exclusion("x", "y"))
    assert load(folder) == 5
    new = Policy.objects.get(slug="x")
    assert new.rates.get().amount == 100
    assert [region.code for region in new.portable_to.all()] == ["120000"]
    assert new.excluded_first.get().second.get().slug == "y"


def test_rates_of_a_policy_that_is_there_are_the_clerks_own(folder: Path) -> None:
    write(folder, "documents.json", document("new"))
    write(folder, "policies.json", policy("x"), rate("x"))
    load(folder)
    Policy.objects.get(slug="x").rates.all().delete()
    write(folder, "policies.json", policy("x"), rate("x"), rate("x", 2), policy("y"), rate("y"))
    assert load(folder) == 2
    assert not Policy.objects.get(slug="x").rates.exists()


# All or nothing


def test_an_interrupted_run_changes_nothing(folder: Path) -> None:
    before = Institution.objects.count()
    write(folder, "documents.json", document("new"))
    broken = bed("新院", 30)
    broken["fields"]["operating"] = 31
    write(folder, "institutions.json", home("新院"), broken)
    with pytest.raises(IntegrityError, match="bed_operating_within_registered"):
        load(folder)
    assert not Document.objects.filter(slug="new").exists()
    assert Institution.objects.count() == before
    assert not LoadedFixture.objects.exists()


def test_a_reference_to_nothing_names_the_file_and_the_key(folder: Path) -> None:
    write(folder, "institutions.json", home("新院", region="999999"))
    with pytest.raises(fixtures.FixtureError, match=r"institutions\.json：没有 地区 999999"):
        load(folder)


def test_a_missing_file_is_named(folder: Path, settings: Settings) -> None:
    (folder / "facts.json").unlink()
    settings.BASE_DIR = folder.parent
    with pytest.raises(CommandError, match=r"缺少数据文件 facts\.json"):
        command()
    assert not LoadedFixture.objects.exists()
