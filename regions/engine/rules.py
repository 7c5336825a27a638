"""The words of the policy engine: an elder, a stay, rules and the reasons a rule may give.

Money is whole fen. None means "unknown", never "no". Standard library only.
"""

import calendar
import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

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
    """Places where a benefit can be used."""

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
    USED_DAY = "used_day"  # each day on which the service is used and paid for


class Base(StrEnum):
    """Base of a share."""

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
    BORN = "born"
    ABILITY = "ability"
    STATUS = "status"
    DISABILITY = "disability"
    SCHEME = "scheme"
    SETTING = "setting"


class Missing(StrEnum):
    """Values that nobody has found, or that the elder's side has not given."""

    NOT_FOUND = "not_found"
    NO_RATE = "no_rate"
    SET_LOCALLY = "set_locally"
    HUKOU = "tell_hukou"
    PLACE = "tell_place"
    INSURED = "tell_insured"
    LISTED = "tell_listed"
    AGE = "tell_age"
    ABILITY = "tell_ability"
    STATUS = "tell_status"
    ONE_STATUS = "tell_one_status"
    DISABILITY = "tell_disability"
    SCHEME = "tell_scheme"
    SETTING = "tell_setting"


class Doubt(StrEnum):
    """Why somebody has to be asked before it counts."""

    OFF_SITE = "off_site"
    WEAK_SOURCE = "weak_source"
    CONDITIONS = "conditions"
    AMOUNT = "amount"
    RATE = "rate"
    SHARE = "share"
    STATUS = "doubtful_status"
    PLACE = "doubtful_place"
    TOGETHER = "together"
    REPLACED = "maybe_replaced"


class Hint(StrEnum):
    """Reasons that may change a yes once more is known."""

    DISTRICT = "district"


class Conflict(StrEnum):
    """Conflicts between benefits."""

    CHOOSE = "choose"  # the first set or the second
    BLOCKS = "blocks"  # any of the statuses shuts out the first set
    ASKS = "asks"  # any of the statuses leaves the first set to be confirmed
    REPLACES = "replaces"  # the first set stands in place of the second
    UNCLEAR = "unclear"  # no text states whether the second may be had beside the first


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
    """The known facts of an elder. None: not known; an empty set: known to be none.

    `born` is the first and the last day the birth may have been. `hukou_left` is the day the
    hukou was moved out of the province of `hukou`, and `hukou_now` where it went. Statuses include
    benefits already received; those in `open_statuses` were not asked and stay unknown.
    `residence` is where the elder lives now; no rule reads it.
    """

    hukou: str | None = None
    hukou_left: datetime.date | None = None
    hukou_now: str | None = None
    born: tuple[datetime.date, datetime.date] | None = None
    age: int | None = None
    findings: frozenset[tuple[str, int]] = frozenset()
    statuses: frozenset[str] | None = None
    disabilities: frozenset[Disability] | None = None
    insured: str | None = None
    scheme: str | None = None
    residence: str | None = None
    open_statuses: frozenset[str] = frozenset()

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

    def births(self, on: datetime.date) -> tuple[datetime.date, datetime.date] | None:
        """Return the first and the last day the birth may have been, from the age if need be."""
        if self.born or self.age is None:
            return self.born
        last = years_before(on, self.age)
        return years_before(on, self.age + 1) + datetime.timedelta(1), last

    def holds(self, statuses: frozenset[str]) -> bool | None:
        """Return whether the elder has any of `statuses`; None where that is not known."""
        if self.statuses is None:
            return None
        if statuses & self.statuses:
            return True
        return None if statuses & self.open_statuses else False

    def level(self, scale: str) -> int | None:
        return dict(self.findings).get(scale)


def born_in(year: int, month: int) -> tuple[datetime.date, datetime.date]:
    """The first and the last day of a birth month."""
    last = calendar.monthrange(year, month)[1]
    return datetime.date(year, month, 1), datetime.date(year, month, last)


def years_before(day: datetime.date, years: int) -> datetime.date:
    """Return the same day `years` earlier; of a 29 February the 28th where there is none."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def age_on(born: datetime.date, on: datetime.date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


@dataclass(frozen=True)
class Stay:
    """Place and form of the elder's care; `designations` are (list, code of who lists)."""

    region: str | None = None
    setting: str | None = None
    designations: frozenset[tuple[str, str]] | None = None


# The rules


@dataclass(frozen=True)
class Fixed:
    fen: int


@dataclass(frozen=True)
class Between:
    """A range is shown and never summed; without `high` it is 不低于 `low`."""

    low: int
    high: int | None = None


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


@dataclass(frozen=True)
class ByStandard:
    """`percent` of a dated standard, 低保标准 for one; `at_least`: not less than that."""

    standard: str
    percent: int = 100
    at_least: bool = False


@dataclass(frozen=True)
class SetLocally:
    """An amount that a smaller place sets and that was not found: asked for there, never 0."""


Amount = Fixed | Between | Share | Formula | ByStandard | SetLocally


@dataclass(frozen=True)
class Standard:
    """A published standard from one day until the next row of the same slug, in fen a month."""

    slug: str
    since: datetime.date
    fen: int


@dataclass(frozen=True)
class Rate:
    """An amount and every condition for it; an "or" is two rates. Bounds are inclusive.

    One of `statuses`, one of `also` and none of `without` must be held; `hukou` is a region that
    the hukou must lie in. `payee` stands in place of the rule's. The amount comes off a bill of
    more than `spend_over` fen. `unsure`: the office has to confirm that it applies. `standard` is
    the row that a resolved amount stands on.
    """

    amount: Amount | None = None
    period: Period = Period.MONTH
    since: datetime.date | None = None
    until: datetime.date | None = None
    age_from: int | None = None
    age_to: int | None = None
    born_from: datetime.date | None = None
    scale: str = ""
    levels: tuple[int, int] = (0, 99)
    statuses: frozenset[str] = frozenset()
    also: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    hukou: str = ""
    disability_kinds: frozenset[str] = frozenset()
    disability_grades: tuple[int, int] = (1, 4)
    multiple: bool | None = None
    scheme: str = ""
    settings: frozenset[str] = frozenset()
    payee: Payee | None = None
    spend_over: int | None = None
    unsure: bool = False
    standard: Standard | None = None


@dataclass(frozen=True)
class Rule:
    """One benefit: whose it is, who is paid, where it can be had, and its rates, best first.

    `in_hand`: whoever fits has it already, so it is shown and takes nothing off what is to pay.
    """

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
    in_hand: bool = False
    rates: tuple[Rate, ...] = ()


@dataclass(frozen=True)
class Exclusion:
    """Slugs of the rules on either side, or statuses against the first side.

    With a `region` it holds for stays in that region only.
    """

    slug: str
    conflict: Conflict
    first: frozenset[str]
    second: frozenset[str] = frozenset()
    statuses: frozenset[str] = frozenset()
    region: str = ""


@dataclass(frozen=True)
class Rulebook:
    rules: tuple[Rule, ...]
    exclusions: tuple[Exclusion, ...] = ()
    standards: tuple[Standard, ...] = ()

    def standard(self, slug: str, on: datetime.date) -> Standard | None:
        """Return the row of a standard in force on a day; the last one goes on until a newer."""
        rows = [row for row in self.standards if row.slug == slug and row.since <= on]
        return max(rows, key=lambda row: row.since, default=None)

    @cached_property
    def places(self) -> dict[str, tuple[str, ...]]:
        """The regions that decide each rule, by slug: its own, and those of what bears on it."""
        found = {rule.slug: {rule.region, *rule.places} for rule in self.rules}
        own = {rule.slug: rule.region for rule in self.rules if rule.anchor is Anchor.SERVICE}
        for exclusion in self.exclusions:
            beside = {own[slug] for slug in exclusion.first if slug in own}
            for slug in (exclusion.first | exclusion.second) & found.keys():
                found[slug] |= {exclusion.region} - {""}
                found[slug] |= beside if exclusion.conflict is Conflict.REPLACES else set()
        return {slug: tuple(sorted(places)) for slug, places in found.items()}

    def of(self, conflict: Conflict) -> Iterator[Exclusion]:
        return (e for e in self.exclusions if e.conflict == conflict)
