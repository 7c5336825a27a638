"""The form in which a reader reports an error."""

import datetime
import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.crypto import salted_hmac

from carebridge.lib.text import normal_lines
from institutions.corrections.decide import too_many
from institutions.corrections.subject import Subject
from institutions.models import Correction, Submission
from institutions.models.correction import CONTACT_DAYS

LONGEST = 1000


def _text_field(
    label: str, rows: int, *, required: bool = False, help_text: str = ""
) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=LONGEST,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={"required": "请写一句哪里不对。"},
    )


def _readable(data: QueryDict) -> QueryDict:
    """Return what was typed in the form it is kept: no controls, no marks of direction."""
    kept = data.copy()
    for name, values in data.lists():
        kept.setlist(name, [normal_lines(value) for value in values])
    return kept


class CorrectionForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """The error, the right value, and its source; a contact only with consent."""

    wrong = _text_field(
        "哪里不对？", 3, required=True, help_text="比如：电话打不通；价格已经涨了。"
    )
    should_be = _text_field("应该是什么？", 2, help_text="不知道可以不填。")
    how = forms.ChoiceField(
        label="您是怎么知道的？",
        choices=Correction.How.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "请选一项。", "invalid_choice": "请从列出的几项里选一项。"},
    )
    how_note = _text_field("想补充的（哪天、问了谁、哪份文件）", 2, help_text="可以不填。")
    contact = forms.CharField(
        label="电话或邮箱",
        required=False,
        max_length=100,
        help_text="可以不填。不填也一样处理。",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    consent = forms.BooleanField(label="我同意为核实这条纠错保存这个联系方式", required=False)
    # People never see it; programs that fill in every field do.
    homepage = forms.CharField(required=False, label="请不要填写这一栏")

    class Meta:
        model = Correction
        fields = ["wrong", "should_be", "how", "how_note", "contact"]

    def __init__(
        self, data: QueryDict | None, subject: Subject, sender: str, on: datetime.date
    ) -> None:
        row = Correction(about=subject.about, said=subject.stated_words, **subject.owner)
        row.sender, row.received_on = sender, on
        row.base_version = getattr(subject.page, "version", None)
        super().__init__(_readable(data) if data else None, instance=row)
        self.subject, self.sender, self.on = subject, sender, on
        self.limit = ""

    @property
    def contact_until(self) -> datetime.date:
        """Return the last day a contact given today is kept."""
        return self.on + datetime.timedelta(days=CONTACT_DAYS)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if contact := values.get("contact"):
            if values.get("consent"):
                self.instance.give_contact(contact, self.on)
            else:
                self.add_error("consent", "留了联系方式，就请勾选同意；不同意，就把联系方式删掉。")
        if values.get("homepage"):
            raise ValidationError(
                "有一栏是用来拦住机器人的，可能被浏览器自动填上了。现在已经清空，请再提交一次。"
            )
        self.token = self._submission_token(values)
        if Submission.objects.exclude(made="").filter(pk=self.token).exists():
            return values  # sent once more: the last one of the day has its receipt too
        self.limit = too_many(self.subject, self.sender, self.on)
        if self.limit:
            raise ValidationError(
                f"{self.limit}您写的都还在下面，没有丢：可以抄下来明天再提交，或者现在打电话说。"
            )
        return values

    def _submission_token(self, values: dict[str, Any]) -> uuid.UUID:
        """Return a token, equal for the same words on the same subject by one sender on one day."""
        page = self.subject.page
        sent = [page._meta.label, page.pk, self.subject.about, *sorted(values.items())]
        digest = salted_hmac("corrections.sent", f"{self.on} {self.sender} {sent}").hexdigest()
        return uuid.UUID(digest[:32])
