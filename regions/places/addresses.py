"""Regions named by a text: all regions in memory, for sheets with thousands of rows.

A code or a name is looked up as `Region.objects.resolve` does. A free address is read from wide to
narrow (河北省廊坊市三河市燕郊…) as far as its words are certain; a bare name that several regions
answer to is never guessed, and a road named after a city (南京西路) is not the city.
"""

import re
from collections.abc import Iterable
from functools import cached_property
from typing import Self

from regions.models import Region
from regions.models.region import (
    CODE_LENGTH,
    LONGEST_TEXT,
    SEPARATORS,
    is_code,
    is_name,
    meant_regions,
    preferred,
)
from regions.places.outside import Centres

# Where an address may begin within a text; the text itself is the first try.
STARTS = re.compile(r"(?:位于|地址|中国|中华人民共和国|[：:（(，,；;\s])+")
# What may stand between two parts of one place.
BETWEEN = re.compile(r"(?:[\s·・/、，,>-]|市辖区)*")
# After a short name these make it something else: a road, a building, a smaller place, a larger.
ELSE = re.compile(
    r"[东南西北中新老环]{0,2}[一二三四五六七八九十]?"
    r"(?:大街|大道|街|路|道|巷|弄|胡同|公路|高速|支路|横路)"
    r"|(?:国际)?(?:大厦|大楼|广场|酒店|宾馆|饭店|医院|大学|学院|学校|中学|小学|小区|花园|公寓|银行)"
    r"|[区县市镇乡村省州盟旗站桥门港湾湖山岛]|公园|社区|码头|办事处|分公司|分行|人家|商城|商厦"
)
AUTONOMOUS = {"自治县": "县", "自治州": "州", "自治旗": "旗"}


class RegionNames:
    """Every region, current and former, by code and by name; built with two queries."""

    def __init__(self, regions: Iterable[Region], successors: Iterable[tuple[str, str]]) -> None:
        self.by_code = {region.code: region for region in regions}
        self._heirs: dict[str, list[Region]] = {}
        self._named: dict[str, list[Region]] = {}
        for former, heir in successors:
            if heir in self.by_code:  # or it is newer than the regions that were read
                self._heirs.setdefault(former, []).append(self.by_code[heir])
        for region in self.by_code.values():
            if region.parent_id:
                region.parent = self.by_code[region.parent_id]
            for name in spoken_names(region):
                self._named.setdefault(name, []).append(region)
        self._longest = max(map(len, self._named), default=0)

    @classmethod
    def load_names(cls) -> Self:
        through = Region.successors.through._default_manager
        return cls(
            Region.objects.order_by("code"),
            through.order_by("pk").values_list("from_region_id", "to_region_id"),
        )

    @cached_property
    def centres(self) -> Centres:
        """Return their centres, computed on first use."""
        return Centres(self.by_code.values())

    def heirs(self, region: Region) -> list[Region]:
        return [region] if region.is_current else self._heirs.get(region.code, [])

    def candidates(self, text: str) -> list[Region]:
        """Return the current regions that a code or a name may mean: as
        `Region.objects.candidates`.
        """
        text = SEPARATORS.sub("", text)
        return meant_regions({region: self.heirs(region) for region in self._answering(text)})

    def _answering(self, text: str) -> list[Region]:
        if is_code(text):
            return [region for code in [text[:6]] if (region := self.by_code.get(code))]
        if not is_name(text):
            return []
        endings = (text[start:] for start in range(len(text)))
        found = {region for ending in endings for region in self._named.get(ending, [])}
        return [region for region in found if region.answers_to(text)]

    def leading(self, word: str) -> tuple[list[Region], str]:
        """Return the current regions that the longest possible beginning of `word` names, and the
        rest.

        廊坊燕达: 廊坊市 and 燕达. Of a word that begins with no region, none and the word.
        """
        for end in range(min(len(word), LONGEST_TEXT), 1, -1):
            start = word[:end]
            if is_code(start) and end > CODE_LENGTH:
                continue
            found = preferred(self._answering(start))
            if heirs := {heir for region in found for heir in self.heirs(region)}:
                return sorted(heirs, key=lambda region: region.code), word[end:]
        return [], word

    def find(self, address: str) -> Region | None:
        """Return the narrowest current region that the address names for certain, or None."""
        address = address[:200]
        for start in [0, *(match.end() for match in STARTS.finditer(address))]:
            if place := self._follow_names(address, start):
                return place
        return None

    def _follow_names(self, text: str, at: int) -> Region | None:
        """Follow the names from `at` on, each inside the one before."""
        place: Region | None = None
        while named := self._longest_name(text, at, place):
            word, regions = named
            if len(regions) != 1:
                # A district that was parted: what its heirs have in common is still certain.
                return common_region([*regions, place] if place else regions) or place
            place, at = regions[0], BETWEEN.match(text, at + len(word)).end()  # type: ignore[union-attr]
        return place

    def _longest_name(
        self, text: str, at: int, place: Region | None
    ) -> tuple[str, list[Region]] | None:
        """Return the longest name at `at` inside `place`, and the regions it may mean."""
        for end in range(min(len(text), at + self._longest), at + 1, -1):
            word = text[at:end]
            found = {
                region: heirs
                for region in self._named.get(word, [])
                if is_named_here(region, word, text[end : end + 6], place)
                and (heirs := [h for h in self.heirs(region) if not place or place.contains(h)])
            }
            if found:
                return word, meant_regions(found)
        return None


def spoken_names(region: Region) -> set[str]:
    """Return its names: 玉龙纳西族自治县, 玉龙, 玉龙县."""
    names = {region.name, region.short_name} - {""}
    kind = AUTONOMOUS.get(region.name[-3:])
    return names | {region.short_name + kind} if kind and region.short_name else names


def is_named_here(region: Region, word: str, after: str, place: Region | None) -> bool:
    """Return whether `word`, followed by `after`, certainly means the region.

    城区 or 东区 alone speak of any town. A short name must not be part of another name. That of a
    county is heard only after its province or prefecture, that of a district never: what begins
    with 杭州西湖 need not be in 西湖区.
    """
    if word != region.short_name or word == region.name:
        return len(word) > 2 or place is not None
    if ELSE.match(after) or not region.is_current:
        return False
    return region.level < Region.Level.COUNTY or (place is not None and region.name[-1] in "市县")


def common_region(regions: list[Region]) -> Region | None:
    """Return the narrowest region that all lie in; None where that is the whole nation."""
    lineages = [region.lineage() for region in regions]
    shared = [level[0] for level in zip(*lineages, strict=False) if len(set(level)) == 1]
    return shared[-1] if shared else None


def contradicts(found: Region | None, region: Region) -> bool:
    """Return whether an address that names `found` cannot lie in `region`."""
    return found is not None and not (found.contains(region) or region.contains(found))
