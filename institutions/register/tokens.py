"""Search tokens of homes: characters and pairs of them, Latin words, pinyin and its initials.

Texts and searches pass through the same `fold`, so 養老, ＡＢＣ and abc are found as typed or not.
A token holds letters and digits only, behind a mark of ours that nobody can type.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from carebridge.lib.text import normalize, simplified
from institutions.models import Institution
from regions.models import Region

RUNS = re.compile(r"[a-z0-9]+|[^\W\x00-\x7f]+")
# Letters of a pinyin or a word that count; the rest of a longer one is not looked at.
LONGEST = 24
# The beginning of a whole name, and the code of a region that the home lies in.
NAME, PLACE = "=", "#"


def fold_text(text: str) -> str:
    """Lower case, half width, simplified, ü as the v that keyboards have."""
    return simplified(unicodedata.normalize("NFKC", normalize(text)).lower().replace("ü", "v"))


def split_runs(text: str) -> list[str]:
    """Return the unbroken stretches of a folded text: each of Latin letters and digits, or of
    neither.
    """
    return RUNS.findall(text)


def squeeze(text: str) -> str:
    """Return a folded text without what is neither letter nor digit: how whole names are
    compared.
    """
    return "".join(split_runs(text))


def character_pairs(run: str) -> list[str]:
    """松鹤园: 松鹤, 鹤园; of a single character itself."""
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]


def syllables(text: str, places: Iterable[Region] = ()) -> list[str]:
    """Return a folded text as pinyin, a Latin word as one syllable.

    The places in it are read by `places`: 长寿 is chang shou as a district, not zhang shou.
    """
    known = {fold_text(place.short_name): place.pinyin.split() for place in places if place.pinyin}
    names = "|".join(map(re.escape, sorted(known, key=len, reverse=True)))
    found: list[str] = []
    for run in split_runs(text):
        for piece in re.split(f"({names})", run) if names else [run]:
            found += known[piece] if piece in known else _read_syllables(piece)
    return found


def _read_syllables(text: str) -> list[str]:
    # Loaded at the first use: half a second and 30 MB that most workers never need.
    from pypinyin import lazy_pinyin

    return [] if not text else [text] if text.isascii() else lazy_pinyin(text)


def list_tokens(home: Institution) -> str:
    """Return every token of a home, sorted and parted by spaces; it comes `with_place`."""
    places = home.region.lineage()
    names = [
        fold_text(name)
        for name in (home.name, *home.aliases.splitlines())
        if squeeze(fold_text(name))
    ]
    found = {
        *_of_names(names, places),
        *_of_region(home.region),
        *_characters(split_runs(fold_text(home.operator))),
        *(pair for run in split_runs(fold_text(home.address)) for pair in _pairs_or_word(run)),
    }
    return " ".join(sorted(found))


def _of_names(names: Iterable[str], places: list[Region]) -> Iterator[str]:
    for name in names:
        spoken = syllables(name, places)
        yield from _characters(split_runs(name))
        yield from _pinyin_tokens(spoken)
        yield NAME + squeeze(name)[:LONGEST]
        yield NAME + "".join(spoken)[:LONGEST]
        yield NAME + _initials(spoken)[:LONGEST]


def _of_region(region: Region) -> Iterator[str]:
    lineage = region.lineage()
    for place in lineage:
        yield from _characters(split_runs(fold_text(f"{place.name} {place.short_name}")))
    yield from _pinyin_tokens([sound for place in lineage for sound in place.pinyin.split()])
    yield from (PLACE + code for code in region.codes_upward())


def _characters(stretches: Iterable[str]) -> Iterator[str]:
    for run in stretches:
        yield from _pairs_or_word(run)
        if not run.isascii():
            yield from run


def _pairs_or_word(run: str) -> list[str]:
    return [run[:LONGEST]] if run.isascii() else character_pairs(run)


def _pinyin_tokens(spoken: list[str]) -> Iterator[str]:
    """Pinyin and initials from every syllable on: searched by how they begin."""
    for start in range(len(spoken)):
        yield "".join(spoken[start:])[:LONGEST]
        yield _initials(spoken[start:])[:LONGEST]


def _initials(spoken: list[str]) -> str:
    return "".join(syllable[0] for syllable in spoken)
