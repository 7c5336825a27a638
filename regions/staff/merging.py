"""Two people on one form: only what somebody typed is saved, and what both changed is asked.

Every form carries what it showed when it was opened, as a browser sends it back untouched. What
differs from that was typed. The rest is taken from what stands now, whoever wrote it meanwhile:
a colleague, an import, an approved change, or the same person in another tab. Where both changed
one figure to different values the form comes back with the question, as typed, and asks from then
on against what stands now.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms.models import ModelChoiceField
from django.http import HttpRequest, HttpResponse
from django.utils.datastructures import MultiValueDict

from carebridge.lib.fit_text import fit_data
from regions.staff.seen_rows import SeenRows

# The hidden field with what the form showed when it was opened.
OPENED = "as_opened"
# Fields that make one statement; so do a date and its precision.
TOGETHER = (
    {"longitude", "latitude"},
    {"operating", "operating_since", "operating_reason"},
    {"amount", "amount_to", "period", "amount_kind"},
    {"bound", "value", "unit"},
)
LONGEST_WORDS = 60
# What Django refuses, with some room for the fields of the page itself.
MOST_FIELDS = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS - 1_000
TOO_LARGE = "这一页行数太多（{}），保存不了，请不要在这里填，用表格导入来改。"

# What a browser sends, by the names of the fields without the prefix of the form.
Sent = dict[str, list[str]]
Fields = Mapping[str, forms.Field]


class OpenedField(forms.CharField):
    """The values of the form when it was opened: never a change by themselves."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, strip=False, widget=forms.HiddenInput, **kwargs)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


# As a browser sends it


def sent_of(fields: Fields, values: Mapping[str, Any]) -> Sent:
    """Return the data a browser sends of an untouched form with these values."""
    return {name: _as_sent(one, values.get(name)) for name, one in fields.items()}


def _as_sent(one: forms.Field, value: Any) -> list[str]:
    widget = _inner_widget(one)
    value = one.prepare_value(value() if callable(value) else value)
    if isinstance(widget, forms.CheckboxInput):
        return ["on"] if widget.check_test(value) else []
    shown = widget.format_value(value)
    if isinstance(shown, list | tuple):
        return [str(item) for item in shown]
    return ["" if shown is None else str(shown)]


def _is_file(one: forms.Field) -> bool:
    return _inner_widget(one).needs_multipart_form


def _inner_widget(one: forms.Field) -> forms.Widget:
    """Return the widget without the buttons that the admin puts around a choice."""
    inner: forms.Widget = getattr(one.widget, "widget", None) or one.widget
    return inner


def typed_of(fields: Fields, data: Any, files: Any, prefix: str, opened: Sent) -> Sent:
    """Return the data sent of a form; a field not sent at all, or a file, is as opened."""
    found = {}
    for name, one in fields.items():
        full, widget = f"{prefix}{name}", _inner_widget(one)
        if _is_file(one):
            found[name] = [f"\0{full}"] if files.get(full) else opened.get(name, [""])
        elif widget.value_omitted_from_data(data, files, full):
            found[name] = opened.get(name, [""])
        else:
            found[name] = list(map(str, data.getlist(full)))
    return found


def same_meaning(one: forms.Field, first: list[str], second: list[str]) -> bool:
    """Return whether two values sent for the field mean the same."""
    if sorted(map(_plain_lines, first)) == sorted(map(_plain_lines, second)):
        return True
    if isinstance(one, ModelChoiceField | forms.FileField):
        return False
    try:
        return bool(_clean_value(one, first) == _clean_value(one, second))
    except ValidationError:
        return False


def _plain_lines(text: str) -> str:
    """Replace line breaks, which browsers send as two characters."""
    return text.replace("\r\n", "\n").strip()


def _clean_value(one: forms.Field, sent: list[str]) -> Any:
    data = MultiValueDict({"it": sent} if sent else {})
    return one.to_python(one.widget.value_from_datadict(data, MultiValueDict(), "it"))


def describe_sent(one: forms.Field, sent: list[str]) -> str:
    """Return the sent value in words for people."""
    widget = _inner_widget(one)
    if isinstance(widget, forms.CheckboxInput):
        return "是" if sent else "否"
    if isinstance(one, ModelChoiceField):
        model: Any = one.queryset.model  # type: ignore[union-attr]
        found = model._default_manager.filter(pk__in=filter(None, sent))
        words = "、".join(str(row) for row in found)
    elif choices := getattr(widget, "choices", None):
        labels = {str(key): str(label) for key, label in _flat_choices(choices)}
        words = "、".join(labels.get(item, item) for item in sent if item)
    else:
        words = "、".join(sent)
    words = words.strip()
    return f"{words[:LONGEST_WORDS]}…" if len(words) > LONGEST_WORDS else words or "空白"


def _flat_choices(choices: Any) -> Iterable[tuple[Any, Any]]:
    for key, label in choices:
        yield from label if isinstance(label, list | tuple) else [(key, label)]


# Three versions of one form


@dataclass
class MergedForm:
    """Result of merging one form: values to take from the current row, and conflicts to ask
    about.
    """

    taken: Sent = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    # The fields that somebody else changed, in words.
    theirs: str = ""


def merge_form(
    fields: Fields, opened: Sent | None, now: Sent, typed: Sent, subject: Iterable[str] = ()
) -> MergedForm:
    """Merge typed values into the current row.

    `opened` is None where nobody knows what the form showed: then every difference is asked.
    `subject` names the fields that identify the subject of a row: a figure typed for one thing is
    not written down for another without asking.
    """
    base = {} if opened is None else opened

    def differ(name: str, first: Sent, second: Sent) -> bool:
        return not same_meaning(fields[name], first.get(name, [""]), second.get(name, [""]))

    mine = {n for n in fields if n not in base or differ(n, base, typed)}
    theirs = {n for n in fields if n not in base or differ(n, base, now)}
    agreed = {n for n in fields if not differ(n, typed, now)}
    apart, others = mine - agreed, theirs - agreed
    about = set(subject)
    asked = {n for n in apart if _depends_on(n, others, about)}
    if others & about:
        asked = apart
    elif apart & about and others:
        asked |= apart & about
    return MergedForm(
        taken={n: now[n] for n in fields if n not in apart},
        asked={n: _question(n, fields, opened, now, others) for n in asked},
        theirs="；".join(_describe_change(n, fields, opened, now) for n in sorted(others)),
    )


def _depends_on(name: str, others: set[str], about: set[str]) -> bool:
    """Return whether others changed the statement that this field is part of."""
    if name in others:
        return True
    group = next((group for group in TOGETHER if name in group), set())
    return bool(others & group) or any(_is_date_of(name, other) for other in others)


def _is_date_of(one: str, other: str) -> bool:
    """Return whether one of the fields is the date of the other, which is its precision."""
    stems = {name.removesuffix("_precision").removesuffix("_on") for name in (one, other)}
    return len(stems) == 1 and one.endswith("_precision") != other.endswith("_precision")


def _question(name: str, fields: Fields, opened: Sent | None, now: Sent, others: set[str]) -> str:
    if _is_file(fields[name]):
        return "您打开这一页以后，别人换了它，您选的没有保存。要用您的，请再选一次，再保存。"
    if name in others:
        was = (
            f"（原来是“{describe_sent(fields[name], opened[name])}”）"
            if opened and name in opened
            else ""
        )
        message = (
            f"您打开这一页以后，别人把它改成了“{describe_sent(fields[name], now[name])}”{was}。"
        )
    else:
        changed = "；".join(
            _describe_change(other, fields, opened, now) for other in sorted(others)
        )
        message = f"您打开这一页以后，别人改了和它有关的：{changed}。"
    return f"{message}请核对；再保存就以您填的为准。"


def _describe_change(name: str, fields: Fields, opened: Sent | None, now: Sent) -> str:
    if _is_file(fields[name]):
        return f"{fields[name].label or name}（换过了）"
    was = f"{describe_sent(fields[name], opened[name])} → " if opened and name in opened else ""
    return f"{fields[name].label or name} {was}{describe_sent(fields[name], now[name])}"


def read_opened(text: Any) -> Sent | None:
    """Return the values a form declares it showed; None where it declares none."""
    try:
        found = fit_data(json.loads(text or ""))
    except ValueError:
        return None
    whole = isinstance(found, dict) and all(isinstance(value, list) for value in found.values())
    return {k: list(map(str, v)) for k, v in found.items()} if whole else None


def put(data: Any, prefix: str, values: Sent) -> None:
    """Write values into what was sent."""
    for name, value in values.items():
        if value:
            data.setlist(f"{prefix}{name}", value)
        else:
            data.pop(f"{prefix}{name}", None)


# Forms


def own_fields(form: "forms.ModelForm[Any]") -> dict[str, forms.Field]:
    """Return the fields of the form that show fields of its model."""
    names = {
        one.name for one in (*form._meta.model._meta.fields, *form._meta.model._meta.many_to_many)
    }
    return {name: form.fields[name] for name in form.base_fields if name in names & {*form.fields}}


class MergingRow(forms.ModelForm):  # type: ignore[type-arg]
    """A form that carries what it showed when it was opened."""

    as_opened = OpenedField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and OPENED in self.fields:
            shown = sent_of(own_fields(self), self.initial)
            self.fields[OPENED].initial = json.dumps(shown, ensure_ascii=False)


class MergingForm(MergingRow):
    """The form of one row, saved without taking back what others wrote meanwhile."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.merged = MergedForm()
        if self.is_bound and self.instance.pk:
            self._merge_changes()

    def unread(self) -> bool:
        """Return whether a form without its opened values was opened on another version."""
        return False

    def _merge_changes(self) -> None:
        fields, prefix = own_fields(self), f"{self.prefix}-" if self.prefix else ""
        now, opened = sent_of(fields, self.initial), read_opened(self.data.get(f"{prefix}{OPENED}"))
        if opened is None and not self.unread():
            return
        typed = typed_of(fields, self.data, self.files, prefix, opened or now)
        self.merged = merge_form(fields, opened, now, typed)
        data: Any = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict
        put(data, prefix, without_files(fields, self.merged.taken))
        put(data, prefix, {OPENED: [json.dumps(now, ensure_ascii=False)]})
        self.data = data

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        for name, question in self.merged.asked.items():
            self.add_error(name, question)
        return cleaned


def without_files(fields: Fields, values: Sent) -> Sent:
    return {n: v for n, v in values.items() if not _is_file(fields[n])}


class MergingAdmin(SeenRows):
    """The admin of rows on which two people may meet."""

    form = MergingForm

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Warn of a form too large to be sent, before anything is typed into it."""
        formsets = [one.formset for one in context["inline_admin_formsets"]]
        count = sum(len(form.fields) for one in formsets for form in one.forms)
        names = [
            str(one.model._meta.verbose_name_plural)
            for one in formsets
            if len(one.forms) > one.absolute_max
        ]
        if names or count > MOST_FIELDS:
            self.message_user(request, TOO_LARGE.format("、".join(names)), messages.ERROR)
        return super().render_change_form(request, context, *args, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the page puts what the form showed outside of its boxes."""
        return [name for name in super().get_fields(request, obj) if name != OPENED]

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """Lock the row while it is saved, so that the last saved version is read."""
        row = super().get_object(request, object_id, from_field)
        if row is None or request.method != "POST":
            return row
        with transaction.atomic():
            manager: Any = self.model._base_manager
            manager.select_for_update().filter(pk=row.pk).first()
        return super().get_object(request, object_id, from_field)
