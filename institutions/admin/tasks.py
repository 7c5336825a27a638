"""The work of the day in the admin: the filter of each list, and the counts that open it.

One line of `TASKS` makes a count on the first page of the back office and a filter of the list that
the count opens. The admin of the model limits the rows to a person's own.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.timezone import localdate

from institutions.models import BedFigures, Correction, Institution, PendingChange, SheetImport
from institutions.register.ages import ASKED_DAYS, first_day
from regions.models import Document, Fact, PendingEdit, Standard

Rows = models.QuerySet[Any]

# Soon enough to ask for the new certificate before families see the old one run out.
RUNS_OUT_DAYS = 60


@dataclass(frozen=True)
class Task:
    """One kind of work: which rows of a model, among some and on one day, ask for it."""

    name: str
    label: str
    model: type[models.Model]
    rows: Callable[[Rows, datetime.date], Rows]
    # What the list is asked for, where it has no filter of kinds of work.
    query: str = ""


def stale_beds(days: int) -> Callable[[Rows, datetime.date], Rows]:
    """Return bed rows whose daily figures are older than this, of open published homes."""

    def rows(beds: Rows, on: datetime.date) -> Rows:
        return beds.filter(
            Q(vacant__isnull=False) | Q(occupied__isnull=False),
            institution__stage=Institution.Stage.PUBLISHED,
            as_of__lt=first_day(days, on),
        ).exclude(institution__operating=Institution.Operating.CLOSED)

    return rows


def incomplete(homes: Rows, on: datetime.date) -> Rows:
    """Published homes that leave a family's first questions open: phone, address, price, beds."""
    return (
        homes.filter(stage=Institution.Stage.PUBLISHED)
        .filter(
            Q(phones=None) | Q(address="") | Q(listing__price_from=None) | Q(listing__vacant=None)
        )
        .distinct()
    )


def runs_out(part: str) -> Callable[[Rows, datetime.date], Rows]:
    """Return homes with a row of this part that ends in the coming days."""
    span = f"{part}__valid_to__range"

    def rows(homes: Rows, on: datetime.date) -> Rows:
        return homes.filter(**{span: (on, on + datetime.timedelta(RUNS_OUT_DAYS))}).distinct()

    return rows


def to_review(homes: Rows, on: datetime.date) -> Rows:
    return homes.filter(stage=Institution.Stage.REVIEW)


def waiting(changes: Rows, on: datetime.date) -> Rows:
    return changes.filter(state=PendingChange.State.WAITING)


def undecided(corrections: Rows, on: datetime.date) -> Rows:
    return corrections.filter(state__in=Correction.OPEN)


def outdated(standards: Rows, on: datetime.date) -> Rows:
    return Standard.objects.outdated(on).filter(pk__in=standards)


def half_taken(imports: Rows, on: datetime.date) -> Rows:
    """Return sheets with rows that wait to be mended or answered, unless closed by somebody."""
    return imports.filter(Q(refused__gt=0) | Q(asked__gt=0), settled_at=None)


TASKS = (
    Task("corrections", "读者的纠错", Correction, undecided),
    Task("review", "新机构等审核", Institution, to_review),
    Task("pending", "修改等审核", PendingChange, waiting),
    Task("documents", "来源文件等审核", Document, to_review, "stage__exact=review"),
    Task("facts", "事实等审核", Fact, to_review, "stage__exact=review"),
    Task("edits", "来源和事实的修改等审核", PendingEdit, waiting, "state__exact=waiting"),
    Task("standards", "低保等标准满一年，要查新的", Standard, outdated, "outdated=yes"),
    *(
        Task(f"beds-{days}", f"床位数字超过 {days} 天没有更新", BedFigures, stale_beds(days))
        for days in reversed(ASKED_DAYS)
    ),
    Task("imports", "有行被退回或要人确认的表格", SheetImport, half_taken),
    Task("incomplete", "缺电话、地址、价格或空床数", Institution, incomplete),
    Task("ratings", f"等级评定 {RUNS_OUT_DAYS} 天内到期", Institution, runs_out("ratings")),
    Task("lists", f"定点或名单 {RUNS_OUT_DAYS} 天内到期", Institution, runs_out("designations")),
)


PARAMETER = "todo"


class TaskFilter(admin.SimpleListFilter):
    """The kinds of work that the rows of this list may ask for."""

    title = "要办的"
    parameter_name = PARAMETER

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(task.name, task.label) for task in TASKS if task.model is model_admin.model]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        task = next((task for task in TASKS if task.name == self.value()), None)
        return task.rows(queryset, localdate()) if task else queryset


@dataclass(frozen=True)
class OpenTask:
    """The number of rows for one kind of work, and a link to the list of them."""

    label: str
    count: int
    url: str


def list_tasks(site: admin.AdminSite, request: HttpRequest, on: datetime.date) -> list[OpenTask]:
    """Return the tasks of the day within the person's region and role, one query for each kind."""
    found = []
    for task in TASKS:
        model_admin = site.get_model_admin(task.model)
        if model_admin.has_view_permission(request):
            count = task.rows(model_admin.get_queryset(request), on).count()
            opts = task.model._meta
            address = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
            found.append(
                OpenTask(task.label, count, f"{address}?{task.query or f'{PARAMETER}={task.name}'}")
            )
    return found
