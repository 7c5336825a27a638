"""Serializers of an elder's benefits: the ledger of the pages, line by line, as data."""

from typing import Any

from rest_framework import serializers

from institutions.api.serializers import Fen, InstitutionRef, NetSerializer, SourceSerializer
from institutions.costs.benefit_changes import KINDS, Change, Item
from regions.api.serializers import DocumentRef, KnownValueField, PolicyRef, RegionRef
from regions.engine.assessment import Outcome
from regions.engine.rules import (
    Answer,
    Between,
    Fixed,
    Formula,
    Payee,
    Period,
    Share,
)
from regions.models import Grade, Rate
from regions.policies.ledger import SetChoice

KINDS_OF_AMOUNT = {
    Fixed: Rate.AmountKind.FIXED,
    Between: Rate.AmountKind.RANGE,
    Share: Rate.AmountKind.SHARE,
    Formula: Rate.AmountKind.FORMULA,
}


class AmountSerializer(serializers.Serializer[Outcome]):
    """An amount as its document states it; which of these are filled depends on the kind."""

    kind = serializers.SerializerMethodField(help_text="fixed、range、least、share、formula")
    period = serializers.ChoiceField([(p.value, p.value) for p in Period])
    fen = serializers.SerializerMethodField(help_text="固定的金额，或者范围里最少的")
    to_fen = serializers.SerializerMethodField(help_text="范围里最多的")
    percent = serializers.SerializerMethodField(help_text="比例")
    ceiling_fen = serializers.SerializerMethodField(help_text="计算基数最多")
    cap_fen = serializers.SerializerMethodField(help_text="最多给")

    def get_kind(self, outcome: Outcome) -> str:
        if isinstance(outcome.amount, Between) and outcome.amount.high is None:
            return str(Rate.AmountKind.LEAST.value)
        return str(KINDS_OF_AMOUNT[type(outcome.amount)].value)

    def get_fen(self, outcome: Outcome) -> int | None:
        match outcome.amount:
            case Fixed(fen) | Between(fen, _):
                return fen
        return None

    def get_to_fen(self, outcome: Outcome) -> int | None:
        return getattr(outcome.amount, "high", None)

    def get_percent(self, outcome: Outcome) -> int | None:
        return getattr(outcome.amount, "percent", None)

    def get_ceiling_fen(self, outcome: Outcome) -> int | None:
        return getattr(outcome.amount, "ceiling", None)

    def get_cap_fen(self, outcome: Outcome) -> int | None:
        return getattr(outcome.amount, "cap", None)


class AmountField(AmountSerializer):
    """Null where no amount is known."""

    def to_representation(self, instance: Outcome) -> Any:
        return super().to_representation(instance) if instance.amount else None


class LineSerializer(serializers.Serializer[Item]):
    """One benefit: the answer over there, how much, why, and by which document."""

    policy = PolicyRef(source="line.policy")
    region = RegionRef(source="line.policy.region", help_text="哪里的政策")
    answer = serializers.ChoiceField([(a.value, a.value) for a in Answer], source="line.answer")
    verdict = serializers.CharField(source="line.verdict", help_text="答复，用话说")
    payee = serializers.ChoiceField([(p.value, p.value) for p in Payee], source="line.payee")
    counted_fen = Fen(
        source="line.counted", allow_null=True, help_text="每月计入多少；null 是没有计入，不是 0"
    )
    amount = AmountField(source="line.outcome", allow_null=True, help_text="null 是不知道多少")
    amount_words = KnownValueField(source="line.amount")
    in_hand = serializers.BooleanField(source="line.policy.in_hand", help_text="符合的人已经在领")
    usage = KnownValueField(source="line.policy.usage", help_text="这笔钱只能怎么用")
    open_words = KnownValueField(source="line.open_amount", help_text="确认以后会是多少，没有计入")
    codes = serializers.SerializerMethodField(help_text="为什么这样答复，代码")
    reasons = serializers.ListField(
        child=serializers.CharField(), source="line.reasons", help_text="为什么，用话说"
    )
    last_day = serializers.DateField(source="line.last_day", allow_null=True)
    change = serializers.ChoiceField([(c.value, c.value) for c in Change], help_text="和现在比")
    change_words = serializers.SerializerMethodField()
    document = DocumentRef(source="line.policy.document")
    clause = KnownValueField(source="line.policy.clause")
    dated = serializers.CharField(source="line.dated", help_text="从什么时候到什么时候")
    grade = serializers.ChoiceField(Grade.choices, source="line.policy.grade")

    def get_codes(self, item: Item) -> list[str]:
        outcome = item.line.outcome
        reasons = (*outcome.reasons, *outcome.higher, *outcome.hints) if outcome else ()
        return [str(reason.code) for reason in reasons]

    def get_change_words(self, item: Item) -> str:
        return KINDS[item.change].label


class ChoiceOfSetSerializer(serializers.Serializer[SetChoice]):
    """One of the sets of benefits that may be had together."""

    names = serializers.ListField(child=serializers.CharField())
    cash_fen = Fen(source="cash")
    uncounted = serializers.ListField(child=serializers.CharField(), help_text="没有算进去的")


class EstimateSerializer(serializers.Serializer[Any]):
    """Benefits that follow an elder to a place or a home; with a home, the cost of a month."""

    on = serializers.DateField(help_text="按哪一天算的")
    to = RegionRef(help_text="去哪里")
    institution = InstitutionRef(allow_null=True)
    net = NetSerializer(allow_null=True, help_text="没有写 home 的是 null")
    price_source = SourceSerializer(allow_null=True, help_text="标价出自哪里")
    to_elder_fen = Fen(help_text="每月给老人多少")
    on_bill_fen = Fen(allow_null=True, help_text="每月在账单上抵多少；没有标价的是 null")
    is_at_most = serializers.BooleanField(help_text="true：还有要确认的，补贴后至多这么多")
    last_day = serializers.DateField(allow_null=True, help_text="过了这一天，计入的会变少")
    ends_on = serializers.DateField(allow_null=True, help_text="计入的里面最早到期的那一天")
    to_pay_after_fen = Fen(allow_null=True, help_text="那天以后一个月付多少")
    lines = LineSerializer(many=True)
    choices = ChoiceOfSetSerializer(many=True, help_text="只能选一组的，每一组的现金")
