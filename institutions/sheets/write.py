"""Many homes at once: read and written as `records` and `revisions` do one.

Rows are read without building models, and written by hundreds. A test holds both ways to the same
record, history and listing.
"""

import datetime
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db import models
from django.utils import timezone

from institutions.models import Institution, PendingChange, Revision
from institutions.register.history import as_data, shorten_path
from institutions.register.listings import lock_homes, refresh
from institutions.register.record import FIELDS, PARTS, AnyField, Change, Key, Part
from institutions.register.review import propose
from institutions.sheets.checks import FIELDS_OF, Fields, Model, empty_row
from regions.models import Document

if TYPE_CHECKING:
    from institutions.sheets.plan import Plan, PlannedHome, SheetSource

BATCH = 500
PROVENANCE = next(part for part in PARTS if part.name == "provenance")


def batches(values: Iterable[Any], size: int = 0) -> Iterator[list[Any]]:
    whole, size = list(values), size or BATCH
    for start in range(0, len(whole), size):
        yield whole[start : start + size]


# What they hold


class Current:
    """Homes as records, read by hundreds: fields, and the parts asked for by key."""

    def __init__(self) -> None:
        self.fields: dict[int, Fields] = {}
        self.kept: dict[int, Fields] = {}
        self.parts: dict[str, dict[int, dict[Key, tuple[int, Fields]]]] = {}
        # What is proposed of published homes, by home and path.
        self.proposed: dict[int, dict[str, list[Any]]] = {}
        self._links = _Links()

    @classmethod
    def load_current(
        cls, pks: Iterable[int], parts: Iterable[str], lock: bool = False
    ) -> "Current":
        current = cls()
        ordered = sorted(pks)
        for part in PARTS:
            if part.name in parts:
                current.parts[part.name] = {}
        for batch in batches(ordered):
            if lock:
                rows = Institution.objects.select_for_update().filter(pk__in=batch)
                list(rows.order_by("pk").values_list("pk"))
            current.load_fields(batch)
            for part in PARTS:
                if part.name in current.parts:
                    current.load_part(part, batch)
            current._load_proposed(batch)
        return current

    def load_fields(self, batch: list[int]) -> None:
        kept = ("pk", "stage", "version", "created_at")
        names = (*kept, *(item.attname for item in FIELDS))
        for row in Institution.objects.filter(pk__in=batch).values_list(*names).iterator():
            pk = row[0]
            self.kept[pk] = dict(zip(kept[1:], row[1 : len(kept)], strict=True))
            self.fields[pk] = self._plain_values(Institution, row[len(kept) :])

    def _load_proposed(self, batch: list[int]) -> None:
        for row in PendingChange.objects.waiting().filter(institution__in=batch):
            paths = self.proposed.setdefault(row.institution_id, {})
            for change in row.changes:
                paths.setdefault(change["path"], []).append(change["new"])

    def load_part(self, part: Part, batch: list[int]) -> None:
        held = self.parts.setdefault(part.name, {})
        names = ("pk", "institution_id", *(item.attname for item in part.fields))
        rows = part.model._default_manager.filter(institution__in=batch)
        for pk, home, *values in rows.values_list(*names):
            row = self._plain_values(part.model, values)
            held.setdefault(home, {})[part.key_of(row)] = (pk, row)

    def _plain_values(self, model: Model, values: Iterable[Any]) -> Fields:
        row = {item.name: value for item, value in zip(FIELDS_OF[model], values, strict=True)}
        for item in _converted_fields(model):
            row[item.name] = self._links.to_plain(item, row[item.name])
        return row

    def is_published(self, pk: int | None) -> bool:
        return self.kept[pk or 0]["stage"] == Institution.Stage.PUBLISHED

    def is_proposed(self, pk: int | None, change: Change) -> bool:
        """Return whether the same is proposed already, and no reviewer has decided."""
        return change.new in self.proposed.get(pk or 0, {}).get(change.path, [])

    def rows(self, part: Part, pk: int | None) -> dict[Key, Fields]:
        held = self.parts.get(part.name, {}).get(pk or 0, {})
        return {key: row for key, (_, row) in held.items()}


@cache
def _converted_fields(model: Model) -> list[AnyField]:
    """Return the fields whose values a record and the database hold in different forms."""
    fields = FIELDS_OF[model]
    return [item for item in fields if isinstance(item, models.ForeignKey | models.DateField)]


class _Links:
    """Names of documents and users in records, and their keys."""

    def __init__(self) -> None:
        documents: Any = Document.objects.values_list("pk", "slug")
        users: Any = get_user_model()._default_manager.values_list("pk", "username")
        self.names: dict[Any, dict[Any, Any]] = {
            Document: dict(documents),
            get_user_model(): dict(users),
        }
        self.keys = {
            model: {name: pk for pk, name in names.items()} for model, names in self.names.items()
        }

    def to_plain(self, item: AnyField, value: Any) -> Any:
        """Return a value as a record holds it."""
        if isinstance(value, datetime.date):
            return value.isoformat()
        if value is not None and isinstance(item, models.ForeignKey):
            return self.names.get(item.remote_field.model, {}).get(value, value)
        return value

    def to_python_value(self, item: AnyField, value: Any) -> Any:
        """Return a value as the column holds it."""
        if value is None:
            return None
        if isinstance(item, models.ForeignKey):
            return self.keys.get(item.remote_field.model, {}).get(value, value)
        return datetime.date.fromisoformat(value)


# Writing


class Writer:
    """Writes a plan: homes, parts, sources, history and listings. In a transaction."""

    def __init__(
        self,
        plan: "Plan",
        source: "SheetSource",
        on: datetime.date,
        by: AbstractBaseUser | None,
        note: str,
        progress: Callable[[str, int, int], object],
        sheet: int | None = None,
    ) -> None:
        self.plan, self.source, self.on, self.progress = plan, source, on, progress
        self.by, self.note, self.sheet = by, note, sheet
        self.links = _Links()
        self.now = timezone.now()

    def write(self) -> None:
        wanted = [line for line in self.plan.lines if line.outcome in {"new", "changed"}]
        lines = [line for line in wanted if not line.waits]
        self._propose([line for line in wanted if line.waits])
        done = 0
        lock_homes(line.pk for line in lines if line.pk)
        for batch in batches(lines):
            self._write_batch(batch)
            for _ in batch:
                done += 1
                self.progress("写入", done, len(lines))
            for line in batch:
                # What is written need not be kept: only the counts and the words are reported.
                line.fields, line.parts, line.writes = {}, {}, []

    def write_piece(self, lines: list["PlannedHome"]) -> None:
        """Write some of the lines, whose homes are locked; in a transaction of their own."""
        self._propose([line for line in lines if line.waits])
        self._write_batch([line for line in lines if not line.waits])

    def _write_batch(self, batch: list["PlannedHome"]) -> None:
        self._write_homes(batch)
        self.plan.current.load_part(PROVENANCE, [line.pk for line in batch if line.pk])
        steps = {line.rows[0]: self._add_sources(line) for line in batch}
        for part in PARTS:
            self._write_part(part, batch)
        Revision.objects.bulk_create(self._revision_of(line, steps[line.rows[0]]) for line in batch)
        self._verify_written(batch)
        refresh((line.pk for line in batch if line.pk), self.on)

    def _propose(self, lines: list["PlannedHome"]) -> None:
        """Leave the changes of published homes to a reviewer; what waits already waits once."""
        current = self.plan.current
        for batch in batches(lines):
            homes = Institution.objects.in_bulk([line.pk for line in batch])
            current.load_part(PROVENANCE, list(homes))
            for line in batch:
                assert self.by is not None  # noqa: S101 (only a person's changes have to wait)
                changes = [
                    c for c in self._add_sources(line) if not current.is_proposed(line.pk, c)
                ]
                propose(homes[line.pk or 0], changes, by=self.by, on=self.on, sheet=self.sheet)

    def _verify_written(self, batch: list["PlannedHome"]) -> None:
        """Read back what was written; raise and roll back if it differs from the sheet."""
        names = {name for line in batch for name, _ in line.writes}
        written = Current.load_current([line.pk for line in batch if line.pk], names)
        for line in batch:
            fields = written.fields[line.pk or 0]
            wrong = [name for name, value in line.fields.items() if fields[name] != value]
            for name, key in line.writes:
                rows = written.parts[name].get(line.pk or 0, {})
                if key not in rows or rows[key][1] != line.parts[name][key]:
                    wrong.append(name)
            if wrong:
                raise RuntimeError(f"written, but not as the sheet says: {line.rows} {wrong}")

    def _write_homes(self, batch: list["PlannedHome"]) -> None:
        new = [line for line in batch if line.outcome == "new"]
        created = Institution.objects.bulk_create(self._home_of(line) for line in new)
        for line, home in zip(new, created, strict=True):
            line.pk = home.pk
        Institution.objects.bulk_create(
            [self._home_of(line) for line in batch if line.outcome == "changed"],
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=[*(item.name for item in FIELDS), "version", "updated_at"],
        )

    def _home_of(self, line: "PlannedHome") -> Institution:
        held = self.plan.current.fields.get(line.pk or 0, {})
        values = {**empty_row(Institution), **held, **line.fields}
        home = Institution(pk=line.pk, **self._columns(Institution, values))
        if kept := self.plan.current.kept.get(line.pk or 0):
            home.stage, home.created_at = kept["stage"], kept["created_at"]
            home.version = kept["version"] + 1
        return home

    def _columns(self, model: Model, values: Fields) -> Fields:
        row = {item.attname: values[item.name] for item in FIELDS_OF[model]}
        for item in _converted_fields(model):
            row[item.attname] = self.links.to_python_value(item, values[item.name])
        return row

    def _write_part(self, part: Part, batch: list["PlannedHome"]) -> None:
        rows = [
            (self._part_row(part, line, key), line, key)
            for line in batch
            for name, key in line.writes
            if name == part.name
        ]
        manager = part.model._default_manager
        manager.bulk_create(
            [row for row, line, key in rows if not self._key_of_row(part, line, key)]
        )
        manager.bulk_create(
            [row for row, line, key in rows if self._key_of_row(part, line, key)],
            update_conflicts=True,
            unique_fields=[part.model._meta.pk.name],
            update_fields=[item.name for item in part.fields],
        )

    def _key_of_row(self, part: Part, line: "PlannedHome", key: Key) -> int | None:
        held = self.plan.current.parts.get(part.name, {}).get(line.pk or 0, {})
        return held[key][0] if key in held else None

    def _part_row(self, part: Part, line: "PlannedHome", key: Key) -> models.Model:
        values = self._columns(part.model, line.parts[part.name][key])
        row = part.model(institution_id=line.pk, **values)
        if (pk := self._key_of_row(part, line, key)) is not None:
            row.pk = pk
        return row

    def _add_sources(self, line: "PlannedHome") -> list[Change]:
        """Add the sources of what changes, and return all changes in the order of a record.

        A new home has one source for everything; a changed figure has one of its own. What the
        sheet itself states of a source stands. A figure that changes is no longer verified.
        """
        stated = line.parts.setdefault(PROVENANCE.name, {})
        held = self.plan.current.rows(PROVENANCE, line.pk)
        changes = [change for change in line.changes if not change.path.startswith("provenance")]
        paths = [""] if line.outcome == "new" else [shorten_path(change.path) for change in changes]
        for path in dict.fromkeys(paths):
            if (path,) not in stated or ((path,) in held and stated[path,] == held[path,]):
                stated[path,] = self._source_row(path)
                line.writes = [w for w in line.writes if w != (PROVENANCE.name, (path,))]
                if stated[path,] != held.get((path,)):
                    line.writes.append((PROVENANCE.name, (path,)))
        sources = sorted(key for name, key in line.writes if name == PROVENANCE.name)
        for key in sources:
            changes += changes_of(PROVENANCE, held.get(key), stated[key])
        return changes

    def _source_row(self, path: str) -> Fields:
        return {
            **empty_row(PROVENANCE.model),
            "field": path,
            "kind": self.source.kind,
            "document": self.source.document.slug if self.source.document else None,
            "as_of": self.source.as_of.isoformat(),
            "as_of_precision": self.source.precision,
        }

    def _revision_of(self, line: "PlannedHome", changes: list[Change]) -> Revision:
        kept = self.plan.current.kept.get(line.pk or 0)
        assert line.pk is not None  # noqa: S101 (homes are written before their history)
        return Revision(
            institution_id=line.pk,
            version=kept["version"] + 1 if kept else 1,
            how=Revision.How.IMPORTED,
            note=self.note[:200],
            changes=as_data(changes) if kept else [],
            author_id=self.by.pk if self.by else None,
            sheet_id=self.sheet,
        )


def changes_of(part: Part, was: Fields | None, now: Fields) -> Iterator[Change]:
    """Yield what changes in one row of a part: the row if it is new, else its figures."""
    path, label = part.path_of(now), part.label_of(now)
    if was is None:
        yield Change(path, label, None, now)
        return
    for item in part.fields:
        if was[item.name] != now[item.name]:
            words = f"{label}·{item.verbose_name}"
            yield Change(f"{path}/{item.name}", words, was[item.name], now[item.name])
