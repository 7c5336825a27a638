"""Words in, a condition on listings and an order out; the same on both databases.

Every word narrows. A word stands for the tokens it is made of, or for the place it begins with.
Where nothing holds all of them, homes that sound or look alike are offered instead, and marked.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Case, OrderBy, Q, Value, When

from institutions.models import Tokens
from institutions.models.tokens import All, Either, Sought, Token
from institutions.register.tokens import (
    LONGEST,
    NAME,
    PLACE,
    character_pairs,
    fold_text,
    split_runs,
    syllables,
)
from institutions.search.index import MemoryIndex
from regions.models import Region
from regions.models.region import SEPARATORS
from regions.places.gazetteer import Gazetteer, gazetteer

MOST_WORDS = 8
# A mark between letters parts words; a text of nothing but marks finds nothing.
WORD = re.compile(r"[^\W_]+")
# What is found by likeness: at most so many homes, by so many characters of what was typed.
MOST_ALIKE = 60
MOST_COMPARED = 12
# A character or pair in more than one home of twenty does not identify a home.
COMMON = 20
BOUNDS_OF_UNCOMMON = (20, 2_000)
NOTHING = Q(pk__in=[])


@dataclass(frozen=True)
class TextMatch:
    """The match of a text: a condition on listings, and ranks for their order.

    `ranks` are conditions, best first; a listing ranks by the first that it meets.
    """

    condition: Q
    ranks: tuple[Q, ...] = ()
    is_alike: bool = False

    @property
    def order(self) -> list[OrderBy]:
        """Return the order by rank; listings that meet no condition come last."""
        if not self.ranks:
            return []
        whens = (When(condition, then=Value(rank)) for rank, condition in enumerate(self.ranks))
        return [Case(*whens, default=Value(len(self.ranks))).asc()]


@dataclass(frozen=True)
class Word:
    """One word of a search: its characters, the places it may begin with, and what follows them."""

    text: str
    places: tuple[Region, ...] = field(repr=False)
    rest: str

    @property
    def literal(self) -> Sought:
        return _holding(self.text)

    @property
    def in_places(self) -> Sought:
        return Either(tuple(Token(PLACE + region.code) for region in self.places))

    @property
    def sought(self) -> Sought:
        """Return a term for homes that hold the word, or lie in its place and hold its rest."""
        if not self.places:
            return self.literal
        there = All((self.in_places, _holding(self.rest))) if self.rest else self.in_places
        return Either((self.literal, there))


def split_words(text: str) -> list[str]:
    """Split typed text at spaces and at separators between the parts of a place."""
    return [word for word in SEPARATORS.split(text) if word]


def match_text(
    text: str, known: Gazetteer | None = None, bitmaps: MemoryIndex | None = None
) -> TextMatch:
    """Return the homes that match `text`.

    With bitmaps one query if some home holds it all, three if none does, four with a place in the
    words; none for what they keep. The `known` regions cost a query where they are not given.
    """
    if not split_words(text):
        return TextMatch(Q())
    asked = read_words(text, known or gazetteer())
    if not asked:
        return TextMatch(NOTHING)
    sought = holding_all(asked)
    if _is_held(sought, bitmaps):
        return TextMatch(Q(pk__holds=sought), _rank_conditions(asked))
    return _match_alike(asked, bitmaps)


def read_words(text: str, known: Gazetteer) -> list[Word]:
    """Return the words of a text, folded, with the places they begin with."""
    spoken = dict.fromkeys(WORD.findall(fold_text(text)))
    led = {word: known.names.leading(word) for word in spoken}
    return [Word(word, tuple(places), rest) for word, (places, rest) in led.items()]


def holding_all(asked: Iterable[Word]) -> Sought:
    """Return a term for homes that match every word."""
    return All(tuple(word.sought for word in asked))


def beginning(asked: list[Word]) -> Sought:
    """Return a term for names that begin as the words do, with or without their places."""
    return Either(tuple(Token(name, begins=True) for name in _name_tokens(asked)))


def _name_tokens(asked: list[Word]) -> list[str]:
    whole = "".join(word.text for word in asked)
    beyond = "".join(word.rest for word in asked)
    return [NAME + name[:LONGEST] for name in dict.fromkeys((whole, beyond)) if name]


def _holding(word: str) -> Sought:
    """Return a term for every pair of characters; Latin letters and digits match as a prefix."""
    return All(
        tuple(
            Token(token, begins=run.isascii())
            for run in split_runs(word)
            for token in ([run[:LONGEST]] if run.isascii() else character_pairs(run))
        )
    )


def _rank_conditions(asked: list[Word]) -> tuple[Q, ...]:
    """Rank the whole name, the beginning of a name, all words as they are typed; then the rest."""
    ranks = [
        Q(pk__holds=Either(tuple(map(Token, _name_tokens(asked))))),
        Q(pk__holds=beginning(asked)),
    ]
    if any(word.places for word in asked):
        ranks.append(Q(pk__holds=All(tuple(word.literal for word in asked))))
    return tuple(ranks)


def _is_held(sought: Sought, bitmaps: MemoryIndex | None) -> bool:
    """Return whether any home matches; the ids are kept, for they are asked next."""
    if bitmaps:
        return bool(bitmaps.find(("pk__holds", sought)))
    return Tokens.objects.filter(pk__holds=sought).exists()


def _match_alike(asked: list[Word], bitmaps: MemoryIndex | None) -> TextMatch:
    """Match homes in the named places that sound like the other words, or else look like them."""
    there = [word.in_places for word in asked if word.places and not word.rest]
    rest = [run for word in asked if word.rest for run in split_runs(word.text)]
    sounds = [Token(sound, begins=True) for sound in map(_sound_token, rest)]
    if not sounds:
        return TextMatch(NOTHING)
    sounding = All((*there, *sounds))
    if _is_held(sounding, bitmaps):
        return TextMatch(Q(pk__holds=sounding), is_alike=True)
    likely = "".join(run for run in rest if not run.isascii())[:MOST_COMPARED]
    scores = _score_homes(likely, there, bitmaps)
    best = sorted(scores, key=lambda pk: (-scores[pk], pk))[:MOST_ALIKE]
    ranks = [[pk for pk in best if scores[pk] == score] for score in {scores[pk] for pk in best}]
    ranks.sort(key=lambda ids: -scores[ids[0]])
    return TextMatch(Q(pk__in=best), tuple(Q(pk__in=ids) for ids in ranks), is_alike=bool(best))


def _sound_token(run: str) -> str:
    return "".join(syllables(run))[:LONGEST]


def _score_homes(text: str, there: list[Sought], bitmaps: MemoryIndex | None) -> dict[int, int]:
    """Score the homes that hold most of `text`, by id: a pair counts two, a character one.

    Common characters do not count. A home must hold a third of the weight of the others, and
    half of what the best home holds.
    """
    weights = dict.fromkeys(text, 1) | {pair: 2 for pair in character_pairs(text) if len(pair) > 1}
    if not weights:
        return {}
    most = _uncommon(there, bitmaps)
    sought = [All((*there, Token(gram))) for gram in weights]
    scores: dict[int, int] = {}
    weight_in_all = 0
    keeper = bitmaps or Tokens.objects
    found = keeper.held_by_each(sought, most + 1)
    for ids, weight in zip(found, weights.values(), strict=True):
        if len(ids) <= most:
            weight_in_all += weight
            for pk in ids:
                scores[pk] = scores.get(pk, 0) + weight
    least = max(weight_in_all / 3, max(scores.values(), default=0) / 2)
    return {pk: score for pk, score in scores.items() if score >= least}


def _uncommon(there: list[Sought], bitmaps: MemoryIndex | None) -> int:
    """Return the greatest number of homes for an uncommon token; counts no more than needed."""
    least, most = BOUNDS_OF_UNCOMMON
    if bitmaps:
        homes = len(bitmaps.find(("pk__holds", All((*there,)))) if there else bitmaps.everything)
    else:
        rows = Tokens.objects.filter(pk__holds=All((*there,))) if there else Tokens.objects.all()
        homes = rows[: most * COMMON].count()
    return min(max(homes // COMMON, least), most)
