"""Pages that neither skip nor repeat a row while rows come and go.

A cursor holds the end of a page: the sort values of its last row and its id, signed. The next page
is what comes after that, so it does not matter what was added or taken away meanwhile.
"""

import datetime
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import Model, OrderBy, Q, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.lookups import Exact, GreaterThan, IsNull, LessThan
from django.http import HttpRequest, QueryDict

MOST = 100
DEFAULT = 20
LONGEST_CURSOR = 2_000
SALT = "api-cursor"
Row = TypeVar("Row", bound=Model)


class CursorField(forms.CharField):
    """The end of a page of the search with this digest."""

    search: str

    def clean(self, value: Any) -> list[Any] | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            search, *end = signing.loads(text, salt=SALT)
        except signing.BadSignature:
            raise ValidationError(
                "这个 cursor 不是本站给的，或者被改过。去掉它，从第一页读起。"
            ) from None
        if search != self.search:
            raise ValidationError(
                "这个 cursor 是另一次检索的。翻页时别的参数不要改；要改，先去掉 cursor。"
            )
        return end


class PageForm(forms.Form):
    """Number of rows, and the cursor to start after."""

    limit = forms.IntegerField(
        label=f"一页几条，不写是 {DEFAULT}",
        required=False,
        min_value=1,
        max_value=MOST,
        error_messages={
            "invalid": "请填整数，比如 50。",
            "min_value": "不能小于 1。",
            "max_value": f"不能大于 {MOST}。",
        },
    )
    cursor = CursorField(
        label="下一页从哪里接着读：照抄上一页的 next",
        required=False,
        max_length=LONGEST_CURSOR,
        error_messages={"max_length": "太长了，不是本站给的。"},
    )

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        self.fields["cursor"].search = search_digest(data)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Pager:
    """One page of rows in an order; ties stand by id."""

    form: PageForm
    order: Sequence[OrderBy] = ()

    @property
    def limit(self) -> int:
        return self.form.cleaned_data["limit"] or DEFAULT

    @property
    def is_first(self) -> bool:
        return not self.form.cleaned_data["cursor"]

    @property
    def keys(self) -> dict[str, Combinable]:
        """Return annotations that hold the place of a row in the order."""
        return {f"key_{n}": one.expression for n, one in enumerate(self.order)}

    @cached_property
    def after(self) -> Q:
        """Return the condition that a row comes after the page that the cursor ended."""
        if self.is_first:
            return Q()
        *values, last = self.form.cleaned_data["cursor"]
        condition = Q(pk__gt=last)
        for one, value in reversed([*zip(self.order, map(_from_plain, values), strict=True)]):
            condition = _stands_after(one, value) | (_stands_level(one, value) & condition)
        return condition

    def cut_page(self, rows: Iterable[Row]) -> tuple[list[Row], str]:
        """Return the rows to show of `limit` + 1, and the cursor of the next page; "" at the
        end.
        """
        found = list(rows)
        shown = found[: self.limit]
        if len(found) <= self.limit:
            return shown, ""
        place = [_to_plain(getattr(shown[-1], name)) for name in self.keys]
        signed = signing.dumps([search_digest(self.form.data), *place, shown[-1].pk], salt=SALT)  # type: ignore[arg-type]
        return shown, signed


def list_page(rows: QuerySet[Row], form: PageForm) -> tuple[list[Row], str]:
    """Return a page of rows by id, and the cursor of the next."""
    pager = Pager(form)
    return pager.cut_page(rows.filter(pager.after).order_by("pk")[: pager.limit + 1])


def next_url(request: HttpRequest, cursor: str) -> str | None:
    """Return the address of the next page; None at the end."""
    if not cursor:
        return None
    query = request.GET.copy()
    query["cursor"] = cursor
    return request.build_absolute_uri(f"?{query.urlencode(safe=':,')}")


def _stands_after(one: OrderBy, value: Any) -> Q:
    """Return the condition of standing after this value; rows without one stand last."""
    if value is None:
        return Q(pk__in=[])
    compare = LessThan if one.descending else GreaterThan
    beyond = Q(compare(one.expression, value))
    return beyond | Q(IsNull(one.expression, True)) if one.nulls_last else beyond


def _stands_level(one: OrderBy, value: Any) -> Q:
    return Q(IsNull(one.expression, True) if value is None else Exact(one.expression, value))


def _to_plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime.date) else value


def _from_plain(plain: Any) -> Any:
    """Return the sort value from plain data; only dates are written as text."""
    return datetime.date.fromisoformat(plain) if isinstance(plain, str) else plain


def search_digest(data: QueryDict) -> str:
    """Return a digest of a search, the same for all its pages."""
    asked = sorted((k, v) for k, vs in data.lists() for v in vs if k not in PageForm.base_fields)
    return hashlib.sha256(repr(asked).encode()).hexdigest()[:16]
