import csv
import lzma
import random
from collections import Counter
from pathlib import Path

import pytest

from regions.models import Region
from regions.places.addresses import RegionNames, contradicts

pytestmark = pytest.mark.django_db
HERE = Path(__file__).parent
SOURCES = HERE.parents[2] / "fixtures/sources"


@pytest.fixture
def gazetteer() -> RegionNames:
    return RegionNames.load_names()


def read(path: Path) -> list[dict[str, str]]:
    content = path.read_bytes()
    content = lzma.decompress(content) if path.suffix == ".xz" else content
    return list(csv.DictReader(content.decode("utf-8-sig").splitlines()))


def test_loading_takes_two_queries(django_assert_num_queries):
    # regions; which former region became which
    with django_assert_num_queries(2):
        RegionNames.load_names().find("北京市朝阳区")


# RegionNames and codes


def test_names_and_codes_mean_what_they_mean_to_the_database(gazetteer):
    regions = list(Region.objects.with_ancestors().order_by("code"))
    some = random.Random(6).sample(regions, 60)
    texts = [text for r in some for text in (r.name, r.short_name, r.full_name, r.code)]
    texts += ["朝阳区", "河北·廊坊·三河", "河北", "通州区", "江北区", "重庆江北区", "110105001002"]
    texts += ["海淀", "", "x" * 99, "\0", "九九九区", "999999", "500381", "河北省廊坊市三河市"]

    wrong = [t for t in texts if gazetteer.candidates(t) != Region.objects.candidates(t)]

    assert wrong == []


# Free addresses


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("河北省廊坊市三河市燕郊高新区", "131082"),
        ("河北三河燕郊", "131082"),
        ("北京朝阳区双井", "110105"),
        ("地址：北京市 朝阳区 广渠东路3号", "110105"),
        ("北京市北京市海淀区学院路", "110108"),
        ("上海市市辖区徐汇区", "310104"),
        ("中国（四川）自贸区成都市", "510000"),
        ("云南省丽江市玉龙县", "530721"),
        # former regions lead to those they became, or to what these have in common
        ("北京市宣武区牛街", "110102"),
        ("重庆市江北区观音桥", "500157"),
        ("杭州市江干区凤起东路", "330100"),
        # a bare name that several answer to
        ("朝阳区双井", ""),
        ("河北区中山路", "120105"),  # of 天津: no other district has the name
        ("城区东大街", ""),
        # a road, a building, a town: named after a place and elsewhere
        ("南京西路580号", ""),
        ("上海市北京东路", "310000"),
        ("上海路12号", ""),
        ("重庆大厦3楼", ""),
        ("中山大学", ""),
        ("北京朝阳北路", "110000"),
        ("杭州西湖文化广场", "330100"),
        ("江苏南京东路", "320000"),
        # the second name lies outside the first
        ("北京市三河市", "110000"),
        ("金隅国际", ""),
        ("", ""),
        ("\0" * 300, ""),
    ],
)
def test_an_address_is_read_as_far_as_it_is_certain(gazetteer, address, code):
    found = gazetteer.find(address)
    assert (found.code if found else "") == code


def test_an_address_may_contradict_a_region(gazetteer):
    chaoyang, beijing = gazetteer.by_code["110105"], gazetteer.by_code["110000"]

    assert contradicts(gazetteer.find("河北省三河市燕郊"), chaoyang)
    assert contradicts(gazetteer.find("北京市海淀区"), chaoyang)
    assert not contradicts(gazetteer.find("北京市"), chaoyang)
    assert not contradicts(gazetteer.find("北京市朝阳区"), beijing)
    assert not contradicts(gazetteer.find("双井 12 号"), chaoyang)


def test_two_hundred_addresses_labelled_by_hand(gazetteer):
    """Labelled by reading, before the code ran: the narrowest region the words tell of."""
    found: Counter[str] = Counter()
    for row in read(HERE / "addresses_labelled.csv"):
        place, code = gazetteer.find(row["address"]), row["code"]
        if (place.code if place else "") == code:
            found["same"] += 1
        elif place is None:
            found["silent"] += 1
        else:
            wider = bool(code) and place.contains(gazetteer.by_code[code])
            found["wider" if wider else "wrong"] += 1

    print(f"200 addresses: {dict(found)}")
    assert found["wrong"] == 0
    assert sum(found.values()) == 200
    assert found["same"] >= 185


def test_the_rate_over_all_real_addresses(gazetteer):
    rows = read(SOURCES / "cpca_addresses.csv.xz")
    places = [gazetteer.find(row["原始地址"]) for row in rows]
    levels = Counter("none" if place is None else place.get_level_display() for place in places)
    rate = 1 - levels["none"] / len(rows)

    print(f"{len(rows):,} addresses, {rate:.1%} read: {dict(levels)}")
    assert len(rows) == 18_367
    assert rate > 0.76
