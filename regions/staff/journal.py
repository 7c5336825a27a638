"""The log of the admin: what members of staff changed, viewed and exported, read-only."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.http import HttpRequest

LONGEST_NAME = 200


def note_export(request: HttpRequest, model: type[Model], name: str, rows: int) -> None:
    """Write down that somebody takes rows of `model` away as the file `name`."""
    asked = request.GET.urlencode()[:1_000]
    words = f"导出 {rows:,} 行。" + (f"列表的筛选：{asked}" if asked else "列表没有筛选。")
    LogEntry.objects.create(
        user_id=request.user.pk or 0,  # never nobody: the admin asks first
        content_type=ContentType.objects.get_for_model(model),
        object_repr=name[:LONGEST_NAME],
        action_flag=CHANGE,
        change_message=words,
    )


@admin.register(LogEntry)
class JournalAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A read-only log: nobody adds, changes or deletes entries by hand."""

    list_display = ["when", "who", "kind", "what", "words"]
    list_display_links = None
    list_select_related = ["user", "content_type"]
    list_per_page = 50
    date_hierarchy = "action_time"
    search_fields = ["=user__username"]
    search_help_text = "按完整的用户名查找"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    @admin.display(description="时间", ordering="action_time")
    def when(self, row: LogEntry) -> Any:
        return row.action_time

    @admin.display(description="谁", ordering="user__username")
    def who(self, row: LogEntry) -> str:
        return str(row.user)

    @admin.display(description="哪一类")
    def kind(self, row: LogEntry) -> str:
        model = row.content_type and row.content_type.model_class()
        return str(model._meta.verbose_name) if model else ""

    @admin.display(description="哪一条、哪个文件")
    def what(self, row: LogEntry) -> str:
        return row.object_repr

    @admin.display(description="做了什么")
    def words(self, row: LogEntry) -> str:
        if row.is_addition():
            return "新增"
        return "删除" if row.is_deletion() else row.get_change_message()
