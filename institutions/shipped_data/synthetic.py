"""An invented register of any size, skewed like the real one, to measure the site by.

Every home is a demo record, marked in its name. The same seed and day give the same register on
either database: a few counties hold most homes, half the names hold 养老, much is not published.
"""

import datetime
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from django.core.management.color import no_style
from django.db import connection, models, transaction

from institutions.models import (
    Bed,
    Designation,
    Fee,
    Institution,
    Level,
    MedicalLink,
    Phone,
    Provenance,
    Rating,
)
from institutions.register.listings import refresh
from regions.models import Document, Grade, Region

BATCH = 2_000
WORDS = (
    "云杉", "青石", "白桦", "芦苇", "晴窗", "松果", "麦穗", "竹影", "荷塘", "石榴",
    "银杏", "橡树", "溪桥", "山茶", "雨燕", "稻香", "海棠", "木棉", "梧桐", "莲雾",
    "枫林", "苔径", "鹭湾", "杏坡", "柿园", "槐荫", "月台", "云帆", "茶垄", "星河",
)  # fmt: skip
# How many of a hundred homes end in which words, with the kind they are of; 50 hold 养老.
ENDINGS = (
    ("养老院", Institution.Kind.RESIDENTIAL, 26),
    ("养老服务中心", Institution.Kind.COMMUNITY_CENTER, 10),
    ("养老照料中心", Institution.Kind.CARE_CENTER, 6),
    ("养老服务驿站", Institution.Kind.STATION, 8),
    ("敬老院", Institution.Kind.RURAL_HOME, 22),
    ("老年公寓", Institution.Kind.RESIDENTIAL, 9),
    ("社会福利院", Institution.Kind.WELFARE_HOME, 5),
    ("护理院", Institution.Kind.NURSING_HOSPITAL, 4),
    ("医养中心", Institution.Kind.YIYANG_CENTER, 4),
    ("颐养中心", "", 4),
    ("康养度假院", Institution.Kind.SOJOURN, 2),
)
# Of each hundred homes: how they are run, and whether they are open. "" is not published.
OWNERSHIPS = {"private": 45, "public": 20, "public_built_private_run": 20, "": 15}
OPERATING = {"open": 78, "": 15, "suspended": 3, "closed": 2, "planned": 2}
# Monthly bed fee of a middling home in yuan, in counties from the poorest to the richest.
BED_FEES = (600, 900, 1_200, 1_600, 2_200, 3_200)
CARE_LEVELS = ((0, 0, 0.2), (1, 2, 0.7), (3, 4, 1.4))


class NotEmptyError(Exception):
    """The database already holds institutions, and an invented register never joins others."""


@dataclass(frozen=True)
class DemoPlace:
    """A county, how many homes it draws next to others, and what a bed costs there."""

    region: Region
    weight: float
    bed_fee: int


@dataclass
class DemoRows:
    """Unsaved rows of a batch; homes first, their parts by model."""

    homes: list[Institution] = field(default_factory=list)
    parts: dict[type[models.Model], list[models.Model]] = field(default_factory=dict)

    def add_row(self, part: models.Model) -> None:
        self.parts.setdefault(type(part), []).append(part)

    def save(self) -> None:
        Institution.objects.bulk_create(self.homes, BATCH)
        for model, rows in self.parts.items():
            model._default_manager.bulk_create(rows, BATCH)


def synthesize(number: int, seed: int, on: datetime.date, report: Callable[[int], object]) -> None:
    """Write `number` invented homes and their listings, as of the day `on`; all or nothing.

    `report` receives the number written. The regions must be there. Raises `NotEmptyError`.
    """
    if Institution.objects.exists():
        raise NotEmptyError
    with transaction.atomic():
        document = Document.objects.get_or_create(
            slug="synthetic-register",
            defaults={
                "title": "生成的机构库",
                "title_is_ours": True,
                "kind": Document.Kind.DEMO,
                "grade": Grade.UNKNOWN,
                "note": "按种子随机生成，只用来测速度，没有一家是真的。",
            },
        )[0]
        drawn = draw_places(number, seed)
        for start in range(0, number, BATCH):
            rows = DemoRows()
            for serial, place in enumerate(drawn[start : start + BATCH], start + 1):
                _make_home(rows, serial, place, document, seed, on)
            rows.save()
            refresh([home.pk for home in rows.homes], on)
            report(start + len(rows.homes))
        _reset_sequence()


def draw_places(number: int, seed: int) -> list[DemoPlace]:
    """Return the county of each home; sizes are log-normal, so that a few counties hold most
    homes.
    """
    rng = random.Random(f"places {seed}")
    counties = Region.objects.current().filter(level=Region.Level.COUNTY)
    places = [
        DemoPlace(region, rng.lognormvariate(0, 1), rng.choice(BED_FEES))
        for region in counties.order_by("code").with_ancestors()
    ]
    return rng.choices(places, [place.weight for place in places], k=number)


def _reset_sequence() -> None:
    """Homes carry ids of our own; the next one a clerk makes must not meet them."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [Institution]):
            cursor.execute(statement)


def _make_home(
    rows: DemoRows, serial: int, place: DemoPlace, document: Document, seed: int, on: datetime.date
) -> None:
    """Make one home with its parts; the same serial, place and seed make the same home."""
    rng = random.Random(f"home {seed} {serial}")
    home = _home_row(rng, serial, place, on)
    rows.homes.append(home)
    as_of = on - datetime.timedelta(int(rng.expovariate(1 / 60)) % 700)
    for part in (
        *_draw_beds(rng, home, as_of),
        *_draw_fees(rng, home, place, on),
        *_medical(rng, home),
        *_standing(rng, home, on),
    ):
        rows.add_row(part)
    rows.add_row(Phone(institution=home, number=f"000-{serial:08d}", purpose="入住咨询"))
    rows.add_row(Provenance(institution=home, kind="demo", document=document, as_of=as_of))


def _home_row(rng: random.Random, serial: int, place: DemoPlace, on: datetime.date) -> Institution:
    ending, kind, _ = rng.choices(ENDINGS, [share for *_, share in ENDINGS])[0]
    words = "".join(rng.sample(WORDS, rng.choice((1, 1, 1, 2))))
    head = rng.choice(("", place.region.short_name, place.region.name))
    operating = _draw_share(rng, OPERATING)
    longitude, latitude = place.region.longitude, place.region.latitude
    known = rng.random() < 0.9 and longitude is not None and latitude is not None
    return Institution(
        pk=serial,
        name=f"{head}{words}{ending}（示例 {serial}）",
        aliases=f"{words}老人之家" if rng.random() < 0.1 else "",
        operator=f"{rng.choice(WORDS)}示例养老服务有限公司" if rng.random() < 0.3 else "",
        kind=kind if rng.random() < 0.95 else "",
        ownership=_draw_share(rng, OWNERSHIPS),
        introduction="示例数据：这家机构是虚构的，只用来测本站的速度。",
        is_demo=True,
        region=place.region,
        address=f"{place.region.name}{rng.choice(WORDS)}示例路 {rng.randint(1, 199)} 号",
        longitude=round(longitude + rng.gauss(0, 0.05), 5) if known and longitude else None,
        latitude=round(latitude + rng.gauss(0, 0.05), 5) if known and latitude else None,
        operating=operating,
        operating_since=on if operating in ("suspended", "closed") else None,
        stage=Institution.Stage.PUBLISHED,
        **_draw_takes(rng),
    )


def _draw_share(rng: random.Random, shares: dict[str, int]) -> str:
    return rng.choices([*shares], [*shares.values()])[0]


def _draw_takes(rng: random.Random) -> dict[str, bool | None]:
    """Draw levels up to the heaviest taken, or nothing published; needs in two homes of three."""
    heaviest = rng.choice((0, 1, 2, 2, 3, 4, 4, 4))
    is_published = rng.random() < 0.75
    takes: dict[str, bool | None] = {
        f"takes_level_{level}": level <= heaviest if is_published else None for level in Level
    }
    for name, likely in (("dementia", 0.3), ("nonlocal", 0.7), ("sojourn", 0.2)):
        takes[f"takes_{name}"] = None if rng.random() < 0.4 else rng.random() < likely
    return takes


def _draw_beds(rng: random.Random, home: Institution, as_of: datetime.date) -> Iterator[Bed]:
    """Draw one or two rows of beds; many small homes, few large ones, vacancies of half of them."""
    if rng.random() < 0.05:
        return
    for category, room in rng.sample(
        (("ordinary", "twin"), ("nursing", "multi"), ("ordinary", "single"), ("dementia", "twin")),
        rng.choice((1, 1, 2)),
    ):
        registered = min(2_000, int(rng.lognormvariate(3.7, 0.8)) + 5)
        occupied = int(registered * rng.uniform(0.3, 1)) if rng.random() < 0.6 else None
        vacant = registered - (occupied or 0) if rng.random() < 0.5 else None
        yield Bed(
            institution=home,
            category=category,
            room=room,
            registered=registered,
            occupied=occupied,
            vacant=vacant,
            as_of=as_of,
        )


def _draw_fees(
    rng: random.Random, home: Institution, place: DemoPlace, on: datetime.date
) -> Iterator[Fee]:
    """Draw a price list of bed, meals and care; any of the three may be missing, or all."""
    if rng.random() < 0.25:
        return
    bed = place.bed_fee * rng.lognormvariate(0, 0.35)
    start = on.replace(month=1, day=1)
    if rng.random() < 0.95:
        yield Fee(
            institution=home, kind="bed", amount=_tens_in_fen(bed), room="twin", valid_from=start
        )
    if rng.random() < 0.9:
        meals = _tens_in_fen(500 + bed * rng.uniform(0.05, 0.2))
        yield Fee(institution=home, kind="meals", amount=meals, valid_from=start)
    if rng.random() < 0.9:
        for low, high, share in CARE_LEVELS:
            if home.takes(low) is not False:
                yield Fee(
                    institution=home,
                    kind="care",
                    amount=_tens_in_fen(100 + bed * share),
                    level_from=low,
                    level_to=high,
                    valid_from=start,
                )


def _tens_in_fen(yuan: float) -> int:
    """Return the amount in fen, rounded to tens of yuan."""
    return round(yuan / 10) * 1_000


def _medical(rng: random.Random, home: Institution) -> Iterator[MedicalLink]:
    if rng.random() < 0.45:
        mode = rng.choice(("embedded", "contract", "contract", "adjacent"))
        designated = rng.choice((True, False, None))
        networked = rng.random() < 0.5 if designated else None
        yield MedicalLink(
            institution=home,
            mode=mode,
            partner="示例医院",
            designated=designated,
            networked=networked,
        )


def _standing(
    rng: random.Random, home: Institution, on: datetime.date
) -> Iterable[Designation | Rating]:
    """Yield the lists it stands on and its rating, which few have."""
    if rng.random() < 0.12:
        yield Designation(
            institution=home,
            kind=Designation.Kind.LTCI,
            region=home.region.parent,
            valid_from=on - datetime.timedelta(rng.randint(1, 900)),
        )
    if rng.random() < 0.15:
        level = rng.choices(range(1, 6), (10, 25, 40, 15, 10))[0]
        yield Rating(institution=home, scheme="national", level=level, year=on.year - 1)
