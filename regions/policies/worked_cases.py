"""Reads worked_cases.csv, in Chinese: what a clerk reads and tries an edit on is what is tested."""

import csv
import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from regions.engine.rules import Disability, Elder, Stay, born_in

PLACES = {
    "北京市": "110000",
    "西城区": "110102",
    "朝阳区": "110105",
    "石景山区": "110107",
    "天津市": "120000",
    "河北省": "130000",
    "承德市": "130800",
    "三河市": "131082",
    "廊坊市": "131000",
    "鹿泉区": "130110",
    "山东省": "370000",
    "焦作市": "410800",
    "重庆市": "500000",
    "大渡口区": "500104",
}
SETTINGS = {
    "住养老机构": "institution",
    "居家上门": "home_care",
    "家人照护": "family_care",
    "居家混合": "combined_home",
    "日间托养": "day_care",
    "短期入住": "short_stay",
}
STATUSES = {
    "享受低保": "subsistence",
    "低收入": "low_income",
    "特困": "extreme_hardship",
    "集中供养": "support_in_institution",
    "分散供养": "support_scattered",
    "独生子女伤残": "child_disabled",
    "独生子女死亡": "child_deceased",
    "基本养老服务对象": "basic_service",
    "农村户籍": "rural",
    "领入住机构补贴": "hardship_in_home",
    "领工伤护理费": "work_injury_care",
    "领见义勇为护理补贴": "bravery_care",
    "领托养补贴": "custody_subsidy",
    "享受集中照护补助": "concentrated_care",
    "离休": "retired_cadre",
    "瘫痪卧床": "bedridden",
    "没有子女": "childless",
    "有北京居住证": "residence_permit",
}
SCALES = {
    "北京评估": "beijing",
    "国家评估": "gbt42195",
    "长护险评估": "ltci",
    "天津照料": "tianjin_care",
    "机构护理等级": "contract",
}
SCHEMES = {"职工": "employee", "居民": "resident"}
KINDS = {
    "视力": "sight",
    "听力": "hearing",
    "言语": "speech",
    "肢体": "limb",
    "智力": "intellect",
    "精神": "mental",
}
CARE = {"住院": "inpatient", "普通门诊": "outpatient", "药店": "pharmacy", "慢特病": "chronic"}
Word = TypeVar("Word")
PATH = Path(__file__).with_suffix(".csv")


@dataclass(frozen=True)
class Case:
    """One row; fees and totals are fen, None where the row has none.

    `elder_text` and `going` are the elder and the stay in the words of the table.
    """

    number: str
    on: datetime.date
    elder_text: str
    going: str
    elder: Elder
    stay: Stay
    fee: int | None
    care: int | None
    lines: dict[str, str]
    choices: list[int]
    to_elder: int | None
    on_bill: int | None
    to_pay: int | None
    is_at_most: bool
    medical: dict[str, str]
    documents: list[str]
    sentences: list[str]


def cases() -> list[Case]:
    with PATH.open(encoding="utf-8", newline="") as file:
        return [case(row) for row in csv.DictReader(file)]


def case(row: dict[str, str]) -> Case:
    lines = (line.split(" ", 1) for line in parts(row["各项"]))
    care = (line.split("=") for line in parts(row["看病"]))
    return Case(
        number=row["编号"],
        on=datetime.date.fromisoformat(row["日期"]),
        elder_text=row["老人"],
        going=row["去处"],
        elder=elder(dict(part.split("=") for part in parts(row["老人"]))),
        stay=stay(*row["去处"].split()),
        fee=fen(row["月费"]),
        care=fen(row["护理费"]),
        lines={slug.lower(): said for slug, said in lines},
        choices=[int(yuan) * 100 for yuan in row["两组"].split("/") if yuan],
        to_elder=fen(row["给老人"]),
        on_bill=fen(row["账单上"]),
        to_pay=fen(row["家里付"].removeprefix("至多")),
        is_at_most=row["家里付"].startswith("至多"),
        medical={CARE[kind]: said for kind, said in care},
        documents=row["依据"].split(),
        sentences=row["原文句子"].split(),
    )


def parts(cell: str) -> list[str]:
    return [part for part in cell.split("；") if part]


def fen(yuan: str) -> int | None:
    return int(yuan) * 100 if yuan else None


def elder(values: dict[str, str]) -> Elder:
    """Values missing from the row are unknown; 无 means none."""
    place, scheme = values.get("参保", "")[:-2], values.get("参保", "")[-2:]
    permit_unknown = values.get("居住证") == "不知道"
    return Elder(
        hukou=PLACES.get(values.get("户籍", "")),
        hukou_left=day(values.get("迁出")),
        hukou_now=PLACES.get(values.get("现在户籍", "")),
        born=born(values.get("出生")),
        age=int(values["年龄"]) if "年龄" in values else None,
        findings=frozenset(
            (SCALES[name], int(level)) for name, level in values.items() if name in SCALES
        ),
        statuses=chosen(values.get("身份"), lambda word: STATUSES[word]),
        disabilities=chosen(values.get("残疾"), disability),
        insured=PLACES.get(place),
        scheme=SCHEMES.get(scheme),
        open_statuses=frozenset({"residence_permit"}) if permit_unknown else frozenset(),
    )


def chosen(cell: str | None, read: Callable[[str], Word]) -> frozenset[Word] | None:
    """Return the list in a cell; 无 is an empty set, no cell is unknown."""
    if cell is None:
        return None
    return frozenset(read(word) for word in cell.split("、") if word != "无")


def disability(words: str) -> Disability:
    """As in 智力二级多重."""
    found = re.fullmatch(r"(..)([一二三四])级(多重)?", words)
    if not found:
        raise ValueError(f"不是残疾的写法：{words}")
    kind, grade, multiple = found.groups()
    return Disability(KINDS[kind], "一二三四".index(grade) + 1, bool(multiple))


def day(text: str | None) -> datetime.date | None:
    return datetime.date.fromisoformat(text) if text else None


def born(text: str | None) -> tuple[datetime.date, datetime.date] | None:
    """A day of birth, or a month of it."""
    if text is None:
        return None
    if len(text) == len("1945-06"):
        year, month = map(int, text.split("-"))
        return born_in(year, month)
    return datetime.date.fromisoformat(text), datetime.date.fromisoformat(text)


def stay(place: str, setting: str, listed: str = "") -> Stay:
    """The home is on no list but the one named."""
    kind, _, by = listed.removeprefix("名单=").partition("@")
    designations = {(kind, PLACES[by])} if listed else set()
    return Stay(PLACES[place], SETTINGS[setting], frozenset(designations))
