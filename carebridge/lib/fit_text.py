"""Characters that no text is made of, kept out where text enters and where stored text is read.

Halves of pairs, bytes that are no UTF-8, NUL, other controls and U+FFFE break a database, an answer
or a file of XML. `carebridge.middleware.fit_requests` cleans requests, `FitJSONField` columns of
JSON, `read_any_bytes` text of SQLite; files and feeds call `fit`.
"""

import re
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

# What XML 1.0, and so XLSX and every feed, cannot hold.
UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Vertical tab and form feed end a line where a text is pasted from a word processor.
_LINE_ENDS = re.compile(r"[\x0b\x0c]")
MARK = "\ufffd"


def fit(text: str) -> str:
    """Return the text without what XML cannot hold."""
    return UNFIT.sub("", text)


def fit_lines(text: str) -> str:
    """Return typed text without it; what ended a line in a word processor still does."""
    return fit(_LINE_ENDS.sub("\n", text)) if UNFIT.search(text) else text


def marked(text: str) -> str:
    """Return the text of an address with a mark in the place of each, so that it names no other."""
    return UNFIT.sub(MARK, _LINE_ENDS.sub(" ", text))


def fit_data(data: Any) -> Any:
    """Return what JSON holds, every text and key of it fit, at any depth."""
    match data:
        case str():
            return fit_lines(data)
        case dict():
            return {fit_data(key): fit_data(value) for key, value in data.items()}
        case list() | tuple():
            return [fit_data(value) for value in data]
    return data


class FitJSONField(models.JSONField):
    """A column of JSON whose texts are fit, also where an older row or another program wrote it.

    PostgreSQL refuses half of what JSON may escape, SQLite keeps it until a page fails on it.
    """

    def deconstruct(self) -> Any:
        """Return Django's own field: the column is the same, and no migration knows of this one."""
        name, _, arguments, named = super().deconstruct()
        return name, "django.db.models.JSONField", arguments, named

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return fit_data(super().from_db_value(value, expression, connection))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return super().get_db_prep_value(fit_data(value), connection, prepared)


def read_any_bytes(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Read text of SQLite that is no UTF-8 with marks in it; a page would fail on the row."""
    if connection.vendor == "sqlite":
        connection.connection.text_factory = _decoded


def _decoded(raw: bytes) -> str:
    return str(raw, "utf-8", "replace")
