import datetime

import pytest

from institutions.models import Provenance
from institutions.register.provenance import (
    SourceLine,
    group_sources,
    label_of,
    source_of,
    sources_of,
)
from institutions.register.record import PARTS
from regions.models import Document

DAY = datetime.date(2018, 1, 1)


def row(field, **fields):
    return Provenance(field=field, **{"kind": "own", "as_of": DAY} | fields)


ALL, BEDS, TWIN, PHONES = row(""), row("beds"), row("beds/nursing/twin"), row("phones")
ROWS = [ALL, BEDS, TWIN, PHONES]


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("name", ALL),
        ("beds", BEDS),
        ("beds/nursing", BEDS),
        ("beds/nursing/twin", TWIN),
        ("beds/nursing/twin/vacant", TWIN),
        ("beds/nursing/single", BEDS),
        ("bedside", ALL),
    ],
)
def test_the_longest_path_that_leads_to_a_figure_is_its_source(path, source):
    assert source_of(ROWS, path) is source


def test_a_figure_may_have_no_source():
    assert source_of([TWIN], "beds/nursing/single") is None
    assert source_of([], "name") is None


def test_sources_of_a_section_are_its_own_and_those_below_it():
    assert sources_of(ROWS, ["beds"]) == [BEDS, TWIN]
    assert sources_of(ROWS, ["fees"]) == [ALL]
    assert sources_of(ROWS, ["ratings", "phones"]) == [ALL, PHONES]
    assert sources_of(ROWS, []) == []
    assert sources_of([], ["beds"]) == []


def test_the_root_gathers_every_row():
    assert sources_of(ROWS, [""]) == [*ROWS[:2], PHONES, TWIN]


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("", "其他全部内容"),
        ("name", "名称"),
        ("takes_level_2", "收中度失能"),
        ("beds", "床位"),
        ("beds/nursing/twin", "床位·护理型床位·双人间"),
        ("beds/unspecified/unspecified", "床位·未分类床位·房型未公布"),
        ("beds/nursing/twin/vacant", "床位·护理型床位·双人间·空余床位"),
        ("fees/care//2", "收费·护理费·中度失能"),
        (
            "fees/care//2/半年~1一年/2026-01-01/amount",
            "收费·护理费·中度失能·半年/一年·2026-01-01·金额",
        ),
        ("ratings/beijing_star/2016", "等级评定·北京服务质量星级·2016"),
        ("terms/trial_days", "合同约定·可试住天数"),
        ("unheard_of", "unheard_of"),
    ],
)
def test_a_path_is_said_in_chinese(path, label):
    assert label_of(path) == label


def test_every_part_has_a_chinese_name():
    assert all(not label_of(part.name).isascii() for part in PARTS)


def test_a_source_says_document_date_and_that_nobody_verified_it():
    document = Document(slug="stars", title="星级名单", number="第 1 号")
    line = SourceLine.from_row(
        row("ratings", kind="public", document=document, as_of_precision="year")
    )
    assert line.title == "《星级名单》第 1 号"
    assert (line.url, line.kind, line.dated) == ("/sources/stars/", "公开记录", "2018")
    assert (line.verified, line.is_demo) == ("", False)


def test_rows_of_one_document_date_and_check_are_told_together():
    rows = [row("name", quote="原文"), row("kind"), row("beds", as_of_precision="year")]
    lines = group_sources(rows)
    assert [(line.label, line.dated) for line in lines] == [
        ("名称、机构类型", "2018-01-01"),
        ("床位", "2018"),
    ]


def test_a_source_says_when_and_how_it_was_verified_but_not_by_whom():
    line = SourceLine.from_row(
        row("beds", verified_on=datetime.date(2026, 11, 1), verified_how="phone")
    )
    assert (line.title, line.url) == ("机构填报", "")
    assert line.verified == "2026-11-01，电话核实"
