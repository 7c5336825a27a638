"""Papers to bring, in the order of steps, at the offices of departure and arrival."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from regions.engine.assessment import Assessment, Outcome
from regions.engine.rules import Anchor, Answer, Missing, Payee
from regions.models import Policy
from regions.policies.rulebook import Book

# Without these answers it is not even known whose office it is.
WHOSE = {Missing.HUKOU, Missing.INSURED, Missing.PLACE}


@dataclass(frozen=True)
class Step:
    """Benefits applied for together: the same papers at the same place."""

    policies: tuple[Policy, ...]

    @property
    def like(self) -> Policy:
        return self.policies[0]

    @property
    def is_known(self) -> bool:
        """Return whether papers or place are known; else there is only whom to ask."""
        return bool(self.like.papers or self.like.where_to_apply)


@dataclass(frozen=True)
class Papers:
    """Steps by the office they are taken at: of the hukou, of the insurance, of the new place."""

    hukou: tuple[Step, ...]
    insured: tuple[Step, ...]
    service: tuple[Step, ...]


def papers(found: Assessment, book: Book) -> Papers:
    """The steps for everything the elder may have, what is confirmed first."""
    wanted = sorted(filter(may_apply, found.outcomes), key=lambda o: o.answer is not Answer.YES)
    at = {
        anchor: steps(book.policies[o.rule.slug] for o in wanted if o.rule.anchor is anchor)
        for anchor in (Anchor.HUKOU, Anchor.INSURED, Anchor.SERVICE)
    }
    return Papers(at[Anchor.HUKOU], at[Anchor.INSURED], at[Anchor.SERVICE])


def may_apply(outcome: Outcome) -> bool:
    """Return whether a family may apply for it, as far as is known."""
    if outcome.payee is Payee.HOME or outcome.answer in {Answer.NO, Answer.ENDED}:
        return False
    return not WHOSE & {reason.code for reason in outcome.reasons}


def steps(policies: Iterable[Policy]) -> tuple[Step, ...]:
    """Policies with the same papers at the same place as one step, known papers first."""
    alike: dict[Sequence[str], list[Policy]] = {}
    for policy in policies:
        key = (policy.papers, policy.where_to_apply, policy.paid, policy.ask)
        alike.setdefault(key, []).append(policy)
    found = [Step(tuple(group)) for group in alike.values()]
    return tuple(sorted(found, key=lambda step: not step.is_known))
