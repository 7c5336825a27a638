"""Removes every demo institution, so that only real records remain."""

from typing import Any

from django.core.management.base import BaseCommand

from institutions import listings
from institutions.models import Institution


class Command(BaseCommand):
    help = "删除全部示例机构和它们的检索行；以后载入数据也不会再出现。"

    def handle(self, *args: Any, **options: Any) -> None:
        count = listings.remove(Institution.objects.demo())
        self.stdout.write(f"已删除 {count:,} 家示例机构。" if count else "没有示例机构。")
