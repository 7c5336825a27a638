"""What one home costs an elder, on its page: the strip, the ledger and its three totals."""

import pytest

from institutions.models import Listing
from regions.policies import rulebook as policies
from tests.institutions.pages.test_institution_page import Outline

pytestmark = pytest.mark.django_db
TOLD = (
    "e_hukou=110000&e_age=87&e_status=subsistence&e_disability=none&e_ability=gbt42195:3"
    "&e_ability=beijing:3&e_insured=110000&e_scheme=employee"
)


def demo(**conditions) -> int:
    return Listing.objects.filter(is_demo=True, **conditions).values_list("pk", flat=True)[0]


def page(client, pk: int, query: str) -> str:
    return client.get(f"/institutions/{pk}/?{query}").content.decode()


def test_queries_of_a_priced_home_are_pinned(client, django_assert_num_queries):
    policies.changed()
    pk = demo(region_id="131082", price_3__isnull=False)
    page(client, pk, TOLD)
    with django_assert_num_queries(17):
        # the home and its twelve parts (test_institution_page.py); the regions of the elder,
        # the listing, its lists, the stamp of the policies
        page(client, pk, TOLD)


def test_a_ledger_with_three_totals(client):
    pk = demo(region_id="131082", price_3__isnull=False)
    shown = page(client, pk, TOLD)
    Outline(shown)
    price = Listing.objects.get(pk=pk).price_3 // 100
    assert f"标价 {price:,} − 抵账单 0 − 老人的补贴 1,000" in shown
    assert f'至多 <b class="num">{price - 1000:,}</b>' in shown
    for words in ("发给老人", "抵老人的账单", "发给机构", "给机构的钱不减家里的账单", "问："):
        assert words in shown
    assert "如果能享受，这里是 800 元/月，没有计入合计。" in shown
    assert "到 2026-12-31 为止" in shown
    assert "还没有能确定的（保险和消费补贴" in shown
    assert shown.count('<b class="big">') == 0, "another large price beside the elder's own"


def test_what_is_not_decided_is_not_nought(client):
    pk = demo(region_id="131082", price_3__isnull=False)
    level_alone = "e_ability=gbt42195:3"
    assert "<dt>跟着走</dt><dd>还没定</dd>" in page(client, pk, level_alone)
    compared = client.get(f"/compare/?id={pk}&{level_alone}").content.decode()
    assert "还没有能确定的" in compared
    folder = client.get(f"/institutions/{pk}/pack/?{level_alone}").content.decode()
    assert folder.count("还没有能确定的") == 2


def test_a_level_a_home_does_not_take_has_no_unpublished_price(client):
    pk = demo(institution__takes_level_4=False, price_from__isnull=False)
    assert "<dt>完全失能</dt><dd>不收</dd>" in page(client, pk, "")


def test_a_home_without_a_price_still_says_what_follows(client):
    pk = Listing.objects.filter(price_3=None, is_demo=False).values_list("pk", flat=True)[0]
    shown = page(client, pk, TOLD)
    assert "补贴后每月暂时算不出" in shown
    assert "没有价格，还算不出" in shown
    assert "可能符合" in shown


def test_an_elder_of_whom_nothing_is_known_is_asked(client):
    pk = demo(price_3__isnull=False)
    assert "填了老人的户籍、年龄和身体情况" in page(client, pk, "")
    shown = page(client, pk, "e_now=110000")
    Outline(shown)
    assert "先填老人的国家能力评估等级" in shown
    assert "还不能判断：请填户籍，到区县。" in shown


@pytest.mark.parametrize(("query", "said"), [("e_age=200", "0 到 120"), ("e_ability=2", "哪一种")])
def test_a_bad_answer_is_told_beside_its_field_and_kept(client, query, said):
    shown = page(client, demo(), query)
    Outline(shown)
    assert said in shown
    assert 'id="elder" open' in shown
    assert query != "e_age=200" or 'value="200"' in shown


def test_what_the_bill_does_not_take_up_is_told(client):
    """A fee smaller than the cash that follows: nothing is paid, and the rest stays theirs."""
    pk = demo(region_id="131082", price_3__isnull=False)
    others = dict.fromkeys(f"price_{level}" for level in (0, 1, 2, 4))
    mine = {"bed_3": 10_000, "meals": 10_000, "care_3": 10_000, "price_3": 30_000}
    Listing.objects.filter(pk=pk).update(**mine, **others)
    shown = page(client, pk, TOLD)
    assert "另有 700 元/月发给老人，这张账单用不完。" in shown
    assert '发给老人</dt><dd><b class="num">1,000</b>' in shown
