"""Words find homes by name, alias, operator, address, region and sound; each word narrows."""

import datetime
import random

import pytest
from django.http import QueryDict
from opencc import OpenCC
from pypinyin import lazy_pinyin

from institutions.models import Institution, Listing
from institutions.register.listings import refresh
from institutions.search.filters import InstitutionFilter
from institutions.search.memory import snapshot as bitmap_index
from institutions.search.text import match_text
from regions.places.gazetteer import gazetteer
from tests.factories import make_institution, make_region

from . import search_oracle

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(today):
    home = make_institution(
        name="青松岭颐养院",
        aliases="青松岭老人之家\n岭上人家",
        operator="青岭养老服务有限公司",
        address="燕郊镇示例路 8 号",
        region=make_region("131082"),
    )
    refresh([home.pk], today)
    return home


@pytest.mark.parametrize(
    "words",
    [
        "青松岭",
        "岭上人家",
        "青岭养老服务",
        "燕郊",
        "燕郊镇示例路8号",
        "松",
        "三河",
        "廊坊",
        "河北省",
        "廊坊 青松岭",
        "廊坊青松岭",
        "河北廊坊青松岭颐养院",
        "河北·三河",
        "河北省廊坊市三河市",
        "131082",
        "全国青松岭",
        "青松岭，三河",
        " 青松岭 ",
        "青松嶺頤養院",
        "qingsongling",
        "SongLing yiyang",
        "ｑｓｌｙ",
        "qslyyy",
        "sanhe",
        "langfang",
        "hebeilangfang",
        "青松ling",
    ],
)
def test_finds_by(home, words):
    found = match_text(words)
    assert not found.is_alike
    assert Listing.objects.filter(found.condition, pk=home.pk).exists()


@pytest.mark.parametrize("words", ["青松岭 重庆", "重庆青松岭", "燕郊 养老院", "%", "_", "（）"])
def test_does_not_find_by(home, words):
    found = match_text(words)
    assert found.is_alike or not Listing.objects.filter(found.condition, pk=home.pk).exists()


@pytest.mark.parametrize(
    "words", ["青松岭颐养苑", "清松岭", "青松岑颐养院", "三河 青松领", "青松林"]
)
def test_finds_what_is_alike_and_says_so(home, words):
    found = match_text(words)
    assert found.is_alike
    assert Listing.objects.filter(found.condition, pk=home.pk).exists()


@pytest.mark.parametrize("words", ["绝无此名", "重庆 青松领", "北京", "青", "%", "xyzxyz"])
def test_offers_nothing_far_from_what_was_typed(home, words):
    found = match_text(words)
    assert not (found.is_alike and Listing.objects.filter(found.condition, pk=home.pk).exists())


@pytest.mark.parametrize("words", ["青松岑颐养院", "绝无此名也没有别的"])
def test_likeness_is_told_by_few_queries(words, home, django_assert_num_queries):
    with django_assert_num_queries(5):
        # whether regions changed, homes that hold the words, homes that sound alike, how many homes
        # there are, who holds each character and pair
        match_text(words)


@pytest.mark.parametrize(
    ("words", "queries"), [("青松岭", 1), ("青松岑颐养院", 3), ("廊坊 青松岑颐养院", 4)]
)
def test_bitmaps_are_asked_first(words, queries, home, django_assert_num_queries):
    known, bitmaps = gazetteer(), bitmap_index.current()
    with django_assert_num_queries(queries):
        # who holds the words, who sounds so, who lies in the place, who holds each character
        first = match_text(words, known, bitmaps)
    with django_assert_num_queries(0):
        assert match_text(words, known, bitmaps) == first


def test_no_words_narrow_nothing():
    assert Listing.objects.filter(match_text(" ， ").condition).count() == Listing.objects.count()


def test_latin_letters_match_in_either_case(today):
    home = make_institution(name="CareHome颐养院")
    refresh([home.pk], today)
    assert Listing.objects.filter(match_text("carehome").condition, pk=home.pk).exists()


def test_place_in_a_name_is_read_as_the_register_of_regions_says(today):
    home = make_institution(name="长寿区青松岭敬老院", region=make_region("500115"))
    refresh([home.pk], today)
    assert Listing.objects.filter(match_text("changshouqu qsl").condition, pk=home.pk).exists()
    assert not Listing.objects.filter(match_text("zhangshou").condition, pk=home.pk).exists()


def test_former_name_of_a_place_finds_what_succeeded_it(today):
    home = make_institution(name="青松岭敬老院", region=make_region("500157"))
    refresh([home.pk], today)
    assert Listing.objects.filter(match_text("重庆江北区青松岭").condition, pk=home.pk).exists()


def test_edit_is_found_at_once_and_what_is_taken_down_is_not(home, today):
    Institution.objects.filter(pk=home.pk).update(name="白鹭洲颐养院", aliases="")
    refresh([home.pk], today)
    assert not Listing.objects.filter(match_text("青松岭").condition, pk=home.pk).exists()
    assert Listing.objects.filter(match_text("白鹭洲").condition, pk=home.pk).exists()
    Institution.objects.filter(pk=home.pk).update(stage="draft")
    refresh([home.pk], today)
    assert not Listing.objects.filter(match_text("白鹭洲").condition).exists()
    home.delete()
    assert not Listing.objects.filter(match_text("白鹭洲").condition).exists()


# Order


def ids(address: str, on: datetime.date) -> list[int]:
    rows = InstitutionFilter(QueryDict(address), Listing.objects.all(), on).qs
    return list(rows.values_list("pk", flat=True))


def test_exact_name_heads_the_list_then_names_that_begin_so(today):
    names = ("老青松岭", "青松岭颐养院", "青松岭", "山上青松岭")
    homes = [make_institution(name=name, is_demo=name == "青松岭") for name in names]
    refresh([home.pk for home in homes], today)
    old, longer, exact, other = (home.pk for home in homes)
    assert ids("q=青松岭", today) == [exact, longer, old, other]
    assert ids("q=qingsongling", today) == [exact, longer, old, other]
    assert ids("q=北京+青松岭", today) == [exact, longer, old, other]
    assert ids("q=青松岭&sort=fresh", today) == [old, longer, exact, other]


def test_words_as_typed_come_before_the_place_they_begin_with(today):
    named = make_institution(name="廊坊园丁楼", is_demo=True)
    there = make_institution(name="老园丁楼", region=make_region("131082"))
    refresh([named.pk, there.pk], today)
    assert ids("q=廊坊园丁楼", today) == [named.pk, there.pk]


# Against the oracle


@pytest.fixture(scope="module")
def told(django_db_setup, django_db_blocker) -> dict[int, search_oracle.Told]:
    with django_db_blocker.unblock():
        return {
            home.pk: search_oracle.told(home)
            for home in Institution.objects.published().with_parts()
        }


def draw(rng: random.Random) -> str:
    """Something somebody might type: parts of what the register holds, bent in some way."""
    home = Institution.objects.order_by("pk")[rng.randrange(Institution.objects.count())]
    source = rng.choice(
        [home.name, home.name, home.aliases, home.operator, home.address, home.region.name]
    )
    text = source or home.name
    start = rng.randrange(len(text))
    part = text[start : start + rng.choice((1, 2, 2, 3, 4, 6, 40))]
    place = rng.choice(
        [home.region.name, home.region.short_name, home.region.full_name, "重庆", "朝阳"]
    )
    sounds = lazy_pinyin(part)
    match rng.randrange(9):
        case 0:
            return part
        case 1:
            return text
        case 2:
            return OpenCC("s2t").convert(part)
        case 3:
            return "".join(sounds)
        case 4:
            return "".join(sound[0] for sound in sounds).upper()
        case 5:
            return f"{place}{rng.choice(('', ' ', '·'))}{part}"
        case 6:
            return text.replace(rng.choice(text), rng.choice("园苑大云燕院老之"), 1)
        case 7:
            return f"{part}{rng.choice(' （-%_')}{rng.choice(('养', '养老', 'yl', '1', place))}"
        case _:
            return "".join(
                rng.choice("养老院燕达 a1'\"*:\\&|!()#=\0") for _ in range(rng.randint(1, 6))
            )


@pytest.mark.parametrize("seed", range(40))
def test_random_search_equals_brute_force(seed, told, today):
    check(seed, told, today)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(1_000, 1_500))
def test_random_search_equals_brute_force_at_length(seed, told, today):
    check(seed, told, today)


def check(seed: int, told: dict[int, search_oracle.Told], today: datetime.date) -> None:
    text = draw(random.Random(f"search {seed}")).replace("\0", " ")
    expected, is_alike = search_oracle.find(told, text)
    found = match_text(text)
    rows = Listing.objects.filter(found.condition)
    query = QueryDict(mutable=True)
    query["q"] = text
    asked = InstitutionFilter(query, Listing.objects.all(), today)
    assert asked.form.errors or list(asked.qs.values_list("pk", flat=True)) == expected, text
    assert set(rows.values_list("pk", flat=True)) == set(expected), text
    assert found.is_alike == is_alike, text
