"""Distances of homes from the places a family measures from: in SQL, and in words."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import OrderBy, Q
from django.db.models.lookups import LessThanOrEqual
from django.forms import Form

from institutions.models import Institution, Listing
from institutions.models.listing import ChordSquared
from regions.places.anchors import LABELS, LONGEST_TYPED, Anchor
from regions.places.distance import chord_squared_of, metres

# The parameters of a search that rest on a place.
NEAR = (*LABELS, "within")
FARTHEST = 5000  # kilometres: from one end of China to the other
NEEDS_ANCHOR = "要先填从哪里算，才有距离。"
# Places to offer while typing; any other in China can be typed.
OFFERED = ("北京市", "天津市", "河北省廊坊市", "河北省秦皇岛市", "重庆市", "河南省焦作市")
HINTS = {
    "near": "比如孩子家在的区县，或者坐标 39.904, 116.407",
    "near2": "比如现在看病的医院在的区县，可以不填",
}


@dataclass(frozen=True)
class Distance:
    """The distance of one home from one place; None metres: its position is not published."""

    anchor: Anchor
    metres: float | None

    @property
    def words(self) -> str:
        """约 12 公里（从三河市中心点算）; always a straight line, never a road."""
        if self.metres is None:
            return f"从{self.anchor.name}算不出：这家的位置未公布"
        return f"{_format_distance(self.metres)}（从{self.anchor.name}算）"


@dataclass(frozen=True)
class DistanceField:
    """One place to fill in."""

    name: str
    label: str
    hint: str
    value: str
    errors: tuple[str, ...]


@dataclass(frozen=True)
class DistanceForm:
    """The strip that asks for places. `kept` are the parameters of the page that it sends along."""

    action: str
    kept: tuple[tuple[str, str], ...]
    fields: tuple[DistanceField, ...]
    anchors: tuple[Anchor, ...]
    offered: tuple[str, ...] = OFFERED

    @property
    def in_error(self) -> bool:
        return any(field.errors for field in self.fields)


def distance_form(
    form: Form, anchors: Iterable[Anchor], action: str, kept: Iterable[tuple[str, str]]
) -> DistanceForm:
    """Return the strip with what is given, and what was typed where that is not understood."""
    return DistanceForm(action, tuple(kept), _anchor_fields(form), tuple(anchors))


def distances(home: Listing | Institution, anchors: Iterable[Anchor]) -> tuple[Distance, ...]:
    place = home.position
    return tuple(Distance(a, metres(place, a.position) if place else None) for a in anchors)


def _format_distance(metres: float) -> str:
    kilometres = metres / 1000
    if kilometres < 1:
        return "不到 1 公里"
    return f"约 {kilometres:.1f} 公里" if kilometres < 9.95 else f"约 {kilometres:,.0f} 公里"


def _anchor_fields(form: Form) -> tuple[DistanceField, ...]:
    form.errors  # noqa: B018  validates
    return tuple(
        DistanceField(
            name,
            label,
            HINTS[name],
            given.shown if (given := form.cleaned_data.get(name)) else _typed_text(form, name),
            tuple(map(str, form.errors.get(name, ()))),
        )
        for name, label in LABELS.items()
    )


def _typed_text(form: Form, name: str) -> str:
    return str(form.data.get(name, ""))[: 2 * LONGEST_TYPED]


def nearest_first(anchor: Anchor) -> OrderBy:
    return OrderBy(ChordSquared(anchor.position), nulls_last=True)


def within_distance(anchor: Anchor, kilometres: int) -> Q:
    """Return the condition of lying so near; a home without a published position fails it."""
    return Q(LessThanOrEqual(ChordSquared(anchor.position), chord_squared_of(kilometres)))
