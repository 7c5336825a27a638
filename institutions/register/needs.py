"""Elders a home takes and care it can give, in the words of families."""

from institutions.models import Level
from institutions.models.institution import TAKES
from regions.models.codes import ABILITY_WORDS

# Plain words first; then the official term, or an empty string where the words are the term.
TAKES_WORDS: dict[str, tuple[str, str]] = {
    **{
        f"takes_level_{level}": (words, str(Level(level).label))
        for level, words in ABILITY_WORDS.items()
    },
    "takes_dementia": ("记性不好、会糊涂的老人", "认知症"),
    "takes_men": ("爷爷（男性）", ""),
    "takes_women": ("奶奶（女性）", ""),
    "takes_nonlocal": ("户口不在当地的老人", "外地户籍"),
    "takes_sojourn": ("只住一阵子", "短住、旅居康养"),
    "meets_dialysis": ("要做透析的老人", ""),
    "meets_tube_feeding": ("靠鼻管吃饭的老人", "鼻饲"),
    "meets_oxygen": ("要吸氧的老人", "供氧"),
    "meets_wandering": ("会走失的老人", "防走失"),
    "meets_psychiatric": ("要定期看精神科的老人", "配合精神科复诊"),
}

# What an elder may need of a home; short stays are a wish, not a need.
NEEDS = tuple(name for name in TAKES if name != "takes_sojourn")


def need_words(name: str) -> str:
    """靠鼻管吃饭的老人（鼻饲）."""
    words, official = TAKES_WORDS[name]
    return f"{words}（{official}）" if official else words
