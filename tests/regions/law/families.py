"""Draw families around every border that the official texts draw."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations
from random import Random

from tests.regions.law.oracle import KINDS, SETTINGS, STATUSES, Family, years_before

# The days that the texts name, each drawn the day before, on the day and the day after.
DAYS = tuple(
    date(year, month, day)
    for year, month, day in (
        (2016, 1, 1),  # 434号
        (2017, 4, 1),  # 天津居家养老服务(护理)补贴
        (2019, 1, 1),  # 北京低保细则
        (2019, 10, 1),  # 160号
        (2019, 12, 1),  # 天津农村
        (2022, 7, 1),  # 特别扶助金
        (2023, 7, 1),  # 1395元
        (2024, 7, 1),  # 1450元
        (2025, 1, 1),  # 大渡口
        (2025, 3, 1),  # 鹿泉, the notice of one month
        (2025, 4, 1),
        (2025, 7, 1),  # 重庆
        (2025, 9, 1),  # 天津
    )
)
TODAY = date(2026, 12, 1)
AGES = (59, 60, 69, 70, 79, 80, 89, 90, 99, 100)
HUKOUS = (
    "110000",
    "110105",
    "110107",
    "120000",
    "120101",
    "130000",
    "130100",
    "130110",
    "130200",
    "500000",
    "500104",
    "500155",
    "410800",
    "370000",
)
BEIJING = ("110000", "110105", "110107")
STATUS_SETS: tuple[frozenset[str] | None, ...] = (
    None,
    *(frozenset(chosen) for size in (0, 1, 2) for chosen in combinations(STATUSES, size)),
)
DISABILITY_SETS: tuple[frozenset[tuple[str, int, bool]] | None, ...] = (
    None,
    frozenset(),
    *(
        frozenset({(kind, grade, multiple)})
        for kind in KINDS
        for grade in (1, 2, 3, 4)
        for multiple in (False, True)
    ),
    *(
        frozenset({(one, 3, True), (other, 2, True)})
        for one, other in combinations(("sight", "hearing", "mental", "intellect"), 2)
    ),
)
# Where a status only has a sense in one province, draw it there half of the time.
AT_HOME = {
    "12": {"rural", "preferential", "childless", "support_scattered"},
    "13": {"subsistence"},
    "50": {"bedridden"},
}


def draw_status(random: Random, seed: int) -> frozenset[str] | None:
    """Go through all sets in turn, so that 254 seeds draw every pair; a form implies 特困."""
    statuses = STATUS_SETS[seed % len(STATUS_SETS)]
    if statuses is None:
        return None
    if random.random() < 0.05:
        statuses |= {random.choice(STATUSES)}
    if statuses & {"support_in_institution", "support_scattered"}:
        statuses |= {"extreme_hardship"}
    return statuses


def draw_birth(random: Random, on: date, seed: int) -> date | None:
    """Draw a birth a day before, on or after the birthday of each age that the texts name."""
    if random.random() < 0.05:
        return None
    if random.random() < 0.05:
        return random.choice((date(1932, 12, 31), date(1933, 1, 1), date(1933, 1, 2)))
    return years_before(on, AGES[seed % len(AGES)]) + timedelta(days=random.choice((-1, 0, 1)))


def draw(seed: int) -> Family:
    """Draw one family; the same seed draws the same family."""
    random = Random(seed)
    statuses = draw_status(random, seed)
    hukou = random.choice(BEIJING if random.random() < 0.5 else HUKOUS)
    for province, codes in AT_HOME.items():
        if statuses and statuses & codes and random.random() < 0.5:
            hukou = random.choice([code for code in HUKOUS if code.startswith(province)])
    on = TODAY
    if random.random() < 0.4:
        on = DAYS[seed % len(DAYS)] + timedelta(days=random.choice((-1, 0, 1)))
    if hukou.startswith("1301") and random.random() < 0.4:
        on = date(2025, 3, 1)
    place = hukou if random.random() < 0.6 else random.choice(HUKOUS)
    family = Family(
        on=on,
        born=draw_birth(random, on, seed),
        hukou=hukou,
        statuses=statuses,
        disabilities=DISABILITY_SETS[random.randrange(len(DISABILITY_SETS))],
        beijing=random.choice((None, 0, 1, 2, 3)),
        gbt=random.choice((None, 0, 1, 2, 3, 4)),
        care_tianjin=random.choice((None, 1, 2, 3)),
        place=place,
        setting=random.choice(SETTINGS),
        fee=random.choice((None, 300_000, 600_000)),
    )
    return replace(family, hukou=None) if random.random() < 0.04 else family
