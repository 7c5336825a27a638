"""Read an elder from an address: thirteen parameters in, an `Elder` of the engine out.

Nothing is stored. A value in error stays as it was typed, with its message beside the field, and
counts as not known.
"""

import datetime
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from carebridge.lib.query_fields import NONE, SharedField, TokensField, legible
from regions.engine.rules import Disability, Elder, born_in
from regions.models import DisabilityKind, Region, Scale, Scheme, Status
from regions.models.codes import LEVEL_NAMES
from regions.places.fields import PlaceField
from regions.places.gazetteer import gazetteer

OLDEST = 120
BIRTH = re.compile(r"(\d{4})[-年./](\d{1,2})(?:月(?:\d{1,2}日)?|[-./]\d{1,2})?", re.ASCII)
# 户口登记条例, 1958-01-09: nobody left a hukou before there was one.
FIRST_HUKOU = datetime.date(1958, 1, 9)
NO_STATUS = "没有特殊身份"
LTCI_SCALES = (Scale.LTCI,)
FINDING_SCALES = tuple(scale for scale in Scale if scale not in LTCI_SCALES)
# The scales in few words, for the line above prices.
SHORT_SCALES = {
    Scale.NATIONAL: "国家评估",
    Scale.BEIJING: "北京评估",
    Scale.LTCI: "长护险评估",
    Scale.TIANJIN_CARE: "天津照料等级",
    Scale.CONTRACT: "机构护理等级",
}
# Chongqing's own scale in links from before its levels were known to be the nation's.
OLD_FINDINGS = {f"ltci_chongqing:{level}": f"{Scale.LTCI}:{level}" for level in (1, 2, 3)}
# Asked by a question of its own, because ticking nothing does not mean no.
ASKED_APART = {Status.RESIDENCE_PERMIT}
STATUSES = [(one.value, one.label) for one in Status if one not in ASKED_APART]
HAS, HAS_NOT = "yes", "no"
PERMIT_ANSWERS = [(HAS, "有"), (HAS_NOT, "没有")]
# The engine's first rules began in 2016; nobody knows the law of a day long after today.
FIRST_DAY = datetime.date(2016, 1, 1)
DAYS_AHEAD = 731
GRADES = {1: "一级", 2: "二级", 3: "三级", 4: "四级"}
MULTIPLE = {"multiple": True, "single": False}


class AgeField(SharedField, forms.CharField):
    """An age in whole years, or a birth month, which is more exact: 82, 1944-03.

    Full-width digits and 岁, 年, 月 are read too; of a whole date the month is enough.
    """

    today: datetime.date

    def clean(self, value: Any) -> int | tuple[int, int] | None:
        text = unicodedata.normalize("NFKC", super().clean(value)).removesuffix("岁").strip()
        if not text:
            return None
        if re.fullmatch(r"(18|19|20)\d\d年?", text, re.ASCII):
            raise ValidationError(f"“{text}”像是年份：请带上月份，比如 1944-03，或者直接填年龄。")
        if re.fullmatch(r"-?\d{1,9}", text, re.ASCII):
            if not 0 <= int(text) <= OLDEST:
                raise ValidationError(f"年龄要在 0 到 {OLDEST} 岁之间。")
            return int(text)
        if parts := BIRTH.fullmatch(text):
            return self._birth_month(int(parts[1]), int(parts[2]))
        raise ValidationError("请填数字，比如 82；或者出生年月，比如 1944-03。")

    def _birth_month(self, year: int, month: int) -> tuple[int, int]:
        if not 1 <= month <= 12:
            raise ValidationError("月份要在 1 到 12 之间。")
        if (year, month) > (self.today.year, self.today.month):
            raise ValidationError("这个出生年月还没有到，请核对。")
        if self.today.year - year > OLDEST:
            raise ValidationError(f"照这个出生年月已经超过 {OLDEST} 岁，请核对。")
        return year, month


class LeftField(SharedField, forms.CharField):
    """The day, or the month, in which a hukou was moved away: 2026-05-10, 2026-05."""

    today: datetime.date

    def clean(self, value: Any) -> datetime.date | None:
        text = super().clean(value)
        if not text:
            return None
        if not re.fullmatch(r"\d{4}-\d{1,2}(-\d{1,2})?", text, re.ASCII):
            raise ValidationError("请写成年-月-日，比如 2026-05-10；只知道月份，写 2026-05。")
        year, month, day = map(int, [*text.split("-"), "1"][:3])
        try:
            left = datetime.date(year, month, day)
        except ValueError as error:
            raise ValidationError("没有这一天，请核对。") from error
        if left < FIRST_HUKOU:
            raise ValidationError("太早了：户口登记从 1958 年开始，请核对。")
        if left > self.today:
            raise ValidationError("这一天还没有到，请核对。")
        return left


class DayField(SharedField, forms.CharField):
    """The day for which benefits and prices are worked out, 2027-01-01; empty means today."""

    today: datetime.date

    def clean(self, value: Any) -> datetime.date | None:
        text = unicodedata.normalize("NFKC", super().clean(value)).strip()
        if not text:
            return None
        try:
            day = datetime.date.fromisoformat(text)
        except ValueError as error:
            raise ValidationError("请写成年-月-日，比如 2027-01-01。") from error
        last = self.today + datetime.timedelta(DAYS_AHEAD)
        if not FIRST_DAY <= day <= last:
            raise ValidationError(f"只能算 {FIRST_DAY} 到 {last} 之间的一天。")
        return day


class FindingsField(TokensField):
    """One finding a scale, each as scale:level; a level without its scale is void."""

    def __init__(self, label: str, scales: Iterable[Scale]) -> None:
        offered = [
            (f"{scale}:{level}", f"{scale.label}：{name}")
            for scale in scales
            for level, name in LEVEL_NAMES[scale].items()
        ]
        super().__init__(label, offered)

    def clean(self, value: Any) -> list[str]:
        tokens = super().clean([OLD_FINDINGS.get(token, token) for token in value or []])
        scales = [token.split(":")[0] for token in tokens]
        if len(scales) != len(set(scales)):
            raise ValidationError("同一种评估只填一个结果。")
        return tokens

    def refusal(self, unknown: list[str]) -> str:
        if all(":" not in token for token in unknown):
            return "还要写明是哪一种评估：各种评估的等级不能互相代替。"
        return super().refusal(unknown)


def disability_tokens() -> Iterator[tuple[str, str]]:
    yield NONE, "没有残疾人证"
    for kind in DisabilityKind:
        for grade, name in GRADES.items():
            yield f"{kind}:{grade}", f"{kind.label}{name}"
    yield "multiple", "多重残疾"
    yield "single", "不是多重残疾"


class ElderForm(forms.Form):
    """The elder every price on a page is computed for; each field may be left unknown."""

    e_hukou = PlaceField("户籍在哪里")
    e_left = LeftField(label="户籍迁到外省的日子（上面填迁出以前的户籍）", required=False)
    e_hukou_now = PlaceField("迁出以后，现在的户籍")
    e_age = AgeField(label="年龄或出生年月", required=False)
    e_ability = FindingsField("能力评估结果", FINDING_SCALES)
    e_status = TokensField("身份和正在领的补贴", [*STATUSES, (NONE, NO_STATUS)])
    e_permit = TokensField("北京居住证或居住登记卡（户籍不在北京的）", PERMIT_ANSWERS)
    e_disability = TokensField("残疾人证", disability_tokens())
    e_insured = PlaceField("在哪里参加医保")
    e_scheme = TokensField("参加哪种医保", Scheme.choices)
    e_ltci = FindingsField("长期护理保险评估结果", LTCI_SCALES)
    e_now = PlaceField("现在住在哪里")
    on = DayField(label="算哪一天的", required=False)

    data: QueryDict
    PLACES = ("e_hukou", "e_hukou_now", "e_insured", "e_now")

    def __init__(self, data: QueryDict, on: datetime.date) -> None:
        super().__init__(legible(data))
        self.is_bound = True  # an empty query is a valid elder with everything unknown
        self.today = on
        for name in ("e_age", "e_left", "on"):
            self.fields[name].today = on  # type: ignore[attr-defined]
        by_code = self._regions_by_code()
        for name in self.PLACES:
            self.fields[name].by_code = by_code  # type: ignore[attr-defined]

    def _regions_by_code(self) -> dict[str, Region]:
        """The regions of the codes that links carry; names are looked up one by one."""
        typed = {self.data.get(name, "").strip() for name in self.PLACES}
        codes = {text for text in typed if re.fullmatch(r"\d{6}", text, re.ASCII)}
        if not codes:
            return {}
        known = gazetteer().regions
        return {code: known[code] for code in codes if code in known}

    def clean(self) -> dict[str, Any]:
        for name in self.fields:
            values = {value for value in self.data.getlist(name) if value.strip()}
            if not isinstance(self.fields[name], TokensField) and len(values) > 1:
                self.add_error(name, "这一项写了不止一次，先不按它算。")
        for name in ("e_scheme", "e_permit"):
            if len(self.cleaned_data.get(name) or []) > 1:
                self.add_error(name, "只选一种。")
        if self.cleaned_data.get("e_left") and not self.cleaned_data.get("e_hukou"):
            self.add_error("e_left", "请先填户籍原来在哪里。")
        if self.cleaned_data.get("e_hukou_now") and not self.cleaned_data.get("e_left"):
            self.add_error("e_hukou_now", "请先填户籍是哪天迁走的；没有迁，填在“户籍在哪里”。")
        self._check_disabilities()
        return self.cleaned_data

    def _check_disabilities(self) -> None:
        tokens = self.cleaned_data.get("e_disability") or []
        kinds = [token.split(":")[0] for token in tokens if ":" in token]
        if len(kinds) != len(set(kinds)):
            self.add_error("e_disability", "同一类残疾只填一个等级。")
        elif len(MULTIPLE.keys() & set(tokens)) > 1:
            self.add_error("e_disability", "多重残疾只能选是或不是。")

    @cached_property
    def given(self) -> dict[str, Any]:
        """Return the parameters with a value, less those in error."""
        self.errors  # noqa: B018  validates
        return {k: v for k, v in self.cleaned_data.items() if v not in (None, "", [])}

    @property
    def day(self) -> datetime.date:
        """The day to work out: the one asked for, else today."""
        day: datetime.date = self.given.get("on") or self.today
        return day

    @property
    def knows_elder(self) -> bool:
        """Return whether anything is known of the elder, the day apart."""
        return bool(self.given.keys() - {"on"})

    @cached_property
    def elder(self) -> Elder:
        given = self.given
        statuses, open_statuses = _statuses(given)
        age = given.get("e_age")
        return Elder(
            hukou=_code(given.get("e_hukou")),
            hukou_left=given.get("e_left"),
            hukou_now=_code(given.get("e_hukou_now")),
            born=born_in(*age) if isinstance(age, tuple) else None,
            age=age if isinstance(age, int) else None,
            findings=frozenset(
                (scale, int(level))
                for token in _findings(given)
                for scale, level in [token.split(":")]
            ),
            statuses=statuses,
            open_statuses=open_statuses,
            disabilities=_disabilities(given.get("e_disability")),
            insured=_code(given.get("e_insured")),
            scheme=given.get("e_scheme", [None])[0],
            residence=_code(given.get("e_now")),
        )

    @cached_property
    def pairs(self) -> list[tuple[str, str]]:
        """Return the given values as parameters, places as codes; errors are left out."""
        return [
            (name, text)
            for name in self.fields
            if name in self.given
            for text in self._carried(name)
        ]

    def _carried(self, name: str) -> list[str]:
        """Return a month as a month: the day is not given."""
        if name == "e_left":
            return [self.data.get("e_left", "").strip()]
        return _as_typed(self.given[name])

    @cached_property
    def problems(self) -> list[tuple[str, str, str]]:
        """The parameters in error: name, label and why."""
        return [
            (name, str(self.fields[name].label), " ".join(map(str, self.errors[name])))
            for name in self.errors
        ]

    @property
    def is_blank(self) -> bool:
        """Return whether the address has no parameter of an elder, not even one in error."""
        return not any(v.strip() for name in self.fields for v in self.data.getlist(name))

    @property
    def is_for_another_day(self) -> bool:
        return self.day != self.today

    @cached_property
    def words(self) -> list[str]:
        """The elder in a few words, for the line above prices."""
        given, words = self.given, []
        if place := given.get("e_hukou"):
            left = "（已迁出）" if "e_left" in given else ""
            words.append(f"{place.full_name}户籍{left}")
        if place := given.get("e_hukou_now"):
            words.append(f"现在{place.full_name}户籍")
        match given.get("e_age"):
            case int(age):
                words.append(f"{age} 岁")
            case (year, month):
                words.append(f"{year} 年 {month} 月出生")
        words += [_finding(token) for token in _findings(given)]
        for name in ("e_status", "e_disability", "e_scheme"):
            offered = self.fields[name].offered  # type: ignore[attr-defined]
            words += [str(offered[token]) for token in given.get(name, [])]
        if permit := given.get("e_permit"):
            words.append("有北京居住证" if HAS in permit else "没有北京居住证")
        if place := given.get("e_insured"):
            words.append(f"{place.full_name}参保")
        if place := given.get("e_now"):
            words.append(f"现住{place.full_name}")
        if day := given.get("on"):
            words.append(f"算 {day} 的")
        return words


def _findings(given: dict[str, Any]) -> list[str]:
    return [*given.get("e_ability", []), *given.get("e_ltci", [])]


def _finding(token: str) -> str:
    scale, level = token.split(":")
    return f"{SHORT_SCALES[Scale(scale)]}{LEVEL_NAMES[Scale(scale)][int(level)]}"


def _code(place: Region | None) -> str | None:
    return place.code if place else None


def _statuses(given: dict[str, Any]) -> tuple[frozenset[str] | None, frozenset[str]]:
    """Return the statuses held, None if none was asked for, and those that stay unknown."""
    tokens, permit = given.get("e_status"), given.get("e_permit")
    held = {Status.RESIDENCE_PERMIT} if permit == [HAS] else set()
    open_statuses = set() if permit else {Status.RESIDENCE_PERMIT}
    if tokens is not None:
        if {Status.SUPPORT_IN_INSTITUTION, Status.SUPPORT_SCATTERED} & set(tokens):
            held.add(Status.EXTREME_HARDSHIP)  # both are forms of that support
        return frozenset(map(str, {*tokens, *held} - {NONE})), frozenset(map(str, open_statuses))
    if permit is None:
        return None, frozenset()
    return frozenset(map(str, held)), frozenset(map(str, set(Status) - ASKED_APART))


def _disabilities(tokens: list[str] | None) -> frozenset[Disability] | None:
    """Return None where no kind is given: a multiple disability is of unknown kind."""
    if tokens is None or not [token for token in tokens if token not in MULTIPLE]:
        return None
    multiple = next((MULTIPLE[token] for token in tokens if token in MULTIPLE), None)
    found = (token.split(":") for token in tokens if ":" in token)
    return frozenset(Disability(kind, int(grade), multiple) for kind, grade in found)


def _as_typed(value: Any) -> list[str]:
    match value:
        case Region():
            return [value.code]
        case (int(year), int(month)):
            return [f"{year}-{month:02}"]
        case list():
            return value
    return [str(value)]
