"""The whole state of a search, read from the address and checked."""

import datetime
from collections.abc import Iterable
from functools import cached_property, reduce
from operator import and_
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Case, F, OrderBy, Q, QuerySet, When
from django.http import QueryDict

from institutions import places
from institutions.facets import CARE, Care, Facet, facets, fresh_vacancy, ltci_cities
from institutions.models import Listing
from institutions.search import matching

LONGEST_QUERY = 200
HIGHEST_PRICE = 1_000_000

# Real before demo, then how much is known and how fresh: no demo price heads the list.
RECOMMENDED: tuple[OrderBy, ...] = (
    F("is_demo").asc(),
    F("known").desc(),
    F("as_of").desc(nulls_last=True),
)
SORTS = {
    "": "推荐",
    "price": "标价从低到高",
    "vacant": "空床从多到少",
    "fresh": "更新从近到远",
}


class SearchForm(forms.Form):
    """A field in error tells it beside the field and filters nothing."""

    def clean(self) -> dict[str, Any]:
        low, high = self.cleaned_data.get("price_min"), self.cleaned_data.get("price_max")
        if low is not None and high is not None and low > high:
            self.add_error("price_max", "最高价比最低价还低，两项都先不算。")
            del self.cleaned_data["price_min"]
        return self.cleaned_data


class ChoicesField(forms.MultipleChoiceField):
    """Any number of choices; one that is not offered is named, cut short, in the error."""

    def validate(self, value: Iterable[str]) -> None:
        for one in value:
            if not self.valid_value(one):
                shown = one[:40].replace("\0", "�")
                raise ValidationError(f"没有“{shown}”这一项。", "invalid_choice")


class Choices(django_filters.Filter):
    """The parameter of a facet; `InstitutionFilter` tells it which choices there are."""

    field_class = ChoicesField


class Number(django_filters.Filter):
    """A whole number within bounds."""

    field_class = forms.IntegerField

    def __init__(self, label: str, lowest: int, highest: int | None = None) -> None:
        super().__init__(
            label=label,
            min_value=lowest,
            max_value=highest,
            error_messages={
                "invalid": "请填整数，比如 5000。",
                "min_value": f"不能小于 {lowest}。",
                "max_value": f"不能大于 {highest}。",
            },
        )


class OneOf(django_filters.Filter):
    """A parameter that takes one choice."""

    field_class = forms.ChoiceField

    def __init__(self, label: str, choices: Iterable[tuple[str, str]]) -> None:
        words = {"invalid_choice": "没有这一项。"}
        super().__init__(label=label, choices=[*choices], error_messages=words)


class InstitutionFilter(django_filters.FilterSet):
    """Listings that match an address, as of the day `on`.

    A bad value is reported in `form.errors`, keeps what was typed and filters nothing.
    """

    q = django_filters.CharFilter(
        label="机构名、地址或地区",
        max_length=LONGEST_QUERY,
        error_messages={"max_length": f"最多 {LONGEST_QUERY} 个字，请写短一些。"},
    )
    region = Choices()
    care = Choices()
    dementia = Choices()
    price_min = Number("最低（元/月）", 0, HIGHEST_PRICE)
    price_max = Number("最高（元/月）", 0, HIGHEST_PRICE)
    vacant = Choices()
    room = Choices()
    bed = Choices()
    designated = Choices()
    settles = Choices()
    ltci_city = Choices()
    medical = Choices()
    kind = Choices()
    ownership = Choices()
    rating = Choices()
    sojourn = Choices()
    fresh = Choices()
    operating = Choices()
    basis = OneOf("价格按什么算", [("list", "标价")])
    sort = OneOf("排序", SORTS.items())
    page = Number("页码", 1)

    class Meta:
        model = Listing
        fields: list[str] = []
        form = SearchForm

    def __init__(self, data: QueryDict, queryset: QuerySet[Listing], on: datetime.date) -> None:
        super().__init__(data, queryset)
        self.is_bound = True  # an empty address is a search for everything
        self.on = on
        self.places = places.load(data.getlist("region"))
        self.facets: dict[str, Facet] = {
            facet.name: facet
            for facet in facets(on, (p.choice for p in self.places.all.values()), ltci_cities())
        }
        for facet in self.facets.values():
            self.filters[facet.name].label = facet.label
            self.filters[facet.name].extra["choices"] = [
                (choice.value, choice.label) for choice in facet.choices
            ]
        # Former codes are known too; a search for one is a search for what succeeded it.
        self.filters["region"].extra["choices"] += [(code, code) for code in self.places.former]

    @cached_property
    def values(self) -> dict[str, Any]:
        """The parameters that hold something, less those in error."""
        self.form.errors  # noqa: B018  validates
        values = {k: v for k, v in self.form.cleaned_data.items() if v not in (None, "", [])}
        if "region" in values:
            values["region"] = [place.value for place in self.places.narrowest()]
        return {name: value for name, value in values.items() if value != []}

    @cached_property
    def conditions(self) -> dict[str, Q]:
        """The condition of each parameter that narrows the search, by its name."""
        conditions = {
            name: self.facets[name].q(value)
            for name, value in self.values.items()
            if name in self.facets
        }
        if "q" in self.values:
            conditions["q"] = matching(self.values["q"])
        if "price_min" in self.values:
            conditions["price_min"] = Q(
                **{f"{self.price_field}__gte": self.values["price_min"] * 100}
            )
        if "price_max" in self.values:
            conditions["price_max"] = Q(
                **{f"{self.price_field}__lte": self.values["price_max"] * 100}
            )
        return conditions

    @property
    def care_priced(self) -> Care | None:
        """The heaviest care chosen: prices on the page are for it. None: the lowest of any."""
        chosen = [care for care in CARE if care.value in self.values.get("care", ())]
        return chosen[-1] if chosen else None

    @property
    def price_field(self) -> str:
        """The column of `Listing` that prices are filtered, sorted and shown by."""
        return f"price_{self.care_priced.priced_by}" if self.care_priced else "price_from"

    def filter_queryset(self, queryset: QuerySet[Listing]) -> QuerySet[Listing]:
        """The matching rows in the chosen order, which is total: ties end with the id."""
        rows = queryset.filter(reduce(and_, self.conditions.values(), Q()))
        return rows.order_by(*self._order(), "pk")

    def _order(self) -> Iterable[OrderBy]:
        match self.values.get("sort"):
            case "price":
                return [F(self.price_field).asc(nulls_last=True)]
            case "vacant":
                shown = Case(When(fresh_vacancy(self.on), then=F("vacant")))
                return [shown.desc(nulls_last=True)]
            case "fresh":
                return [F("as_of").desc(nulls_last=True)]
            case _:
                return RECOMMENDED
