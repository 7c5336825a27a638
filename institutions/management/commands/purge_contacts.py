"""Deletes what readers left to be reached by, when its day has come; run it every night."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.timezone import localdate

from institutions.models import Correction


class Command(BaseCommand):
    help = "删除到期的联系方式（最多保存 90 天），和前几天的来处标记。"

    def handle(self, *args: Any, **options: Any) -> None:
        count = Correction.objects.forget_contacts(localdate())
        self.stdout.write(f"已删除 {count:,} 个联系方式。" if count else "没有到期的联系方式。")
