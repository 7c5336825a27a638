"""The work of the day in the admin: the filter of each list, and the counts that open it."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.timezone import localdate

from institutions.admin.worklist import TASKS

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
class Todo:
    """How many rows ask for one kind of work, and the list of them."""

    label: str
    count: int
    url: str


def todo(site: admin.AdminSite, request: HttpRequest, on: datetime.date) -> list[Todo]:
    """The work of the day within the person's region and role; one query for each kind."""
    found = []
    for task in TASKS:
        model_admin = site.get_model_admin(task.model)
        if model_admin.has_view_permission(request):
            count = task.rows(model_admin.get_queryset(request), on).count()
            opts = task.model._meta
            address = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
            found.append(
                Todo(task.label, count, f"{address}?{task.query or f'{PARAMETER}={task.name}'}")
            )
    return found
