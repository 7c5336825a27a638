"""The words of the policy engine: an elder, a stay, rules and the reasons a rule may give.

Money is whole fen. None means "not told", never "no". Standard library only.
"""

import calendar
import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

NATION = "000000"
DAYS_A_MONTH = 30


class Anchor(StrEnum):
    """The one place that decides whose rule it is."""

    HUKOU = "hukou"
    SERVICE = "service"
    INSURED = "insured"
    INSTITUTION = "institution"


class Payee(StrEnum):
    ELDER = "elder"
    BILL = "bill"
    HOME = "home"


class Portability(StrEnum):
    """Where a benefit can be had by those it belongs to."""

    STAYS = "stays"
    REGIONS = "regions"
    LISTED = "listed"
    ANYWHERE = "anywhere"
    UNKNOWN = "unknown"


class Grade(StrEnum):
    OFFICIAL = "A"
    PRESS = "B"
    WEAK = "C"
    REPORT = "S"
    UNVERIFIED = "M"
    UNKNOWN = "unknown"


class Period(StrEnum):
    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    ONCE = "once"
    MEAL = "meal"


class Base(StrEnum):
    """What a share is a share of."""

    WHOLE = "whole"
    CARE = "care"


class Answer(StrEnum):
    YES = "yes"
    NO = "no"
    CONFIRM = "confirm"
    UNKNOWN = "unknown"
    ENDED = "ended"


class Refusal(StrEnum):
    NOT_BEGUN = "not_begun"
    EXPIRED = "expired"
    HUKOU_LEFT = "hukou_left"
    HUKOU_ELSEWHERE = "hukou_elsewhere"
    SERVICE_ELSEWHERE = "service_elsewhere"
    INSURED_ELSEWHERE = "insured_elsewhere"
    HOME_ELSEWHERE = "home_elsewhere"
    STAYS_BEHIND = "stays_behind"
    NOT_LISTED = "not_listed"
    BARRED = "barred"
    REPLACED = "replaced"
    AGE = "age"
    ABILITY = "ability"
    STATUS = "status"
    DISABILITY = "disability"
    SCHEME = "scheme"
    SETTING = "setting"


class Missing(StrEnum):
    """What nobody has found, and what the elder's side has not told."""

    NOT_FOUND = "not_found"
    NO_RATE = "no_rate"
    TELL_HUKOU = "tell_hukou"
    TELL_PLACE = "tell_place"
    TELL_INSURED = "tell_insured"
    TELL_LISTED = "tell_listed"
    TELL_AGE = "tell_age"
    TELL_ABILITY = "tell_ability"
    TELL_STATUS = "tell_status"
    TELL_DISABILITY = "tell_disability"
    TELL_SCHEME = "tell_scheme"
    TELL_SETTING = "tell_setting"


class Doubt(StrEnum):
    """Why somebody has to be asked before it counts."""

    OFF_SITE = "off_site"
    WEAK_SOURCE = "weak_source"
    CONDITIONS = "conditions"
    AMOUNT = "amount"
    SHARE = "share"
    STATUS = "doubtful_status"
    PLACE = "doubtful_place"
    TOGETHER = "together"
    REPLACED = "maybe_replaced"


class Hint(StrEnum):
    """What may change a yes once more is told."""

    DISTRICT = "district"


class Conflict(StrEnum):
    """How benefits stand in each other's way."""

    CHOOSE = "choose"  # the first set or the second
    BLOCKS = "blocks"  # any of the statuses shuts out the first set
    ASKS = "asks"  # any of the statuses leaves the first set to be confirmed
    REPLACES = "replaces"  # the first set stands in place of the second
    UNCLEAR = "unclear"  # no text says whether the second may be had beside the first


Code = Refusal | Missing | Doubt | Hint
ENDINGS = {Refusal.EXPIRED, Refusal.HUKOU_LEFT}
QUOTABLE = {Grade.OFFICIAL, Grade.PRESS, Grade.REPORT}


@dataclass(frozen=True)
class Reason:
    """A code, what it is about (a status, a scale, a rule's slug), and the last day if it ended."""

    code: Code
    about: str = ""
    last_day: datetime.date | None = None


Reasons = tuple[Reason, ...]


# The elder and the stay


@dataclass(frozen=True)
class Disability:
    kind: str
    grade: int | None = None
    multiple: bool | None = None


@dataclass(frozen=True)
class Elder:
    """What is told of an elder. None: not told; an empty set: told that there is none.

    `born` is the first and the last day the birth may have been. `hukou_left` is the day the
    hukou was moved out of the province of `hukou`. Statuses include benefits already received.
    `residence` is where the elder lives now; no rule reads it.
    """

    hukou: str | None = None
    hukou_left: datetime.date | None = None
    born: tuple[datetime.date, datetime.date] | None = None
    age: int | None = None
    findings: frozenset[tuple[str, int]] = frozenset()
    statuses: frozenset[str] | None = None
    disabilities: frozenset[Disability] | None = None
    insured: str | None = None
    scheme: str | None = None
    residence: str | None = None

    def __post_init__(self) -> None:
        scales = [scale for scale, _ in self.findings]
        if len(scales) != len(set(scales)):
            raise ValueError("two findings on one scale")
        if self.born and self.born[0] > self.born[1]:
            raise ValueError("born: the first day is after the last")

    def ages(self, on: datetime.date) -> tuple[int, int] | None:
        """The least and the greatest age it may be on that day; the birthday itself counts."""
        if self.born:
            return age_on(self.born[1], on), age_on(self.born[0], on)
        return None if self.age is None else (self.age, self.age)

    def level(self, scale: str) -> int | None:
        return dict(self.findings).get(scale)


def born_in(year: int, month: int) -> tuple[datetime.date, datetime.date]:
    """The first and the last day of a birth month."""
    last = calendar.monthrange(year, month)[1]
    return datetime.date(year, month, 1), datetime.date(year, month, last)


def age_on(born: datetime.date, on: datetime.date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


@dataclass(frozen=True)
class Stay:
    """Where and how the elder is cared for; `designations` are (list, code of who lists)."""

    region: str | None = None
    setting: str | None = None
    designations: frozenset[tuple[str, str]] | None = None


# The rules


@dataclass(frozen=True)
class Fixed:
    fen: int


@dataclass(frozen=True)
class Between:
    """A range is shown and never summed."""

    low: int
    high: int


@dataclass(frozen=True)
class Share:
    """`percent` of a base that counts up to `ceiling`, at most `cap`; percent None: not found."""

    percent: int | None
    base: Base = Base.WHOLE
    ceiling: int | None = None
    cap: int | None = None


@dataclass(frozen=True)
class Formula:
    text: str


Amount = Fixed | Between | Share | Formula


@dataclass(frozen=True)
class Rate:
    """An amount and every condition for it; an "or" is two rates. Bounds are inclusive."""

    amount: Amount | None = None
    period: Period = Period.MONTH
    since: datetime.date | None = None
    until: datetime.date | None = None
    age_from: int | None = None
    age_to: int | None = None
    scale: str = ""
    levels: tuple[int, int] = (0, 99)
    statuses: frozenset[str] = frozenset()
    disability_kinds: frozenset[str] = frozenset()
    disability_grades: tuple[int, int] = (1, 4)
    multiple: bool | None = None
    scheme: str = ""
    settings: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Rule:
    """One benefit: whose it is, who is paid, where it can be had, and its rates, best first."""

    slug: str
    region: str
    anchor: Anchor
    payee: Payee
    portability: Portability
    grade: Grade
    stage: int = 9
    since: datetime.date | None = None
    until: datetime.date | None = None
    places: frozenset[str] = frozenset()
    home_list: str = ""
    conditions_known: bool = True
    doubtful_places: frozenset[str] = frozenset()
    ask: str = ""
    rates: tuple[Rate, ...] = ()


@dataclass(frozen=True)
class Exclusion:
    """Slugs of the rules on either side, or statuses against the first side."""

    slug: str
    conflict: Conflict
    first: frozenset[str]
    second: frozenset[str] = frozenset()
    statuses: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Rulebook:
    rules: tuple[Rule, ...]
    exclusions: tuple[Exclusion, ...] = ()

    def of(self, conflict: Conflict) -> Iterator[Exclusion]:
        return (e for e in self.exclusions if e.conflict == conflict)
