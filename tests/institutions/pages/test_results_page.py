"""The results page: what it says, what it costs the database, and that nothing breaks it."""

import re

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from institutions.costs.estimator import NEEDS_LEVEL
from institutions.models import Institution, Listing
from institutions.pages.results.filter_panels import PANELS
from institutions.register import listings
from institutions.search.distance import NEAR
from institutions.search.filters import InstitutionFilter
from institutions.search.memory import snapshot as bitmap_index
from institutions.search.memory.card_rows import CardRows
from regions.models import Document, Region
from regions.policies import rulebook as policies
from tests.factories import make_institution, make_region

pytestmark = pytest.mark.django_db

URL = "/institutions/"


def text(response) -> str:
    return response.content.decode()


def heading(response) -> str:
    return re.sub(r"<[^>]+>", "", re.search(r"<h1>(.*?)</h1>", text(response))[1])


def test_first_page_shows_the_whole_register(client):
    response = client.get(URL)
    assert response.status_code == 200
    assert heading(response) == f"{Listing.objects.count():,} 家机构，按推荐排"
    assert text(response).count('<article class="card"') == 20


@pytest.mark.parametrize(("engine", "queries"), [("bitmaps", 7), ("orm", 9)])
def test_queries_are_pinned(engine, queries, client, settings, django_assert_num_queries):
    settings.FACETS = engine
    client.get(URL)
    with django_assert_num_queries(queries):
        # whether any region changed, whether the bitmaps are fresh, or: the regions with
        # long-term-care insurance, the aggregate of all counts, and homes by region;
        # the 20 rows with institution and place,
        # phones, ratings, medical links, provenance with documents
        client.get(URL, {"page": "2"})


def test_rows_of_cards_are_kept(client, django_assert_num_queries):
    client.get(URL)
    with django_assert_num_queries(2):
        # whether any region or document changed, and whether the bitmaps are fresh
        client.get(URL)


@pytest.mark.parametrize("change", ["home", "region", "document"])
def test_rows_of_cards_are_read_again_once_they_change(change, client, today):
    before = text(client.get(URL, {"sort": "vacant"}))
    pk = int(re.search(r'id="name-(\d+)"', before)[1])
    home = Institution.objects.get(pk=pk)
    if change == "home":
        home.phones.all().delete()
        home.phones.create(number="010-00000042")
        listings.refresh([pk], today)
    elif change == "region":
        Region.objects.filter(pk=home.region_id).update(name="改过名的地方")
        policies.changed()
    else:
        Document.objects.update(title="改过名的文件")
        policies.changed()
    new = {"home": "010-00000042", "region": "改过名的地方", "document": "改过名的文件"}[change]
    assert new not in before
    assert new in text(client.get(URL, {"sort": "vacant"}))


def test_a_region_that_a_worker_does_not_know_yet_is_read(client, today):
    client.get(URL)
    region = make_region("131099", name="新设的县")
    listings.refresh([make_institution(name="青松岭颐养院", region=region).pk], today)
    assert region.path_words in text(client.get(URL, {"q": "青松岭颐养院"}))
    assert "新设的县" in text(client.get(f"{URL}suggest/", {"q": "青松岭颐"}))


def test_a_home_stands_where_it_stood_after_its_region_is_no_more(
    client, django_assert_num_queries
):
    before = text(client.get(URL, {"sort": "vacant"}))
    home = Institution.objects.get(pk=re.search(r'id="name-(\d+)"', before)[1])
    Region.objects.filter(pk=home.region_id).update(is_current=False)
    policies.changed()
    assert home.region.path_words in text(client.get(URL, {"sort": "vacant"}))
    bitmap_index.current().card_rows = CardRows()
    with django_assert_num_queries(7):
        client.get(URL, {"sort": "vacant"})


@pytest.mark.parametrize(("engine", "queries"), [("bitmaps", 2), ("orm", 11)])
def test_queries_of_a_full_search_are_pinned(
    engine, queries, client, settings, django_assert_num_queries
):
    settings.FACETS = engine
    asked = {"region": "131082", "care": "partial", "q": "养老", "price_max": "9000"}
    client.get(URL, asked)
    with django_assert_num_queries(queries):
        # bitmaps: the two that ask whether anything changed; who holds 养老 and the rows are kept.
        # orm: whether regions changed; whether any home holds all of it; the regions with
        # long-term-care insurance, the aggregate, homes by region, homes without a price;
        # the 20 rows with what their cards show (5)
        client.get(URL, asked)


def test_every_facet_has_a_place_on_the_page(today):
    shown = {name for _, names, _ in PANELS for name in names}
    typed = {"q", "basis", "why", "sort", "view", "page", *NEAR}
    assert shown == set(InstitutionFilter.base_filters) - typed


def test_counts_beside_choices_come_true(client):
    response = client.get(URL)
    count = re.search(r'value="jing-jin-ji".*?<data class="n" value="(\d+)"', text(response))[1]
    assert heading(client.get(URL, {"region": "jing-jin-ji"})).startswith(f"{int(count):,} 家")


def test_chip_takes_one_filter_away(client):
    response = client.get(URL, {"region": ["131082", "410800"], "care": "partial"})
    chips = re.findall(r'class="chip" href="([^"]+)"', text(response))
    assert chips == [
        "?region=410800&amp;care=partial",
        "?region=131082&amp;care=partial",
        "?region=131082&amp;region=410800",
    ]


def test_real_homes_head_the_list_and_demo_homes_say_so(client):
    first = text(client.get(URL))
    assert "示例数据" not in first[first.index('class="cards"') : first.index('class="pager"')]
    demo = text(client.get(URL, {"region": "500000", "kind": "jinglaoyuan"}))
    assert demo.count('<article class="card"') == demo.count("tag tag--demo")


def test_unknown_is_said_in_words(client):
    page = text(client.get(URL, {"q": "燕达"}))
    assert "标价未公布" in page
    assert not re.search(r"<b[^>]*>0<", page)


def test_nothing_found_offers_a_way_on(client):
    response = client.get(URL, {"q": "绝无此名", "region": "131082"})
    assert heading(response) == "没有符合全部条件的机构"
    links = re.findall(r'<a href="(\?[^"]*)"><span>去掉条件：([^<]+)', text(response))
    assert links == [("?region=131082", "含有 绝无此名")]
    assert client.get(URL + links[0][0]).status_code == 200


def test_names_that_are_only_alike_are_told_apart(client):
    page = text(client.get(URL, {"q": "燕大金色年华"}))
    assert "没有找到完全一样的“燕大金色年华”，下面是名字相近的" in page
    assert "燕达金色年华健康养护中心" in page
    assert "没有找到完全一样" not in text(client.get(URL, {"q": "燕达金色年华"}))


def test_bad_values_are_kept_and_told_twice(client):
    page = text(client.get(URL, {"price_min": "三千", "price_max": "5000"}))
    assert 'value="三千"' in page
    assert page.count("请填整数") == 2
    assert 'href="#id_price_min"' in page
    assert 'aria-describedby="id_price_min_error"' in page
    assert '<article class="card"' in page


@pytest.mark.parametrize("page", ["0", "1000000000", "abc", "9" * 400, "-3", "1.5"])
def test_any_page_number_shows_a_page(client, page):
    response = client.get(URL, {"page": page})
    assert response.status_code == 200
    assert '<article class="card"' in text(response)


def test_page_beyond_the_last_is_told(client):
    page = text(client.get(URL, {"page": "1000000000"}))
    assert "没有这么多页，显示最后一页" in page
    assert "没有这么多页" not in text(client.get(URL, {"page": "2"}))


@pytest.mark.no_cover
def test_all_prefectures_at_once_are_a_page(client):
    codes = list(Region.objects.current().filter(level=2).values_list("pk", flat=True))
    response = client.get(URL, {"region": codes})
    assert response.status_code == 200
    assert "最多选 40 项" in text(response)


def test_what_no_page_can_show_is_marked(client):
    assert b"\x00" not in client.get(URL, {"q": "a\0b", "region": "\0", "price_min": "\0"}).content


def test_chips_of_what_is_not_published_say_what(client):
    page = text(client.get(URL, {"kind": "unknown", "operating": "unknown"}))
    assert "机构类型未公布" in page
    assert "营业状态未公布" in page


def test_results_are_read_only(client):
    assert client.post(URL).status_code == 405


def test_last_page_has_no_next(client):
    page = text(client.get(URL, {"page": "1000000000"}))
    assert 'rel="prev"' in page
    assert 'rel="next"' not in page


def test_typed_text_is_escaped(client):
    page = text(client.get(URL, {"q": "<script>alert(1)</script>", "region": "<b>"}))
    assert "<script>alert" not in page
    assert "<b>" not in page.replace("<b>标价未公布</b>", "")


@pytest.mark.no_cover
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(
        st.sampled_from([*InstitutionFilter.base_filters, "x"]),
        st.lists(
            st.one_of(
                st.text(max_size=30),
                st.integers().map(str),
                st.sampled_from(["self", "1", "131082", "none", "price", "huan-jing", "\x00"]),
            ),
            max_size=3,
        ),
        max_size=6,
    )
)
def test_no_query_string_breaks_the_page(django_db_blocker, query):
    response = Client().get(URL, query)
    assert response.status_code == 200
    assert response.content.count(b"<h1>") == 1


@pytest.mark.parametrize(
    "raw", ["?q=%ff%fe", "?q=%ED%A0%80", "?region", "?&&&=", "?q=" + "a" * 5000]
)
def test_no_raw_query_breaks_the_page(client, raw):
    assert client.get(URL + raw).status_code == 200


def test_too_many_parameters_are_refused_in_words(client):
    client.raise_request_exception = False
    response = client.get(URL + "?" + "&".join(f"a{i}=1" for i in range(1001)))
    assert response.status_code == 400


TOLD = {
    "e_hukou": "110000",
    "e_age": "87",
    "e_status": "subsistence",
    "e_disability": "none",
    "e_ability": ["gbt42195:3", "beijing:3"],
    "e_insured": "110000",
    "e_scheme": "employee",
}


def test_queries_sorted_by_what_is_left_to_pay_are_pinned(client, django_assert_num_queries):
    policies.changed()
    asked = {"sort": "net", "region": "131082", **TOLD}
    client.get(URL, asked)
    with django_assert_num_queries(10):
        # the seven above; whether regions changed, for those of the elder, the stamp of the
        # policies, and the lists that the 20 homes are on
        client.get(URL, {**asked, "page": "2", "region": "110000"})


def test_cards_say_what_follows_and_how(client):
    page = text(client.get(URL, {"region": "131082", "sort": "net", **TOLD}))
    assert heading_words(page) == "补贴后从低到高"
    assert "−1,000" in page
    assert "补贴后，至多" in page
    assert "《北京市老年人养老服务补贴津贴管理实施办法》京民养老发〔2019〕160号" in page
    assert "2019-10-01 起，已读官方全文" in page
    assert "暂时算不出" in page  # 燕达 publishes no price


def heading_words(page: str) -> str:
    return re.search(r"按(\w+)排", re.sub(r"<[^>]+>", "", page))[1]


def test_net_cost_sorts_and_filters_the_whole_register(client):
    page = text(client.get(URL, {"sort": "net", **TOLD}))
    shown = [int(n.replace(",", "")) for n in re.findall(r"<dd><b>([\d,]+)</b><small>", page)]
    assert len(shown) == 20
    assert shown == sorted(shown)
    dearest = {"basis": "net", "price_max": str(shown[9]), "sort": "net"}
    within = text(client.get(URL, {**dearest, **TOLD}))
    found = [int(n.replace(",", "")) for n in re.findall(r"<dd><b>([\d,]+)</b><small>", within)]
    assert found[:10] == shown[:10]
    assert max(found) <= shown[9]


def test_missing_prices_come_last_and_say_what_is_missing(client):
    total = Listing.objects.count()
    page = text(client.get(URL, {"sort": "net", "page": str(total // 20 + 1), **TOLD}))
    assert "暂时算不出" in page
    assert "未公布" in page


def test_without_a_level_the_net_order_is_refused_in_words(client):
    page = text(client.get(URL, {"sort": "net", "e_hukou": "110000"}))
    alert = re.search(r'role="alert".*?</section>|role="alert".*?</ul>', page, re.DOTALL)
    assert NEEDS_LEVEL in alert[0]
    assert page.count(NEEDS_LEVEL) > page.count('<article class="card"')


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("e_age=-1", "0 到 120"),
        ("e_age=八十", "请填数字"),
        ("e_ability=3", "哪一种评估"),
        ("e_left=1900-01-01&e_hukou=北京", "1958"),
        ("e_left=2100-01-01&e_hukou=北京", "还没有到"),
        ("e_hukou=%00", "没有找到"),
    ],
)
def test_a_bad_answer_about_the_elder_is_told_beside_its_field(client, query, said):
    page = text(client.get(f"{URL}?{query}"))
    assert page.count(said) >= 2  # at the top and beside the field
    assert '<details class="elder no-print" id="elder" open>' in page


def test_the_count_is_announced(client):
    shown = text(client.get(URL))
    total = Listing.objects.count()
    assert f'role="status" id="search-status">找到 {total:,} 家机构</p>' in shown


def choices(response, name: str) -> list[str]:
    return re.findall(
        rf'<input type="checkbox" id="id_{name}_[^"]*" name="{name}" value="([^"]*)"',
        text(response),
    )


def test_a_long_facet_shows_a_dozen_and_leads_to_all(client, monkeypatch):
    """Without scripts: a plain link; what is checked is always drawn, and stays checked."""
    whole = choices(client.get(URL), "rating")
    monkeypatch.setattr("institutions.pages.results.filter_panels.MANY", 3)
    monkeypatch.setattr("institutions.pages.results.filter_panels.DOZEN", 2)
    page = client.get(URL, {"sort": "price", "rating": whole[-1]})
    assert len(choices(page, "rating")) == 2
    assert whole[-1] in choices(page, "rating")
    link = re.search(
        r'<a href="([^"]*all=rating[^"]*)" rel="nofollow">更多等级：另外 (\d+) 项</a>', text(page)
    )
    assert int(link[2]) == len(whole) - 2
    path, _, anchor = link[1].replace("&amp;", "&").partition("#")
    everything = client.get(URL + path)
    assert f'id="{anchor}"' in text(everything)
    assert set(choices(everything, "rating")) == set(whole)
    assert "更多等级" not in text(everything)
    # The form sends it along, so that the next answer is as whole as this one.
    assert '<input type="hidden" name="all" value="rating">' in text(everything)
    assert heading(everything) == heading(page)


def test_an_unknown_facet_is_drawn_as_ever(client):
    page = text(client.get(URL, {"all": "<b>"}))
    assert 'name="all"' not in page
