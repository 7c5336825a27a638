"""Chongqing's own scale is the nation's: its level 3 was severe Ⅰ, with Ⅱ and Ⅲ above it."""

from typing import Any

from django.db import migrations


def merge_scales(apps: Any, schema_editor: Any) -> None:
    rates = apps.get_model("regions", "Rate").objects.using(schema_editor.connection.alias)
    old = rates.filter(scale="ltci_chongqing")
    old.filter(level_from=3, level_to=3).update(level_to=5)
    old.update(scale="ltci")


class Migration(migrations.Migration):
    dependencies = [("regions", "0011_standards_and_finer_rates")]

    operations = [migrations.RunPython(merge_scales, migrations.RunPython.noop)]
