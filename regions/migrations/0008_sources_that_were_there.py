"""Sheets among the sources are marked; what was no web link goes into the note."""

import re

from django.db import migrations


def mark_sheets(apps, schema_editor):
    documents = apps.get_model("regions", "Document").objects
    for pk, slug in documents.filter(slug__startswith="sheet-").values_list("pk", "slug"):
        if re.fullmatch("sheet-[0-9a-f]{16}", slug):
            documents.filter(pk=pk).update(is_sheet=True)


def keep_links(apps, schema_editor):
    for document in apps.get_model("regions", "Document").objects.exclude(url=""):
        if not document.url.lower().startswith(("http://", "https://")):
            document.note = f"{document.note}\n原来写的网址：{document.url}".strip()
            document.url = ""
            document.save(update_fields=["url", "note"])


class Migration(migrations.Migration):
    dependencies = [("regions", "0007_stages_of_sources")]

    operations = [
        migrations.RunPython(mark_sheets, migrations.RunPython.noop),
        migrations.RunPython(keep_links, migrations.RunPython.noop),
    ]
