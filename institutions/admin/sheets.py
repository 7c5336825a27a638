"""Sheets in the admin: upload, look at what it would do, agree, and mend what was refused."""

from typing import Any
from urllib.parse import quote

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    QueryDict,
    StreamingHttpResponse,
)
from django.shortcuts import render
from django.urls import path
from django.utils.timezone import localdate

from carebridge.lib.sheet_files import MOST_BYTES, SheetError
from institutions.admin.once import sent_once, token_of
from institutions.admin.tasks import TaskFilter
from institutions.models import Institution, Provenance, SheetImport, SheetLine
from institutions.models.institution import InstitutionQuerySet
from institutions.register.change_text import describe_changes
from institutions.register.history import from_data
from institutions.sheets import export as exporters
from institutions.sheets.identity import ANSWERS
from institutions.sheets.pieces import RunningError, WrittenError, is_left_half
from institutions.sheets.plan import MovedError, read_sheet
from institutions.sheets.undo import UndoneError, examine_undo, undo_import
from institutions.sheets.uploads import (
    cells_set_aside,
    check,
    close_refused,
    keep_answers,
    reasons,
    write,
)
from regions.models import Document, Region, StaffMember
from regions.models.region import NATION
from regions.staff.journal import note_export
from regions.staff.scoped_admin import ScopedAdmin

PER_PAGE = 50


def limit_of(user: Any) -> Region | None:
    """Return the region whose homes the person may import; None for all. Raises
    `PermissionDenied`.
    """
    if user.is_superuser:
        return None
    post = StaffMember.objects.select_related("region").filter(user=user).first()
    if post is None:
        raise PermissionDenied
    return None if post.region_id == NATION else post.region


class SheetForm(forms.ModelForm):  # type: ignore[type-arg]
    """A file, and where its figures come from."""

    file = forms.FileField(label="表格文件", help_text="CSV 或 XLSX，最大 20 MB。")

    class Meta:
        model = SheetImport
        fields = ["file", "kind", "document", "title", "as_of", "as_of_precision"]
        widgets = {"as_of": forms.DateInput(attrs={"type": "date"})}
        help_texts = {
            "document": "数字出自哪份文件；没有就空着，写下面这张表的名称。",
            "title": "如：朝阳区民政局养老机构台账（2026 年 11 月）。会显示为来源。",
            "as_of": "这些数字说的是哪一天的情况。",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        documents = Document.objects.published().filter(is_sheet=False)
        self.fields["document"].queryset = documents  # type: ignore[attr-defined]
        self.fields["kind"] = forms.ChoiceField(
            label="来源种类",
            choices=[c for c in Provenance.Kind.choices if c[0] != Provenance.Kind.DEMO],
        )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError("文件超过 20 MB，请分成几份。")
        return file


class SheetImportAdmin(ScopedAdmin):
    """Imports into one's own region; the list shows which have rows that wait to be mended."""

    scope = "within"
    list_display = [
        "file_name", "author", "made_at", "state", "new", "changed", "waiting", "same", "asked",
        "refused", "flagged", "settled_at",
    ]  # fmt: skip
    list_filter = [TaskFilter, "state"]
    list_select_related = ["author"]
    search_fields = ["file_name", "title"]
    search_help_text = "按文件名或表的名称查找"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("content")

    def get_urls(self) -> list[Any]:
        page = self.admin_site.admin_view
        return [
            path("template.xlsx", page(self.template_view), name="sheet_template"),
            path("<int:pk>/write/", page(self.write_view), name="sheet_write"),
            path("<int:pk>/answer/", page(self.answer_view), name="sheet_answer"),
            path("<int:pk>/undo/", page(self.undo_view), name="sheet_undo"),
            path("<int:pk>/settle/", page(self.settle_view), name="sheet_settle"),
            path("<int:pk>/refused.xlsx", page(self.refused_view), name="sheet_refused"),
            *super().get_urls(),
        ]

    # What became of a sheet is a record of the past.

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    # Upload

    def add_view(self, request: Any, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        message = "这张表刚才已经上传过，没有再上传一次。"
        return sent_once(request, lambda: self._read_upload(request), message)

    def _read_upload(self, request: Any) -> HttpResponse:
        within = limit_of(request.user)
        form = SheetForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            upload, file = form.save(commit=False), form.cleaned_data["file"]
            upload.file_name, upload.content = file.name[-200:], file.read()
            upload.author, upload.within = request.user, within
            try:
                check(upload, reviewed=self._is_reviewed(request))
            except SheetError as error:
                form.add_error("file", str(error))
            else:
                request.made = upload.get_absolute_url()
                return HttpResponseRedirect(request.made)
        page: dict[str, Any] = {"form": form, "within": within, "once": token_of(request)}
        return self._render_page(request, "upload", "导入表格", **page)

    # What it would do, or did

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        upload = self._get_upload(request, object_id)
        outcome = request.GET.get("outcome", "")
        rows = SheetLine.objects.filter(sheet=upload).select_related("institution")
        if outcome == "flagged":
            rows = rows.exclude(flags=[])
        elif outcome in SheetLine.Outcome.values:
            rows = rows.filter(outcome=outcome)
        page = Paginator(rows.order_by("first_row"), PER_PAGE).get_page(request.GET.get("p"))
        shown = [
            (_with_places(line, upload), describe_changes(from_data(line.changes))) for line in page
        ]
        return self._render_page(
            request, "detail", upload.file_name, original=upload, outcome=outcome, page_obj=page,
            shown=shown, tabs=self._outcome_tabs(upload), answers=ANSWERS,
            is_left_half=is_left_half(upload.state, upload.beat_at),
            asks=any(line.questions for line, _ in shown),
        )  # fmt: skip

    def _outcome_tabs(self, upload: SheetImport) -> list[tuple[str, str, int]]:
        found = [(v, str(label), getattr(upload, v)) for v, label in SheetLine.Outcome.choices]
        return [*found, ("flagged", "请核对", upload.flagged)]

    def write_view(self, request: Any, pk: int) -> HttpResponse:
        upload = self._posted_upload(request, pk)
        reviewed = self._is_reviewed(request)
        try:
            write(upload, request.user, reviewed=reviewed)
        except RunningError:
            self.message_user(request, "这张表正在导入，请过一会儿刷新。没有另外再导入一次。")
        except WrittenError:
            self.message_user(request, "这张表已经导入过，没有再导入一次。")
        except MovedError:
            message = "核对之后数据被别人改了。什么也没有导入，请重新上传核对。"
            self.message_user(request, message, messages.ERROR)
        except SheetError as error:
            self.message_user(request, f"什么也没有导入：{error}", messages.ERROR)
        else:
            self.message_user(
                request, f"已导入：新增 {upload.new:,} 家，有变化 {upload.changed:,} 家。"
            )
            if reviewed and upload.changed:
                message = "已发布机构的修改已送审，审核人通过以后家属才会看到。新机构是草稿。"
                self.message_user(request, message)
        return HttpResponseRedirect(upload.get_absolute_url())

    def answer_view(self, request: Any, pk: int) -> HttpResponse:
        """Keep of which homes the asked rows speak, and show what the sheet would do then."""
        upload = self._posted_upload(request, pk)
        given = answers_in(request.POST, upload.lines.exclude(questions=[]))
        try:
            keep_answers(upload, given, reviewed=self._is_reviewed(request))
        except (MovedError, SheetError):
            message = "这张表已经导入过，或者读不出来了，没有记下。请重新上传核对。"
            self.message_user(request, message, messages.ERROR)
        else:
            for number, answers in given.items():
                self.log_change(request, upload, f"第 {number} 行：{'、'.join(answers.values())}")
            left = f"还有 {upload.asked:,} 家要人确认。" if upload.asked else "没有要确认的了。"
            self.message_user(request, f"记下了 {len(given):,} 行的回答。{left}")
        return HttpResponseRedirect(f"{upload.get_absolute_url()}?outcome=asked")

    def undo_view(self, request: Any, pk: int) -> HttpResponse:
        """Show the effect of undoing the import; undo it when confirmed."""
        upload = self._get_upload(request, pk)
        options: dict[str, Any] = {
            "within": limit_of(request.user), "reviewed": self._is_reviewed(request),
        }  # fmt: skip
        if request.method != "POST":
            found = examine_undo(upload, **options)
            return self._render_page(request, "undo", "撤回这次导入", original=upload, found=found)
        try:
            found = undo_import(upload, by=request.user, on=localdate(), **options)
        except UndoneError:
            self.message_user(request, "这次导入已经撤回过，或者还没有导入，没有再撤回一次。")
        else:
            left = [one for one in found if one.fate == SheetLine.Undone.LEFT]
            self.message_user(request, f"已撤回 {len(found) - len(left):,} 家。")
            if left:
                names = "、".join(f"{one.home.name}（{one.why}）" for one in left[:20])
                message = f"{len(left):,} 家没有动：{names}。每一家都写在下面。"
                self.message_user(request, message, messages.WARNING)
        return HttpResponseRedirect(upload.get_absolute_url())

    def settle_view(self, request: Any, pk: int) -> HttpResponse:
        """No longer remind of the refused rows; who asked for it, and when, is kept."""
        upload = self._posted_upload(request, pk)
        close_refused(upload, request.user)
        self.message_user(request, "不再提醒这张表里剩下的行。")
        return HttpResponseRedirect(upload.get_absolute_url())

    # Files

    def template_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return download(exporters.template(limit_of(request.user)), "模板.xlsx")

    def refused_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        upload = self._get_upload(request, pk)
        try:
            sheet = read_sheet(bytes(upload.content or b""))
        except SheetError as error:
            # The columns that a sheet may have can change after it was uploaded.
            message = f"原来的文件读不出来了：{error}每一行退回的原因还在这一页。"
            self.message_user(request, message, messages.ERROR)
            return HttpResponseRedirect(upload.get_absolute_url())
        content = exporters.refused(sheet, reasons(upload), cells_set_aside(upload))
        return download(content, "退回的行.xlsx")

    def _is_reviewed(self, request: HttpRequest) -> bool:
        """Return whether the person's changes of published homes wait for somebody else."""
        return not request.user.has_perm("institutions.publish_institution")

    def _posted_upload(self, request: HttpRequest, pk: int) -> SheetImport:
        if request.method != "POST":
            raise Http404
        return self._get_upload(request, pk)

    def _get_upload(self, request: HttpRequest, pk: Any) -> SheetImport:
        if not self.has_add_permission(request):
            raise PermissionDenied
        found: SheetImport | None = self.get_object(request, str(pk))
        if found is None:
            raise Http404
        return found

    def _render_page(
        self, request: HttpRequest, name: str, title: str, **context: Any
    ) -> HttpResponse:
        page = {"title": title, "opts": self.opts, **context}
        page |= self.admin_site.each_context(request)
        return render(request, f"admin/institutions/sheetimport/{name}.html", page)


def answers_in(data: QueryDict, lines: QuerySet[SheetLine]) -> dict[str, dict[str, str]]:
    """Return the answers that were sent for these lines, by row and home; anything else is not
    heard.
    """
    given: dict[str, dict[str, str]] = {}
    for line in lines:
        for question in line.questions:
            # A row that has joined an earlier one is still answered under its own number.
            number = question.get("row", line.first_row)
            message = data.get(f"answer-{number}-{question['home']}", "")
            if message in ANSWERS and message != question["answer"]:
                given.setdefault(str(number), {})[str(question["home"])] = message
    return given


def _with_places(line: SheetLine, upload: SheetImport) -> SheetLine:
    """Put its rows in words, with the worksheet where several were read."""
    line.rows = [upload.place(number) for number in line.rows]
    for problem in [*line.problems, *line.flags]:
        problem["place"] = upload.place(problem["row"])
    for question in line.questions:
        question.setdefault("row", line.first_row)
        question["place"] = upload.place(question["row"]) if len(line.rows) > 1 else ""
    return line


def download(content: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": disposition(name)}
    return HttpResponse(content, content_type=exporters.XLSX_TYPE, headers=headers)


def disposition(name: str) -> str:
    return f"attachment; filename*=UTF-8''{quote(name)}"


class SheetActions(admin.ModelAdmin):  # type: ignore[type-arg]
    """Homes taken out as sheets, in the columns of an import."""

    @admin.action(description="导出为 CSV", permissions=["view"])
    def export_csv(self, request: HttpRequest, queryset: InstitutionQuerySet) -> Any:
        name = f"机构{localdate()}.csv"
        note_export(request, Institution, name, queryset.count())
        headers = {"Content-Disposition": disposition(name)}
        lines = exporters.as_csv(queryset)
        return StreamingHttpResponse(lines, content_type=exporters.CSV_TYPE, headers=headers)

    @admin.action(description="导出为 XLSX", permissions=["view"])
    def export_xlsx(self, request: HttpRequest, queryset: InstitutionQuerySet) -> HttpResponse:
        name = f"机构{localdate()}.xlsx"
        note_export(request, Institution, name, queryset.count())
        return download(exporters.as_xlsx(queryset), name)
