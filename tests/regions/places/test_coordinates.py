"""Coordinates keep their datum: known pairs, there and back again, and nothing shifted abroad."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regions.places.coordinates import gcj02_to_wgs84, wgs84_to_gcj02

ROOT = Path(__file__).resolve().parents[3]
KNOWN = ROOT / "fixtures/sources/regions/regions_jjj_cq_jz.csv"
ROWS = csv.DictReader(KNOWN.read_text(encoding="utf-8").splitlines())
PAIRS = [row for row in ROWS if row["lng_wgs84"]]


def test_there_are_known_pairs() -> None:
    assert len(PAIRS) == 252


@pytest.mark.parametrize("row", PAIRS[::5], ids=lambda row: row["code"])
def test_known_pairs(row: dict[str, str]) -> None:
    longitude, latitude = gcj02_to_wgs84(float(row["lng_gcj02"]), float(row["lat_gcj02"]))
    assert longitude == pytest.approx(float(row["lng_wgs84"]), abs=1e-6)
    assert latitude == pytest.approx(float(row["lat_wgs84"]), abs=1e-6)


def test_the_shift_is_half_a_kilometre_in_beijing() -> None:
    longitude, latitude = wgs84_to_gcj02(116.401151, 39.902807)
    assert longitude - 116.401151 == pytest.approx(0.00624, abs=1e-4)
    assert latitude - 39.902807 == pytest.approx(0.00140, abs=1e-4)


@given(longitude=st.floats(73.5, 135), latitude=st.floats(3.5, 53.5))
def test_there_and_back_again(longitude: float, latitude: float) -> None:
    back = gcj02_to_wgs84(*wgs84_to_gcj02(longitude, latitude))
    assert back == pytest.approx((longitude, latitude), abs=1e-7)


@pytest.mark.parametrize("place", [(139.69, 35.69), (-0.13, 51.51), (116.4, -35.0), (71.9, 39.9)])
def test_nothing_is_shifted_outside_china(place: tuple[float, float]) -> None:
    assert gcj02_to_wgs84(*place) == place
    assert wgs84_to_gcj02(*place) == place
