"""Two people on the rows below one form: what both edited, added and deleted is kept."""

import json
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.forms.formsets import TOTAL_FORM_COUNT
from django.forms.models import model_to_dict

from regions.staff.form_rows import counted, reordered
from regions.staff.merging import (
    OPENED,
    Sent,
    merge_form,
    own_fields,
    put,
    read_opened,
    same_meaning,
    sent_of,
    typed_of,
    without_files,
)
from regions.staff.scoped_admin import MOST_HELD, MOST_ROWS, ROOM

GONE = "别人刚刚删掉了这一行。还要它，就再保存一次；不要，就把这一行清空。"
GONE_FILE = "别人刚刚删掉了这一行，照片也删了。还要它，就重新选照片再保存；不要，就把这一行清空。"
ADDED = "别人刚刚加了同样的一行。请核对；再保存就以您填的为准。"
DELETED = "您要删的“{row}”，别人刚改过：{changes}。还要删，就再保存一次；不删，就去掉这一行的勾。"

# A number that no row has.
NOBODY = -1


@dataclass
class MergedRow:
    """One row of the page that comes back, or is saved."""

    # The number of the row as it was sent; NOBODY for a row that somebody else added.
    number: int
    row: models.Model | None
    values: Sent = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    note: str = ""


class MergingFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    """Rows that are matched with what stands now by their id, or else by their key."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines: list[MergedRow] = []
        # What stands in the way of a deletion.
        self.kept: list[str] = []
        self._make_room()
        if self.is_bound and self.instance.pk and self._is_whole():
            self._merge_changes()

    @property
    def key(self) -> tuple[str, ...]:
        """Return the fields that are unique to a row."""
        raise NotImplementedError

    @property
    def subject(self) -> tuple[str, ...]:
        """Return those of the key that identify the subject of a row's figures."""
        return self.key

    def unread(self) -> bool:
        """Return whether rows without their opened values were opened on another version."""
        return False

    @property
    def added_ids(self) -> set[Any]:
        """Return the ids of rows that somebody else added after this page was opened."""
        return {line.row.pk for line in self.lines if line.row and line.number == NOBODY}

    def clean(self) -> None:
        super().clean()
        for form, line in zip(self.forms, self.lines, strict=False):
            for name, question in line.asked.items():
                form.add_error(name, question)
            if line.note:
                form.add_error(None, line.note)
        if self.kept:
            raise ValidationError(self.kept)

    def _make_room(self) -> None:
        """Let as many rows be sent as there are, and a few more; within reason."""
        held = len(self.get_queryset()) if self.instance.pk else 0
        if held > MOST_ROWS - ROOM:
            self.max_num = self.absolute_max = min(held + ROOM, MOST_HELD)

    # Merging

    def _is_whole(self) -> bool:
        """Return whether the rows can be counted; Django refuses others as they were sent."""
        form = self.management_form
        total = form.cleaned_data[TOTAL_FORM_COUNT] if form.is_valid() else None
        return total is not None and total <= (self.absolute_max or 0)

    def _merge_changes(self) -> None:
        self._fields = own_fields(form := self.empty_form)
        self._blank = sent_of(self._fields, model_to_dict(form.instance))
        self._rows = {str(row.pk): row for row in self.get_queryset()}
        self._now = {
            pk: sent_of(self._fields, model_to_dict(row)) for pk, row in self._rows.items()
        }
        first, total = self.initial_form_count(), self.total_form_count()
        self._sent_ids = {self.data.get(self._field_name(n, self._pk_name)) for n in range(total)}
        shown: dict[str, MergedRow] = {}
        new: list[MergedRow] = []
        for number in range(min(first, total)):
            self._merge_row(number, shown, new)
        for number in range(first, total):
            self._meet_new(number, shown, new)
        for pk, row in self._rows.items():
            if pk not in shown:
                shown[pk] = MergedRow(NOBODY, row, values=self._now[pk])
        self.lines = [shown[pk] for pk in self._rows] + new
        self._renumber(len(shown))

    def _merge_row(self, number: int, shown: dict[str, MergedRow], new: list[MergedRow]) -> None:
        """Merge a row that existed when the page was opened into the current one."""
        opened = read_opened(self.data.get(self._field_name(number, OPENED)))
        row = self._row_of(number, opened, shown)
        is_deleted = bool(self.data.get(self._field_name(number, "DELETE")))
        if row is None:
            if not is_deleted and self._is_touched(number, opened):
                has_file = any(one.widget.needs_multipart_form for one in self._fields.values())
                new.append(MergedRow(number, None, note=GONE_FILE if has_file else GONE))
            return
        now = self._now[str(row.pk)]
        if opened is None and not self.unread():
            opened = now
        typed = self._typed_values(number, opened or now)
        done = merge_form(self._fields, opened, now, typed, self.subject)
        if is_deleted and done.theirs:
            self.kept.append(DELETED.format(row=row, changes=done.theirs))
        shown[str(row.pk)] = MergedRow(number, row, done.taken, {} if is_deleted else done.asked)

    def _meet_new(self, number: int, shown: dict[str, MergedRow], new: list[MergedRow]) -> None:
        """Bring a row that was added onto the same row, where somebody else added it too."""
        typed = self._typed_values(number, self._blank)
        row = self._with_key(typed, shown)
        if row is None or self.data.get(self._field_name(number, "DELETE")):
            new.append(MergedRow(number, None))
            return
        done = merge_form(self._fields, self._blank, self._now[str(row.pk)], typed)
        shown[str(row.pk)] = MergedRow(
            number, row, done.taken, done.asked, note=ADDED if done.asked else ""
        )

    def _row_of(self, number: int, opened: Sent | None, shown: dict[str, MergedRow]) -> Any:
        """Return the row as it stands now: the one with its id, or one made anew with its key."""
        pk = self.data.get(self._field_name(number, self._pk_name))
        if pk in self._rows:
            return self._rows[pk]
        return self._with_key(opened, shown) if opened else None

    def _with_key(self, sent: Sent, shown: dict[str, MergedRow]) -> models.Model | None:
        """Return the row that has this key, unless the page showed it."""
        for pk, now in self._now.items():
            if pk in shown or pk in self._sent_ids:
                continue
            if all(same_meaning(self._fields[n], now[n], sent.get(n, [""])) for n in self.key):
                return self._rows[pk]
        return None

    def _is_touched(self, number: int, opened: Sent | None) -> bool:
        if opened is None:
            return True
        typed = self._typed_values(number, opened)
        return any(
            not same_meaning(one, opened.get(n, [""]), typed[n]) for n, one in self._fields.items()
        )

    def _typed_values(self, number: int, opened: Sent) -> Sent:
        return typed_of(self._fields, self.data, self.files, self._field_name(number, ""), opened)

    # The page

    def _renumber(self, held: int) -> None:
        """Renumber the rows, existing ones first, with values taken from the current ones."""
        prefix, order = str(self.prefix), [line.number for line in self.lines]
        data = reordered(self.data, prefix, order)
        counted(data, prefix, held, len(order))
        for number, line in enumerate(self.lines):
            if line.row is None:
                data.pop(self._field_name(number, self._pk_name), None)
                data.pop(self._field_name(number, OPENED), None)
                continue
            put(data, self._field_name(number, ""), without_files(self._fields, line.values))
            data[self._field_name(number, self._pk_name)] = str(line.row.pk)
            now = self._now[str(line.row.pk)]
            data[self._field_name(number, OPENED)] = json.dumps(now, ensure_ascii=False)
        self.data, self.files = data, reordered(self.files, prefix, order)
        del self.management_form

    @property
    def _pk_name(self) -> str:
        return str(self.model._meta.pk.name)

    def _field_name(self, number: int, field: str) -> str:
        return f"{self.prefix}-{number}-{field}"
