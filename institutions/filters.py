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
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual
from django.http import QueryDict

from institutions import places
from institutions.facets import CARE, Facet, facets, fresh_vacancy, ltci_cities
from institutions.models import Level, Listing
from institutions.search import MOST_WORDS, matching, words

LONGEST_QUERY = 200
HIGHEST_PRICE = 1_000_000
UNREADABLE = "�"  # what Django puts for bytes that are no text, and we for NUL
FEN = 100
BOUNDS = (("gte", GreaterThanOrEqual), ("lte", LessThanOrEqual))

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
    """A value in error is told beside its field and filters nothing; the rest of it still does."""

    data: QueryDict

    def clean(self) -> dict[str, Any]:
        for name, field in self.fields.items():
            values = self.data.getlist(name)
            if isinstance(field, ChoicesField):
                self._keep_known(name, field, values)
            elif len(set(values)) > 1:
                self.add_error(name, "这一项写了不止一次，先不按它筛选。")
        self._check_prices()
        return self.cleaned_data

    def _keep_known(self, name: str, field: "ChoicesField", values: list[str]) -> None:
        known = [value for value in values if field.valid_value(value)]
        unknown = [value for value in values if not field.valid_value(value)]
        if unknown:
            shown = "”“".join(value[:40] for value in unknown[:3])
            self.add_error(name, f"没有“{shown}”这一项。")
        if len(values) > field.most:
            self.add_error(name, f"最多选 {field.most} 项，只算了前面的。")
        self.cleaned_data[name] = known[: field.most]

    def _check_prices(self) -> None:
        low, high = self.cleaned_data.get("price_min"), self.cleaned_data.get("price_max")
        if low is not None and high is not None and low > high:
            self.add_error("price_max", "最高价比最低价还低，两项都先不算。")
            del self.cleaned_data["price_min"]


def legible(data: QueryDict) -> QueryDict:
    """What was typed, with a mark in place of the NUL that neither page nor PostgreSQL takes."""
    marked = QueryDict(mutable=True)
    for name, values in data.lists():
        marked.setlist(name, [value.replace("\0", UNREADABLE) for value in values])
    return marked


class ChoicesField(forms.MultipleChoiceField):
    """Any number of choices; `SearchForm` tells those that are not offered."""

    most = places.MOST_PLACES

    def validate(self, value: Iterable[str]) -> None:
        """Nothing here: one unknown value would take the known ones with it."""


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


def validate_words(text: str) -> None:
    """A search of many words is a mistake, and slow; one of unreadable characters finds nothing."""
    if UNREADABLE in text:
        raise ValidationError("里面有看不见的字符，请重新输入。")
    if len(words(text)) > MOST_WORDS:
        raise ValidationError(f"最多 {MOST_WORDS} 个词，请写短一些。")


class InstitutionFilter(django_filters.FilterSet):
    """Listings that match an address, as of the day `on`.

    A bad value is reported in `form.errors`, keeps what was typed and filters nothing.
    """

    q = django_filters.CharFilter(
        label="机构名、地址或地区",
        max_length=LONGEST_QUERY,
        error_messages={
            "max_length": f"最多 {LONGEST_QUERY} 个字，请写短一些。",
        },
        validators=[validate_words],
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
    real = Choices()
    basis = OneOf("价格按什么算", [("list", "标价")])
    sort = OneOf("排序", SORTS.items())
    page = Number("页码", 1)

    class Meta:
        model = Listing
        fields: list[str] = []
        form = SearchForm

    def __init__(self, data: QueryDict, queryset: QuerySet[Listing], on: datetime.date) -> None:
        data = legible(data)
        super().__init__(data, queryset)
        self.is_bound = True  # an empty address is a search for everything
        self.on = on
        self.places = places.load(data.getlist("region"))
        self.facets: dict[str, Facet] = {
            facet.name: facet
            for facet in facets(
                on,
                (place.choice for place in self.places.all.values()),
                ltci_cities(data.getlist("ltci_city")),
            )
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
    def narrowing(self) -> list[str]:
        """The parameters that narrow this search, in the order of the form."""
        names = [name for name in self.filters if name in self.values]
        return [name for name in names if name in (*self.facets, "q", "price_min", "price_max")]

    @cached_property
    def text(self) -> Q:
        """What was typed into the search box, as a condition."""
        return matching(self.values["q"]) if "q" in self.values else Q()

    def condition(self, **changes: Any) -> Q:
        """The search as a condition but for its text, with some parameters changed or dropped.

        `condition(care=["self"])` is the search with that care alone; `condition(care=None)`
        the search without any.
        """
        values = {k: v for k, v in (self.values | changes).items() if v is not None}
        condition = reduce(
            and_, (f.q(values[name]) for name, f in self.facets.items() if name in values), Q()
        )
        bounds = {}
        if "price_min" in values:
            bounds["gte"] = values["price_min"] * FEN
        if "price_max" in values:
            bounds["lte"] = values["price_max"] * FEN
        return condition & _price_within(bounds, levels_priced(values.get("care", ())))

    @cached_property
    def conditions(self) -> Q:
        """The whole search but for its text."""
        return self.condition()

    @property
    def levels(self) -> list[Level]:
        """The ability levels to price by, the first with a price wins; none: the lowest of any."""
        return levels_priced(self.values.get("care", ()))

    def filter_queryset(self, queryset: QuerySet[Listing]) -> QuerySet[Listing]:
        """The matching rows in the chosen order, which is total: ties end with the id."""
        rows = queryset.filter(self.text).filter(self.conditions)
        return rows.order_by(*self._order(), "pk")

    def _order(self) -> Iterable[OrderBy]:
        match self.values.get("sort"):
            case "price":
                return [OrderBy(_price(self.levels), nulls_last=True)]
            case "vacant":
                shown = Case(When(fresh_vacancy(self.on), then=F("vacant")))
                return [shown.desc(nulls_last=True)]
            case "fresh":
                return [F("as_of").desc(nulls_last=True)]
            case _:
                return RECOMMENDED


def levels_priced(cares: Iterable[str]) -> list[Level]:
    """The levels to price a home by, the heaviest chosen care first."""
    chosen = [care for care in reversed(CARE) if care.value in set(cares)]
    return [level for care in chosen for level in care.levels]


def _price(levels: Iterable[Level]) -> F | Coalesce:
    """The price of the first of `levels` that a home has one for; of no levels, its lowest."""
    columns = [F(f"price_{level}") for level in levels]
    if not columns:
        return F("price_from")
    return columns[0] if len(columns) == 1 else Coalesce(*columns)


def _price_within(bounds: dict[str, int], levels: list[Level]) -> Q:
    """That the price lies within the bounds; without bounds a home needs no price."""
    if not bounds:
        return Q()
    price = _price(levels)
    return Q(*(lookup(price, bounds[name]) for name, lookup in BOUNDS if name in bounds))
