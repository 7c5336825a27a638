"""The shipped institutions: demo sums meet the reports, real homes carry nothing invented."""

import csv
import json
import lzma
import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db.models import ForeignKey, Model, OneToOneField, QuerySet, Sum

from institutions.models import Bed, Institution, MedicalLink, Phone, Provenance, Rating
from institutions.models.institution import PARTS
from institutions.validators import validate_credit_code
from regions.models import Region

pytestmark = pytest.mark.django_db
FIXTURES = settings.BASE_DIR / "fixtures"
# A report names a person with what he or she is; the list holds every such word that the five
# reports and the notices could use. None stands in any text of an institution, so no name does.
INTRODUCES_A_PERSON = re.compile(
    "记者|通讯员|[局处科司厅部市区县镇村]长|主任|书记|[副院园校]长|理事长|董事长|总经理|负责人|法人代表"
    "|教授|专家|研究员|护士长|先生|女士|小姐|同志|[爷奶]{2}|大[爷妈娘叔]|阿姨|老伴|岁的"
)


def demo(code: str) -> QuerySet[Institution]:
    return Institution.objects.demo().in_regions(Region.objects.get(pk=code))


def total(homes: QuerySet[Institution], count: str, **beds: str) -> int:
    found: int = Bed.objects.filter(institution__in=homes, **beds).aggregate(n=Sum(count))["n"]
    return found


def linked(homes: QuerySet[Institution], **link: str) -> int:
    found = MedicalLink.objects.filter(institution__in=homes, **link)
    return found.values("institution").distinct().count()


# The demo homes alone meet the reports. The figures are written out here as the reports print
# them, apart from the file that the demo set is built from.


def test_chongqing_2018() -> None:
    homes = demo("500000")
    assert homes.count() == 1400
    assert homes.filter(kind="welfare_home").count() == 67
    assert homes.filter(kind="jinglaoyuan").count() == 948
    assert homes.filter(ownership__in=["private", "private_subsidised"]).count() == 385
    assert total(homes, "registered") == 212_000
    assert linked(homes) == 473


def test_every_county_of_chongqing_has_homes_of_every_kind_and_none_stands_in_an_old_one() -> None:
    counties = set(Region.objects.current().filter(parent="500000").values_list("pk", flat=True))
    assert len(counties) == 37
    for kind in ("welfare_home", "jinglaoyuan", "residential_care"):
        found = demo("500000").filter(kind=kind)
        assert set(found.values_list("region", flat=True)) == counties


def test_jiaozuo_2019() -> None:
    homes = demo("410800")
    assert homes.filter(kind="yiyang_center").count() == homes.count() == 45
    assert homes.filter(operating="open").count() == 32
    assert homes.filter(operating="planned").count() == 13
    assert total(homes, "registered") == 2_819
    assert total(homes, "occupied") == 1_192
    assert total(homes, "occupied", category="safety_net") == 455
    assert not Bed.objects.filter(institution__in=homes.filter(operating="planned")).exists()


def test_chaoyang_2023() -> None:
    homes = demo("110105")
    assert homes.count() == 81
    share = total(homes, "registered", category="nursing") / total(homes, "registered")
    assert 0.69 <= share < 0.70
    assert linked(homes, mode="embedded") == 46
    assert linked(homes) == 81


def test_beidaihe_2023() -> None:
    homes = demo("130304")
    assert homes.count() == 40
    assert total(homes, "registered") > 10_000
    assert not homes.exclude(takes_sojourn=True).exists()


def test_around_beijing_both_paths_of_subsidy_and_both_medical_cases_are_there() -> None:
    elsewhere = Institution.objects.demo().exclude(pk__in=demo("110105") | demo("130304"))
    codes = Region.objects.filter(pk__regex="^1[123]").values("pk")
    homes = elsewhere.filter(region__in=codes)
    assert 140 <= homes.count() <= 180
    for part in ("11", "12", "13"):
        assert homes.filter(region__pk__startswith=part).count() >= 30
    outside = homes.exclude(region__pk__startswith="11")
    listed = outside.filter(designations__kind="subsidy_list", designations__region="110000")
    assert listed.count() > 20
    assert outside.exclude(pk__in=listed).count() > 20
    clinics = MedicalLink.objects.filter(institution__in=outside, mode="embedded")
    assert clinics.filter(designated=True, networked=True).count() > 10
    assert clinics.exclude(networked=True).count() > 10
    for region in ("120000", "500000"):
        designated = Institution.objects.demo().filter(designations__kind="ltci")
        assert designated.filter(designations__region=region).exists()


def test_searches_have_something_to_find(today) -> None:
    homes = Institution.objects.demo()
    for field in ("takes_nonlocal", "takes_dementia", "meets_oxygen", "meets_dialysis"):
        assert set(homes.values_list(field, flat=True)) == {True, False, None}
    listed = homes.filter(listing__price_from__isnull=False)
    assert 500 < listed.count() < homes.count() - 300
    ages = [(today - bed.as_of).days for bed in Bed.objects.filter(vacant__isnull=False)]
    assert min(ages) > 0
    assert sum(age <= 7 for age in ages) > 200
    assert sum(7 < age <= 90 for age in ages) > 200
    assert sum(age > 90 for age in ages) > 200


# Nobody can take a demo home for a real one


def test_demo_homes_say_so_everywhere() -> None:
    homes = Institution.objects.demo()
    assert not homes.exclude(name__startswith="示例·").exists()
    assert not homes.exclude(address__contains="示例路").exists()
    assert not homes.exclude(operator="").exists()
    assert not Provenance.objects.filter(institution__in=homes).exclude(kind="demo").exists()
    sourced = homes.filter(provenance__field="", provenance__document__slug="demo-data")
    assert sourced.count() == homes.count()
    assert not Institution.objects.real().filter(name__contains="示例").exists()


def test_demo_phones_cannot_be_dialled() -> None:
    phones = Phone.objects.filter(institution__is_demo=True)
    assert phones.count() > 1_000
    assert not any(phone.dialable for phone in phones)


def test_demo_credit_codes_are_well_formed_and_nobodys() -> None:
    codes = Institution.objects.demo().exclude(credit_code="").values_list("credit_code", flat=True)
    assert len(codes) > 1_000
    for code in codes:
        validate_credit_code(code)
        assert code[2:8] == "000000"


# A real home carries only what a source says


def test_no_real_home_carries_an_invented_figure() -> None:
    homes = Institution.objects.real()
    assert homes.count() == 39
    for part in ("phones", "beds", "fees", "terms", "staff_figures", "quality_records", "photos"):
        assert not homes.filter(**{f"{part}__isnull": False}).exists(), part
    for field in ("credit_code", "ownership", "operating", "website", "operator"):
        assert not homes.exclude(**{field: ""}).exists(), field
    for field in ("longitude", "opened_on", "filed_on", "takes_level_0", "takes_level_4"):
        assert not homes.filter(**{f"{field}__isnull": False}).exists(), field


def test_every_thing_said_of_a_real_home_has_a_source_of_its_own() -> None:
    ours = {"id", "is_demo", "stage", "version", "created_at", "updated_at"}
    names = [field.name for field in Institution._meta.fields]
    fields = [n for n in names if n not in ours and not n.endswith("_precision")]
    for home in Institution.objects.real().with_parts():
        said = {name for name in fields if getattr(home, name) not in ("", None)}
        said |= {f"ratings/{r.scheme}/{r.year}" for r in home.ratings.all()}
        said |= {f"medical_links/{link.mode}" for link in home.medical_links.all()}
        said |= {f"designations/{row.kind}" for row in home.designations.all()}
        said |= {f"services/{row.kind}" for row in home.services.all()}
        sources = {row.field: row for row in home.provenance.all()}
        assert set(sources) == said, home
        assert not any(row.document.slug == "demo-data" for row in sources.values())


def test_the_rated_homes_are_those_of_the_notices() -> None:
    with (FIXTURES / "sources" / "star_ratings_bj2020_cq2019.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    rated = Institution.objects.real().filter(ratings__isnull=False).distinct()
    assert {home.name for home in rated} == {row["name"].rstrip("。") for row in rows}
    assert rated.count() == 28
    assert Rating.objects.filter(institution__in=rated).count() == len(rows) == 32
    two_schemes = Institution.objects.get(name="重庆市第一社会福利院").ratings.order_by("scheme")
    assert [str(rating) for rating in two_schemes] == [
        "重庆社区养老叶级 五叶级（2019）",
        "重庆养老机构等级 五星级（2019）",
    ]


def test_both_spellings_of_qinggang_are_one_home() -> None:
    home = Institution.objects.real().get(name__contains="青杠")
    assert home.region_id == "500120"
    assert "重庆医科大学附属第一医院青杠老年护养中心" in home.aliases.splitlines()
    link = home.medical_links.get()
    assert (link.mode, link.partner) == ("hospital_run", "重庆医科大学附属第一医院")


def test_the_three_first_pilot_homes_are_known_to_beijing() -> None:
    pilots = Institution.objects.real().filter(
        designations__kind="pilot",
        designations__region="110000",
        designations__document__slug="jjj-pilot-institutions-2016",
    )
    assert set(pilots.values_list("region", flat=True)) == {"131082", "120114", "130684"}


def test_gaobeidian_in_chaoyang_is_not_gaobeidian_in_hebei() -> None:
    homes = Institution.objects.real().filter(name__contains="高碑店").order_by("region")
    assert [home.region_id for home in homes] == ["110105", "130684"]


# Both


@pytest.mark.no_cover
def test_no_person_is_named() -> None:
    for name in ("institutions.json", "demo.json.xz"):
        for text in texts(rows_of(FIXTURES / name)):
            assert not INTRODUCES_A_PERSON.search(text), text


def test_a_named_person_would_be_found() -> None:
    for text in ("记者某某", "院长某某说", "张奶奶", "81 岁的某某", "某某先生"):
        assert INTRODUCES_A_PERSON.search(text)


@pytest.mark.no_cover
def test_every_field_passes_its_validators() -> None:
    """The loader writes in bulk and validates nothing; uniqueness the database has kept."""
    homes = Institution.objects.prefetch_related(*PARTS)
    for home in homes:
        for row in (home, *parts_of(home)):
            row.full_clean(
                exclude=[f.name for f in row._meta.fields if isinstance(f, ForeignKey)],
                validate_unique=False,
                validate_constraints=False,
            )


@pytest.mark.no_cover
def test_every_real_home_passes_every_check() -> None:
    for home in Institution.objects.real().with_parts():
        for row in (home, *parts_of(home)):
            row.full_clean()


def parts_of(home: Institution) -> Iterator[Model]:
    for name in PARTS:
        if not isinstance(Institution._meta.get_field(name).field, OneToOneField):
            yield from getattr(home, name).all()
        elif hasattr(home, name):
            yield getattr(home, name)


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("script", "name"),
    [("build_institutions.py", "institutions.json"), ("build_demo.py", "demo.json.xz")],
)
def test_the_committed_file_is_what_its_script_makes(
    script: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(FIXTURES))
    built = runpy.run_path(str(FIXTURES / script))["build"]()
    assert built == rows_of(FIXTURES / name)


def test_loaddata_takes_the_files_too(tmp_path: Path) -> None:
    rows = rows_of(FIXTURES / "demo.json.xz")
    names = {row["fields"]["name"] for row in rows[:20]}
    cut = [row for row in rows if names & set(owner(row))]
    (tmp_path / "demo.json").write_text(json.dumps(cut))
    Institution.objects.real().delete()
    Institution.objects.filter(name__in=names).delete()
    files = [FIXTURES / name for name in ("documents.json", "facts.json", "institutions.json")]
    call_command("loaddata", *files, tmp_path / "demo.json", verbosity=0)
    assert Institution.objects.real().count() == 39
    assert Institution.objects.filter(name__in=names).count() == 20
    beds = [row for row in cut if row["model"] == "institutions.bed"]
    assert Bed.objects.filter(institution__name__in=names).count() == len(beds)


def owner(row: dict[str, Any]) -> list[str]:
    return row["fields"].get("institution") or [row["fields"]["name"]]


def rows_of(path: Path) -> list[dict[str, Any]]:
    content = path.read_bytes()
    rows: list[dict[str, Any]] = json.loads(
        lzma.decompress(content) if path.suffix == ".xz" else content
    )
    return rows


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
