"""The questions about an elder as every priced page asks them: plain data for one template."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from carebridge.lib.query_fields import NONE
from regions.elder.form import (
    FINDING_SCALES,
    LTCI_SCALES,
    MULTIPLE,
    NO_STATUS,
    PERMIT_ANSWERS,
    STATUSES,
    ElderForm,
)
from regions.engine.conditions import statuses_read
from regions.engine.rules import Rulebook
from regions.models import DisabilityKind, Region, Scale, Scheme
from regions.models.codes import ABILITY_WORDS, LEVEL_NAMES
from regions.models.region import LONGEST_TEXT

MULTIPLE_WORDS = (("multiple", "是"), ("single", "不是"))
# Questions below the fold, which opens once any of them is answered or in error.
FOLDED = {"e_left", "e_hukou_now", "e_permit", "e_now", "e_ltci", "e_disability", "on"}
# Places to offer while typing; any other in China can be typed.
OFFERED = ("北京市", "天津市", "河北省", "重庆市", "河南省焦作市")


@dataclass(frozen=True)
class Choice:
    value: str
    label: str
    chosen: bool


@dataclass(frozen=True)
class Question:
    """One control: a text box, or a list of choices under one parameter."""

    name: str
    id: str
    label: str
    value: str = ""
    hint: str = ""
    choices: tuple[Choice, ...] = ()
    errors: tuple[str, ...] = ()

    @property
    def is_place(self) -> bool:
        """Return whether it asks for a place, of which some are offered while typing."""
        return self.name not in {"e_age", "e_left", "on"}


@dataclass(frozen=True)
class Questions:
    """The strip above prices. `kept` are the parameters of the page that it sends along."""

    action: str
    kept: tuple[tuple[str, str], ...]
    summary: tuple[str, ...]
    is_open: bool
    first: tuple[Question, ...]
    level: Question
    status: Question
    findings: tuple[Question, ...]
    disabilities: tuple[Question, ...]
    multiple: Question
    scheme: Question
    permit: Question
    more: tuple[Question, ...]
    has_more: bool
    offered: tuple[str, ...] = OFFERED


def questions(
    asked: ElderForm,
    action: str,
    kept: Iterable[tuple[str, str]] = (),
    rules: Rulebook | None = None,
) -> Questions:
    """Return what to ask, with the answers so far; open where something is in error.

    With `rules`, only the statuses are offered that some rule of this family's places reads.
    """
    others = [scale for scale in FINDING_SCALES if scale != Scale.NATIONAL]
    return Questions(
        action=action,
        kept=tuple(kept),
        summary=tuple(asked.words),
        is_open=bool(asked.errors),
        first=(
            _text(asked, "e_hukou", "省、市、区县，比如“北京市西城区”"),
            _text(asked, "e_age", "比如 82，或出生年月 1944-03"),
            _text(asked, "e_insured", "交医保的地方，比如“北京市”"),
        ),
        level=_finding(asked, "e_ability", Scale.NATIONAL, "平时要人照顾到什么程度"),
        status=_ticks(asked, "e_status", [*_statuses(asked, rules), (NONE, NO_STATUS)]),
        findings=(
            *(_finding(asked, "e_ability", scale) for scale in others),
            *(_finding(asked, "e_ltci", scale) for scale in LTCI_SCALES),
        ),
        disabilities=tuple(_disability(asked, number) for number in range(_kinds(asked) + 1)),
        multiple=_ticks(asked, "e_disability", MULTIPLE_WORDS, "多重残疾"),
        scheme=_ticks(asked, "e_scheme", Scheme.choices),
        permit=_ticks(asked, "e_permit", PERMIT_ANSWERS),
        more=(
            _text(asked, "e_left", "比如 2026-05-10；没有迁就不填"),
            _text(asked, "e_hukou_now", "迁到哪里去了，比如“河北省三河市”；没有迁就不填"),
            _text(asked, "e_now", "比如“北京市朝阳区”"),
            _text(asked, "on", "比如 2027-01-01；不填就是今天"),
        ),
        has_more=_has_more(asked),
    )


def _statuses(asked: ElderForm, rules: Rulebook | None) -> list[tuple[str, Any]]:
    """Return the statuses to offer: those that are read, and those ticked already."""
    if rules is None or asked.elder.hukou is None:
        return STATUSES
    read = statuses_read(rules, asked.elder, asked.day) | {*asked.data.getlist("e_status")}
    return [(value, label) for value, label in STATUSES if value in read]


def _has_more(asked: ElderForm) -> bool:
    on_other_scales = [
        token
        for token in asked.given.get("e_ability", [])
        if not token.startswith(f"{Scale.NATIONAL}:")
    ]
    return bool(on_other_scales or FOLDED & {*asked.given, *asked.errors})


def _kinds(asked: ElderForm) -> int:
    """Return the number of rows for kinds of disability: the given ones and one more."""
    typed = [t for t in asked.data.getlist("e_disability") if t and t not in MULTIPLE]
    return min(max(len(typed), 1), len(DisabilityKind))


def _text(asked: ElderForm, name: str, hint: str) -> Question:
    """A place that is understood is shown by its whole name, anything else as it was typed."""
    given = asked.given.get(name)
    typed = asked.data.get(name, "")[: 2 * LONGEST_TEXT]
    value = given.full_name if isinstance(given, Region) else typed
    return Question(name, f"id_{name}", _label(asked, name), value, hint, (), _errors(asked, name))


def question_id(scale: Scale) -> str:
    """The element of one scale's question; the first of each parameter stands for it."""
    name = "e_ltci" if scale in LTCI_SCALES else "e_ability"
    return f"id_{name}" if scale in (Scale.NATIONAL, Scale.LTCI) else f"id_{name}_{scale}"


def _finding(asked: ElderForm, name: str, scale: Scale, label: str = "") -> Question:
    """One scale's levels; the national ones in plain words first."""
    choices = [
        (
            f"{scale}:{level}",
            f"{ABILITY_WORDS[level]}（{words}）" if scale == Scale.NATIONAL else words,
        )
        for level, words in LEVEL_NAMES[scale].items()
    ]
    return Question(
        name,
        question_id(scale),
        label or str(scale.label),
        choices=_choices(asked, name, choices),
        errors=_errors(asked, name) if scale in (Scale.NATIONAL, Scale.LTCI) else (),
    )


def _disability(asked: ElderForm, number: int) -> Question:
    """The first or the second kind on the certificate."""
    offered = asked.fields["e_disability"].offered  # type: ignore[attr-defined]
    kinds = [(value, label) for value, label in offered.items() if value not in MULTIPLE]
    typed = [t for t in asked.data.getlist("e_disability") if t and t not in MULTIPLE]
    chosen = typed[number] if number < len(typed) else ""
    return Question(
        "e_disability",
        "id_e_disability" if number == 0 else f"id_e_disability_{number}",
        _label(asked, "e_disability") if number == 0 else "还有另一类残疾",
        choices=tuple(
            Choice(value, label, value == chosen)
            for value, label in kinds
            if number == 0 or value != NONE
        ),
        errors=_errors(asked, "e_disability") if number == 0 else (),
    )


def _ticks(
    asked: ElderForm, name: str, choices: Iterable[tuple[str, str]], label: str = ""
) -> Question:
    return Question(
        name,
        f"id_{name}" if not label else f"id_{name}_more",
        label or _label(asked, name),
        choices=_choices(asked, name, choices),
        errors=() if label else _errors(asked, name),
    )


def _choices(asked: ElderForm, name: str, choices: Iterable[tuple[str, str]]) -> tuple[Choice, ...]:
    typed = asked.data.getlist(name)
    return tuple(Choice(value, str(label), value in typed) for value, label in choices)


def _label(asked: ElderForm, name: str) -> str:
    return str(asked.fields[name].label)


def _errors(asked: ElderForm, name: str) -> tuple[str, ...]:
    return tuple(map(str, asked.errors.get(name, ())))
