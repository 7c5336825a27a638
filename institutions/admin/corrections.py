"""The queue of corrections as staff work it off: check, then change the figure or give the reason
for refusing.
"""

import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminDateWidget
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localdate

from institutions.admin.tasks import TaskFilter
from institutions.corrections.decide import (
    StatedSource,
    accept_correction,
    can_fill,
    has_led_to_a_change,
    rehearse,
)
from institutions.corrections.subject import subject_label
from institutions.models import Correction, Provenance
from institutions.validators import validate_not_future
from regions.models import Document
from regions.staff.scoped_admin import ScopedAdmin


class Decision(models.TextChoices):
    KEEP = "", "还没有决定"
    CHECKING = "checking", "正在核实"
    FILL = "fill", "采纳：由系统改这一项"
    ACCEPTED = "accepted", "采纳：已经在机构页面改好"
    UNCHANGED = "unchanged", "采纳：没有要改的，在下面写明原因"
    REJECTED = "rejected", "不采纳"


NOTHING_CHANGED = (
    "没有处理：收到这条纠错以后，这一项没有改过。请先点“去修改”改好、保存，再选这一项；"
    "确实没有要改的，选“采纳：没有要改的”，写明原因。您写的都还在下面。"
)


def may_fill(user: Any) -> bool:
    """Return whether the user's changes take effect without a reviewer."""
    return bool(user.has_perm("institutions.publish_institution"))


class DecisionForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """The decision, and the source of a change made by the system."""

    decision = forms.ChoiceField(
        label="决定", choices=Decision.choices, required=False, widget=forms.RadioSelect
    )
    value = forms.CharField(
        label="改成",
        required=False,
        max_length=1000,
        help_text="照页面的写法：2300（元）、是、否、未公布、双人间、2026-11-01。",
    )
    kind = forms.ChoiceField(
        label="来源种类",
        choices=Provenance.Kind.choices,
        required=False,
        initial=Provenance.Kind.OWN,
    )
    document = forms.ModelChoiceField(
        Document.objects.published(), label="来源文件", required=False
    )
    as_of = forms.DateField(
        label="截至", required=False, widget=AdminDateWidget, validators=[validate_not_future]
    )
    checked = forms.ChoiceField(label="怎么核实的", choices=Provenance.How.choices, required=False)
    # Set by the admin for each request.
    by: Any
    on: datetime.date

    class Meta:
        model = Correction
        fields = ["outcome"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "decision" in self.fields and not may_fill(self.by):
            self.fields["decision"].choices = [  # type: ignore[attr-defined]
                choice for choice in Decision.choices if choice[0] != Decision.FILL
            ]

    @property
    def document_source(self) -> StatedSource:
        given = self.cleaned_data
        return StatedSource(given["kind"], given["document"], given["as_of"], given["checked"])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        match given.get("decision"):
            case Decision.ACCEPTED | Decision.UNCHANGED | Decision.REJECTED if not given.get(
                "outcome"
            ):
                self.add_error("outcome", "写明改了什么，或为什么不改；来查的人看得到。")
            case Decision.ACCEPTED if not has_led_to_a_change(self.instance):
                self.add_error("decision", NOTHING_CHANGED)
            case Decision.FILL if not given.get("as_of"):
                self.add_error("as_of", "写明这个数字是哪一天的。")
            case Decision.FILL if not self.errors:
                self._rehearse(given["value"])
        return given

    def _rehearse(self, value: str) -> None:
        """Report errors of the record beside the field, before anything is written."""
        if not can_fill(self.instance):
            self.add_error("decision", "这一项系统改不了，请到机构页面去改，再选“已经改好”。")
            return
        try:
            rehearse(self.instance, value, self.document_source, self.by, self.on)
        except ValidationError as error:
            self.add_error("value", error.messages)


# One row of the page.
CONTACT = ("contact", "contact_until")


def _without_contact(options: Any) -> Any:
    return options | {"fields": [field for field in options["fields"] if field != CONTACT]}


@admin.register(Correction)
class CorrectionAdmin(ScopedAdmin):
    scope = "institution__region"
    form = DecisionForm
    list_display = ["reference", "page", "what", "received_on", "state"]
    list_filter = [TaskFilter, "state", "received_on"]
    list_select_related = ["institution", "document"]
    list_per_page = 50
    search_fields = ["reference", "institution__name", "document__title"]
    search_help_text = "按查询号、机构名称或来源文件查找"
    show_facets = admin.ShowFacets.ALLOW
    date_hierarchy = "received_on"
    readonly_fields = [
        "reference",
        "page_link",
        "what",
        "said",
        "wrong",
        "should_be",
        "how",
        "how_note",
        "received_on",
        "contact",
        "contact_until",
        "state",
        "closed_on",
        "handled_by",
    ]
    fieldsets = [
        ("读者怎么说", {"fields": [*readonly_fields[:9], CONTACT]}),
        ("处理", {"fields": ["state", "decision", "outcome", ("closed_on", "handled_by")]}),
        (
            "由系统改这一项",
            {
                "fields": ["value", "kind", "document", "as_of", "checked"],
                "description": "选了“由系统改这一项”才要填。"
                "床位、人员这样一行共用一个日期的，请到机构页面去改。",
            },
        ),
    ]

    @admin.display(description="哪一页")
    def page(self, row: Correction) -> str:
        return str(row.institution or row.document)

    @admin.display(description="哪一页")
    def page_link(self, row: Correction) -> SafeString:
        """To where the page is edited, and to the page."""
        page = row.institution or row.document
        assert page is not None  # noqa: S101 (a constraint of the model)
        edit = reverse(
            f"admin:{page._meta.app_label}_{page._meta.model_name}_change", args=[page.pk]
        )
        return format_html(
            '{}：<a href="{}">去修改</a>，<a href="{}">看页面</a>',
            page,
            edit,
            page.get_absolute_url(),
        )

    @admin.display(description="哪一项")
    def what(self, row: Correction) -> str:
        return subject_label(row)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Readers report; staff decide."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Correction | None = None) -> bool:
        """Refuse changes of a decided correction: its reader has read the outcome."""
        return super().has_change_permission(request, obj) and (obj is None or obj.is_open)

    def get_fieldsets(self, request: HttpRequest, obj: Correction | None = None) -> Any:
        """Show the fields of an automatic change only to those who may make it.

        The contact is shown to those who decide, and not to those who may only look.
        """
        sets = super().get_fieldsets(request, obj)
        shown = sets if may_fill(request.user) else sets[:-1]
        if self.has_change_permission(request, obj):
            return shown
        return [(title, _without_contact(options)) for title, options in shown]

    def render_change_form(
        self,
        request: HttpRequest,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> Any:
        """Write down who looks at how a reader may be reached, each time it is shown."""
        if obj and obj.contact and self.has_change_permission(request, obj):
            self.log_change(request, obj, "看了读者的联系方式")
        return super().render_change_form(request, context, add, change, form_url, obj)

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """Lock the row while deciding; the admin's transaction holds it."""
        row = super().get_object(request, object_id, from_field)
        if row is None or request.method != "POST":
            return row
        Correction.objects.select_for_update().get(pk=row.pk)
        return super().get_object(request, object_id, from_field)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Show the decision to whoever comes second, instead of refusing without a word."""
        if request.method == "POST" and object_id:
            with transaction.atomic():
                row = self.get_object(request, object_id)
                may = row is not None and super().has_change_permission(request, row)
                if may and not row.is_open:
                    self.message_user(request, Correction.DECIDED, messages.WARNING)
                    return HttpResponseRedirect(request.path)
                return super().changeform_view(request, object_id, *args, **kwargs)
        return super().changeform_view(request, object_id, *args, **kwargs)

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, *args, **kwargs)
        form.by, form.on = request.user, localdate()
        return form

    def save_model(self, request: HttpRequest, obj: Correction, form: Any, change: bool) -> None:
        """The admin wraps the save in one transaction: figure, source, listing and correction."""
        match form.cleaned_data["decision"]:
            case Decision.FILL:
                accept_correction(
                    obj, form.cleaned_data["value"], form.document_source, form.by, form.on
                )
            case Decision.ACCEPTED | Decision.UNCHANGED:
                obj.close(Correction.State.ACCEPTED, obj.outcome, form.by, form.on)
            case Decision.REJECTED:
                obj.close(Correction.State.REJECTED, obj.outcome, form.by, form.on)
            case Decision.CHECKING:
                obj.state, obj.handled_by = Correction.State.CHECKING, form.by
                obj.save(update_fields=["state", "handled_by", "outcome"])
            case _:
                obj.save(update_fields=["outcome"])
