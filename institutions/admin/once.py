"""A form that is sent twice, by a double click or once more after a slow answer, counts once."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from institutions.models import Submission

FIELD = "once"


def token_of(request: HttpRequest) -> str:
    """Return the token for the form on this page: the one that was sent, else a new one."""
    sent = _sent_token(request)
    return str(sent or uuid.uuid4())


def _sent_token(request: HttpRequest) -> uuid.UUID | None:
    try:
        return uuid.UUID(request.POST.get(FIELD, ""))
    except ValueError:
        return None


def sent_once(request: Any, send: Callable[[], HttpResponse], message: str) -> HttpResponse:
    """Answer a form; where the same one was sent before, lead to its result with a message.

    `send` writes the address of what it makes into `request.made`; where it makes nothing, the
    form may be sent again.
    """
    token = _sent_token(request)
    if request.method != "POST" or token is None:
        return send()
    with transaction.atomic():
        submission, is_first = Submission.objects.claim_token(token)
        if not is_first:
            messages.info(request, message)
            return HttpResponseRedirect(submission.made)
        response = send()
        if made := getattr(request, "made", ""):
            submission.made = made
            submission.save(update_fields=["made"])
        else:
            submission.delete()
    return response
