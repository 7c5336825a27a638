"""Shipped fixtures that this database has loaded."""

from django.db import models


class LoadedFixture(models.Model):
    """A fixture file that was loaded once; it is never loaded over what staff have edited."""

    name = models.CharField("文件", max_length=100, unique=True)
    checksum = models.CharField("校验和", max_length=64)
    loaded_at = models.DateTimeField("载入时间", auto_now_add=True)

    class Meta:
        verbose_name = "已载入的数据"
        verbose_name_plural = "已载入的数据"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ShippedRow(models.Model):
    """Values that a release gave a row, so that the next one knows whether staff have touched it.

    `key` is the natural key of the row as JSON; `given` is the row as it stood when a release last
    wrote it, `offered` what the newest release would make of it, both with its parts and in the
    form of `regions.staff.shipped_values`.
    """

    class State(models.TextChoices):
        FOLLOWS = "follows", "跟着版本走"
        KEPT = "kept", "留着这里改过的"
        OWN = "own", "看过了，留这里的"
        DELETED = "deleted", "这里删掉了，不再加"

    label = models.CharField("哪一类", max_length=100)
    key = models.CharField("编号", max_length=300)
    state = models.CharField("现在", max_length=10, choices=State.choices, default=State.FOLLOWS)
    given = models.JSONField("随版本来的", default=dict)
    offered = models.JSONField("新版本的", default=dict)
    changes = models.TextField("上一次随版本改了什么", blank=True)
    changed_at = models.DateTimeField("什么时候", null=True, blank=True)

    class Meta:
        verbose_name = "随版本来的数据"
        verbose_name_plural = "随版本来的数据"
        ordering = ["label", "key"]
        constraints = [models.UniqueConstraint("label", "key", name="shipped_row_once")]

    def __str__(self) -> str:
        return f"{self.label} {self.key}"
