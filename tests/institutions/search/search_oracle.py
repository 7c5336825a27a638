"""Slow and obvious: what a text finds and in which order, told from the homes themselves.

Nothing here uses tokens or an index; it is what the fast search must equal on either database.
"""

import itertools
import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from opencc import OpenCC
from pypinyin import lazy_pinyin

from institutions.models import Institution, Listing
from regions.models import Region
from regions.models.region import preferred

LONGEST = 24
SIMPLIFY = OpenCC("t2s")


def plain(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).lower().replace("ü", "v")
    return "".join(c if c.isascii() else SIMPLIFY.convert(c) for c in text)


def stretches(text: str) -> list[str]:
    """Runs of Latin letters and digits, and runs of other letters, as typed."""
    found, kind = [""], None
    for character in text:
        now = character.isascii() if character.isalnum() else None
        if now is not None and now == kind:
            found[-1] += character
        elif now is not None:
            found.append(character)
        kind = now
    return found[1:]


def sounds(text: str, places: list[Region]) -> list[str]:
    """Syllables; places sound as the register of regions says."""
    found: list[str] = []
    for stretch in stretches(text):
        waiting = ""
        while stretch:
            here = [p for p in places if p.pinyin and stretch.startswith(plain(p.short_name))]
            if here:
                place = max(here, key=lambda p: len(p.short_name))
                found += [*spell(waiting), *place.pinyin.split()]
                waiting, stretch = "", stretch[len(place.short_name) :]
            else:
                waiting, stretch = waiting + stretch[0], stretch[1:]
        found += spell(waiting)
    return found


def spell(text: str) -> list[str]:
    return [text] if text.isascii() and text else lazy_pinyin(text)


@dataclass
class Told:
    """What one home is known by: names, other texts, the address, sounds from every syllable."""

    names: list[str]
    named: list[str]
    texts: list[str]
    address: str
    heard: set[str]
    codes: set[str]


def told(home: Institution) -> Told:
    lineage: list[Region] = []
    region = home.region
    while region is not None and region.level > 0:
        lineage.insert(0, region)
        region = region.parent
    names = [plain(name) for name in [home.name, *home.aliases.splitlines()]]
    spoken = [sounds(name, lineage) for name in names]
    of_place = [sound for place in lineage for sound in place.pinyin.split()]
    named = ["".join(stretches(name))[:LONGEST] for name in names]
    named += ["".join(s)[:LONGEST] for s in spoken]
    named += ["".join(x[0] for x in s)[:LONGEST] for s in spoken]
    heard = {
        word[:LONGEST]
        for s in [*spoken, of_place]
        for start in range(len(s))
        for word in ("".join(s[start:]), "".join(x[0] for x in s[start:]))
    }
    texts = [*names, plain(home.operator)]
    texts += [plain(name) for place in lineage for name in (place.name, place.short_name)]
    codes = {"000000"} | {place.code for place in lineage}
    return Told(names, named, texts, plain(home.address), heard, codes)


def has(home: Told, word: str) -> bool:
    """Whether every pair of neighbours stands somewhere; Latin letters begin a word or a sound."""
    for stretch in stretches(word):
        if stretch.isascii():
            latin = [x for text in [*home.texts, home.address] for x in stretches(text)]
            begun = [x for x in latin if x.isascii()] + [*home.heard]
            if not any(x[:LONGEST].startswith(stretch[:LONGEST]) for x in begun):
                return False
        elif len(stretch) == 1:
            if not has_character(home, stretch):
                return False
        else:
            for pair in map("".join, itertools.pairwise(stretch)):
                if not any(pair in text for text in [*home.texts, home.address]):
                    return False
    return True


def has_character(home: Told, character: str) -> bool:
    """In the address one counts only where it stands alone: 号 after a number."""
    return any(character in text for text in home.texts) or character in stretches(home.address)


@cache
def regions() -> list[Region]:
    return list(Region.objects.select_related("parent__parent").prefetch_related("successors"))


@cache
def place_of(word: str) -> tuple[frozenset[str], str]:
    """The codes of what the longest beginning of the word names today, and the rest."""
    spoken = [r for r in regions() if {r.name, r.short_name, r.code} & parts_of(word)]
    for end in range(min(len(word), 50), 1, -1):
        named = [r for r in spoken if r.code == word[:end] or r.answers_to(word[:end])]
        codes = {heir.code for r in preferred(named) for heir in r.heirs()}
        if codes:
            return frozenset(codes), word[end:]
    return frozenset(), word


def parts_of(word: str) -> set[str]:
    return {word[i:j] for i in range(len(word)) for j in range(i + 1, len(word) + 1)}


def fits(home: Told, word: str) -> bool:
    codes, rest = place_of(word)
    return has(home, word) or bool(codes & home.codes and has(home, rest))


def rank(home: Told, words: list[str]) -> int:
    wanted = {"".join(words)[:LONGEST], "".join(place_of(word)[1] for word in words)[:LONGEST]}
    wanted -= {""}
    if wanted & set(home.named):
        return 0
    if any(name.startswith(want) for name in home.named for want in wanted):
        return 1
    return 2 if all(has(home, word) for word in words) else 3


def find(homes: dict[int, Told], text: str) -> tuple[list[int], bool]:
    """Ids in order, and whether they are only like what was typed."""
    rows = {
        row.pk: (row.is_demo, -row.known, -(row.as_of.toordinal() if row.as_of else 0), row.pk)
        for row in Listing.objects.all()
    }
    if not re.sub(r"[\s·・/、，,>-]", "", text):
        return sorted(rows, key=rows.__getitem__), False
    words = list(dict.fromkeys(re.findall(r"[^\W_]+", plain(text))))
    found = [pk for pk, home in homes.items() if words and all(fits(home, word) for word in words)]
    if found:
        return sorted(found, key=lambda pk: (rank(homes[pk], words), rows[pk])), False
    there = [place_of(word)[0] for word in words if not place_of(word)[1]]
    near = {pk: home for pk, home in homes.items() if all(codes & home.codes for codes in there)}
    rest = [s for word in words if place_of(word)[1] for s in stretches(word)]
    return alike(near, rest, rows)


def alike(homes: dict[int, Told], rest: list[str], rows: dict) -> tuple[list[int], bool]:
    spoken = ["".join(sounds(s, []))[:LONGEST] for s in rest]
    if not spoken:
        return [], False
    found = [pk for pk, home in homes.items() if all(has(home, sound) for sound in spoken)]
    if found:
        return sorted(found, key=rows.__getitem__), True
    text = "".join(s for s in rest if not s.isascii())[:12]
    grams = set(text) | {text[i : i + 2] for i in range(len(text) - 1)}
    holders = {gram: {pk for pk, home in homes.items() if has(home, gram)} for gram in grams}
    most = min(max(len(homes) // 20, 20), 2_000)
    telling = {gram: pks for gram, pks in holders.items() if len(pks) <= most}
    scores = {pk: sum(len(g) for g, pks in telling.items() if pk in pks) for pk in homes}
    least = max(sum(map(len, telling)) / 3, max(scores.values(), default=0) / 2)
    near = [pk for pk in homes if scores[pk] and scores[pk] >= least]
    best = sorted(near, key=lambda pk: (-scores[pk], pk))[:60]
    return sorted(best, key=lambda pk: (-scores[pk], rows[pk])), bool(best)
