"""Between GCJ-02, the shifted datum of Chinese map services, and WGS-84, which the database stores.

All angles are degrees. Outside China the two datums are the same and nothing is shifted.
"""

from math import cos, pi, radians, sin, sqrt

# Krasovsky 1940, the ellipsoid GCJ-02 is shifted on: half axis in metres, eccentricity squared.
HALF_AXIS = 6378245.0
ECCENTRICITY_SQUARED = 0.00669342162296594323
# Each step of the inverse shrinks the error about 10,000 times; five are more than enough.
STEPS = 5


def wgs84_to_gcj02(longitude: float, latitude: float) -> tuple[float, float]:
    """Longitude and latitude as a Chinese map service draws them."""
    if not in_china(longitude, latitude):
        return longitude, latitude
    east, north = _datum_shift(longitude, latitude)
    return longitude + east, latitude + north


def gcj02_to_wgs84(longitude: float, latitude: float) -> tuple[float, float]:
    """Return the true position, found step by step, exact to 1e-7 degrees (a centimetre)."""
    if not in_china(longitude, latitude):
        return longitude, latitude
    true_longitude, true_latitude = longitude, latitude
    for _ in range(STEPS):
        east, north = _datum_shift(true_longitude, true_latitude)
        true_longitude, true_latitude = longitude - east, latitude - north
    return true_longitude, true_latitude


def in_china(longitude: float, latitude: float) -> bool:
    """Inside the box that map services shift."""
    return 72.004 <= longitude <= 137.8347 and 0.8293 <= latitude <= 55.8271


def _datum_shift(longitude: float, latitude: float) -> tuple[float, float]:
    """Return the offset of GCJ-02 east and north of a WGS-84 position."""
    x, y = longitude - 105.0, latitude - 35.0
    waves = (20 * sin(6 * pi * x) + 20 * sin(2 * pi * x)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + waves
    north += (20 * sin(pi * y) + 40 * sin(pi * y / 3)) * 2 / 3
    north += (160 * sin(pi * y / 12) + 320 * sin(pi * y / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + waves
    east += (20 * sin(pi * x) + 40 * sin(pi * x / 3)) * 2 / 3
    east += (150 * sin(pi * x / 12) + 300 * sin(pi * x / 30)) * 2 / 3
    angle = radians(latitude)
    flattening = 1 - ECCENTRICITY_SQUARED * sin(angle) ** 2
    metres_east = HALF_AXIS / sqrt(flattening) * cos(angle)
    metres_north = HALF_AXIS * (1 - ECCENTRICITY_SQUARED) / flattening**1.5
    return east / radians(metres_east), north / radians(metres_north)
