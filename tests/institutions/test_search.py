"""Words find homes by name, alias, operator, address and region; each word narrows."""

import pytest

from institutions.listings import refresh
from institutions.models import Listing
from institutions.search import matching
from tests.factories import make_institution, make_region

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
        "三河",
        "廊坊",
        "河北省",
        "廊坊 青松岭",
        "河北·三河",
        "河北省廊坊市三河市",
        "青松岭，三河",
        " 青松岭 ",
    ],
)
def test_finds_by(home, words):
    assert Listing.objects.filter(matching(words), pk=home.pk).exists()


@pytest.mark.parametrize("words", ["青松岭 重庆", "青松林", "燕郊 养老院", "%", "_"])
def test_does_not_find_by(home, words):
    assert not Listing.objects.filter(matching(words), pk=home.pk).exists()


def test_no_words_narrow_nothing():
    assert Listing.objects.filter(matching(" ， ")).count() == Listing.objects.count()


def test_latin_letters_match_in_either_case(today):
    home = make_institution(name="CareHome颐养院")
    refresh([home.pk], today)
    assert Listing.objects.filter(matching("carehome"), pk=home.pk).exists()
