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
