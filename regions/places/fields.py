"""A form field for a region, named by its code or by what people call it."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from carebridge.lib.query_fields import UNREADABLE, SharedField
from regions.models import Region
from regions.models.region import NATION

MOST_NAMED = 4  # of the regions that one name may mean, as many are named


class PlaceField(SharedField, forms.CharField):
    """A current region, from its code or from names from wide to narrow."""

    def __init__(self, label: str) -> None:
        super().__init__(label=label, required=False)
        self.by_code: dict[str, Region] = {}

    def clean(self, value: Any) -> Region | None:
        text = super().clean(value)
        if not text:
            return None
        found = [known] if (known := self.by_code.get(text)) else self._named_regions(text)
        if not found:
            raise ValidationError("没有找到这个地方，请写全，比如“北京市西城区”。")
        if found[0].code == NATION:
            raise ValidationError("请写到省、市或区县。")
        if len(found) > 1:
            some = "、".join(region.full_name for region in found[:MOST_NAMED])
            raise ValidationError(f"叫这个名字的有 {len(found)} 个：{some}。请写全是哪一个。")
        return found[0]

    def _named_regions(self, text: str) -> list[Region]:
        return [] if UNREADABLE in text else Region.objects.candidates(text)
