"""Services a place offers beyond a bed under its own roof."""

from django.db import models

from .institution import Institution


class Service(models.Model):
    """One service, with how many it can serve where that is published."""

    class Kind(models.TextChoices):
        HOME_CARE_BED = "home_care_bed", "家庭照护床位"
        HOME_HOSPITAL_BED = "home_hospital_bed", "家庭病床"
        VISITING_NURSE = "visiting_nurse", "护士上门"
        DAY_CARE = "day_care", "日间照料"
        MEALS = "meals", "助餐"
        BATHING = "bathing", "助浴"
        REHABILITATION = "rehabilitation", "康复护理"
        RESPITE = "respite", "短期托养（喘息）"
        HOSPICE = "hospice", "安宁疗护"

    institution = models.ForeignKey(Institution, models.CASCADE, related_name="services")
    kind = models.CharField("服务", max_length=20, choices=Kind.choices)
    capacity = models.PositiveIntegerField("能服务人数", null=True, blank=True)

    class Meta:
        verbose_name = "服务"
        verbose_name_plural = "服务"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                "institution",
                "kind",
                name="service_unique",
                violation_error_message="这项服务已经填过。",
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()
