from django.apps import AppConfig


class RegionsConfig(AppConfig):
    name = "regions"
    verbose_name = "地区与政策"

    def ready(self) -> None:
        # Importing it registers the check.
        pass
