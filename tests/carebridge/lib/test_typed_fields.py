"""What staff type into a form is read as a sheet is read."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import models

from carebridge.lib.money import YuanField
from carebridge.lib.typed_fields import CountField, DayField, LineField, LinesField, PhoneField
from carebridge.lib.typed_fields import typed_field as field_for
from institutions.models import Bed, Institution, Phone


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        (CountField(), "１２０张", 120),
        (CountField(), " 1,200 ", 1200),
        (CountField(required=False), "  ", None),
        (YuanField(), "1,200元", 120_000),
        (YuanField(), "1500.50", 150_050),
        (DayField(), "2016年4月5号", datetime.date(2016, 4, 5)),
        (DayField(), "20160430", datetime.date(2016, 4, 30)),
        (PhoneField(), "０１０－１２３４５６７８转８０１", "010-12345678-801"),
        (LineField(), "试验\u200b(一)\x01院", "试验（一）院"),
        (LinesField(), "一\r\n\u202e二\x01", "一\n二"),
    ],
)
def test_everyday_typing_is_understood(field, typed, kept):
    assert field.clean(typed) == kept


@pytest.mark.parametrize(
    ("field", "typed", "reason"),
    [
        (CountField(), "约120", "确定的数"),
        (CountField(), "100-150", "范围"),
        (YuanField(), "约3000", "确定的数"),
        (DayField(), "2016年4月", "写到日"),
        (DayField(), "16/4/30", "两位"),
        (PhoneField(), "010-12345678、010-87654321", "不止一个"),
    ],
)
def test_what_is_not_certain_is_asked_again(field, typed, reason):
    with pytest.raises(ValidationError, match=reason):
        field.clean(typed)


@pytest.mark.parametrize(
    ("model", "name", "kind"),
    [
        (Institution, "name", LineField),
        (Institution, "aliases", LinesField),
        (Institution, "opened_on", DayField),
        (Institution, "website", None),
        (Institution, "kind", None),
        (Phone, "number", PhoneField),
        (Bed, "registered", CountField),
    ],
)
def test_each_column_has_its_field(model: type[models.Model], name, kind):
    assert field_for(model._meta.get_field(name)) is kind
