"""Rules for signing in: the length of a password, and checks of `check --deploy`."""

from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import MinimumLengthValidator
from django.core.checks import CheckMessage, Tags, Warning, register


@register(Tags.security, deploy=True)
def second_factor(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Whoever can change what families read should need more than a password."""
    if settings.STAFF_TOTP == "required":
        return []
    hint = "Set STAFF_TOTP=required, then have every member of staff set up a phone."
    return [Warning("Staff may sign in with a password alone.", hint=hint, id="regions.W001")]


class LongEnoughValidator(MinimumLengthValidator):
    """Django's own rule; its words have no Chinese translation."""

    def get_error_message(self) -> str:
        return f"密码太短了，至少要 {self.min_length} 个字符。"

    def get_help_text(self) -> str:
        return f"密码至少要 {self.min_length} 个字符。"
