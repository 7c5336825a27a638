"""Forms of the back office."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.timezone import localdate, localtime

from carebridge.lib.text import name_key
from institutions.models import Institution, Provenance
from institutions.register.change_text import describe_changes
from institutions.register.history import from_data, revisions_since
from institutions.register.provenance import label_of, source_of
from institutions.validators import validate_not_future
from regions.models import DatePrecision
from regions.staff.merging import MergingForm, MergingRow

# The counts of a bed row that change from day to day.
COUNTS = {"occupied", "vacant"}
# Lines of what others changed that are shown at once.
MOST_LINES = 20


class HomeForm(MergingForm):
    """A home as one person saw it when they opened the page."""

    opened = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # The version that the page showed; 0 where it names none.
        self.seen = 0
        # What others changed since.
        self.meanwhile: list[str] = []
        # Homes here whose names are only spelled otherwise than a new one's.
        self.twins: list[Institution] = []
        super().__init__(*args, **kwargs)
        self.fields["opened"].initial = self.instance.version

    def clean(self) -> dict[str, Any]:
        """Ask about a new home whose name only looks like another's before it is made."""
        values = super().clean() or self.cleaned_data
        if not self.instance.pk and self.data.get("another") != "yes":
            self.twins = _find_namesakes(values)
            if self.twins:
                self.add_error("name", "这个地区已有名称只是写法不同的机构，请先看是不是同一家。")
        return values

    def unread(self) -> bool:
        return self.seen != self.instance.version

    def _merge_changes(self) -> None:
        """Set the page to today's version."""
        self.seen = version_in(self.data.get(self.add_prefix("opened"), ""))
        super()._merge_changes()
        if self.unread():
            self.meanwhile = self._describe_meanwhile()
        typed: Any = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict
        typed[self.add_prefix("opened")] = self.instance.version
        self.data = typed

    def _describe_meanwhile(self) -> list[str]:
        """Return the changes since this page was opened with their authors, in words."""
        lines = []
        for step in revisions_since(self.instance, self.seen) if self.seen else []:
            when = f"{localtime(step.made_at):%m-%d %H:%M}"
            lines += [
                f"{step.author or '系统'} {when} 改了{line.label}：{line.old} → {line.new}"
                for line in describe_changes(from_data(step.changes))
            ]
        left = len(lines) - MOST_LINES
        return [*lines[:MOST_LINES], f"还有 {left:,} 处，见“历史”"] if left > 0 else lines


def _find_namesakes(values: dict[str, Any]) -> list[Institution]:
    """Return homes of the same region with the same name in other characters, or as an alias."""
    name, region = values.get("name"), values.get("region")
    if not name or region is None or not (key := name_key(name)):
        return []
    found = Institution.objects.filter(region=region).exclude(name=name).order_by("pk")
    return [home for home in found if key in map(name_key, [home.name, *home.aliases.splitlines()])]


def day_of(form: "forms.ModelForm[Any]") -> dict[str, Any]:
    """Return the day of a row's counts: today, where a daily count was typed and no day with it."""
    typed = set(form.changed_data)
    if not COUNTS & typed or "as_of" in typed:
        return {}
    return {"as_of": localdate(), "as_of_precision": DatePrecision.DAY}


class BedRowForm(MergingRow):
    """A row of beds on the page of its home; a new row has its own day."""

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        return values | day_of(self) if self.instance.pk else values


def version_in(typed: str) -> int:
    """Return the version that a page names; 0, which no home has, where it names none."""
    return int(typed) if re.fullmatch("[0-9]{1,9}", typed) else 0


class VerifyForm(forms.Form):
    """A check of figures, its day and manner; only figures with a source can be chosen."""

    figures = forms.MultipleChoiceField(
        label="核实了哪些",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "选核实了哪些。"},
    )
    how = forms.ChoiceField(
        label="怎么核实的", choices=Provenance.How.choices, widget=forms.RadioSelect
    )
    on = forms.DateField(
        label="哪天核实的",
        validators=[validate_not_future],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, home: Institution, data: Any = None) -> None:
        super().__init__(data, initial={"on": localdate()})
        self.home = home
        paths = [row.field for row in home.provenance.all()]
        self.fields["figures"].choices = [  # type: ignore[attr-defined]
            (path, label_of(path) if len(paths) > 1 else "全部内容") for path in paths
        ]

    def clean_figures(self) -> list[str]:
        """Not of a figure that is about to change: who looked has seen the new one."""
        chosen: list[str] = self.cleaned_data["figures"]
        rows, waiting = self.home.provenance.all(), self.home.pending_changes.waiting()
        changing = [c for p in waiting for c in from_data(p.changes) if c.old is not None]
        sources = {row.field for c in changing if (row := source_of(rows, c.path))}
        if names := [label_of(path) for path in chosen if path in sources]:
            raise ValidationError(
                f"{'、'.join(names)}：有修改在等审核，现在记会记在原来的数字上。请等审核以后再记。"
            )
        return chosen


class RejectForm(forms.Form):
    """Why a change does not go live."""

    reason = forms.CharField(
        label="退回的原因",
        max_length=200,
        error_messages={"required": "写明退回的原因，提交的人要看。"},
    )
