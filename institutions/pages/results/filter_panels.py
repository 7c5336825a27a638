"""The filter column of the results page: its panels, and every choice with what it would find."""

from dataclasses import dataclass

from institutions.search.facets import Counts
from institutions.search.filters import BASES, InstitutionFilter
from institutions.search.places import HomeCounts, Node

# Needs that the care of the elder asks for already; a column need not ask twice.
LEVEL_NEED = "takes_level_"
# A facet with more options than this folds away those that would find nothing.
FEW = 8
# Of a facet with more options than this a page draws a dozen, and leads to one with all of them.
MANY, DOZEN = 30, 12
# The panels of the filter column: a heading, its parameters, and whether it starts open.
PANELS = (
    ("地区", ("region",), True),
    ("老人的情况", ("care", "dementia", "need"), True),
    ("每月价格", ("price_min", "price_max"), True),
    ("床位和房型", ("vacant", "room", "bed"), True),
    ("医保和长护险", ("designated", "settles", "ltci_city"), True),
    ("医养结合方式", ("medical",), False),
    ("机构类型", ("kind",), False),
    ("运营方式", ("ownership",), False),
    ("等级", ("rating",), False),
    ("短住、更新、营业和实名", ("sojourn", "fresh", "operating", "real"), False),
)


@dataclass(frozen=True)
class Option:
    """One checkbox: what it sends, how many homes it would find, and what unfolds below it."""

    name: str
    value: str
    label: str
    count: int
    checked: bool
    children: tuple["Option", ...] = ()
    folded: tuple["Option", ...] = ()

    @property
    def disabled(self) -> bool:
        """Nothing to find; a choice already made can always be taken back."""
        return not self.count and not self.checked

    @property
    def id(self) -> str:
        return f"id_{self.name}_{self.value.replace(':', '_')}"


@dataclass(frozen=True)
class PanelChoices:
    """One facet as drawn: the options in sight, and those that find nothing, folded away."""

    name: str
    label: str
    shown: tuple[Option, ...]
    folded: tuple[Option, ...]
    errors: tuple[str, ...]

    @property
    def is_long(self) -> bool:
        """Return whether a page draws a dozen of the options only; places unfold by themselves."""
        return len(self.shown) + len(self.folded) > MANY and self.name != "region"

    @property
    def dozen(self) -> tuple[Option, ...]:
        """Return the options checked and those with most homes, in their order."""
        by_count = sorted(self.shown, key=lambda option: (not option.checked, -option.count))
        drawn = {option.value for option in by_count[:DOZEN]}
        return tuple(one for one in self.shown if one.checked or one.value in drawn)

    @property
    def left_out(self) -> int:
        """Return how many options the dozen leaves out."""
        return len(self.shown) + len(self.folded) - len(self.dozen)


@dataclass(frozen=True)
class Panel:
    """One fold of the filter column."""

    label: str
    names: tuple[str, ...]
    facets: tuple[PanelChoices, ...]
    chosen: int
    open: bool


@dataclass(frozen=True)
class FilterColumn:
    """The panels of one search, with the counts of its choices and of the homes by place."""

    search: InstitutionFilter
    counts: Counts
    homes: HomeCounts

    @property
    def bases(self) -> list[Option]:
        """Return the choice of bounds on the list price or on the net price."""
        current = self.search.values.get("basis", "list")
        return [
            Option("basis", value, label, self.counts.total, value == current)
            for value, label in BASES.items()
        ]

    @property
    def panels(self) -> list[Panel]:
        return [self._make_panel(label, names, opened) for label, names, opened in PANELS]

    @property
    def facets(self) -> list[PanelChoices]:
        """Return every facet as the panels draw it."""
        return [facet for panel in self.panels for facet in panel.facets]

    def _make_panel(self, label: str, names: tuple[str, ...], opened: bool) -> Panel:
        values = [self.search.values.get(name, []) for name in names]
        chosen = sum(len(value) if isinstance(value, list) else 1 for value in values)
        in_error = any(name in self.search.form.errors for name in names)
        facets = tuple(self._choices(name) for name in names if name in self.search.facets)
        return Panel(label, names, facets, chosen, opened or bool(chosen) or in_error)

    def _choices(self, name: str) -> PanelChoices:
        shown, folded = _fold_options(self._options(name))
        errors = tuple(map(str, self.search.form.errors.get(name, ())))
        return PanelChoices(name, self.search.facets[name].label, shown, folded, errors)

    def _options(self, name: str) -> list[Option]:
        if name == "region":
            return [self._place_option(node) for node in self.search.places.tree]
        chosen = self.search.values.get(name, [])
        return [
            Option(
                name,
                choice.value,
                choice.label,
                self.counts.by_choice[name, choice.value],
                choice.value in chosen,
            )
            for choice in self.search.facets[name].choices
            if choice.value in chosen or not choice.value.startswith(LEVEL_NEED)
        ]

    def _place_option(self, node: Node) -> Option:
        place = node.place
        children = [self._place_option(child) for child in node.children]
        return Option(
            "region",
            place.value,
            place.label,
            self.homes.count_in(place),
            place in self.search.places.chosen,
            *_fold_options(children),
        )


def _fold_options(options: list[Option]) -> tuple[tuple[Option, ...], tuple[Option, ...]]:
    """Split options into those to show and, of a long list, empty ones to fold away."""
    if len(options) <= FEW:
        return tuple(options), ()
    shown = tuple(option for option in options if not option.disabled)
    return shown, tuple(option for option in options if option.disabled)
