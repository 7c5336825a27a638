"""`GET /follow/`: what it costs, what it says of bad input, and that it is always of some use."""

import html
import re

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from institutions.models import Listing
from institutions.pages.follow.page import EXAMPLE
from regions.policies.rulebook import book

pytestmark = pytest.mark.django_db

URL = "/follow/"
TOLD = dict(EXAMPLE)


def text(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


def plain(markup: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", markup))


def listed() -> Listing:
    """A demo home that Tianjin's insurance pays for, with a price at level 3."""
    homes = Listing.objects.filter(designations__kind="ltci", designations__region="120000")
    return homes.filter(price_3__isnull=False).order_by("pk")[0]


def test_queries_are_pinned(client, django_assert_num_queries):
    book()
    with django_assert_num_queries(8):
        # the stamp of the policies, regions of the elder's codes, the region to go to and its
        # successors, agreements with documents, their regions, homes by region,
        # the cities with most homes
        client.get(URL, TOLD)


def test_queries_for_a_home_are_pinned(client, django_assert_num_queries):
    home = listed()
    book()
    with django_assert_num_queries(9):
        # as above, but instead of the region and its successors: the listing with its place,
        # its designations, and provenance with documents
        client.get(URL, TOLD | {"to": "", "home": home.pk, "e_ability": "gbt42195:3"})


def test_blank_page_explains_and_leads_to_an_example(client):
    page = text(client.get(URL))
    example = html.unescape(re.search(r'href="(/follow/\?[^"]+)"', page)[1])
    assert "看四样东西在哪里" in page
    assert "不管是哪位老人，先知道这些" in page
    assert "<b>1,000</b>" in text(client.get(example))


def test_the_answer_stands_over_the_bridge(client):
    page = text(client.get(URL, TOLD))
    crossing = plain(re.search(r'<div class="crossing">.*?</div>', page, re.S)[0])
    assert re.sub(r"\s+", "", crossing) == "北京市户籍每月跟着老人走，至少1,000元三河市去养老"
    assert "按这位老人找机构" in page
    assert "/institutions/?region=131082&amp;e_hukou=110000&amp;" in page


def test_every_amount_stands_beside_its_document(client):
    page = text(client.get(URL, TOLD))
    rows = re.findall(r"<tr role=\"row\">.*?</tr>", page[: page.index('id="elsewhere"')], re.S)
    told = [row for row in rows if re.search(r"\d 元", plain(row))]
    assert len(told) >= 3
    for row in told:
        assert re.search(r"来源：<a href=\"/sources/[^\"]+\">.+?\d{4}.*?，.+?</a>", row), plain(row)


def test_a_home_has_its_price_with_source_and_bill(client):
    home = listed()
    page = text(client.get(URL, TOLD | {"to": "", "home": home.pk, "e_ability": "gbt42195:3"}))
    assert home.institution.name in page
    assert "标价来源：" in page
    assert "tag--demo" in page
    assert f'name="home" value="{home.pk}"' in page


def test_a_home_leads_to_what_follows_there(client):
    home = listed()
    page = text(client.get(home.institution.get_absolute_url(), {"e_hukou": "110000"}))
    link = html.unescape(re.search(r'href="(/follow/\?home=[^"]+)"', page)[1])
    assert link == f"/follow/?home={home.pk}&e_hukou=110000"
    assert f"去的机构：{home.institution.name}" in plain(text(client.get(link)))


@pytest.mark.parametrize(
    ("query", "field", "why"),
    [
        ({"e_age": "-1"}, "e_age", "年龄要在 0 到 120 岁之间"),
        ({"e_age": "200"}, "e_age", "年龄要在 0 到 120 岁之间"),
        ({"e_age": "八十"}, "e_age", "请填数字，比如 82"),
        ({"e_ability": "3"}, "e_ability", "还要写明是哪一种评估"),
        ({"e_hukou": "110000", "e_left": "1900-01-01"}, "e_left", "户口登记从 1958 年开始"),
        ({"e_hukou": "110000", "e_left": "2100-01-01"}, "e_left", "这一天还没有到"),
        ({"to": "乱写"}, "to", "没有找到这个地方"),
        ({"to": "朝阳区"}, "to", "叫这个名字的有 2 个：北京市朝阳区、吉林省长春市朝阳区"),
        ({"to": "000000"}, "to", "请写到省、市或区县"),
        ({"to": "香港"}, "to", "不包括港澳台"),
        ({"to": "\0"}, "to", "没有找到这个地方"),
        ({"to": "河" * 10_000}, "to", "没有找到这个地方"),
        ({"home": "999999999"}, "to", "没有找到这家机构"),
        ({"home": "-1"}, "to", "没有找到这家机构"),
        ({"home": "9" * 400}, "to", "没有找到这家机构"),
        ({"home": "一"}, "to", "没有找到这家机构"),
    ],
)
def test_bad_input_is_told_and_the_page_is_of_use(client, query, field, why):
    page = text(client.get(URL, TOLD | query))
    alert = re.search(r'role="alert".*?</ul>', page, re.S)[0]
    assert f'href="#id_{field}"' in alert
    assert why in plain(alert)
    assert f'id="id_{field}"' in page
    assert 'id="elder" open' in page
    assert "什么跟着老人走" in page
    assert 'class="crossing"' in page


def test_what_was_typed_stays(client):
    page = text(client.get(URL, {"to": "乱写<b>", "e_age": "八十"}))
    assert 'value="乱写&lt;b&gt;"' in page
    assert 'value="八十"' in page


def test_a_home_elsewhere_gives_way_to_the_place(client):
    page = text(client.get(URL, TOLD | {"home": listed().pk}))
    assert "这家机构不在河北省廊坊市三河市，先按您填的地方算" in plain(page)
    assert "三河市</b><span>去养老" in page


@pytest.mark.parametrize("name", ["三河", "河北·三河", "河北省廊坊市三河市", "131082"])
def test_a_place_may_be_told_by_name(client, name):
    assert "<b>三河市</b>" in text(client.get(URL, {"to": name}))


def test_pages_about_an_elder_are_kept_by_nobody(client):
    assert client.get(URL, TOLD).headers["Cache-Control"] == "private, no-store"


def test_only_reading_is_allowed(client):
    assert client.head(URL).status_code == 200
    assert client.post(URL).status_code == 405


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(
        st.sampled_from(
            ["to", "home", *(name for name, _ in EXAMPLE), "e_left", "e_now", "e_ltci"]
        ),
        st.lists(
            st.one_of(st.text(max_size=20), st.sampled_from(["110000", "none", "\0"])), max_size=3
        ),
        max_size=5,
    )
)
def test_no_query_string_breaks_the_page(django_db_blocker, query):
    response = Client().get(URL, query)
    assert response.status_code == 200
    assert response.content.count(b"<h1>") == 1


def test_every_link_to_homes_and_policies_carries_the_elder(client):
    page = text(client.get(URL, TOLD))
    links = map(html.unescape, re.findall(r'href="(/(?:policies|institutions|guide)/[^"]*)"', page))
    # what the footer lists and nobody asks about an elder
    lost = {link for link in links if "e_hukou=110000" not in link} - {"/policies/"}
    assert lost == set()
    assert re.search(r'href="/policies/bj-01/\?e_hukou=110000&amp;', page)


@pytest.mark.parametrize("place", ["131000", "000000", "groups/jing-jin-ji"])
def test_a_region_hands_the_elder_on(client, place):
    page = text(client.get(f"/regions/{place}/", {"e_hukou": "110000"}))
    main = page[page.index("<main") : page.index("</main>")]
    links = re.findall(r'href="(/(?:institutions|policies)/[^"]*)"', main)
    assert links
    assert [link for link in links if not re.search(r"[?;]e_hukou=110000$", link)] == []


def test_a_sum_that_waits_for_a_bill_says_so(client, today):
    told = {
        "to": "370000",
        "e_hukou": "370000",
        "e_age": "75",
        "e_ability": "gbt42195:2",
        "e_status": "none",
        "e_disability": "none",
        "e_insured": "370000",
        "e_scheme": "employee",
        "e_ltci": "ltci:0",
    }
    page = text(client.get(URL, told))
    crossing = plain(re.search(r'<div class="crossing">.*?</div>', page, re.S)[0])
    assert "未定按比例的还算不出" in crossing
    assert "没有住定机构，还算不出，没有计入" in page
    foot = plain(re.search(r"<tfoot.*?</tfoot>", page, re.S)[0])
    assert "未定，按比例的还算不出" in foot


def test_what_ends_with_the_hukou_says_until_when(client, today):
    left = today.replace(day=1).isoformat()
    page = text(client.get(URL, TOLD | {"e_left": left, "e_age": "87"}))
    ends = re.search(r'<section class="section" id="ends".*?</section>', page, re.S)[0]
    assert plain(ends).count("为止") >= 3
    assert 'id="keeps"' not in page
    assert "元，有的只到 " in plain(re.search(r'<div class="crossing">.*?</div>', page, re.S)[0])
