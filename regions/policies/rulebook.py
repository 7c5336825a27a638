"""From the rows clerks edit to the rules the engine reads, and the engine's codes in Chinese."""

import datetime
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from django.db import router
from django.db.models import Prefetch, QuerySet

from regions import models
from regions.engine import rules
from regions.engine.rules import Doubt, Hint, Missing, Refusal
from regions.engine.rules import Standard as Figure
from regions.engine.settlement import KINDS, Pact, Settlement
from regions.law.citing import quoting
from regions.models.stamp import RULES


@dataclass(frozen=True, eq=False)
class Book:
    """The rules and the policies they were made from, by slug.

    Each policy comes with its region, its document and the sentences that make it. `standards` are
    the rows of the dated standards, by slug and first day.
    """

    token: uuid.UUID | None
    rules: rules.Rulebook
    policies: Mapping[str, models.Policy]
    standards: Mapping[tuple[str, datetime.date], models.Standard]

    def newer_than(self, row: Figure) -> bool:
        """Return whether the standard has a row that begins after this one."""
        return any(slug == row.slug and since > row.since for slug, since in self.standards)


# By database: a replica may lag behind the primary.
_kept: dict[str, Book] = {}


def book() -> Book:
    """The policies as they stand: one query while nothing changed, eleven more when it did.

    The token is read first: rows that change meanwhile are read again the next time.
    """
    database = router.db_for_read(models.Stamp)
    kept, token = _kept.get(database), models.Stamp.objects.of(RULES)
    if kept is None or token is None or kept.token != token:
        rows = {
            row.slug: row
            for row in quoting(_policies().select_related("region__parent__parent", "document"))
        }
        standards = list(_standards())
        kept = _kept[database] = Book(
            token,
            rulebook(rows.values(), standards),
            rows,
            {(row.slug, row.since): row for row in standards},
        )
    return kept


def changed() -> None:
    """Record that policies, rates, exclusions or their documents changed; in that transaction."""
    models.Stamp.objects.touch(RULES)


def _policies() -> models.policy.PolicyQuerySet:
    return models.Policy.objects.order_by("slug").prefetch_related(
        "portable_to",
        "portable_to_groups__regions",
        "doubtful_in",
        Prefetch("rates", models.Rate.objects.order_by("order")),
    )


def _standards() -> "QuerySet[models.Standard]":
    return models.Standard.objects.select_related("document").order_by("slug", "since")


def rulebook(
    rows: Iterable[models.Policy] | None = None,
    standards: Iterable[models.Standard] | None = None,
) -> rules.Rulebook:
    """Every policy with its rates, what excludes what, and the standards; ten queries."""
    rows = _policies() if rows is None else rows
    exclusions = models.Exclusion.objects.order_by("slug").prefetch_related("first", "second")
    figures = _standards() if standards is None else standards
    return rules.Rulebook(
        tuple(map(rule, rows)), tuple(map(exclusion, exclusions)), tuple(map(standard, figures))
    )


def rule(row: models.Policy) -> rules.Rule:
    groups = [region.code for g in row.portable_to_groups.all() for region in g.regions.all()]
    return rules.Rule(
        slug=row.slug,
        region=row.region_id,
        anchor=rules.Anchor(row.anchor),
        payee=rules.Payee(row.payee),
        portability=rules.Portability(row.portability),
        grade=rules.Grade(row.grade),
        stage=row.stage,
        since=row.in_force_from,
        until=row.in_force_to,
        places=frozenset(region.code for region in row.portable_to.all()) | set(groups),
        home_list=row.home_list,
        conditions_known=row.conditions_known,
        doubtful_places=frozenset(region.code for region in row.doubtful_in.all()),
        ask=row.ask,
        in_hand=row.in_hand,
        rates=tuple(map(rate, row.rates.all())),
    )


def rate(row: models.Rate) -> rules.Rate:
    return rules.Rate(
        amount=amount(row),
        period=rules.Period(row.period),
        since=row.in_force_from,
        until=row.in_force_to,
        age_from=row.age_from,
        age_to=row.age_to,
        born_from=row.born_from,
        scale=row.scale,
        levels=(row.level_from or 0, row.level_to or 0),
        statuses=frozenset(row.statuses.split()),
        also=frozenset(row.also_statuses.split()),
        without=frozenset(row.without_statuses.split()),
        hukou=row.hukou_id or "",
        disability_kinds=frozenset(row.disability_kinds.split()),
        disability_grades=(row.disability_grade_from or 1, row.disability_grade_to or 4),
        multiple=row.multiple,
        scheme=row.scheme,
        settings=frozenset(row.settings.split()),
        payee=rules.Payee(row.payee) if row.payee else None,
        spend_over=row.spend_over,
        unsure=row.is_unsure,
    )


def amount(row: models.Rate) -> rules.Amount | None:
    kinds = models.Rate.AmountKind
    match row.amount_kind:
        case kinds.FIXED:
            return rules.Fixed(row.amount or 0)
        case kinds.RANGE:
            return rules.Between(row.amount or 0, row.amount_to or 0)
        case kinds.SHARE | kinds.STANDARD:
            return rules.Share(row.percent, rules.Base(row.base), row.ceiling, row.cap)
        case kinds.FORMULA:
            return rules.Formula(row.formula)
        case kinds.LEAST:
            return rules.Between(row.amount or 0)
        case kinds.OF_STANDARD | kinds.LEAST_OF_STANDARD:
            at_least = row.amount_kind == kinds.LEAST_OF_STANDARD
            return rules.ByStandard(row.standard, row.percent or 0, at_least)
        case kinds.LOCAL:
            return rules.SetLocally()
    return None


def exclusion(row: models.Exclusion) -> rules.Exclusion:
    return rules.Exclusion(
        slug=row.slug,
        conflict=rules.Conflict(row.conflict),
        first=frozenset(policy.slug for policy in row.first.all()),
        second=frozenset(policy.slug for policy in row.second.all()),
        statuses=frozenset(row.statuses.split()),
        region=row.region_id or "",
    )


def standard(row: models.Standard) -> rules.Standard:
    return rules.Standard(row.slug, row.since, row.amount)


def pacts(on: datetime.date) -> tuple[Pact, ...]:
    """The agreements on medical bills in force on the day `on`; two queries."""
    rows = models.Agreement.objects.in_force(on).prefetch_related("regions")
    return tuple(found for row in rows if (found := pact(row)).terms)


def pact(row: models.Agreement) -> Pact:
    term_of = partial(getattr, row)
    return Pact(
        slug=row.slug,
        parties=frozenset(region.code for region in row.regions.all()),
        terms=tuple((kind, Settlement(term_of(kind))) for kind in KINDS if term_of(kind)),
    )


def sentences(reasons: Iterable[rules.Reason]) -> list[str]:
    """Reasons in Chinese, with the status, assessment or benefit they are about."""
    return [SENTENCES[reason.code].format(about=about(reason)) for reason in reasons]


def about(reason: rules.Reason) -> str:
    """The words for a status or a scale; a rule's slug stays as it is, for a link."""
    return WORDS.get(reason.about, reason.about)


WORDS: dict[str, str] = {str(one): str(one.label) for one in (*models.Status, *models.Scale)}

SENTENCES: dict[rules.Code, str] = {
    Refusal.NOT_BEGUN: "那一天还没有开始。",
    Refusal.EXPIRED: "已经到期，是否延续没有公布。",
    Refusal.HUKOU_LEFT: "户籍迁出后，从下个月起停发。",
    Refusal.HUKOU_ELSEWHERE: "户籍不在这项政策的地区。",
    Refusal.SERVICE_ELSEWHERE: "接受服务的地方不在这项政策的地区。",
    Refusal.INSURED_ELSEWHERE: "不在这项政策的地区参保。",
    Refusal.HOME_ELSEWHERE: "机构不在这项政策的地区。",
    Refusal.STAYS_BEHIND: "只能在规定的地区享受，到这里就没有了。",
    Refusal.NOT_LISTED: "这家机构不在规定的名单上，或不是定点。",
    Refusal.BARRED: "{about}的，不能再享受这一项。",
    Refusal.REPLACED: "已由另一项政策代替：{about}。",
    Refusal.AGE: "年龄不在规定的范围。",
    Refusal.BORN: "出生日期不在规定的范围。",
    Refusal.ABILITY: "能力等级不符合：{about}。",
    Refusal.STATUS: "没有规定的身份。",
    Refusal.DISABILITY: "残疾类别或等级不符合。",
    Refusal.SCHEME: "参加的医保种类不符合。",
    Refusal.SETTING: "这种照护方式不在规定里。",
    Missing.NOT_FOUND: "金额或现行规定没有查到。",
    Missing.NO_RATE: "那一天的标准没有查到。",
    Missing.SET_LOCALLY: "金额由当地定，本站没有查到，要问当地。",
    Missing.HUKOU: "还不能判断：请填户籍，到区县。",
    Missing.PLACE: "还不能判断：请填要去的地方。",
    Missing.INSURED: "还不能判断：请填参保地。",
    Missing.LISTED: "还不能判断：不知道这家机构是不是定点、在不在名单上。",
    Missing.AGE: "还不能判断：请填年龄或出生年月。",
    Missing.ABILITY: "还不能判断：请填评估结果，{about}。",
    Missing.STATUS: "还不能判断：请填身份和已经领的补贴，没有就选没有。",
    Missing.ONE_STATUS: "还不能判断：请填是不是{about}。",
    Missing.DISABILITY: "还不能判断：请填残疾类别和等级，没有就选没有。",
    Missing.SCHEME: "还不能判断：请填医保种类。",
    Missing.SETTING: "还不能判断：请填住机构还是居家。",
    Hint.DISTRICT: "有的区另有衔接办法：户籍填到区县再看，可能要当地确认。",
    Doubt.OFF_SITE: "外地能不能用，文件没有写。",
    Doubt.WEAK_SOURCE: "来源待核实，所以不写金额。",
    Doubt.CONDITIONS: "条件没有查全。",
    Doubt.AMOUNT: "金额没有查到。",
    Doubt.RATE: "这一档文件没有写明，要当地确认。",
    Doubt.SHARE: "只查到结算标准，基金付多少没有查到。",
    Doubt.STATUS: "{about}的，要当地比较或确认。",
    Doubt.PLACE: "户籍所在的区另有衔接办法，要当地确认。",
    Doubt.TOGETHER: "能不能和另一项一起享受，没有写明：{about}。",
    Doubt.REPLACED: "可能由参保地自己的办法代替：{about}。",
}
