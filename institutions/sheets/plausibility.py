"""Values that can be read and can hardly be true: set aside, and shown to a person."""

import datetime
import re
from collections.abc import Iterator, Mapping
from typing import Any

from regions.models import Region
from regions.places.coordinates import in_china
from regions.places.outside import Centres

Values = Mapping[str, Any]

# Days of a home; the first two are past in any list. A closing may be announced.
DAYS = ("opened_on", "filed_on", "operating_since")
EARLIEST = datetime.date(1900, 1, 1)
# Fen that nobody asks of one elder in a month, and at all.
MOST_A_MONTH = 60_000_00
MOST_AT_ALL = 5_000_000_00
MONTHLY = {"bed", "meals", "care", "utilities", "supplies"}
MOST_BEDS = 20_000
# How far outside its place a home may stand, in kilometres: no borders are known, only centres.
MOST_OUTSIDE = 50
NO_HOME = re.compile(
    r"(村委会|村民委员会|居委会|居民委员会|人民政府|街道办事处|民政局|民政所|派出所|小学|中学|幼儿园"
    r"|酒店|宾馆|饭店|旅馆|民宿|超市|殡仪馆|公墓)$"
)
CARES = re.compile(r"养老|敬老|福利|颐|护理|老年|医养|康养|托老|养护|幸福院")


def doubts_of_home(
    values: Values, region: Region, on: datetime.date, centres: Centres
) -> dict[str, str]:
    """Return each field of a home that can hardly be true, with the first reason why."""
    return dict(reversed([*_doubts_of_home(values, region, on, centres)]))


def _doubts_of_home(
    values: Values, region: Region, on: datetime.date, centres: Centres
) -> Iterator[tuple[str, str]]:
    yield from _doubts_of_point(values, region, centres)
    if values.get("operating") in {"suspended", "closed"} and not values.get("operating_since"):
        yield "operating", "暂停或停业要写明日期（状态日期）。"
    for name, value in values.items():
        if name in DAYS and isinstance(value, str) and value:
            if value < EARLIEST.isoformat():
                yield name, "早于 1900 年，请核对年份。"
            elif value > on.isoformat() and name in DAYS[:2]:
                yield name, "晚于这份表的日子，请核对年份。"


def _doubts_of_point(values: Values, region: Region, centres: Centres) -> Iterator[tuple[str, str]]:
    east, north = values.get("longitude"), values.get("latitude")
    if (east is None) != (north is None):
        yield ("latitude" if east is None else "longitude"), "经纬度要成对，缺了一个。"
    if east is None or north is None:
        return
    why = ""
    if east == 0 or north == 0:
        why = "坐标是 0，没有这个地方。"
    elif not in_china(east, north):
        swapped = in_china(north, east)
        why = "经度和纬度可能写反了。" if swapped else "坐标不在中国，请核对单位和写法。"
    elif (far := centres.kilometres_outside(region, east, north)) > MOST_OUTSIDE:
        why = f"坐标在{region.full_name}外面约 {far:.0f} 公里，太远了，请核对。"
    if why:
        yield "longitude", why
        yield "latitude", why


def doubts_of_part(name: str, values: Values) -> dict[str, str]:
    """Return each figure of a row of a part that can hardly be true, with the first reason why."""
    return dict(reversed([*_doubts_of_part(name, values)]))


def _doubts_of_part(name: str, values: Values) -> Iterator[tuple[str, str]]:
    if name == "fees" and (amount := values.get("amount")):
        is_monthly = values.get("kind") in MONTHLY and values.get("period", "month") == "month"
        if amount > (MOST_A_MONTH if is_monthly else MOST_AT_ALL):
            yield "amount", "金额大得不像一位老人的费用，请核对单位。"
    if name == "beds":
        for figure in ("registered", "operating", "occupied", "vacant"):
            if (values.get(figure) or 0) > MOST_BEDS:
                yield figure, "床位多得不像一家机构，请核对。"
        total = values.get("operating") or values.get("registered")
        if total and (values.get("occupied") or 0) > total:
            yield "occupied", f"入住人数比床位（{total}）还多，请核对。"
        elif total and (values.get("vacant") or 0) > total:
            yield "vacant", f"空余床位比床位（{total}）还多，请核对。"


def doubt_of_name(name: str) -> str:
    """Return why a name is hardly that of a home, or nothing; the home is taken."""
    if NO_HOME.search(name) and not CARES.search(name):
        return "看名称不像养老机构，请核对。"
    if re.search(r"医院$", name) and not CARES.search(name):
        return "看名称是医院，请核对是不是养老机构。"
    return ""


def in_words(name: str, value: Any) -> str:
    """Return a value as the sheet has it: money is in yuan there."""
    return f"{value / 100:g}" if name == "amount" else str(value)
