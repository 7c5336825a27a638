"""Stamps of the last change of a set of rows, so that derived data can be cached."""

import uuid

from django.db import connections, models

# The regions, their groups, the policies and what they rest on.
RULES = "policies"


def new_token() -> uuid.UUID:
    return uuid.uuid4()


def as_token(value: uuid.UUID | str) -> uuid.UUID:
    """Return a token as a database gives it to plain SQL: SQLite has no type of its own for
    them.
    """
    return value if isinstance(value, uuid.UUID) else uuid.UUID(value)


class StampQuerySet(models.QuerySet["Stamp"]):
    def of(self, name: str) -> uuid.UUID | None:
        """Return the token of the last change, or None before the first; one query.

        Every page asks, so in plain SQL: put together by the ORM it takes ten times as long.
        """
        with connections[self.db].cursor() as cursor:
            cursor.execute(f"SELECT token FROM {self.model._meta.db_table} WHERE name = %s", [name])  # noqa: S608
            row = cursor.fetchone()
        return as_token(row[0]) if row else None

    def touch(self, name: str) -> None:
        """Mark the rows as changed, in the transaction that changed them."""
        self.update_or_create(pk=name, defaults={"token": new_token()})


class Stamp(models.Model):
    """One token per set of rows; a token is never used twice, not even after a rollback."""

    name = models.CharField("名称", max_length=20, primary_key=True)
    token = models.UUIDField("记号", default=new_token)

    objects = StampQuerySet.as_manager()

    class Meta:
        verbose_name = "变动记号"
        verbose_name_plural = "变动记号"

    def __str__(self) -> str:
        return self.name
