"""Takes the shipped fixtures into the database: reference rows as they appear, homes only once."""

import datetime
import hashlib
import json
import lzma
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, cast

from django.apps import apps
from django.db import transaction
from django.db.models import Field, ForeignKey, Model

from institutions.models import Institution
from institutions.register.listings import refresh
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
)
from regions.policies import rulebook as policies

# Official rows: a newer file adds what is missing and changes nothing that is there.
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
    Institution: ("region", "name"),
}
# The field by which a part names the row it is a part of; an institution unless listed here.
OWNERS: dict[type[Model], str] = {Rate: "policy"}
BATCH = 500

Row = dict[str, Any]
Keys = dict[tuple[str, ...], Any]
Known = dict[type[Model], Keys]
Added = dict[type[Model], list[Model]]


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
        added = add_missing(read(path))
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


def add_missing(rows: Iterable[Row]) -> Added:
    """Create the rows whose natural key is not in the database; returns them by model.

    A part is created with its owner only: those a clerk removed stay removed.
    """
    known = {model: _existing(model) for model in KEYS}
    present = {model: set(keys) for model, keys in known.items()}
    added: Added = {}
    for model, group in _by_model(rows).items():
        missing = [
            row for row in group if _natural_key(model, row) not in present[_keyed_model(model)]
        ]
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
        _fill_links(model, missing, created, known)
        added[model] = created
    return added


def _existing(model: type[Model]) -> Keys:
    rows = model._default_manager.values_list("pk", *KEYS[model])
    return {tuple(key): pk for pk, *key in rows}


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


def _fill_links(model: type[Model], rows: list[Row], instances: list[Model], known: Known) -> None:
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
            ),
            BATCH,
        )
