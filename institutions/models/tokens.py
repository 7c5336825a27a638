"""What each listed home is found by, and the one lookup that searches it on either database.

Derived, never edited: `institutions.listings.refresh` is the only writer.
"""

import re
from dataclasses import dataclass

from django.db import models

from .institution import Institution

# The full-text index over `Tokens.text`: an FTS5 table, or a GIN index; made by `search_index`.
INDEX = "institutions_tokens_index"
# Letters and digits, behind a mark of ours or none.
TOKEN = re.compile(r"[=#]?[^\W_]+")
# The function that makes a tsvector of the tokens, on PostgreSQL.
VECTOR = "institutions_tokens_vector"


@dataclass(frozen=True)
class Token:
    """Rows with this token, or with one that begins so.

    Raises `ValueError` for what could mean something in a query language.
    """

    text: str
    begins: bool = False

    def __post_init__(self) -> None:
        if not TOKEN.fullmatch(self.text):
            raise ValueError(f"not a token: {self.text!r}")

    def fts5(self) -> str:
        return f'"{self.text}"' + ("*" if self.begins else "")

    def tsquery(self) -> str:
        return f"'{self.text}'" + (":*" if self.begins else "")


@dataclass(frozen=True)
class All:
    """Rows that all of the parts find."""

    parts: "tuple[Sought, ...]"

    def fts5(self) -> str:
        return "(" + " AND ".join(part.fts5() for part in self.parts) + ")"

    def tsquery(self) -> str:
        return "(" + " & ".join(part.tsquery() for part in self.parts) + ")"


@dataclass(frozen=True)
class Either:
    """Rows that any of the parts finds."""

    parts: "tuple[Sought, ...]"

    def fts5(self) -> str:
        return "(" + " OR ".join(part.fts5() for part in self.parts) + ")"

    def tsquery(self) -> str:
        return "(" + " | ".join(part.tsquery() for part in self.parts) + ")"


Sought = Token | All | Either


@dataclass(frozen=True)
class First:
    """The first few rows, by id, of those that `sought` finds: cheap however many there are."""

    sought: Sought
    most: int

    def fts5(self) -> str:
        return self.sought.fts5()

    def tsquery(self) -> str:
        return self.sought.tsquery()


@models.OneToOneField.register_lookup
class Holds(models.Lookup):  # type: ignore[type-arg]  # no generic at run time
    """`pk__holds=sought` on a row that goes by the id of its institution."""

    lookup_name = "holds"
    prepare_rhs = False

    def as_sqlite(self, compiler, connection):  # type: ignore[no-untyped-def]
        found = f"SELECT rowid FROM {INDEX} WHERE {INDEX} MATCH %s"  # noqa: S608 names of ours
        return self._among(compiler, found + self._limit("rowid"), self.rhs.fts5())

    def as_postgresql(self, compiler, connection):  # type: ignore[no-untyped-def]
        table = Tokens._meta.db_table
        if self.lhs.target.model is Tokens and not isinstance(self.rhs, First):
            # Not by way of their ids: a table joined to itself takes twice as long.
            alias = connection.ops.quote_name(self.lhs.alias)
            return f"{VECTOR}({alias}.text) @@ %s::tsquery", (self.rhs.tsquery(),)
        found = f"SELECT institution_id FROM {table} WHERE {VECTOR}(text) @@ %s::tsquery"  # noqa: S608
        return self._among(compiler, found + self._limit("institution_id"), self.rhs.tsquery())

    def _limit(self, column: str) -> str:
        first = isinstance(self.rhs, First)
        return f" ORDER BY {column} LIMIT {self.rhs.most:d}" if first else ""

    def _among(self, compiler, found: str, sought: str):  # type: ignore[no-untyped-def]
        left, parameters = compiler.compile(self.lhs)
        return f"{left} IN ({found})", (*parameters, sought)


class Tokens(models.Model):
    """The tokens of one listed institution (`institutions.tokens`), parted by spaces."""

    institution = models.OneToOneField(
        Institution, models.CASCADE, primary_key=True, related_name="tokens"
    )
    text = models.TextField()

    class Meta:
        verbose_name = "检索词"
        verbose_name_plural = "检索词"

    def __str__(self) -> str:
        return self.text
