"""帮我找: one question a screen, any of them may stay unknown; at the end a search that gives
reasons.

The answers stand in the address, so that Back, a reload and a shared screen lose nothing.
"""

import datetime
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db import OperationalError
from django.http import QueryDict
from django.urls import reverse

from carebridge.lib.query_fields import TokensField, legible
from institutions.costs.estimator import level_of
from institutions.models import Demand
from institutions.register.needs import NEEDS, need_words
from regions.elder.form import ElderForm
from regions.elder.questions import OFFERED, Choice, Question, questions
from regions.engine.conditions import city_of, lies_in
from regions.models import Region, RegionGroup
from regions.models.region import LONGEST_TEXT
from regions.places.anchors import FIRST, SECOND, Anchor, AnchorForm
from regions.places.fields import PlaceField

HIGHEST_BUDGET = 1_000_000
# Places to be near to, in the words of the guide: the first is what homes are sorted by.
PLACES = {
    FIRST: ("孩子家，或者别的常去的地方", "比如“北京市通州区”"),
    SECOND: ("现在看病的医院", "写医院在的区县，比如“北京市西城区”"),
}
# Ability and hukou are asked for by themselves.
ASKED_NEEDS = tuple(
    name for name in NEEDS if not name.startswith("takes_level_") and name != "takes_nonlocal"
)


class DestinationField(PlaceField):
    """A region as anywhere else, or a named group of regions such as 京津冀."""

    def clean(self, value: Any) -> Region | RegionGroup | None:  # type: ignore[override]
        text = str(value or "").strip()
        if text and text.isprintable() and len(text) <= LONGEST_TEXT:
            group = RegionGroup.objects.filter(name=text).first()
            if group := group or RegionGroup.objects.filter(slug=text).first():
                return group
        return super().clean(value)


class WishForm(forms.Form):
    """The destination, the care needed, and the budget of a month."""

    to = DestinationField("想去哪里养老")
    need = TokensField("有没有下面这些情况", [(name, need_words(name)) for name in ASKED_NEEDS])
    most = forms.IntegerField(
        label="每月最多能付多少元",
        required=False,
        min_value=1,
        max_value=HIGHEST_BUDGET,
        error_messages={
            "invalid": "请填整数，比如 5000。",
            "min_value": "要大于 0。",
            "max_value": f"不能大于 {HIGHEST_BUDGET:,}。",
        },
    )


@dataclass(frozen=True)
class GuideStep:
    """One screen: its question, why it is asked, and the parameters it fills."""

    title: str
    help: str
    names: tuple[str, ...]


STEPS = (
    GuideStep("想去哪里养老？", "写省、市或区县都行，也可以写“京津冀”“环京”。", ("to",)),
    GuideStep(
        "老人的户籍在哪里，现在住在哪里？",
        "补贴大多跟着户籍走。知道区县，就写到区县。",
        ("e_hukou", "e_now"),
    ),
    GuideStep("老人多大年纪？", "高龄津贴按年龄分档。", ("e_age",)),
    GuideStep(
        "平时要人照顾到什么程度？",
        "机构按这个定价、定收不收。评估过就按评估结果，没评估就选最像的。",
        ("e_ability",),
    ),
    GuideStep("有没有下面这些情况？", "有就勾上。写明不能照顾的机构会单独列出来。", ("need",)),
    GuideStep("老人有没有这些身份？", "有的身份能领补贴，有的会影响别的补贴。", ("e_status",)),
    GuideStep("老人在哪里参加医保？", "看病能不能直接结算，看参保地。", ("e_insured", "e_scheme")),
    GuideStep(
        "想离哪里近一些？",
        "填了，近的机构就排在前面。算的是直线距离，不是路程。可以只填一个，也可以都不填。",
        tuple(PLACES),
    ),
    GuideStep("每月最多能付多少？", "按减去补贴以后的钱算。", ("most",)),
)


@dataclass(frozen=True)
class GuideAnswer:
    """One question on the screen, and how it is drawn: text, radio or checkbox."""

    kind: str
    question: Question
    blank: str = ""


class Guide:
    """The screen that answers so far lead to; the last one sums up and asks to go on."""

    def __init__(self, data: QueryDict, on: datetime.date) -> None:
        self.data = legible(data)
        self.elder = ElderForm(self.data, on)
        self.wish = WishForm(self.data)
        self.wish.is_bound = True
        self.places = AnchorForm(self.data)
        self.errors = {**self.elder.errors, **self.wish.errors, **self.places.errors}

    @property
    def _parameter_names(self) -> Iterable[str]:
        """Return every parameter that an answer may fill."""
        return chain(self.wish.fields, self.places.fields, self.elder.fields)

    @cached_property
    def number(self) -> int:
        """Return 1 for the first question, len(STEPS) + 1 for the summary; an answer in
        error holds.
        """
        typed = self.data.get("step", "")
        wanted = int(typed) if typed.isdecimal() and len(typed) < 4 else 1
        wanted = min(max(wanted, 1), len(STEPS) + 1)
        answered = STEPS[: wanted - 1]
        wrong = (n for n, step in enumerate(answered, 1) if set(step.names) & set(self.errors))
        return next(wrong, wanted)

    @property
    def total(self) -> int:
        return len(STEPS)

    @property
    def next_number(self) -> int:
        return self.number + 1

    @property
    def step(self) -> GuideStep | None:
        """Return the question of this screen; None on the summary."""
        return STEPS[self.number - 1] if self.number <= len(STEPS) else None

    @property
    def is_wrong(self) -> bool:
        return bool(self.step and set(self.step.names) & set(self.errors))

    @property
    def kept(self) -> list[tuple[str, str]]:
        """Return the answers of the other screens, as they were typed."""
        own = set(self.step.names) if self.step else set()
        return [
            (name, value)
            for name in self._parameter_names
            if name not in own
            for value in self.data.getlist(name)
            if value.strip()
        ]

    @property
    def offered(self) -> list[str]:
        """Places to offer while typing; groups only where a home is looked for."""
        groups = ["京津冀", "环京"] if self.step and "to" in self.step.names else []
        return [*groups, *OFFERED]

    @property
    def asked(self) -> list[GuideAnswer]:
        return [self._make_answer(name) for name in self.step.names] if self.step else []

    def _make_answer(self, name: str) -> GuideAnswer:
        strip = questions(self.elder, "")
        texts = {question.name: question for question in (*strip.first, *strip.more)}
        match name:
            case "e_ability":
                return GuideAnswer("radio", strip.level, "还没评估，或不知道")
            case "e_scheme":
                return GuideAnswer("radio", strip.scheme, "不知道")
            case "e_status":
                return GuideAnswer("checkbox", strip.status)
            case "need":
                typed = self.data.getlist("need")
                ticks = (Choice(n, need_words(n), n in typed) for n in ASKED_NEEDS)
                return GuideAnswer("checkbox", self._own_question("need", choices=tuple(ticks)))
            case "to" | "most":
                hint = "比如“河北省廊坊市”" if name == "to" else "比如 5000"
                return GuideAnswer("text", self._own_question(name, hint=hint))
            case "near" | "near2":
                return GuideAnswer("text", self._place_question(name))
        return GuideAnswer("text", texts[name])

    def _own_question(
        self, name: str, hint: str = "", choices: tuple[Choice, ...] = ()
    ) -> Question:
        field = self.wish.fields[name]
        typed = self.data.get(name, "")[: 2 * LONGEST_TEXT]
        errors = tuple(map(str, self.wish.errors.get(name, ())))
        return Question(name, f"id_{name}", str(field.label), typed, hint, choices, errors)

    def _place_question(self, name: str) -> Question:
        label, hint = PLACES[name]
        typed = self.data.get(name, "")[: 2 * LONGEST_TEXT]
        errors = tuple(map(str, self.places.errors.get(name, ())))
        return Question(name, f"id_{name}", label, typed, hint, errors=errors)

    def _address(self, number: int, without: Iterable[str] = ()) -> str:
        pairs = [
            (name, value)
            for name in self._parameter_names
            if name not in set(without)
            for value in self.data.getlist(name)
            if value.strip()
        ]
        return f"{reverse('guide')}?{urlencode([('step', number), *pairs])}"

    @property
    def back_url(self) -> str:
        return self._address(self.number - 1) if self.number > 1 else ""

    @property
    def skip_url(self) -> str:
        """On without an answer to this screen."""
        return self._address(self.number + 1, self.step.names if self.step else ())

    @cached_property
    def summary(self) -> list[tuple[int, str, str, str]]:
        """Per question: its number, title, the answer in words, and the address to change it."""
        return [
            (n, step.title, "、".join(self._answer_words(step)) or "不知道", self._address(n))
            for n, step in enumerate(STEPS, 1)
        ]

    def _answer_words(self, step: GuideStep) -> list[str]:
        given = self.elder.given | self.wish.cleaned_data | self.places.cleaned_data
        words: list[str] = []
        for name in step.names:
            match given.get(name):
                case None | [] | "":
                    continue
                case Region() as place:
                    words.append(place.full_name)
                case RegionGroup() as group:
                    words.append(group.name)
                case Anchor() as anchor:
                    words.append(anchor.shown)
                case list() as tokens:
                    words += [self._token_words(name, token) for token in tokens]
                case (int(year), int(month)):
                    words.append(f"{year} 年 {month} 月出生")
                case int(number):
                    words.append(f"{number} 岁" if name == "e_age" else f"{number:,} 元")
        return words

    def _token_words(self, name: str, token: str) -> str:
        form = self.wish if name in self.wish.fields else self.elder
        return str(form.fields[name].offered[token])  # type: ignore[attr-defined]

    @cached_property
    def wanted_needs(self) -> list[str]:
        """Return ticked needs, and a bed open to other hukou for an elder from elsewhere."""
        ticked: list[str] = self.wish.cleaned_data.get("need") or []
        places = self._place_values()
        hukou = self.elder.elder.hukou
        from_elsewhere = places and all(lies_in(hukou, code) is False for code in places)
        return list(dict.fromkeys([*ticked, *(["takes_nonlocal"] if from_elsewhere else [])]))

    def _place_values(self) -> list[str]:
        match self.wish.cleaned_data.get("to"):
            case Region() as place:
                return [city_of(place.code)]
            case RegionGroup() as group:
                return [region.code for region in group.regions.all()]
        return []

    @property
    def results_url(self) -> str:
        """Return the search made of the answers, with the elder and reasons for each home."""
        to, most = self._destination, self.wish.cleaned_data.get("most")
        pairs = [("region", to)] if to else []
        level = level_of(self.elder.elder)
        own = [] if level is None else [f"takes_level_{level}"]
        pairs += [("need", need) for need in [*own, *self.wanted_needs]]
        if most is not None:
            pairs.append(("price_max", str(most)))
            if level is not None:
                pairs.append(("basis", "net"))
        pairs += [("why", "1"), *self._near_parameters, *self.elder.pairs]
        return f"{reverse('institutions')}?{urlencode(pairs)}"

    @property
    def _near_parameters(self) -> list[tuple[str, str]]:
        """Return the places given, the first of them as the one that homes are sorted by."""
        given = [
            (name, str(anchor)) for name, anchor in zip(PLACES, self.places.anchors, strict=False)
        ]
        return [("sort", "near"), *given] if given else []

    @property
    def _destination(self) -> str:
        match self.wish.cleaned_data.get("to"):
            case Region() as place:
                return place.code
            case RegionGroup() as group:
                return group.slug
        return ""

    def count(self, on: datetime.date) -> None:
        """Count the corridor, the ability and the budget band of finished answers; nothing else.

        Nobody is kept from their results because they could not be counted.
        """
        hukou, level = self.elder.elder.hukou, level_of(self.elder.elder)
        with suppress(OperationalError):
            Demand.objects.count_one(
                on,
                origin=f"{hukou[:2]}0000" if hukou else "",
                destination=self._destination,
                ability="" if level is None else str(level.value),
                budget=Demand.Budget.for_amount(self.wish.cleaned_data.get("most")),
            )
