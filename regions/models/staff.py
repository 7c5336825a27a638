"""Civil-affairs staff: what a signed-in user may touch hangs on region and role."""

from django.conf import settings
from django.db import models

from .region import Region


class StaffMember(models.Model):
    """A user's post: the region whose records are theirs, and what they may do there."""

    class Role(models.TextChoices):
        CLERK = "clerk", "县级经办人"
        REVIEWER = "reviewer", "审核人"
        PROVINCE = "province", "省级数据员"
        NATIONAL = "national", "全国管理员"

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        verbose_name="用户",
        related_name="staff_member",
    )
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="管辖地区")
    role = models.CharField("角色", max_length=10, choices=Role.choices)

    class Meta:
        verbose_name = "工作人员"
        verbose_name_plural = "工作人员"
        ordering = ["region", "pk"]
        constraints = [
            models.CheckConstraint(
                name="staff_national_role_needs_the_nation",
                condition=~models.Q(role="national") | models.Q(region="000000"),
                violation_error_message="全国管理员的管辖地区是全国。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}（{self.get_role_display()}，{self.region}）"
