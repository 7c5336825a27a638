import datetime

import pytest

from institutions.models import Designation, Provenance
from institutions.pages.sources import MOST, SourceUse, count_uses, shelves, source_page
from regions.models import Agreement, Document, Fact, Grade
from tests.factories import make_document, make_institution, make_region

pytestmark = pytest.mark.django_db

DAY = datetime.date(2026, 1, 1)


def cite(document, home, field="", **fields):
    return Provenance.objects.create(
        institution=home,
        field=field,
        document=document,
        **{"kind": "public", "as_of": DAY} | fields,
    )


def page(document, today):
    return source_page(document, today)


# The list


def test_every_document_stands_on_one_shelf(today):
    listed = [source.document.pk for shelf in shelves(today) for source in shelf.sources]
    assert sorted(listed) == sorted(Document.objects.values_list("pk", flat=True))
    assert all(
        source.document.get_kind_display() == shelf.label
        for shelf in shelves(today)
        for source in shelf.sources
    )


def test_reports_come_first_and_demo_last(today):
    labels = [shelf.label for shelf in shelves(today)]
    assert (labels[0], labels[-1]) == ("报告或报道", "示例数据")


def test_the_newest_of_a_kind_comes_first_and_the_undated_last(today):
    undated = make_document(title="没有日期", issued_on=None)
    newest = make_document(title="最新", issued_on=datetime.date(2026, 11, 1))
    in_force = make_document(
        title="只知施行", issued_on=None, in_force_from=datetime.date(2026, 6, 1)
    )
    notices = next(shelf for shelf in shelves(today) if shelf.label == "公告或名单").sources
    order = [source.document for source in notices]
    assert order[0] == newest
    assert order[-1] == undated
    assert order.index(newest) < order.index(in_force) < order.index(undated)


@pytest.mark.parametrize(
    ("kind", "start", "end", "words"),
    [
        ("policy", None, None, "施行日期未公布"),
        ("standard", None, None, "施行日期未公布"),
        ("report", None, None, ""),
        ("policy", DAY, None, "施行：2026-01-01 起"),
        ("policy", None, DAY, "施行：至 2026-01-01（已过期）"),
        ("policy", datetime.date(2027, 1, 1), None, "施行：2027-01-01 起（还没开始）"),
        ("notice", DAY, datetime.date(2026, 12, 31), "施行：2026-01-01 至 2026-12-31"),
    ],
)
def test_when_a_document_holds(kind, start, end, words, today):
    document = make_document(kind=kind, in_force_from=start, in_force_to=end)
    assert page(document, today).source.force == words


def test_a_grade_is_said_in_words_and_what_is_made_up_is_called_so(today):
    assert page(make_document(grade=Grade.WEAK), today).source.grade == "单一弱来源，待核实"
    demo = page(make_document(kind="demo", grade=Grade.UNVERIFIED), today).source
    assert (demo.is_demo, demo.grade) == (True, "编造的，用来演示")


# What a document is cited for


def test_real_and_demo_homes_are_counted_apart():
    document = make_document()
    real, demo = make_institution(), make_institution(is_demo=True)
    for home in (real, demo):
        cite(document, home, "beds")
        Designation.objects.create(
            institution=home, kind="ltci", region=home.region, document=document
        )
    cite(document, real, "name")
    [use] = count_uses(Document.objects.filter(pk=document.pk)).values()
    assert use == SourceUse(
        homes=1, figures=2, designations=1, demo_homes=1, demo_figures=1, demo_designations=1
    )
    assert use.words == [
        "1 家实名机构的 2 项内容",
        "实名机构的 1 项名单",
        "1 家示例机构的 1 项内容",
        "示例机构的 1 项名单",
    ]


def test_what_is_not_published_is_neither_counted_nor_listed(today):
    document, draft = make_document(), make_institution(stage="draft")
    cite(document, draft)
    Designation.objects.create(
        institution=draft, kind="ltci", region=draft.region, document=document
    )
    shown = page(document, today)
    assert (shown.source.use.words, shown.figures, shown.designations) == ([], [], [])


def test_many_are_written_with_commas():
    assert SourceUse(facts=1234).words == ["1,234 条事实"]


def test_the_shipped_demo_document_has_counts_and_no_rows(today):
    demo = page(Document.objects.get(slug="demo-data"), today)
    assert demo.source.use.demo_homes > 1000
    assert (demo.source.use.homes, demo.figures, demo.designations) == (0, [], [])


def test_figures_of_one_home_date_and_quotation_stand_in_one_line(today):
    document, home = make_document(), make_institution()
    cite(document, home, "name", quote="原文")
    cite(document, home, "kind", quote="原文")
    cite(document, home, "beds", as_of_precision="year")
    lines = page(document, today).figures
    assert [(line.institution, line.labels, line.dated, line.quote) for line in lines] == [
        (home, "床位", "2026", ""),
        (home, "机构类型、名称", "2026-01-01", "原文"),
    ]


def test_no_more_rows_than_a_page_holds(today):
    document, home = make_document(), make_institution()
    Provenance.objects.bulk_create(
        Provenance(
            institution=home, field=f"x{n}", kind="public", document=document, as_of=DAY, quote=n
        )
        for n in range(MOST + 1)
    )
    shown = page(document, today)
    assert len(shown.figures) == MOST
    assert shown.source.use.figures == MOST + 1


def test_a_list_says_when_it_holds(today):
    document, home = make_document(), make_institution()
    Designation.objects.create(
        institution=home,
        kind="pilot",
        region=make_region("131082"),
        document=document,
        valid_from=datetime.date(2016, 1, 1),
        valid_from_precision="year",
        valid_to=DAY,
    )
    [line] = page(document, today).designations
    assert (line.name, line.region.full_name) == ("京津冀协同试点", "河北省廊坊市三河市")
    assert (line.period, line.state) == ("2016 至 2026-01-01", "已过期")


def test_agreements_are_cited_too(today):
    document = make_document()
    agreement = Agreement.objects.create(
        slug="test-agreement", name="测试约定", document=document, inpatient="direct"
    )
    agreement.regions.add(make_region("110000"))
    shown = page(document, today)
    assert shown.source.use.words == ["1 项地区间约定"]
    [line] = shown.agreements
    assert (line.agreement, line.period, line.state) == (agreement, "", "有效")


def test_facts_come_in_the_order_of_the_report(today):
    report = Document.objects.get(slug="chongqing-2018")
    shown = page(report, today).facts
    assert [fact.code for fact in shown] == sorted(fact.code for fact in shown)
    assert len(shown) == Fact.objects.filter(document=report).count() > 40
