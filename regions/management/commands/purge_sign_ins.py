"""Deletes the log of sign-ins when its 180 days are over; run it every night."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.timezone import now

from regions.staff.sign_ins import DAYS, forget_old


class Command(BaseCommand):
    help = f"删除 {DAYS} 天以前的登录记录，和已经结束的会话。"

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"已删除 {forget_old(now()):,} 条登录记录。")
