"""Rows that a release ships, and what became of them here: followed, kept or left out."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.utils import timezone

from regions.models import ShippedRow
from regions.staff.shipped_values import (
    Values,
    differences,
    is_same,
    own_values,
    values_of,
    with_parts,
    write,
)

State = ShippedRow.State
Report = Callable[[str], object]
# At most so many amounts are named line by line.
MOST_LINES = 200


def key_text(key: Iterable[Any]) -> str:
    return json.dumps([str(part) for part in key], ensure_ascii=False)


def find_gone(model: type[Model], there: Iterable[tuple[Any, ...]]) -> set[tuple[Any, ...]]:
    """Return the keys of rows that were shipped before and are not `there` any more."""
    shipped = {tuple(json.loads(key)) for key in _shipped(model).values_list("key", flat=True)}
    return shipped - {tuple(map(str, key)) for key in there}


def was_deleted(row: Model) -> bool:
    """Return whether staff deleted a row of this name, by the journal: it has no keys."""
    kind = ContentType.objects.get_for_model(type(row))
    entries = LogEntry.objects.filter(content_type=kind, action_flag=DELETION)
    return entries.filter(object_repr=str(row)[:200]).exists()


def _shipped(model: type[Model]) -> Any:
    return ShippedRow.objects.filter(label=model._meta.label_lower)


class Offer:
    """One row of a fixture as values, with its parts."""

    def __init__(self, row: Model, links: Values) -> None:
        self.row, self.links, self.parts = row, links, list[Values]()

    @property
    def values(self) -> Values:
        return own_values(self.row) | self.links


def follow(
    model: type[Model],
    offers: dict[tuple[Any, ...], Offer],
    pks: dict[tuple[Any, ...], Any],
    created: set[Any],
    has_parts: bool,
    report: Report,
) -> int:
    """Let the rows of one model follow what is offered; return how many were changed.

    `pks` are the primary keys of the rows that are there; `created` those this release added.
    """
    rows = {row.pk: row for row in model._default_manager.all()}
    now = values_of(model, rows.values())
    kept = {one.key: one for one in _shipped(model)}
    edited = _edited(model) if len(kept) < len(offers) else set()
    new: list[ShippedRow] = []
    changed: list[ShippedRow] = []
    counts = defaultdict[str, list[str]](list)
    for key, offer in offers.items():
        offered = with_parts(offer.values, offer.parts) if has_parts else offer.values
        shipped = kept.get(key_text(key))
        is_new = shipped is None
        if shipped is None:
            shipped = ShippedRow(label=model._meta.label_lower, key=key_text(key))
        elif shipped.offered == offered and (key in pks) != (shipped.state == State.DELETED):
            continue
        (new if is_new else changed).append(shipped)
        shipped.offered = offered
        if (pk := pks.get(key)) is None:
            shipped.state = State.DELETED
            continue
        is_untouched = is_same(now[pk], shipped.given)
        if is_new:
            is_untouched = pk in created or str(pk) not in edited
        if pk in created or is_same(offered, now[pk]):
            shipped.state, shipped.given = State.FOLLOWS, now[pk]
        elif is_untouched:
            _take(shipped, rows[pk], now[pk], counts)
        else:
            shipped.state = State.KEPT
            counts["kept"].append(str(rows[pk]))
    ShippedRow.objects.bulk_create(new, 500)
    fields = ["state", "given", "offered", "changes", "changed_at"]
    ShippedRow.objects.bulk_update(changed, fields, 200)
    _report(model, counts, report)
    return len(counts["followed"])


def _edited(model: type[Model]) -> set[str]:
    """Return the keys of rows changed according to the journal: for rows without a past."""
    kind = ContentType.objects.get_for_model(model)
    entries = LogEntry.objects.filter(content_type=kind, action_flag=CHANGE)
    return set(entries.values_list("object_id", flat=True))


def _take(shipped: ShippedRow, row: Any, now: Values, counts: dict[str, list[str]]) -> None:
    model, offered = type(row), shipped.offered
    found = list(differences(model, now, offered))
    write(row, offered)
    [given] = values_of(model, [row]).values()
    shipped.state, shipped.given = State.FOLLOWS, given
    shipped.changes = "\n".join(f"{what}：{old} → {new}" for what, old, new, _ in found)
    shipped.changed_at = timezone.now()
    counts["followed"].append(str(row))
    for what, old, new, is_amount in found:
        if is_amount:
            counts["amounts"].append(f"{row}，{what}：{old} → {new}")


def _report(model: type[Model], counts: dict[str, list[str]], report: Report) -> None:
    name = model._meta.verbose_name
    if followed := counts["followed"]:
        report(f"{name}：{len(followed):,} 条没有人改过，跟着版本更新。")
    for line in counts["amounts"][:MOST_LINES]:
        report(f"  数字变了：{line}")
    if len(counts["amounts"]) > MOST_LINES:
        report(
            f"  还有 {len(counts['amounts']) - MOST_LINES:,} 个数字变了，见后台“随版本来的数据”。"
        )
    if kept := counts["kept"]:
        report(
            f"{name}：{len(kept):,} 条这里改过，没有动，请全国管理员到后台对照：{'、'.join(kept)}"
        )
