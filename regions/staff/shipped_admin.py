"""Shipped values beside the current ones: for the nation, which decides on those kept."""

import json
from typing import Any

from django.apps import apps
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from regions.models import ShippedRow, Stamp
from regions.models.stamp import RULES
from regions.staff.seen_rows import SeenRows
from regions.staff.shipped_values import differences, values_of, write

State = ShippedRow.State


def find_row(shipped: ShippedRow) -> Any:
    """Return the row a release shipped, or None where it is gone."""
    model: type[Model] = apps.get_model(shipped.label)
    key = json.loads(shipped.key)
    names = {"region": ("pk",), "fact": ("code",)}.get(str(model._meta.model_name), ("slug",))
    return model._default_manager.filter(**dict(zip(names, key, strict=True))).first()


@admin.register(ShippedRow)
class ShippedRowAdmin(SeenRows):
    """Kept rows with both values side by side; nobody adds, edits or deletes one by hand."""

    list_display = ["what", "state", "changed_at"]
    list_filter = ["state", "label"]
    list_per_page = 50
    search_fields = ["key"]
    search_help_text = "按编号查找"
    fields = ("what", "name", "state", "both", "changes", "changed_at")
    readonly_fields = fields
    actions = ["take", "keep"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    @admin.display(description="哪一条", ordering="key")
    def what(self, shipped: ShippedRow) -> str:
        model = apps.get_model(shipped.label)
        return f"{model._meta.verbose_name}：{'，'.join(json.loads(shipped.key))}"

    @admin.display(description="现在叫什么")
    def name(self, shipped: ShippedRow) -> str:
        return str(find_row(shipped) or "已经删掉了")

    @admin.display(description="不一样的地方")
    def both(self, shipped: ShippedRow) -> SafeString | str:
        """A table: the field, what stands here, what the release would write."""
        row = find_row(shipped)
        if row is None or not shipped.offered:
            return "没有：这一条在这里已经删掉了。" if row is None else "没有"
        model = type(row)
        [now] = values_of(model, [row]).values()
        found = [line[:3] for line in differences(model, now, shipped.offered)]
        if not found:
            return "没有：这里的和版本的一样。"
        lines = format_html_join("", "<tr><th>{}</th><td>{}</td><td>{}</td></tr>", found)
        return format_html(
            "<table><thead><tr><th>哪一项</th><th>这里现在的</th><th>新版本的</th></tr></thead>"
            "<tbody>{}</tbody></table>",
            lines,
        )

    @admin.action(description="改用新版本的", permissions=["change"])
    def take(self, request: HttpRequest, queryset: "QuerySet[ShippedRow]") -> None:
        """Write what the release offers over what stands here; it is noted what that changed."""
        for shipped in queryset.filter(state__in=[State.KEPT, State.OWN]):
            with transaction.atomic():
                if (row := find_row(shipped)) is None:
                    continue
                model = type(row)
                [now] = values_of(model, [row]).values()
                found = differences(model, now, shipped.offered)
                words = "；".join(f"{what}：{old} → {new}" for what, old, new, _ in found)
                write(row, shipped.offered)
                [shipped.given] = values_of(model, [row]).values()
                shipped.state = State.FOLLOWS
                shipped.save(update_fields=["given", "state"])
                Stamp.objects.touch(RULES)
                self.log_change(request, row, f"改用新版本的。{words}")
            self.message_user(request, f"“{row}”已经改成新版本的。")

    @admin.action(description="看过了，留这里的", permissions=["change"])
    def keep(self, request: HttpRequest, queryset: "QuerySet[ShippedRow]") -> None:
        done = queryset.filter(state=State.KEPT).update(state=State.OWN)
        self.message_user(request, f"{done} 条留着这里的，不再列在要看的里面。", messages.SUCCESS)
