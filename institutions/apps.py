from django.apps import AppConfig
from django.db.models.signals import post_migrate


class InstitutionsConfig(AppConfig):
    name = "institutions"
    verbose_name = "养老机构"

    def ready(self) -> None:
        # The models are there from here on only; importing it registers the check too.
        from institutions.search import fulltext as search_index

        post_migrate.connect(search_index.keep_index, sender=self)
