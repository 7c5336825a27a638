"""Ratings and ability scales side by side, each by its own document; never turned into one."""

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from institutions.models import Rating
from institutions.pages.compare.table import (
    AnswerRow,
    HomeAnswer,
    HomeColumn,
    HomeQuestion,
    Notes,
    answer_row,
    plain_answer,
)
from institutions.register.record import path_of
from regions.engine.rules import Elder
from regions.models import Document, Scale
from regions.models.codes import LEVEL_NAMES
from regions.policies.rulebook import Book

# The body that rates by the scheme, its highest level, and the document that defines it.
SCHEMES: dict[str, tuple[str, str]] = {
    Rating.Scheme.NATIONAL: ("全国标准，一级到五级，五级最高", "gb-t-37276-2018"),
    Rating.Scheme.BEIJING_STAR: ("北京市评的，一星到五星，五星最高", "bj-stars-2020"),
    Rating.Scheme.CHONGQING_LEVEL: ("重庆市评的养老机构，最高五星级", "cq-ratings-2019"),
    Rating.Scheme.CHONGQING_LEAF: ("重庆市评的社区养老服务，最高五叶级", "cq-ratings-2019"),
}
# Where each scale is laid down; a contract's own levels are laid down nowhere.
SCALE_DOCUMENTS: dict[str, str] = {
    Scale.NATIONAL: "gb-t-42195-2022",
    Scale.BEIJING: "bj-elder-allowances-2019",
    Scale.LTCI: "ltci-scale-2021",
    Scale.TIANJIN_CARE: "tj-home-care-subsidy-2017",
}
SLUGS = {*(slug for _, slug in SCHEMES.values()), *SCALE_DOCUMENTS.values()}


@dataclass(frozen=True)
class SchemeRow:
    """One scheme: what it is, and the level of each home under it."""

    about: str
    document: Document | None
    row: AnswerRow


@dataclass(frozen=True)
class ScaleRow:
    """One ability scale: its levels, what goes by it, and the elder's finding if there is one."""

    label: str
    levels: tuple[str, ...]
    prices: bool
    policies: tuple[str, ...]
    finding: str
    document: Document | None


@dataclass(frozen=True)
class Crosswalk:
    schemes: tuple[SchemeRow, ...]
    scales: tuple[ScaleRow, ...]


def crosswalk(columns: list[HomeColumn], notes: Notes, elder: Elder, book: Book) -> Crosswalk:
    """Return the schemes that any of the homes is rated by, and every scale; one query."""
    documents = {
        document.slug: document for document in Document.objects.published().filter(slug__in=SLUGS)
    }
    return Crosswalk(
        tuple(_schemes(columns, notes, documents)),
        tuple(_scale_row(scale, elder, book, documents) for scale in Scale),
    )


def _schemes(
    columns: list[HomeColumn], notes: Notes, documents: dict[str, Document]
) -> Iterable[SchemeRow]:
    rated = {rating.scheme for column in columns for rating in column.home.ratings.all()}
    for scheme, (about, slug) in SCHEMES.items():
        if scheme in rated:
            question = HomeQuestion(str(Rating.Scheme(scheme).label), "", _ask_scheme(scheme))
            yield SchemeRow(about, documents.get(slug), answer_row(question, columns, notes))


def _ask_scheme(scheme: str) -> Callable[[HomeColumn], HomeAnswer]:
    def answer(column: HomeColumn) -> HomeAnswer:
        rows = [rating for rating in column.home.ratings.all() if rating.scheme == scheme]
        return plain_answer(
            *(_rating_words(r, column.on) for r in rows[:1]), paths=map(path_of, rows[:1])
        )

    return answer


def _rating_words(rating: Rating, on: datetime.date) -> str:
    expired = "" if rating.is_in_force(on) else "，已过期"
    return f"{rating.level_name}（{rating.year} 年评的{expired}）"


def _scale_row(scale: Scale, elder: Elder, book: Book, documents: dict[str, Document]) -> ScaleRow:
    level = elder.level(scale)
    by_it = [rule.slug for rule in book.rules.rules if any(r.scale == scale for r in rule.rates)]
    return ScaleRow(
        label=str(scale.label).partition("（")[0],
        levels=tuple(
            name if name[0].isdecimal() else f"{number} {name}"
            for number, name in LEVEL_NAMES[scale].items()
        ),
        prices=scale == Scale.NATIONAL,
        policies=tuple(sorted({book.policies[slug].name for slug in by_it})),
        finding="" if level is None else LEVEL_NAMES[scale][level],
        document=documents.get(SCALE_DOCUMENTS.get(scale, "")),
    )
