"""Permissions of each role: one table, which Django asks as a backend of authentication.

In which places a role may do it is another question: `regions.staff.scope`.
"""

from typing import Any

from django.contrib.auth.backends import BaseBackend

from regions.models import StaffMember

Role = StaffMember.Role

NONE: tuple[str, ...] = ()
READ = ("view",)
CITE = ("view", "add")
KEEP = ("view", "add", "change")
OWN = ("view", "add", "change", "delete")
PUBLISH = (*OWN, "publish")
GRADE = (*PUBLISH, "grade")
DECIDE = ("view", "publish")
UPDATE = ("view", "change")

# Rows of a home's form.
PARTS = (
    *("phone", "service", "bed", "fee", "contractterms", "medicallink", "designation"),
    *("rating", "qualityrecord", "stafffigure", "photo", "provenance"),
)
Row = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...]]
TABLE: dict[str, Row] = {
    # what                          county clerk, reviewer, province, national
    "institutions.institution": (KEEP, PUBLISH, PUBLISH, PUBLISH),
    **{f"institutions.{part}": (OWN, OWN, OWN, OWN) for part in PARTS},
    "institutions.bedfigures": (UPDATE, UPDATE, UPDATE, UPDATE),
    "institutions.pendingchange": (READ, DECIDE, DECIDE, DECIDE),
    "institutions.sheetimport": (CITE, CITE, CITE, CITE),
    "institutions.correction": (UPDATE, UPDATE, UPDATE, UPDATE),
    "regions.document": (KEEP, PUBLISH, PUBLISH, GRADE),
    "regions.lawtext": (KEEP, KEEP, KEEP, PUBLISH),
    "regions.sentence": (UPDATE, UPDATE, UPDATE, UPDATE),
    "regions.region": (READ, READ, READ, OWN),
    "regions.policy": (READ, READ, READ, OWN),
    "regions.rate": (READ, READ, READ, OWN),
    "regions.fact": (KEEP, PUBLISH, PUBLISH, PUBLISH),
    "regions.pendingedit": (READ, DECIDE, DECIDE, DECIDE),
    "regions.agreement": (READ, READ, READ, OWN),
    "regions.exclusion": (NONE, NONE, NONE, OWN),
    "regions.standard": (NONE, NONE, NONE, OWN),
    "regions.regiongroup": (NONE, NONE, NONE, OWN),
    "regions.staffmember": (NONE, NONE, READ, OWN),
    "regions.loadedfixture": (NONE, NONE, NONE, READ),
    "regions.shippedrow": (NONE, NONE, NONE, UPDATE),
    "regions.signin": (NONE, NONE, NONE, READ),
    "regions.failedsignin": (NONE, NONE, NONE, READ),
    "admin.logentry": (NONE, NONE, NONE, READ),
    "auth.user": (NONE, NONE, NONE, KEEP),
}
ROLES = (Role.CLERK, Role.REVIEWER, Role.PROVINCE, Role.NATIONAL)


def permissions(role: str) -> set[str]:
    """Return the names of Django's permissions: institutions.change_institution."""
    column = ROLES.index(Role(role))
    return {
        label.replace(".", f".{action}_") for label, row in TABLE.items() for action in row[column]
    }


PERMISSIONS = {role: permissions(role) for role in ROLES}


class RoleBackend(BaseBackend):
    """Grants the holder of a post the permissions of the table; signing in is left to other
    backends.
    """

    def get_user_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        post = getattr(user_obj, "staff_member", None) if user_obj.is_active else None
        return PERMISSIONS[post.role] if post else set()

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """Return whether the person may do anything in the app: the admin asks before it lists
        it.
        """
        return any(name.startswith(f"{app_label}.") for name in self.get_user_permissions(user_obj))
