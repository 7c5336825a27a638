"""Which rows are a signed-in person's: those of the region of their post, and of all in it."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Q, QuerySet

from regions.models import StaffMember
from regions.models.region import NATION, within


def in_scope(
    rows: "QuerySet[Any]", user: AbstractBaseUser | AnonymousUser, path: str
) -> "QuerySet[Any]":
    """Of `rows`, those whose region, at `path`, lies in the region of the person's post.

    Superusers and the nation's posts have all rows, those without a region too; who has no post
    has none. An abolished region stands for itself and for its successors.
    """
    if getattr(user, "is_superuser", False):
        return rows
    post: StaffMember | None = getattr(user, "staff_member", None)
    if post is None:
        return rows.none()
    if post.region_id == NATION:
        return rows
    inside = within(path, [post.region]) | Q(**{path: post.region_id})
    if rows.model._meta.get_field(path.split("__")[0]).many_to_many:
        # A join would give a row once for each of its regions.
        return rows.filter(pk__in=rows.model._base_manager.filter(inside).values("pk"))
    return rows.filter(inside)
