"""What `check --deploy` says about how staff sign in."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register


@register(Tags.security, deploy=True)
def second_factor(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Whoever can change what families read should need more than a password."""
    if settings.STAFF_TOTP == "required":
        return []
    hint = "Set STAFF_TOTP=required, then have every member of staff set up a phone."
    return [Warning("Staff may sign in with a password alone.", hint=hint, id="regions.W001")]
