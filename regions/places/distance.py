"""Straight lines between two places on a round earth, in whole numbers both databases agree on.

Angles are degrees of WGS-84. A position is x, y, z in whole metres from the centre of the earth:
the square of the straight line through it grows with the distance over it, so that sorting by
distance needs no sines, and two databases cannot round differently.
"""

from math import asin, cos, radians, sin

Position = tuple[int, int, int]

# Mean radius in metres; the earth is flatter by a third of a per cent, which "about" covers.
RADIUS = 6_371_009


def position(longitude: float, latitude: float) -> Position:
    east, north = radians(longitude), radians(latitude)
    return (
        round(RADIUS * cos(north) * cos(east)),
        round(RADIUS * cos(north) * sin(east)),
        round(RADIUS * sin(north)),
    )


def metres(one: Position, other: Position) -> float:
    """Return the distance over the ground in metres, within two metres."""
    return 2 * RADIUS * asin(min(1.0, chord_squared(one, other) ** 0.5 / (2 * RADIUS)))


def chord_squared(one: Position, other: Position) -> int:
    """Return the square of the straight line through the earth, in square metres."""
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def chord_squared_of(kilometres: int) -> int:
    """That square for places so far apart over the ground."""
    return round((2 * RADIUS * sin(kilometres * 1000 / (2 * RADIUS))) ** 2)
