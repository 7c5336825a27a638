"""Publication of documents and facts: stages, and waiting edits of published rows.

The counterpart of `institutions.register.review` for rows without parts: an edit is one change for
each field, kept as plain data until somebody of enough reach decides.
"""

from decimal import Decimal
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils.timezone import now

from regions.models import Document, Fact, PendingEdit, Region, Stage
from regions.staff.scope import reaches
from regions.staff.stages import MOVES, DecidedError, UnreadError

Row = Document | Fact
State = PendingEdit.State
EMPTY = "没有填"
REGIONS = ("region", "regions")


def codes_of(row: Row) -> set[str]:
    """Return the codes of the regions that the row speaks of; none for the whole nation."""
    if isinstance(row, Document):
        return {row.region_id} if row.region_id else set()
    return set(row.regions.values_list("pk", flat=True))


def may_publish(user: AbstractBaseUser | AnonymousUser, row: Row) -> bool:
    """Return whether the person may pass the row, take it back and delete it."""
    named = f"regions.publish_{row._meta.model_name}"
    return user.has_perm(named) and reaches(user, codes_of(row))  # type: ignore[union-attr]


def may_decide(user: AbstractBaseUser | AnonymousUser, pending: PendingEdit) -> bool:
    """Return whether the person may pass the edit: they reach what the row is, and what it is to
    be."""
    becomes = [change["new"] for change in pending.changes if change["field"] in REGIONS]
    sets = (new if isinstance(new, list) else [new] if new else [] for new in becomes)
    return may_publish(user, pending.row) and all(reaches(user, codes) for codes in sets)


# From stage to stage


def move_stage(row: Row, name: str, *, seen: int | None = None) -> bool:
    """Take the row one step further; False where it does not stand at the step's beginning.

    `seen` is the version that was read. Raises `UnreadError` where the row has another version by
    now, and `ValidationError` where its sources, or rows that cite it, forbid the step.
    """
    step = MOVES[name]
    with transaction.atomic():
        row = _lock_row(row)
        if row.stage != step.origin:
            return False
        if seen is not None and row.version != seen:
            raise UnreadError
        _refuse_stage(row, step.target)
        row.stage, row.version = step.target, row.version + 1
        row.save(update_fields=["stage", "version"])
    return True


def _lock_row(row: Row) -> Any:
    return type(row)._default_manager.select_for_update().get(pk=row.pk)


def _refuse_stage(row: Row, target: str) -> None:
    """Raise `ValidationError` where the row cannot have the stage `target`."""
    if isinstance(row, Fact):
        if target == Stage.PUBLISHED and not row.document.is_published:
            raise ValidationError("它的来源文件还没有发布，请先发布来源文件。")
    elif target == Stage.DRAFT and row.is_published:
        rows = [*row.policies.all()[:3], *row.agreements.all()[:3], *row.exclusions.all()[:3]]
        if rows:
            names = "、".join(map(str, rows))
            raise ValidationError(f"还有政策或约定以它为依据（{names}），不能撤下。")


# Edits of what is published


def propose(row: Row, fields: dict[str, Any], *, by: AbstractBaseUser) -> PendingEdit | None:
    """Keep what the fields are to become for a reviewer; None where nothing would change.

    `fields` are values as a form cleans them; the row itself is not touched.
    """
    stored = type(row)._default_manager.get(pk=row.pk)
    changes = [
        {"field": name, "old": old, "new": new}
        for name, value in fields.items()
        if (old := _stored_value(stored, name)) != (new := _to_plain(value))
    ]
    if not changes:
        return None
    owner = {str(row._meta.model_name): stored}
    return PendingEdit.objects.create(changes=changes, author_id=by.pk, **owner)


def approve(pk: int, *, by: AbstractBaseUser) -> None:
    """Make the edit.

    Raises `DecidedError`, and `ValidationError` for what was changed since in the same fields, and
    for what the models refuse by now.
    """
    with transaction.atomic():
        pending = _undecided(pk)
        row = _lock_row(pending.row)
        moved = [c["field"] for c in pending.changes if _stored_value(row, c["field"]) != c["old"]]
        if moved:
            names = "、".join(_field_label(row, name) for name in moved)
            raise ValidationError(f"提交以后，这些内容又被改过：{names}。请看过现在的内容再改。")
        many = _set_values(row, pending.changes)
        row.version += 1
        row.full_clean()
        row.save()
        for name, keys in many.items():
            getattr(row, name).set(keys)
        _close_edit(pending, State.APPROVED, by)


def _set_values(row: Row, changes: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Set the new values on the row; return those of links to many, which need a saved row."""
    many = {}
    for change in changes:
        field: Any = row._meta.get_field(change["field"])
        if field.many_to_many:
            many[field.name] = change["new"]
        else:
            setattr(row, field.attname, field.to_python(change["new"]))
    return many


def reject_edit(pk: int, reason: str, *, by: AbstractBaseUser) -> None:
    """Leave the row as it is, with a reason. Raises `DecidedError`."""
    with transaction.atomic():
        pending = _undecided(pk)
        pending.reason = reason
        _close_edit(pending, State.REJECTED, by)


def _undecided(pk: int) -> PendingEdit:
    pending = PendingEdit.objects.select_for_update().get(pk=pk)
    if pending.state != State.WAITING:
        raise DecidedError
    return pending


def _close_edit(pending: PendingEdit, state: str, by: AbstractBaseUser) -> None:
    pending.state, pending.decided_at = state, now()
    pending.decided_by_id = by.pk
    pending.save()


def _stored_value(row: Model, name: str) -> Any:
    field: Any = row._meta.get_field(name)
    return _to_plain(field.value_from_object(row))


def _to_plain(value: Any) -> Any:
    """Return a JSON value: keys of rows, dates and decimals as text."""
    if isinstance(value, Model):
        return value.pk
    if isinstance(value, list | QuerySet):
        return sorted(_to_plain(one) for one in value)
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return value if value is None or isinstance(value, bool | int) else str(value)


# In words


def describe_edit(pending: PendingEdit) -> list[dict[str, str]]:
    """Return each change with its label, the old and the new value, in words."""
    return [
        {
            "label": _field_label(pending.row, change["field"]),
            "old": _value_words(pending.row, change["field"], change["old"]),
            "new": _value_words(pending.row, change["field"], change["new"]),
        }
        for change in pending.changes
    ]


def _field_label(row: Model, name: str) -> str:
    return str(row._meta.get_field(name).verbose_name)  # type: ignore[union-attr]


def _value_words(row: Model, name: str, value: Any) -> str:
    field: Any = row._meta.get_field(name)
    if value in (None, "", []):
        return EMPTY
    if isinstance(value, bool):
        return "是" if value else "否"
    if field.related_model is Region:
        keys = value if isinstance(value, list) else [value]
        found = Region.objects.with_ancestors().filter(pk__in=keys)
        return "、".join(region.full_name for region in found)
    if field.related_model:
        return str(field.related_model._default_manager.filter(pk=value).first() or EMPTY)
    return str(dict(field.flatchoices).get(value, value))
