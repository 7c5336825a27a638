import datetime
import re
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from hypothesis import given
from hypothesis import strategies as st

from institutions.models import (
    Bed,
    ContractTerms,
    Correction,
    Demand,
    Designation,
    Fee,
    Institution,
    Level,
    Listing,
    ListingDesignation,
    MedicalLink,
    PendingChange,
    Phone,
    Photo,
    Provenance,
    QualityRecord,
    Rating,
    Revision,
    Service,
    SheetImport,
    SheetLine,
    StaffFigure,
)
from tests.factories import make_document, make_fee, make_institution, make_region, make_user

pytestmark = pytest.mark.django_db
DAY = datetime.date(2026, 1, 1)
EVE = datetime.date(2025, 12, 31)
NOON = datetime.datetime(2026, 1, 1, 4, tzinfo=datetime.UTC)

# What a row of each model needs at least; `institution` is added.
LEAST: dict[type[models.Model], dict[str, Any]] = {
    Bed: {"as_of": DAY},
    ContractTerms: {},
    Correction: {"wrong": "电话打不通", "how": "phone", "received_on": DAY},
    Designation: {"kind": "ltci", "region_id": "110105"},
    Fee: {"kind": "bed", "amount": 1},
    MedicalLink: {"mode": "contract"},
    PendingChange: {"base_version": 1, "changes": [{}]},
    Phone: {"number": "12345"},
    Photo: {"image": "photos/a.jpg", "alt": "大门"},
    Provenance: {"kind": "own", "as_of": DAY},
    QualityRecord: {"kind": "fire", "result": "合格", "on": DAY},
    Rating: {"scheme": "national", "level": 3, "year": 2024},
    Revision: {"version": 2, "how": "form"},
    Service: {"kind": "meals"},
    SheetImport: {"file_name": "a.csv", "checksum": "0" * 64, "kind": "own", "as_of": DAY},
    SheetLine: {"first_row": 2, "rows": [2], "outcome": "same"},
    StaffFigure: {"role": "nurse", "as_of": DAY},
}

# constraint: what breaks it. A unique constraint is broken by the same row twice.
CONTACT = {"contact": "13800000000", "consented_on": DAY, "contact_until": DAY}
CLOSED = {"state": "rejected", "outcome": "电话没有错", "closed_on": DAY}
BROKEN: list[tuple[str, type[models.Model], dict[str, Any]]] = [
    ("bed_operating_within_registered", Bed, {"registered": 5, "operating": 6}),
    ("bed_occupied_and_vacant_within_operating", Bed, {"operating": 5, "occupied": 6}),
    ("bed_occupied_and_vacant_within_operating", Bed, {"operating": 5, "vacant": 6}),
    ("bed_occupied_and_vacant_within_operating", Bed, {"operating": 5, "vacant": 3, "occupied": 3}),
    ("bed_counts_have_a_date", Bed, {"vacant": 1, "as_of": None}),
    ("correction_about_one_page", Correction, {"institution": None}),
    ("correction_says_what_is_wrong", Correction, {"wrong": ""}),
    ("correction_contact_with_consent", Correction, {"contact": "13800000000"}),
    ("correction_contact_with_consent", Correction, {"contact_until": DAY}),
    ("correction_contact_with_consent", Correction, CONTACT | {"consented_on": None}),
    ("correction_closed_whole", Correction, {"state": "accepted"}),
    ("correction_closed_whole", Correction, {"closed_on": DAY}),
    ("correction_closed_whole", Correction, CLOSED | {"outcome": ""}),
    ("correction_closed_forgets_contact", Correction, CLOSED | CONTACT),
    ("fee_amount_not_negative", Fee, {"amount": -1}),
    ("fee_levels_in_order", Fee, {"level_from": 3, "level_to": 2}),
    ("fee_levels_only_for_bed_and_care", Fee, {"kind": "meals", "level_from": 1}),
    ("fee_period_in_order", Fee, {"valid_from": DAY, "valid_to": EVE}),
    ("institution_coordinates_on_earth", Institution, {"longitude": 181, "latitude": 39}),
    ("institution_coordinates_on_earth", Institution, {"longitude": 116, "latitude": -91}),
    ("institution_coordinates_on_earth", Institution, {"longitude": 116.4}),
    ("institution_coordinates_on_earth", Institution, {"latitude": 39.9}),
    ("institution_stop_has_a_date", Institution, {"operating": "closed"}),
    ("institution_stop_has_a_date", Institution, {"operating": "suspended"}),
    ("institution_version_positive", Institution, {"version": 0}),
    (
        "medical_link_networked_needs_designation",
        MedicalLink,
        {"networked": True, "designated": False},
    ),
    ("designation_period_in_order", Designation, {"valid_from": DAY, "valid_to": EVE}),
    ("photo_has_alt_text", Photo, {"alt": ""}),
    ("pending_change_decided_whole", PendingChange, {"state": "approved"}),
    ("pending_change_decided_whole", PendingChange, {"decided_at": NOON}),
    ("pending_change_rejected_with_reason", PendingChange, {"reason": "电话打不通"}),
    ("provenance_own_report_or_document", Provenance, {"kind": "official"}),
    ("provenance_verified_whole", Provenance, {"verified_on": DAY}),
    ("provenance_verified_whole", Provenance, {"verified_how": "phone"}),
    ("rating_level_one_to_five", Rating, {"level": 0}),
    ("rating_level_one_to_five", Rating, {"level": 6}),
    ("rating_year_plausible", Rating, {"year": 202}),
    ("quality_record_period_in_order", QualityRecord, {"valid_to": EVE}),
    ("sheet_import_done_has_a_time", SheetImport, {"state": "done"}),
    ("sheet_import_done_has_a_time", SheetImport, {"done_at": NOON}),
    ("sheet_import_own_report_or_source", SheetImport, {"kind": "public"}),
    ("sheet_import_settled_whole", SheetImport, {"settled_at": NOON}),
    ("sheet_import_undone_has_a_time", SheetImport, {"state": "undone", "done_at": NOON}),
    ("sheet_import_undone_has_a_time", SheetImport, {"undone_at": NOON}),
    ("staff_figure_parts_within_headcount", StaffFigure, {"headcount": 1, "certified": 2}),
    ("staff_figure_parts_within_headcount", StaffFigure, {"headcount": 1, "trained": 2}),
]
TWICE: list[tuple[str, type[models.Model], dict[str, Any]]] = [
    ("bed_unique_by_category_and_room", Bed, {}),
    ("fee_unique", Fee, {}),
    ("fee_unique", Fee, {"valid_from": DAY}),
    ("designation_unique", Designation, {}),
    ("designation_unique", Designation, {"valid_from": DAY}),
    ("medical_link_unique", MedicalLink, {}),
    ("phone_unique_in_institution", Phone, {}),
    ("provenance_one_per_field", Provenance, {}),
    ("rating_unique_by_scheme_and_year", Rating, {}),
    ("quality_record_unique", QualityRecord, {}),
    ("revision_one_per_version", Revision, {}),
    ("service_unique", Service, {}),
    ("staff_figure_unique_by_role", StaffFigure, {}),
    ("institution_name_unique_in_region", Institution, {"name": "同名院"}),
]
# Broken in tests of their own below.
APART = {
    "institution_credit_code_unique",
    "listing_designation_unique",
    "demand_one_row_a_kind",
    "demand_origin_is_a_province",
    "sheet_line_one_per_row",
    *(f"listing_price_{level}_adds_up" for level in Level.values),
    "listing_position_whole",
}
# A row that nobody types has nobody to tell: `institutions.register.listings` writes it.
WORDLESS = {"listing_designation_unique"}

CONSTRAINTS = {
    constraint.name: constraint
    for model in apps.get_app_config("institutions").get_models()
    for constraint in model._meta.constraints
}


def unsaved(model: type[models.Model], home: Institution, fields: dict[str, Any]) -> models.Model:
    if model is Institution:
        return Institution(**{"name": "某院", "region_id": "110105"} | fields)
    if model is SheetImport:
        return SheetImport(**LEAST[model] | fields)
    if model is SheetLine:
        fields = {"sheet": SheetImport.objects.create(**LEAST[SheetImport])} | fields
    if model is PendingChange:
        fields = {"author": make_user()} | fields
    return model(**{"institution": home} | LEAST[model] | fields)


def is_refused(row: models.Model, name: str) -> None:
    """By the form in Chinese, and by the database whoever asks."""
    with pytest.raises(ValidationError):
        row.full_clean()
    with pytest.raises(ValidationError) as told:
        row.validate_constraints()
    assert CONSTRAINTS[name].violation_error_message in told.value.messages
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def test_every_constraint_is_broken_here():
    assert set(CONSTRAINTS) == {name for name, *_ in (*BROKEN, *TWICE)} | APART


def test_every_constraint_speaks_chinese():
    for name, constraint in CONSTRAINTS.items():
        if name not in WORDLESS:
            assert re.search("[一-鿿].*。$", constraint.violation_error_message), name


@pytest.mark.parametrize("model", LEAST, ids=lambda model: model.__name__)
def test_the_least_row_is_accepted(model):
    row = unsaved(model, make_institution(), {})
    row.full_clean()
    row.save()
    assert str(row)


@pytest.mark.parametrize(("name", "model", "fields"), BROKEN, ids=[name for name, *_ in BROKEN])
def test_a_broken_constraint_is_refused(name, model, fields):
    is_refused(unsaved(model, make_institution(), fields), name)


@pytest.mark.parametrize(("name", "model", "fields"), TWICE, ids=[name for name, *_ in TWICE])
def test_the_same_row_twice_is_refused(name, model, fields):
    make_region()
    home = make_institution()
    unsaved(model, home, fields).save()

    is_refused(unsaved(model, home, fields), name)
    if model is not Institution:
        unsaved(model, make_institution(), fields).full_clean()


def test_a_credit_code_belongs_to_one_institution():
    code = "91110000802100433B"
    make_institution(credit_code=code)
    make_institution(credit_code="")
    make_institution(credit_code="")

    is_refused(
        Institution(name="某院", region_id="110105", credit_code=code),
        "institution_credit_code_unique",
    )


@pytest.mark.parametrize("level", Level.values)
def test_the_price_of_a_listing_adds_up(level: int):
    home = make_institution()
    parts = {f"bed_{level}": 1, "meals": 2, f"care_{level}": 3}
    row = Listing(institution=home, region=home.region, is_demo=False, **parts)
    setattr(row, f"price_{level}", 7)

    is_refused(row, f"listing_price_{level}_adds_up")
    setattr(row, f"price_{level}", 6)
    row.save()
    assert row.price(level) == 6


def test_demand_is_counted_by_province_and_once_a_kind():
    is_refused(Demand(on=DAY, origin="110105"), "demand_origin_is_a_province")
    Demand.objects.create(on=DAY, origin="110000")
    is_refused(Demand(on=DAY, origin="110000"), "demand_one_row_a_kind")


def test_a_row_of_a_sheet_has_one_outcome():
    line = unsaved(SheetLine, make_institution(), {})
    line.save()

    is_refused(SheetLine(sheet=line.sheet, **LEAST[SheetLine]), "sheet_line_one_per_row")


def test_a_listing_stands_in_three_numbers_or_in_none() -> None:
    home = make_institution()
    row = Listing(institution=home, region=home.region, is_demo=False, x=1, y=2)
    is_refused(row, "listing_position_whole")


def test_a_listing_names_a_designation_once():
    home = make_institution()
    listing = Listing.objects.create(institution=home, region=home.region, is_demo=False)
    fields = {"listing": listing, "kind": "ltci", "region": home.region}
    ListingDesignation.objects.create(**fields)

    with pytest.raises(IntegrityError), transaction.atomic():
        ListingDesignation.objects.create(**fields)


@pytest.mark.parametrize(
    ("name", "model", "fields"),
    [
        ("institution_coordinates_on_earth", Institution, {"longitude": 116.4}),
        ("medical_link_networked_needs_designation", MedicalLink, {"networked": True}),
    ],
)
def test_an_unknown_is_no_way_around_a_constraint(name, model, fields):
    is_refused(unsaved(model, make_institution(), fields), name)


# What is unknown is accepted: no count forces another.


@pytest.mark.parametrize(
    "fields",
    [{"registered": 3}, {"operating": 3}, {"occupied": 9, "vacant": 9}, {"as_of": None}],
    ids=str,
)
def test_beds_may_be_known_in_part(fields):
    unsaved(Bed, make_institution(), fields).full_clean()


def test_a_verification_names_day_person_and_way():
    whole = {"verified_on": DAY, "verified_by": make_user(), "verified_how": "visit"}
    unsaved(Provenance, make_institution(), whole).full_clean()


def test_ten_years_of_prepayment_are_a_slip():
    home = make_institution()
    ContractTerms(institution=home, prepay_months=120).full_clean()
    with pytest.raises(ValidationError, match="请核对"):
        ContractTerms(institution=home, prepay_months=121).full_clean()


# Query sets


def test_published_demo_and_real():
    draft = make_institution(stage="draft")
    review = make_institution(stage="review")
    real = make_institution()
    demo = make_institution(is_demo=True)
    mine = Institution.objects.filter(pk__in=[draft.pk, review.pk, real.pk, demo.pk])

    assert set(mine.published()) == {real, demo}
    assert set(mine.demo()) == {demo}
    assert set(mine.real()) == {draft, review, real}
    assert set(mine.published().real()) == {real}


def test_within_takes_a_place_and_everything_in_it():
    chaoyang, sanhe = make_institution(), make_institution(region=make_region("131082"))
    mine = Institution.objects.filter(pk__in=[chaoyang.pk, sanhe.pk])

    assert set(mine.in_regions(make_region("110000"))) == {chaoyang}
    assert set(mine.in_regions(make_region("131000"))) == {sanhe}
    assert set(mine.in_regions(make_region("000000"))) == {chaoyang, sanhe}
    assert set(mine.in_regions(make_region("110105"), make_region("130000"))) == {chaoyang, sanhe}
    assert set(mine.in_regions(make_region("500000"))) == set()
    assert set(mine.in_regions()) == set()


def test_a_home_is_found_by_region_and_name():
    home = make_institution()

    assert home.natural_key() == ("110105", home.name)
    assert Institution.objects.get_by_natural_key(*home.natural_key()) == home
    assert home.get_absolute_url() == f"/institutions/{home.pk}/"


days = st.dates(datetime.date(2025, 12, 1), datetime.date(2026, 2, 1))
ends = st.none() | days


@pytest.mark.parametrize("model", [Fee, Designation], ids=lambda model: model.__name__)
@given(start=ends, end=ends, on=days)
def test_holds_agrees_with_in_force(model, start, end, on):
    if start and end and end < start:
        start, end = end, start
    with transaction.atomic():
        fields = {"valid_from": start, "valid_to": end}
        row = unsaved(model, make_institution(), fields)
        row.save()
        expected = (start or on) <= on <= (end or on)
        assert row.is_in_force(on) == expected
        assert model.objects.in_force(on).filter(pk=row.pk).exists() == expected
        transaction.set_rollback(True)


# Words


def test_a_fee_covers_its_levels():
    fee = make_fee(make_institution(), "care", 150_050, level_from=1, level_to=3)

    assert [fee.covers_level(level) for level in Level] == [False, True, True, True, False]
    assert str(fee) == "护理费 1,500.50 元/月"


def test_demo_numbers_are_not_dialled():
    assert Phone(number="010-12345678").dialable
    assert not Phone(number="000-12345678").dialable


@pytest.mark.parametrize(
    ("scheme", "level", "words"),
    [
        ("national", 5, "五级"),
        ("beijing_star", 4, "四星级"),
        ("chongqing_level", 3, "三星级"),
        ("chongqing_leaf", 1, "一叶级"),
    ],
)
def test_a_level_is_named_as_its_scheme_names_it(scheme, level, words):
    rating = Rating(scheme=scheme, level=level, year=2020)

    assert rating.level_name == words
    assert str(rating).endswith(f"{words}（2020）")


@pytest.mark.parametrize(
    ("on", "precision", "shown"),
    [
        (None, "day", ""),
        (datetime.date(2018, 1, 22), "day", "2018-01-22"),
        (datetime.date(2018, 1, 1), "month", "2018-01"),
        (datetime.date(2018, 1, 1), "year", "2018"),
    ],
)
def test_opened_says_no_more_than_is_known(on, precision, shown):
    home = Institution(opened_on=on, opened_precision=precision)
    home.filed_on, home.filed_precision = on, precision
    home.operating_since, home.operating_since_precision = on, precision
    assert (home.opened, home.filed, home.stopped) == (shown, shown, shown)
    assert Bed(as_of=on, as_of_precision=precision).dated == shown


def test_a_source_is_a_document_or_the_home_itself():
    own = Provenance(kind="own", as_of=DAY, as_of_precision="year")
    cited = Provenance(
        kind="official", document=make_document(title="公告"), as_of=DAY, field="name"
    )

    assert (own.source, own.dated, str(own)) == ("机构填报", "2026", "全部：机构填报，2026")
    assert str(cited) == "name：《公告》，2026-01-01"
