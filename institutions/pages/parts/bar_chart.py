"""Small bar charts: a table first, and in each row a bar of the same number.

Lengths are whole thousandths of the chart's scale, so that a template writes integers only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

FULL = 1000
# How high a row's bar is, and each of two bars one above the other.
HEIGHT = 20
LANE = 9
# How wide the mark at the middle is drawn.
MARK = 8
Amount = int | Decimal


@dataclass(frozen=True)
class Bar:
    """A stretch of a row's bar: `tone` is val, alt for what must look apart, or mark."""

    tone: str
    start: int
    length: int
    top: int = 0
    height: int = HEIGHT


@dataclass(frozen=True)
class ChartFigure:
    """A number of a row in words, as it stands in the cell beside the bar."""

    number: str
    unit: str = ""
    label: str = ""


@dataclass(frozen=True)
class ChartRow:
    """One row: what it is of, what qualifies it, its bar, and its numbers."""

    label: str
    bars: tuple[Bar, ...]
    figures: tuple[ChartFigure, ...]
    note: str = ""
    url: str = ""


@dataclass(frozen=True)
class Chart:
    """A table with a bar in every row; `caption` explains the whole length."""

    title: str
    caption: str
    rows: tuple[ChartRow, ...]
    notes: tuple[str, ...] = ()
    is_wide: bool = False


def bar_length(amount: Amount, scale: Amount) -> int:
    """Return thousandths of the scale, a half up; more than nothing stays visible."""
    if not scale or amount <= 0:
        return 0
    return min(FULL, max(1, int(FULL * Decimal(amount) / Decimal(scale) + Decimal("0.5"))))


def stacked(parts: Sequence[tuple[str, Amount]], scale: Amount) -> tuple[Bar, ...]:
    """Bars end to end, one per (tone, amount); amounts of nothing leave no bar."""
    bars, at = [], 0
    for tone, amount in parts:
        if long := bar_length(amount, scale):
            bars.append(Bar(tone, min(at, FULL - long), long))
            at += long
    return tuple(bars)


def spread_bar(
    lowest: Amount, middle: Amount, highest: Amount, scale: Amount, tone: str = "val"
) -> tuple[Bar, ...]:
    """Return a bar from the lowest to the highest, with a mark at the middle."""
    start, end = bar_length(lowest, scale), bar_length(highest, scale)
    whole = Bar(tone, min(start, FULL - 1), max(1, end - start))
    return (whole, Bar("mark", min(bar_length(middle, scale), FULL - MARK), MARK))


def paired_row(label: str, real: tuple[int, int], demo: tuple[int, int]) -> ChartRow:
    """Return real homes above demo homes, each a (count, whole) drawn against its own whole."""
    figures = (ChartFigure(f"{real[0]:,}", "家", "实名"), ChartFigure(f"{demo[0]:,}", "家", "示例"))
    lanes = (("val", 0, real), ("alt", HEIGHT - LANE, demo))
    bars = tuple(
        Bar(tone, 0, long, top, LANE)
        for tone, top, (n, all_) in lanes
        if (long := bar_length(n, all_))
    )
    return ChartRow(label, bars, figures)
