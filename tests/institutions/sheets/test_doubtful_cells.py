"""Cells that cannot be read for certain: set aside and flagged, never another figure or kind."""

import contextlib
import datetime
import io
import re
import unicodedata
import zipfile

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from carebridge.lib.dates import read_date
from carebridge.lib.numbers import UnreadableError, read_count, read_number, read_yuan
from carebridge.lib.phones import dial_string, read_phones
from institutions.models import Bed, Fee, Institution, Rating
from institutions.sheets.columns import BY_KEY
from institutions.sheets.words import EVERYDAY
from tests.institutions.sheets.sheets import as_csv, as_xlsx, committed, flagged, planned

PLACE = "河北省廊坊市三河市"
HEADS = ["名称", "地区"]
ROW = ["试验疑格院", PLACE]


def home() -> Institution:
    return Institution.objects.get(name=ROW[0])


# Of what a figure speaks

BED = {"床位类别": "护理型床位", "床位·房型": "双人间", "床位数": "50", "床位·截至": "2026-10-01"}
FEE = {
    "收费·项目": "床位费", "收费·房型": "双人间", "收费·适用能力等级（从）": "",
    "收费·金额（元）": "3000", "收费·计费周期": "元/月",
    "收费·起始日期": "", "收费·终止日期": "",
}  # fmt: skip
RATING = {"评定办法": "北京市养老机构服务质量星级", "等级": "四星级", "评定年份": "2024"}
STAFF = {"人员·岗位": "护理员", "人员·人数": "9", "人员·截至": "2026-10-01"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("good", "head", "cell"),
    [
        (BED, "床位类别", "???"),
        (BED, "床位类别", "特需床位、护理型床位"),
        (BED, "床位·房型", "???"),
        (BED, "床位·房型", "单人间/双人间"),
        (BED, "床位·截至", "???"),
        (BED, "床位·截至", "2026-13"),
        (FEE, "收费·项目", "???"),
        (FEE, "收费·房型", "三室一厅"),
        (FEE, "收费·适用能力等级（从）", "???"),
        (FEE, "收费·适用能力等级（从）", "不详"),
        (FEE, "收费·适用能力等级（到）", "六级"),
        (FEE, "收费·计费周期", "元/季"),
        (FEE, "收费·计费周期", "不详"),
        (FEE, "收费·起始日期", "???"),
        (FEE, "收费·终止日期", "明年"),
        (RATING, "评定年份", "???"),
        (RATING, "等级", "???"),
        (RATING, "评定办法", "???"),
        (FEE, "收费·适用能力等级（从）", "①"),
        (STAFF, "人员·岗位", "???"),
        (STAFF, "人员·截至", "???"),
    ],
)
def test_a_figure_of_which_it_is_not_readable_what_it_speaks_of_is_set_aside(good, head, cell):
    cells = good | {head: cell}
    plan = committed(as_csv([*HEADS, *cells], [*ROW, *cells.values()]))

    assert plan.counts["new"] == 1
    assert not any(rows.exists() for rows in (home().beds, home().fees, home().ratings))
    assert not home().staff_figures.exists()
    assert head in [column for column, _ in flagged(plan)]
    assert all("没有导入这一格" in why for _, why in flagged(plan))


@pytest.mark.django_db
def test_readable_qualifiers_keep_their_figures():
    cells = BED | FEE
    plan = committed(as_csv([*HEADS, *cells], [*ROW, *cells.values()]))

    assert flagged(plan) == []
    assert (Bed.objects.get(institution=home()).registered, home().fees.get().amount) == (
        50,
        300_000,
    )


@pytest.mark.django_db
def test_two_lengths_of_time_for_one_price_are_no_price():
    cells = FEE | {"收费·金额（元）": "100元/天", "收费·计费周期": "元/月"}
    plan = committed(as_csv([*HEADS, *cells], [*ROW, *cells.values()]))

    assert not Fee.objects.filter(institution=home()).exists()
    assert "收费·金额（元）" in [column for column, _ in flagged(plan)]


# No row stops a sheet


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("heads", "cells"),
    [
        (["床位数", "已入住"], ["100", "30000"]),
        (["床位数", "空余床位"], ["100", "30000"]),
        (["床位数", "运营床位数", "已入住", "空余床位"], ["99999", "99999", "99999", "99999"]),
        (["经度（WGS-84）", "纬度（WGS-84）", "开业日期"], ["0", "0", "1850-01-01"]),
        (["营业状态", "开业日期", "备案日期"], ["停业", "2090-01-01", "2090-01-01"]),
    ],
)
def test_what_is_doubted_twice_is_set_aside_once(heads, cells):
    plan = committed(as_csv([*HEADS, *heads], [*ROW, *cells], ["好院", PLACE, *[""] * len(heads)]))

    assert plan.counts["new"] == 2
    aside = [flag for flag in plan.lines[0].flags if "没有导入" in flag.reason]
    assert len({(flag.column, flag.value) for flag in aside}) == len(aside) > 0


# Numbers


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("head", "cell", "kept"),
    [
        ("床位数", "120①", 120),
        ("床位数", "120*", 120),
        ("床位数", "１２０＊", 120),
        ("床位数", "120¹", 120),
        ("床位数", "120（注1）", 120),
        ("床位数", "120张②", 120),
        ("床位数", "①120", None),
        ("床位数", "1½", None),
        ("床位数", "9" * 4400, None),
        ("床位数", "一" * 4400, None),
        ("床位数", "50间", None),
        ("床位数", "5年", None),
        ("床位数", "300天", None),
        ("床位数", "80%", None),
        ("床位数", "3户", None),
        ("床位数", "120人", 120),
        ("已入住", "30位老人", 30),
        ("已入住", "3个月", None),
    ],
)
def test_signs_and_units_beside_a_number_of_beds(head, cell, kept):
    plan = committed(as_csv([*HEADS, head], [*ROW, cell]))

    bed = home().beds.first()
    assert ((bed.registered if head == "床位数" else bed.occupied) if bed else None) == kept
    assert bool(flagged(plan)) == (cell not in {"120人", "30位老人"})


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("head", "cell", "kept"),
    [
        ("合同约定·可试住天数", "15天", 15),
        ("合同约定·可试住天数", "15张", None),
        ("合同约定·可试住天数", "2个月", None),
        ("合同约定·最多预收月数", "6个月", 6),
        ("合同约定·最多预收月数", "180天", None),
        ("合同约定·最多预收月数", "1年", None),
    ],
)
def test_terms_in_their_own_unit(head, cell, kept):
    plan = committed(as_csv([*HEADS, head], [*ROW, cell]))

    terms = getattr(home(), "terms", None)
    assert (terms and (terms.trial_days or terms.prepay_months)) == kept
    assert bool(flagged(plan)) == (kept is None)


# Dates


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("cell", "kept", "is_flagged"),
    [
        ("20161", None, True),
        ("29999", None, True),
        ("59999", None, True),
        ("2016①", None, True),
        (2016.1, None, True),
        (2016.11, datetime.date(2016, 11, 1), True),
        ("2016.1", datetime.date(2016, 1, 1), True),
        ("2016.4", datetime.date(2016, 4, 1), False),
        (20160430, datetime.date(2016, 4, 30), False),
        (42490, datetime.date(2016, 4, 30), False),
        (2016, datetime.date(2016, 1, 1), False),
        (20161, None, True),
        (datetime.date(1905, 7, 8), None, True),
        (datetime.timedelta(hours=30), None, True),
        (True, None, True),
    ],
)
def test_days_that_a_spreadsheet_has_changed(cell, kept, is_flagged):
    make = as_csv if isinstance(cell, str) else as_raw_xlsx
    plan = committed(make([*HEADS, "开业日期"], [*ROW, cell]))

    assert home().opened_on == kept
    assert bool(flagged(plan)) == is_flagged


def as_raw_xlsx(heads: list[str], *rows: list[object]) -> bytes:
    """A workbook whose cells keep their types, days and durations too."""
    book, buffer = Workbook(), io.BytesIO()
    for row in (heads, *rows):
        book.active.append(row)
    book.save(buffer)
    return buffer.getvalue()


@pytest.mark.django_db
@pytest.mark.parametrize("head", ["地址", "运营单位", "简介", "状态原因"])
@pytest.mark.parametrize(
    "cell",
    [
        "#SPILL!", "#REF!", "#CALC!", "三河市#REF!路", "#NAME?", "Err:502", "####", "2026-03-05",
        "2026/3/5 0:00:00", "3月5日",
        "5-Mar", "Mar-05", "43225", "1.1E+17", "TRUE", "8:30", "#引用！",
        datetime.date(2026, 3, 5), datetime.time(8, 30), datetime.timedelta(hours=30), 43225, True,
    ],
)  # fmt: skip
def test_what_a_spreadsheet_made_of_a_text_is_no_text(head, cell):
    make = as_csv if isinstance(cell, str) else as_raw_xlsx
    plan = planned(make([*HEADS, head], [*ROW, cell]))

    line = plan.lines[0]
    assert line.outcome == "new"
    assert not {"address", "operator", "introduction", "operating_reason"} & line.fields.keys()
    assert [column for column, _ in flagged(plan)] == [head]


@pytest.mark.django_db
@pytest.mark.parametrize("cell", ["#SPILL!", "Err:502", "####", "2026-03-05", "43225", "3月5日"])
def test_what_a_spreadsheet_made_of_a_name_is_no_home(cell):
    assert planned(as_csv(HEADS, [cell, PLACE])).counts["refused"] == 1


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["#REF!", "#SPILL!", "#FIELD!"])
def test_a_formula_that_failed_is_shown_and_spoils_no_other_row(code):
    """Excel marks such a cell as an error; the reader of cells alone leaves it empty or fails."""
    plain = as_raw_xlsx([*HEADS, "地址"], [*ROW, "BROKEN"], ["好院", PLACE, "一路"])
    buffer = io.BytesIO()
    broken = re.compile(rb't="inlineStr"><is><t>BROKEN</t></is>|t="s"><v>\d+</v>(?=</c></row>)')
    with zipfile.ZipFile(io.BytesIO(plain)) as old, zipfile.ZipFile(buffer, "w") as new:
        for entry in old.infolist():
            xml = old.read(entry)
            if entry.filename.startswith("xl/worksheets/"):
                heads, row, rest = xml.split(b"</row>", 2)
                row, count = broken.subn(f't="e"><v>{code}</v>'.encode(), row + b"</row>")
                assert count == 1
                xml = heads + b"</row>" + row + rest
            new.writestr(entry, xml)
    plan = planned(buffer.getvalue())

    assert plan.counts["new"] == 2
    assert [flag.column for flag in plan.lines[0].flags] == ["地址"]
    assert "公式出错" in plan.lines[0].flags[0].reason


# Telephones


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        ("400-123-4567转801", ["400-123-4567-801"]),
        ("4001234567 转 801", ["400-123-4567-801"]),
        ("400-123-4567-801", ["400-123-4567-801"]),
        ("800-810-1234分机8", ["800-810-1234-8"]),
        ("+86 10 12345678", ["010-12345678"]),
        ("电话（010）12345678", ["010-12345678"]),
        ("办公室：0316-3312345 值班室：0316-3312346", ["0316-3312345", "0316-3312346"]),
        ("12345 12349", []),
        ("2-12345678", []),
        ("10-12345678", []),
        ("0106-1234567", []),
        ("852-12345678", []),
        ("+852 1234 5678", []),
        ("8612345", []),
        ("+8612345", []),
        ("1号楼3800138000", []),
        ("0316-3312345~7", []),
        ("0316-3312345/7", []),
        ("138****8000", []),
        ("①010-12345678②010-87654321", []),
        ("120", []),
        ("110", []),
        ("12345", []),
        ("0316-3312345①", ["0316-3312345"]),
        ("0316-3312345*", ["0316-3312345"]),
        ("120、0316-3312345", ["0316-3312345"]),
        ("95598", ["95598"]),
        ("0316-3312345转", ["0316-3312345"]),
    ],
)
def test_telephones_as_clerks_write_them(cell, kept):
    plan = committed(as_csv([*HEADS, "联系电话"], [*ROW, cell]))

    assert sorted(phone.number for phone in home().phones.all()) == sorted(kept)
    is_plain = bool(kept) and re.fullmatch(r"[+\d -]*(转|分机)?[\d ]*", cell)
    assert bool(flagged(plan)) != bool(is_plain) or cell in {"95598", "0316-3312345转"}
    assert flagged(plan) or is_plain


def test_an_extension_of_a_service_number_is_dialled_after_a_pause():
    assert dial_string("400-123-4567-801") == "4001234567,801"


# Places


@pytest.mark.django_db
@pytest.mark.parametrize(
    "cell", ["131082", 131082, 131082.0, "131082.0", "131082001", 131082001000]
)
def test_a_region_by_its_code_however_it_is_stored(cell):
    make = as_csv if isinstance(cell, str) else as_xlsx
    plan = planned(make(HEADS, [ROW[0], cell]))

    assert (plan.lines[0].outcome, plan.lines[0].fields["region"]) == ("new", "131082")


@pytest.mark.django_db
@pytest.mark.parametrize("cell", [131082.5, 13108, "1.31082E+05", "131082.5", "999999"])
def test_a_number_that_is_no_code_of_a_region(cell):
    make = as_csv if isinstance(cell, str) else as_xlsx
    assert planned(make(HEADS, [ROW[0], cell])).counts["refused"] == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("place", "east", "north", "is_taken"),
    [
        (PLACE, 117.07, 39.98, True),
        (PLACE, 117.25, 39.90, True),
        ("河北省廊坊市", 116.70, 39.52, True),
        ("河北省", 114.50, 38.04, True),
        ("新疆维吾尔自治区喀什地区", 75.99, 39.47, True),
        (PLACE, 118.18, 39.63, False),  # 唐山, a hundred kilometres off in the same province
        (PLACE, 114.50, 38.04, False),
        ("河北省廊坊市", 118.18, 39.63, False),
        ("河北省", 113.62, 34.75, False),
        ("北京市", 117.20, 39.08, False),
        ("北京市朝阳区", 121.47, 31.23, False),
    ],
)
def test_a_point_far_outside_its_place_is_set_aside(place, east, north, is_taken):
    heads = [*HEADS, "经度（WGS-84）", "纬度（WGS-84）"]
    plan = planned(as_csv(heads, [ROW[0], place, east, north]))

    assert ("longitude" in plan.lines[0].fields) == is_taken
    assert any("太远" in why for _, why in flagged(plan)) != is_taken


@pytest.mark.django_db
@pytest.mark.parametrize(("east", "is_taken"), [("117.07度", False), ("约117.07", True)])
def test_a_coordinate_is_a_bare_number(east, is_taken):
    heads = [*HEADS, "经度（WGS-84）", "纬度（WGS-84）"]
    plan = planned(as_csv(heads, [*ROW, east, "39.98"]))

    assert flagged(plan)
    assert ("longitude" in plan.lines[0].fields) == is_taken


# Words


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("head", "cell", "field", "expected"),
    [
        ("机构类型", "老年公寓", "kind", "residential_care"),
        ("机构类型", "敬老院", "kind", "jinglaoyuan"),
        ("机构类型", "护理院", "kind", "nursing_hospital"),
        ("机构类型", "区域性敬老院", "kind", "jinglaoyuan"),
        ("机构类型", "养护院", "kind", "residential_care"),
        ("机构类型", "长者食堂", "kind", "meal_point"),
        ("机构类型", "医院", "kind", ""),
        ("经营方式", "民营", "ownership", "private"),
        ("经营方式", "公办", "ownership", "public"),
        ("经营方式", "公建民营", "ownership", "public_built_private_run"),
        ("经营方式", "民办非企业", "ownership", "private"),
        ("经营方式", "民办非营利", "ownership", "private"),
        ("经营方式", "合作社", "ownership", ""),
        ("营业状态", "在营", "operating", "open"),
        ("营业状态", "试营业", "operating", "open"),
        ("营业状态", "筹备中", "operating", "planned"),
        ("营业状态", "迁址", "operating", ""),
        ("能供氧", "无", "meets_oxygen", False),
        ("能供氧", "具备", "meets_oxygen", True),
        ("能供氧", "○", "meets_oxygen", True),
        ("能供氧", "×", "meets_oxygen", False),
        ("能供氧", "☐", "meets_oxygen", None),
        ("能供氧", "①", "meets_oxygen", None),
    ],
)
def test_everyday_words(head, cell, field, expected):
    plan = committed(as_csv([*HEADS, head], [*ROW, cell]))

    assert getattr(home(), field) == expected
    assert bool(flagged(plan)) == (expected in {"", None})


@pytest.mark.django_db
@pytest.mark.parametrize("word", ["停业", "歇业", "注销", "已注销", "停办", "关门"])
def test_closed_in_everyday_words(word):
    committed(as_csv([*HEADS, "营业状态", "状态日期"], [*ROW, word, "2025-03-01"]))
    assert home().operating == "closed"


def test_no_everyday_word_says_otherwise_than_the_list():
    for key, words in EVERYDAY.items():
        choices = BY_KEY[key].choices
        assert set(words.values()) <= set(choices.values())
        assert not [word for word, value in words.items() if choices.get(word, value) != value]
        assert not [word for word in words if word != word.replace(" ", "")]


# Readers by themselves

SIGNS = "0123456789０１９-—转（）()/、，,.年月日号约万千百元张间 +*①②¹½⑴一二十〇零两时:x#\u200b\x0b"


def digits_of(text: str) -> str:
    return "".join(c for c in text if c.isascii() and c.isdigit())


def plain_digits(text: str) -> str:
    """The digits that somebody typed, full width too, but no signs of footnotes."""
    wide = "".join(c for c in text if unicodedata.category(c) == "Nd")
    return digits_of(unicodedata.normalize("NFKC", wide))


def is_within(found: str, typed: str) -> bool:
    """Return whether the digits stand in this order among those that were typed."""
    left = iter(typed)
    return all(digit in left for digit in found)


@settings(deadline=None, max_examples=500)
@given(st.one_of(st.text(SIGNS, max_size=24), st.text(max_size=60)))
def test_readers_answer_or_say_why(text):
    for reader in (read_number, read_count, read_yuan, read_date, read_phones):
        with contextlib.suppress(UnreadableError):
            assert reader(text)


@settings(deadline=None, max_examples=500)
@given(st.text("0123456789０９ ,，.张人约*①¹（）注", max_size=16))
def test_a_count_has_no_digit_that_nobody_typed(text):
    try:
        value = read_count(text).value
    except UnreadableError:
        return
    typed = plain_digits(text)
    assert is_within(str(int(value)).lstrip("0"), typed)
    assert len(str(int(value))) <= max(len(typed), 1)


@settings(deadline=None, max_examples=500)
@given(st.text("0123456789０９-— ()（）转、/①¹*王", max_size=26))
def test_a_phone_has_no_digit_that_nobody_typed(text):
    try:
        numbers = read_phones(text).numbers
    except UnreadableError:
        return
    # 86 in front of a number is the country: the 0 behind it is the one digit that is known.
    assume("86" not in plain_digits(text))
    for number in numbers:
        assert is_within(digits_of(number), plain_digits(text)), number


@settings(deadline=None, max_examples=500)
@given(st.text("0123456789０９-/.年月日号 :①", max_size=20))
def test_a_day_has_no_digit_that_nobody_typed(text):
    try:
        day, precision = read_date(text)
    except UnreadableError:
        return
    assert day.year >= 1900
    typed = plain_digits(text)
    if not re.fullmatch(r"\d{5}(\.\d*)?", re.sub(r"\s.*", "", unicodedata.normalize("NFKC", text))):
        said = [day.year, day.month, day.day][: {"year": 1, "month": 2, "day": 3}[precision]]
        assert is_within("".join(map(str, said)), typed)


@pytest.mark.django_db
def test_a_rating_of_a_day_is_of_its_year():
    cells = RATING | {"评定年份": "2024年5月"}
    committed(as_csv([*HEADS, *cells], [ROW[0], "北京市朝阳区", *cells.values()]))
    assert Rating.objects.get(institution=home()).year == 2024
