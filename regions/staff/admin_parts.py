"""Rows that are edited inside the page of another."""

from typing import Any

from django.contrib.admin.options import InlineModelAdmin
from django.http import HttpRequest

# Django takes 2,000 of a kind where a request says so: 170 MB of forms.
MOST_ROWS = 300


class BoundedRows(InlineModelAdmin):  # type: ignore[type-arg]
    """So many rows of a kind at most, whatever number a request names.

    A home with more, which only an import could make, is shown and not saved here; none comes near.
    """

    max_num = MOST_ROWS

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        return super().get_formset(request, obj, **{"absolute_max": MOST_ROWS} | kwargs)
