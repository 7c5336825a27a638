"""Classes of stays: stays that no rule distinguishes, so that the engine runs once for each.

A rule reads of a stay only whether it lies in the regions it names and whether the home is on the
lists it names. Standard library only.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from regions.engine.conditions import upward
from regions.engine.rules import NATION, Rulebook, Stay

Designations = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Area:
    """A named region less the narrower ones in it; or, `exact`, a home placed no narrower."""

    code: str
    exact: bool = False

    @property
    def range(self) -> tuple[str, str]:
        """The first and last code of the region, both inclusive."""
        if self.exact:
            return self.code, self.code
        return (NATION, "999999") if self.code == NATION else (self.code, _inside(self.code))


@dataclass(frozen=True)
class StayClass:
    """One kind of stay: an area, and those of the named lists that the home is on."""

    area: Area
    designations: Designations = frozenset()


class StayClasses:
    """The areas and lists that a rulebook distinguishes."""

    def __init__(self, rules: Rulebook) -> None:
        named = {code for places in rules.places.values() for code in places}
        self.nodes = {wider for code in named for wider in upward(code)} | {NATION}
        self.inner = {wider for code in self.nodes for wider in upward(code) if wider != code}
        self.lists = frozenset(
            (rule.home_list, rule.region) for rule in rules.rules if rule.home_list
        )

    @cached_property
    def areas(self) -> list[Area]:
        """Every area, a narrower one before those it lies in."""
        exact = [Area(code, exact=True) for code in sorted(self.inner)]
        wide = sorted(self.nodes, key=lambda code: (-_depth(code), code))
        return [*exact, *map(Area, wide)]

    def of(self, region: str, designations: Iterable[tuple[str, str]]) -> StayClass:
        """The class of a stay in a home of this region, on these lists."""
        code = next(code for code in upward(region) if code in self.nodes)
        area = Area(code, exact=code == region and code in self.inner)
        return StayClass(area, self.lists & frozenset(designations))

    def stay(self, one: StayClass, setting: str) -> Stay:
        """Return a stay of this class; the engine answers all of a class alike."""
        code = one.area.code
        if code in self.inner and not one.area.exact:
            code = _inside(code)
        return Stay(code, setting, one.designations)


def _depth(code: str) -> int:
    """0 for the nation, 1 province, 2 prefecture, 3 county."""
    return len(set(upward(code))) - 1


def _inside(code: str) -> str:
    """The last code in a region, which no region has."""
    return f"{code[: 2 * _depth(code)]:9<6}"
