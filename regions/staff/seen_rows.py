"""Actions of a list are done to the rows as the list showed them, never to what came since."""

import hashlib
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html
from django.utils.safestring import SafeString

SEEN = "seen-"
LATER = "打开列表以后别人改过，没有动：{}。请看过再点。"
MOST_NAMED = 20
# Signing in is no change that anybody made to an account.
BESIDE = {"last_login"}


def seen_of(row: models.Model) -> str:
    """Return a mark of a row's content: its version, or a digest of its columns where it has
    none.
    """
    try:
        row._meta.get_field("version")
    except FieldDoesNotExist:
        values = [
            one.value_to_string(row)
            for one in row._meta.concrete_fields
            if one.name not in BESIDE and not isinstance(one, models.BinaryField)
        ]
        return hashlib.sha256(repr(values).encode()).hexdigest()[:16]
    return str(row.version)  # type: ignore[attr-defined]


class SeenRows(admin.ModelAdmin):  # type: ignore[type-arg]
    """The admin of a list whose ticks carry what the list showed of each row."""

    # Actions that compare what was seen by themselves, and refuse what was not seen at all.
    comparing: tuple[str, ...] = ()

    def action_checkbox(self, obj: Any) -> SafeString:
        tick = super().action_checkbox(obj)
        hidden = '{}<input type="hidden" name="{}{}" value="{}">'
        return format_html(hidden, tick, SEEN, obj.pk, seen_of(obj))

    def response_action(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        """Name the ticked rows that somebody changed meanwhile, and act on the others alone.

        One transaction: nobody changes a row between the look at it and the action.
        """
        if not self._changes_rows(request):
            return super().response_action(request, queryset)
        with transaction.atomic():
            moved = self._rows_changed(request)
            if not moved:
                return super().response_action(request, queryset)
            names = "、".join(f"“{row}”" for row in moved[:MOST_NAMED])
            more = f"等 {len(moved):,} 条" if len(moved) > MOST_NAMED else ""
            self.message_user(request, LATER.format(names + more), messages.WARNING)
            left = {*request.POST.getlist(ACTION_CHECKBOX_NAME)} - {str(row.pk) for row in moved}
            if not left and request.POST.get("select_across", "0") == "0":
                return HttpResponseRedirect(request.get_full_path())
            rows = queryset.exclude(pk__in=[row.pk for row in moved])
            return super().response_action(request, rows)

    def _changes_rows(self, request: HttpRequest) -> bool:
        """Return whether the chosen action does more than read; a file of the rows may be new."""
        index = request.POST.get("index", "0")
        chosen = request.POST.getlist("action")
        at = int(index) if index.isdecimal() and int(index) < len(chosen) else 0
        name = chosen[at] if chosen else ""
        action = self.get_actions(request).get(name)
        if name in self.comparing:
            return False
        return action is not None and getattr(action[0], "allowed_permissions", None) != ["view"]

    def _rows_changed(self, request: HttpRequest) -> list[Any]:
        """Return the rows, each locked, that changed since the list showed them."""
        seen = {
            name.removeprefix(SEEN): value
            for name, value in request.POST.items()
            if name.startswith(SEEN)
        }
        ticked = {*request.POST.getlist(ACTION_CHECKBOX_NAME)}
        asked = seen.keys() if request.POST.get("select_across", "0") != "0" else ticked
        keys = [key for key in asked if key in seen and self._is_key(key)]
        rows = self.model._base_manager.select_for_update().filter(pk__in=keys).order_by("pk")
        return [row for row in rows if seen_of(row) != seen[str(row.pk)]]

    def _is_key(self, text: str) -> bool:
        try:
            self.model._meta.pk.to_python(text)
        except ValidationError:
            return False
        return True
