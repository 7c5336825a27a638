"""Staff of a home by occupation."""

from django.db import models
from django.db.models import F, Q

from institutions.validators import validate_not_future
from regions.models.document import precision_field, show_date

from .institution import Institution


class StaffFigure(models.Model):
    """Staff of one occupation, and those of them who hold its certificate."""

    class Role(models.TextChoices):
        CARE_WORKER = "care_worker", "护理员"
        NURSE = "nurse", "护士"
        DOCTOR = "doctor", "医生"
        THERAPIST = "therapist", "康复师"
        SOCIAL_WORKER = "social_worker", "社工"

    institution = models.ForeignKey(Institution, models.CASCADE, related_name="staff_figures")
    role = models.CharField("岗位", max_length=20, choices=Role.choices)
    headcount = models.PositiveIntegerField("人数", null=True, blank=True)
    certified = models.PositiveIntegerField("其中持证", null=True, blank=True)
    trained = models.PositiveIntegerField("近一年参加培训", null=True, blank=True)
    as_of = models.DateField("截至", validators=[validate_not_future])
    as_of_precision = precision_field()

    class Meta:
        verbose_name = "人员"
        verbose_name_plural = "人员"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                "institution",
                "role",
                name="staff_figure_unique_by_role",
                violation_error_message="这个岗位已经填过。",
            ),
            models.CheckConstraint(
                name="staff_figure_parts_within_headcount",
                condition=(Q(headcount=None) | Q(certified=None) | Q(certified__lte=F("headcount")))
                & (Q(headcount=None) | Q(trained=None) | Q(trained__lte=F("headcount"))),
                violation_error_message="持证和参加培训的人数不能多于总人数。",
            ),
        ]

    def __str__(self) -> str:
        return self.get_role_display()

    @property
    def dated(self) -> str:
        return show_date(self.as_of, self.as_of_precision)
