"""Find the sentences that a policy stands on: its clause in words, and the address of a sentence.

Policies come with their published sentences, as `quoting` fetches them.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Prefetch, QuerySet

from regions.models import Document, LawText, Policy, Sentence

Makes = Sentence.Makes
# What is looked at first when a policy is cited as a whole.
FIRST = (Makes.RATE, Makes.RULE, Makes.CONDITION, Makes.EXCLUSION)
MOST_CLAUSES = 4
NOT_FOUND = "原文没有找到"
NOT_IN_PART = "本站读到的部分里没有"
NOT_STATED = "没有写明"


def quoting(policies: QuerySet[Policy]) -> QuerySet[Policy]:
    """Return `policies` with their published sentences and the texts these stand in."""
    sentences = (
        Sentence.objects.published()
        .select_related("text__document")
        .order_by("text__document__slug", "number")
    )
    return policies.prefetch_related(Prefetch("sentences", sentences, to_attr="quoted"))


def sentences_of(policy: Policy) -> list[Sentence]:
    """Return the sentences of a policy that came by `quoting`, else none."""
    found: list[Sentence] = getattr(policy, "quoted", [])
    return found


def own_sentences(policy: Policy) -> list[Sentence]:
    """Return those that stand in the policy's own document."""
    return [s for s in sentences_of(policy) if s.text.document_id == policy.document_id]


def clause_of(policy: Policy) -> str:
    """Return the clause that staff wrote, else those of the sentences that make the policy."""
    if policy.clause:
        return policy.clause
    main = (s for s in own_sentences(policy) if s.makes in FIRST[:2])
    found = list(dict.fromkeys(s.clause for s in main if s.clause))
    return "；".join(found[:MOST_CLAUSES]) + (" 等" if len(found) > MOST_CLAUSES else "")


def clause_words(policy: Policy, text: LawText | None) -> str:
    """Return the clause of a policy in words; where there is none, what is known of its text."""
    if clause := clause_of(policy):
        return clause
    if own_sentences(policy):
        return "全文"
    if text is None:
        return NOT_FOUND if policy.document.kind == Document.Kind.POLICY else NOT_STATED
    return NOT_IN_PART if text.completeness == LawText.Completeness.PART else NOT_STATED


def sentence_of(policy: Policy, fen: int | None = None) -> Sentence | None:
    """Return the sentence to open for a policy, best the one that states an amount of `fen`."""
    own = own_sentences(policy)
    stating = (s for s in own if s.makes == Makes.RATE and fen and states(s.words, fen))
    ranked = (s for makes in FIRST for s in own if s.makes == makes)
    return next(stating, None) or next(ranked, None) or next(iter(own), None)


def states(words: str, fen: int) -> bool:
    """Return whether a sentence states the amount: 300元 does not stand in 1300元."""
    yuan = f"{fen / 100:g}" if fen % 100 else str(fen // 100)
    return re.search(rf"(?<![\d.,]){re.escape(yuan)}\s*(?:元|〔缺〕/)", words) is not None


def url_of(policy: Policy, fen: int | None = None) -> str:
    """Return the address of the sentence that makes a line, else of the policy's document."""
    sentence = sentence_of(policy, fen)
    return sentence.get_absolute_url() if sentence else policy.document.get_absolute_url()


@dataclass(frozen=True)
class Quotation:
    """Sentences of one text on a policy, in the text's order; `first` may be read at once."""

    text: LawText
    first: list[Sentence]
    others: list[Sentence]


def quotations(policy: Policy) -> list[Quotation]:
    """Return the sentences of a policy by text, its own document's first."""
    by_text: dict[LawText, list[Sentence]] = {}
    for sentence in sentences_of(policy):
        by_text.setdefault(sentence.text, []).append(sentence)
    texts = sorted(by_text, key=lambda text: text.document_id != policy.document_id)
    return [Quotation(text, *_apart(by_text[text])) for text in texts]


def _apart(sentences: Iterable[Sentence]) -> tuple[list[Sentence], list[Sentence]]:
    first: list[Sentence] = []
    others: list[Sentence] = []
    for sentence in sentences:
        (first if sentence.makes in FIRST else others).append(sentence)
    return first, others
