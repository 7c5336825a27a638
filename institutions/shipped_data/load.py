"""Takes the shipped fixtures into the database: reference rows as they appear, homes only once."""

import datetime
import hashlib
import json
import lzma
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, cast

from django.apps import apps
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import Field, ForeignKey, Model

from institutions.models import Institution
from institutions.register.listings import refresh
from institutions.shipped_data.follow import Offer, find_gone, follow, was_deleted
from regions.law import shipped
from regions.models import (
    Agreement,
    Document,
    Exclusion,
    Fact,
    LoadedFixture,
    Policy,
    Rate,
    Region,
    RegionGroup,
    Standard,
)
from regions.policies import rulebook as policies
from regions.staff.shipped_values import PARTS_OF, own_values

# Official rows: a newer file adds what is missing. What staff have not touched follows it, what
# they edited is kept and listed, what they deleted stays deleted (`follow.py`).
REFERENCE = (
    "regions.json.xz",
    "region_groups.json",
    "documents.json",
    "facts.json",
    "agreements.json",
    "policies.json",
)
# Homes belong to the clerks once loaded: a file is never loaded a second time.
ONCE = ("institutions.json", "demo.json.xz")
# The folder of official texts; sentences name policies, so new ones are linked as they appear.
LAW = "law"
LAW_NAMES = ("documents.json", "policies.json")

# The fields by which a row is known. A model without an entry is a part of another row.
KEYS: dict[type[Model], tuple[str, ...]] = {
    Region: ("pk",),
    RegionGroup: ("slug",),
    Document: ("slug",),
    Fact: ("code",),
    Agreement: ("slug",),
    Policy: ("slug",),
    Exclusion: ("slug",),
    Standard: ("slug", "since"),
    Institution: ("region", "name"),
}
# The field by which a part names the row it is a part of; an institution unless listed here.
OWNERS: dict[type[Model], str] = {Rate: "policy"}
BATCH = 500

Row = dict[str, Any]
Keys = dict[tuple[str, ...], Any]
Known = dict[type[Model], Keys]
Added = dict[type[Model], list[Model]]
Gone = dict[type[Model], set[tuple[str, ...]]]


class FixtureError(Exception):
    """A fixture is missing, or refers to a row that is nowhere."""


def load_folder(
    folder: Path,
    on: datetime.date,
    report: Callable[[str], object],
    names: Iterable[str] = (*REFERENCE, *ONCE),
) -> int:
    """Load what the files in `folder` have and the database lacks; returns the rows added.

    All or nothing. Listings of new institutions are derived as of the day `on`.
    """
    with transaction.atomic():
        loaded = dict(LoadedFixture.objects.values_list("name", "checksum"))
        wanted = [name for name in names if is_wanted(folder / name, loaded)]
        added = sum(load_file(folder / name, on, report) for name in wanted)
        if is_law := (folder / LAW).is_dir() and loaded.get(LAW) != law_checksum(folder):
            added += load_law(folder, report)
        if wanted or is_law:
            policies.changed()
        return added


def is_wanted(path: Path, loaded: dict[str, str]) -> bool:
    """Return whether the file may have rows for a database that loaded `loaded`."""
    if path.name in ONCE and path.name in loaded:
        return False
    return loaded.get(path.name) != checksum(path)


def load_file(path: Path, on: datetime.date, report: Callable[[str], object]) -> int:
    """Add the missing rows of one file and record it; returns how many were added."""
    report(f"{path.name}：正在载入……")
    try:
        rows = read(path)
        follows = path.name in REFERENCE
        gone = _gone(rows, LoadedFixture.objects.filter(name=path.name).exists()) if follows else {}
        added, known = add_missing(rows, gone)
        if follows:
            follow_files_rows(rows, known, added, gone, report)
    except FixtureError as error:
        raise FixtureError(f"{path.name}：{error}") from error
    refresh((institution.pk for institution in added.get(Institution, [])), on)
    LoadedFixture.objects.update_or_create(name=path.name, defaults={"checksum": checksum(path)})
    count = sum(len(rows) for rows in added.values())
    report(f"{path.name}：新增 {count:,} 行。")
    return count


def load_law(folder: Path, report: Callable[[str], object]) -> int:
    """Let the official texts follow the folder `law`; return the number of new sentences."""
    try:
        added = shipped.follow(folder / LAW)
    except shipped.ShippedTextError as error:
        raise FixtureError(f"{LAW}：{error}") from error
    LoadedFixture.objects.update_or_create(name=LAW, defaults={"checksum": law_checksum(folder)})
    report(f"{LAW}：新增 {added:,} 句。")
    return added


def law_checksum(folder: Path) -> str:
    """Return a checksum of the texts and of the files whose rows they name."""
    parts = [shipped.checksum(folder / LAW), *(checksum(folder / name) for name in LAW_NAMES)]
    return hashlib.sha256("".join(parts).encode()).hexdigest()


def checksum(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError as error:
        raise FixtureError(f"缺少数据文件 {path.name}，应在 {path.parent} 里。") from error


def read(path: Path) -> list[Row]:
    """Return the rows of a fixture in the format of `loaddata`, plain or xz-compressed."""
    content = path.read_bytes()
    if path.suffix == ".xz":
        content = lzma.decompress(content)
    rows: list[Row] = json.loads(content)
    return rows


def _gone(rows: list[Row], was_loaded: bool) -> Gone:
    """Return the keys of rows that were here and that staff deleted, and of what hangs on them."""
    known = {model: _existing(model) for model in KEYS if model is not Institution}
    gone: Gone = {model: find_gone(model, keys) for model, keys in known.items()}
    for model, group in _by_model(rows).items():
        if model not in known:
            continue
        missing = {
            _natural_key(model, row): row
            for row in group
            if _natural_key(model, row) not in known[model]
        }
        if was_loaded:
            gone[model] |= {key for key, row in missing.items() if _is_in_journal(model, row)}
        gone[model] |= {key for key, row in missing.items() if _hangs_on(model, row, gone)}
    return gone


def _is_in_journal(model: type[Model], row: Row) -> bool:
    """Return whether the journal has the row as deleted: by what it is called in words."""
    own: Row = {}
    for name, value in row["fields"].items():
        field = model._meta.get_field(name)
        if isinstance(field, Field) and not field.is_relation:
            own[name] = field.to_python(value)
    try:
        return was_deleted(model(**own))
    except (ObjectDoesNotExist, AttributeError):  # its name is made of the rows it links
        return False


def _hangs_on(model: type[Model], row: Row, gone: Gone) -> bool:
    """Return whether the row links one that staff deleted, and so cannot be written."""
    for name, value in row["fields"].items():
        field = model._meta.get_field(name)
        if isinstance(field, ForeignKey) and value is not None:
            key = tuple(value) if isinstance(value, list) else (value,)
            if key in gone.get(field.remote_field.model, ()):
                return True
    return False


def follow_files_rows(
    rows: list[Row], known: Known, added: Added, gone: Gone, report: Callable[[str], object]
) -> int:
    """Let the rows that are there follow those of one file; return how many were changed."""
    groups = _by_model(rows)
    offers: dict[type[Model], dict[tuple[str, ...], Offer]] = {}
    for model, group in groups.items():
        for row in group:
            if model in KEYS:
                if not _hangs_on(model, row, gone):
                    made = Offer(
                        _build_instance(model, row, known), _links(model, row, known, gone)
                    )
                    offers.setdefault(model, {})[_natural_key(model, row)] = made
            elif owner := offers.get(_keyed_model(model), {}).get(_natural_key(model, row)):
                owner.parts.append(
                    own_values(_build_instance(model, row | {"fields": _own(model, row)}, known))
                )
    return sum(
        follow(
            model, found, known[model], {row.pk for row in added[model]}, model in PARTS_OF, report
        )
        for model, found in offers.items()
    )


def _own(model: type[Model], row: Row) -> Row:
    """Return the fields of a part without the link to its owner, which may be gone."""
    return {name: value for name, value in row["fields"].items() if name != _owner_field(model)}


def _links(model: type[Model], row: Row, known: Known, gone: Gone) -> Row:
    """Return the links to many of a row as keys, less those to rows that staff deleted."""
    return {
        field.name: sorted(
            (
                _resolve(cast(type[Model], field.related_model), key, known)
                for key in row["fields"].get(field.name, [])
                if not _is_gone(cast(type[Model], field.related_model), key, gone)
            ),
            key=str,
        )
        for field in model._meta.many_to_many
    }


def _is_gone(model: type[Model], key: Any, gone: Gone) -> bool:
    return (tuple(key) if isinstance(key, list) else (key,)) in gone.get(model, ())


def add_missing(rows: Iterable[Row], gone: Gone) -> tuple[Added, Known]:
    """Create the rows whose natural key is neither in the database nor `gone`.

    Returns them by model, and the primary keys by natural key. A part is created with its owner
    only: those a clerk removed stay removed.
    """
    known = {model: _existing(model) for model in KEYS}
    present = {model: set(keys) for model, keys in known.items()}
    added: Added = {}
    for model, group in _by_model(rows).items():
        absent = present[_keyed_model(model)] | gone.get(_keyed_model(model), set())
        missing = [row for row in group if _natural_key(model, row) not in absent]
        # Regions name their parents in the same file, by a key that is known before they exist.
        known.get(model, {}).update(
            {_natural_key(model, row): row["pk"] for row in missing if "pk" in row}
        )
        created = model._default_manager.bulk_create(
            [_build_instance(model, row, known) for row in missing], BATCH
        )
        if model in KEYS:
            keys = [_natural_key(model, row) for row in missing]
            known[model].update(zip(keys, (row.pk for row in created), strict=True))
        _fill_links(model, missing, created, known, gone)
        added[model] = created
    return added, known


def _existing(model: type[Model]) -> Keys:
    rows = model._default_manager.values_list("pk", *KEYS[model])
    return {tuple(map(_as_written, key)): pk for pk, *key in rows}


def _as_written(value: Any) -> Any:
    """Return a value as a fixture writes it: a day as text."""
    return value.isoformat() if isinstance(value, datetime.date) else value


def _by_model(rows: Iterable[Row]) -> dict[type[Model], list[Row]]:
    """Return the rows of each model, models in order of appearance."""
    groups: dict[type[Model], list[Row]] = {}
    for row in rows:
        groups.setdefault(apps.get_model(row["model"]), []).append(row)
    return groups


def _keyed_model(model: type[Model]) -> type[Model]:
    """Return the model whose natural key decides whether a row of `model` is missing."""
    if model in KEYS:
        return model
    return cast(type[Model], model._meta.get_field(_owner_field(model)).related_model)


def _owner_field(model: type[Model]) -> str:
    return OWNERS.get(model, "institution")


def _natural_key(model: type[Model], row: Row) -> tuple[str, ...]:
    """Return the natural key of the row, or of the row it is a part of."""
    if model not in KEYS:
        return tuple(row["fields"][_owner_field(model)])
    values = {"pk": row.get("pk"), **row["fields"]}
    return tuple(values[name] for name in KEYS[model])


def _build_instance(model: type[Model], row: Row, known: Known) -> Model:
    """Return an unsaved instance; links to many are left to `_fill_links`."""
    values = {"pk": row["pk"]} if "pk" in row else {}
    for name, value in row["fields"].items():
        field = model._meta.get_field(name)
        if isinstance(field, ForeignKey):
            values[field.attname] = _resolve(field.remote_field.model, value, known)
        elif isinstance(field, Field) and not field.many_to_many:
            values[name] = field.to_python(value)
    return model(**values)


def _resolve(model: type[Model], value: Any, known: Known) -> Any:
    """Return the primary key that a natural key (a list), a plain key or null stands for."""
    if value is None:
        return None
    key = tuple(value) if isinstance(value, list) else (value,)
    try:
        return known[model][key]
    except KeyError as error:
        raise FixtureError(f"没有 {model._meta.verbose_name} {'，'.join(map(str, key))}") from error


def _fill_links(
    model: type[Model], rows: list[Row], instances: list[Model], known: Known, gone: Gone
) -> None:
    """Fill the many-to-many fields; each names its targets by their keys."""
    for field in model._meta.many_to_many:
        through = getattr(model, field.name).through
        source, target = f"{field.m2m_field_name()}_id", f"{field.m2m_reverse_field_name()}_id"
        other = cast(type[Model], field.related_model)
        through._default_manager.bulk_create(
            (
                through(**{source: instance.pk, target: _resolve(other, key, known)})
                for row, instance in zip(rows, instances, strict=True)
                for key in row["fields"].get(field.name, [])
                if not _is_gone(other, key, gone)
            ),
            BATCH,
        )
