"""Pages on which readers report errors and see the outcome."""

import datetime

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, localtime
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from institutions.corrections.decide import find_by_reference, sender_of
from institutions.corrections.form import CorrectionForm
from institutions.corrections.subject import (
    POLICY,
    Subject,
    conditions_words,
    document_subject,
    home_subject,
    subject_label,
)
from institutions.models import Correction, Institution, Submission
from institutions.register.provenance import public_documents
from regions.elder.form import ElderForm

# No forgery to guard against: nobody is signed in here, and without the token no cookie is set
# and a page that lay open all afternoon can still be sent.
takes_words = csrf_exempt
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@takes_words
@get_or_post
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Report an error of a home, or of the figure `?about=`."""
    home = get_object_or_404(Institution.objects.published().with_parts(), pk=pk)
    return _correct(request, home_subject(home, request.GET.get("about", "")))


@takes_words
@get_or_post
def correct_source(request: HttpRequest, slug: str) -> HttpResponse:
    """Report an error of a document, or of the fact `?about=`."""
    document = get_object_or_404(public_documents(), slug=slug)
    subject = document_subject(document, request.GET.get("about", ""))
    is_policy = subject.about.startswith(POLICY)
    asked = ElderForm(request.GET, localdate())
    return _correct(request, subject, conditions_words(asked) if is_policy else "")


def _correct(request: HttpRequest, subject: Subject, words: str = "") -> HttpResponse:
    """Answer the form about a subject; `words` stand in it to begin with."""
    on = localdate()
    form = CorrectionForm(request.POST or None, subject, sender_of(request, on), on)
    if words:
        form.initial.update(wrong=words, how=Correction.How.DECISION)
    if request.method == "POST" and form.is_valid():
        return redirect(_received(form))
    page = {"form": form, "subject": subject}
    response = render(request, "corrections/form.html", page)
    if form.limit:
        response.status_code = 429
        response.headers["Retry-After"] = str(_seconds_left_of_day())
    return response


def _seconds_left_of_day() -> int:
    now = localtime()
    end = datetime.datetime.combine(now.date(), datetime.time.max, now.tzinfo)
    return int((end - now).total_seconds()) + 1


def _received(form: CorrectionForm) -> str:
    """Save a correction and return where it is acknowledged; the same words twice are one."""
    with transaction.atomic():
        submission, is_first = Submission.objects.claim_token(form.token)
        if is_first:
            reference = form.save().reference
            submission.made = f"{reverse('correction_thanks')}?ref={reference}"
            submission.save(update_fields=["made"])
    return submission.made


@never_cache
@require_safe
def correction_thanks(request: HttpRequest) -> HttpResponse:
    """Received: the reference to keep."""
    found = find_by_reference(request.GET.get("ref", ""))
    if found is None:
        return redirect("corrections")
    return render(request, "corrections/thanks.html", {"correction": found})


@never_cache
@require_safe
def corrections(request: HttpRequest) -> HttpResponse:
    """Show the outcome of the correction `?ref=` to whoever has the reference; nobody is named."""
    typed = request.GET.get("ref", "")
    found = find_by_reference(typed)
    label = subject_label(found) if found else ""
    page = {"typed": typed[:100].replace("\0", ""), "found": found, "label": label}
    return render(request, "corrections/state.html", page)
