"""Rows of a page as a browser sends them, numbered from 0, when some of them are there no more."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import QueryDict


def typed_rows(data: Mapping[str, Any], prefix: str) -> dict[int, set[str]]:
    """Return the numbers of the rows, each with the names of its fields as they stand in `data`."""
    row = re.compile(rf"(?:initial-)?{re.escape(prefix)}-(\d{{1,9}})-\w+", re.ASCII)
    found: dict[int, set[str]] = {}
    for name in data:
        if match := row.fullmatch(name):
            found.setdefault(int(match[1]), set()).add(name)
    return found


def reordered(data: Any, prefix: str, order: Sequence[int]) -> Any:
    """Return the same data with the rows of these numbers, in this order, and no others."""
    rows, kept = typed_rows(data, prefix), data.copy()
    for names in rows.values():
        for name in names:
            del kept[name]
    for place, number in enumerate(order):
        for name in rows.get(number, ()):
            values = data.getlist(name)
            kept.setlist(name.replace(f"{prefix}-{number}-", f"{prefix}-{place}-", 1), values)
    return kept


def counted(data: QueryDict, prefix: str, first: int, total: int) -> None:
    """Declare in the form data the number of initial rows and of all rows."""
    data[f"{prefix}-INITIAL_FORMS"], data[f"{prefix}-TOTAL_FORMS"] = str(first), str(total)
