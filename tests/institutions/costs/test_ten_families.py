"""Ten families through every door: what follows, a home's ledger, results by net, and the API."""

import re
from dataclasses import dataclass

import pytest

from institutions.models import Listing, ListingDesignation
from institutions.register.listings import mark_changed
from tests.institutions.pages.test_institution_page import Outline

pytestmark = pytest.mark.django_db
FEE = 500_000


@dataclass(frozen=True)
class Family:
    """An address, where they go, and the yuan a month that must stand at every door."""

    name: str
    query: str
    place: str
    to_elder: float
    on_bill: float = 0
    on: str = "2026-06-01"
    two_stars: bool = False
    lines: tuple[tuple[str, str], ...] = ()

    @property
    def address(self) -> str:
        level = "" if "gbt42195" in self.query else "&e_ability=gbt42195:0"
        return f"{self.query}{level}&on={self.on}"

    @property
    def to_pay(self) -> int:
        return FEE - round(100 * (self.to_elder + self.on_bill))


BEIJING = "e_hukou=110000&e_ability=beijing:0"
VOUCHER = "e_hukou=370000&e_age=75&e_status=none&e_disability=none&e_ability=gbt42195:2"
FAMILIES = [
    Family(
        "北京特困去三河",
        "e_hukou=110000&e_age=1945-01&e_status=extreme_hardship&e_disability=limb:1"
        "&e_ability=beijing:3",
        "131082",
        100,
        lines=(("bj-08", "no"), ("bj-09", "no"), ("bj-11", "confirm"), ("bj-07", "confirm")),
    ),
    Family(
        "低收入重残",
        f"{BEIJING}&e_age=1956-01&e_status=low_income&e_disability=limb:2",
        "131082",
        1550,
        lines=(("bj-08", "yes"), ("bj-13", "confirm")),
    ),
    Family(
        "计生 1932 年生",
        f"{BEIJING}&e_age=1932-05&e_status=child_deceased&e_disability=none",
        "131082",
        600,
        lines=(("bj-10", "confirm"),),
    ),
    Family(
        "大渡口 101 岁",
        "e_hukou=500104&e_age=101&e_status=none&e_disability=none",
        "500104",
        500,
        lines=(("cq-08", "yes"), ("cq-04", "no")),
    ),
    Family(
        "河北职工参保",
        "e_hukou=131082&e_age=75&e_status=none&e_disability=none&e_insured=131000"
        "&e_scheme=employee&e_ltci=ltci:3",
        "131082",
        0,
        lines=(("he-03", "confirm"), ("cn-02", "no")),
    ),
    Family(
        "外地人在北京，没有居住证",
        "e_hukou=130000&e_age=70&e_status=none&e_permit=no&e_disability=none&e_ability=gbt42195:3",
        "110105",
        0,
        lines=(("cn-01-bj", "no"), ("cn-01", "no")),
    ),
    Family(
        "有居住证",
        "e_hukou=130000&e_age=70&e_status=none&e_permit=yes&e_disability=none&e_ability=gbt42195:3",
        "110105",
        0,
        800,
        lines=(("cn-01-bj", "yes"),),
    ),
    Family("消费补贴最后一天", VOUCHER, "131082", 0, 800, on="2026-12-31"),
    Family("消费补贴到期", VOUCHER, "131082", 0, 0, on="2027-01-01", lines=(("cn-01", "ended"),)),
    Family(
        "户籍迁到大渡口",
        f"{BEIJING}&e_left=2026-05-10&e_hukou_now=500104&e_age=101&e_status=subsistence"
        "&e_disability=none",
        "500104",
        800,
        on="2026-08-01",
        lines=(("bj-03", "ended"), ("cq-08", "yes"), ("cq-04", "yes")),
    ),
    Family(
        "工伤护理费",
        f"{BEIJING}&e_age=1951-01&e_status=subsistence&e_status=work_injury_care"
        "&e_disability=limb:1",
        "131082",
        0,
        lines=(("bj-09", "no"), ("bj-13", "yes")),
    ),
    Family(
        "低保失能住北京二星级",
        "e_hukou=110000&e_age=1941-03&e_status=subsistence&e_disability=none&e_ability=beijing:3",
        "110105",
        4000,
        two_stars=True,
        lines=(("bj-07", "yes"),),
    ),
    Family("什么都不知道", "", "131082", 0, lines=(("bj-03", "unknown"), ("cn-01", "no"))),
]


@pytest.fixture
def home(request) -> Listing:
    """A home in the family's place at 5,000 yuan a month whatever the level."""
    family: Family = request.getfixturevalue("family")
    listing = Listing.objects.filter(is_demo=True, price_0__isnull=False)[0]
    figures = {f"care_{level}": 0 for level in range(5)}
    figures |= {f"bed_{level}": FEE for level in range(5)}
    figures |= {f"price_{level}": FEE for level in range(5)}
    Listing.objects.filter(pk=listing.pk).update(
        region=family.place, meals=0, refuses=0, price_from=FEE, **figures
    )
    listing.institution.__class__.objects.filter(pk=listing.pk).update(region=family.place)
    Listing.objects.filter(region=family.place).exclude(pk=listing.pk).delete()
    ListingDesignation.objects.filter(listing=listing.pk).delete()
    if family.two_stars:
        ListingDesignation.objects.create(
            listing_id=listing.pk, kind="bj_star2", region_id="110000"
        )
    mark_changed([listing.pk])
    return Listing.objects.get(pk=listing.pk)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_door_says_the_same(client, family: Family, home: Listing) -> None:
    estimate = client.get(f"/api/v1/estimate?home={home.pk}&{family.address}").json()
    assert (estimate["on"], estimate["to_elder_fen"]) == (family.on, round(100 * family.to_elder))
    assert estimate["on_bill_fen"] == round(100 * family.on_bill)
    assert estimate["net"]["to_pay_fen"] == family.to_pay
    answers = {line["policy"]["slug"]: line["answer"] for line in estimate["lines"]}
    assert {(slug, answers[slug]) for slug, _ in family.lines} == set(family.lines)

    for address in (f"/follow/?home={home.pk}&", f"/institutions/{home.pk}/?"):
        shown = client.get(f"{address}{family.address}").content.decode()
        Outline(shown)
        assert re.search(rf"<b>{family.to_pay // 100:,}</b><small>元/月", shown), address

    found = f"/institutions/?region={family.place}&basis=net&sort=net&{family.address}"
    listed = client.get(found).content.decode()
    assert re.search(rf"<b>{family.to_pay // 100:,}</b><small>元/月", listed)


@pytest.mark.parametrize(
    "family", [f for f in FAMILIES if f.on_bill and f.on < "2027"], ids=lambda f: f.name
)
def test_the_last_day_of_the_voucher_stands_in_the_headline(client, family, home) -> None:
    estimate = client.get(f"/api/v1/estimate?home={home.pk}&{family.address}").json()
    after = family.to_pay + round(100 * family.on_bill)
    assert (estimate["ends_on"], estimate["to_pay_after_fen"]) == ("2026-12-31", after)
    shown = client.get(f"/institutions/{home.pk}/?{family.address}").content.decode()
    assert '<time datetime="2026-12-31">2026-12-31</time>；之后每月' in shown
    assert f'<data value="{after}">{after // 100:,}</data> 元' in shown
