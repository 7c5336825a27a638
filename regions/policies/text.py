"""A policy in plain words: for whom, how much, and where it can be had."""

import datetime
import re
from dataclasses import dataclass

from django.db.models import TextChoices

from carebridge.lib.money import exact_yuan
from regions.engine import rules
from regions.models import DisabilityKind, Grade, Policy, Rate, Scale, Scheme, Setting, Status
from regions.models.codes import LEVEL_NAMES
from regions.models.policy import QUOTABLE
from regions.models.region import NATION
from regions.policies import rulebook as policies
from regions.policies.ledger import PER, amount_words

# What stands where an amount would, for grades that show none.
UNQUOTED = {Grade.WEAK: "待核实", Grade.UNVERIFIED: "待核实", Grade.UNKNOWN: "未查到"}
# What stands in brackets behind the name of a scale.
NOTE = re.compile("（.*）")
GRADES_OF_DISABILITY = ("", "一级", "二级", "三级", "四级")


@dataclass(frozen=True)
class Follows:
    """Portability of a benefit when the elder moves; `state` is yes, part or no."""

    state: str
    label: str
    words: str


def is_quotable(policy: Policy) -> bool:
    """Return whether amounts of this policy may be shown."""
    return policy.grade in QUOTABLE


def place_of(policy: Policy) -> str:
    """全国, or the full name of the region."""
    return policy.region.full_name


# For whom


def conditions(rate: Rate) -> list[str]:
    """Every condition of a rate, one phrase each; all of them must hold."""
    found = (
        age(rate),
        born(rate),
        hukou(rate),
        ability(rate),
        status(rate),
        also(rate),
        without(rate),
        disability(rate),
        scheme(rate),
        setting(rate),
    )
    return [words for words in found if words]


def age(rate: Rate) -> str:
    match rate.age_from, rate.age_to:
        case None, None:
            return ""
        case None, high:
            return f"{high} 岁及以下"
        case low, None:
            return f"{low} 岁及以上"
        case low, high:
            return f"{low}—{high} 岁"
    return ""


def born(rate: Rate) -> str:
    return f"{rate.born_from} 及以后出生" if rate.born_from else ""


def hukou(rate: Rate) -> str:
    return f"户籍在{rate.hukou.full_name}" if rate.hukou else ""


def also(rate: Rate) -> str:
    words = either(Status, rate.also_statuses)
    return f"并且{words}" if words else ""


def without(rate: Rate) -> str:
    words = either(Status, rate.without_statuses)
    return f"不是{words}" if words else ""


def ability(rate: Rate) -> str:
    """国家能力评估：中度失能到完全失能（2—4 级）."""
    if not rate.scale:
        return ""
    low, high = rate.level_from or 0, rate.level_to or 0
    scale = Scale(rate.scale)
    names = [LEVEL_NAMES[scale].get(level, "") for level in (low, high)]
    words = "到".join(filter(None, dict.fromkeys(names)))
    numbers = f"{low} 级" if low == high else f"{low}—{high} 级"
    if not words or numbers in words:
        return f"{NOTE.sub('', scale.label)}：{words or numbers}"
    return f"{NOTE.sub('', scale.label)}：{words}（{numbers}）"


def status(rate: Rate) -> str:
    return either(Status, rate.statuses)


def disability(rate: Rate) -> str:
    """视力或肢体残疾，一级至二级，没有多重残疾."""
    if not rate.disability_kinds:
        return ""
    kinds = either(DisabilityKind, rate.disability_kinds)
    low, high = rate.disability_grade_from or 1, rate.disability_grade_to or 4
    grades = dict.fromkeys(GRADES_OF_DISABILITY[grade] for grade in (low, high))
    several = "" if rate.multiple is None else f"，{'并有' if rate.multiple else '没有'}多重残疾"
    return f"{kinds}残疾，{'至'.join(grades)}{several}"


def scheme(rate: Rate) -> str:
    return Scheme(rate.scheme).label if rate.scheme else ""


def setting(rate: Rate) -> str:
    return either(Setting, rate.settings)


def either(choices: type[TextChoices], codes: str) -> str:
    """The words for a set of codes, in the order of their list."""
    words = [str(choice.label) for choice in choices if choice.value in codes.split()]
    return ("；或" if any("，" in word for word in words) else "或").join(words)


# How much


def amount(rate: Rate, policy: Policy) -> str:
    """Return the amount of a rate in words; for grades without amounts the reason."""
    if not is_quotable(policy):
        return UNQUOTED[Grade(policy.grade)]
    if rate.amount_kind == Rate.AmountKind.LOCAL:
        return "由当地定，没有查到"
    words = amount_words(policies.amount(rate), rules.Period(rate.period)) or "金额没有查到"
    return f"{words}（要当地确认）" if rate.is_unsure else words


def gives(policy: Policy) -> str:
    """Every amount of the policy in one line, the fixed ones of a period together."""
    rates = list(policy.rates.all())
    if not is_quotable(policy) or not any(rate.amount_kind for rate in rates):
        return f"金额{UNQUOTED.get(Grade(policy.grade), '没有查到')}"
    fixed: dict[str, dict[str, None]] = {}
    others: dict[str, None] = {}
    for rate in rates:
        if rate.amount_kind == Rate.AmountKind.FIXED and rate.period != Rate.Period.USED_DAY:
            fixed.setdefault(PER[rules.Period(rate.period)], {})[exact_yuan(rate.amount or 0)] = (
                None
            )
        elif rate.amount_kind:
            others[amount(rate, policy)] = None
    sums = [f"{'、'.join(found)} {per}" for per, found in fixed.items()]
    return "；".join([*sums, *others])


# Where


def whose(policy: Policy) -> str:
    """The one place that decides whose benefit it is."""
    looked_at, needed = {
        Policy.Anchor.HUKOU: ("看户籍", "户籍要在{}"),
        Policy.Anchor.SERVICE: ("看在哪里接受服务，不看户籍", "要在{}接受服务"),
        Policy.Anchor.INSURED: ("看在哪里参保，不看户籍", "要在{}参保"),
        Policy.Anchor.INSTITUTION: ("看机构在哪里", "机构要在{}"),
    }[Policy.Anchor(policy.anchor)]
    if policy.region_id == NATION:
        return f"{looked_at}。"
    return f"{looked_at}：{needed.format(place_of(policy))}。"


def follows(policy: Policy) -> Follows:
    kinds = Policy.Portability
    place = place_of(policy)
    if policy.anchor == Policy.Anchor.INSTITUTION:
        return Follows("no", "只给当地的机构", f"跟着机构，不跟着老人：只给{place}的机构。")
    if policy.anchor == Policy.Anchor.SERVICE and policy.region_id == NATION:
        return Follows("part", "在接受服务的地方用", "换了地方，到接受服务的那个地方申请和使用。")
    match policy.portability:
        case kinds.ANYWHERE:
            return Follows("yes", "跟着走", f"人住到哪里都有，只要{held(policy)}。")
        case kinds.REGIONS:
            return Follows("part", "到写明的地区跟着走", "只有住到写明的地区才有。")
        case kinds.LISTED:
            words = f"要住进名单上的机构才有：{policy.get_home_list_display()}，由{place}定。"
            return Follows("part", "到名单上的机构跟着走", words)
        case kinds.STAYS:
            return Follows("no", "不跟着走", f"人要在{place}才有，住到外地就没有了。")
    return Follows("part", "外地没有写明", where_to_ask(policy))


def held(policy: Policy) -> str:
    """Return the conditions for the benefit to go on."""
    verb = "还在{}参保" if policy.anchor == Policy.Anchor.INSURED else "户籍还在{}"
    return verb.format(place_of(policy))


def where_to_ask(policy: Policy) -> str:
    """Return whom to ask where no text states its use elsewhere."""
    if not is_quotable(policy):
        return "在外地能不能有，没有查到，要先问。"
    if policy.region_id == NATION:
        return "在参保地以外能不能用，没有写明，要先问。"
    place = place_of(policy)
    if policy.home_list:
        listed = f"{policy.get_home_list_display()}，由{place}定"
        return f"要住进名单上的机构（{listed}）。外地的机构不在名单上的，没有写明，要先问。"
    return f"在{place}可以；在外地能不能有，没有写明，要先问。"


def grade(policy: Policy) -> str:
    """Return the grade in words: A，已读官方全文; for B also its meaning for the figures."""
    words = str(policy.get_grade_display())
    if policy.grade == Grade.UNKNOWN:
        return words
    source = "（来源为公开报道）" if policy.grade == Grade.PRESS else ""
    return f"{policy.grade}，{words}{source}"


# When

ENDED = "已经到期"


def state(policy: Policy, on: datetime.date) -> str:
    """Return the reason why it does not apply on the day `on`; an empty string for none."""
    if policy.in_force_from and policy.in_force_from > on:
        return "还没有开始"
    if policy.in_force_to and policy.in_force_to < on:
        return ENDED
    return ""
