"""The admin of official texts: staff enter a text, map its sentences, and the nation passes it."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from regions.law.clauses import clauses
from regions.law.coverage import SIGNS, CoverageLine, faults_of
from regions.models import LawText, Sentence, StaffMember
from regions.policies import rulebook as policies
from regions.staff.merging import MergingAdmin

# Whose reading counts as a signature.
SIGNERS = {StaffMember.Role.REVIEWER, StaffMember.Role.NATIONAL}
PUBLISH = "regions.publish_lawtext"


class LawTextForm(forms.ModelForm):  # type: ignore[type-arg]
    """A text as it is entered: its sentences as one field, a line each."""

    whole = forms.CharField(
        label="原文",
        widget=forms.Textarea(attrs={"rows": 24}),
        help_text="一句一行，照录；缺的字写〔缺〕。",
    )

    class Meta:
        model = LawText
        # The admin names the others.
        fields = ()

    def clean_whole(self) -> list[str]:
        lines = [line.strip() for line in self.cleaned_data["whole"].splitlines()]
        if not (words := [line for line in lines if line]):
            raise ValidationError("原文是空的，请一句一行贴进来。")
        return words


def mapping_errors(sentence: Sentence) -> list[str]:
    """Return what is missing before the sentence counts as mapped; two queries."""
    line = CoverageLine(
        str(sentence.text),
        sentence.number,
        sentence.words,
        sentence.makes,
        tuple(row.slug for row in sentence.policies.all()),
        tuple(row.slug for row in sentence.exclusions.all()),
        sentence.reason,
        sentence.signed,
    )
    return list(faults_of(line))


class KeptAsDraft(MergingAdmin):
    """Everybody who keeps sources may change a draft; what is published is the nation's."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        if obj is None or not allowed:
            return allowed
        text = obj if isinstance(obj, LawText) else obj.text
        return text.stage == LawText.Stage.DRAFT or request.user.has_perm(PUBLISH)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        policies.changed()


@admin.register(LawText)
class LawTextAdmin(KeptAsDraft):
    list_display = ["document", "completeness", "checked_on", "stage", "still_open"]
    list_filter = ["stage", "completeness"]
    list_select_related = ["document"]
    search_fields = ["document__title", "document__number", "document__slug"]
    search_help_text = "按标题、文号或网址名查找"
    autocomplete_fields = ["document"]
    actions = ["publish", "withdraw"]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}

    def get_queryset(self, request: HttpRequest) -> "QuerySet[LawText]":
        unmapped = Count("sentences", filter=Q(sentences__makes=""))
        return super().get_queryset(request).annotate(unmapped=unmapped)

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = LawTextForm
        return super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        head = ["document", "completeness", "missing", "read_at", "checked_on"]
        return [*head, "whole"] if obj is None else [*head, "stage", "lines"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["document", "stage", "lines"] if obj else []

    @admin.display(description="还没有对应的句子")
    def still_open(self, text: Any) -> str:
        return f"{text.unmapped} 句" if text.unmapped else "没有"

    @admin.display(description="句子")
    def lines(self, text: LawText) -> str:
        url = f"{reverse('admin:regions_sentence_changelist')}?text__id__exact={text.pk}"
        return format_html('<a href="{}">一句一句地对应政策</a>', url)

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            words = form.cleaned_data["whole"]
            Sentence.objects.bulk_create(
                Sentence(text=obj, number=number, words=line, clause=clause)
                for number, (line, clause) in enumerate(zip(words, clauses(words), strict=True), 1)
            )

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(PUBLISH)

    @admin.action(description="通过，让网站看得到", permissions=["publish"])
    def publish(self, request: HttpRequest, queryset: "QuerySet[LawText]") -> None:
        for text in queryset.filter(stage=LawText.Stage.DRAFT):
            rows = text.sentences.prefetch_related("policies", "exclusions")
            open_lines = [
                f"第 {row.number} 句：{fault}" for row in rows for fault in mapping_errors(row)
            ]
            if open_lines:
                message = f"{text} 还不能通过，有 {len(open_lines)} 处。{open_lines[0]}"
                self.message_user(request, message, messages.ERROR)
            else:
                self._set_stage(request, text, LawText.Stage.PUBLISHED)

    @admin.action(description="撤下，退回草稿", permissions=["publish"])
    def withdraw(self, request: HttpRequest, queryset: "QuerySet[LawText]") -> None:
        for text in queryset.filter(stage=LawText.Stage.PUBLISHED):
            self._set_stage(request, text, LawText.Stage.DRAFT)

    def _set_stage(self, request: HttpRequest, text: LawText, stage: LawText.Stage) -> None:
        text.stage = stage
        text.save(update_fields=["stage"])
        self.log_change(request, text, f"阶段改为：{stage.label}")
        self.message_user(request, f"{text}：{stage.label}。")
        policies.changed()


@admin.register(Sentence)
class SentenceAdmin(KeptAsDraft):
    list_display = ["number", "clause", "words", "makes", "reason", "signed"]
    list_display_links = ["number", "words"]
    list_filter = ["makes", "signed"]
    list_select_related = ["text__document"]
    list_per_page = 100
    search_fields = ["words"]
    autocomplete_fields = ["policies"]
    filter_horizontal = ["exclusions"]
    fields = ["text", "number", "clause", "words", "makes", "policies", "exclusions", "reason"]
    readonly_fields = ["text", "number", "clause"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        """A sentence that makes nothing though it has a sign is signed by who may sign."""
        post = getattr(request.user, "staff_member", None)
        role = post.role if post else StaffMember.Role.NATIONAL
        needs = obj.makes == Sentence.Makes.NONE and SIGNS.search(obj.words)
        obj.signed = role if needs and role in SIGNERS else ""
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        for fault in mapping_errors(form.instance):
            self.message_user(request, fault, messages.WARNING)
