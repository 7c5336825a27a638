"""Bed figures of many homes on one list: what a clerk brings up to date in an afternoon."""

from collections.abc import Collection
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import label_for_field
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localdate

from institutions.admin.forms import COUNTS, day_of
from institutions.admin.tasks import TaskFilter
from institutions.models import BedFigures, Institution
from institutions.register.review import confirm_beds, count_beds
from regions.staff.form_rows import counted, reordered, typed_rows
from regions.staff.scoped_admin import ScopedAdmin

FIGURES = {*COUNTS, "as_of"}
# The prefix of what a list posts.
FORM = "form"


class BedFiguresForm(forms.ModelForm):  # type: ignore[type-arg]
    """One row of the list; it carries the figures it was opened with, so that none is overwritten.

    A new count is of today unless another day is typed.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in FIGURES & self.fields.keys():
            field = self.fields[name]
            field.show_hidden_initial = True
            if self.instance.pk:
                row = f"{self.instance.institution}，{self.instance}"
                field.widget.attrs["aria-label"] = f"{row}：{field.label}"

    def clean(self) -> dict[str, Any]:
        message = super().clean() or {}
        if self.instance.pk is None:  # moved out of the person's region meanwhile
            return message
        for name in FIGURES & self.fields.keys():
            now, opened = self.initial[name], self._opened_value(name)
            if name not in self.changed_data:
                message[name] = now
                self._show_current(name, now, now)
            elif opened != now and message.get(name, self) != now:
                self._refuse_stale(name, opened)
        return message | day_of(self)

    def _opened_value(self, name: str) -> Any:
        """Return the figure that stood in the list when it was opened."""
        try:
            return self.fields[name].to_python(self.data.get(self[name].html_initial_name))
        except ValidationError:
            return None

    def _refuse_stale(self, name: str, opened: Any) -> None:
        """Refuse with the figure that somebody else has written; a second save overwrites it."""
        now, was = self.initial[name], "空白" if opened is None else opened
        self._show_current(name, now)
        shown = "空白" if now is None else now
        message = f"别人刚把它改成了 {shown}（原来是 {was}）。请核对；再保存就以您填的为准。"
        self.add_error(name, message)

    def _show_current(self, name: str, opened: Any, *values: Any) -> None:
        """Let the returned page name the current figure, and show it where nothing was typed."""
        typed: Any = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict
        typed[self[name].html_initial_name] = "" if opened is None else opened
        for value in values:
            typed[self[name].html_name] = "" if value is None else value
        self.data = typed

    def _post_clean(self) -> None:
        """Against all counts of the row: Django skips rules that name a field the form lacks."""
        super()._post_clean()  # type: ignore[misc]
        if not self.errors:
            try:
                self.instance.validate_constraints()
            except ValidationError as error:
                self.add_error(None, error.messages)


class BedFiguresAdmin(ScopedAdmin):
    scope = "institution__region"
    list_display = [
        "home",
        "beds",
        "operating",
        "occupied",
        "vacant",
        "as_of",
    ]
    list_display_links = None
    empty_value_display = "未公布"
    list_editable = ["occupied", "vacant", "as_of"]
    list_filter = [TaskFilter, "institution__stage", "institution__is_demo"]
    list_select_related = ["institution"]
    list_per_page = 60
    ordering = ["institution", "pk"]
    search_fields = ["institution__name"]
    search_help_text = "按机构名称查找。改了人数或空床，不改日期，就记为今天的数字。"
    show_facets = admin.ShowFacets.ALLOW
    actions = ["confirm_unchanged"]
    # The browser's own calendar: Django's, with its notes on time zones, makes the list too wide.
    formfield_overrides = {
        models.DateField: {
            "widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }
    }

    @admin.display(description="机构", ordering="institution")
    def home(self, row: BedFigures) -> SafeString:
        page = reverse("admin:institutions_institution_change", args=[row.institution_id])
        return format_html('<a href="{}">{}</a>', page, row.institution)

    @admin.display(description="床位和房型")
    def beds(self, row: BedFigures) -> str:
        return str(row)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_form(request, **kwargs | {"form": BedFiguresForm})

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Lock the homes for saving: a second save waits for the first, then reads its result."""
        if request.method != "POST":
            return super().changelist_view(request, extra_context)
        with transaction.atomic():
            ids = [value for name, value in request.POST.items() if name.endswith("-id")]
            rows = self.get_queryset(request).filter(pk__in=filter(_is_id, ids))
            homes = Institution.objects.filter(pk__in=rows.values("institution"))
            list(homes.select_for_update().order_by("pk"))
            self._drop_gone(request, set(rows.values_list("pk", flat=True)))
            if "_save" not in request.POST and _is_typed(request.POST):
                return self._save_and_act(request, extra_context)
            return super().changelist_view(request, extra_context)

    def _save_and_act(self, request: Any, extra_context: Any) -> HttpResponse:
        """Save figures that were typed before an action is run; it waits where they are wrong."""
        posted = request.POST
        request.POST = posted.copy()
        for name in ("action", "index", ACTION_CHECKBOX_NAME):
            request.POST.pop(name, None)
        request.POST["_save"] = "_save"
        saved = super().changelist_view(request, extra_context)
        if saved.status_code != HTTPStatus.FOUND:
            message = "动作还没有执行：填的数字有要改的，改好保存以后再执行。"
            self.message_user(request, message, messages.WARNING)
            return saved
        request.POST = posted
        return super().changelist_view(request, extra_context)

    def _drop_gone(self, request: Any, held: set[int]) -> None:
        """Take out of what was typed the rows that are gone meanwhile; the others are saved.

        A row goes with its home: deleted, or moved to another person's region.
        """
        typed, gone = request.POST, dict[int, int]()
        for number in sorted(typed_rows(typed, FORM)):
            if _is_id(pk := typed.get(f"{FORM}-{number}-id")) and int(pk) not in held:
                gone[number] = int(pk)
        if not gone:
            return
        kept = [number for number in sorted(typed_rows(typed, FORM)) if number not in gone]
        request.POST = reordered(typed, FORM, kept)
        counted(request.POST, FORM, len(kept), len(kept))
        message = _farewell(gone.values(), [_figures(typed, number) for number in gone])
        self.message_user(request, message, messages.WARNING)

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kw: Any
    ) -> HttpResponse:
        """Return a row of beds has no page of its own: the home has."""
        row = self.get_object(request, object_id)
        if row is None:
            return super().change_view(request, object_id, *args, **kw)
        page = reverse("admin:institutions_institution_change", args=[row.institution_id])
        return HttpResponseRedirect(page)

    def save_model(self, request: Any, obj: BedFigures, form: Any, change: bool) -> None:
        """The home's record changes, and its version, history and listing with it."""
        values = {name: form.cleaned_data[name] for name in {*form.changed_data, "as_of"}}
        count_beds(obj, values, by=request.user, on=localdate())

    @admin.action(description="确认没有变化：数字还是这些，日期记为今天", permissions=["change"])
    def confirm_unchanged(self, request: Any, queryset: Any) -> None:
        homes: dict[int, set[tuple[str, str]]] = {}
        for row in queryset:
            homes.setdefault(row.institution_id, set()).add((row.category, row.room))
        done = confirm_beds(homes, by=request.user, on=localdate())
        self.message_user(request, f"已确认 {done:,} 家机构的床位数字，截至今天。")


def _farewell(pks: Collection[int], figures: list[str]) -> str:
    """Return which rows were not saved and their typed text, without unpublished names."""
    left = BedFigures.objects.filter(pk__in=pks, institution__stage=Institution.Stage.PUBLISHED)
    rows = left.select_related("institution").order_by("pk")
    names = "、".join(f"{row.institution}（{row}）" for row in rows)
    typed = "；".join(filter(None, figures))
    return (
        f"有 {len(pks):,} 行没有保存：床位或机构已被别人删除，或不再由您管。"
        f"{names and f'是：{names}。'}{typed and f'您填的是：{typed}。'}"
    )


def _is_typed(posted: Any) -> bool:
    return any(_figures(posted, number) for number in typed_rows(posted, FORM))


def _figures(typed: Any, number: int) -> str:
    """Return what was typed into a row, in words; nothing where nothing was changed."""
    message = []
    for name in sorted(FIGURES, reverse=True):
        field = f"{FORM}-{number}-{name}"
        if (value := typed.get(field, "")) != typed.get(f"initial-{field}", ""):
            message.append(f"{label_for_field(name, BedFigures)} {value[:10] or '空白'}")
    return "，".join(message)


def _is_id(value: Any) -> bool:
    return str(value).isascii() and str(value).isdigit() and len(str(value)) < 19
