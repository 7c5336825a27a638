"""The folder a family takes along to one home and to the offices of both regions: plain data."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.urls import reverse

from carebridge.lib.money import exact_yuan
from institutions.costs.estimator import Estimator, estimator
from institutions.costs.monthly_cost import Cost, cost
from institutions.models import Fee, Institution, Listing
from institutions.models.fee import MOST_DEPOSIT_IN_BED_FEES, MOST_PREPAID_MONTHS
from institutions.pages.institution.location import MapLink, finders, map_links
from institutions.pages.institution.page import Profile, ProfileLine, profile
from institutions.register.list_price import monthly
from regions.elder.form import ElderForm
from regions.elder.questions import Questions, questions
from regions.models import Agreement, Document
from regions.policies import rulebook as policies
from regions.policies.agreements import Matter, agreements, care
from regions.policies.papers import Papers, papers

RULE, CUSTODY = "cn-prepaid-fees-2024", "cn-prepaid-custody-2025"
# What to ask on the visit, and which of the published answers stands beside it.
ASKED = (
    ("能不能先试住几天？试住怎么收费，正式住了抵不抵？", "试住"),
    ("不住了怎么退钱？退多少，几天到账，写没写进合同？", "退费"),
    ("住院、回家过年，床位留多久？留着收多少钱？", "请假时床位留不留"),
    ("给老人定几级护理？谁评，多久再评一次？升一级加多少钱？", ""),
    ("夜里一层楼有几个护理员？按铃多久有人来？", ""),
    ("突然病重送哪家医院？谁陪着去？车费和押金谁先出？", ""),
    ("床位费、餐费、护理费以外还收什么：采暖、空调、水电、一次性用品、特需服务？", ""),
    ("押金、医疗备用金、会员费各多少？能不能按月交，不先交一年？", "最多先交几个月"),
    ("预收的钱存在哪家银行？能不能看存管账户的公示？", "预收的钱存在哪家银行"),
    ("什么时候会涨价？涨价提前多久说？", ""),
    ("备案、消防、食品、责任保险的凭证，能不能当面看？", ""),
    ("家里人什么时候能来看？能不能尝一顿饭，看一看晚上？", ""),
)


@dataclass(frozen=True)
class VisitQuestion:
    """A question, and the published answer; 未公布 where it could be published."""

    words: str
    line: ProfileLine | None


@dataclass(frozen=True)
class Protection:
    """Rule of the state on prepaid money, terms of this home, and whether they agree."""

    rule: str
    here: str
    verdict: str
    is_bad: bool = False


class Pack:
    """One published home, from `for_profile()`, for the elder of an address on the day `on`.

    `kept` are the other parameters of the page, which its strip sends along.
    """

    def __init__(
        self,
        home: Institution,
        asked: ElderForm,
        on: datetime.date,
        kept: Iterable[tuple[str, str]] = (),
    ) -> None:
        self.home, self.asked, self.on, self.kept = home, asked, on, kept

    @cached_property
    def profile(self) -> Profile:
        return profile(self.home, self.on)

    @property
    def path(self) -> str:
        """Return the address without the elder: a printed page may be left lying about."""
        return reverse("pack", args=[self.home.pk])

    @cached_property
    def questions(self) -> Questions:
        rules = self._estimator.book.rules if self.asked.given else None
        return questions(self.asked, self.path, self.kept, rules)

    @property
    def maps(self) -> tuple[MapLink, ...]:
        return map_links(self.home)

    @property
    def finders(self) -> tuple[MapLink, ...]:
        return finders(self.home)

    # What it costs, what follows, and the papers for it

    @cached_property
    def _estimator(self) -> Estimator:
        return estimator(self.asked.elder, policies.book(), self.asked.day)

    @cached_property
    def _listing(self) -> Listing:
        return Listing.objects.prefetch_related("designations").get(pk=self.home.pk)

    @cached_property
    def cost(self) -> Cost | None:
        if not self.asked.given:
            return None
        return cost(self._listing, self._estimator.level, self._estimator)

    @cached_property
    def papers(self) -> Papers | None:
        if not self.asked.given:
            return None
        found = self._estimator.assessment(self._estimator.class_of(self._listing))
        return papers(found, self._estimator.book)

    @cached_property
    def care(self) -> list[Matter]:
        """Return the settlement of each kind of bill; nothing without a place of insurance."""
        insured = self.asked.elder.insured
        return care(insured, self.home.region_id, agreements(self.on)) if insured else []

    @property
    def agreements(self) -> list[Agreement]:
        """Return the agreements that the settlements rest on, each once."""
        return list(dict.fromkeys(m.agreement for m in self.care if m.agreement))

    # The visit

    @cached_property
    def visit(self) -> list[VisitQuestion]:
        lines = {line.label: line for line in self.profile.terms}
        return [VisitQuestion(words, lines.get(label)) for words, label in ASKED]

    # Money paid ahead

    @cached_property
    def rules(self) -> list[Document]:
        """Return the documents that protect it, the older first; one query."""
        return list(
            Document.objects.published().filter(slug__in=(RULE, CUSTODY)).order_by("issued_on")
        )

    @property
    def rules_ended(self) -> bool:
        """Return whether the term of the rule is over."""
        ends = [document.in_force_to for document in self.rules if document.in_force_to]
        return any(end < self.on for end in ends)

    @cached_property
    def protections(self) -> list[Protection]:
        return [self._prepaid(), self._deposit(), self._membership(), self._custody()]

    def _fees_of(self, kind: Fee.Kind) -> list[Fee]:
        fees = self.home.fees.all()
        return [fee for fee in fees if fee.kind == kind and fee.is_in_force(self.on)]

    def _term_words(self, label: str) -> str:
        return next(line.answer for line in self.profile.terms if line.label == label)

    def _prepaid(self) -> Protection:
        rule = f"服务费（床位、餐、护理）最多先收 {MOST_PREPAID_MONTHS} 个月，鼓励按月收。"
        terms = getattr(self.home, "terms", None)
        if terms is None or terms.prepay_months is None:
            return Protection(rule, "", "先问清楚，写进合同。")
        too_much = terms.prepay_months > MOST_PREPAID_MONTHS
        verdict = "超过了规定，不要签。" if too_much else "没有超过规定。"
        return Protection(rule, self._term_words("最多先交几个月"), verdict, too_much)

    def _deposit(self) -> Protection:
        """Measured against the cheapest and the dearest bed: which one is taken is not known."""
        rule = f"押金最多是这位老人每月床位费的 {MOST_DEPOSIT_IN_BED_FEES} 倍。"
        deposits = [fee.amount for fee in self._fees_of(Fee.Kind.DEPOSIT)]
        if not deposits:
            return Protection(rule, "", "先问清楚，写进合同。")
        here = "押金 " + "、".join(f"{exact_yuan(amount)} 元" for amount in sorted(set(deposits)))
        beds = self._fees_of(Fee.Kind.BED)
        limits = [MOST_DEPOSIT_IN_BED_FEES * monthly(b) for b in beds if b.period != b.Period.ONCE]
        if not limits:
            return Protection(rule, here, "床位费未公布，还不能判断。")
        if max(deposits) > max(limits):
            return Protection(rule, here, "超过了规定，不要签。", True)
        if max(deposits) > min(limits):
            return Protection(
                rule, here, f"住每月不到 {exact_yuan(_least_bed(deposits))} 元的床就超过了。"
            )
        return Protection(rule, here, "没有超过规定。")

    def _membership(self) -> Protection:
        rule = "会员费要存进银行专户，还要留风险保证金；不许说能赚钱、能返利。"
        fees = [f"{exact_yuan(fee.amount)} 元" for fee in self._fees_of(Fee.Kind.MEMBERSHIP)]
        if not fees:
            return Protection(rule, "", "先问收不收。")
        return Protection(rule, f"会员费 {'、'.join(fees)}", "先看存管协议，再决定交不交。")

    def _custody(self) -> Protection:
        rule = "预收的钱进一个指定账户，机构不能转走；退钱的申请有效，一天内办。"
        bank, public = (
            self._term_words("预收的钱存在哪家银行"),
            self._term_words("存管账户公示了吗"),
        )
        here = "；".join(filter(None, [bank and f"存在{bank}", public and f"账户{public}"]))
        return Protection(rule, here, "交钱只交进这个账户。" if here else "先问清楚，写进合同。")


def _least_bed(deposits: list[int]) -> int:
    """Return the monthly bed fee from which the deposit keeps to the rule, whole yuan upwards."""
    return -(-max(deposits) // (MOST_DEPOSIT_IN_BED_FEES * 100)) * 100
