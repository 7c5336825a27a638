"""Judge a family by the official texts alone: an independent reading of `fixtures/law/*.txt`.

Nothing of the product is imported and nothing of it was read: a disagreement with the policy engine
is a fault of one of the two readers, and the cited sentence settles which. A fact that was not told
is filled in with every representative value; only what holds for all of them is answered.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import combinations

STATUSES = (
    "subsistence",
    "low_income",
    "extreme_hardship",
    "support_in_institution",
    "support_scattered",
    "below_subsistence",
    "child_disabled",
    "child_deceased",
    "basic_service",
    "rural",
    "work_injury_care",
    "bravery_care",
    "returned_youth_care",
    "hardship_in_home",
    "custody_subsidy",
    "concentrated_care",
    "home_upgrade_project",
    "retired_cadre",
    "duty_disabled",
    "preferential",
    "childless",
    "bedridden",
)
KINDS = ("sight", "hearing", "speech", "limb", "intellect", "mental")
SETTINGS = ("institution", "home_care", "day_care", "short_stay")


@dataclass(frozen=True)
class Family:
    """Hold what a family has told; None is a fact not told, an empty set is told to be empty."""

    on: date
    born: date | None
    hukou: str | None  # six digits; a code ending in 00 or 0000 leaves the district untold
    statuses: frozenset[str] | None
    disabilities: frozenset[tuple[str, int, bool]] | None  # kind, grade 1 to 4, multiple
    beijing: int | None  # Beijing's assessment, 3 is 重度失能
    gbt: int | None  # level 0 to 4 of GB/T 42195
    care_tianjin: int | None  # 照料等级: 0 none, 1 轻度, 2 中度, 3 重度
    place: str
    setting: str
    fee: int | None = None  # fen a month


@dataclass(frozen=True)
class Finding:
    """Hold one answer; `fen` is a floor where `least`: 不低于, or untold facts may raise it."""

    answer: str  # yes, no, confirm, unknown
    fen: int | None
    least: bool
    sentence: str  # stem of the text's file, colon, line number


class Untold(Exception):  # noqa: N818  # a branch point, not an error
    """Name the fact that a rule needs and the values it may have."""

    def __init__(self, field: str, options: Iterable[object]) -> None:
        super().__init__(field)
        self.field = field
        self.options = tuple(options)


ELDER = "bj-elder-allowances-2019"
GUIDE = "bj-allowance-guide-2019"
DISABLED = "bj-disabled-subsidies-2016"
HARDSHIP = "bj-extreme-hardship-2017"
INTO_HOME = "bj-hardship-in-institution-2020"
PLANNING = "bj-family-planning-2022"
DEATH = "bj-family-planning-death-2008"
HURT = "bj-family-planning-disabled-2009"
LOW = "bj-low-income-2018"

SEVERE_SENSES = {(kind, grade) for kind in ("sight", "limb") for grade in (1, 2)}
SEVERE_MIND = {(kind, grade) for kind in ("intellect", "mental") for grade in (1, 2, 3)}
SEVERE_SPEECH = {(kind, grade) for kind in ("hearing", "speech") for grade in (1, 2)}
GROUP_A = SEVERE_SENSES | SEVERE_MIND  # 434号第二条: 一二级视力肢体, 一二三级智力精神
SEVERE = GROUP_A | SEVERE_SPEECH  # 细则二(二)1 and 434号第一条(二) name the same people

OTHER_DISTRICT = {"50": "500101", "13": "130202", "11": "110105", "12": "120101"}
SOME_HUKOU = ("110105", "120101", "130110", "130202", "500104", "500155", "500101", "370102")
SOME_STATUSES = tuple(
    frozenset(chosen) for size in (0, 1, 2) for chosen in combinations(STATUSES, size)
)
ONE_DISABILITY = tuple(
    frozenset({(kind, grade, multiple)})
    for kind in KINDS
    for grade in (1, 2, 3, 4)
    for multiple in (False, True)
)
SOME_DISABILITIES = (frozenset[tuple[str, int, bool]](), *ONE_DISABILITY)


def years_before(day: date, years: int) -> date:
    """Return the day of birth of somebody who becomes `years` old on `day`."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # the 29th of February
        return day.replace(year=day.year - years, day=28)


def age_on(day: date, born: date) -> int:
    """Count whole years (周岁): a year is full on the birthday itself."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


class Facts:
    """Answer a rule's questions about one family; raise Untold where it did not say."""

    def __init__(self, family: Family) -> None:
        self.family = family
        self.on = family.on

    @property
    def born(self) -> date:
        if self.family.born is None:
            ages = (50, 59, 60, 79, 80, 89, 90, 99, 100)
            births = [years_before(self.on, age) for age in ages]
            births += [date(1932, 12, 31), date(1933, 1, 1)]
            raise Untold("born", [born for born in births if born <= self.on])
        return self.family.born

    @property
    def age(self) -> int:
        return age_on(self.on, self.born)

    @property
    def hukou(self) -> str:
        if self.family.hukou is None:
            raise Untold("hukou", SOME_HUKOU)
        return self.family.hukou

    def from_province(self, two: str) -> bool:
        return self.hukou[:2] == two

    def from_district(self, code: str) -> bool:
        """Compare with a district; a code of its city or province leaves the district untold."""
        hukou = self.hukou
        if hukou == code:
            return True
        wide = hukou.endswith("0000") and hukou[:2] == code[:2]
        wide |= hukou.endswith("00") and hukou[:4] == code[:4]
        if wide:
            near = {"500000": ("500104", "500155")}.get(hukou, (code,))
            raise Untold("hukou", (*near, OTHER_DISTRICT[code[:2]]))
        return False

    @property
    def statuses(self) -> frozenset[str]:
        if self.family.statuses is None:
            raise Untold("statuses", SOME_STATUSES)
        return self.family.statuses

    def has(self, *codes: str) -> bool:
        return not self.statuses.isdisjoint(codes)

    @property
    def in_extreme_hardship(self) -> bool:
        """集中供养 and 分散供养 are the two forms of 特困供养 (京特困办法第十九条)."""
        return self.has("extreme_hardship", "support_in_institution", "support_scattered")

    @property
    def disabilities(self) -> frozenset[tuple[str, int, bool]]:
        if self.family.disabilities is None:
            raise Untold("disabilities", SOME_DISABILITIES)
        return self.family.disabilities

    @property
    def kinds(self) -> set[tuple[str, int]]:
        return {(kind, grade) for kind, grade, _ in self.disabilities}

    @property
    def multiple(self) -> bool:
        """多重残疾: told so, or more than one kind told."""
        several = len({kind for kind, _, _ in self.disabilities}) > 1
        return several or any(flag for _, _, flag in self.disabilities)

    @property
    def severely_disabled(self) -> bool:
        return bool(self.kinds & SEVERE)

    @property
    def beijing(self) -> int:
        if self.family.beijing is None:
            raise Untold("beijing", (0, 1, 2, 3))
        return self.family.beijing

    @property
    def gbt(self) -> int:
        if self.family.gbt is None:
            raise Untold("gbt", (0, 1, 2, 3, 4))
        return self.family.gbt

    @property
    def care(self) -> int:
        if self.family.care_tianjin is None:
            raise Untold("care_tianjin", (0, 1, 2, 3))
        return self.family.care_tianjin

    @property
    def place(self) -> str:
        return self.family.place

    @property
    def setting(self) -> str:
        return self.family.setting


def yes(fen: int | None, document: str, line: int, least: bool = False) -> Finding:
    return Finding("yes", fen, least, f"{document}:{line}")


def no(document: str, line: int) -> Finding:
    return Finding("no", None, False, f"{document}:{line}")


def confirm(fen: int | None, document: str, line: int) -> Finding:
    return Finding("confirm", fen, False, f"{document}:{line}")


def unknown(document: str, line: int) -> Finding:
    return Finding("unknown", None, False, f"{document}:{line}")


def in_month_before(day: date, change: date) -> bool:
    """A text that says 由…调整为… vouches for the old amount in the last month, no further back."""
    return (change - timedelta(days=1)).replace(day=1) <= day < change


def beijing_subsistence(day: date) -> int | None:
    """Return Beijing's 低保标准 in fen a month; None where no text held gives it."""
    if day >= date(2024, 7, 1):
        return 145_000
    if day >= date(2023, 7, 1):
        return 139_500
    if in_month_before(day, date(2023, 7, 1)):
        return 132_000
    return None


def times(fen: int | None, percent: int) -> int | None:
    return None if fen is None else fen * percent // 100


def judge_poor_elder(facts: Facts) -> Finding:
    """bj-01 困难老年人养老服务补贴."""
    if facts.on < date(2019, 10, 1):
        return no(ELDER, 127)
    if not facts.from_province("11"):
        return no(ELDER, 29)
    if facts.age < 60:
        return no(GUIDE, 10)
    if facts.in_extreme_hardship or facts.has("work_injury_care"):
        return no(ELDER, 55)
    if facts.has("subsistence"):
        fen, line = 30_000, 33
    elif facts.has("low_income"):
        fen, line = 20_000, 34
    elif facts.has("child_disabled", "child_deceased"):
        fen, line = 10_000, 35
    else:
        return no(ELDER, 32)
    if facts.has("retired_cadre", "duty_disabled"):
        return confirm(fen, ELDER, 52)
    return yes(fen, ELDER, line)


def judge_disabled_elder(facts: Facts) -> Finding:
    """bj-02 失能老年人护理补贴."""
    if facts.on < date(2019, 10, 1):
        return no(ELDER, 127)
    if not facts.from_province("11"):
        return no(ELDER, 29)
    if facts.age < 60:
        return no(ELDER, 37)
    if facts.in_extreme_hardship or facts.has("work_injury_care"):
        return no(ELDER, 55)
    if facts.has("bravery_care", "returned_youth_care"):
        return no(ELDER, 53)
    if facts.has("hardship_in_home"):
        return no(ELDER, 54)
    kinds = facts.kinds
    first = any(grade == 1 and kind not in ("hearing", "speech") for kind, grade in kinds)
    second_of_many = facts.multiple and not kinds.isdisjoint({("intellect", 2), ("mental", 2)})
    if first or second_of_many or facts.beijing == 3:
        fen, line = 60_000, 40
    elif kinds & GROUP_A:
        fen, line = 40_000, 41
    elif kinds & SEVERE_SPEECH:
        fen, line = 20_000, 42
    else:
        return no(ELDER, 37)
    if facts.has("retired_cadre", "duty_disabled"):
        return confirm(fen, ELDER, 52)
    return yes(fen, ELDER, line)


def judge_old_age(facts: Facts) -> Finding:
    """bj-03 高龄老年人津贴."""
    if facts.on < date(2019, 10, 1):
        return no(ELDER, 127)
    if not facts.from_province("11"):
        return no(ELDER, 29)
    if facts.age < 80:
        return no(ELDER, 44)
    if facts.age < 90:
        return yes(10_000, ELDER, 45)
    if facts.age < 100:
        return yes(50_000, ELDER, 46)
    return yes(80_000, ELDER, 47)


def judge_hardship_in_home(facts: Facts) -> Finding:
    """bj-07 困境家庭服务对象入住养老机构补助: held is the amount, not which homes count."""
    if facts.setting != "institution":
        return no(INTO_HOME, 1)
    if facts.on < date(2021, 1, 1):  # the text of 2020 is held without its day
        return confirm(None, INTO_HOME, 2)
    if not facts.from_province("11"):
        return confirm(None, INTO_HOME, 2)
    amounts = {}
    if facts.in_extreme_hardship:
        amounts[4] = 200_000
    elif facts.has("subsistence"):
        amounts[6] = 360_000
    elif facts.has("low_income"):
        amounts[7] = 280_000
    if facts.has("child_disabled", "child_deceased"):
        amounts[8] = 280_000
    if not amounts:
        # (五) says 其他重度残疾人 and breaks off; a sixth kind may follow.
        return confirm(120_000 if facts.severely_disabled else None, INTO_HOME, 9)
    # Nothing held says which amount somebody of two kinds gets.
    fen = next(iter(amounts.values())) if len(set(amounts.values())) == 1 else None
    return confirm(fen, INTO_HOME, next(iter(amounts)))


def judge_living_subsidy(facts: Facts) -> Finding:
    """bj-08 困难残疾人生活补贴."""
    if facts.on < date(2016, 1, 1):
        return no(DISABLED, 116)
    if not facts.from_province("11") or not facts.disabilities:
        return no(DISABLED, 14)
    if facts.in_extreme_hardship or facts.has("work_injury_care"):
        return no(DISABLED, 42)
    grave = bool(facts.kinds & GROUP_A)
    fen: int | None
    if facts.has("subsistence"):
        fen, line = (40_000, 25) if grave else (32_000, 26)
    elif facts.has("low_income"):
        fen, line = (beijing_subsistence(facts.on), 27) if grave else (30_000, 28)
    elif facts.age >= 60:
        if not (grave and facts.has("below_subsistence")):
            return no(DISABLED, 18)
        fen, line = None, 31  # the difference to an income that is not told
    elif facts.has("below_subsistence") and not grave:
        return no(DISABLED, 17)
    else:
        return unknown(DISABLED, 17)  # employment, and below 60 the sex, decide
    if facts.has("retired_cadre", "duty_disabled"):
        return confirm(fen, DISABLED, 39)
    return yes(fen, DISABLED, line)


def judge_nursing_subsidy(facts: Facts) -> Finding:
    """bj-09 重度残疾人护理补贴."""
    if facts.on < date(2016, 1, 1):
        return no(DISABLED, 116)
    if not facts.from_province("11") or not facts.severely_disabled:
        return no(DISABLED, 22)
    if facts.in_extreme_hardship or facts.has("work_injury_care"):
        return no(DISABLED, 42)
    if facts.has("bravery_care", "returned_youth_care", "custody_subsidy"):
        return no(DISABLED, 41)
    kinds, minds = facts.kinds, facts.kinds & SEVERE_MIND
    first = any(grade == 1 and kind not in ("hearing", "speech") for kind, grade in kinds)
    if first or (facts.multiple and any(grade == 2 for _, grade in minds)):
        fen, line = 30_000, 35
    elif kinds & (SEVERE_SENSES | SEVERE_SPEECH) or (minds and not facts.multiple):
        fen, line = 10_000, 36
    else:
        # 三级智力、精神 that is multiple: an object of 第一条(二), yet neither amount names it.
        return confirm(None, DISABLED, 36)
    if facts.has("retired_cadre", "duty_disabled"):
        return confirm(fen, DISABLED, 39)
    return yes(fen, DISABLED, line)


def judge_family_planning(facts: Facts) -> Finding:
    """bj-10 计划生育特别扶助金; the status stands for the certificate and the wife's age."""
    if facts.on < date(2008, 1, 1):
        return no(DEATH, 84)
    if not facts.from_province("11"):
        return no(DEATH, 12)
    deceased, hurt = facts.has("child_deceased"), facts.has("child_disabled")
    if not (deceased or hurt):
        return no(PLANNING, 5)
    if deceased and hurt:  # 现无存活子女 and 现存活独生子女 cannot both be
        return confirm(None, DEATH, 17)
    if facts.born < date(1933, 1, 1):
        # The plan of 2008 asks for the elder's own birth, that of 2009 for the wife's.
        return no(DEATH, 13) if deceased else unknown(HURT, 12)
    fen: int | None
    if facts.on >= date(2022, 7, 1):
        fen, text, line = (90_000 if deceased else 74_000), PLANNING, 5
    elif in_month_before(facts.on, date(2022, 7, 1)):
        fen, text, line = (72_000 if deceased else 59_000), PLANNING, 5
    elif facts.on >= date(2011, 1, 1):  # 2011年以后的标准再予以确定, and that text is not held
        fen, text, line = None, (DEATH if deceased else HURT), 30
    else:
        fen, text, line = (20_000 if deceased else 16_000), (DEATH if deceased else HURT), 9
    # 农村对象 of 60 and more get the higher of this and 奖励扶助, whose amount is not held.
    rural = fen is not None and facts.has("rural") and facts.age >= 60
    return yes(fen, text, line, least=rural)


def judge_beijing_hardship(facts: Facts) -> Finding:
    """bj-11 特困供养: 基本生活标准不低于低保标准的1.5倍."""
    if not facts.from_province("11"):
        return no(HARDSHIP, 14)
    if not facts.in_extreme_hardship:
        return no(HARDSHIP, 14)
    if facts.on < date(2018, 1, 1):  # held without the day of its publication
        return confirm(None, HARDSHIP, 165)
    fen = times(beijing_subsistence(facts.on), 150)
    return yes(fen, HARDSHIP, 94, least=fen is not None)


def judge_beijing_subsistence(facts: Facts) -> Finding:
    """bj-13 城乡低保金: the difference to the standard, in full for 重度残疾人, and 增发."""
    if not facts.from_province("11"):
        # A spouse with 居住证 may be taken in; marriage is not told.
        married_in = facts.place[:2] == "11" and facts.has("subsistence")
        return confirm(None, LOW, 9) if married_in else no(LOW, 8)
    if facts.in_extreme_hardship:
        return no(HARDSHIP, 129)
    if not facts.has("subsistence", "low_income", "returned_youth_care"):
        return no(LOW, 8)
    if facts.on < date(2019, 1, 1):  # what was before is replaced and not held
        return confirm(None, LOW, 240)
    standard = beijing_subsistence(facts.on)
    direct = facts.has("low_income") and facts.severely_disabled
    if direct or (facts.has("subsistence") and facts.severely_disabled):
        return yes(times(standard, 135), LOW, 136 if facts.has("subsistence") else 11)
    if facts.has("subsistence"):
        fen = times(standard, 25) if facts.age >= 60 else None
        return yes(fen, LOW, 132, least=fen is not None)
    if facts.has("returned_youth_care"):  # only those whom 民政部门 keeps
        return confirm(None, LOW, 13)
    return no(LOW, 8)


def tianjin_care_fen(day: date, level: int) -> int | None:
    """Return the 居家养老服务(护理)补贴 of a 照料等级; None where the text does not reach."""
    if day >= date(2017, 4, 1):
        return {1: 20_000, 2: 40_000, 3: 60_000}[level]
    if in_month_before(day, date(2017, 4, 1)):
        return {1: 15_000, 2: 20_000, 3: 40_000}[level]
    return None


def judge_tianjin_home_care(facts: Facts) -> Finding:
    """tj-01: the text sets amounts for those 符合补贴范围 and does not say who they are."""
    text = "tj-home-care-subsidy-2017"
    if not facts.from_province("12") or facts.age < 60:
        return no(text, 3)
    if facts.care == 0:
        return no(text, 4)
    return confirm(tianjin_care_fen(facts.on, facts.care), text, 4)


def judge_tianjin_rural(facts: Facts) -> Finding:
    """tj-01-rural: five kinds of elders are listed, then the copy breaks off."""
    text = "tj-rural-subsidy-2019"
    if not facts.from_province("12") or not facts.has("rural"):
        return no(text, 7)
    if facts.age < 60 or facts.care == 0:
        return no(text, 4)
    if facts.on < date(2019, 12, 1):  # 在前期试点的基础上
        return confirm(None, text, 4)
    fen = tianjin_care_fen(facts.on, facts.care)
    if facts.has("subsistence"):
        return yes(fen, text, 8)
    if facts.has("low_income"):
        return yes(fen, text, 9)
    if facts.has("preferential"):
        return yes(fen, text, 10)
    if facts.age >= 80 and facts.has("childless", "child_deceased"):
        return yes(fen, text, 12)
    return confirm(fen, text, 14)


def judge_tianjin_hardship(facts: Facts) -> Finding:
    """tj-06 特困供养 in Tianjin."""
    text = "tj-subsistence-2025"
    if not facts.from_province("12") or not facts.in_extreme_hardship:
        return no(text, 7)
    if facts.on < date(2025, 8, 1):  # 不作调整 vouches for the month before, no further back
        return yes(None, text, 7)
    if not facts.has("rural"):
        return yes(187_000, text, 7)
    central, scattered = facts.has("support_in_institution"), facts.has("support_scattered")
    if central and not scattered:
        return yes(187_000, text, 8)
    return yes(153_000, text, 8, least=central or not scattered)


def judge_tianjin_voucher(facts: Facts) -> Finding:
    """cn-01-tj: yes is an object of the voucher in Tianjin, no is barred or not one."""
    text = "tj-voucher-2026"
    if facts.place[:2] != "12" or facts.age < 60 or facts.gbt < 2:
        return no(text, 8)
    if facts.in_extreme_hardship or facts.has("concentrated_care", "home_upgrade_project"):
        return no(text, 9)
    if facts.on < date(2026, 1, 1):  # 津民发〔2026〕2号, its day is not held
        return confirm(None, text, 2)
    return yes(None, text, 8)


def judge_chongqing_poor_elder(facts: Facts) -> Finding:
    """cq-04: held is the guide of 梁平区 (500155); the city's measure is only cited there."""
    text = "cq-hardship-guide-liangping-2025"
    if not facts.from_province("50"):
        return no(text, 5)
    if facts.age < 60:
        return no(text, 4)
    if not (facts.in_extreme_hardship or facts.has("subsistence", "low_income")):
        return no(text, 4)
    if not facts.from_district("500155"):
        return confirm(None, text, 12)
    if not (facts.in_extreme_hardship or facts.has("subsistence")):
        return no(text, 5)
    heavy = any(grade <= 2 for _, grade in facts.kinds)
    if facts.age < 80:
        listed = facts.kinds & {
            (kind, grade) for kind in ("limb", "intellect", "mental", "sight") for grade in (1, 2)
        }
        if not listed and not facts.has("bedridden"):
            return no(text, 5)
    if heavy or facts.on < date(2016, 1, 1):  # 就高不就低 against an amount that is not held
        return confirm(20_000, text, 10)
    return yes(20_000, text, 5 if facts.age < 80 else 7)


def judge_chongqing_hardship(facts: Facts) -> Finding:
    """cq-07 特困人员基本生活标准 in Chongqing."""
    text = "cq-subsistence-2025"
    if not facts.from_province("50") or not facts.in_extreme_hardship:
        return no(text, 9)
    if facts.on >= date(2025, 7, 1):
        return yes(100_100, text, 9)
    return yes(97_500 if in_month_before(facts.on, date(2025, 7, 1)) else None, text, 9)


def judge_dadukou_old_age(facts: Facts) -> Finding:
    """cq-08 高龄津贴 of 大渡口区 (500104)."""
    text = "cq-dadukou-elderly-2025"
    if facts.age < 80:
        return no(text, 4)
    if not facts.from_district("500104"):
        # The text names the district and is silent on 户籍 or residence.
        return confirm(None, text, 3) if facts.place == "500104" else no(text, 3)
    band = 0 if facts.age < 90 else 1 if facts.age < 100 else 2
    line = (6, 9, 12)[band]
    if facts.on >= date(2025, 1, 1):
        poor = facts.in_extreme_hardship or facts.has("subsistence")
        return yes(
            (10_000, 20_000, 60_000)[band] if poor else (2_500, 10_000, 50_000)[band], text, line
        )
    before = (2_500, 10_000, 30_000)[band] if in_month_before(facts.on, date(2025, 1, 1)) else None
    return yes(before, text, line - 1)


def judge_hebei_old_age(facts: Facts) -> Finding:
    """he-02 高龄津贴 in Hebei; the amount below a hundred is left to cities and counties."""
    text = "he-elderly-preference"
    if facts.age < 80:
        return no(text, 2)
    if not facts.from_province("13"):
        # 八十周岁以上老年人, without a word on 户籍.
        return confirm(None, text, 2) if facts.place[:2] == "13" else no(text, 2)
    if facts.age >= 100:
        return yes(30_000, text, 3, least=True)
    return yes(None, text, 2)


def judge_luquan_living(facts: Facts) -> Finding:
    """he-04-luquan 困难残疾人生活补贴: the amount is public, who is 困难 is not held."""
    text = "he-luquan-disabled-2025"
    if not facts.from_district("130110") or not facts.disabilities:
        return no(text, 6)
    poor = ("subsistence", "low_income", "below_subsistence")
    if not (facts.in_extreme_hardship or facts.has(*poor)):
        return no(text, 6)
    return confirm(11_000 if facts.on >= date(2025, 3, 1) else None, text, 6)


def judge_luquan_nursing(facts: Facts) -> Finding:
    """he-05-luquan 重度残疾人护理补贴."""
    text = "he-luquan-disabled-2025"
    if not facts.from_district("130110") or not facts.disabilities:
        return no(text, 7)
    grade = min(grade for _, grade in facts.kinds)
    if grade == 4:
        return no(text, 7)
    if facts.on < date(2025, 3, 1):
        return confirm(None, text, 1)
    if grade <= 2 and facts.has("subsistence"):
        fen = 23_000 if grade == 1 else 13_000
        # The standard stands in the notice of one month, 2025年3月份.
        march = facts.on < date(2025, 4, 1)
        return yes(fen, text, 7) if march else confirm(fen, text, 1)
    return confirm(10_000, text, 8)  # 其他符合条件的: the conditions are not held


RULES: dict[str, Callable[[Facts], Finding]] = {
    "bj-01": judge_poor_elder,
    "bj-02": judge_disabled_elder,
    "bj-03": judge_old_age,
    "bj-07": judge_hardship_in_home,
    "bj-08": judge_living_subsidy,
    "bj-09": judge_nursing_subsidy,
    "bj-10": judge_family_planning,
    "bj-11": judge_beijing_hardship,
    "bj-13": judge_beijing_subsistence,
    "tj-01": judge_tianjin_home_care,
    "tj-01-rural": judge_tianjin_rural,
    "tj-06": judge_tianjin_hardship,
    "cn-01-tj": judge_tianjin_voucher,
    "cq-04": judge_chongqing_poor_elder,
    "cq-07": judge_chongqing_hardship,
    "cq-08": judge_dadukou_old_age,
    "he-02": judge_hebei_old_age,
    "he-04-luquan": judge_luquan_living,
    "he-05-luquan": judge_luquan_nursing,
}


def join(findings: list[Finding]) -> Finding:
    """Join findings of one answer: the lowest amount, as a floor where they differ."""
    first = findings[0]
    amounts = {(finding.fen, finding.least) for finding in findings}
    if len(amounts) == 1:
        return first
    if any(fen is None for fen, _ in amounts):
        return replace(first, fen=None, least=False)
    lowest = min(findings, key=lambda finding: finding.fen or 0)
    return replace(lowest, least=True)


def settle(rule: Callable[[Facts], Finding], family: Family) -> Finding:
    """Apply a rule; answer unknown where the values an untold fact may have part ways."""
    try:
        return rule(Facts(family))
    except Untold as untold:
        field, options = untold.field, untold.options
    findings: list[Finding] = []
    for option in options:
        finding = settle(rule, replace(family, **{field: option}))
        if finding.answer == "unknown" or (findings and finding.answer != findings[0].answer):
            return Finding("unknown", None, False, finding.sentence)
        findings.append(finding)
    return join(findings)


def judge(family: Family) -> dict[str, Finding]:
    """Return one finding for each benefit that the texts speak of."""
    return {name: settle(rule, family) for name, rule in RULES.items()}


def total(family: Family) -> int:
    """Return the most cash (fen a month) that Beijing's texts surely give this elder.

    160号 三(3): the elder's pair and the disabled person's pair exclude each other, the elder
    chooses. What is 择高 or otherwise to be confirmed counts nothing.
    """
    findings = judge(family)

    def cash(*names: str) -> int:
        found = [findings[name] for name in names]
        return sum(finding.fen or 0 for finding in found if finding.answer == "yes")

    return max(cash("bj-01", "bj-02"), cash("bj-08", "bj-09")) + cash("bj-03", "bj-10")
