import csv
import datetime
import io
import re
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from carebridge.lib.sheet_files import SheetError
from institutions.models import (
    Bed,
    Institution,
    Listing,
    Phone,
    Provenance,
    Rating,
    Revision,
    Service,
    SheetImport,
)
from institutions.register.history import back_to, change_record, from_data, patch_record
from institutions.register.listings import find_wrong_listings
from institutions.register.record import PARTS, Part, apply_record, difference
from institutions.sheets import export as exporters
from institutions.sheets.checks import RowChecks, empty_row
from institutions.sheets.columns import COLUMNS, HEADS, PlaceNames, columns_of
from institutions.sheets.identity import mark_of
from institutions.sheets.plan import MovedError, commit_plan, make_plan, read_sheet, unknown_heads
from institutions.sheets.rows import ParsedRow, parse_row
from institutions.sheets.uploads import cells_set_aside, check, reasons
from institutions.validators import credit_code_check_character
from regions.models import Document, Region
from regions.places.addresses import RegionNames
from tests.factories import make_document, make_institution, make_region, make_whole_institution
from tests.institutions.sheets.sheets import (
    DAY,
    TODAY,
    as_csv,
    as_xlsx,
    committed,
    flagged,
    planned,
    record_of,
    source,
    told,
)

pytestmark = pytest.mark.django_db
RATINGS = Path(__file__).parents[3] / "fixtures/sources/star_ratings_bj2020_cq2019.csv"
HEADS_ = ["名称", "地区"]
CODE = "9111000080210043" + "3B"
CHAOYANG = "北京市朝阳区"


@pytest.fixture(autouse=True, scope="module")
def _one_gazetteer(django_db_setup, django_db_blocker):
    """The shipped regions do not change here: a hundred plans need not read them anew."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        gazetteer = RegionNames.load_names()
        patch.setattr(RegionNames, "load_names", lambda: gazetteer)
        yield


def one(heads: list[str], *cells: object) -> bytes:
    """A sheet of one home of 朝阳区."""
    return as_csv([*HEADS_, *heads], ["甲养老院", CHAOYANG, *cells])


def home_of(name: str = "甲养老院") -> Institution:
    return Institution.objects.get(name=name, region="110105")


# Heads


@pytest.mark.parametrize(
    "heads",
    [
        ["名称", "地区", "床位·空余床位", "床位·截至"],
        ["name", "region", "beds.vacant", "beds.as_of"],
        ["Name", "REGION", "vacant", "beds.as_of"],
        ["机构名称", "所在区县", "空床数", "床位·截至"],
    ],
)
def test_columns_are_known_in_chinese_and_english(heads):
    for make in (as_csv, as_xlsx):
        sheet = make(heads, ["甲养老院", CHAOYANG, "3", "2026-10-01"])
        with transaction.atomic():
            committed(sheet)
            bed = Bed.objects.get(institution=home_of())
            assert (bed.vacant, str(bed.as_of)) == (3, "2026-10-01")
            transaction.set_rollback(True)


def test_no_head_means_two_columns():
    heads = [column.head for column in COLUMNS] + [column.key for column in COLUMNS]
    assert len(set(heads)) == len(heads)
    assert all(HEADS[head].head == head or HEADS[head].key == head for head in heads)


def test_a_head_that_two_parts_share_is_of_the_part_the_sheet_speaks_of():
    committed(one(["床位数", "房型"], "9", "单人间"))
    assert home_of().beds.get().room == "single"
    with pytest.raises(SheetError, match="请写全：床位·房型、收费·房型"):
        read_sheet(one(["床位数", "项目", "金额（元）", "收费·项目", "房型"], "9", "", "", "", ""))
    assert unknown_heads(read_sheet(one(["房型", "备注"], "单人间", "x"))) == ["房型", "备注"]


def test_one_figure_under_two_heads_is_refused():
    with pytest.raises(SheetError, match="同一项"):
        read_sheet(as_csv([*HEADS_, "床位数", "beds.registered"], ["甲", CHAOYANG, "1", "2"]))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings_of_chinese_sheets(encoding):
    content = one(["地址"], "安定门外大街").decode("utf-8-sig").encode(encoding)
    assert planned(content).counts["new"] == 1


@pytest.mark.parametrize("region", ["北京市朝陽區", "110105"])
def test_big5_does_not_slip_in(region):
    """Under our heads in ASCII, Big5 decodes as GB18030 without an error."""
    text = "name,region,address\r\n" + f"養老院,{region},三河\r\n" * 3

    with pytest.raises(SheetError, match="Big5"):
        read_sheet(text.encode("big5"))


@pytest.mark.parametrize("good", [0, 1, 8])
def test_unknown_regions_are_refused_row_by_row(good):
    """However many they are: the homes of the other rows are taken."""
    rows = [[f"院{n}", CHAOYANG] for n in range(good)]
    plan = planned(as_csv(HEADS_, *rows, ["乙", "某某区"], ["丙", "朝阳区"], ["丁", ""]))

    assert (plan.counts["new"], plan.counts["refused"]) == (good, 3)
    unknown, ambiguous, empty = told(plan)
    assert "没有这个地区" in unknown[1]
    assert "有几个地区叫这个名字" in ambiguous[1]
    assert empty == ("地区", "必须填写。")


# Cells


@pytest.mark.parametrize("word", ["未知", "-", "/", "", "—", "未公布", "暂无", "N/A"])
def test_unknown_stays_unknown(word):
    heads = [
        "地址",
        "床位数",
        "空余床位",
        "收重度失能",
        "电话",
        "收费·项目",
        "收费·金额（元）",
        "开业日期",
    ]
    plan = committed(one(heads, word, word, word, word, word, "床位费", word, word))

    home = home_of()
    assert plan.counts["new"] == 1
    assert (home.address, home.takes_level_3, home.opened_on) == ("", None, None)
    assert not home.beds.exists()
    assert not home.fees.exists()
    assert not home.phones.exists()


def test_no_beds_are_unknown_beds_and_a_full_home_has_none_vacant():
    heads = ["床位数", "已入住", "空余床位"]
    sheet = as_csv(
        [*HEADS_, *heads], ["甲", CHAOYANG, "0", "0", "0"], ["乙", CHAOYANG, "50", "50", "0"]
    )
    committed(sheet)

    assert not Bed.objects.filter(institution__name="甲").exists()
    full = Bed.objects.get(institution=home_of("乙"))
    assert (full.registered, full.occupied, full.vacant) == (50, 50, 0)


def test_a_zero_in_a_sheet_is_a_cell_left_unfilled():
    heads = [
        "收费·项目", "收费·金额（元）", "人员·岗位", "人员·人数", "人员·其中持证",
        "服务·服务", "服务·能服务人数", "已入住",
    ]  # fmt: skip
    service = Service.Kind.labels[3]
    committed(one(heads, "床位费", "0元", "护理员", 0, 0, service, "0", "0"))

    home = home_of()
    assert not home.fees.exists()
    assert not home.staff_figures.exists()
    assert not home.beds.exists()
    assert home.services.get().capacity is None


def test_nobody_living_in_beds_that_are_counted_is_a_figure():
    committed(
        one(["床位数", "已入住", "人员·岗位", "人员·人数", "人员·其中持证"], 50, 0, "护士", 3, 0)
    )

    home = home_of()
    assert home.beds.get().occupied == 0
    assert (home.staff_figures.get().headcount, home.staff_figures.get().certified) == (3, 0)


@pytest.mark.parametrize("cell", ["无", "0", 0])
def test_a_home_refuses_nobody_by_a_cell_left_unfilled(cell):
    committed(one(["收认知症老人", "收重度失能", "能供氧"], cell, "不收", "无"))

    home = home_of()
    assert (home.takes_dementia, home.takes_level_3, home.meets_oxygen) == (None, False, False)


def test_an_unknown_cell_leaves_what_is_known_and_a_word_clears_it():
    home = make_institution(name="甲养老院", address="双井 1 号")

    assert planned(one(["地址"], "未知")).counts["same"] == 1
    committed(one(["地址"], "清空"))
    home.refresh_from_db()
    assert home.address == ""
    assert flagged(planned(one(["示例数据"], "清空"))) == [
        ("示例数据", "没有导入这一格：这一项不能清空。")
    ]


@pytest.mark.parametrize(
    ("head", "cell", "reason"),
    [
        ("统一社会信用代码", "1.1E+17", "这一格是数字"),
        ("统一社会信用代码", 1.1e17, "这一格是数字"),
        ("统一社会信用代码", "911100008021004330", "校验位不对"),
        ("电话", "1.38E+10", "电话的写法不对"),
        ("电话", "12", "电话的写法不对"),
        ("备案编号", 20240001, "这一格是数字"),
        ("床位数", "100-150", "是一个范围"),
        ("床位数", "不少于100", "界限"),
        ("床位数", "60/100", "是一个范围"),
        ("床位数", "-3", "不能小于 0"),
        ("床位数", "3.5", "要写整数"),
        ("床位数", "3,5", "要写一个数"),
        ("床位数", "10 12", "要写一个数"),
        ("床位数", "1,2345", "要写一个数"),
        ("收费·金额（元）", "1500,2000", "要写一个数"),
        ("收费·金额（元）", "1500 2000", "要写一个数"),
        ("收费·金额（元）", "150000分", "要写元"),
        ("床位数", "9" * 30, "数字太大"),
        ("机构类型", "宾馆", "只能写：养老院、"),
        ("收重度失能", "也许", "请写 是 或 否"),
        ("开业日期", "明年", "日期看不懂"),
        ("开业日期", "2026-02-30", "没有这一天"),
        ("收费·起始日期", "2026", "要写到日"),
        ("评定等级", "六星级", "等级要写一到五"),
        ("经度（WGS-84）", "116.4", "经纬度要成对"),
        ("营业状态", "已停业", "暂停或停业要写明日期"),
        ("地址", "x" * 201, "200"),
        ("地址", "#REF!", "公式出错"),
        ("网址", "javascript:alert(1)", "URL"),
        ("定点与名单·依据", "没有这份文件", "没有登记过这份文件"),
        ("床位·截至", "2027-01-01", "还没有到|日期看不懂"),
    ],
)  # fmt: skip
def test_a_wrong_cell_is_set_aside_with_row_column_value_and_reason(head, cell, reason):
    beside = {
        "收费·起始日期": (["收费·项目", "收费·金额（元）"], ["床位费", "1000"]),
        "收费·金额（元）": (["收费·项目"], ["床位费"]),
        "评定等级": (["评定年份", "评定办法"], ["2024", "国家"]),
        "床位·截至": (["床位数"], ["5"]),
    }
    more_heads, more = beside.get(head, ([], []))
    plan = planned(as_xlsx([*HEADS_, head, *more_heads], ["甲养老院", CHAOYANG, cell, *more]))

    assert plan.counts["new"] == 1, plan.lines[0].problems
    problems = plan.lines[0].flags
    assert problems
    assert [p.row for p in problems] == [2] * len(problems)
    assert any(re.search(reason, p.reason) and re.search("[一-鿿]", p.column) for p in problems), (
        problems
    )


@pytest.mark.parametrize(
    ("name", "region", "reason"),
    [
        ("", CHAOYANG, "必须填写"),
        ("乙", "", "必须填写"),
        ("乙", "朝阳区", "有几个地区叫这个名字"),
        ("乙", "某某区", "没有这个地区"),
        ("乙" * 101, CHAOYANG, "100"),
    ],
)
def test_a_home_needs_a_name_and_a_certain_region(name, region, reason):
    rows = [[f"院{n}", CHAOYANG] for n in range(9)]
    plan = planned(as_csv(HEADS_, *rows, [name, region]))

    assert [line.rows for line in plan.of("refused")] == [[11]]
    assert reason in told(plan)[0][1]


def test_words_and_dates_as_clerks_write_them():
    heads = [
        "机构类型",
        "电话",
        "床位数",
        "收费·项目",
        "收费·金额（元）",
        "开业日期",
        "备案日期",
        "收重度失能",
    ]
    committed(
        one(
            heads, "residential_care", "010-12345678", "1,200张", "床位费", "￥1,500.5元",
            "2015年6月", "2016", "√",
        )
    )  # fmt: skip

    home = home_of()
    assert home.kind == "residential_care"
    assert home.beds.get().registered == 1200
    assert home.fees.get().amount == 150_050
    assert (home.opened, home.filed, home.takes_level_3) == ("2015-06", "2016", True)


def test_an_address_that_contradicts_the_region_is_flagged_not_refused():
    plan = planned(one(["地址"], "河北省三河市燕郊开发区"))

    assert plan.counts["new"] == plan.counts["flagged"] == 1
    assert plan.lines[0].flags[0].reason == (
        "地址写的是河北省廊坊市三河市，地区填的是北京市朝阳区，请核对。"
    )


# Which home


def test_a_home_is_known_by_id_then_credit_code_then_name():
    other = credit_code_check_character("91110000802100434")
    code = "91110000802100434" + other
    home = make_institution(name="旧名", credit_code=CODE)
    heads = ["编号", "名称", "地区", "信用代码"]

    def found(*cells: object) -> int | None:
        plan = planned(as_csv(heads, [*cells]))
        return None if plan.of("refused") else plan.lines[0].pk

    assert found(home.pk, "旧名", "河北省廊坊市三河市", "") == home.pk
    assert found("", "旧名", "河北省廊坊市三河市", CODE) == home.pk
    assert found("", "旧名", CHAOYANG, "") == home.pk
    assert found("", "旧名", "北京市", "") == home.pk
    assert found("", "别名", CHAOYANG, "") is None
    for cells in (
        (home.pk + 10**6, "旧名", CHAOYANG, ""),
        ("甲", "旧名", CHAOYANG, ""),
        ("9" * 30, "旧名", CHAOYANG, ""),
        (make_institution().pk, "旧名", CHAOYANG, CODE),
        ("", "旧名", CHAOYANG, code),
    ):
        assert planned(as_csv(heads, [*cells])).counts["refused"] == 1, cells


def test_a_new_name_is_flagged_and_a_taken_one_refused():
    home, other = make_institution(name="甲"), make_institution(name="乙")
    heads = ["编号", *HEADS_]

    marked = [home.pk, mark_of(home.pk, home.created_at), "甲新", CHAOYANG]
    renamed = planned(as_csv(["编号", "本站记号", *HEADS_], marked))
    assert renamed.counts["changed"] == renamed.counts["flagged"] == 1
    taken = planned(as_csv(heads, [home.pk, other.name, CHAOYANG]))
    assert told(taken)[0][0] == "编号"
    assert f"那是编号 {other.pk} 的机构" in told(taken)[0][1]


def test_a_wider_region_does_not_move_a_home():
    home = make_institution(name="甲养老院")

    assert planned(as_csv(HEADS_, ["甲养老院", "北京市"])).counts["same"] == 1
    moved = planned(as_csv(["编号", *HEADS_], [home.pk, "甲养老院", "河北省廊坊市三河市"]))
    assert [change.path for change in moved.lines[0].changes] == ["region"]


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        (["甲", CHAOYANG, "1", ""], ["甲", CHAOYANG, "2", ""], "出现了两次，而且不一样。"),
        (["甲", CHAOYANG, "", "东路"], ["甲", CHAOYANG, "1", "西路"], "和第 2 行说的不一样。"),
    ],
)
def test_rows_that_contradict_each_other_are_refused(first, second, reason):
    plan = planned(as_csv([*HEADS_, "床位数", "地址"], first, second, ["乙", CHAOYANG, "1", ""]))

    assert plan.counts["refused"] == plan.counts["new"] == 1
    assert any(reason in why for _, why in told(plan))
    assert plan.of("refused")[0].rows == [2, 3]


@pytest.mark.parametrize("second", [["甲", CHAOYANG, "1", ""], ["甲", CHAOYANG, "", ""]])
def test_identical_rows_are_one(second):
    first = ["甲", CHAOYANG, "1", ""]
    plan = committed(as_csv([*HEADS_, "床位数", "地址"], first, second))

    assert (plan.counts["new"], plan.counts["refused"]) == (1, 0)
    assert flagged(plan) == [("名称", "和第 2 行一样，算一行。")]
    assert Institution.objects.get(name="甲").beds.get().registered == 1


def test_several_rows_tell_of_one_home():
    heads = [*HEADS_, "床位类别", "床位数", "电话"]
    committed(
        as_csv(
            heads,
            ["甲", CHAOYANG, "护理型床位", "50", "010-12345678"],
            ["甲", CHAOYANG, "普通床位", "20", "010-12345678"],
        )
    )
    assert Bed.objects.filter(institution__name="甲").count() == 2
    assert Phone.objects.filter(institution__name="甲").count() == 1


def test_a_limit_keeps_out_what_lies_elsewhere():
    chaoyang = make_region()
    elsewhere = make_institution(name="外", region=make_region("131082"))
    mine = make_institution(name="内")
    heads = ["编号", *HEADS_]
    plan = planned(
        as_csv(
            heads,
            [mine.pk, "内", "北京市"],
            ["", "新", CHAOYANG],
            ["", "新", "河北省三河市"],
            [elsewhere.pk, "外", CHAOYANG],
            [mine.pk, "内", "河北省三河市"],
        ),
        within=chaoyang,
    )
    outcomes = {line.rows[0]: line.outcome for line in plan.lines}
    # A home of which one row is refused is refused whole.
    assert outcomes == {2: "refused", 3: "new", 4: "refused", 5: "refused"}
    assert planned(as_csv(heads, [mine.pk, "内", "北京市"]), within=chaoyang).counts["same"] == 1


# Writing


def test_what_is_new_is_a_draft_with_a_source_and_a_history():
    document = make_document()
    committed(
        one(["床位数"], "50"),
        source=source(document=document, precision="month"),
        note="导入“甲.csv”",
    )

    home = home_of()
    assert (home.stage, home.version) == ("draft", 1)
    row = home.provenance.get()
    assert (row.field, row.kind, row.document, row.as_of) == ("", "public", document, DAY)
    assert row.as_of_precision == home.beds.get().as_of_precision == "month"
    assert home.beds.get().as_of == DAY
    step = home.revisions.get()
    assert (step.how, step.note, step.version) == ("imported", "导入“甲.csv”", 1)


def test_twice_is_once():
    home = make_whole_institution(name="甲养老院")
    sheet = as_csv(
        [*HEADS_, "地址", "床位类别", "房型", "空余床位"],
        ["甲养老院", CHAOYANG, "新址", "护理型床位", "双人间", "2"],
        ["乙养老院", CHAOYANG, "东路", "", "", "4"],
    )
    given = source()
    first = committed(sheet, source=given)
    after = [record_of(pk) for pk in (home.pk, home_of("乙养老院").pk)]
    second = committed(sheet, source=given)

    assert (first.counts["new"], first.counts["changed"]) == (1, 1)
    assert second.counts == {
        "new": 0,
        "changed": 0,
        "waiting": 0,
        "same": 2,
        "asked": 0,
        "refused": 0,
        "flagged": 0,
    }
    assert [record_of(pk) for pk in (home.pk, home_of("乙养老院").pk)] == after
    assert home.revisions.count() == 1
    assert find_wrong_listings(TODAY) == []


def test_a_changed_figure_has_a_source_of_its_own_and_is_no_longer_verified():
    home = make_whole_institution(name="甲养老院")
    sheet = one(["床位类别", "房型", "空余床位"], "护理型床位", "双人间", "2")
    committed(sheet)

    row = home.provenance.get(field="beds/nursing/twin/vacant")
    assert (row.kind, row.as_of, row.verified_on) == ("public", DAY, None)
    # The rest of the row is as it was told, and checked, before.
    assert home.provenance.get(field="beds/nursing/twin").verified_on is not None


def test_older_figures_do_not_cover_newer_ones():
    make_whole_institution(name="甲养老院")
    sheet = one(["床位类别", "房型", "空余床位"], "护理型床位", "双人间", "2")

    old = planned(sheet, source=source(as_of=datetime.date(2026, 10, 1)))
    assert "旧的不能盖过新的" in told(old)[0][1]
    # The same figures of a newer day bring their date along.
    same = planned(
        one(["床位类别", "房型", "空余床位"], "护理型床位", "双人间", "5"),
        source=source(as_of=datetime.date(2026, 11, 9)),
    )
    assert [c.path for c in same.lines[0].changes] == ["beds/nursing/twin/as_of"]


def test_a_demo_home_stays_a_demo():
    make_whole_institution(name="甲养老院")
    plan = planned(one(["示例数据"], "否"))
    assert told(plan) == [("示例数据", "示例机构和真实机构不能互换。")]


def test_a_register_that_moved_is_told_and_left_alone():
    make_institution(name="甲养老院")
    sheet = read_sheet(one(["地址"], "东路"))
    given = source()
    digest = make_plan(sheet, given).digest()
    Institution.objects.filter(name="甲养老院").update(address="西路")

    with pytest.raises(MovedError):
        commit_plan(sheet, given, TODAY, expected=digest)
    assert home_of().address == "西路"
    assert commit_plan(sheet, given, TODAY, expected=make_plan(sheet, given).digest())


def test_a_failure_at_the_end_changes_nothing(monkeypatch):
    make_whole_institution(name="甲养老院")
    given = source(document=Document(slug="the-sheet", title="表", kind="dataset", grade="C"))
    before = (record_of(home_of().pk), Institution.objects.count(), Document.objects.count())

    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("institutions.sheets.write.refresh", fail)
    sheet = as_csv([*HEADS_, "床位数"], ["甲养老院", CHAOYANG, "9"], ["乙", CHAOYANG, "8"])
    with pytest.raises(RuntimeError):
        committed(sheet, source=given)

    assert (
        record_of(home_of().pk),
        Institution.objects.count(),
        Document.objects.count(),
    ) == before


def test_what_is_written_is_read_back(monkeypatch):
    monkeypatch.setattr("institutions.sheets.write.Writer._write_part", lambda *_: None)
    with pytest.raises(RuntimeError, match="not as the sheet says"):
        committed(one(["床位数"], "50"))


# The same as one at a time


GOOD = [
    {"地址": "新址 9 号", "收重度失能": "是"},
    {"床位类别": "护理型床位", "房型": "双人间", "空余床位": "2"},
    {"床位类别": "认知症床位", "床位数": "12"},
    {"收费·项目": "餐费", "收费·金额（元）": "1200"},
    {"电话": "010-87654321", "用途": "值班室"},
    {"可试住天数": "15", "退费规则": "十天内全退"},
    {"评定办法": "养老机构等级（GB/T 37276）", "等级": "五级", "评定年份": "2025"},
    {"岗位": "护理员", "人数": "30"},
]
BAD = [
    {"床位类别": "护理型床位", "房型": "双人间", "运营床位": "90"},
    {"床位类别": "护理型床位", "房型": "双人间", "空余床位": "99"},
    {"可试住天数": "70000", "最多预收月数": "200"},
    {"岗位": "护理员", "人数": "3"},
    {"经度（WGS-84）": "500"},
]


@pytest.mark.parametrize("cells", [*GOOD, *BAD], ids=lambda cells: "·".join(cells))
def test_many_at_once_do_what_one_at_a_time_does(cells):
    """The bulk way writes the record, the version, the history and the listing of `revise`."""
    home = make_whole_institution(name="甲养老院")
    before, given = record_of(home.pk), source()
    sheet = one(list(cells), *cells.values())
    plan = planned(sheet, source=given)
    line = plan.lines[0]

    if cells in BAD:
        assert (line.outcome, line.changes) == ("same", [])
        assert line.flags
        stated = parsed(sheet)
        wanted = {**before, **stated.fields, "name": before["name"], "region": before["region"]}
        for name, values in stated.parts.items():
            part = wanted[name] if isinstance(wanted[name], list) else [wanted[name]]
            own = [row for row in part if row and all(row[k] == values[k] for k in keys_of(name))]
            values = {**empty_row(part_of(name).model), **(own[0] if own else {}), **values}
            kept = [row for row in part if row and any(row[k] != values[k] for k in keys_of(name))]
            wanted[name] = [*kept, values] if isinstance(before[name], list) else values
        with pytest.raises(ValidationError):
            apply_record(home, wanted)
        return
    with transaction.atomic():
        committed(sheet, source=given)
        step = home.revisions.get()
        in_bulk = (record_of(home.pk), step.version, step.changes, listing_of(home))
        transaction.set_rollback(True)
    after = patch_record(before, from_data(step.changes))
    change_record(home.pk, lambda _: after, by=None, how=Revision.How.IMPORTED, on=TODAY)
    alone = home.revisions.get()
    assert in_bulk == (record_of(home.pk), alone.version, alone.changes, listing_of(home))
    assert difference(before, in_bulk[0])


def part_of(name: str) -> Part:
    return next(part for part in PARTS if part.name == name)


def keys_of(name: str) -> tuple[str, ...]:
    return part_of(name).key


def parsed(sheet: bytes) -> ParsedRow:
    """Return what the first row states, before anything of it is set aside."""
    table = read_sheet(sheet).tables[0]
    return parse_row(table.rows[0], columns_of(table.heads), PlaceNames.load_names())


def listing_of(home: Institution) -> dict[str, object]:
    return Listing.objects.values().get(pk=home.pk)


def test_an_import_can_be_undone():
    home = make_whole_institution(name="甲养老院")
    before = record_of(home.pk)
    committed(one(["地址", "床位类别", "床位数"], "新址", "认知症床位", "12"))

    assert record_of(home.pk) != before
    change_record(home.pk, back_to(home, 1), by=None, how=Revision.How.RESTORED, on=TODAY)
    assert record_of(home.pk) == before


# Out and in again


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_what_goes_out_comes_in_and_changes_nothing(form):
    """Over every home the fixtures ship, demo and real, with all their parts."""
    everything = Institution.objects.all()
    if form == "xlsx":
        everything = everything.real() | everything.demo().filter(pk__lt=400)
        content = exporters.as_xlsx(everything)
    else:
        content = "".join(exporters.as_csv(everything)).encode()

    assert unknown_heads(read_sheet(content)) == []
    plan = planned(content)

    assert plan.counts == {
        "new": 0,
        "changed": 0,
        "waiting": 0,
        "same": everything.count(),
        "asked": 0,
        "refused": 0,
        "flagged": 0,
    }
    assert len(plan.lines) == everything.count()


def test_an_edited_export_dates_what_changed_by_its_own_day():
    home = make_whole_institution(name="甲养老院")
    before, homes = record_of(home.pk), Institution.objects.filter(pk=home.pk)
    table = list(csv.reader("".join(exporters.as_csv(homes)).splitlines()))
    vacant = table[0].index("床位·空余床位")
    rows = [row for row in table[1:] if row[vacant]]
    held = before["beds"][0]
    assert rows[0][vacant] == str(held["vacant"])
    rows[0][vacant] = str(held["vacant"] - 1)
    edited, day = as_csv(table[0], *table[1:]), datetime.date(2026, 11, 20)
    committed(edited, source=source(as_of=day))

    after = record_of(home.pk)
    assert after["beds"][0] == held | {"vacant": held["vacant"] - 1, "as_of": "2026-11-20"}
    # What nobody changed keeps its date and its source.
    assert after["beds"][1:] == before["beds"][1:]
    sources = {row["field"]: row for row in after["provenance"]}
    assert all(sources[row["field"]] == row for row in before["provenance"])
    path = f"beds/{held['category']}/{held['room']}/vacant"
    assert sources[path]["as_of"] == "2026-11-20"
    # Twice is once, although the old date still stands in the sheet.
    again = planned(edited, source=source(as_of=day))
    assert again.counts["same"] == 1, again.lines[0]


def test_an_export_that_was_overtaken_does_not_come_back():
    """Somebody counted after the sheet was taken out: its old figures cover nothing."""
    home = make_whole_institution(name="甲养老院")
    homes = Institution.objects.filter(pk=home.pk)
    content = "".join(exporters.as_csv(homes)).encode()
    bed = home.beds.filter(vacant__isnull=False).first()
    Bed.objects.filter(pk=bed.pk).update(vacant=bed.vacant - 1, as_of="2026-11-21")

    plan = planned(content, source=source(as_of=datetime.date(2026, 11, 22)))
    assert plan.counts["refused"] == 1
    assert "旧的不能盖过新的" in told(plan)[0][1]
    Bed.objects.filter(pk=bed.pk).update(vacant=bed.vacant)
    assert planned(content).counts["same"] == 1


def test_an_export_brings_a_whole_home_to_another_register():
    home = make_whole_institution(name="甲养老院", introduction="=1+1\n第二行", address="'x")
    content = "".join(exporters.as_csv(Institution.objects.filter(pk=home.pk))).encode()
    before, nowhere = record_of(home.pk), content.replace(f"\n{home.pk},".encode(), b"\n,")
    home.delete()
    plan = committed(nowhere)
    assert told(plan) == []

    after = record_of(home_of().pk)
    # Files and checks do not travel; what was said of sources does.
    before["photos"] = []
    for row in before["provenance"]:
        row |= {"verified_on": None, "verified_by": None, "verified_how": ""}
    assert difference(before, after) == []


def test_an_export_runs_no_formula_and_labels_demo_homes():
    home = make_whole_institution(name="=HYPERLINK(1)")
    lines = "".join(exporters.as_csv(Institution.objects.filter(pk=home.pk)))
    row = next(csv.DictReader(io.StringIO(lines.removeprefix("\ufeff"))))

    assert row["名称"] == "'=HYPERLINK(1)"
    assert row["示例数据"] == "是"
    assert row["地区"] == CHAOYANG


def test_the_template_can_be_filled_in_and_lists_the_codes():
    book = CalamineWorkbook.from_filelike(io.BytesIO(exporters.template(make_region("110000"))))
    pages = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}

    assert list(pages) == ["机构", "怎么填", "代码", "地区", "全部列"]
    assert all(head == "编号" or head in HEADS for head in pages["机构"][0])
    assert ["机构类型", "养老院", "residential_care"] in pages["代码"]
    assert ["110105", CHAOYANG] in pages["地区"]
    assert len(pages["地区"]) == 1 + Region.objects.inside_of(make_region("110000")).count()
    assert len(pages["全部列"]) == 1 + len(COLUMNS)
    with pytest.raises(SheetError, match="没有数据"):
        read_sheet(exporters.template(make_region("110000")))


def test_refused_rows_go_out_with_reasons_and_come_in_mended():
    sheet = read_sheet(
        as_xlsx([*HEADS_, "电话"], ["甲", CHAOYANG, 13800000000], ["乙", CHAOYANG, "12345"])
    )
    content = exporters.refused(sheet, {2: "电话：这一格是数字"})

    again = read_sheet(content)
    assert again.heads == ("名称", "地区", "电话", "退回原因")
    # Written as text, the number is whole again.
    assert make_plan(again, source()).counts["new"] == 1


# Real sheets


def test_the_ratings_notices_are_ratings_of_existing_homes():
    """32 ratings of 28 homes; one name ends in a full stop, two schemes stand under one head."""
    content = RATINGS.read_bytes()
    held = Rating.objects.filter(institution__is_demo=False).count()
    plan = planned(content)
    assert plan.counts == {
        "new": 0,
        "changed": 0,
        "waiting": 0,
        "same": 28,
        "asked": 0,
        "refused": 0,
        "flagged": 0,
    }
    assert sum(len(line.rows) for line in plan.lines) == 32

    Rating.objects.all().delete()
    plan = committed(content)
    assert plan.counts["changed"] == 28
    assert Rating.objects.count() == held == 32
    schemes = set(Rating.objects.values_list("scheme", flat=True))
    assert schemes == {"beijing_star", "chongqing_level", "chongqing_leaf"}
    assert Provenance.objects.filter(as_of=DAY, field__startswith="ratings/").count() == 32


def test_the_documents_list_every_column():
    text = (Path(__file__).parents[3] / "docs/data.md").read_text()
    listed = re.findall(r"^\| (\S+) \| `([\w.]+)` \|$", text.split("## Sheets")[1], re.M)
    assert listed == [
        ("编号", "id"),
        ("本站记号", "mark"),
        *((column.head, column.key) for column in COLUMNS),
    ]


# What it costs


def test_a_small_sheet_reads_the_regions_once_for_all_imports(monkeypatch):
    """They are kept per process until one of them changes: neither plan reads them anew."""
    loads = []
    monkeypatch.setattr(RegionNames, "load_names", lambda: loads.append(1) or RegionNames([], []))
    content = as_csv(HEADS_, ["甲", CHAOYANG], ["乙", CHAOYANG])
    given = source()
    planned(content, source=given)
    for plan in (planned, committed):
        with CaptureQueriesContext(connection) as asked:
            plan(content, source=given)
        tables = [q["sql"] for q in asked if 'FROM "regions_region"' in q["sql"]]
        assert [sql for sql in tables if "WHERE" not in sql] == []
        assert len(asked) <= (8 if plan is planned else 40)
    assert loads == []


# Nothing stops a sheet


def test_a_field_that_is_set_aside_and_breaks_another_rule_is_refused_with_its_reason(monkeypatch):
    """What one finding hides is found next, and never left for the database to refuse."""
    home = make_institution(name="甲养老院", operating="closed", operating_since="2026-01-01")
    sheet = one(["状态日期", "营业状态"], "2026-02-01", "已停业")
    hidden = RowChecks.errors_of

    def faults(self, model, values):
        if model is Institution and values["operating_since"] == "2026-02-01":
            return [("operating_since", "试验")]
        if model is Institution and values["operating"] == "closed":
            return [("", "藏着的规则")]
        return hidden(self, model, values)

    monkeypatch.setattr(RowChecks, "errors_of", faults)
    Institution.objects.filter(pk=home.pk).update(address="x")
    plan = planned(as_csv([*HEADS_, "状态日期", "地址"], ["甲养老院", CHAOYANG, "2026-02-01", "y"]))
    assert (plan.lines[0].outcome, told(plan)) == ("refused", [("名称", "藏着的规则")])
    assert planned(sheet).lines[0].outcome in {"same", "refused"}


# What is to be mended


def test_cells_that_were_set_aside_are_listed_with_the_refused_rows():
    upload = SheetImport(file_name="台账.csv", kind="own", as_of=DAY)
    heads = [*HEADS_, "房型", "床位数", "已入住", "电话"]
    rows = [
        ["甲", CHAOYANG, "单人间", "10", "", "010-12345678"],
        ["甲", CHAOYANG, "双人间", "100", "30000", "120"],
        ["乙", "某某区", "", "", "", ""],
        ["丙", CHAOYANG, "", "1", "", ""],
    ]
    upload.content = as_csv(heads, *rows)
    check(upload, reviewed=False)

    why, cells = reasons(upload), cells_set_aside(upload)
    assert sorted(why) == [3, 4]
    assert [(c["row"], c["value"]) for c in cells] == [(3, "120"), (3, "30000")]
    content = exporters.refused(read_sheet(upload.content), why, cells)
    pages = CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert pages.sheet_names == ["退回", "没有导入的格子"]
    listed = pages.get_sheet_by_name("没有导入的格子").to_python()
    assert [line[:3] for line in listed[1:]] == [
        ["第 3 行", "电话", "120"],
        ["第 3 行", "床位·未分类床位·双人间·已入住", "30000"],
    ]
    assert all("没有导入这一格" in line[3] for line in listed[1:])
    again = read_sheet(content)
    assert [row.cells["名称"] for row in again.rows] == ["甲", "乙"]
    assert "公共服务号码" in again.rows[0].cells["退回原因"]
