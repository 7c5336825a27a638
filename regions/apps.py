from django.apps import AppConfig
from django.db.backends.signals import connection_created

from carebridge.lib.fit_text import read_any_bytes


class RegionsConfig(AppConfig):
    name = "regions"
    verbose_name = "地区与政策"

    def ready(self) -> None:
        # Importing it registers the check.
        from regions.staff import checks  # noqa: F401

        connection_created.connect(read_any_bytes)
