"""Sign-ins with time and address: the rows of django-axes under names that staff read."""

from axes.models import AccessFailureLog, AccessLog


class SignIn(AccessLog):
    """A password that was right."""

    class Meta:
        proxy = True
        verbose_name = "登录记录"
        verbose_name_plural = "登录记录"
        ordering = ["-attempt_time", "-pk"]


class FailedSignIn(AccessFailureLog):
    """A password, or a code of the second factor, that was wrong."""

    class Meta:
        proxy = True
        verbose_name = "登录失败记录"
        verbose_name_plural = "登录失败记录"
        ordering = ["-attempt_time", "-pk"]
