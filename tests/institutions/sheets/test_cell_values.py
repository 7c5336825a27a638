"""What clerks write into cells -> what the register takes, and what it shows them to look at."""

import contextlib
import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carebridge.lib.dates import read_date
from carebridge.lib.numbers import UnreadableError, read_count, read_yuan
from carebridge.lib.phones import dial_string, read_phone, read_phones
from institutions.models import Institution
from tests.institutions.sheets.sheets import as_csv, as_xlsx, committed, flagged, planned

CASES = Path(__file__).parents[2] / "cases"
PLACE = "河北省廊坊市三河市"
HEADS = ["名称", "地区"]
ROW = ["试验值院", PLACE]
RANGE, BOUND, ABOUT = "范围", "界限", "不是确数"

PHONES = [
    "010-12345678-801", "010-12345678-801", "010-12345678-801", "010-12345678", "010-12345678",
    "010-12345678", "010-12345678", "010-12345678", "010-12345678", "010-12345678",
    "010-12345678", "13800138000", "13800138000", "13800138000", "13800138000",
    "010-12345678 010-87654321", "13800138000 13900139000", "13800138000 13900139000",
    "13800138000", "13800138000", "0316-3312345", "400-800-1234", "400-800-1234",
    "0316-3312345", "0316-3312345", "",
]  # fmt: skip
# None: set aside; a pair: taken, with this in what is shown to the clerk.
BEDS = [
    120, 120, 120, 120, (120, ABOUT), (120, ABOUT), (None, RANGE), 1200, 1200, 12000, 120, 120,
    120, (120, "括号里的话"), None, None, (120, ABOUT),
]  # fmt: skip


def rows_of(name: str, head: str) -> list[str]:
    with (CASES / name).open(encoding="utf-8-sig") as lines:
        return [row[head] for row in csv.DictReader(lines)]


@pytest.mark.django_db
def test_every_phone_of_the_case_file():
    plan = committed((CASES / "phones.csv").read_bytes())

    homes = {home.name: home for home in Institution.objects.filter(name__startswith="试验电话")}
    assert plan.counts["refused"] == 0
    found = [homes[f"试验电话{n}号院"].phones.all() for n in range(len(PHONES))]
    assert [" ".join(phone.number for phone in phones) for phones in found] == PHONES
    assert [column for column, why in flagged(plan) if "没有导入这一格" in why] == ["联系电话"]


@pytest.mark.django_db
def test_every_number_of_beds_of_the_case_file():
    plan = committed((CASES / "beds.csv").read_bytes())

    assert (plan.counts["new"], plan.counts["refused"]) == (len(BEDS), 0)
    for line, expected in zip(plan.lines, BEDS, strict=True):
        number, why = expected if isinstance(expected, tuple) else (expected, "")
        beds = Institution.objects.get(name=line.name).beds.first()
        assert (beds.registered if beds else None) == number, line.name
        assert bool(line.flags) == bool(why), line
        assert why in "".join(flag.reason for flag in line.flags)


@pytest.mark.django_db
def test_an_extension_of_the_case_file_is_dialled_after_a_pause():
    committed((CASES / "extension.csv").read_bytes())

    numbers = [phone.number for phone in Institution.objects.get(name="试验分机院").phones.all()]
    assert numbers == ["010-12345678-801", "0898-12349", "400-800-1234"]
    assert [*map(dial_string, numbers)] == ["01012345678,801", "089812349", "4008001234"]


@pytest.mark.django_db
def test_days_and_numbers_where_text_belongs():
    plan = committed((CASES / "dates-in-text.xlsx").read_bytes())

    assert [line.outcome for line in plan.lines] == ["new", "refused", "new"]
    assert not Institution.objects.get(name="试验百分比院").phones.exists()
    home = Institution.objects.get(name="试验三五院")
    assert (home.address, home.phones.get().number) == ("", "0316-3312345")
    assert any(column == "地址" and "日期或数字" in why for column, why in flagged(plan))


@pytest.mark.django_db
def test_names_of_the_case_file_come_in_clean():
    committed((CASES / "names.csv").read_bytes())

    names = set(Institution.objects.filter(name__contains="试验").values_list("name", flat=True))
    assert {"试验换行养老院", "试验零宽院", "试验反向院"} <= names
    assert not [name for name in names if any(c in name for c in "\n\u200b\u202e\xa0\u3000()")]


@pytest.mark.django_db
def test_long_names_and_markup_of_the_case_file(client):
    plan = committed((CASES / "longnames.csv").read_bytes())

    assert plan.counts["new"] == 4
    address = Institution.objects.get(name="ABCDEFGHIJ" * 10).address
    assert "\u202e" not in address
    home = Institution.objects.get(name__contains="粗体")
    Institution.objects.filter(pk=home.pk).update(stage="published")
    page = client.get(home.get_absolute_url()).content.decode()
    assert "<script>alert(1)" not in page


@pytest.mark.django_db
def test_a_control_character_of_the_case_file_is_gone():
    committed((CASES / "control-char.csv").read_bytes())

    assert Institution.objects.get(name="试验控制符院").address == "三河市试验路1号后门"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("head", "cell", "field", "expected"),
    [
        ("收重度失能", "✔", "takes_level_3", True),
        ("收重度失能", "☑", "takes_level_3", True),
        ("收重度失能", "是的", "takes_level_3", True),
        ("收重度失能", "×", "takes_level_3", False),
        ("收重度失能", "✘", "takes_level_3", False),
        ("收重度失能", "不收", "takes_level_3", False),
        ("经营方式", "民营", "ownership", "private"),
        ("经营方式", "公立", "ownership", "public"),
        ("机构类型", "老年公寓", "kind", "residential_care"),
        ("机构类型", "社会 福利院", "kind", "welfare_home"),
        ("网址", "www.example.cn", "website", "https://www.example.cn"),
        ("网址", "http://example.cn/a", "website", "http://example.cn/a"),
        ("开业日期", "2016/4/30 0:00", "opened_on", "2016-04-30"),
        ("开业日期", "20160430", "opened_on", "2016-04-30"),
        ("开业日期", "2016年4月5号", "opened_on", "2016-04-05"),
        ("开业日期", "42490", "opened_on", "2016-04-30"),
        ("开业日期", "二〇一六年四月五日", "opened_on", "2016-04-05"),
    ],
)
def test_everyday_writing_is_understood(head, cell, field, expected):
    plan = committed(as_csv([*HEADS, head], [*ROW, cell]))

    assert flagged(plan) == []
    value = getattr(Institution.objects.get(name=ROW[0]), field)
    assert (str(value) if isinstance(expected, str) else value) == expected


@pytest.mark.django_db
def test_a_closed_home_in_everyday_words():
    committed(as_csv([*HEADS, "营业状态", "状态日期"], [*ROW, "停业", "2025年3月1日"]))

    home = Institution.objects.get(name=ROW[0])
    assert (home.operating, str(home.operating_since)) == ("closed", "2025-03-01")


@pytest.mark.django_db
def test_a_mobile_stored_as_a_number():
    committed(as_xlsx([*HEADS, "联系电话"], [*ROW, 13800138000]))

    assert Institution.objects.get(name=ROW[0]).phones.get().number == "13800138000"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("heads", "cells", "reason"),
    [
        (["经度（WGS-84）", "纬度（WGS-84）"], ["0", "0"], "坐标是 0"),
        (["经度（WGS-84）", "纬度（WGS-84）"], ["39.98", "117.07"], "写反了"),
        (["经度（WGS-84）", "纬度（WGS-84）"], ["106.55", "29.56"], "太远"),
        (["经度（WGS-84）", "纬度（WGS-84）"], ["11707", "3998"], "不在中国"),
        (["经度（WGS-84）"], ["117.07"], "成对"),
        (["开业日期"], ["1866-04-30"], "1900"),
        (["开业日期"], ["2062-04-30"], "晚于"),
        (["床位数", "已入住"], ["50", "80"], "入住"),
        (["床位数"], ["1200000"], "床位多得"),
        (["收费·项目", "收费·金额（元）"], ["床位费", "250000"], "金额大得"),
        (["地址"], ["#REF!"], "公式出错"),
        (["床位数"], ["#DIV/0!"], "公式出错"),
        (["开业日期"], ["16/4/30"], "两位"),
        (["联系电话"], ["3163312345"], "去掉了前面的 0"),
        (["联系电话"], ["85551234"], "没有区号"),
        (["收费·项目", "收费·金额（元）"], ["床位费", "4500-6500"], RANGE),
        (["收费·项目", "收费·金额（元）"], ["床位费", "1500元起"], BOUND),
    ],
)
def test_what_can_hardly_be_true_is_set_aside_and_the_home_is_taken(heads, cells, reason):
    plan = committed(as_csv([*HEADS, *heads], [*ROW, *cells]))

    assert plan.counts["new"] == 1
    whys = [why for _, why in flagged(plan)]
    assert whys
    assert all(why.startswith("没有导入这一格：") for why in whys)
    assert any(reason in why for why in whys), whys
    home = Institution.objects.get(name=ROW[0])
    assert (home.longitude, home.opened_on, home.address) == (None, None, "")
    assert not home.phones.exists()
    assert not home.fees.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["试验村委会", "试验镇人民政府", "试验酒店", "试验县医院"])
def test_what_is_hardly_a_home_is_shown_to_a_person(name):
    assert "请核对" in flagged(planned(as_csv(HEADS, [name, PLACE])))[0][1]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["试验老年护理医院", "试验社区养老驿站", "试验镇敬老院"])
def test_a_home_is_not_doubted_for_its_name(name):
    assert flagged(planned(as_csv(HEADS, [name, PLACE]))) == []


@pytest.mark.django_db
def test_how_long_a_price_is_for_stands_in_its_cell():
    heads = [*HEADS, "收费·项目", "收费·金额（元）"]
    committed(as_csv(heads, [*ROW, "床位费", "１，２００元/月"], [*ROW, "护理费", "100元/天"]))

    fees = {fee.kind: fee for fee in Institution.objects.get(name=ROW[0]).fees.all()}
    assert (fees["bed"].amount, fees["bed"].period) == (120_000, "month")
    assert (fees["care"].amount, fees["care"].period) == (10_000, "day")


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("1,200元", 120_000),
        ("1，200", 120_000),
        ("￥1500.50", 150_050),
        ("1.2万元", 1_200_000),
        ("三千元", 300_000),
        ("3000元/人/月", 300_000),
        ("RMB 3000", 300_000),
        ("3000元（每月）", 300_000),
    ],
)
def test_money(text, fen):
    assert read_yuan(text).fen == fen


@pytest.mark.parametrize("text", ["", "二号", "1234", "010-123", "138001380001", "0316", "+1 555"])
def test_what_is_no_phone(text):
    with pytest.raises(UnreadableError):
        read_phones(text)


@pytest.mark.parametrize("reader", [read_phones, read_phone, read_count, read_yuan, read_date])
@settings(deadline=None)
@given(text=st.text("0123456789０１-—转（）()/、，,.年月日号约万千元张 +x\u200b\x0b", max_size=24))
def test_a_reader_answers_or_says_why(reader, text):
    with contextlib.suppress(UnreadableError):
        assert reader(text)


@settings(deadline=None)
@given(st.integers(0, 999_999))
def test_a_count_is_read_as_it_is_written(number):
    assert read_count(f"{number:,}张").value == number


@settings(deadline=None)
@given(st.sampled_from([number for numbers in PHONES for number in numbers.split()]))
def test_a_phone_as_it_is_kept_is_read_as_it_is(number):
    assert read_phones(number).numbers == (number,)
