"""Rows for tests. Every function takes the fields that matter to the test as keyword arguments."""

import datetime
import itertools
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser

from institutions.models import (
    Bed,
    ContractTerms,
    Designation,
    Fee,
    Institution,
    MedicalLink,
    Phone,
    Photo,
    Provenance,
    QualityRecord,
    Rating,
    Service,
    StaffFigure,
)
from regions.models import Document, Grade, Region

_numbers = itertools.count(1)
# Enough of the map for most tests; the shipped regions win where they are loaded.
NAMES = {
    "000000": "全国",
    "110000": "北京市",
    "110105": "朝阳区",
    "130000": "河北省",
    "131000": "廊坊市",
    "131082": "三河市",
    "500000": "重庆市",
    "500103": "渝中区",
}


def make_region(code: str = "110105", **changes: Any) -> Region:
    """The region of this code with its ancestors; shipped rows are taken as they are."""
    level, parent = 0, None
    if code != "000000":
        level = 3 if code[4:] != "00" else 2 if code[2:4] != "00" else 1
        parents = {1: "000000", 2: code[:2] + "0000", 3: code[:4] + "00"}
        above = parents[level]
        if level == 3 and not Region.objects.filter(code=above).exists() and above not in NAMES:
            above = parents[2]
        parent = make_region(above)
    defaults = {"name": NAMES.get(code, f"地区{code}"), "level": level, "parent": parent}
    return Region.objects.get_or_create(code=code, defaults=defaults | changes)[0]


def make_document(**changes: Any) -> Document:
    fields = {
        "slug": f"test-{next(_numbers)}",
        "title": "测试公告",
        "kind": Document.Kind.NOTICE,
        "grade": Grade.OFFICIAL,
        "issued_on": datetime.date(2026, 1, 5),
    }
    return Document.objects.create(**fields | changes)


def make_user(**changes: Any) -> AbstractUser:
    """A user who cannot sign in with a password; `client.force_login` does for tests."""
    fields = {"username": f"user{next(_numbers)}"} | changes
    user: AbstractUser = get_user_model().objects.create(**fields)
    return user


def make_institution(**changes: Any) -> Institution:
    """A published institution of 朝阳区 that says nothing of itself but its name."""
    fields: dict[str, Any] = {
        "name": f"测试养老院{next(_numbers)}",
        "stage": Institution.Stage.PUBLISHED,
    }
    if not {"region", "region_id"} & changes.keys():
        fields["region"] = make_region()
    return Institution.objects.create(**fields | changes)


def make_bed(institution: Institution, **changes: Any) -> Bed:
    fields: dict[str, Any] = {"as_of": datetime.date(2026, 11, 1)}
    return Bed.objects.create(institution=institution, **fields | changes)


def make_fee(institution: Institution, kind: str, amount: int, **changes: Any) -> Fee:
    """`amount` is fen."""
    return Fee.objects.create(institution=institution, kind=kind, amount=amount, **changes)


def make_whole_institution(**changes: Any) -> Institution:
    """A demo institution with at least one row of every part; 5,100 yuan a month for all levels."""
    home = make_institution(
        **{
            "is_demo": True,
            "kind": Institution.Kind.RESIDENTIAL,
            "ownership": Institution.Ownership.PRIVATE,
            "operating": Institution.Operating.OPEN,
            "address": "示例路 1 号",
            "longitude": 116.44,
            "latitude": 39.92,
            "opened_on": datetime.date(2015, 6, 1),
            "takes_level_0": True,
            "takes_level_4": False,
        }
        | changes
    )
    document = make_document(kind=Document.Kind.DEMO, title="示例数据")
    day = datetime.date(2026, 1, 1)
    Phone.objects.create(institution=home, number="000-12345678", purpose="入住咨询")
    Service.objects.create(institution=home, kind=Service.Kind.MEALS, capacity=30)
    make_bed(home, category="nursing", room="twin", registered=80, operating=60, vacant=5)
    make_bed(home, category="ordinary", room="single", registered=20)
    make_fee(home, Fee.Kind.BED, 2_000_00, room="twin")
    make_fee(home, Fee.Kind.BED, 3_000_00, room="single", valid_from=day)
    make_fee(home, Fee.Kind.MEALS, 1_100_00)
    make_fee(home, Fee.Kind.CARE, 2_000_00)
    ContractTerms.objects.create(institution=home, trial_days=7, refund_rule="七天内全退")
    MedicalLink.objects.create(institution=home, mode="contract", partner="示例医院")
    Designation.objects.create(
        institution=home, kind="ltci", region=home.region, document=document, valid_from=day
    )
    Rating.objects.create(institution=home, scheme="national", level=4, year=2024)
    QualityRecord.objects.create(institution=home, kind="fire", result="合格", on=day)
    StaffFigure.objects.create(
        institution=home, role="care_worker", headcount=20, certified=15, as_of=day
    )
    Photo.objects.create(institution=home, image="photos/2026/01/example.jpg", alt="大门")
    Provenance.objects.create(institution=home, kind="demo", document=document, as_of=day)
    Provenance.objects.create(
        institution=home,
        field="beds/nursing/twin",
        kind="own",
        as_of=day,
        verified_on=day,
        verified_by=make_user(),
        verified_how="phone",
    )
    return home
