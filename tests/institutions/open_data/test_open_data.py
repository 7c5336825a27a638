"""Files of the register and of any search, read by readers of others' making."""

import csv
import io
import json
from xml.etree import ElementTree

import geojson
import openpyxl
import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import resolve

from institutions.costs.estimator import NEEDS_LEVEL
from institutions.models import Institution, Listing, Provenance
from institutions.open_data import tables as open_data
from institutions.open_data.files import FORMATS, dictionary
from institutions.pages.parts.carried_homes import Carried
from institutions.pages.results.links import SearchAddress
from institutions.register.listings import refresh
from institutions.register.record import to_record
from institutions.search.filters import InstitutionFilter
from institutions.search.finder import DatabaseFinder, make_finder
from institutions.sheets.export import as_xlsx
from tests.factories import make_document, make_institution, make_region, make_whole_institution

pytestmark = pytest.mark.django_db

SANHE = {"region": "131082"}


def body(response) -> str:
    assert response.status_code == 200
    return b"".join(response.streaming_content).decode()


def rows(client: Client, name: str = "csv", **query: str) -> list[dict[str, str]]:
    text = body(client.get(f"/institutions.{name}", query))
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True))


def search(query: str, today) -> InstitutionFilter:
    return InstitutionFilter(QueryDict(query), Listing.objects.all(), today)


@pytest.fixture
def whole(today) -> Institution:
    """A home with a row of every part, and what nobody may take for a formula or for markup."""
    home = make_whole_institution(name="=HYPERLINK(甲)", introduction='<b>,"\n第二行')
    refresh([home.pk], today)
    return home


# What is in the files


def test_a_table_has_every_published_home_once_real_ones_first(client):
    make_institution(region=make_region("131082"), stage=Institution.Stage.DRAFT)
    found = rows(client, region="130000")
    demo = [row["示例数据"] for row in found]
    assert demo == sorted(demo)
    assert set(demo) == {"否", "是"}
    homes = Institution.objects.published().in_regions(make_region("130000"))
    assert sorted(int(row["编号"]) for row in found) == sorted(homes.values_list("pk", flat=True))
    assert rows(client, region="130000", real="1") == found[: demo.index("是")]


def test_the_row_of_a_home(client, whole):
    (row,) = [row for row in rows(client, region=whole.region_id) if row["编号"] == str(whole.pk)]
    assert row["名称"] == "'=HYPERLINK(甲)"
    assert row["简介"] == '<b>,"\n第二行'
    assert row["网页"] == f"http://testserver/institutions/{whole.pk}/"
    assert row["地区全名"] == whole.region.full_name
    assert row["收能力完好（自理）"] == "是"
    assert row["收完全失能"] == "否"
    assert row["收男性"] == ""
    assert row["标价·能力完好（元/月）"] == "5100"
    assert (row["标价来源"], row["标价截至"]) == ("《示例数据》", "2026-01-01")
    # Of the beds one row has a source of its own; the count is as old as it says.
    assert (row["空余床位"], row["空余床位截至"]) == ("5", "2026-11-01")
    assert row["等级评定"] == "养老机构等级（GB/T 37276） 四级（2024）"
    assert (row["来源种类"], row["截至"]) == ("示例数据", "2026-01-01")


def test_nothing_known_is_empty_and_never_a_zero(client, today):
    home = make_institution(name="什么都没公布的养老院")
    refresh([home.pk], today)
    row = next(row for row in rows(client, q=home.name) if row["编号"] == str(home.pk))
    told = {head: cell for head, cell in row.items() if cell}
    assert set(told) == {"编号", "网页", "名称", "示例数据", "地区", "地区全名"}


def test_every_figure_stands_with_its_source(client, whole):
    found = rows(client, "figures.csv", q="HYPERLINK")
    assert {row["编号"] for row in found} == {str(whole.pk)}
    by_path = {row["路径"]: row for row in found}
    assert len(by_path) == len(found)
    own = by_path["beds/nursing/twin/vacant"]
    assert (own["内容"], own["来源种类"], own["截至"]) == ("5", "机构填报", "2026-01-01")
    assert own["核实日期"] == "2026-01-01"
    assert own["哪一项"] == "床位·护理型床位·双人间·空余床位"
    assert by_path["beds/ordinary/single/registered"]["来源"] == "《示例数据》"
    assert by_path["fees/meals//0///amount"]["内容"] == "1100"
    assert by_path["phones/000-12345678/purpose"]["内容"] == "入住咨询"
    assert all(row["来源"] and row["截至"] and row["示例数据"] == "是" for row in found)
    assert not any(path.startswith(("photos", "provenance")) for path in by_path)


def test_a_row_known_by_its_key_alone_is_told(client, today):
    home = make_institution(name="只有电话的养老院")
    home.phones.create(number="010-12345678")
    refresh([home.pk], today)
    found = rows(client, "figures.csv", q=home.name)
    assert {row["路径"]: row["内容"] for row in found}["phones/010-12345678"] == "有"


def test_a_line_of_json_is_the_whole_record_and_names_nobody(client, whole):
    lines = body(client.get("/institutions.jsonl", {"q": "HYPERLINK"})).splitlines()
    found = next(line for line in map(json.loads, lines) if line["id"] == whole.pk)
    record = to_record(Institution.objects.with_parts().get(pk=whole.pk))
    for row in record["provenance"]:
        del row["verified_by"]
    assert found == record | {
        "id": whole.pk,
        "url": f"http://testserver/institutions/{whole.pk}/",
        "region_name": whole.region.full_name,
    }
    checker = Provenance.objects.get(institution=whole, kind="own").verified_by
    assert checker.username not in "".join(lines)


def test_a_reader_of_geojson_takes_the_map(client, whole):
    told = geojson.loads(body(client.get("/institutions.geojson", {"region": whole.region_id})))
    assert isinstance(told, geojson.FeatureCollection)
    assert told.errors() == []
    assert "CC BY 4.0" in told["licence"]
    by_id = {feature["id"]: feature for feature in told["features"]}
    feature = by_id[whole.pk]
    assert feature["geometry"] == {"type": "Point", "coordinates": [116.44, 39.92]}
    properties = feature["properties"]
    assert (properties["is_demo"], properties["takes_men"]) == (True, None)
    assert (properties["kind"], properties["price_0"]) == ("residential_care", 5100)
    assert properties["opened_on"] == "2015-06-01"
    unlocated = [f for f in told["features"] if f["geometry"] is None]
    assert unlocated
    assert len(by_id) == Listing.objects.filter(region=whole.region_id).count()


def test_an_empty_map_is_a_map(client):
    told = geojson.loads(body(client.get("/institutions.geojson", {"price_max": "1", **SANHE})))
    assert told["features"] == []


def test_drafts_and_what_is_withdrawn_on_the_way_stay_in(client, whole, monkeypatch):
    lines = FORMATS["jsonl"].file_lines([whole.pk])
    Institution.objects.filter(pk=whole.pk).update(stage=Institution.Stage.DRAFT)
    assert "".join(lines) == ""


def test_the_dictionary_tells_every_column(client):
    _, *found = csv.reader(io.StringIO(client.get("/data/dictionary.csv").content.decode()))
    assert found == list(dictionary())[1:]
    assert {row[0].partition(".")[2] for row in found} == set(FORMATS)
    table = [row[1] for row in found if row[0] == "institutions.csv"]
    assert table == list(rows(client, **SANHE)[0])
    assert len(table) == len(set(table))
    assert all(row[3] for row in found)
    assert next(row for row in found if row[2] == "operating")[4].startswith("planned=筹建中；")


# Which homes


@pytest.mark.parametrize("engine", ["bitmaps", "orm"])
@pytest.mark.parametrize(
    "query",
    [
        "region=131082&sort=price",
        "region=500000&care=partial&price_max=4000",
        "q=养老&region=130000&sort=vacant",
        "near=131082&within=60&sort=near",
        "region=131082&e_hukou=110105&e_ability=gbt42195:3&basis=net&price_max=6000&sort=net",
    ],
)
def test_a_file_holds_the_results_in_their_order(query, engine, client, settings, today):
    settings.FACETS = engine
    found = [int(row["编号"]) for row in rows(client, **dict(QueryDict(query).items()))]
    page = list(search(query, today).qs.values_list("pk", flat=True))
    assert found == page != []


def test_bitmaps_and_database_name_the_same_homes(today):
    asked = search("", today)
    assert make_finder(asked).ordered_ids() == DatabaseFinder(asked).ordered_ids()


def test_a_file_holds_nothing_of_the_elder_and_is_kept_by_no_cache(client):
    asked = {**SANHE, "e_hukou": "110105", "e_ability": "gbt42195:3"}
    response = client.get("/institutions.csv", asked)
    assert response.headers["Cache-Control"] == "private, no-store"
    assert body(response) == body(client.get("/institutions.csv", SANHE))


@pytest.mark.parametrize("name", [*FORMATS, "atom"])
@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("price_min=abc", "最低（元/月）：请填整数，比如 5000。"),
        ("sort=net", f"排序：{NEEDS_LEVEL}"),
        ("region=999999", "没有“999999”这一项。"),
        ("page=0", "页码：不能小于 1。"),
    ],
)
def test_what_is_not_understood_is_told_as_on_the_page(query, why, name, client):
    response = client.get(f"/institutions.{name}?{query}")
    assert response.status_code == 400
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert why in response.content.decode()


def test_what_is_wrong_about_the_elder_is_told(client):
    response = client.get("/institutions.csv?e_hukou=火星")
    assert response.status_code == 400
    assert "户籍在哪里：" in response.content.decode()


# How they are sent


@pytest.mark.parametrize(
    ("name", "queries"), [("csv", 8), ("geojson", 8), ("figures.csv", 17), ("jsonl", 17)]
)
def test_queries_of_500_homes_are_pinned(name, queries, django_assert_num_queries):
    ids = list(Listing.objects.order_by("pk").values_list("pk", flat=True)[:500])
    with django_assert_num_queries(queries):
        # documents, once for the whole file; for each 500 homes what records call documents and
        # users, the homes, their listings with region, and each part (3 of a table, all 12)
        for _ in FORMATS[name].file_lines(ids):
            pass


def test_a_file_is_sent_while_it_is_read(client, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(open_data, "BATCH", 5)
    monkeypatch.setattr("institutions.open_data.files.PIECE", 0)
    read = []
    load = open_data.Current.load_fields
    monkeypatch.setattr(
        open_data.Current, "load_fields", lambda self, ids: read.append(len(ids)) or load(self, ids)
    )
    response = client.get("/institutions.csv", {"real": "1"})
    assert response.streaming
    assert read == []
    pieces = iter(response.streaming_content)
    next(pieces)
    assert read == []  # the heads
    next(pieces)
    assert read == [5]
    assert len(list(pieces)) > 20
    assert sum(read) == Listing.objects.filter(is_demo=False).count()


def test_headers(client, today):
    elsewhere = {"origin": "https://example.org"}
    response = client.get("/institutions.figures.csv", SANHE, headers=elsewhere)
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert f'filename="institutions-{today}.figures.csv"' in response.headers["Content-Disposition"]
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert client.post("/institutions.csv").status_code == 405


def test_what_has_not_changed_is_not_sent_again(client, django_assert_num_queries):
    held = client.get("/institutions.csv", SANHE).headers["ETag"]
    with django_assert_num_queries(1):  # the last change of the register
        again = client.get("/institutions.csv", SANHE, headers={"if-none-match": held})
    assert again.status_code == 304
    other = client.get("/institutions.csv", SANHE, headers={"if-none-match": '"old"'})
    assert other.status_code == 200


def test_to_ask_for_the_head_reads_no_home(rf, monkeypatch):
    monkeypatch.setattr(open_data.Current, "load_fields", lambda *_: pytest.fail("read"))
    view, _, names = resolve("/institutions.jsonl")
    # The test client throws the body away; a server asks for it.
    assert body(view(rf.head("/institutions.jsonl"), **names)) == ""


# Pages that lead to them


def test_the_results_page_leads_to_its_files(client):
    query = "?region=131082&price_max=5000&e_hukou=110105&keep=1&compare=3&page=2"
    page = client.get(f"/institutions/{query}").content.decode()
    kept = "?region=131082&amp;price_max=5000"
    for name in ("csv", "geojson"):
        assert page.count(f'href="/institutions.{name}{kept}&amp;e_hukou=110105"') == 2
    assert page.count(f'href="/institutions.atom{kept}"') == 2
    assert "订阅的网址会留在别人的服务器里" in page
    assert "订阅的网址会留在别人的服务器里" not in client.get("/institutions/").content.decode()


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("sort=price&why=1", "?sort=price"),
        ("near=131082&within=30&sort=near", ""),
        ("price_max=9000&basis=net&sort=net&e_ability=gbt42195:3", ""),
        ("price_max=9000&sort=net&e_ability=gbt42195:3", "?price_max=9000"),
        ("sort=no-such", ""),
    ],
)
def test_a_feed_asks_nothing_of_the_family(query, left, today):
    asked = search(query, today)
    assert SearchAddress(asked, Carried(asked.data)).of_feed == left


def test_the_page_of_open_data(client, settings, tmp_path, django_assert_num_queries):
    settings.SNAPSHOT_DIR = tmp_path
    client.get("/data/")
    with django_assert_num_queries(1):
        # how many homes are real and demo
        page = client.get("/data/").content.decode()
    real = Listing.objects.filter(is_demo=False).count()
    assert f"实名 {real} 家" in page
    for name in FORMATS:
        assert f'href="/institutions.{name}?real=1"' in page
    assert "CC BY 4.0" in page
    assert "以前的名录" not in page
    assert 'href="/data/"' in client.get("/").content.decode()


def test_a_source_that_is_our_own_wording_is_quoted_as_pages_do(client, whole):
    document = make_document(title="本站概括的题名", title_is_ours=True)
    Provenance.objects.create(
        institution=whole, field="fees", kind="public", document=document, as_of="2025-01-01",
        as_of_precision="month",
    )  # fmt: skip
    row = next(row for row in rows(client, q="HYPERLINK") if row["编号"] == str(whole.pk))
    assert (row["标价来源"], row["标价截至"]) == ("本站概括的题名", "2025-01")
    assert row["标价来源网页"] == f"http://testserver{document.get_absolute_url()}"


@pytest.mark.parametrize("character", ["\x0b", "\x01", "\ufffe", "\uffff", "\u202e"])
def test_no_output_fails_on_a_character_that_is_there_already(client, character, today):
    """Rows from before names were cleaned, or written past every form."""
    home = make_institution(name="试验院", address="一路")
    name = f"试验{character}院"
    Institution.objects.filter(pk=home.pk).update(name=name, address=f"一{character}路")
    refresh([home.pk], today)

    paths = [f"/institutions.{kind}?q=试验" for kind in ("csv", "jsonl", "geojson", "figures.csv")]
    paths += ["/institutions.atom?q=试验", "/institutions/?q=试验", home.get_absolute_url()]
    paths += [f"/api/v1/institutions/{home.pk}", "/sitemap.xml"]
    for path in paths:
        response = client.get(path)
        assert response.status_code == 200, path
        assert response.getvalue()
    atom = client.get("/institutions.atom").content
    ElementTree.fromstring(atom)  # noqa: S314 our own
    rows = openpyxl.load_workbook(io.BytesIO(as_xlsx(Institution.objects.filter(pk=home.pk))))
    assert "试验" in str(rows.active.cell(2, 3).value)


@pytest.mark.parametrize("name", ["csv", "figures.csv", "jsonl", "geojson", "atom"])
def test_a_misspelt_parameter_is_refused_as_in_the_api(client, name):
    """It would find everything, and be taken for what was asked."""
    answer = client.get(f"/institutions.{name}?regoin=131082")
    assert answer.status_code == client.get("/api/v1/institutions?regoin=131082").status_code == 400
    assert "没有“regoin”这个参数" in answer.content.decode()
    assert "region" in answer.content.decode()
    copied = client.get(f"/institutions.{name}?region=131082&page=2&view=map")
    assert copied.status_code == 200
    assert client.get("/data/dictionary.csv?x=1").status_code == 400
