"""Each rule of the models of regions, broken once."""

import datetime
from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from regions.models import (
    Agreement,
    Document,
    Fact,
    Grade,
    LoadedFixture,
    PendingEdit,
    Region,
    RegionGroup,
    StaffMember,
)
from regions.models.document import NOT_WEB

pytestmark = pytest.mark.django_db

DAY = datetime.date(2024, 1, 1)
NOON = datetime.datetime(2024, 1, 1, 12, tzinfo=datetime.UTC)
BEFORE = datetime.date(2023, 12, 31)
NATION = "000000"


def region(**fields: object) -> Region:
    return Region(**{"code": "990000", "name": "某地", "level": 1, "parent_id": NATION} | fields)


def document(**fields: object) -> Document:
    return Document(**{"slug": "d", "title": "题", "kind": "policy", "grade": Grade.PRESS} | fields)


def fact(**fields: object) -> Fact:
    source = Document.objects.get(slug="chongqing-2018")
    defaults = {"code": "T", "document": source, "label": "床位", "as_of": DAY, "quote": "原文"}
    return Fact(**defaults | {"value": Decimal(1)} | fields)


def staff(**fields: object) -> StaffMember:
    user = get_user_model().objects.create_user("clerk")
    return StaffMember(**{"user": user, "region_id": "110105", "role": "clerk"} | fields)


def agreement(**fields: object) -> Agreement:
    source = Document.objects.get(slug="chongqing-2018")
    defaults = {"slug": "a", "name": "约定", "document": source, "inpatient": "direct"}
    return Agreement(**defaults | fields)


def edit(**fields: object) -> PendingEdit:
    source = Document.objects.get(slug="chongqing-2018")
    user = get_user_model().objects.create_user("editor")
    return PendingEdit(**{"document": source, "changes": [{}], "author": user} | fields)


BROKEN = [
    (document, {"url": "ftp://a.gov.cn/"}, NOT_WEB),
    (edit, {"document": None}, "一份修改说的是一份来源文件，或者一条事实。"),
    (edit, {"state": "approved"}, "审核过的要写明是谁、什么时候审核的。"),
    (
        edit,
        {"state": "rejected", "decided_by_id": 1, "decided_at": NOON},
        "退回要写明原因。",
    ),
    (region, {"parent_id": None}, "除全国外，每个地区都要有上级地区。"),
    (region, {"level": 0}, "除全国外，每个地区都要有上级地区。"),
    (region, {"valid_to": DAY}, "现行地区不能有撤销日期。"),
    (
        region,
        {"is_current": False, "valid_from": DAY, "valid_to": DAY},
        "撤销日期要晚于设立日期。",
    ),
    (region, {"longitude": 181, "latitude": 39.9}, "经纬度要成对填写，并在有效范围内。"),
    (region, {"longitude": 116.4, "latitude": -91}, "经纬度要成对填写，并在有效范围内。"),
    (document, {"in_force_from": DAY, "in_force_to": BEFORE}, "失效日期不能早于施行日期。"),
    (fact, {"value": None}, "数值和文字至少填一项。"),
    (fact, {"value": None, "text": "数十", "bound": "about"}, "没有数值就没有界限。"),
    (fact, {"as_of_end": BEFORE}, "期间的末尾不能早于开头。"),
    (agreement, {"inpatient": ""}, "至少写明一项约定。"),
    (agreement, {"in_force_from": DAY, "in_force_to": BEFORE}, "终止日期不能早于起始日期。"),
    (staff, {"role": "national"}, "全国管理员的管辖地区是全国。"),
]
SOUND = [
    (region, {}),
    (region, {"is_current": False, "valid_from": BEFORE, "valid_to": DAY}),
    (region, {"longitude": 180, "latitude": -90}),
    (document, {"in_force_from": DAY, "in_force_to": DAY}),
    (document, {"in_force_to": DAY}),
    (fact, {"bound": "about"}),
    (fact, {"value": None, "text": "数十"}),
    (fact, {"value": Decimal(0), "as_of_end": DAY}),
    (agreement, {"inpatient": "", "ratings": "mutual", "in_force_to": DAY}),
    (staff, {"role": "national", "region_id": NATION}),
]


@pytest.mark.parametrize(("make", "fields", "message"), BROKEN)
def test_a_broken_rule_is_told_in_chinese_and_kept_by_the_database(make, fields, message) -> None:
    row = make(**fields)
    with pytest.raises(ValidationError) as told:
        row.validate_constraints()
    assert told.value.messages == [message]
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


@pytest.mark.parametrize("fields", [{"longitude": 116.4}, {"latitude": 39.9}])
def test_a_centroid_has_both_its_numbers(fields) -> None:
    with pytest.raises(ValidationError, match="经纬度要成对填写，并在有效范围内。"):
        region(**fields).validate_constraints()
    with pytest.raises(IntegrityError), transaction.atomic():
        region(**fields).save()


@pytest.mark.parametrize(("make", "fields"), SOUND)
def test_a_sound_row_is_taken(make, fields) -> None:
    row = make(**fields)
    row.full_clean(exclude=["valid_to"])
    row.save()


def test_the_nation_has_no_parent() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Region.objects.filter(pk=NATION).update(parent_id="110000")
    with pytest.raises(IntegrityError), transaction.atomic():
        Region.objects.filter(pk=NATION).update(level=1)


def test_every_check_is_broken_above() -> None:
    """A constraint that nobody breaks may not be there at all."""
    told = {message for _, _, message in BROKEN}
    for model in (Region, RegionGroup, Document, Fact, StaffMember, LoadedFixture, PendingEdit):
        for constraint in model._meta.constraints:
            assert isinstance(constraint, models.CheckConstraint)
            assert constraint.violation_error_message in told, constraint.name


@pytest.mark.parametrize("code", ["11010", "1101051", "11010a", "北京市朝阳区"])
def test_a_region_code_has_six_digits(code: str) -> None:
    with pytest.raises(ValidationError) as told:
        region(code=code).full_clean()
    assert "code" in told.value.message_dict


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (Document, {"slug": "chongqing-2018", "title": "另一份", "kind": "policy", "grade": "A"}),
        (RegionGroup, {"slug": "jing-jin-ji", "name": "另一组", "definition": "如此"}),
        (RegionGroup, {"slug": "another", "name": "京津冀", "definition": "如此"}),
        (LoadedFixture, {"name": "regions.json.xz", "checksum": "0"}),
    ],
)
def test_names_are_unique(model, fields) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.create(**fields)


def test_a_user_has_one_post() -> None:
    post = staff()
    post.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        StaffMember.objects.create(user=post.user, region_id="110000", role="clerk")


def test_rows_say_what_they_are() -> None:
    assert str(staff()) == "clerk（县级经办人，北京市朝阳区）"
    assert str(document(title="某办法", number="〔2024〕1号")) == "《某办法》〔2024〕1号"
    assert str(RegionGroup.objects.get(slug="huan-jing")) == "环京"
    assert str(LoadedFixture(name="regions.json.xz")) == "regions.json.xz"


def test_rows_are_found_by_their_natural_keys() -> None:
    for slug in ("jing-jin-ji", "huan-jing"):
        group = RegionGroup.objects.get_by_natural_key(slug)
        assert group.natural_key() == (slug,)
    source = Document.objects.get_by_natural_key("jiaozuo-2019")
    assert source.natural_key() == ("jiaozuo-2019",)


@pytest.mark.parametrize(
    ("issued_on", "precision", "shown"),
    [
        (None, "day", "日期未公布"),
        (datetime.date(2018, 1, 22), "day", "2018-01-22"),
        (datetime.date(2018, 1, 1), "month", "2018-01"),
        (datetime.date(2018, 1, 1), "year", "2018"),
    ],
)
def test_a_document_is_dated_as_far_as_it_says(issued_on, precision, shown) -> None:
    assert document(issued_on=issued_on, issued_precision=precision).issued == shown
