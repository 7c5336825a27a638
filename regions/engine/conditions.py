"""Conditions of rules: each check returns its reasons, and no reason is a yes.

Standard library only.
"""

import calendar
import datetime
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import replace
from itertools import chain

from regions.engine.rules import (
    DAYS_A_MONTH,
    NATION,
    QUOTABLE,
    Amount,
    Anchor,
    Between,
    ByStandard,
    Code,
    Conflict,
    Disability,
    Doubt,
    Elder,
    Exclusion,
    Fixed,
    Formula,
    Grade,
    Hint,
    Missing,
    Period,
    Portability,
    Rate,
    Reason,
    Reasons,
    Refusal,
    Rule,
    Rulebook,
    SetLocally,
    Share,
    Stay,
)

# 北京市, 天津市, 上海市, 重庆市: their districts are not cities of their own.
MUNICIPALITIES = {"11", "12", "31", "50"}

# The whole rule


def timely(rule: Rule, on: datetime.date) -> Reasons:
    if rule.since and on < rule.since:
        return (Reason(Refusal.NOT_BEGUN),)
    if rule.until and on > rule.until:
        return (Reason(Refusal.EXPIRED, last_day=rule.until),)
    return ()


def anchored(rule: Rule, elder: Elder, stay: Stay, on: datetime.date) -> Reasons:
    match rule.anchor:
        case Anchor.HUKOU:
            return registered(rule, elder, on)
        case Anchor.INSURED:
            place, no, missing = elder.insured, Refusal.INSURED_ELSEWHERE, Missing.INSURED
        case Anchor.SERVICE:
            place, no, missing = stay.region, Refusal.SERVICE_ELSEWHERE, Missing.PLACE
        case Anchor.INSTITUTION:
            place, no, missing = stay.region, Refusal.HOME_ELSEWHERE, Missing.PLACE
    return refuse_unless(lies_in(place, rule.region), no, missing)


def registered(rule: Rule, elder: Elder, on: datetime.date) -> Reasons:
    """Look for the hukou of that day; one that left its province counts to the end of the month."""
    held = lies_in(elder.hukou, rule.region)
    last_day = left_on(elder, on)
    if last_day is None or rule.region == NATION:
        return refuse_unless(held, Refusal.HUKOU_ELSEWHERE, Missing.HUKOU)
    here = lies_in(elder.hukou_now, rule.region)
    if here:
        return ()
    if held and not (rule.since and last_day < rule.since):
        return (Reason(Refusal.HUKOU_LEFT, last_day=last_day),)
    if elder.hukou_now:
        return refuse_unless(here, Refusal.HUKOU_ELSEWHERE, Missing.HUKOU)
    same_province = elder.hukou and elder.hukou[:2] == rule.region[:2]
    return (Reason(Refusal.HUKOU_ELSEWHERE if same_province else Missing.HUKOU),)


def statuses_read(rules: Rulebook, elder: Elder, on: datetime.date) -> frozenset[str]:
    """Return the statuses that any rule reads which this elder's places do not shut out."""
    own = {
        rule.slug: rule
        for rule in rules.rules
        if rule.anchor not in {Anchor.HUKOU, Anchor.INSURED}
        or not any(isinstance(r.code, Refusal) for r in anchored(rule, elder, Stay(), on))
    }
    by_rates = (
        rate.statuses | rate.also | rate.without for rule in own.values() for rate in rule.rates
    )
    by_exclusions = (one.statuses for one in rules.exclusions if one.first & own.keys())
    return frozenset().union(*by_rates, *by_exclusions)


def left_on(elder: Elder, on: datetime.date) -> datetime.date | None:
    """Return the last day of the old hukou where it is over by `on`, else None."""
    last_day = elder.hukou_left and end_of_month(elder.hukou_left)
    return last_day if last_day and on > last_day else None


def hukou_on(elder: Elder, on: datetime.date) -> str | None:
    """Return the hukou that counts on a day; None where it is not known."""
    return elder.hukou_now if left_on(elder, on) else elder.hukou


def ends_with_hukou(rule: Rule, elder: Elder, on: datetime.date) -> datetime.date | None:
    """Return the last day a benefit of the hukou is had where the hukou is being moved away."""
    if rule.anchor is not Anchor.HUKOU or rule.region == NATION or not elder.hukou_left:
        return None
    return None if left_on(elder, on) else end_of_month(elder.hukou_left)


def hints_of(rule: Rule, elder: Elder) -> Iterator[Reason]:
    """Yield reasons that a more exact place may change, though it counts for now."""
    if any(lies_in(elder.hukou, place) is None for place in rule.doubtful_places if elder.hukou):
        yield Reason(Hint.DISTRICT)


def seen(rule: Rule, stay: Stay, rules: Rulebook) -> Hashable:
    """All that a rule reads of a stay: two stays that look alike to it are judged alike."""
    places = tuple(lies_in(stay.region, place) for place in rules.places[rule.slug])
    return stay.setting, listed(rule, stay), places


def listed(rule: Rule, stay: Stay) -> bool | None:
    """Return whether the home is on the list that the rule names."""
    return None if stay.designations is None else (rule.home_list, rule.region) in stay.designations


def portable(rule: Rule, stay: Stay) -> Reasons:
    """Return the reasons against using the benefit in this stay."""
    on_it = listed(rule, stay)
    on_list = refuse_unless(on_it, Refusal.NOT_LISTED, Missing.LISTED)
    if rule.portability is Portability.LISTED:
        return on_list
    if rule.portability is Portability.ANYWHERE or (rule.home_list and on_it):
        return ()
    if rule.anchor in {Anchor.SERVICE, Anchor.INSTITUTION}:
        return on_list if rule.home_list else ()
    if rule.portability is Portability.REGIONS:
        there = any_of(lies_in(stay.region, place) for place in rule.places)
        return refuse_unless(there, Refusal.STAYS_BEHIND, Missing.PLACE)
    outside = Doubt.OFF_SITE if rule.portability is Portability.UNKNOWN else Refusal.STAYS_BEHIND
    inside = lies_in(stay.region, rule.region)
    return on_list if inside and rule.home_list else refuse_unless(inside, outside, Missing.PLACE)


def excluded(rule: Rule, elder: Elder, stay: Stay, rules: Rulebook, on: datetime.date) -> Reasons:
    found: list[Reason] = []
    for exclusion in rules.exclusions:
        if not holds_at(exclusion, stay):
            continue
        if rule.slug in exclusion.first and exclusion.conflict is Conflict.BLOCKS:
            found += held_against(exclusion, elder, Refusal.BARRED)
        elif rule.slug in exclusion.first and exclusion.conflict is Conflict.ASKS:
            found += held_against(exclusion, elder, Doubt.STATUS)
        elif rule.slug in exclusion.second and exclusion.conflict is Conflict.REPLACES:
            found += displaced(exclusion, elder, stay, rules, on)
    return tuple(sorted(set(found), key=lambda reason: (reason.code, reason.about)))


def holds_at(exclusion: Exclusion, stay: Stay) -> bool:
    """Return whether an exclusion may hold where the stay is."""
    return not exclusion.region or lies_in(stay.region, exclusion.region) is not False


def held_against(exclusion: Exclusion, elder: Elder, code: Code) -> Iterable[Reason]:
    if elder.statuses is None:
        return [Reason(Missing.STATUS)]
    if held := exclusion.statuses & elder.statuses:
        return [Reason(code, status) for status in held]
    return missing_statuses(exclusion.statuses, elder)


def displaced(
    exclusion: Exclusion, elder: Elder, stay: Stay, rules: Rulebook, on: datetime.date
) -> Iterator[Reason]:
    """The rules that stand in place of it for this elder, whether or not they pay."""
    for rule in rules.rules:
        if rule.slug not in exclusion.first:
            continue
        # An institution's rules replace each other wherever the home stands.
        anchor = () if rule.anchor is Anchor.INSTITUTION else anchored(rule, elder, stay, on)
        schemes = [in_scheme(rate, elder) for rate in rule.rates]
        reasons = timely(rule, on) + anchor + (() if () in schemes else tuple(chain(*schemes)))
        if not reasons:
            yield Reason(Refusal.REPLACED, rule.slug)
        elif not any(isinstance(reason.code, Refusal) for reason in reasons):
            yield Reason(Doubt.REPLACED, rule.slug)


def sourced(rule: Rule) -> Reasons:
    if rule.grade is Grade.UNKNOWN:
        return (Reason(Missing.NOT_FOUND),)
    return () if rule.grade in QUOTABLE else (Reason(Doubt.WEAK_SOURCE),)


def doubts_of(rate: Rate | None, rule: Rule, elder: Elder) -> Iterator[Reason]:
    if not rule.conditions_known:
        yield Reason(Doubt.CONDITIONS)
    if any(lies_in(elder.hukou, place) for place in rule.doubtful_places):
        yield Reason(Doubt.PLACE)
    if rule.grade in QUOTABLE and (rate.amount is None if rate else not rule.rates):
        yield Reason(Doubt.AMOUNT)
    if rate and isinstance(rate.amount, Share) and rate.amount.percent is None:
        yield Reason(Doubt.SHARE)
    if rate and rate.unsure:
        yield Reason(Doubt.RATE)


def not_found(rate: Rate | None) -> Iterator[Reason]:
    """Why the amount of a rate that applies cannot be given at all."""
    if rate and isinstance(rate.amount, SetLocally):
        yield Reason(Missing.SET_LOCALLY)
    if rate and isinstance(rate.amount, ByStandard):
        yield Reason(Missing.NO_RATE)


# Rates


def best_rate(
    rule: Rule, elder: Elder, stay: Stay, rules: Rulebook, on: datetime.date
) -> tuple[Rate | None, Reasons, Reasons]:
    """The first rate that applies; else why none does; and what stands before a better one."""
    current = [
        resolved(r, rules, on)
        for r in rule.rates
        if not ((r.since and on < r.since) or (r.until and on > r.until))
    ]
    if rule.rates and not current:
        return None, (Reason(Missing.NO_RATE),), ()
    open_rates: list[Rate] = []
    missing: Reasons = ()
    refused: Reasons = ()
    for rate in current:
        reasons = conditions(rate, elder, stay, on)
        if not reasons:
            sure = all(at_least(better, rate) for better in open_rates)
            return (rate, (), missing) if sure else (None, missing, ())
        if any(isinstance(reason.code, Refusal) for reason in reasons):
            refused = merged(refused, reasons)
        else:
            open_rates.append(rate)
            missing = merged(missing, reasons)
    return None, missing or tuple(r for r in refused if isinstance(r.code, Refusal)), ()


def resolved(rate: Rate, rules: Rulebook, on: datetime.date) -> Rate:
    """Return a rate with its share of a standard as fen of that day; as it is without a row."""
    match rate.amount:
        case ByStandard(slug, percent, at_least) if row := rules.standard(slug, on):
            fen = share_of(row.fen, percent)
            return replace(rate, amount=Between(fen) if at_least else Fixed(fen), standard=row)
    return rate


def share_of(fen: int, percent: int) -> int:
    """Return a percentage of a sum, whole fen rounded down."""
    return fen * percent // 100


def conditions(rate: Rate, elder: Elder, stay: Stay, on: datetime.date) -> Reasons:
    return (
        *of_age(rate, elder, on),
        *of_birth(rate, elder, on),
        *of_ability(rate, elder),
        *of_status(rate, elder),
        *of_hukou(rate, elder, on),
        *of_disability(rate, elder),
        *in_scheme(rate, elder),
        *in_setting(rate, stay),
    )


def of_age(rate: Rate, elder: Elder, on: datetime.date) -> Reasons:
    if rate.age_from is None and rate.age_to is None:
        return ()
    ages = elder.ages(on)
    low, high = rate.age_from or 0, 999 if rate.age_to is None else rate.age_to
    within = ages and (low <= ages[0] <= high) + (low <= ages[1] <= high)
    answer = None if within == 1 or not ages else bool(within)
    return refuse_unless(answer, Refusal.AGE, Missing.AGE)


def of_birth(rate: Rate, elder: Elder, on: datetime.date) -> Reasons:
    if rate.born_from is None:
        return ()
    births = elder.births(on)
    sides = births and {day >= rate.born_from for day in births}
    answer = sides.pop() if sides and len(sides) == 1 else None
    return refuse_unless(answer, Refusal.BORN, Missing.AGE)


def of_ability(rate: Rate, elder: Elder) -> Reasons:
    if not rate.scale:
        return ()
    level = elder.level(rate.scale)
    enough = None if level is None else rate.levels[0] <= level <= rate.levels[1]
    return refuse_unless(enough, Refusal.ABILITY, Missing.ABILITY, rate.scale)


def of_status(rate: Rate, elder: Elder) -> Reasons:
    wanted = [group for group in (rate.statuses, rate.also) if group]
    if not wanted and not rate.without:
        return ()
    if elder.statuses is None:
        return (Reason(Missing.STATUS),)
    if any(elder.holds(group) is False for group in wanted) or rate.without & elder.statuses:
        return (Reason(Refusal.STATUS),)
    unknown = [group for group in wanted if not elder.holds(group)] + [rate.without]
    return merged(*(missing_statuses(group, elder) for group in unknown))


def missing_statuses(statuses: frozenset[str], elder: Elder) -> Reasons:
    """Return what has to be known of statuses that were not asked."""
    unknown = sorted(statuses & elder.open_statuses)
    if unknown and len(elder.open_statuses) > 1:
        return (Reason(Missing.STATUS),)
    return tuple(Reason(Missing.ONE_STATUS, status) for status in unknown)


def of_hukou(rate: Rate, elder: Elder, on: datetime.date) -> Reasons:
    if not rate.hukou:
        return ()
    held = lies_in(hukou_on(elder, on), rate.hukou)
    return refuse_unless(held, Refusal.HUKOU_ELSEWHERE, Missing.HUKOU)


def of_disability(rate: Rate, elder: Elder) -> Reasons:
    if not rate.disability_kinds:
        return ()
    held = None
    if elder.disabilities is not None:
        held = any_of(fits(disability, rate) for disability in elder.disabilities)
    return refuse_unless(held, Refusal.DISABILITY, Missing.DISABILITY)


def fits(disability: Disability, rate: Rate) -> bool | None:
    low, high = rate.disability_grades
    parts: list[bool | None] = [disability.kind in rate.disability_kinds]
    parts.append(None if disability.grade is None else low <= disability.grade <= high)
    if rate.multiple is not None:
        known = disability.multiple
        parts.append(None if known is None else known is rate.multiple)
    return False if False in parts else None if None in parts else True


def in_scheme(rate: Rate, elder: Elder) -> Reasons:
    if not rate.scheme:
        return ()
    held = None if elder.scheme is None else elder.scheme == rate.scheme
    return refuse_unless(held, Refusal.SCHEME, Missing.SCHEME)


def in_setting(rate: Rate, stay: Stay) -> Reasons:
    if not rate.settings:
        return ()
    held = None if stay.setting is None else stay.setting in rate.settings
    return refuse_unless(held, Refusal.SETTING, Missing.SETTING)


def at_least(better: Rate, rate: Rate) -> bool:
    """Return whether `better` surely pays no less, so that `rate` can be counted on meanwhile."""
    one, other = a_month(better.amount, better.period), a_month(rate.amount, rate.period)
    return isinstance(one, Fixed) and isinstance(other, Fixed) and one.fen >= other.fen


def a_month(amount: Amount | None, period: Period) -> Amount | None:
    """The amount for a month; None where it does not come every month."""
    if period is Period.MONTH or isinstance(amount, Formula | ByStandard | SetLocally | None):
        return amount
    if period is not Period.DAY:
        return None
    match amount:
        case Fixed(fen):
            return Fixed(fen * DAYS_A_MONTH)
        case Between(low, high):
            return Between(low * DAYS_A_MONTH, _days(high))
        case Share(_, _, ceiling, cap):
            return replace(amount, ceiling=_days(ceiling), cap=_days(cap))


def _days(fen: int | None) -> int | None:
    return None if fen is None else fen * DAYS_A_MONTH


# True, false, unknown


def refuse_unless(answer: bool | None, no: Code, missing: Missing, about: str = "") -> Reasons:
    if answer:
        return ()
    return (Reason(missing if answer is None else no, about),)


def any_of(answers: Iterable[bool | None]) -> bool | None:
    found = set(answers)
    return True if True in found else None if None in found else False


def merged(*groups: Reasons) -> Reasons:
    return tuple(dict.fromkeys(chain(*groups)))


def lies_in(code: str | None, wider: str) -> bool | None:
    """None: not given, or too rough to decide (北京市 against 西城区)."""
    if code is None:
        return None
    if wider in upward(code):
        return True
    return None if code in upward(wider) else False


def upward(code: str) -> tuple[str, ...]:
    """The code and those of every region it lies in."""
    return code, f"{code[:4]}00", f"{code[:2]}0000", NATION


def city_of(code: str) -> str:
    """The prefecture or the municipality; a county that its province runs itself is its own."""
    if code[:2] in MUNICIPALITIES:
        return f"{code[:2]}0000"
    return code if code[2:4] == "90" else f"{code[:4]}00"


def end_of_month(day: datetime.date) -> datetime.date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])
