"""How the API writes regions, documents and what is cited from them. Unknown is null."""

from typing import Any

from rest_framework import serializers

from regions.models import Region


class Known(serializers.CharField):
    """Text; what is not published is null, not an empty string."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_null=True, read_only=True, **kwargs)

    def to_representation(self, value: Any) -> str | None:
        return str(value) if value not in (None, "") else None


class Page(serializers.URLField):
    """The address of our own page of something."""

    def to_representation(self, value: Any) -> str:
        return str(self.context["request"].build_absolute_uri(str(value)))


class RegionRef(serializers.Serializer[Region]):
    code = serializers.CharField(help_text="GB/T 2260 行政区划代码")
    name = serializers.CharField()
    full_name = serializers.CharField(help_text="从省写起")
