"""Words in, a condition on listings and an order out; the same on both databases.

Every word narrows. A word stands for the tokens it is made of, or for the place it begins with.
Where nothing holds all of them, what sounds alike or looks alike is offered instead, and said so.
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
from institutions.search.memory.bitmaps import Bitmaps
from regions.models import Region
from regions.models.region import SEPARATORS
from regions.places.gazetteer import Gazetteer, gazetteer

MOST_WORDS = 8
# A mark between letters parts words; a text of nothing but marks finds nothing.
WORD = re.compile(r"[^\W_]+")
# What is found by likeness: at most so many homes, by so many characters of what was typed.
MOST_ALIKE = 60
MOST_COMPARED = 12
# A character or pair in more than one home of twenty says nothing of which home is meant.
COMMON = 20
BOUNDS_OF_UNCOMMON = (20, 2_000)
NOTHING = Q(pk__in=[])


@dataclass(frozen=True)
class Search:
    """What a text finds: a condition on listings, and what should head the list.

    `ranks` are conditions, best first; a listing ranks by the first that it meets.
    """

    condition: Q
    ranks: tuple[Q, ...] = ()
    is_alike: bool = False

    @property
    def order(self) -> list[OrderBy]:
        """By rank; what meets no condition comes last."""
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
    def place(self) -> Sought:
        return Either(tuple(Token(PLACE + region.code) for region in self.places))

    @property
    def sought(self) -> Sought:
        """Homes that hold the word, or that lie in its place and hold what follows that."""
        if not self.places:
            return self.literal
        there = All((self.place, _holding(self.rest))) if self.rest else self.place
        return Either((self.literal, there))


def words(text: str) -> list[str]:
    """What a family typed, cut at spaces and at what stands between the parts of a place."""
    return [word for word in SEPARATORS.split(text) if word]


def search(text: str, known: Gazetteer | None = None, bitmaps: Bitmaps | None = None) -> Search:
    """What `text` finds.

    With bitmaps one query if some home holds it all, three if none does, four with a place in the
    words; none for what they keep. The `known` regions cost a query where they are not told.
    """
    if not words(text):
        return Search(Q())
    asked = read(text, known or gazetteer())
    if not asked:
        return Search(NOTHING)
    sought = holding_all(asked)
    if _is_held(sought, bitmaps):
        return Search(Q(pk__holds=sought), _ranks(asked))
    return _alike(asked, bitmaps)


def read(text: str, known: Gazetteer) -> list[Word]:
    """The words of a text, folded, with the places they begin with."""
    spoken = dict.fromkeys(WORD.findall(fold_text(text)))
    led = {word: known.names.leading(word) for word in spoken}
    return [Word(word, tuple(places), rest) for word, (places, rest) in led.items()]


def holding_all(asked: Iterable[Word]) -> Sought:
    """What holds every word, or lies in the place it begins with and holds the rest."""
    return All(tuple(word.sought for word in asked))


def beginning(asked: list[Word]) -> Sought:
    """Names that begin as the words do, with or without the places in them."""
    return Either(tuple(Token(name, begins=True) for name in _names(asked)))


def _names(asked: list[Word]) -> list[str]:
    whole = "".join(word.text for word in asked)
    beyond = "".join(word.rest for word in asked)
    return [NAME + name[:LONGEST] for name in dict.fromkeys((whole, beyond)) if name]


def _holding(word: str) -> Sought:
    """Every pair of characters; of Latin letters and digits, how a word or a sound begins."""
    return All(
        tuple(
            Token(token, begins=run.isascii())
            for run in split_runs(word)
            for token in ([run[:LONGEST]] if run.isascii() else character_pairs(run))
        )
    )


def _ranks(asked: list[Word]) -> tuple[Q, ...]:
    """The whole name, the beginning of a name, all words as they are typed; then the rest."""
    ranks = [
        Q(pk__holds=Either(tuple(map(Token, _names(asked))))),
        Q(pk__holds=beginning(asked)),
    ]
    if any(word.places for word in asked):
        ranks.append(Q(pk__holds=All(tuple(word.literal for word in asked))))
    return tuple(ranks)


def _is_held(sought: Sought, bitmaps: Bitmaps | None) -> bool:
    """Whether any home holds it; who does is kept, for it is asked next."""
    if bitmaps:
        return bool(bitmaps.find(("pk__holds", sought)))
    return Tokens.objects.filter(pk__holds=sought).exists()


def _alike(asked: list[Word], bitmaps: Bitmaps | None) -> Search:
    """Homes in the places asked for that sound like the other words, or else look like them."""
    there = [word.place for word in asked if word.places and not word.rest]
    rest = [run for word in asked if word.rest for run in split_runs(word.text)]
    sounds = [Token(sound, begins=True) for sound in map(_sound, rest)]
    if not sounds:
        return Search(NOTHING)
    sounding = All((*there, *sounds))
    if _is_held(sounding, bitmaps):
        return Search(Q(pk__holds=sounding), is_alike=True)
    likely = "".join(run for run in rest if not run.isascii())[:MOST_COMPARED]
    scores = _scores(likely, there, bitmaps)
    best = sorted(scores, key=lambda pk: (-scores[pk], pk))[:MOST_ALIKE]
    ranks = [[pk for pk in best if scores[pk] == score] for score in {scores[pk] for pk in best}]
    ranks.sort(key=lambda ids: -scores[ids[0]])
    return Search(Q(pk__in=best), tuple(Q(pk__in=ids) for ids in ranks), is_alike=bool(best))


def _sound(run: str) -> str:
    return "".join(syllables(run))[:LONGEST]


def _scores(text: str, there: list[Sought], bitmaps: Bitmaps | None) -> dict[int, int]:
    """How much of `text` each home holds that holds most: a pair counts two, a character one.

    What is common says nothing and does not count. A home must hold a third of what does, and
    half of what the best home holds.
    """
    weights = dict.fromkeys(text, 1) | {pair: 2 for pair in character_pairs(text) if len(pair) > 1}
    if not weights:
        return {}
    most = _uncommon(there, bitmaps)
    sought = [All((*there, Token(gram))) for gram in weights]
    scores: dict[int, int] = {}
    telling = 0
    keeper = bitmaps or Tokens.objects
    found = keeper.held_by_each(sought, most + 1)
    for ids, weight in zip(found, weights.values(), strict=True):
        if len(ids) <= most:
            telling += weight
            for pk in ids:
                scores[pk] = scores.get(pk, 0) + weight
    least = max(telling / 3, max(scores.values(), default=0) / 2)
    return {pk: score for pk, score in scores.items() if score >= least}


def _uncommon(there: list[Sought], bitmaps: Bitmaps | None) -> int:
    """In how many homes at most something uncommon is; no more are counted than need be."""
    least, most = BOUNDS_OF_UNCOMMON
    if bitmaps:
        homes = len(bitmaps.find(("pk__holds", All((*there,)))) if there else bitmaps.everything)
    else:
        rows = Tokens.objects.filter(pk__holds=All((*there,))) if there else Tokens.objects.all()
        homes = rows[: most * COMMON].count()
    return min(max(homes // COMMON, least), most)
