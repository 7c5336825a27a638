"""The text of a document as its page shows it: each sentence with what it makes."""

import re
from dataclasses import dataclass

from django.db.models import Prefetch

from regions.law.clauses import is_heading
from regions.models import Document, LawText, Policy, Sentence

Makes = Sentence.Makes
GAP = re.compile(r"(〔缺[^〕]*〕)")
# The part of a policy's page that a kind of sentence is about.
SECTIONS = {
    Makes.EXCLUSION: "#together",
    Makes.PAPER: "#apply",
    Makes.OFFICE: "#apply",
    Makes.PAYMENT: "#apply",
    Makes.PERIOD: "#source",
}


@dataclass(frozen=True)
class Link:
    name: str
    url: str


@dataclass(frozen=True)
class Shown:
    """One sentence: its words with gaps apart, and the policies it makes."""

    sentence: Sentence
    pieces: list[tuple[str, bool]]
    makes: str
    links: list[Link]
    is_heading: bool

    @property
    def anchor(self) -> str:
        return self.sentence.anchor


@dataclass(frozen=True)
class NumberedReason:
    """A reason why sentences make nothing, with their numbers in runs: 1—11、28."""

    words: str
    sentences: str


@dataclass(frozen=True)
class TextPage:
    text: LawText
    sentences: list[Shown]
    reasons: list[NumberedReason]

    @property
    def marked(self) -> int:
        return sum(bool(shown.links) for shown in self.sentences)

    @property
    def unread(self) -> int:
        """The number of sentences that nobody has mapped yet."""
        return sum(not shown.sentence.makes for shown in self.sentences)

    @property
    def has_gaps(self) -> bool:
        return any(is_gap for shown in self.sentences for _, is_gap in shown.pieces)


def text_page(document: Document) -> TextPage | None:
    """Return the published text of `document`, or None; three queries, or one."""
    text = LawText.objects.published().filter(document=document).first()
    if text is None:
        return None
    text.document = document
    policies = Policy.objects.order_by("slug")
    rows = list(text.sentences.order_by("number").prefetch_related(Prefetch("policies", policies)))
    return TextPage(text, [_shown(row) for row in rows], _reasons(rows))


def _shown(row: Sentence) -> Shown:
    section = SECTIONS.get(Makes(row.makes), "#amount") if row.makes else ""
    return Shown(
        row,
        [(piece, GAP.fullmatch(piece) is not None) for piece in GAP.split(row.words) if piece],
        row.get_makes_display() if row.makes else "",
        [Link(policy.name, policy.get_absolute_url() + section) for policy in row.policies.all()],
        is_heading(row.words),
    )


def _reasons(rows: list[Sentence]) -> list[NumberedReason]:
    numbers: dict[str, list[int]] = {}
    for row in rows:
        if row.makes == Makes.NONE:
            numbers.setdefault(row.reason, []).append(row.number)
    return [NumberedReason(words, runs(found)) for words, found in numbers.items()]


def runs(numbers: list[int]) -> str:
    """Write rising numbers in short: 1—3、7."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][-1] + 1:
            found[-1].append(number)
        else:
            found.append([number])
    return "、".join(f"{run[0]}—{run[-1]}" if len(run) > 1 else str(run[0]) for run in found)
