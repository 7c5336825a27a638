"""How long it is remembered who signed in."""

import datetime

from axes.models import AccessAttempt
from django.contrib.sessions.models import Session

from regions.models import FailedSignIn, SignIn

DAYS = 180


def forget(now: datetime.datetime) -> int:
    """Delete the log older than 180 days, and sessions that have ended; how many lines it was."""
    before = now - datetime.timedelta(days=DAYS)
    Session.objects.filter(expire_date__lt=now).delete()
    return sum(
        model.objects.filter(attempt_time__lt=before).delete()[0]
        for model in (SignIn, FailedSignIn, AccessAttempt)
    )
