"""Read the shipped texts and their mapping, and let the database follow them.

A row follows a newer file only while it is untouched: what staff have edited stays as it is.
"""

import csv
import datetime
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from regions.law.clauses import clauses
from regions.law.coverage import CoverageLine
from regions.models import Document, Exclusion, LawText, Policy, Sentence
from regions.models.law import checksum_of

TEXTS = "texts.csv"
COVERAGE = "coverage.csv"
FIELDS = ["number", "clause", "words", "makes", "reason", "signed", "shipped"]
# Beyond the number of any sentence.
FAR = 10_000


class ShippedTextError(Exception):
    """A text is missing, or is not the one its mapping was made for."""


@dataclass(frozen=True)
class ShippedText:
    """One text as it ships: its head and its lines with what each makes."""

    document: str
    completeness: str
    missing: str
    read_at: str
    checked_on: datetime.date
    lines: tuple[CoverageLine, ...]


def read_texts(folder: Path) -> list[ShippedText]:
    """Return the texts in `folder`; raise ShippedTextError where text and mapping disagree."""
    mapped: dict[str, dict[int, dict[str, str]]] = {}
    for row in read_rows(folder / COVERAGE):
        mapped.setdefault(row["text"], {})[int(row["line"])] = row
    heads = read_rows(folder / TEXTS)
    if strange := sorted(mapped.keys() - {head["document"] for head in heads}):
        raise ShippedTextError(f"{COVERAGE} 里有 {TEXTS} 没有列的文本：{'，'.join(strange)}")
    return [_text(folder, head, mapped.get(head["document"], {})) for head in heads]


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _text(folder: Path, head: dict[str, str], rows: dict[int, dict[str, str]]) -> ShippedText:
    slug = head["document"]
    try:
        content = (folder / f"{slug}.txt").read_bytes()
    except FileNotFoundError as error:
        raise ShippedTextError(f"缺少文本 {slug}.txt") from error
    if hashlib.sha256(content).hexdigest() != head["sha256"]:
        raise ShippedTextError(
            f"{slug}.txt 的文字变了，校验值对不上：请重新核对每一句对应什么，再改 {TEXTS}。"
        )
    words = content.decode().splitlines()
    if beyond := sorted(number for number in rows if not 1 <= number <= len(words)):
        raise ShippedTextError(f"{slug}.txt 没有第 {beyond[0]} 句，{COVERAGE} 里有。")
    lines = tuple(_line(slug, n, words_of, rows.get(n, {})) for n, words_of in enumerate(words, 1))
    return ShippedText(
        slug,
        head["completeness"],
        head["missing"],
        head["read_at"],
        datetime.date.fromisoformat(head["checked_on"]),
        lines,
    )


def _line(slug: str, number: int, words: str, row: dict[str, str]) -> CoverageLine:
    return CoverageLine(
        slug,
        number,
        words,
        row.get("makes", ""),
        tuple(row.get("rules", "").split()),
        tuple(row.get("exclusions", "").split()),
        row.get("reason", ""),
        row.get("signed", ""),
    )


def checksum(folder: Path) -> str:
    """Return one checksum of every file in `folder`."""
    found = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        found.update(path.name.encode())
        found.update(path.read_bytes())
    return found.hexdigest()


def follow(folder: Path) -> int:
    """Bring the database to the texts in `folder`; return how many sentences are new.

    Policies and exclusions that are not in the database are left out: staff may have removed them.
    """
    policies = {row.slug: row for row in Policy.objects.all()}
    exclusions = {row.slug: row for row in Exclusion.objects.all()}
    documents = {row.slug: row for row in Document.objects.all()}
    writer = _Writer(policies, exclusions)
    return sum(
        writer.write(documents[text.document], text)
        for text in read_texts(folder)
        if text.document in documents
    )


class _Writer:
    """Write texts; policies and exclusions by slug are those of the database."""

    def __init__(self, policies: dict[str, Policy], exclusions: dict[str, Exclusion]) -> None:
        self.policies = policies
        self.exclusions = exclusions

    def write(self, document: Document, shipped: ShippedText) -> int:
        text = self._head(document, shipped)
        rows = list(text.sentences.prefetch_related("policies", "exclusions"))
        touched = {row.pk for row in rows if row.digest() != row.shipped}
        order: list[tuple[Sentence, CoverageLine | None]] = []
        for row, line in pairs(rows, shipped.lines):
            if row is None:
                order.append((Sentence(text=text), line))
            elif row.pk in touched:
                order.append((row, None))
            elif line is None:
                row.delete()
            else:
                order.append((row, line))
        return self._save(order)

    def _head(self, document: Document, shipped: ShippedText) -> LawText:
        """Return the text of `document`, made or brought up to date unless staff edited it."""
        text = LawText.objects.filter(document=document).first()
        if text is None:
            text = LawText(document=document, stage=LawText.Stage.PUBLISHED)
        elif text.digest() != text.shipped:
            return text
        for name in ("completeness", "missing", "read_at", "checked_on"):
            setattr(text, name, getattr(shipped, name))
        text.shipped = text.digest()
        text.save()
        return text

    def _save(self, order: list[tuple[Sentence, CoverageLine | None]]) -> int:
        """Save sentences in their order; those with a line take its words and mapping."""
        _make_room(order)
        taken: list[tuple[Sentence, CoverageLine]] = []
        moved: list[Sentence] = []
        places = clauses([line.words if line else row.words for row, line in order])
        for number, ((row, line), clause) in enumerate(zip(order, places, strict=True), 1):
            before = row.number, row.clause
            row.number, row.clause = number, clause
            if line is not None and self._take(row, line):
                taken.append((row, line))
            elif before != (number, clause):
                moved.append(row)
        new = [row for row, _ in taken if row.pk is None]
        Sentence.objects.bulk_create(new)
        Sentence.objects.bulk_update([row for row, _ in taken if row not in new], FIELDS)
        Sentence.objects.bulk_update(moved, ["number", "clause"])
        self._link(taken)
        return len(new)

    def _take(self, row: Sentence, line: CoverageLine) -> bool:
        """Write the values of `line` to `row`; return whether that changed anything."""
        policies, exclusions = self._known(line)
        row.words, row.makes = line.words, line.makes
        row.reason, row.signed = line.reason, line.signed
        before = row.shipped
        row.shipped = checksum_of(row, policies, exclusions)
        return row.shipped != before

    def _known(self, line: CoverageLine) -> tuple[list[str], list[str]]:
        return (
            [slug for slug in line.rules if slug in self.policies],
            [slug for slug in line.exclusions if slug in self.exclusions],
        )

    def _link(self, taken: list[tuple[Sentence, CoverageLine]]) -> None:
        for_policies, for_exclusions = Sentence.policies.through, Sentence.exclusions.through
        for through in (for_policies, for_exclusions):
            through._default_manager.filter(sentence__in=[row.pk for row, _ in taken]).delete()
        links = [(row.pk, *self._known(line)) for row, line in taken]
        for_policies._default_manager.bulk_create(
            for_policies(sentence_id=pk, policy_id=self.policies[slug].pk)
            for pk, slugs, _ in links
            for slug in slugs
        )
        for_exclusions._default_manager.bulk_create(
            for_exclusions(sentence_id=pk, exclusion_id=self.exclusions[slug].pk)
            for pk, _, slugs in links
            for slug in slugs
        )


def _make_room(order: list[tuple[Sentence, CoverageLine | None]]) -> None:
    """Move sentences out of the way of others: two never have one number, not even for a moment."""
    moved = [row for number, (row, _) in enumerate(order, 1) if row.pk and row.number != number]
    for row in moved:
        row.number += FAR
    Sentence.objects.bulk_update(moved, ["number"])


def pairs(
    rows: Sequence[Sentence], lines: Sequence[CoverageLine]
) -> Iterator[tuple[Sentence | None, CoverageLine | None]]:
    """Yield each row with the line it has become; None for a new line or a row that is gone."""
    old, new = [row.words for row in rows], [line.words for line in lines]
    for _, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        most = max(j - i, m - k)
        for step in range(most):
            yield (
                rows[i + step] if i + step < j else None,
                lines[k + step] if k + step < m else None,
            )
