"""Rows within a signed-in person's reach: those of the region of their post, and of all in it."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Q, QuerySet

from regions.models import Region, StaffMember
from regions.models.region import NATION, lies_within


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
    inside = lies_within(path, [post.region]) | Q(**{path: post.region_id})
    if rows.model._meta.get_field(path.split("__")[0]).many_to_many:
        # A join would give a row once for each of its regions.
        return rows.filter(pk__in=rows.model._base_manager.filter(inside).values("pk"))
    return rows.filter(inside)


def reaches(user: AbstractBaseUser | AnonymousUser, codes: Iterable[str]) -> bool:
    """Return whether all these regions lie in the region of the person's post.

    None at all is the whole nation, which superusers and the nation's posts alone reach.
    """
    post: StaffMember | None = getattr(user, "staff_member", None)
    if getattr(user, "is_superuser", False) or (post and post.region_id == NATION):
        return True
    asked = set(codes)
    found = in_scope(Region.objects.filter(pk__in=asked), user, "code")
    return bool(asked) and found.count() == len(asked)


def codes_above(user: AbstractBaseUser | AnonymousUser) -> list[str]:
    """Return the codes of the regions that the person's own lies in, the nation last."""
    post: StaffMember | None = getattr(user, "staff_member", None)
    return post.region.codes_upward() if post else []
