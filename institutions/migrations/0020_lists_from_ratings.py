"""Homes are on a list by their ratings too: those with Beijing's stars are derived again."""

import datetime
from typing import Any

from django.db import migrations, models


def derive_again(apps: Any, schema_editor: Any) -> None:
    """Mark the listings of rated homes as out of date, which the next refresh mends."""
    listings = apps.get_model("institutions", "Listing").objects
    rated = listings.using(schema_editor.connection.alias).filter(
        institution__ratings__scheme="beijing_star"
    )
    rated.update(valid_until=datetime.date(2000, 1, 1))


class Migration(migrations.Migration):

    dependencies = [
        ('institutions', '0019_sheets_in_pieces'),
    ]

    operations = [
        migrations.RunPython(derive_again, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='listingdesignation',
            name='kind',
            field=models.CharField(choices=[('ltci', '长期护理保险定点'), ('subsidy_list', '异地补贴名单'), ('pilot', '京津冀协同试点'), ('bj_star2', '北京服务质量二星级以上（按等级评定算出）')], max_length=20),
        ),
    ]
