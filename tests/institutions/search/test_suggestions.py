"""While somebody types, places that hold homes and homes are offered: eight at most."""

import pytest

from institutions.models import Institution, Listing
from institutions.register.listings import refresh
from institutions.search.filters import RECOMMENDED
from institutions.search.memory import snapshot as bitmap_index
from institutions.search.memory.bitmaps import Bitmaps
from institutions.search.suggestions import suggestions
from tests.factories import make_institution, make_region

pytestmark = pytest.mark.django_db


def words(text: str) -> list[str]:
    return [suggestion.words for suggestion in suggestions(text)]


@pytest.mark.parametrize("text", ["廊坊", "廊", "langf", "LANGFANG", "廊坊市"])
def test_places_come_first(text):
    first = suggestions(text)[0]
    assert (first.words, first.hint) == ("河北省·廊坊市", "地区")
    assert first.url == "/institutions/?region=131000"


def test_places_without_homes_are_not_offered():
    assert "地区" not in {suggestion.hint for suggestion in suggestions("拉萨")}
    assert suggestions("全国")[0].hint != "地区"


@pytest.mark.parametrize(
    "text", ["燕达", "yanda", "ydjsnh", "燕達金", "廊坊 燕达", "三河燕达", "国际健康城"]
)
def test_homes_are_offered_with_their_place(text):
    (home,) = suggestions(text)
    assert (home.words, home.hint) == ("燕达金色年华健康养护中心", "河北省·廊坊市·三河市")
    assert not home.is_demo


def test_names_that_begin_so_come_before_names_that_hold_it(today):
    names = ("老青松岭养老院", "青松岭养老院", "青松岭")
    homes = [make_institution(name=name) for name in names]
    elsewhere = make_institution(name="青松岭护理院", region=make_region("131082"))
    refresh([home.pk for home in [*homes, elsewhere]], today)
    assert words("青松岭") == ["青松岭养老院", "青松岭", "青松岭护理院", "老青松岭养老院"]
    assert words("朝阳 青松岭") == ["青松岭养老院", "青松岭", "老青松岭养老院"]


@pytest.mark.parametrize("text", ["养", "y", "养老", "重庆", "朝阳"])
def test_eight_at_most_and_none_twice(text):
    found = suggestions(text)
    assert len(found) == len({suggestion.url for suggestion in found}) == 8
    assert sum(suggestion.hint == "地区" for suggestion in found) <= 3


@pytest.mark.parametrize("text", ["", " ", "%", "绝无此名", "养" * 201, "\0", "'\"*()"])
def test_nothing_to_offer(text, client):
    assert suggestions(text) == []
    response = client.get("/institutions/suggest/", {"q": text})
    assert (response.status_code, response.content.strip()) == (200, b"")


@pytest.mark.parametrize(
    ("text", "by_bitmaps", "by_orm"),
    [
        ("养", 5, 5),
        ("y", 5, 15),
        ("燕达", 5, 6),
        ("廊坊", 4, 5),
        ("江北 护理", 4, 3),
        ("嘉黎", 4, 5),
    ],
)
def test_queries_are_pinned(text, by_bitmaps, by_orm, settings, django_assert_num_queries):
    suggestions("安")
    with django_assert_num_queries(by_bitmaps):
        # whether regions changed, and whether the bitmaps are fresh; homes whose name begins so,
        # and homes that hold the words if there is room; the names of those that are shown
        suggestions(text)
    settings.FACETS = "orm"
    with django_assert_num_queries(by_orm):
        # of these the first, and whether any home lies in each place that begins so; of homes
        # their order too, each time
        suggestions(text)


def test_what_is_kept_goes_with_a_change(client, today):
    for text in ("青松岭", "青松岑颐养院"):
        assert suggestions(text) == []
        assert "青松岭颐养院" not in client.get(f"/institutions/?q={text}").content.decode()
    refresh([make_institution(name="青松岭颐养院").pk], today)
    assert words("青松岭") == ["青松岭颐养院"]
    assert "青松岭颐养院" in client.get("/institutions/?q=青松岑颐养院").content.decode()


def test_a_home_that_was_withdrawn_is_not_offered_by_old_bitmaps(today, monkeypatch):
    home = make_institution(name="青松岭颐养院")
    refresh([home.pk], today)
    old = Bitmaps.load_all()
    monkeypatch.setattr(bitmap_index, "current", lambda: old)
    assert words("青松") == ["青松岭颐养院"]
    Institution.objects.filter(pk=home.pk).update(stage="draft", name="青松岭新名")
    refresh([home.pk], today)
    assert words("青松") == []


def test_both_engines_offer_the_same(settings):
    for text in ("养", "y", "养老", "重庆", "朝阳", "langf", "廊坊 燕达", "江北 护理", "北"):
        found = suggestions(text)
        settings.FACETS = "orm"
        assert suggestions(text) == found
        settings.FACETS = "bitmaps"


def test_a_place_alone_offers_the_best_of_all_homes_in_it(today, monkeypatch):
    homes = [make_institution(name=f"青松岭{n}", region=make_region("540402")) for n in range(9)]
    refresh([home.pk for home in homes], today)
    monkeypatch.setattr("institutions.search.suggestions.LOOKED_AT", 2)
    best = Listing.objects.filter(region="540402").order_by(*RECOMMENDED, "pk")
    found = [one.home for one in suggestions("巴宜区") if one.home]
    assert found == list(best.values_list("pk", flat=True)[:7])


def test_a_place_alone_offers_homes_that_hold_it_elsewhere(today):
    refresh([make_institution(name="青松岭嘉黎敬老院").pk], today)
    assert words("嘉黎") == ["青松岭嘉黎敬老院"]


def test_options_say_what_is_demo_and_are_escaped(client, today):
    home = make_institution(name="<b>青松岭</b>", is_demo=True)
    refresh([home.pk], today)
    page = client.get("/institutions/suggest/?q=青松岭").content.decode()
    assert "&lt;b&gt;青松岭" in page
    assert "示例数据" in page
    assert f'data-url="/institutions/{home.pk}/"' in page
    assert client.post("/institutions/suggest/?q=青松岭").status_code == 405
