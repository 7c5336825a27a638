import pytest


@pytest.fixture(autouse=True)
def _static_files_as_they_lie(settings) -> None:
    """Nobody has run collectstatic for the tests, so there is no manifest."""
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
