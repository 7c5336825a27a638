"""What a place name or code means, and what lies in a region."""

import pytest

from regions.models import Region
from regions.models.region import lies_within

pytestmark = pytest.mark.django_db


def code(text: str, context: str | None = None) -> str:
    place = Region.objects.get(pk=context) if context else None
    return Region.objects.resolve(text, place).code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("000000", "000000"),
        ("全国", "000000"),
        ("110105", "110105"),
        ("110105001", "110105"),
        ("110105001001", "110105"),
        ("710000", "710000"),
        ("台湾", "710000"),
        ("台湾省", "710000"),
        ("河北省廊坊市三河市", "131082"),
        ("河北·廊坊", "131000"),
        ("廊坊 三河", "131082"),
        ("河北省/三河市", "131082"),
        ("三河", "131082"),
        ("北京朝阳区", "110105"),
        ("北京市朝阳", "110105"),
        ("重庆城口县", "500229"),
        ("新疆维吾尔自治区博尔塔拉蒙古自治州阿拉山口市", "652702"),
        ("河南济源", "419001"),
        ("高碑店", "130684"),
        ("长寿", "500115"),
    ],
)
def test_current_regions(text: str, expected: str) -> None:
    assert code(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("500105", "500157"),
        ("500112", "500157"),
        ("500105001000", "500157"),
        ("重庆市江北区", "500157"),
        ("重庆渝北", "500157"),
        ("渝北区", "500157"),
        ("500381", "500116"),  # 江津市 in 重庆
        ("510282", "500116"),  # 江津市 in 四川, before
        ("江津市", "500116"),
        ("四川省江津市", "500116"),
        ("110103", "110101"),
        ("崇文区", "110101"),
        ("北京市宣武区", "110102"),
        ("通县", "110112"),
        ("天津武清县", "120114"),
    ],
)
def test_former_regions_lead_to_their_successors(text: str, expected: str) -> None:
    assert code(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("河北", "130000"),  # the province, not the district of 天津
        ("河北区", "120105"),
        ("天津市河北区", "120105"),
        ("天津河北", "120105"),
        ("吉林", "220000"),
        ("吉林市", "220200"),
        ("海南", "460000"),
        ("承德", "130800"),
        ("承德县", "130821"),
        ("邯郸市", "130400"),  # also the name of a county-level city until it was abolished
    ],
)
def test_what_people_mean_by_a_name_that_several_share(text: str, expected: str) -> None:
    assert code(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "朝阳区",
        "朝阳",
        "长安区",
        "通州区",
        "鼓楼区",
        "桥西区",
        "江北区",  # 宁波's, or what became 两江新区
        "130504",  # a code that was split
        "南市区",
    ],
)
def test_an_ambiguous_name_is_never_guessed(text: str) -> None:
    with pytest.raises(Region.MultipleObjectsReturned, match=text):
        code(text)


@pytest.mark.parametrize(
    ("text", "context", "expected"),
    [
        ("朝阳区", "110000", "110105"),
        ("朝阳区", "220000", "220104"),
        ("长安区", "130100", "130102"),
        ("长安区", "610000", "610116"),
        ("河北", "120000", "120105"),
        ("河北", "130000", "130000"),
        ("江北区", "500000", "500157"),
        ("江北区", "330000", "330205"),
        ("江北区", "500112", "500157"),  # an abolished context stands for its successors
        ("500105", "500000", "500157"),
        ("通州区", "000000", None),
        ("高碑店", "110105", None),
        ("110105", "120000", None),
    ],
)
def test_context_narrows(text: str, context: str, expected: str | None) -> None:
    if expected:
        assert code(text, context) == expected
        return
    with pytest.raises((Region.DoesNotExist, Region.MultipleObjectsReturned)):
        code(text, context)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "·",
        "999999",
        "830000",  # the list's own number for 台湾
        "12345",
        "110100",  # a heading of the statistics, which became nothing
        "乌有市",
        "河北省朝阳区",
        "北京市朝阳区高碑店",
        "三河市廊坊市",
        "三河市\0",
        "\0",
        "\ud800",
        "三" * 200,
        "北京市" * 70,
        "北京' OR 1=1 --",
    ],
)
def test_unknown_texts(text: str) -> None:
    with pytest.raises(Region.DoesNotExist):
        code(text)


@pytest.mark.parametrize("text", ["河北省廊坊市三河市", "重庆市江北区", "110105"])
def test_resolving_takes_two_queries(django_assert_num_queries, text: str) -> None:
    with django_assert_num_queries(2):  # regions with their ancestors, and successors
        code(text)


def test_full_names_resolve_to_their_regions() -> None:
    for region in Region.objects.current().with_ancestors().filter(pk__regex=r"^..(0000|0.01)$"):
        assert Region.objects.resolve(region.full_name) == region


def lies_below(region: Region, wide: Region, parents: dict[str, str | None]) -> bool:
    """By walking up, one parent at a time."""
    here: str | None = region.code
    while here:
        if here == wide.code:
            return True
        here = parents[here]
    return False


@pytest.mark.parametrize(
    "text",
    [
        "000000", "110000", "110105", "130000", "131000", "131082", "410000", "419001", "460400",
        "441900", "460000", "500000", "500105", "500157", "510282", "650000", "659001", "710000",
        "130504", "142100", "110100",
    ],
)  # fmt: skip
def test_within_is_what_walking_up_the_parents_finds(text: str) -> None:
    region = Region.objects.get(pk=text)
    heirs = region.heirs()
    current = list(Region.objects.current())
    parents = {place.code: place.parent_id for place in current}
    expected = {
        place.code for place in current if any(lies_below(place, heir, parents) for heir in heirs)
    }
    assert {place.code for place in Region.objects.inside_of(region)} == expected
    assert {place.code for place in current if place.lies_in(heirs)} == expected


def test_within_nothing_is_nothing() -> None:
    assert not Region.objects.filter(lies_within("code", [])).exists()


def test_full_name_and_lineage(django_assert_num_queries) -> None:
    with django_assert_num_queries(1):  # the region with its ancestors
        assert Region.objects.with_ancestors().get(pk="131082").full_name == "河北省廊坊市三河市"
    region = Region.objects.with_ancestors().get(pk="131082")
    assert [place.code for place in region.lineage()] == ["130000", "131000", "131082"]
    assert Region.objects.with_ancestors().get(pk="500157").full_name == "重庆市两江新区"


def test_a_region_is_named_and_keyed_by_code() -> None:
    region = Region.objects.get(pk="131082")
    assert str(region) == "河北省廊坊市三河市"
    assert region.natural_key() == ("131082",)
    assert Region.objects.get_by_natural_key("131082") == region


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("500112", ["500157"]),
        ("130504", ["130502", "130503"]),  # split in two
        ("110100", []),  # abolished and succeeded by nothing
        ("朝阳区", ["110105", "220104"]),
        ("不存在的地方", []),
    ],
)
def test_candidates_are_all_that_a_text_may_mean(text: str, codes: list[str]) -> None:
    assert [region.code for region in Region.objects.candidates(text)] == codes
