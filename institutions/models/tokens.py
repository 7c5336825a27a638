"""Search tokens of each listed home, and the one lookup that matches them on either database.

Derived, never edited: `institutions.register.listings.refresh` is the only writer.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

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


@models.OneToOneField.register_lookup
class Holds(models.Lookup):  # type: ignore[type-arg]  # no generic at run time
    """`pk__holds=sought` on a row that goes by the id of its institution."""

    lookup_name = "holds"
    prepare_rhs = False

    def as_sqlite(self, compiler, connection):  # type: ignore[no-untyped-def]
        return self._compile_subquery(compiler, connection)

    def as_postgresql(self, compiler, connection):  # type: ignore[no-untyped-def]
        if self.lhs.target.model is Tokens:
            # Not by way of their ids: a table joined to itself takes twice as long.
            alias = connection.ops.quote_name(self.lhs.alias)
            return f"{VECTOR}({alias}.text) @@ %s::tsquery", (self.rhs.tsquery(),)
        return self._compile_subquery(compiler, connection)

    def _compile_subquery(self, compiler, connection):  # type: ignore[no-untyped-def]
        found, sought = _matching_ids(connection, self.rhs)
        left, parameters = compiler.compile(self.lhs)
        return f"{left} IN ({found})", (*parameters, sought)


def _matching_ids(connection: BaseDatabaseWrapper, sought: Sought) -> tuple[str, str]:
    """Return SQL that selects the ids `sought` matches, and its parameter."""
    if connection.vendor == "sqlite":
        return f"SELECT rowid AS pk FROM {INDEX} WHERE {INDEX} MATCH %s", sought.fts5()  # noqa: S608
    rows = f"SELECT institution_id AS pk FROM {Tokens._meta.db_table}"  # noqa: S608 names of ours
    return f"{rows} WHERE {VECTOR}(text) @@ %s::tsquery", sought.tsquery()


class TokensQuerySet(models.QuerySet["Tokens"]):
    def holding(self, sought: Sought, most: int | None = None) -> list[int]:
        """Return the ids of homes that `sought` matches; of more than `most` the first by id.

        The database joins them into one value: for a word in half of all names, a row for each
        takes up to three times as long to read.
        """
        connection = connections[self.db]
        select, parameter = _matching_ids(connection, sought)
        if most is not None:
            select += f" ORDER BY pk LIMIT {most:d}"
        in_one = "group_concat(pk)" if connection.vendor == "sqlite" else "array_agg(pk)"
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {in_one} FROM ({select}) AS found", [parameter])  # noqa: S608
            (joined,) = cursor.fetchone()
        return [int(pk) for pk in joined.split(",")] if isinstance(joined, str) else joined or []

    def held_by_each(self, several: Sequence[Sought], most: int) -> list[list[int]]:
        """Return for each term up to `most` ids of homes that match it, in one query."""
        connection = connections[self.db]
        selects, soughts = zip(*(_matching_ids(connection, one) for one in several), strict=True)
        parts = (
            f"SELECT {number}, pk FROM ({select} LIMIT {most:d}) AS part_{number}"  # noqa: S608
            for number, select in enumerate(selects)
        )
        found: list[list[int]] = [[] for _ in several]
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(parts), soughts)
            for number, pk in cursor.fetchall():
                found[number].append(pk)
        return found


class Tokens(models.Model):
    """The tokens of one listed institution (`institutions.register.tokens`), parted by spaces."""

    institution = models.OneToOneField(
        Institution, models.CASCADE, primary_key=True, related_name="tokens"
    )
    text = models.TextField()

    objects = TokensQuerySet.as_manager()

    class Meta:
        verbose_name = "检索词"
        verbose_name_plural = "检索词"

    def __str__(self) -> str:
        return self.text
