"""Deletes files of photos that nothing shows, left by a broken save; run it every night."""

import datetime
from typing import Any

from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand
from django.utils.timezone import now

from institutions.register.photos import find_strays

# Long after the last transaction that may still be writing the row of a new file.
AGE = datetime.timedelta(days=1)


class Command(BaseCommand):
    help = "删除没有机构在用的照片文件（一天以前的）。"

    def handle(self, *args: Any, **options: Any) -> None:
        found = find_strays(now() - AGE)
        for name in found:
            default_storage.delete(name)
        self.stdout.write(
            f"已删除 {len(found):,} 个照片文件。" if found else "没有多余的照片文件。"
        )
