"""The shipped regions, groups, documents and facts: complete, true and rebuildable."""

import csv
import importlib.util
import json
import lzma
import re
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from regions.models import Region

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
SOURCES = FIXTURES / "sources"
LATIN = re.compile(r"[A-Za-z]")
# What the Chinese of a quote says about its figure.
BOUND_WORDS = {"more_than": "突破|余名|超过了", "nearly": "近", "about": "约", "at_least": "以上"}

Fields = dict[str, Any]


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, FIXTURES / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def shipped(name: str) -> list[Fields]:
    return [o["fields"] for o in json.loads((FIXTURES / name).read_text(encoding="utf-8"))]


def stated() -> dict[str, dict[str, str]]:
    text = (SOURCES / "report_facts.csv").read_text(encoding="utf-8")
    return {row["id"]: row for row in csv.DictReader(text.splitlines())}


@pytest.fixture(scope="module")
def region_text() -> str:
    return lzma.decompress((FIXTURES / "regions.json.xz").read_bytes()).decode()


@pytest.fixture(scope="module")
def regions(region_text: str) -> dict[str, Fields]:
    return {o["pk"]: o["fields"] for o in json.loads(region_text)}


@pytest.fixture(scope="module")
def current(regions: dict[str, Fields]) -> dict[str, Fields]:
    return {code: fields for code, fields in regions.items() if fields["is_current"]}


# Regions


@pytest.mark.no_cover
def test_the_committed_regions_are_what_the_script_makes(region_text: str) -> None:
    build = script("build_regions")
    assert build.as_json(build.region_objects()) == region_text
    groups = (FIXTURES / "region_groups.json").read_text(encoding="utf-8")
    assert build.as_json(build.group_objects()) == groups


def test_all_of_china_is_there(regions, current) -> None:
    levels = Counter(fields["level"] for fields in current.values())
    assert levels == {0: 1, 1: 34, 2: 342, 3: 3057}
    assert len(regions) == len(current) + 4014  # every former code but 台湾's other one


def test_one_root_named_the_nation(regions) -> None:
    roots = [code for code, fields in regions.items() if fields["parent"] is None]
    assert roots == ["000000"]
    assert regions["000000"]["name"] == regions["000000"]["short_name"] == "全国"


def test_taiwan_has_its_standard_code(regions) -> None:
    assert not [code for code in regions if code.startswith("83")]
    assert regions["710000"]["name"] == "台湾省"
    assert regions["710100"]["parent"] == "710000"
    assert regions["710101"]["parent"] == "710100"
    assert regions["719012"]["name"] == "金门县"  # the list adds a remark in brackets


def test_every_parent_is_the_nearest_current_region_above(regions, current) -> None:
    for code, fields in regions.items():
        if code == "000000":
            continue
        above = [code[:4] + "00", code[:2] + "0000", "000000"]
        assert fields["parent"] == next(a for a in above if a in current and a != code), code
        assert regions[fields["parent"]]["level"] < fields["level"]


def test_counties_without_a_prefecture_hang_on_their_province(current) -> None:
    counties = [fields for fields in current.values() if fields["level"] == 3]
    assert sum(current[fields["parent"]]["level"] == 1 for fields in counties) == 158
    for code in ("110105", "419001", "429021", "469001", "500103", "500229", "659001"):
        assert current[code]["parent"] == code[:2] + "0000"


def test_some_prefectures_have_no_counties(current) -> None:
    with_counties = {fields["parent"] for fields in current.values() if fields["level"] == 3}
    prefectures = {code for code, fields in current.items() if fields["level"] == 2}
    assert prefectures - with_counties == {"441900", "442000", "460400", "620200"}


def test_successors_are_current_and_only_former_regions_have_them(regions, current) -> None:
    for code, fields in regions.items():
        assert set(fields["successors"]) <= set(current), code
        assert not (code in current and fields["successors"]), code
    for code in ("130629", "130632", "130638"):  # the list of changes abolishes them too early
        assert current[code]["successors"] == []


def test_chains_of_changes_are_followed_to_their_ends(regions) -> None:
    assert regions["500381"]["successors"] == ["500116"]
    assert regions["510282"]["successors"] == ["500116"]
    assert regions["130504"]["successors"] == ["130502", "130503"]  # split
    assert regions["110100"]["successors"] == []  # leads nowhere


def test_the_new_district_of_chongqing(regions) -> None:
    for code in ("500105", "500112"):
        assert regions[code]["successors"] == ["500157"]
        assert regions[code]["valid_to"] == "2025-11-01"
        assert not regions[code]["is_current"]
    assert regions["500157"]["name"] == "两江新区"
    assert regions["500157"]["valid_from"] == "2025-11-01"
    assert regions["500157"]["parent"] == "500000"


@pytest.mark.parametrize(
    ("code", "short", "pinyin"),
    [
        ("500115", "长寿", "chang shou"),
        ("131000", "廊坊", "lang fang"),
        ("131028", "大厂", "da chang"),
        ("450000", "广西", "guang xi"),
        ("810000", "香港", "xiang gang"),
        ("120116", "滨海新区", "bin hai xin qu"),
        ("500157", "两江新区", "liang jiang xin qu"),
        ("140302", "城区", "cheng qu"),
        ("140303", "矿区", "kuang qu"),
        ("140311", "郊区", "jiao qu"),
        ("510402", "东区", "dong qu"),
        ("132501", "张家口", ""),  # former, and not in the list of spellings
    ],
)
def test_short_names_and_pinyin(regions, code: str, short: str, pinyin: str) -> None:
    assert regions[code]["short_name"] == short
    assert regions[code]["pinyin"] == pinyin


def test_every_current_region_can_be_called_and_spelt(regions, current) -> None:
    assert all(len(fields["short_name"]) >= 2 for fields in regions.values())
    spelt = re.compile(r"[a-zü]+( [a-zü]+)*")
    assert [c for c, fields in current.items() if not spelt.fullmatch(fields["pinyin"])] == []


def test_centroids_are_wgs84_and_in_china(regions, current) -> None:
    placed = [fields for fields in regions.values() if "longitude" in fields]
    assert all(73 < fields["longitude"] < 136 for fields in placed)
    assert all(3 < fields["latitude"] < 54 for fields in placed)
    assert sum("longitude" in fields for fields in current.values()) > 3100
    # GCJ-02 has 116.443205, 39.921506: half a kilometre off.
    assert regions["110105"]["longitude"] == pytest.approx(116.436996, abs=1e-5)
    assert regions["110105"]["latitude"] == pytest.approx(39.920128, abs=1e-5)
    assert regions["310000"]["longitude"] == pytest.approx(121.473701 - 0.0045, abs=1e-3)


def test_a_county_that_changed_its_kind_keeps_its_place(regions) -> None:
    assert regions["130407"]["longitude"] == pytest.approx(114.794377)  # 肥乡县, now 肥乡区
    assert regions["500157"]["telephone_code"] == "023"
    assert "longitude" not in regions["500157"]  # made of two


def test_telephone_codes_can_be_dialled(regions) -> None:
    codes = {fields.get("telephone_code", "010") for fields in regions.values()}
    assert all(re.fullmatch(r"010|02\d|0[3-9]\d\d", code) for code in codes)
    assert regions["131082"]["telephone_code"] == "0316"


# Groups


def test_groups_are_of_current_regions(current) -> None:
    groups = {group["slug"]: group for group in shipped("region_groups.json")}
    assert groups["jing-jin-ji"]["regions"] == ["110000", "120000", "130000"]
    around = groups["huan-jing"]["regions"]
    assert len(around) == len(set(around)) == 18
    assert all(current[code]["level"] == 3 for code in around)
    assert {code[:2] for code in around} == {"12", "13"}
    assert "131082" in around
    assert "本站自行划定" in groups["huan-jing"]["definition"]


# Documents


def test_documents_are_told_in_chinese() -> None:
    documents = shipped("documents.json")
    slugs = [document["slug"] for document in documents]
    assert len(slugs) == len(set(slugs))
    reports = {row["report"] for row in stated().values()}
    assert reports < set(slugs)
    assert all(d["grade"] == "S" for d in documents if d["slug"] in reports)
    for document in documents:
        assert document["note"].endswith("。"), document["slug"]
        own_words = document["title"] if document["kind"] != "dataset" else ""
        assert not LATIN.search(own_words), document["slug"]


def test_data_sets_carry_licence_and_attribution() -> None:
    documents = {document["slug"]: document for document in shipped("documents.json")}
    assert documents["regions-mumuy"]["licence"] == "MIT"
    assert documents["regions-areacity"]["licence"] == "MIT"
    assert "CC BY 4.0" in documents["regions-adcode"]["licence"]
    assert "Vonng" in documents["regions-adcode"]["licence"]
    assert documents["demo-data"]["kind"] == "demo"
    for name in ("areacity", "mumuy-data_location", "vonng-adcode"):
        assert (SOURCES / "regions" / f"LICENSE.{name}").stat().st_size > 100


# Facts


def test_the_committed_facts_are_what_the_script_makes() -> None:
    facts = script("build_facts").fact_objects()
    assert json.loads((FIXTURES / "facts.json").read_text(encoding="utf-8")) == facts


def test_every_statement_is_shipped_or_excluded_with_a_reason() -> None:
    ids = {fact["code"].rstrip("abc") for fact in shipped("facts.json")}
    excluded = script("build_facts").EXCLUDED
    assert len(stated()) == 224
    assert ids | set(excluded) == set(stated())
    assert not ids & set(excluded)
    assert all(excluded.values())


def test_facts_keep_figure_quote_and_document() -> None:
    for fact in shipped("facts.json"):
        source = stated()[fact["code"].rstrip("abc")]
        assert fact["quote"] == source["quote"]
        assert fact["document"] == [source["report"]]
        assert bool(fact["value"]) != bool(fact["text"]), fact["code"]
        if fact["value"]:
            figures = re.findall(r"\d+\.?\d*", source["value"])
            assert fact["value"] in figures, fact["code"]


def test_facts_keep_bounds_and_targets() -> None:
    for fact in shipped("facts.json"):
        if fact["bound"] != "exact":
            assert re.search(BOUND_WORDS[fact["bound"]], fact["quote"]) or "余" in fact["quote"]
        if "TARGET" in stated()[fact["code"].rstrip("abc")]["measure"]:
            assert fact["nature"] == "target", fact["code"]
    bounds = {fact["code"]: fact["bound"] for fact in shipped("facts.json")}
    assert bounds["F000-13"] == bounds["F001-35"] == bounds["F000-41"] == "more_than"
    assert bounds["F000-34"] == bounds["F004-12"] == "nearly"
    assert bounds["F001-05"] == bounds["F001-46"] == "at_least"


def test_what_is_planned_asked_for_or_encouraged_is_told_as_that() -> None:
    facts = {fact["code"]: fact for fact in shipped("facts.json")}
    plans = {"F001-39", "F001-52", "F000-44", "F003-53", "F003-34"}
    assert {facts[code]["nature"] for code in plans} == {"target"}
    assert facts["F001-52"]["as_of"] == "2020-01-01"
    for code, fact in facts.items():
        for word in ("推动", "鼓励", "谋划"):
            told = fact["text"] + fact["label"]
            assert word not in fact["quote"] or word in told or fact["value"], code
        if fact["nature"] == "target" and fact["as_of"] == "2020-01-01":
            assert fact["note"].startswith("到 2020 年的目标"), code


def test_facts_have_a_day_and_current_or_former_regions(regions) -> None:
    for fact in shipped("facts.json"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", fact["as_of"]), fact["code"]
        assert fact["regions"], fact["code"]
        assert set(fact["regions"]) <= set(regions), fact["code"]
    dated = {fact["code"]: fact for fact in shipped("facts.json")}
    assert dated["F000-15"]["as_of_precision"] == "month"
    assert dated["F001-05"]["as_of"] == "2020-01-01"
    assert dated["F003-15"]["as_of_end"] == "2022-01-01"
    assert dated["F000-21"]["regions"] == ["110000", "120000", "130000"]
    assert dated["F002-31"]["regions"] == ["410800", "410882"]


def test_facts_are_told_in_simplified_chinese() -> None:
    for fact in shipped("facts.json"):
        told = "".join(fact[field] for field in ("label", "entity", "text", "unit", "note"))
        assert not LATIN.search(told), fact["code"]
        assert not re.search("[養護機構數據醫學屬灣慶會]", told), fact["code"]
        assert fact["label"]


@pytest.mark.django_db
def test_what_is_loaded_is_what_is_shipped(current) -> None:
    assert Region.objects.current().count() == len(current)
    assert Region.objects.get(pk="500105").heirs() == [Region.objects.get(pk="500157")]
