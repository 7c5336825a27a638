import copy
import datetime
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from institutions.models import Bed, Fee, Institution, Phone
from institutions.models.institution import PARTS as PART_NAMES
from institutions.register.provenance import source_of
from institutions.register.record import FIELDS, PARTS, Change, apply_record, difference, to_record
from institutions.validators import credit_code_check_character
from regions.models import Document
from tests.factories import (
    make_bed,
    make_document,
    make_fee,
    make_institution,
    make_region,
    make_user,
    make_whole_institution,
)

pytestmark = pytest.mark.django_db
settings.register_profile("records", deadline=None, max_examples=25, derandomize=True)
settings.load_profile("records")


@contextmanager
def undone() -> Iterator[None]:
    """A place to write in that leaves nothing behind."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def whole(pk: int) -> Institution:
    return Institution.objects.with_parts().get(pk=pk)


def refusal(institution: Institution, record: Any) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as caught:
        apply_record(institution, record)
    return caught.value.message_dict


WRITES = ("INSERT", "UPDATE", "DELETE")

# What records are made of. Every generated record is one that the models accept.

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
names = st.text("养老院照料中心安康—·/~(1)", min_size=1, max_size=20)
dates = st.dates(datetime.date(1950, 1, 1), datetime.date(2100, 1, 1)).map(str)
# A figure cannot be as of a day that has not come.
past = st.dates(datetime.date(1950, 1, 1), datetime.date(2026, 11, 1)).map(str)
maybe_dates = st.none() | dates
counts = st.none() | st.integers(0, 9999)
booleans = st.none() | st.booleans()
codes = st.sampled_from(["110105", "131082", "500103"])
numbers = st.integers(10_000_000, 99_999_999)


def choices(model: Any, field: str) -> st.SearchStrategy[Any]:
    return st.sampled_from([value for value, _ in model._meta.get_field(field).choices])


def canonical(part: str) -> Any:
    """One row per key, in the order of a record."""
    spec = spec_of(part)

    def tidy(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        by_key = {spec.key_of(row): row for row in found}
        return [
            by_key[key] for key in sorted(by_key, key=lambda k: [(v is not None, v) for v in k])
        ]

    return tidy


def spec_of(part: str) -> Any:
    return next(spec for spec in PARTS if spec.name == part)


def rows(part: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Rows of a part with distinct keys, in the order of a record."""
    assert set(fields) == {field.name for field in spec_of(part).fields}
    return st.lists(st.fixed_dictionaries(fields), max_size=3).map(canonical(part))


def ordered(row: dict[str, Any], *fields: str) -> dict[str, Any]:
    """The row with these dates or numbers in order; a missing one stays missing."""
    found = sorted(row[field] for field in fields if row[field] is not None)
    return row | {field: found.pop(0) for field in fields if row[field] is not None}


def each(change: Any) -> Any:
    return lambda found: [change(row) for row in found]


def bed(row: dict[str, Any]) -> dict[str, Any]:
    if None not in (row["occupied"], row["vacant"]) and row["operating"] is not None:
        row |= {"operating": row["operating"] + row["occupied"] + row["vacant"]}
    for field in ("occupied", "vacant"):
        if row["operating"] is not None and row[field] is not None:
            row |= {"operating": max(row["operating"], row[field])}
    if row["operating"] is not None and row["registered"] is not None:
        row |= {"registered": max(row["operating"], row["registered"])}
    return row


def fee(row: dict[str, Any]) -> dict[str, Any]:
    if row["kind"] in {"bed", "care"}:
        return row | {"level_to": max(row["level_from"], row["level_to"])}
    return row | {"level_from": 0, "level_to": 4}


def model_of(part: str) -> Any:
    return spec_of(part).model


def sourced(row: dict[str, Any]) -> dict[str, Any]:
    verified = {"verified_on": row["as_of"], "verified_by": "verifier", "verified_how": "visit"}
    nobody = {"verified_on": None, "verified_by": None, "verified_how": ""}
    return row | (verified if row["verified_by"] else nobody)


scalars: dict[str, st.SearchStrategy[Any]] = {
    field.name: booleans
    if field.name.startswith(("takes_", "meets_"))
    else choices(Institution, field.name)
    if field.choices
    else texts
    for field in FIELDS
} | {
    "name": names,
    "credit_code": st.just("")
    | numbers.map(lambda n: f"52000000{n}X").map(lambda s: s + credit_code_check_character(s)),
    "website": st.sampled_from(["", "https://example.com/安养"]),
    "is_demo": st.booleans(),
    "region": codes,
    "longitude": st.floats(-180, 180),
    "latitude": st.floats(-90, 90),
    "filed_on": maybe_dates,
    "opened_on": maybe_dates,
    "operating_since": dates,
    "on_beijing_platform": booleans,
}
parts: dict[str, st.SearchStrategy[Any]] = {
    "phones": rows("phones", number=numbers.map(lambda n: f"010-{n}"), purpose=texts, hours=texts),
    "services": rows("services", kind=choices(model_of("services"), "kind"), capacity=counts),
    "beds": rows(
        "beds",
        category=choices(Bed, "category"),
        room=choices(Bed, "room"),
        registered=counts,
        operating=counts,
        occupied=counts,
        vacant=counts,
        as_of=past,
        as_of_precision=choices(model_of("beds"), "as_of_precision"),
    ).map(each(bed)),
    "fees": rows(
        "fees",
        kind=choices(Fee, "kind"),
        room=choices(Fee, "room") | st.just(""),
        level_from=st.integers(0, 4),
        level_to=st.integers(0, 4),
        amount=st.integers(0, 10**12),
        period=choices(Fee, "period"),
        conditions=texts,
        valid_from=maybe_dates,
        valid_to=st.none(),
    )
    .map(each(fee))
    .map(canonical("fees")),
    "terms": st.none()
    | st.fixed_dictionaries(
        {
            "trial_days": st.none() | st.integers(0, 90),
            "refund_rule": texts,
            "bed_hold_rule": texts,
            "prepay_months": st.none() | st.integers(0, 120),
            "custody_bank": texts,
            "custody_account_public": booleans,
        }
    ),
    "medical_links": rows(
        "medical_links",
        mode=choices(model_of("medical_links"), "mode"),
        partner=texts,
        partner_level=choices(model_of("medical_links"), "partner_level") | st.just(""),
        is_transfer_hospital=booleans,
        designated=st.just(True),
        networked=booleans,
        green_channel=booleans,
        on_recognition_list=booleans,
    ),
    "designations": rows(
        "designations",
        kind=choices(model_of("designations"), "kind"),
        region=codes,
        document=st.sampled_from([None, "source"]),
        valid_from=maybe_dates,
        valid_from_precision=choices(model_of("designations"), "valid_from_precision"),
        valid_to=st.none(),
    ),
    "ratings": rows(
        "ratings",
        scheme=choices(model_of("ratings"), "scheme"),
        level=st.integers(1, 5),
        year=st.integers(1990, 2100),
        valid_to=maybe_dates,
    ),
    "quality_records": rows(
        "quality_records",
        kind=choices(model_of("quality_records"), "kind"),
        result=names,
        by=texts,
        on=past,
        on_precision=choices(model_of("quality_records"), "on_precision"),
        valid_to=st.none(),
    ),
    "staff_figures": rows(
        "staff_figures",
        role=choices(model_of("staff_figures"), "role"),
        headcount=counts,
        certified=counts,
        trained=st.none(),
        as_of=past,
        as_of_precision=choices(model_of("staff_figures"), "as_of_precision"),
    ).map(each(lambda row: ordered(row, "certified", "headcount"))),
    "photos": rows(
        "photos",
        image=st.integers(1, 9).map(lambda n: f"photos/2026/01/{n}.jpg"),
        alt=names,
        taken_on=maybe_dates,
        position=st.integers(0, 100),
    ),
    "provenance": rows(
        "provenance",
        field=st.sampled_from(["", "name", "beds", "beds/nursing/twin", "fees/bed"]),
        kind=choices(model_of("provenance"), "kind"),
        document=st.just("source"),
        as_of=past,
        as_of_precision=choices(model_of("provenance"), "as_of_precision"),
        quote=texts,
        verified_on=st.none(),
        verified_by=st.sampled_from([None, "verifier"]),
        verified_how=st.just(""),
    ).map(each(sourced)),
}
records = st.fixed_dictionaries(scalars | parts)


@pytest.fixture
def linked() -> None:
    """What generated records refer to."""
    for code in ("110105", "131082", "500103"):
        make_region(code)
    make_document(slug="source")
    make_user(username="verifier")


# Out


def test_a_record_is_plain_and_whole():
    home = make_whole_institution(name="示例养老院")

    record = to_record(whole(home.pk))

    assert set(record) == {field.name for field in FIELDS} | set(PART_NAMES)
    assert record["name"] == "示例养老院"
    assert record["region"] == "110105"
    assert record["opened_on"] == "2015-06-01"
    assert record["takes_level_1"] is None
    assert record["phones"] == [{"number": "000-12345678", "purpose": "入住咨询", "hours": ""}]
    assert [(row["category"], row["room"]) for row in record["beds"]] == [
        ("nursing", "twin"),
        ("ordinary", "single"),
    ]
    assert record["terms"]["trial_days"] == 7
    assert record["designations"][0]["region"] == "110105"
    assert Document.objects.filter(slug=record["designations"][0]["document"]).exists()
    assert record["photos"][0]["image"] == "photos/2026/01/example.jpg"
    assert record["provenance"][1]["verified_by"].startswith("user")


def test_bookkeeping_is_no_part_of_a_record():
    record = to_record(make_institution(is_demo=True))

    assert not {"id", "stage", "version", "created_at", "updated_at", "listing"} & set(record)
    assert record["is_demo"] is True


def test_a_new_institution_gives_a_record_that_says_nothing():
    record = to_record(Institution())

    assert record["name"] == ""
    assert record["region"] is None
    assert record["beds"] == []
    assert record["terms"] is None


def test_a_whole_institution_costs_no_further_query(django_assert_num_queries):
    home = make_whole_institution()

    with django_assert_num_queries(13):  # the institution with its region, and one per part
        read = whole(home.pk)
    with django_assert_num_queries(0):
        to_record(read)


def test_every_part_has_a_key():
    keys = {part.name: part.key for part in PARTS}

    assert keys == {
        "phones": ("number",),
        "services": ("kind",),
        "beds": ("category", "room"),
        "fees": ("kind", "room", "level_from", "conditions", "valid_from"),
        "terms": (),
        "medical_links": ("mode", "partner"),
        "designations": ("kind", "region", "valid_from"),
        "ratings": ("scheme", "year"),
        "quality_records": ("kind", "on"),
        "staff_figures": ("role",),
        "photos": ("image",),
        "provenance": ("field",),
    }


# In


def test_applying_its_own_record_changes_nothing(django_assert_num_queries):
    shipped = Institution.objects.order_by("?").values_list("pk", flat=True)[:40]
    for pk in [*shipped, make_whole_institution().pk, make_institution().pk]:
        home = whole(pk)
        with django_assert_num_queries(0):
            apply_record(home, to_record(home))
        home.refresh_from_db()
        assert home.version == 1


@pytest.mark.no_cover
@given(record=records)
@pytest.mark.usefixtures("linked")
def test_a_new_institution_becomes_its_record(record):
    with undone():
        home = Institution()
        apply_record(home, record)
        assert home.version == 1
        assert to_record(home) == record
        assert to_record(whole(home.pk)) == record


@pytest.mark.no_cover
@given(record=records)
@pytest.mark.usefixtures("linked")
def test_an_institution_becomes_its_record(record):
    with undone():
        home = make_whole_institution()
        old = to_record(home)
        apply_record(home, record)
        assert to_record(whole(home.pk)) == record
        assert home.version == 2
        assert difference(to_record(home), record) == []
        apply_record(home, old)
        assert to_record(whole(home.pk)) == old
        assert home.version == 3


def test_rows_keep_their_identity_while_their_key_stays():
    home = make_institution()
    changed = make_bed(home, category="nursing", room="twin", vacant=3)
    gone = make_bed(home, category="nursing", room="single")
    kept = make_bed(home, category="ordinary", room="twin")
    record = to_record(home)
    record["beds"] = [row for row in record["beds"] if row["room"] == "twin"]
    record["beds"][0]["vacant"] = 4
    record["beds"].append(record["beds"][0] | {"room": "suite"})

    apply_record(home, record)

    beds = {(bed.category, bed.room): bed for bed in home.beds.all()}
    assert beds["nursing", "twin"].pk == changed.pk
    assert beds["nursing", "twin"].vacant == 4
    assert beds["ordinary", "twin"].pk == kept.pk
    assert ("nursing", "suite") in beds
    assert not Bed.objects.filter(pk=gone.pk).exists()


def test_rows_that_do_not_change_are_not_written():
    home = whole(make_whole_institution().pk)
    record = to_record(home)
    record["phones"][0]["hours"] = "每天 8:00—20:00"

    with CaptureQueriesContext(connection) as queries:
        apply_record(home, record)

    written = [q["sql"].split('"')[1] for q in queries if q["sql"].startswith(WRITES)]
    assert written == ["institutions_institution", "institutions_phone"]


def test_the_version_moves_for_a_part_alone():
    home = make_whole_institution()
    before = home.updated_at
    record = to_record(home)
    record["terms"] = None

    apply_record(home, record)

    assert home.version == 2
    assert home.updated_at >= before
    assert not hasattr(home, "terms")


def test_stage_is_left_alone():
    home = make_institution(stage="draft")

    apply_record(home, to_record(home) | {"address": "示例路 2 号"})

    assert (home.stage, home.address) == ("draft", "示例路 2 号")


def test_a_refused_record_writes_nothing_and_leaves_the_instance():
    home = whole(make_whole_institution().pk)
    record = to_record(home)
    old = copy.deepcopy(record)
    record |= {"name": "新名称", "region": "999999", "credit_code": "1", "phones": []}
    record["beds"][0] |= {"vacant": 70}
    record["beds"][1] |= {"registered": -1}
    record["provenance"][0] |= {"document": "nowhere", "verified_by": "nobody"}

    errors = refusal(home, record)

    assert set(errors) == {
        "region",
        "credit_code",
        "beds/nursing/twin",
        "beds/ordinary/single/registered",
        "provenance//document",
        "provenance//verified_by",
    }
    assert errors["region"] == ["没有“999999”。"]
    assert errors["beds/nursing/twin"] == ["已入住加空余不能多于运营床位。"]
    assert to_record(home) == to_record(whole(home.pk)) == old
    assert (home.name, home.version) == (old["name"], 1)


def test_what_concerns_the_whole_institution_is_said_of_it():
    home = make_institution()

    errors = refusal(home, to_record(home) | {"longitude": 116.4, "latitude": 91})

    assert errors == {NON_FIELD_ERRORS: ["经纬度要成对填写，并在有效范围内。"]}


def test_a_taken_name_is_refused():
    home = make_institution(name="示例院")

    assert refusal(Institution(), to_record(home)) == {
        NON_FIELD_ERRORS: ["这个地区已经有一家同名机构。"]
    }


@pytest.mark.parametrize(
    ("change", "path", "message"),
    [
        ({"naem": "x"}, "naem", "没有这一项。"),
        ({"stage": "published"}, "stage", "没有这一项。"),
        ({"name": 5}, "name", "要是文字。"),
        ({"name": None}, "name", "不能是 null。"),
        ({"name": "a\0b"}, "name", "含有不能保存的字符。"),
        ({"name": "a\ud800b"}, "name", "含有不能保存的字符。"),
        ({"region": ["110105"]}, "region", "要是文字。"),
        ({"is_demo": 1}, "is_demo", "要是 true 或 false。"),
        ({"takes_men": "是"}, "takes_men", "要是 true 或 false。"),
        ({"longitude": "116"}, "longitude", "要是数字。"),
        ({"longitude": float("nan")}, "longitude", "要是数字。"),
        ({"longitude": True}, "longitude", "要是数字。"),
        ({"longitude": 10**400}, "longitude", "要是数字。"),
        ({"opened_on": "2026/1/1"}, "opened_on", "要是日期，写成 2026-01-31。"),
        ({"opened_on": "20260101"}, "opened_on", "要是日期，写成 2026-01-31。"),
        ({"opened_on": "0001-01-01"}, "opened_on", "要是日期，写成 2026-01-31。"),
        ({"opened_on": 2026}, "opened_on", "要是日期，写成 2026-01-31。"),
        ({"beds": None}, "beds", "要是一个列表。"),
        ({"beds": {}}, "beds", "要是一个列表。"),
        ({"beds": ["x"]}, "beds", "第 1 行要是一个对象（键和值）。"),
        ({"terms": []}, "terms", "第 1 行要是一个对象（键和值）。"),
        ({"phones": [{"number": "12345"}]}, "phones/12345/hours", "缺这一项"),
        ({"services": [{"kind": "meals", "capacity": 1.0}]}, "services/meals/capacity", "要是整数"),
        ({"services": [{"kind": "meals", "capacity": True}]}, "services/meals/capacity", "整数"),
        ({"services": [{"kind": {}, "capacity": None}]}, "services/{}/kind", "要是文字。"),
        (
            {"services": [{"kind": "meals", "capacity": k} for k in (1, 2)]},
            "services/meals",
            "重复了",
        ),
    ],
)
def test_a_malformed_record_is_refused_by_path(change, path, message):
    home = make_institution()

    errors = refusal(home, to_record(home) | change)

    assert message in errors[path][0]


@pytest.mark.parametrize("image", ["", "/etc/passwd", "../secret.jpg", 5, "a" * 101])
def test_a_photo_is_a_path_below_the_media_folder(image):
    home = make_institution()
    photo = {"image": image, "alt": "大门", "taken_on": None, "position": 0}

    assert f"photos/{str(image).replace('/', '~1')}/image" in refusal(
        home, to_record(home) | {"photos": [photo]}
    )


def test_a_record_is_whole():
    home = make_institution()
    record = to_record(home)
    del record["beds"], record["name"]

    assert set(refusal(home, record)) == {"beds", "name"}
    assert set(refusal(home, [])) == {NON_FIELD_ERRORS}


# Compared


def test_difference_names_figures_and_rows():
    home = make_whole_institution()
    old, new = to_record(home), to_record(home)
    new["name"] = "新名称"
    new["beds"][0]["vacant"] = None
    new["phones"] = []
    new["terms"]["trial_days"] = 10
    added = old["ratings"][0] | {"year": 2025}
    new["ratings"] = [*old["ratings"], added]

    assert difference(old, new) == [
        Change("name", "名称", home.name, "新名称"),
        Change("phones/000-12345678", "电话·000-12345678", old["phones"][0], None),
        Change("beds/nursing/twin/vacant", "床位·护理型床位·双人间·空余床位", 5, None),
        Change("terms/trial_days", "合同约定·可试住天数", 7, 10),
        Change("ratings/national/2025", "等级评定·养老机构等级（GB/T 37276）·2025", None, added),
    ]


def test_difference_does_not_see_the_order_of_rows():
    old = to_record(make_whole_institution())
    new = old | {"fees": old["fees"][::-1]}

    assert difference(old, new) == []


@given(old=records, new=records)
def test_difference_is_empty_if_and_only_if_records_are_equal(old, new):
    assert difference(old, copy.deepcopy(old)) == []
    assert bool(difference(old, new)) == (old != new)
    there, back = difference(old, new), difference(new, old)
    assert [(c.path, c.label, c.old, c.new) for c in there] == [
        (c.path, c.label, c.new, c.old) for c in back
    ]
    assert len({change.path for change in there}) == len(there)


def test_a_slash_in_a_key_does_not_split_the_path():
    home = make_institution()
    make_fee(home, Fee.Kind.CARE, 100, conditions="夫妻/双人~优惠")
    old = to_record(home)

    (change,) = difference(old, old | {"fees": []})

    assert change.path == "fees/care//0/夫妻~1双人~0优惠/"


def test_paths_lead_to_their_source():
    home = make_whole_institution()
    old, new = to_record(home), to_record(home)
    new["name"] = "新名称"
    new["beds"][0]["vacant"] = 4
    new["beds"][1]["registered"] = 21

    sources = [source_of(home.provenance.all(), change.path) for change in difference(old, new)]

    assert [source and source.field for source in sources] == ["", "beds/nursing/twin", ""]


def test_two_rows_may_swap_their_figures():
    home = make_institution()
    for number, purpose in (("12345", "热线"), ("12349", "值班室")):
        Phone.objects.create(institution=home, number=number, purpose=purpose)
    record = to_record(home)
    for row, number in zip(record["phones"], itertools.cycle(["12349", "12345"]), strict=False):
        row["number"] = number

    apply_record(home, record)

    assert set(home.phones.values_list("number", "purpose")) == {
        ("12349", "热线"),
        ("12345", "值班室"),
    }
