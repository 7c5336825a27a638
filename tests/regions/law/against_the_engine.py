"""Ask the policy engine what the oracle was asked, in the oracle's words; the only bridge.

Where a benefit of the hukou may be drawn, and which homes count, no text held says: the engine is
asked at the place of the hukou, in homes that are on every list.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

from regions.engine.assessment import Assessment, Outcome, assess
from regions.engine.conditions import a_month
from regions.engine.rules import (
    Answer,
    Between,
    Disability,
    Doubt,
    Elder,
    Fixed,
    Missing,
    Payee,
    Rulebook,
    Stay,
)
from regions.policies.rulebook import Book, book
from tests.regions.law.oracle import RULES, Family, Finding

# The voucher is one rule of the nation; what Tianjin's text bars, it bars for stays in Tianjin.
VOUCHER = {"cn-01-tj": "cn-01"}
# 居家养老服务(护理)补贴: the texts name no setting, its name does.
AT_HOME = {name: name for name in ("tj-01", "tj-01-rural")}
OTHERS = {name: name for name in RULES if name not in VOUCHER | AT_HOME}
SCALES = {"beijing": "beijing", "gbt42195": "gbt", "tianjin_care": "care_tianjin"}
BEIJING_CASH = ("bj-01", "bj-02", "bj-03", "bj-08", "bj-09", "bj-10")
# Unknown to the books, not untold by the family: the oracle calls that to be confirmed.
NOT_HELD = {Missing.NOT_FOUND, Missing.NO_RATE, Missing.SET_LOCALLY}


@lru_cache(maxsize=4)
def part(whole: Book, slugs: frozenset[str]) -> Rulebook:
    """Return the rulebook with these rules alone; every exclusion and standard stays."""
    rules = tuple(rule for rule in whole.rules.rules if rule.slug in slugs)
    return replace(whole.rules, rules=rules)


def elder_of(family: Family) -> Elder:
    levels = {scale: getattr(family, field) for scale, field in SCALES.items()}
    held = family.disabilities
    return Elder(
        hukou=family.hukou,
        born=None if family.born is None else (family.born, family.born),
        findings=frozenset((scale, level) for scale, level in levels.items() if level is not None),
        statuses=family.statuses,
        disabilities=None if held is None else frozenset(Disability(*one) for one in held),
    )


def assessed(family: Family, slugs: frozenset[str], place: str, setting: str) -> Assessment:
    rules = part(book(), slugs)
    lists = frozenset((rule.home_list, rule.region) for rule in rules.rules if rule.home_list)
    return assess(elder_of(family), Stay(place, setting, lists), rules, family.on)


def finding_of(outcome: Outcome) -> Finding:
    codes = {reason.code for reason in outcome.reasons} - {Doubt.OFF_SITE}
    untold = {code for code in codes if isinstance(code, Missing)} - NOT_HELD
    answer = str(outcome.answer)
    if outcome.answer is Answer.ENDED:
        answer = "no"
    elif outcome.answer is Answer.UNKNOWN and not untold:
        answer = "confirm"
    elif outcome.answer is Answer.CONFIRM and not codes:
        answer = "yes"
    match a_month(outcome.amount, outcome.period):
        case Fixed(fen):
            return Finding(answer, fen, bool(outcome.higher), "")
        case Between(low, high):
            return Finding(answer, low, high is None, "")
    return Finding(answer, None, False, "")


@dataclass(frozen=True)
class EngineReading:
    """Hold the engine's finding for each benefit and the most cash it counts in Beijing's set."""

    findings: dict[str, Finding]
    total: int


def engine_reading(family: Family) -> EngineReading:
    own = family.hukou or family.place
    stays = (
        (VOUCHER, family.place, family.setting),
        (AT_HOME, "120000", "home_care"),
        (OTHERS, own, family.setting),
    )
    findings: dict[str, Finding] = {}
    for names, place, setting in stays:
        found = assessed(family, frozenset(names.values()), place, setting)
        findings |= {name: finding_of(found.of(slug)) for name, slug in names.items()}
    if family.place[:2] != "12":
        findings["cn-01-tj"] = Finding("no", None, False, "")
    return EngineReading(findings, max(map(cash, found.options)))


def cash(option: tuple[Outcome, ...]) -> int:
    """Add up what of Beijing's six the elder is paid every month, in fen."""
    terms = [o.term for o in option if o.rule.slug in BEIJING_CASH and o.term]
    paid = [term.amount for term in terms if term.payee is Payee.ELDER]
    return sum(amount.fen for amount in paid if isinstance(amount, Fixed))


def engine_findings(family: Family) -> dict[str, Finding]:
    """Return the engine's finding for each benefit that the oracle judges, without a sentence."""
    return engine_reading(family).findings
