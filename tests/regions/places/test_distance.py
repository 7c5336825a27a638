"""Straight lines face the haversine of the books; places in an address are read or refused."""

from math import asin, cos, radians, sin, sqrt

import pytest
from django.http import QueryDict
from hypothesis import example, given
from hypothesis import strategies as st

from regions.places.anchors import AnchorForm
from regions.places.distance import RADIUS, chord_squared_of, metres, position

LONGITUDES, LATITUDES = st.floats(-180, 180), st.floats(-90, 90)


def haversine(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Metres between two (longitude, latitude), as every textbook has it."""
    (x, y), (u, v) = (tuple(map(radians, place)) for place in (a, b))
    h = sin((v - y) / 2) ** 2 + cos(y) * cos(v) * sin((u - x) / 2) ** 2
    return 2 * RADIUS * asin(sqrt(min(1, h)))


def asked(**typed: str) -> AnchorForm:
    data = QueryDict(mutable=True)
    data.update(typed)
    return AnchorForm(data)


@given(LONGITUDES, LATITUDES, LONGITUDES, LATITUDES)
@example(116.4, 39.9, 116.4, 39.9)
@example(116.4, 39.9, 116.40001, 39.9)
def test_the_straight_line_is_the_haversine(x, y, u, v):
    far = haversine((x, y), (u, v))
    # Whole metres: two apart at most, but where the other side of the earth is near.
    slack = 2 if far < 15_000_000 else 6000
    assert metres(position(x, y), position(u, v)) == pytest.approx(far, abs=slack)


@given(st.floats(73, 135), st.floats(18, 53), st.floats(73, 135), st.floats(18, 53))
def test_the_bound_of_a_search_is_that_distance(x, y, u, v):
    far = haversine((x, y), (u, v))
    kilometres = round(far / 1000)
    if abs(far - kilometres * 1000) > 3:
        a, b = position(x, y), position(u, v)
        squared = sum((p - q) ** 2 for p, q in zip(a, b, strict=True))
        assert (squared <= chord_squared_of(kilometres)) == (far <= kilometres * 1000)


def test_beijing_to_tianjin_is_about_110_kilometres():
    beijing, tianjin = position(116.3975, 39.9087), position(117.1993, 39.0851)
    assert 113_000 < metres(beijing, tianjin) < 116_000


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "value", "name"),
    [
        ("131082", "131082", "三河市中心点"),
        ("河北省·廊坊市·三河市", "131082", "三河市中心点"),
        ("北京", "110000", "北京市中心点"),
        ("39.904,116.407", "39.904,116.407", "您填的位置（39.904,116.407）"),
        (" 39.9040， 116.4070 ", "39.904,116.407", "您填的位置（39.904,116.407）"),
        ("39.904 116.407", "39.904,116.407", "您填的位置（39.904,116.407）"),
        ("39.123456789,116", "39.123,116", "您填的位置（39.123,116）"),
        ("-0.0000001,+90", "0,90", "您填的位置（0,90）"),
    ],
)
def test_a_place_is_a_region_or_a_point(typed, value, name):
    form = asked(near=typed)
    [anchor] = form.anchors
    assert (str(anchor), anchor.name) == (value, name)
    assert form.parameter_pairs == [("near", value)]


BAD = {
    "91,181": "纬度在 -90 到 90 之间",
    "116.407,39.904": "请把纬度写在前面：39.904,116.407",
    "87.6,43.8": "请把纬度写在前面：43.8,87.6",
    "1e400,116": "看不懂这个坐标",
    "39.9,116.4.5": "看不懂这个坐标",
    "39.9,nan": "没有找到这个地方",
    "abc": "没有找到这个地方",
    "999999": "没有找到这个地方",
    "\0": "看不懂",
    "39.9\0,116.4": "看不懂",
    "1" * 10_000: "看不懂",
    "河北省": "河北省太大了",
    "000000": "请写到省",
    "朝阳区": "叫这个名字的有",
    "500157": "两江新区的中心点坐标未公布",
}


@pytest.mark.django_db
@pytest.mark.parametrize(("typed", "said"), BAD.items(), ids=range(len(BAD)))
def test_what_is_no_place_is_refused_in_words(typed, said):
    form = asked(near=typed, near2="131082")
    assert said in form.errors["near"][0]
    assert [str(anchor) for anchor in form.anchors] == ["131082"]


@pytest.mark.django_db
def test_the_same_place_twice_is_one():
    assert len(AnchorForm(QueryDict("near=131082&near2=河北省三河市")).anchors) == 1
