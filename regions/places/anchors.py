"""The places distances are measured from: up to two, given in the address and stored nowhere."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from carebridge.lib.query_fields import UNREADABLE, legible
from regions.models import Region
from regions.places.coordinates import in_china
from regions.places.distance import Position, position
from regions.places.fields import PlaceField

FIRST, SECOND = "near", "near2"
LABELS = {FIRST: "从哪里算", SECOND: "再从一个地方算"}
LONGEST_TYPED = 100
NUMBER = r"[-+]?\d{1,3}(\.\d{1,15})?"
# Two numbers and what may stand between them; a code of a region is one number.
PAIR = re.compile(r"([-+]?[\d.]\S*?)\s*[,，;；\s]\s*([-+]?[\d.]\S*)")
HOW = "请写地区名，比如“河北省三河市”；或者纬度、经度，比如 39.904, 116.407。"


@dataclass(frozen=True)
class Anchor:
    """A place to measure from. `value` is its parameter in an address: a code, or lat,lon."""

    value: str
    name: str
    shown: str
    longitude: float
    latitude: float

    def __str__(self) -> str:
        return self.value

    @property
    def position(self) -> Position:
        return position(self.longitude, self.latitude)


class AnchorField(PlaceField):
    """A region with a known centre, or latitude and longitude in WGS-84."""

    def __init__(self, label: str, required: bool = False) -> None:
        super().__init__(label)
        self.required = required

    def clean(self, value: Any) -> Anchor | None:  # type: ignore[override]
        text = forms.CharField.clean(self, value)
        if len(text) > LONGEST_TYPED or UNREADABLE in text:
            raise ValidationError(f"看不懂。{HOW}")
        if pair := PAIR.fullmatch(text):
            return _point_anchor(pair[1], pair[2])
        region = super().clean(value)
        return _centre_anchor(region) if region else None


def _point_anchor(first: str, second: str) -> Anchor:
    if not (re.fullmatch(NUMBER, first, re.ASCII) and re.fullmatch(NUMBER, second, re.ASCII)):
        raise ValidationError(f"看不懂这个坐标。{HOW}")
    latitude, longitude = float(first), float(second)
    if in_china(latitude, longitude) and not in_china(longitude, latitude):
        raise ValidationError(f"像是经度写在了前面。请把纬度写在前面：{second},{first}。")
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise ValidationError("纬度在 -90 到 90 之间，经度在 -180 到 180 之间，请核对。")
    value = f"{_round_angle(latitude)},{_round_angle(longitude)}"
    return Anchor(value, f"您填的位置（{value}）", value, longitude, latitude)


def _round_angle(angle: float) -> str:
    """Round to three decimals, a hundred metres, so that nobody's door is revealed."""
    return f"{round(angle, 3) + 0.0:.3f}".rstrip("0").rstrip(".")


def _centre_anchor(region: Region) -> Anchor:
    """Return the centre of a region; a province is too large for a meaningful one."""
    if region.level == Region.Level.NATION or (
        region.level == Region.Level.PROVINCE and region.name.endswith(("省", "自治区"))
    ):
        raise ValidationError(f"{region.name}太大了，从它的中心点算没有意义，请写到市或区县。")
    if region.longitude is None or region.latitude is None:
        raise ValidationError(f"{region.name}的中心点坐标未公布，请写旁边的区县，或者写坐标。")
    return Anchor(
        region.code, f"{region.name}中心点", region.full_name, region.longitude, region.latitude
    )


class AnchorForm(forms.Form):
    """The places a family measures from; an error is shown beside its field."""

    near = AnchorField(LABELS[FIRST])
    near2 = AnchorField(LABELS[SECOND])

    data: QueryDict

    def __init__(self, data: QueryDict) -> None:
        super().__init__(legible(data))
        self.is_bound = True

    @cached_property
    def anchors(self) -> tuple[Anchor, ...]:
        self.errors  # noqa: B018  validates
        return chosen_anchors(self.cleaned_data)

    @property
    def parameter_pairs(self) -> list[tuple[str, str]]:
        """Return the given places as parameters of an address; errors are left out."""
        self.errors  # noqa: B018  validates
        return [(name, str(value)) for name, value in self.cleaned_data.items() if value]


def chosen_anchors(values: dict[str, Any]) -> tuple[Anchor, ...]:
    """Return the places among the values of a form, each once, the first one first."""
    found = [values[name] for name in LABELS if values.get(name)]
    return tuple(dict.fromkeys(found))
