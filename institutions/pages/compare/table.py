"""The same questions put to several homes: rows and cells as plain data, sources numbered.

Money is fen. An answer without lines is not published.
"""

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from carebridge.lib.money import exact_yuan
from institutions.costs.monthly_cost import Cost
from institutions.models import Designation, Fee, Institution
from institutions.pages.institution.page import Profile
from institutions.pages.parts.card import Card
from institutions.register.provenance import SourceLine, sources_of
from regions.policies.agreements import Matter


@dataclass(frozen=True)
class HomeColumn:
    """One home, its cost for the elder, and the settlement of medical bills there, if known."""

    profile: Profile
    card: Card
    care: tuple[Matter, ...]
    on: datetime.date

    @property
    def cost(self) -> Cost | None:
        return self.card.cost

    @property
    def home(self) -> Institution:
        return self.profile.institution

    def takes(self, name: str) -> str:
        """Return 收, 不收, 能照顾, 不能照顾, or an empty string."""
        return next(line.answer for line in self.profile.takes if line.path == name)

    def fees(self, *kinds: Fee.Kind) -> list[Fee]:
        """Return the published prices of these kinds in force."""
        return [
            fee for fee in self.home.fees.all() if fee.kind in kinds and fee.is_in_force(self.on)
        ]

    def designations(self, *kinds: Designation.Kind) -> list[Designation]:
        rows = self.home.designations.all()
        return [row for row in rows if row.kind in kinds and row.is_in_force(self.on)]


@dataclass(frozen=True)
class AnswerLine:
    """One line of an answer: words, an amount or both; `cited` is what it rests on.

    `note` is the number of that under the table.
    """

    words: str = ""
    fen: int | None = None
    unit: str = ""
    is_big: bool = False
    cited: str = ""
    url: str = ""
    note: int | None = None


@dataclass(frozen=True)
class Bridge:
    """List price and rest as shares, in percent, of the dearest list price in the row."""

    whole: float
    net: float

    @property
    def rest(self) -> float:
        return round(self.whole - self.net, 1)

    @property
    def rise(self) -> float:
        """Return the height of the arch in pixels: a narrow one is low."""
        return round(min(22.0, 1.2 * self.rest), 1)

    @property
    def top(self) -> float:
        return round(22 - self.rise, 1)


@dataclass(frozen=True)
class HomeAnswer:
    """The answer of one home to one question. `rank` orders its row, if anything does."""

    lines: tuple[AnswerLine, ...] = ()
    paths: tuple[str, ...] = ()
    rank: int | None = None
    mark: str = ""
    is_short: bool = False
    bridge: Bridge | None = None
    as_of: datetime.date | None = None


@dataclass(frozen=True)
class HomeQuestion:
    """Plain words, the official term or nothing, and how a home answers."""

    label: str
    official: str
    ask: Callable[[HomeColumn], HomeAnswer]
    mark: Callable[[list[HomeAnswer]], list[HomeAnswer]] = list


@dataclass(frozen=True)
class Cited:
    """A rule that an answer rests on, with its document, date and grade."""

    words: str
    url: str


@dataclass(frozen=True)
class Note:
    """A source under its number: of a home's figures, or of a rule."""

    number: int
    of: SourceLine | Cited

    @property
    def line(self) -> SourceLine | None:
        return self.of if isinstance(self.of, SourceLine) else None


class Notes:
    """The sources of every answer, each numbered once, in the order they are met."""

    def __init__(self) -> None:
        self._numbers: dict[SourceLine | Cited, int] = {}

    def _note_number(self, source: SourceLine | Cited) -> int:
        return self._numbers.setdefault(source, len(self._numbers) + 1)

    def with_note(self, line: AnswerLine) -> AnswerLine:
        """Return the line with the number of its source."""
        return (
            replace(line, note=self._note_number(Cited(line.cited, line.url)))
            if line.cited
            else line
        )

    def numbers(self, column: HomeColumn, paths: Iterable[str]) -> tuple[tuple[int, ...], str]:
        """Return the numbers of what stands at these paths, and the date of the oldest."""
        rows = sources_of(column.home.provenance.all(), paths)
        lines = [replace(SourceLine.from_row(row), label="", quote="") for row in rows]
        oldest = min(lines, key=lambda line: line.as_of, default=None)
        numbers = sorted({self._note_number(line) for line in lines})
        return tuple(numbers), oldest.dated if oldest else ""

    @property
    def listed(self) -> list[Note]:
        return [Note(number, source) for source, number in self._numbers.items()]


@dataclass(frozen=True)
class AnswerCell:
    name: str
    answer: HomeAnswer
    notes: tuple[int, ...]
    dated: str


@dataclass(frozen=True)
class AnswerRow:
    label: str
    official: str
    cells: tuple[AnswerCell, ...]

    @property
    def is_alone(self) -> bool:
        return len(self.cells) < 2

    @property
    def differs(self) -> bool:
        """Return whether the answers differ; their dates do not count."""
        return len({cell.answer.lines for cell in self.cells}) > 1


@dataclass(frozen=True)
class Group:
    title: str
    rows: tuple[AnswerRow, ...]


def answer_row(question: HomeQuestion, columns: list[HomeColumn], notes: Notes) -> AnswerRow:
    answers = question.mark([_with_notes(question.ask(column), notes) for column in columns])
    cells = [
        AnswerCell(
            column.home.name, answer, *notes.numbers(column, answer.paths if answer.lines else ())
        )
        for column, answer in zip(columns, answers, strict=True)
    ]
    return AnswerRow(question.label, question.official, tuple(cells))


def _with_notes(answer: HomeAnswer, notes: Notes) -> HomeAnswer:
    return replace(answer, lines=tuple(map(notes.with_note, answer.lines)))


def plain_answer(*lines: str, paths: Iterable[str] = ()) -> HomeAnswer:
    """Return an answer in plain lines; empty ones are left out."""
    return HomeAnswer(tuple(AnswerLine(line) for line in lines if line), tuple(paths))


# Marks: which is least, most, or short of the others


def extreme(
    pick: Callable[[list[int]], int], mark: str
) -> Callable[[list[HomeAnswer]], list[HomeAnswer]]:
    def marked(answers: list[HomeAnswer]) -> list[HomeAnswer]:
        ranks = [answer.rank for answer in answers if answer.rank is not None]
        if len(set(ranks)) < 2:
            return answers
        return [replace(a, mark=mark) if a.rank == pick(ranks) else a for a in answers]

    return marked


def shortfalls(answers: list[HomeAnswer]) -> list[HomeAnswer]:
    most = max((answer.rank for answer in answers if answer.rank is not None), default=0)
    return [
        replace(a, mark=f"少 {exact_yuan(most - a.rank)} 元", is_short=True)
        if a.rank is not None and a.rank < most
        else a
        for a in answers
    ]
