"""The destination of an elder in an address: a region, or one home."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from institutions.models import Listing
from regions.models import Region
from regions.models.agreement import ELSEWHERE_INSURED
from regions.places.fields import PlaceField

LONGEST_ID = 9


class HomeField(forms.CharField):
    """The listing of a published home, from the number in its address."""

    def clean(self, value: Any) -> Listing | None:
        text = super().clean(value)
        if not text:
            return None
        rows = Listing.objects.prefetch_related("designations")
        rows = rows.select_related("institution__region__parent__parent")
        known = text.isascii() and text.isdecimal() and len(text) <= LONGEST_ID
        found = rows.filter(pk=int(text)).first() if known else None
        if found is None:
            raise ValidationError("没有找到这家机构，可能已经下架。先不按机构算。")
        return found


class DestinationForm(forms.Form):
    """The region to go to, or the home, which stands in one."""

    to = PlaceField("去哪里养老")
    home = HomeField(label="机构", required=False)

    def clean_to(self) -> Region | None:
        region: Region | None = self.cleaned_data["to"]
        if region and region.code[:2] in ELSEWHERE_INSURED:
            raise ValidationError("本站的政策不包括港澳台，请填别的地方。")
        return region

    def clean(self) -> dict[str, Any]:
        to, home = self.cleaned_data.get("to"), self.cleaned_data.get("home")
        if to and home and not to.contains(home.institution.region):
            self.add_error("home", f"这家机构不在{to.full_name}，先按您填的地方算。")
        return self.cleaned_data
