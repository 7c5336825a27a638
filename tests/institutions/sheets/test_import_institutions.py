import io

import pytest
from django.core.management import CommandError, call_command

from institutions.models import Institution, SheetImport
from tests.factories import make_institution
from tests.institutions.sheets.sheets import as_csv

HEADS = ["名称", "地区", "地址", "床位数"]
ROW = ["甲养老院", "北京市朝阳区", "双井 1 号", "50"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def run(tmp_path):
    def run(content: bytes, *options: str, stderr: io.StringIO | None = None) -> str:
        path, out = tmp_path / "台账.csv", io.StringIO()
        path.write_bytes(content)
        given = ["--kind=own", "--as-of=2026-11", *options]
        call_command("import_institutions", str(path), *given, stdout=out, stderr=stderr)
        return out.getvalue()

    return run


@pytest.mark.django_db
def test_a_dry_run_tells_all_and_writes_nothing(run):
    make_institution(name="甲养老院")
    bad = ["", "北京市朝阳区", "", "50"]
    doubtful = ["丙养老院", "北京市朝阳区", "", "50-60"]
    said = run(as_csv([*HEADS, "备注"], [*ROW, "x"], [*bad, ""], [*doubtful, ""]), "--dry-run")

    assert "这几列看不懂，没有读：备注。" in said
    assert "台账.csv 第 2 行 甲养老院 地址： → 双井 1 号" in said
    assert "台账.csv 第 3 行 名称“”退回：必须填写" in said
    assert "没有导入这一格：写的是一个范围" in said
    assert "新增 1，有变化 1，已提交待审核 0，没有变化 0，要人确认 0，退回 1，请核对 1。" in said
    assert not SheetImport.objects.exists()
    assert Institution.objects.get(name="甲养老院").address == ""


@pytest.mark.django_db
def test_a_sheet_comes_in_once_with_a_bar(run):
    bar = Terminal()
    assert "已导入。" in run(as_csv(HEADS, ROW), stderr=bar)
    assert "写入 [##############################] 1/1" in bar.getvalue()
    assert "没有变化。" in run(as_csv(HEADS, ROW), stderr=io.StringIO())

    taken = SheetImport.objects.get()
    assert (taken.file_name, taken.state, taken.new) == ("台账.csv", "done", 1)
    assert taken.lines.get().institution.name == "甲养老院"


@pytest.mark.django_db
def test_one_bad_row_stops_all_unless_told_otherwise(run):
    sheet = as_csv(HEADS, ROW, ["", "北京市朝阳区", "", "50"])
    with pytest.raises(CommandError, match="有退回的行"):
        run(sheet)
    assert not Institution.objects.filter(name="甲养老院").exists()
    run(sheet, "--skip-refused")
    assert Institution.objects.filter(name="甲养老院").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "options", "reason"),
    [
        (b"", [], "文件是空的"),
        (as_csv(HEADS, ROW), ["--kind=public"], "--document 或 --title"),
        (as_csv(HEADS, ROW), ["--document=none"], "没有来源文件 none"),
        (as_csv(HEADS, ROW), ["--as-of=soon"], "--as-of：日期看不懂"),
        (as_csv(HEADS, ROW), ["--within=朝阳区"], "对应多个地区"),
        (as_csv(HEADS, ROW), ["--within=河北"], "有退回的行"),
    ],
)
def test_what_is_wrong_is_a_command_error(run, content, options, reason):
    with pytest.raises(CommandError, match=reason):
        run(content, *options)
    with pytest.raises(CommandError, match="打不开"):
        call_command("import_institutions", "none.csv", "--kind=own", "--as-of=2026")


@pytest.mark.django_db
def test_a_question_stops_the_command_until_it_is_answered(run):
    """By row numbers; without them nothing is written, or the rest with the question left open."""
    home = make_institution(name="松鹤院")
    heads = ["编号", *HEADS]
    sheet = as_csv(heads, [home.pk, "松鹤新院", *ROW[1:]], ["", *ROW])

    def names() -> set[str]:
        return set(Institution.objects.filter(region="110105").values_list("name", flat=True))

    before = names()
    assert "第 2 行 松鹤新院 要人确认：编号" in run(sheet, "--dry-run")
    with pytest.raises(CommandError, match="1 家要人确认"):
        run(sheet)
    assert names() == before
    run(sheet, "--skip-refused")
    assert names() == before | {"甲养老院"}
    assert "要撤回：manage.py undo_import" in run(sheet, "--same=2")
    assert names() == before - {"松鹤院"} | {"甲养老院", "松鹤新院"}
    run(as_csv(heads, [home.pk, "另一家院", *ROW[1:]]), "--not-same", "2-3")
    assert names() == before - {"松鹤院"} | {"甲养老院", "松鹤新院", "另一家院"}
    for odd in ("x", "3-", "1,,2", "9" * 9):
        with pytest.raises(CommandError, match="行号写成"):
            run(sheet, f"--same={odd}")


@pytest.mark.django_db
def test_a_withdrawn_home_stays_withdrawn(run):
    home = make_institution(name="甲养老院", stage="draft", version=3)
    run(as_csv(["编号", *HEADS], [home.pk, *ROW]))
    home.refresh_from_db()
    assert (home.stage, home.address) == ("draft", "双井 1 号")
