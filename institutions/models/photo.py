"""Pictures of a home."""

from django.db import models

from .institution import Institution


class Photo(models.Model):
    """One picture, always with words for those who cannot see it."""

    institution = models.ForeignKey(Institution, models.CASCADE, related_name="photos")
    image = models.ImageField("图片", upload_to="photos/%Y/%m/")
    alt = models.CharField("图片说明", max_length=100, help_text="给看不见图片的人：图上是什么。")
    taken_on = models.DateField("拍摄日期", null=True, blank=True)
    position = models.PositiveSmallIntegerField("顺序", default=0)

    class Meta:
        verbose_name = "照片"
        verbose_name_plural = "照片"
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                name="photo_has_alt_text",
                condition=~models.Q(alt=""),
                violation_error_message="每张照片都要有文字说明。",
            ),
        ]

    def __str__(self) -> str:
        return self.alt
