"""The log of sign-ins: to be read only, and forgotten after some months."""

import datetime
from typing import Any

from axes.models import AccessAttempt
from django.contrib import admin
from django.contrib.sessions.models import Session
from django.http import HttpRequest

from regions.models import FailedSignIn, SignIn


class LogAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A read-only log: nobody adds, changes or deletes entries by hand."""

    list_per_page = 50
    search_fields = ["=username", "=ip_address"]
    search_help_text = "按完整的用户名或地址查找"
    date_hierarchy = "attempt_time"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    @admin.display(description="时间", ordering="attempt_time")
    def when(self, row: Any) -> Any:
        return row.attempt_time

    @admin.display(description="用户名", ordering="username")
    def who(self, row: Any) -> str:
        return row.username or "没有填"

    @admin.display(description="从哪里（网络地址）", ordering="ip_address")
    def place(self, row: Any) -> str:
        return row.ip_address or "不知道"

    @admin.display(description="浏览器")
    def browser(self, row: Any) -> str:
        return str(row.user_agent)


@admin.register(SignIn)
class SignInAdmin(LogAdmin):
    list_display = ["when", "who", "place", "result", "left"]
    fields = ["when", "who", "place", "result", "left", "browser"]

    @admin.display(description="结果")
    def result(self, row: SignIn) -> str:
        return "密码正确"

    @admin.display(description="退出时间", ordering="logout_time", empty_value="没有点退出")
    def left(self, row: SignIn) -> Any:
        return row.logout_time


@admin.register(FailedSignIn)
class FailedSignInAdmin(LogAdmin):
    list_display = ["when", "who", "place", "result"]
    list_filter = [("locked_out", admin.BooleanFieldListFilter)]
    fields = ["when", "who", "place", "result", "browser"]

    @admin.display(description="结果", ordering="locked_out")
    def result(self, row: FailedSignIn) -> str:
        what = "密码错误" if row.path_info.endswith("/login/") else "验证码错误"
        return f"{what}，已锁定" if row.locked_out else what


DAYS = 180


def forget_old(now: datetime.datetime) -> int:
    """Delete lines older than 180 days, and ended sessions; return the number of lines."""
    before = now - datetime.timedelta(days=DAYS)
    Session.objects.filter(expire_date__lt=now).delete()
    return sum(
        model.objects.filter(attempt_time__lt=before).delete()[0]
        for model in (SignIn, FailedSignIn, AccessAttempt)
    )
