"""Which home a row speaks of: never another one, and never a new one beside itself, unasked."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from institutions.models import Institution, SheetImport
from institutions.sheets import export as exporters
from institutions.sheets.identity import mark_of
from institutions.sheets.plan import Plan
from institutions.validators import credit_code_check_character
from tests.factories import make_institution, make_region
from tests.institutions.admin.test_admin_sheets import text, upload
from tests.institutions.register.test_workflow import signed_in
from tests.institutions.sheets.sheets import as_csv, committed, planned, told

pytestmark = pytest.mark.django_db
CASES = Path(__file__).parents[2] / "cases"
SANHE, CHAOYANG = "河北省廊坊市三河市", "北京市朝阳区"
HEADS = ["编号", "本站记号", "名称", "地区", "信用代码"]
CODE = "9111000080210043" + "3B"
HELD, OTHER_CODE = (
    stem + credit_code_check_character(stem) for stem in ("52110000802100434", "52110000802100435")
)


def outcome_of(plan: Plan) -> tuple[str, int | None]:
    line = plan.lines[-1]
    return line.outcome, line.questions[0].home if line.questions else line.pk


# Ids


def test_a_ledgers_running_number_overwrites_nothing():
    content = (CASES / "serial-as-id.csv").read_bytes()
    before = list(Institution.objects.order_by("pk").values())
    plan = committed(content)

    held = set(Institution.objects.values_list("pk", flat=True))
    assert plan.counts["changed"] == plan.counts["same"] == 0
    # One of the homes lies in the county of the ledger: of that a person is asked.
    assert (plan.counts["refused"], plan.counts["asked"]) == (29, 1)
    assert list(Institution.objects.order_by("pk").values()) == before
    by_row = {line.rows[0]: [*line.problems, *line.questions][0].reason for line in plan.lines}
    for number in held & set(range(1, 31)):
        home = Institution.objects.get(pk=number)
        why = by_row[number + 1]
        # Both names, so that a clerk sees what happened.
        assert f"“{home.name}”" in why
        assert f"“试验台账{number}号院”（{SANHE}）" in why


def test_a_running_number_of_the_same_county_is_asked_about():
    """A register of one county alone: every number is of a home there."""
    homes = [make_institution(name=f"松鹤院{n}") for n in range(3)]
    rows = [[home.pk, "", f"台账{home.pk}院", CHAOYANG, ""] for home in homes]
    plan = committed(as_csv(HEADS, *rows))

    assert plan.counts["asked"] == 3
    assert [line.questions[0].home for line in plan.lines] == [home.pk for home in homes]
    assert not Institution.objects.filter(name__startswith="台账").exists()


ROWS: list[tuple[str, dict[str, Any], str]] = [
    ("name and region agree", {}, "same"),
    ("name agrees, the home moved", {"region": SANHE}, "changed"),
    ("traditional characters agree", {"name": "旧名養老院"}, "changed"),
    ("a new name under our mark", {"name": "新名"}, "changed"),
    ("a new name without the mark", {"name": "新名", "mark": ""}, "asked"),
    ("another home's mark", {"name": "新名", "mark": "YQBBBBBBBB"}, "asked"),
    ("name and region change under our mark", {"name": "新名", "region": SANHE}, "asked"),
    ("name and region change without it", {"name": "新名", "region": SANHE, "mark": ""}, "refused"),
    ("the name of another home here", {"name": "邻居院"}, "refused"),
    ("no such home", {"id": 10**6}, "refused"),
    ("an id of another kind", {"id": "A-7"}, "refused"),
    ("the credit code agrees", {"id": "", "code": CODE}, "same"),
    ("a credit code under a new name", {"id": "", "code": CODE, "name": "新名"}, "asked"),
    (
        "a credit code copied into another county",
        {"id": "", "code": CODE, "name": "新名", "region": SANHE},
        "asked",
    ),
    ("the same name", {"id": ""}, "same"),
    ("brackets and characters", {"id": "", "name": "旧名(養老院)"}, "asked"),
    ("traditional characters by name", {"id": "", "name": "舊名养老院"}, "asked"),
    ("a former name", {"id": "", "name": "曾用名院"}, "asked"),
    ("the same name in another county", {"id": "", "name": "旧名养老院", "region": SANHE}, "new"),
]


@pytest.mark.parametrize(("changes", "outcome"), [r[1:] for r in ROWS], ids=[r[0] for r in ROWS])
def test_what_becomes_of_a_row(changes, outcome):
    home = make_institution(name="旧名养老院", credit_code=CODE, aliases="曾用名院")
    make_institution(name="邻居院")
    mark = mark_of(home.pk, home.created_at)
    row = {"id": home.pk, "mark": mark, "name": home.name, "region": CHAOYANG, "code": ""}
    plan = planned(as_csv(HEADS, list((row | changes).values())))

    assert outcome_of(plan)[0] == outcome, told(plan)
    if outcome in {"asked", "same", "changed"}:
        assert outcome_of(plan)[1] == home.pk
    if outcome == "asked":
        # Neither is anything changed, nor is a second home made.
        assert plan.lines[0].changes == []


@pytest.mark.parametrize("mark", ["yq{}", " YQ{} ", "ＹＱ{}"])
def test_a_mark_survives_its_typing(mark):
    home = make_institution(name="旧名")
    letters = mark_of(home.pk, home.created_at).removeprefix("YQ")
    written = mark.format(letters.lower() if mark.islower() else letters)
    plan = planned(as_csv(HEADS, [home.pk, written, "新名", CHAOYANG, ""]))
    assert outcome_of(plan) == ("changed", home.pk)


@pytest.mark.parametrize(
    "typed", ["试验(括号)院", "试验（括号）院", "试验 括号 院", "試验（括号）院"]
)
def test_a_home_is_not_made_twice_by_another_spelling(typed):
    home = make_institution(name="试验（括号）院")
    plan = planned(as_csv(["名称", "地区", "地址"], [typed, CHAOYANG, "东路"]))

    expected = "asked" if typed.startswith("試") else "changed"
    assert outcome_of(plan) == (expected, home.pk)
    # The register's own spelling stays.
    assert [c.path for c in plan.lines[0].changes if c.path == "name"] == []


def test_spellings_of_one_name_in_one_sheet_are_noticed():
    heads = ["名称", "地区", "床位数", "电话"]
    first, second = ["试验繁体院", CHAOYANG, "9", ""], ["試驗繁體院", CHAOYANG, "", "010-12345678"]
    sheet = as_csv(heads, first, second)
    plan = planned(sheet)
    assert [line.outcome for line in plan.lines] == ["new", "asked"]

    both = planned(sheet, answers={"3": {"-2": "same"}})
    assert [(line.outcome, line.rows) for line in both.lines] == [("new", [2, 3])]
    apart = planned(sheet, answers={"3": {"-2": "other"}})
    assert [line.outcome for line in apart.lines] == ["new", "new"]
    width = planned(as_csv(heads, ["院（一）", *first[1:]], ["院(一)", *second[1:]]))
    assert [(line.outcome, line.rows) for line in width.lines] == [("new", [2, 3])]


def test_the_names_that_broke_us_make_no_home_twice():
    committed((CASES / "names.csv").read_bytes())
    before = Institution.objects.filter(region="131082").count()
    again = committed((CASES / "names.csv").read_bytes())

    assert again.counts["new"] == 0
    assert Institution.objects.filter(region="131082").count() == before


def test_of_homes_elsewhere_a_clerk_is_told_no_name():
    elsewhere = make_institution(name="外地秘密院", region=make_region("131082"), credit_code=CODE)
    for row in (
        [elsewhere.pk, "", "新", CHAOYANG, ""],
        [elsewhere.pk, mark_of(elsewhere.pk, elsewhere.created_at), "新", CHAOYANG, ""],
        ["", "", "新", CHAOYANG, CODE],
    ):
        plan = planned(as_csv(HEADS, row), within=make_region())
        assert plan.counts["refused"] == 1
        assert "您不能导入" in told(plan)[0][1]
        assert "外地秘密院" not in str(told(plan))


def test_one_id_in_two_rows_of_two_names_changes_neither_into_the_other():
    home = make_institution(name="旧名")
    mark = mark_of(home.pk, home.created_at)
    rows = [[home.pk, mark, "旧名", CHAOYANG, ""], [home.pk, mark, "抄下来的新院", CHAOYANG, ""]]
    plan = planned(as_csv(HEADS, *rows))
    assert plan.counts["changed"] == plan.counts["new"] == 0
    assert plan.counts["refused"] == 1


# Answers


def test_an_answer_decides_and_holds_for_its_home_alone():
    home, other = make_institution(name="松鹤院"), make_institution(name="柏寿院")
    sheet = as_csv(HEADS, [home.pk, "", "新名院", CHAOYANG, ""])

    def outcome(answers: dict[str, dict[str, str]]) -> str:
        return planned(sheet, answers=answers).lines[0].outcome

    assert outcome({"2": {str(home.pk): "same"}}) == "changed"
    assert outcome({"2": {str(home.pk): "other"}}) == "new"
    for unheard in ("hold", "", "x"):
        assert outcome({"2": {str(home.pk): unheard}}) == "asked"
    assert outcome({"2": {str(other.pk): "same"}}) == "asked"
    assert outcome({"3": {str(home.pk): "same"}}) == "asked"


@pytest.fixture
def clerk() -> Client:
    return signed_in("clerk", "xiaowang")


def test_the_page_asks_with_both_sides_and_keeps_the_answers(clerk: Client):
    home = make_institution(name="松鹤院", stage="draft", address="东路 1 号")
    home.phones.create(number="010-12345678")
    twin = make_institution(name="试验院", stage="draft")
    heads = [*HEADS, "地址", "电话"]
    rows = [
        [home.pk, "", "松鹤新院", CHAOYANG, "", "西路 2 号", "01012345678"],
        ["", "", "試驗院", CHAOYANG, "", "", ""],
    ]
    page = text(upload(clerk, as_csv(heads, *rows)))
    taken = SheetImport.objects.get()
    assert (taken.asked, taken.new, taken.changed) == (2, 0, 0)
    for words in ("要人确认 2 家", "东路 1 号", "西路 2 号", "同一家", "不是同一家", "先放着"):
        assert words in page
    # Set beforehand only where the telephone is the same.
    first, second = f"answer-2-{home.pk}", f"answer-3-{twin.pk}"
    assert f'name="{first}" value="same" checked' in page
    assert page.count(" checked") == 1

    # Nothing is written of what nobody has answered.
    clerk.post(
        reverse("admin:sheet_answer", args=[taken.pk]), {second: "other", "answer-9-9": "same"}
    )
    taken.refresh_from_db()
    assert taken.answers == {"3": {str(twin.pk): "other"}}
    assert (taken.asked, taken.new) == (1, 1)
    clerk.post(reverse("admin:sheet_answer", args=[taken.pk]), {first: "same"})
    done = clerk.post(reverse("admin:sheet_write", args=[taken.pk]), follow=True)
    assert "已导入：新增 1 家，有变化 1 家。" in text(done)
    home.refresh_from_db()
    assert (home.name, home.address) == ("松鹤新院", "西路 2 号")
    twin.refresh_from_db()
    assert twin.name == "试验院"
    # A written sheet takes no more answers.
    late = clerk.post(reverse("admin:sheet_answer", args=[taken.pk]), {first: "other"}, follow=True)
    assert "没有记下" in text(late)


def test_unanswered_rows_are_left_out_and_stay_work(clerk: Client):
    home = make_institution(name="松鹤院", stage="draft")
    rows = [[home.pk, "", "松鹤新院", CHAOYANG, ""], ["", "", "别的院", CHAOYANG, ""]]
    upload(clerk, as_csv(HEADS, *rows))
    taken = SheetImport.objects.get()
    clerk.post(reverse("admin:sheet_write", args=[taken.pk]))

    home.refresh_from_db()
    assert home.name == "松鹤院"
    assert Institution.objects.filter(name="别的院").exists()
    todo = clerk.get(reverse("admin:institutions_sheetimport_changelist"), {"todo": "imports"})
    assert "台账.xlsx" in text(todo)


# Exports


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_an_export_carries_the_mark(form):
    home = make_institution(name="松鹤院")
    homes = Institution.objects.filter(pk=home.pk)
    content = (
        exporters.as_xlsx(homes) if form == "xlsx" else "".join(exporters.as_csv(homes)).encode()
    )
    assert planned(content).counts["same"] == 1
    if form == "csv":
        renamed = content.replace("松鹤院".encode(), "松鹤新院".encode())
        assert planned(renamed).lines[0].outcome == "changed"


# All rows of a home


GROUPS: list[tuple[str, list[list[str]], list[tuple[str, list[int]]]]] = [
    (
        "the code in the first row alone",
        [["新院", CODE, "1"], ["新院", "", "2"], ["新院", "", "3"]],
        [("new", [2, 3, 4])],
    ),
    (
        "the code in a later row",
        [["新院", "", "1"], ["新院", CODE, "2"], ["新院", "", "3"]],
        [("new", [2, 3, 4])],
    ),
    (
        "another home between them",
        [["新院", CODE, "1"], ["别院", "", "1"], ["新院", "", "2"]],
        [("new", [2, 4]), ("new", [3])],
    ),
    (
        "the rows of a home under a new name that is asked wait with it",
        [["松鹤新院", HELD, "1"], ["松鹤新院", "", "2"]],
        [("asked", [2, 3])],
    ),
    (
        "two codes are two homes of one name",
        [["新院", CODE, "1"], ["新院", OTHER_CODE, "2"]],
        [("new", [2]), ("refused", [3])],
    ),
]


@pytest.mark.parametrize(("rows", "expected"), [g[1:] for g in GROUPS], ids=[g[0] for g in GROUPS])
def test_every_row_of_a_home_belongs_to_it(rows, expected):
    make_institution(name="松鹤院", credit_code=HELD)
    rooms = {"1": "单人间", "2": "双人间", "3": "三人间"}
    sheet = as_csv(
        ["名称", "信用代码", "地区", "房型", "床位数"],
        *([name, code, CHAOYANG, rooms[beds], beds] for name, code, beds in rows),
    )
    plan = planned(sheet)

    assert [(line.outcome, line.rows) for line in plan.lines] == expected, told(plan)
    if expected == [("new", [2, 3, 4])]:
        committed(sheet)
        home = Institution.objects.get(name="新院")
        assert (home.credit_code, home.beds.count()) == (CODE, 3)


def test_a_home_under_a_new_name_takes_its_later_rows_along():
    home = make_institution(name="松鹤院", credit_code=HELD)
    heads = ["名称", "信用代码", "地区", "房型", "床位数"]
    rows = [["松鹤新院", HELD, CHAOYANG, "单人间", 1], ["松鹤新院", "", CHAOYANG, "双人间", 2]]
    plan = committed(as_csv(heads, *rows), answers={"2": {str(home.pk): "same"}})

    assert [(line.outcome, line.rows) for line in plan.lines] == [("changed", [2, 3])]
    home.refresh_from_db()
    assert (home.name, home.beds.count()) == ("松鹤新院", 2)


def test_an_answer_can_be_taken_back_when_its_row_has_joined_an_earlier_one(clerk: Client):
    heads = ["名称", "地区", "床位数", "电话"]
    rows = [["试验繁体院", CHAOYANG, "9", ""], ["試驗繁體院", CHAOYANG, "", "010-12345678"]]
    upload(clerk, as_csv(heads, *rows))
    taken = SheetImport.objects.get()

    def answered(message: str) -> tuple[int, int]:
        clerk.post(reverse("admin:sheet_answer", args=[taken.pk]), {"answer-3--2": message})
        taken.refresh_from_db()
        assert taken.answers == {"3": {"-2": message}}
        return taken.new, taken.asked

    assert answered("same") == (1, 0)
    page = text(clerk.get(taken.get_absolute_url()))
    assert 'name="answer-3--2" value="same" checked' in page, page[page.find("<tbody>") :]
    assert answered("hold") == (1, 1)
    assert answered("other") == (2, 0)
    assert answered("same") == (1, 0)
    clerk.post(reverse("admin:sheet_write", args=[taken.pk]))
    assert Institution.objects.get(name="试验繁体院").phones.count() == 1
