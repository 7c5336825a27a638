"""The whole state of a search, read from the address and checked."""

import datetime
from collections.abc import Iterable, Mapping
from functools import cache, cached_property, reduce
from operator import and_
from types import MappingProxyType
from typing import Any, Self

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Case, F, OrderBy, Q, QuerySet, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual
from django.http import QueryDict

from carebridge.lib.money import FEN
from carebridge.lib.query_fields import UNREADABLE, SharedField, legible, shallow_copy
from institutions.costs.estimator import NEEDS_LEVEL, Estimator, estimator, level_of
from institutions.models import Level, Listing
from institutions.models.listing import has_any
from institutions.search import distance, places
from institutions.search.facets import CARE, Facet, build_facets, fresh_vacancy, ltci_cities
from institutions.search.index import current_index
from institutions.search.text import MOST_WORDS, TextMatch, match_text, split_words
from regions.elder.form import ElderForm
from regions.places.anchors import FIRST, LABELS, SECOND, Anchor, AnchorField, chosen_anchors
from regions.policies import rulebook as policies

LONGEST_QUERY = 200
HIGHEST_PRICE = 1_000_000
BOUNDS = (("gte", GreaterThanOrEqual), ("lte", LessThanOrEqual))

# Real before demo, then how much is known and how fresh: no demo price heads the list.
RECOMMENDED: tuple[OrderBy, ...] = (
    F("is_demo").asc(),
    F("known").desc(),
    F("as_of").desc(nulls_last=True),
)
SORTS = {
    "": "推荐",
    "net": "补贴后从低到高",
    "price": "标价从低到高",
    "vacant": "空床从多到少",
    "fresh": "更新从近到远",
    "near": "直线距离从近到远",
}
BASES = {"list": "按标价算", "net": "按补贴后算"}
# The part of a search that both bounds on the list price make.
PRICE = "price"
# What narrows a search and is no choice of a facet.
TYPED = ("q", "price_min", "price_max", "within")


class SearchForm(forms.Form):
    """The form of a search: a value in error is reported beside its field and filters nothing."""

    data: QueryDict
    # The error of an order by distance without a first place, for callers that must report it.
    unplaced: Mapping[str, list[str]] = MappingProxyType({})

    def clean(self) -> dict[str, Any]:
        for name, field in self.fields.items():
            values = self.data.getlist(name)
            if isinstance(field, ChoicesField):
                self._keep_known(name, field, values)
            elif len(set(values)) > 1:
                self.add_error(name, "这一项写了不止一次，先不按它筛选。")
        self._check_prices()
        self._check_anchor()
        return self.cleaned_data

    def _keep_known(self, name: str, field: "ChoicesField", values: list[str]) -> None:
        known = [value for value in values if value in field.known]
        unknown = [value for value in values if value not in field.known]
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

    def _check_anchor(self) -> None:
        """Drop what needs a first place where none is given; an error of the place stands alone.

        A distance was typed, so its reader is asked for the place. The order comes along with the
        form that asks for places, also where that is sent with nothing in it: `unplaced` has it.
        """
        if self.cleaned_data.get(FIRST):
            return
        if self.cleaned_data.get("within") is not None:
            del self.cleaned_data["within"]
            if FIRST not in self.errors:
                self.add_error("within", distance.NEEDS_ANCHOR)
        if self.cleaned_data.get("sort") == "near":
            del self.cleaned_data["sort"]
            if FIRST not in self.errors:
                self.unplaced = {"sort": [distance.NEEDS_ANCHOR]}


class ChoicesField(SharedField):
    """Any number of choices out of the `known`; `SearchForm` reports those that are not offered.

    Not a field of Django's choices: it would copy them three times for each search.
    """

    widget = forms.SelectMultiple
    most = places.MOST_PLACES

    def __init__(self, *, known: frozenset[str] = frozenset(), **more: Any) -> None:
        super().__init__(**more)
        self.known = known


class Parameter(django_filters.Filter):
    """One parameter of the address. What it is made of never changes, so searches share it."""

    def __deepcopy__(self, memo: object) -> Self:
        return shallow_copy(self)


class Text(Parameter):
    """Free text."""

    field_class = forms.CharField


class FacetChoices(Parameter):
    """The parameter of a facet; `InstitutionFilter` sets its choices."""

    field_class = ChoicesField


class WholeNumber(Parameter):
    """A whole number within bounds."""

    field_class = forms.IntegerField

    def __init__(
        self, label: str, lowest: int, highest: int | None = None, example: int = 5000
    ) -> None:
        super().__init__(
            label=label,
            min_value=lowest,
            max_value=highest,
            error_messages={
                "invalid": f"请填整数，比如 {example}。",
                "min_value": f"不能小于 {lowest}。",
                "max_value": f"不能大于 {highest}。",
            },
        )


class OneOf(Parameter):
    """A parameter that takes one choice."""

    field_class = forms.ChoiceField

    def __init__(self, label: str, choices: Iterable[tuple[str, str]]) -> None:
        words = {"invalid_choice": "没有这一项。"}
        super().__init__(label=label, choices=[*choices], error_messages=words)


class Nearness(Parameter):
    """A place that distances are measured from."""

    field_class = AnchorField


def validate_words(text: str) -> None:
    """A search of many words is a mistake, and slow; one of unreadable characters finds nothing."""
    if UNREADABLE in text:
        raise ValidationError("里面有看不见的字符，请重新输入。")
    if len(split_words(text)) > MOST_WORDS:
        raise ValidationError(f"最多 {MOST_WORDS} 个词，请写短一些。")


class InstitutionFilter(django_filters.FilterSet):
    """Listings that match an address, as of the day `on`.

    A bad value is reported in `form.errors`, keeps what was typed and filters nothing.
    """

    q = Text(
        label="机构名、地址或地区",
        max_length=LONGEST_QUERY,
        error_messages={
            "max_length": f"最多 {LONGEST_QUERY} 个字，请写短一些。",
        },
        validators=[validate_words],
    )
    region = FacetChoices()
    care = FacetChoices()
    dementia = FacetChoices()
    need = FacetChoices()
    price_min = WholeNumber("最低（元/月）", 0, HIGHEST_PRICE)
    price_max = WholeNumber("最高（元/月）", 0, HIGHEST_PRICE)
    vacant = FacetChoices()
    room = FacetChoices()
    bed = FacetChoices()
    designated = FacetChoices()
    settles = FacetChoices()
    ltci_city = FacetChoices()
    medical = FacetChoices()
    kind = FacetChoices()
    ownership = FacetChoices()
    rating = FacetChoices()
    sojourn = FacetChoices()
    fresh = FacetChoices()
    operating = FacetChoices()
    real = FacetChoices()
    near = Nearness(label=LABELS[FIRST])
    near2 = Nearness(label=LABELS[SECOND])
    within = WholeNumber("多少公里以内（直线）", 1, distance.FARTHEST, example=30)
    basis = OneOf("价格按什么算", BASES.items())
    why = OneOf("写明为什么合适", [("1", "写明")])
    sort = OneOf("排序", SORTS.items())
    view = OneOf("显示方式", [("map", "地图")])
    page = WholeNumber("页码", 1)

    class Meta:
        model = Listing
        fields: list[str] = []
        form = SearchForm

    def __init__(self, data: QueryDict, queryset: QuerySet[Listing], on: datetime.date) -> None:
        data = legible(data)
        super().__init__(data, queryset)
        self.on = on
        self.bitmaps = current_index()
        self.places = places.load_places(data.getlist("region"))
        self.facets: dict[str, Facet] = {
            facet.name: facet
            for facet in build_facets(
                on,
                (place.as_choice for place in self.places.all.values()),
                ltci_cities(data.getlist("ltci_city"), self.places.known, self.bitmaps),
            )
        }
        self.asked = ElderForm(data, on)

    @cached_property
    def form(self) -> SearchForm:
        """Return the form that checks the address against the choices of this search."""
        form = form_class()(self.data)
        fields: dict[str, Any] = form.fields
        for facet in self.facets.values():
            fields[facet.name].label, fields[facet.name].known = facet.label, facet.values
        for name in (FIRST, SECOND):
            fields[name].by_code = self.places.known.regions
        # Former codes are known too; a search for one is a search for what succeeded it.
        fields["region"].known |= {*self.places.former}
        for name in ("basis", "sort"):
            fields[name].validators.append(self._validate_net)
        return form

    def _validate_net(self, value: str) -> None:
        """A price is of one ability level: without it there is nothing to subtract from."""
        if value == "net" and self.level is None:
            raise ValidationError(NEEDS_LEVEL)

    @cached_property
    def estimator(self) -> Estimator:
        """Return the estimator of prices for the elder of this address."""
        return estimator(self.asked.elder, policies.book(), self.asked.day)

    @property
    def level(self) -> Level | None:
        """Return the elder's own ability level, if it is given."""
        return level_of(self.asked.elder)

    @cached_property
    def net_price(self) -> Case:
        """Return the price less the elder's benefits, as SQL; needs the level."""
        by = self.estimator
        met = self.bitmaps.lists_met(by.classes.lists) if self.bitmaps else None
        return by.net(self.level or Level.ABLE, met)

    @cached_property
    def values(self) -> dict[str, Any]:
        """Return the parameters that hold something, less those in error."""
        self.form.errors  # noqa: B018  validates
        values = {k: v for k, v in self.form.cleaned_data.items() if v not in (None, "", [])}
        if "region" in values:
            values["region"] = [place.value for place in self.places.narrowest()]
        return {name: value for name, value in values.items() if value != []}

    @cached_property
    def narrowing(self) -> list[str]:
        """Return the parameters that narrow this search, in the order of the form."""
        names = [name for name in self.filters if name in self.values]
        return [name for name in names if name in (*self.facets, *TYPED)]

    @cached_property
    def text_match(self) -> TextMatch:
        """Return the match of the text in the search box."""
        return match_text(self.values.get("q", ""), self.places.known, self.bitmaps)

    @property
    def text_condition(self) -> Q:
        """Return the text of the search box as a condition."""
        return self.text_match.condition

    def parts_by_name(self, **changes: Any) -> dict[str, Q]:
        """Return the search without its text as conditions by name, with some parameters changed.

        `parts_by_name(care=["self"])` is the search with that care alone; with `care=None` it is
        the search without any. A home must meet every part. The bounds on the list price are one
        part, `PRICE`.
        """
        values = {k: v for k, v in (self.values | changes).items() if v is not None}
        asked = {
            name: f.condition(values[name]) for name, f in self.facets.items() if name in values
        }
        bounds = _price_bounds(values)
        if not bounds or values.get("basis") == "net":
            return asked
        levels = [self.level] if self.level is not None else levels_priced(values.get("care", ()))
        return asked | {PRICE: _within_bounds(_price_at(levels), bounds)}

    def condition_parts(self, **changes: Any) -> list[Q]:
        """Return `parts_by_name` without the names."""
        return list(self.parts_by_name(**changes).values())

    def condition(self, **changes: Any) -> Q:
        """Return the parts as one condition."""
        return reduce(and_, self.condition_parts(**changes), Q())

    @property
    def unpriced(self) -> Q:
        """Return homes without the price that bounds are about."""
        names = [f"price_{level}" for level in self.levels] or ["price_from"]
        return Q(**{f"{name}__isnull": True for name in names})

    def within_reach(self, **changes: Any) -> Q:
        """Return the bounds on what is left to pay and on distance: no facet counts with them
        lifted.
        """
        values = {k: v for k, v in (self.values | changes).items() if v is not None}
        bounds = _price_bounds(values) if values.get("basis") == "net" else {}
        near = (
            distance.within_distance(values[FIRST], values["within"]) if "within" in values else Q()
        )
        return near & _within_bounds(self.net_price, bounds) if bounds else near

    @property
    def anchors(self) -> tuple[Anchor, ...]:
        """Return the places that distances are measured from; homes are sorted by the first."""
        return chosen_anchors(self.values)

    @cached_property
    def conditions(self) -> Q:
        """Return the whole search but for its text and what is within reach."""
        return self.condition()

    @property
    def levels(self) -> list[Level]:
        """Return the ability levels to price by, the first with a price wins; none: the lowest of
        any.

        The elder's own level is more exact than the care that was ticked.
        """
        if self.level is not None:
            return [self.level]
        return levels_priced(self.values.get("care", ()))

    def filter_queryset(self, queryset: QuerySet[Listing]) -> QuerySet[Listing]:
        """Return the matching rows in the chosen order, which is total: ties end with the id."""
        rows = queryset.filter(self.text_condition, self.within_reach()).filter(self.conditions)
        return rows.order_by(*self.order, "pk")

    @cached_property
    def order(self) -> list[OrderBy]:
        """Return the chosen order; ties end with the id."""
        match self.values.get("sort"):
            case "net":
                price = OrderBy(_price_at(self.levels), nulls_last=True)
                return [OrderBy(self.net_price, nulls_last=True), price]
            case "price":
                return [OrderBy(_price_at(self.levels), nulls_last=True)]
            case "vacant":
                shown = Case(When(fresh_vacancy(self.on), then=F("vacant")))
                return [shown.desc(nulls_last=True)]
            case "near":
                return [distance.nearest_first(self.values[FIRST])]
            case "fresh":
                return [F("as_of").desc(nulls_last=True)]
            case _:
                return [*self._meeting_first(), *self.text_match.order, *RECOMMENDED]

    def _meeting_first(self) -> list[OrderBy]:
        """Order homes known to meet every need before those that publish nothing of it."""
        needs = self.values.get("need", [])
        if not needs:
            return []
        met = reduce(and_, (has_any("takes", [need]) for need in needs))
        return [Case(When(met, then=0), default=1).asc()]


@cache
def form_class() -> type[SearchForm]:
    """Return the form of every search: django-filter would make a class for each."""
    fields = {name: one.field for name, one in InstitutionFilter.base_filters.items()}
    return type("InstitutionFilterForm", (SearchForm,), fields)


def levels_priced(cares: Iterable[str]) -> list[Level]:
    """Return the levels to price a home by, the heaviest chosen care first."""
    chosen = [care for care in reversed(CARE) if care.value in set(cares)]
    return [level for care in chosen for level in care.levels]


def _price_at(levels: Iterable[Level]) -> F | Coalesce:
    """Return the price at the first of `levels` with one; without levels, the lowest price."""
    columns = [F(f"price_{level}") for level in levels]
    if not columns:
        return F("price_from")
    return columns[0] if len(columns) == 1 else Coalesce(*columns)


def _price_bounds(values: dict[str, Any]) -> dict[str, int]:
    """Return the bounds on prices, in fen, by lookup."""
    asked = {"gte": values.get("price_min"), "lte": values.get("price_max")}
    return {name: yuan * FEN for name, yuan in asked.items() if yuan is not None}


def _within_bounds(price: Combinable, bounds: dict[str, int]) -> Q:
    """Return the condition that the price lies within the bounds; an unknown one does not."""
    if isinstance(price, F):  # a plain condition, since it can be compared with others
        return Q(**{f"{price.name}__{name}": bound for name, bound in bounds.items()})
    return Q(*(lookup(price, bounds[name]) for name, lookup in BOUNDS if name in bounds))
