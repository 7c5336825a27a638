"""The subject of a correction: a page, a part of it or one figure, and its current text."""

from collections.abc import Iterable
from dataclasses import dataclass

from institutions.models import Correction, Institution
from institutions.pages.institution.page import SECTIONS
from institutions.register.figures import NO_FIGURES, Figure, list_figures
from institutions.register.provenance import SourceLine, group_sources, label_of, sources_of
from institutions.register.record import PARTS
from regions.elder.form import ElderForm
from regions.models import Document, Policy
from regions.policies.text import amount, is_quotable

WHOLE = "整个页面"
# What a correction about a policy keeps as its subject, before the slug.
POLICY = "policies/"
# Sections of a home's page that show several paths of the record.
HEADINGS = {
    "heading": "名称和简介",
    "takes": "收哪些老人",
    "medical": "医疗和医保",
    "quality": "质量",
    "staff": "人员",
    "place": "位置和电话",
    "standing": "登记和备案",
}


@dataclass(frozen=True)
class Subject:
    """The page, the part in question, its text and its source.

    `about` is what a correction keeps; `unknown` is a path that the page does not have.
    """

    page: Institution | Document
    title: str
    about: str
    label: str
    said: list[tuple[str, str]]
    sources: list[SourceLine]
    unknown: str = ""

    @property
    def url(self) -> str:
        return self.page.get_absolute_url()

    @property
    def stated_words(self) -> str:
        """Return the text of the page that a correction keeps: one line for a figure."""
        return "\n".join(f"{label}：{words}" for label, words in self.said)

    @property
    def owner(self) -> dict[str, Institution | Document]:
        """Return the link of a correction to the page."""
        name = "institution" if isinstance(self.page, Institution) else "document"
        return {name: self.page}


def home_subject(home: Institution, about: str) -> Subject:
    """`about` is a path or a section of `home`, which comes from `with_parts()`."""
    found = _figures_about(home, about)
    known = not about or bool(found) or about in HEADINGS or about in _part_names()
    sources = sources_of(home.provenance.all(), paths_about(about)) if about and known else []
    return Subject(
        page=home,
        title=home.name,
        about=about if known else "",
        label=label_of_home(about) if known else WHOLE,
        said=[(figure.label, figure.words) for figure in found],
        sources=group_sources(sources),
        unknown="" if known else about,
    )


def _figures_about(home: Institution, about: str) -> list[Figure]:
    return list_figures(home, paths_about(about)) if about else []


def paths_about(about: str) -> Iterable[str]:
    """Return the paths of the record that a part of a home's page shows."""
    return SECTIONS[about] if about in HEADINGS else (about,)


def _part_names() -> set[str]:
    return {part.name for part in PARTS} - NO_FIGURES


def label_of_home(about: str) -> str:
    """Return the path or section in people's words."""
    return HEADINGS.get(about) or (label_of(about) if about else WHOLE)


def document_subject(document: Document, about: str) -> Subject:
    """`about` is the code of a fact of the document, or policies/ and the slug of a policy of it.

    One query for it.
    """
    stated = _stated_by(document, about) if "\0" not in about else []  # PostgreSQL refuses to look
    return Subject(
        page=document,
        title=document.heading,
        about=about if stated else "",
        label=stated[0][0] if stated else WHOLE,
        said=stated,
        sources=[],
        unknown="" if stated else about,
    )


def _stated_by(document: Document, about: str) -> list[tuple[str, str]]:
    """Return the text cited from this document; empty for an unknown subject."""
    if about.startswith(POLICY):
        policies = document.policies.prefetch_related("rates")
        policy = policies.filter(slug=about.removeprefix(POLICY)).first()
        return [(policy.name, _amounts(policy))] if policy else []
    fact = document.facts.published().filter(code=about).first() if about else None
    return [(fact.label, f"{fact.shown}（{fact.dated}）")] if fact else []


def _amounts(policy: Policy) -> str:
    """Return every tier with its amount, or that no figure is quoted."""
    if not is_quotable(policy):
        return "没有写数字"
    rates = sorted(policy.rates.all(), key=lambda rate: rate.order)
    return "；".join(f"{rate.name}：{amount(rate, policy)}" for rate in rates) or "未查到"


def conditions_words(asked: ElderForm) -> str:
    """Return what a reader may begin with: what is known of the elder, and no person's name."""
    if not asked.knows_elder:
        return ""
    return f"老人的情况：{'，'.join(asked.words)}。\n街道或民政局的答复："


def subject_label(correction: Correction) -> str:
    """Return what a correction is about, in words; a path stays readable after its row is gone."""
    if correction.institution_id:
        return label_of_home(correction.about)
    return correction.said.partition("：")[0] if correction.about else WHOLE


def current_text(correction: Correction) -> str:
    """Return the current text of a document's page on the subject of a correction."""
    assert correction.document is not None  # noqa: S101 (asked of documents only)
    return document_subject(correction.document, correction.about).stated_words
