"""供需对接: scope, steps of five, and nothing to be had by subtraction."""

import datetime
import itertools
import re
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from django.test import Client

from institutions.admin.balance import Balance, DemandStep
from institutions.models import Demand
from institutions.register.listings import refresh
from regions.models import RegionGroup, StaffMember
from tests.factories import make_bed, make_institution, make_region, make_user

pytestmark = pytest.mark.django_db

PAGE = "/admin/balance/"
CHAOYANG, FENGTAI, SANHE, BEIJING = "110105", "110106", "131082", "110000"


def staff(role: str, region: str) -> AbstractUser:
    user = make_user(is_staff=True)
    StaffMember.objects.create(user=user, role=role, region=make_region(region))
    return user


def ask(today: datetime.date, times: int, to: str, ago: int = 0, **what: str) -> None:
    on = today - datetime.timedelta(ago)
    Demand.objects.create(on=on, destination=to, times=times, **what)


@pytest.fixture
def _asked(today: datetime.date) -> None:
    """12 for 朝阳区, 4 for 丰台区, 7 for 北京 without a county, 30 for 三河, 9 for a group."""
    for code in (CHAOYANG, FENGTAI, SANHE):
        make_region(code)
    ask(today, 9, CHAOYANG, origin="130000", ability="3", budget="5000")
    ask(today, 3, CHAOYANG, ago=40, origin="110000", ability="0")
    ask(today, 4, FENGTAI)
    ask(today, 7, BEIJING)
    ask(today, 30, SANHE)
    ask(today, 9, RegionGroup.objects.get(name="京津冀").slug)
    ask(today, 50, "")


@pytest.fixture
def _free(today: datetime.date) -> None:
    """朝阳区: 5 real beds, 8 demo beds, one home with an old figure, one closed, one draft."""
    fresh, old = today - datetime.timedelta(90), today - datetime.timedelta(91)
    rows: list[tuple[int, datetime.date, dict[str, Any]]] = [
        (5, fresh, {}),
        (8, fresh, {"is_demo": True}),
        (100, old, {}),
        (200, fresh, {"operating": "planned"}),
        (400, fresh, {"stage": "draft"}),
    ]
    for beds, as_of, changes in rows:
        home = make_institution(region=make_region(CHAOYANG), **changes)
        make_bed(home, category="nursing", room="twin", vacant=beds, as_of=as_of)
        refresh([home.pk], on=today)


def seen(user: AbstractUser, on: datetime.date, days: int = 90) -> dict[str, str]:
    shown = Balance(user, on, days)
    return {place.label: str(place.asked) for place in [*shown.counties, *shown.wider]}


@pytest.mark.usefixtures("_asked")
@pytest.mark.parametrize(
    ("role", "region", "own"),
    [
        ("clerk", CHAOYANG, {"北京市朝阳区"}),
        ("province", BEIJING, {"北京市朝阳区", "北京市丰台区", "北京市"}),
        (
            "national",
            "000000",
            {"北京市朝阳区", "北京市丰台区", "北京市", "河北省廊坊市三河市", "京津冀"},
        ),
    ],
)
def test_one_sees_the_places_of_one_s_post(today, role, region, own):
    shown = seen(staff(role, region), today)
    asked = {label: text for label, text in shown.items() if label in own or text != "<5 次"}
    whole = {
        "北京市朝阳区": "10 次以上",
        "北京市丰台区": "<5 次",
        "北京市": "5 次以上",
        "河北省廊坊市三河市": "30 次以上",
        "京津冀": "5 次以上",
    }
    assert asked == {label: whole[label] for label in own}


@pytest.mark.parametrize(
    ("times", "said"),
    [(0, "<5 次"), (4, "<5 次"), (5, "5 次以上"), (9, "5 次以上"), (1234, "1,230 次以上")],
)
def test_counts_are_told_in_steps_downwards(times, said):
    assert str(DemandStep.from_count(times)) == said


def test_no_small_count_follows_from_what_is_shown():
    """Every way to fill three counties with up to 14 is compared with what the page would say.

    For each page there are at least two fillings that differ in any county that it shows as <5.
    """
    pages: dict[tuple[int, ...], list[tuple[int, ...]]] = {}
    for counts in itertools.product(range(15), repeat=3):
        cells = tuple(DemandStep.from_count(times).least for times in counts)
        pages.setdefault((*cells, sum(cells)), []).append(counts)
    for page, fillings in pages.items():
        for at in range(3):
            if page[at] == 0:
                assert {counts[at] for counts in fillings} == set(range(5))


@pytest.mark.usefixtures("_asked")
def test_neither_totals_nor_periods_can_be_subtracted(client: Client, today):
    client.force_login(staff("province", BEIJING))
    text = client.get(PAGE, {"days": "90"}).content.decode()

    # 10 of 朝阳区 and 5 of 北京; the 4 of 丰台区 are in no sum.
    assert "合计至少 15 次" in text
    told = {int(n) for n in re.findall(r"(\d+) 次以上</td>", text)}
    assert all(n % 5 == 0 for n in told)
    # 9 in 30 days and 12 in 90 would give the 3 between.
    assert "5 次以上" in seen(staff("clerk", CHAOYANG), today, 30)["北京市朝阳区"]
    assert not re.search(r">(3|4|9|12|23) 次", text)


@pytest.mark.usefixtures("_asked")
def test_what_kind_is_asked_for_is_of_one_s_places_too(today):
    kinds = dict(Balance(staff("clerk", CHAOYANG), today, 90).kinds)
    levels = {word: str(asked) for word, asked in kinds["能力等级"]}
    assert [asked for asked in levels.values() if asked != "<5 次"] == ["5 次以上"]
    assert [(w, str(a)) for w, a in kinds["户籍在哪个省"]] == [
        ("河北省", "5 次以上"),
        ("其余各省，和没有说的", "<5 次"),
    ]
    assert len(kinds["每月预算"]) == len(Demand.Budget) + 1


@pytest.mark.usefixtures("_free")
def test_beds_are_of_open_published_homes_with_a_young_figure(today):
    (place,) = [
        place for place in Balance(staff("clerk", CHAOYANG), today, 30).counties if place.bars
    ]
    before = (place.free.beds, place.free.demo_beds)
    # The shipped register has homes here too: what counts is what the five add.
    added = make_institution(region=make_region(CHAOYANG))
    make_bed(added, category="nursing", room="single", vacant=2, as_of=today)
    refresh([added.pk], on=today)
    (place,) = Balance(staff("clerk", CHAOYANG), today, 30).counties
    assert (place.free.beds, place.free.demo_beds) == (before[0] + 2, before[1])
    assert before[0] >= 5
    assert before[1] >= 8
    assert {bar.tone for bar in place.bars} == {"val", "alt"}
    assert before[0] < 100


def test_a_county_where_no_home_told_is_unknown_and_not_nought(client: Client, today):
    # 拉萨市城关区: nobody there is in the shipped register.
    ask(today, 5, "540102")
    client.force_login(staff("clerk", "540102"))
    page = client.get(PAGE)
    (place,) = page.context["places"]
    assert (place.free.beds, place.free.demo_beds) == (None, None)
    assert "未公布</td>" in page.content.decode()
    assert "0 张" not in page.content.decode()


@pytest.mark.usefixtures("_asked", "_free")
def test_the_page(client: Client, django_assert_max_num_queries):
    client.force_login(staff("national", "000000"))
    client.get(PAGE)
    # 1-3 session, user, phone, 4 post, 5 regions, 6-7 groups, 8 times, 9 beds, 10-13 kinds,
    # 14-16 permissions and sidebar
    with django_assert_max_num_queries(16):
        page = client.get(PAGE, {"days": "365"})
    text = page.content.decode()
    assert "京津冀" in text
    assert "示例数据" in text
    assert 'aria-current="true">365 天' in text
    assert "style=" not in re.sub(r"<(head|nav|header).*?</\1>", "", text, flags=re.S)


@pytest.mark.parametrize(
    "query", [{"days": "7"}, {"days": "\0"}, {"days": "9" * 400}, {"page": "x"}, {"page": "-1"}]
)
def test_odd_queries_show_the_usual_page(client: Client, query):
    client.force_login(staff("clerk", CHAOYANG))
    page = client.get(PAGE, query)
    assert page.context["balance"].days == 90


def test_it_is_for_staff_with_a_post(client: Client):
    assert client.get(PAGE).status_code == 302
    client.force_login(make_user(is_staff=True))
    assert client.get(PAGE).status_code == 403


def test_a_day_to_come_and_a_day_too_old_do_not_count(today):
    ask(today, 20, CHAOYANG, ago=-1)
    ask(today, 20, CHAOYANG, ago=30)
    user = staff("clerk", CHAOYANG)
    assert set(seen(user, today, 30).values()) <= {"<5 次"}
    assert seen(user, today, 90)["北京市朝阳区"] == "20 次以上"
