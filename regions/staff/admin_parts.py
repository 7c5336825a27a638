"""Rows that are edited inside the page of another."""

from typing import Any

from django.contrib.admin.options import InlineModelAdmin
from django.http import HttpRequest

# Where a home has as many already, so many more may be added; never more than MOST_HELD in all.
ROOM, MOST_HELD = 50, 1_000
# Django takes 2,000 of a kind where a request says so: 170 MB of forms.
MOST_ROWS = 300


class BoundedRows(InlineModelAdmin):  # type: ignore[type-arg]
    """So many rows of a kind at most, whatever number a request names.

    Where a home has as many already, `MergingFormSet` makes room for a few more.
    """

    max_num = MOST_ROWS

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        return super().get_formset(request, obj, **{"absolute_max": MOST_ROWS} | kwargs)
