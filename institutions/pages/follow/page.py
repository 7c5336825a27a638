"""Benefits that follow an elder to a place or a home: the whole page as plain data."""

import datetime
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from carebridge.lib.query_fields import legible
from institutions.costs.benefit_changes import Before, Crossing, Item, answers_now, crossing
from institutions.costs.estimator import Estimator, estimator
from institutions.costs.monthly_cost import Cost, cost
from institutions.models import Listing, Provenance
from institutions.pages.follow import destinations
from institutions.pages.follow.destination_form import DestinationForm
from institutions.pages.follow.destinations import Destination, DestinationRow
from institutions.register.provenance import sources_of
from regions.elder.form import ElderForm
from regions.elder.questions import Question, Questions, question_id, questions
from regions.engine.assessment import Assessment, assess
from regions.engine.rules import Answer, Missing, Payee, Reason, Stay
from regions.models import Agreement, Policy, Region, Scale, Setting
from regions.policies.agreements import Matter, agreements, care, recognition
from regions.policies.ledger import ledger
from regions.policies.papers import Papers, papers
from regions.policies.rulebook import Book, book
from regions.policies.text import follows

# An example elder, complete enough for most rules, and nobody in particular.
EXAMPLE = (
    ("to", "131082"),
    ("e_hukou", "110000"),
    ("e_age", "86"),
    ("e_ability", "beijing:3"),
    ("e_status", "subsistence"),
    ("e_disability", "none"),
    ("e_insured", "110000"),
    ("e_scheme", "employee"),
)
STATES = ("yes", "part", "no")
# The element that answers each lack, and what it asks in few words; each scale has its own.
ASKS = {
    Missing.HUKOU: ("id_e_hukou", "户籍在哪里，到区县"),
    Missing.PLACE: ("id_to", "去哪里养老"),
    Missing.INSURED: ("id_e_insured", "在哪里参加医保"),
    Missing.SCHEME: ("id_e_scheme", "参加哪种医保"),
    Missing.AGE: ("id_e_age", "年龄或出生年月"),
    Missing.STATUS: ("id_e_status", "身份和正在领的补贴，没有就选“没有特殊身份”"),
    Missing.DISABILITY: ("id_e_disability", "残疾人证，没有就选“没有”"),
}
# No answer of the family decides what nobody has found.
NOT_FOUND = {Missing.NOT_FOUND, Missing.NO_RATE}


@dataclass(frozen=True)
class Ask:
    """A question not answered yet by its element, and how many benefits wait for it."""

    id: str
    label: str
    benefits: int


@dataclass(frozen=True)
class KnownBenefits:
    """Benefits with one portability, known for every elder."""

    state: str
    label: str
    policies: tuple[Policy, ...]


class Follow:
    """The page for one address, on the day it asks for, else on `on`."""

    def __init__(self, data: QueryDict, on: datetime.date) -> None:
        self.asked = ElderForm(data, on)
        self.on = self.asked.day
        self.going = DestinationForm(legible(data))
        self.going.is_valid()

    @property
    def is_blank(self) -> bool:
        """Return whether nothing is asked yet."""
        return self.asked.is_blank and not any(map(self.going.data.get, self.going.fields))

    @cached_property
    def home(self) -> Listing | None:
        return self.going.cleaned_data.get("home")

    @cached_property
    def to(self) -> Region | None:
        """Return the place asked for, or the one where the home stands."""
        chosen: Region | None = self.going.cleaned_data.get("to")
        return self.home.institution.region if self.home else chosen

    @cached_property
    def now(self) -> Region | None:
        """Return where the elder lives now; while that is not given, where the hukou is."""
        given = self.asked.given
        return given.get("e_now") or (None if "e_left" in given else given.get("e_hukou"))

    @property
    def lives_at_hukou(self) -> bool:
        """Return whether it is only assumed that the elder lives where the hukou is."""
        return self.now is not None and "e_now" not in self.asked.given

    # What was asked

    @property
    def facts(self) -> list[str]:
        """Return the elder and their destination in a few words."""
        return [*self.asked.words, *([f"去{self.to.full_name}"] if self.to else [])]

    @property
    def asks_first(self) -> bool:
        """Return whether the questions stand open: no elder given, or errors."""
        return not self.asked.given or bool(self.problems)

    @cached_property
    def questions(self) -> Questions:
        kept = [("home", str(self.home.pk))] if self.home else []
        rules = self.rulebook.rules if self.asked.given else None
        return questions(self.asked, reverse("follow"), kept, rules)

    @property
    def question(self) -> Question:
        """Return the destination as a question like those about the elder."""
        typed = self.going.data.get("to", "")
        value = self.to.full_name if self.to else typed
        errors = tuple(map(str, self.going.errors.get("to", ())))
        hint = "省、市或区县，比如“河北省廊坊市三河市”"
        return Question("to", "id_to", "去哪里养老", value, hint, (), errors)

    @cached_property
    def problems(self) -> list[tuple[str, str, str]]:
        """Return every parameter in error: field, label and why; a home has no field of its own."""
        going = [
            ("to", str(self.going.fields[name].label), " ".join(map(str, errors)))
            for name, errors in self.going.errors.items()
        ]
        return going + self.asked.problems

    @property
    def example(self) -> str:
        return f"{reverse('follow')}?{urlencode(EXAMPLE, safe=':')}"

    def address(self, to: str) -> str:
        """Return this page for the same elder in another place."""
        query = urlencode([("to", to), *self.asked.pairs], safe=":")
        return f"{reverse('follow')}?{query}"

    @property
    def results(self) -> str:
        """Return the homes of the place for this elder."""
        return self.results_in(self.to)

    def results_in(self, place: Region | None) -> str:
        region = [("region", place.code)] if place else []
        query = urlencode([*region, *self.asked.pairs], safe=":")
        return f"{reverse('institutions')}?{query}"

    # What follows

    @cached_property
    def rulebook(self) -> Book:
        return book()

    @cached_property
    def by(self) -> Estimator:
        return estimator(self.asked.elder, self.rulebook, self.on)

    @cached_property
    def assessment(self) -> Assessment:
        if self.home:
            return self.by.assessment(self.by.class_of(self.home))
        return self._assess_at(self.to)

    def _assess_at(self, place: Region | None) -> Assessment:
        """Assess a home there of which nothing else is known, not even its lists."""
        stay = Stay(place.code if place else None, Setting.INSTITUTION)
        return assess(self.asked.elder, stay, self.rulebook.rules, self.on)

    @cached_property
    def answers_now(self) -> dict[str, Before]:
        code = self.now.code if self.now else None
        return answers_now(self.asked.elder, code, self.rulebook, self.on)

    @cached_property
    def cost(self) -> Cost | None:
        """Return the cost of a month in the home, if one is asked about."""
        if self.home is None:
            return None
        return cost(self.home, self.by.level, self.by)

    @cached_property
    def crossing(self) -> Crossing:
        there = self.cost.ledger if self.cost else ledger(self.assessment, self.rulebook)
        return crossing(self.assessment, self.answers_now, there)

    @cached_property
    def price_source(self) -> Provenance | None:
        """Return the source of the home's price, the oldest of several."""
        if self.home is None or self.cost is None or self.cost.list_price is None:
            return None
        rows = Provenance.objects.filter(institution=self.home.pk).select_related("document")
        return min(sources_of(rows, ["fees"]), key=lambda row: row.as_of, default=None)

    # Medical care and recognition

    @cached_property
    def _agreements(self) -> list[Agreement]:
        return agreements(self.on)

    def _care_matters(self, place: Region | None) -> list[Matter]:
        return care(self.asked.elder.insured, place.code if place else None, self._agreements)

    @cached_property
    def care(self) -> list[Matter]:
        return self._care_matters(self.to)

    @property
    def medical_agreements(self) -> list[Agreement]:
        """Return the agreements that the settlements rest on, each once."""
        return list(dict.fromkeys(matter.agreement for matter in self.care if matter.agreement))

    @cached_property
    def recognition(self) -> list[Matter]:
        here, there = (place.code if place else None for place in (self.now, self.to))
        return recognition(here, there, self._agreements)

    # Elsewhere, papers, and open questions

    @cached_property
    def destinations(self) -> list[Destination]:
        """Return the place asked for, then those with most homes."""
        homes = destinations.homes_by_city()
        others = destinations.elsewhere(homes, self.to)
        return [self._destination(r, homes) for r in [*filter(None, [self.to]), *others]]

    def _destination(self, region: Region, homes: Counter[str]) -> Destination:
        found = self._assess_at(region)
        return Destination(
            region=region,
            url=self.address(region.code),
            results=self.results_in(region),
            homes=destinations.homes_in(region, homes),
            crossing=crossing(found, self.answers_now, ledger(found, self.rulebook)),
            care=self._care_matters(region),
            chosen=region == self.to,
        )

    @cached_property
    def benefits(self) -> list[DestinationRow[Item]]:
        return destinations.benefits(self.destinations)

    @cached_property
    def settlements(self) -> list[DestinationRow[Matter]]:
        return destinations.settlements(self.destinations)

    @cached_property
    def papers(self) -> Papers:
        return papers(self.assessment, self.rulebook)

    @cached_property
    def asks(self) -> list[Ask]:
        """Return the open questions, first the one that most benefits wait for."""
        waiting = Counter(
            ask
            for outcome in self.assessment.outcomes
            if outcome.answer is Answer.UNKNOWN and outcome.payee is not Payee.HOME
            if not {reason.code for reason in outcome.reasons} & NOT_FOUND
            for ask in {ask_for(reason) for reason in outcome.reasons} - {None}
        )
        return [Ask(*ask, benefits) for ask, benefits in waiting.most_common() if ask]

    @cached_property
    def known(self) -> list[KnownBenefits]:
        """Return benefits by portability, whoever the elder is; the most portable first."""
        found: dict[tuple[str, str], list[Policy]] = {}
        for policy in self.rulebook.policies.values():
            if policy.payee != Policy.Payee.HOME:
                portability = follows(policy)
                found.setdefault((portability.state, portability.label), []).append(policy)
        ways = sorted(found, key=lambda way: (STATES.index(way[0]), way[1]))
        return [KnownBenefits(*way, tuple(found[way])) for way in ways]


def ask_for(reason: Reason) -> tuple[str, str] | None:
    """Return the element that would answer a reason, and its question; None: not for the family."""
    if reason.code is Missing.ABILITY:
        scale = Scale(reason.about)
        return question_id(scale), f"评估结果：{scale.label}"
    return ASKS.get(reason.code) if isinstance(reason.code, Missing) else None
