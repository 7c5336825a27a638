"""The pages of the policies: `GET /policies/` and `GET /policies/<slug>/`."""

import datetime
import re
from itertools import pairwise

import pytest
import time_machine
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertTemplateUsed

from regions.models import Policy, RegionGroup
from regions.models.policy import QUOTABLE
from tests.factories import make_region
from tests.institutions.pages.test_institution_page import Outline
from tests.regions.test_policy import make_rate, saved

pytestmark = pytest.mark.django_db

LIST = "/policies/"
NATION = ["cn-01", "cn-02"]
HEBEI = ["he-02", "he-03", "he-03r", "he-04", "he-05"]


def text_of(client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200, url
    return Outline(response.content.decode()).text


def slugs(client, query: str = "") -> list[str]:
    """The policies that the list names, in its order."""
    response = client.get(f"{LIST}{query}")
    assert response.status_code == 200
    links = Outline(response.content.decode()).links
    return [link.split("/")[2] for link in links if re.fullmatch(r"/policies/[\w-]+/", link)]


# The list


def test_the_list_says_of_every_policy_what_it_gives_and_whether_it_follows(client) -> None:
    assert sorted(slugs(client)) == sorted(Policy.objects.values_list("slug", flat=True))
    text = text_of(client, LIST)
    assert f"共 {Policy.objects.count()} 项" in text
    for words in (
        "800、500、100 元/月 跟着走 A，已读官方全文",
        "300—500 元/月 到名单上的机构跟着走 B，公开报道或官方引述（来源为公开报道）",
        "金额未查到 外地没有写明 未查到",
        "金额待核实",
        "最多 5 元 × 使用的天数 不跟着走",
        "前面抵过以后的全部费用的 40%，最多 800 元/月；前面抵过以后的全部费用的 50%",
        "护理费的 70%（费用最多按 70 元/天算）",
        "结算标准 60 元/天，其中付多少没有查到",
        "到 2026-12-31 为止",
    ):
        assert words in text, words


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?region=000000", NATION),
        ("?region=130000", [*NATION, *HEBEI, "he-04-luquan", "he-05-luquan", "he-01"]),
        ("?region=131082", [*NATION, *HEBEI]),
        ("?kind=voucher", ["cn-01", "cn-01-bj", "cn-01-cq"]),
        ("?kind=disability&region=110000", ["bj-08", "bj-09"]),
        ("?kind=disability&region=500000", ["cq-05", "cq-06"]),
        ("?kind=disability&region=410000", []),
        ("?region=820000", []),
    ],
)
def test_narrowed(client, query, expected) -> None:
    assert slugs(client, query) == expected
    assert f"共 {len(expected)} 项" in text_of(client, f"{LIST}{query}")


def test_nothing_found_is_not_nothing_there(client) -> None:
    assertContains(client.get(f"{LIST}?kind=disability&region=410000"), "没有查到不等于没有")


def test_a_former_region_leads_to_its_successor(client) -> None:
    response = client.get(f"{LIST}?region=500105&kind=ltci")
    assert response.status_code == 301
    assert response.headers["Location"] == f"{LIST}?kind=ltci&region=500157"


def test_a_region_that_was_parted_offers_its_successors(client) -> None:
    former = make_region("110199", name="旧区", is_current=False)
    former.successors.set([make_region("110101"), make_region("110102")])
    response = client.get(f"{LIST}?region=110199&kind=ltci")
    assertContains(response, "分到了几个地区，请选一个")
    for code in ("110101", "110102"):
        assertContains(response, f'href="{LIST}?region={code}&amp;kind=ltci"')


def test_the_policies_of_a_former_region_are_found_under_its_successor(client) -> None:
    policy = saved(region=make_region("500105"))
    assert policy.slug in slugs(client, "?region=500157")
    assert policy.slug not in slugs(client, "?region=500103")


@pytest.mark.parametrize(
    ("query", "field", "typed"),
    [
        ("region=999999", "region", "999999"),
        ("region=%E4%B8%89%E6%B2%B3", "region", "三河"),
        ("region=%00", "region", "�"),
        ("region=%D9%A1%D9%A1%D9%A0%D9%A0%D9%A0%D9%A0", "region", "١١٠٠٠٠"),
        ("region=" + "1" * 10_000, "region", "1" * 50),
        ("kind=cash", "kind", "cash"),
        ("kind[]=voucher&kind=%3Cb%3E", "kind", "&lt;b&gt;"),
    ],
)
def test_a_filter_that_is_not_understood_is_said_beside_its_field(
    client, query, field, typed
) -> None:
    response = client.get(f"{LIST}?{query}")
    assertContains(response, "有 1 个条件看不懂，先没有按它筛选")
    assertContains(response, f"您填的是“{typed}”")
    assertContains(response, f'aria-describedby="id_{field}_error"')
    assert len(slugs(client, f"?{query}")) == Policy.objects.count()


def test_one_address_for_one_list(client) -> None:
    page = client.get(f"{LIST}?region=110000&kind=allowance&x=1").content.decode()
    expected = "http://testserver/policies/?kind=allowance&amp;region=110000"
    assert f'<link rel="canonical" href="{expected}">' in page


def test_queries_of_the_list(client, django_assert_num_queries) -> None:
    # 1 regions to choose from
    # 2 policies with document and place, 3 their rates
    with django_assert_num_queries(3):
        client.get(LIST)
    # two more: 1 the region of the address, 2 its successors
    with django_assert_num_queries(5):
        client.get(f"{LIST}?region=110000")


# One policy


@pytest.mark.parametrize(
    ("slug", "said"),
    [
        (
            "bj-01",
            [
                "享受低保 300 元/月 60 岁及以上；享受低保",
                "三、1；七、（二）3",
                "看户籍：户籍要在北京市。人住到哪里都有，只要户籍还在北京市。",
                "2019-10-01 起",
                "没有查到终止日期",
                "和下面这些只能选一组 困难残疾人生活补贴 重度残疾人护理补贴",
                "有下面这些身份的，不能享受这一项 特困人员 正在领工伤生活护理费",
                "北京市老年人养老服务补贴津贴申请表",
                "每月 25 日前",
                "北京 12345",
            ],
        ),
        (
            "bj-02",
            [
                "北京市老年人能力综合评估：重度失能（3 级）",
                "智力或精神残疾，二级，并有多重残疾",
                "听力或言语残疾，一级至二级",
                "户籍在 北京市石景山区 的，要当地确认",
                "能不能和下面的一起享受，没有写明 养老服务消费补贴",
            ],
        ),
        (
            "cn-01",
            [
                "到 2026-12-31 为止 以后有没有，没有公布",
                "60 岁及以上；国家能力评估：中度失能到完全失能（2—4 级）；住养老机构",
                "前面抵过以后的全部费用的 40%，最多 800 元/月",
                "看在哪里接受服务，不看户籍。换了地方，到接受服务的那个地方申请和使用。",
                "B，公开报道或官方引述（来源为公开报道）",
            ],
        ),
        ("bj-04", ["300—500 元/月", "要住进名单上的机构才有：京津冀协同试点，由北京市定。"]),
        ("bj-06", ["写明的地区： 天津市 、 河北省", "条件没有查全", "2024-08 起"]),
        (
            "tj-03",
            [
                "护理费的 70%（费用最多按 70 元/天算）",
                "长期护理保险评估：重度失能Ⅰ级到重度失能Ⅲ级（3—5 级）；职工医保（含退休）",
                "要住进名单上的机构（长期护理保险定点，由天津市定）",
                "有了这一项，下面的不另给 长期护理保险（国家框架）",
            ],
        ),
        ("tj-02", ["2,250 元/年", "有了下面任何一项，就按那一项，这一项不另给"]),
        ("he-01", ["待核实", "金额待核实，所以不写数字"]),
        ("he-02", ["不低于 300 元/月", "由当地定，没有查到", "在外地能不能有，没有写明，要先问。"]),
        ("bj-08", ["就是 1,450 元/月（北京市低保标准，2024-07 起）"]),
        ("cq-04", ["享受低保或特困人员；并且因病瘫痪卧床 6 个月以上"]),
        ("ha-02", ["未查到", "金额未查到，所以不写数字", "在外地能不能有，没有查到，要先问。"]),
        (
            "cq-01",
            ["结算标准 60 元/天，其中付多少没有查到", "在重庆市可以；在外地能不能有"],
        ),
        ("bj-12", ["最多 5 元 × 使用的天数", "人要在北京市才有，住到外地就没有了。"]),
        ("cq-03", ["10,000 元，一次性", "只给重庆市的机构"]),
    ],
)
def test_what_a_page_says(client, slug, said) -> None:
    text = text_of(client, f"/policies/{slug}/")
    for words in said:
        assert words in text, words


def test_every_page_is_well_formed_and_leads_to_its_document(client) -> None:
    for policy in Policy.objects.select_related("document"):
        page = Outline(client.get(policy.get_absolute_url()).content.decode())
        assert [id for id, times in page.ids.items() if times > 1] == []
        assert set(page.targets) <= set(page.ids)
        assert page.headings.count(1) == 1
        body = page.headings[page.headings.index(1) :]
        assert all(after <= before + 1 for before, after in pairwise(body))
        assert policy.document.get_absolute_url() in page.links
        assert policy.ask in page.text
        assert "None" not in page.text
        assert policy.grade in QUOTABLE or "，所以不写数字" in page.text


def test_the_list_is_well_formed(client) -> None:
    page = Outline(client.get(LIST).content.decode())
    assert [id for id, times in page.ids.items() if times > 1] == []
    assert set(page.targets) <= set(page.ids)


@pytest.mark.parametrize("grade", ["C", "M", "unknown"])
def test_a_weak_policy_shows_no_amount_even_if_a_row_has_one(client, grade) -> None:
    policy = saved(slug="weak", grade="A")
    make_rate(policy, amount=98765_00).save()
    make_rate(policy, age_from=90, amount_kind="formula", amount=None, formula="九折").save()
    assert "98,765" in text_of(client, policy.get_absolute_url())
    Policy.objects.filter(pk=policy.pk).update(grade=grade)
    for url in (policy.get_absolute_url(), LIST):
        text = text_of(client, url)
        assert "98,765" not in text
        assert "九折" not in text


def test_named_groups_and_dates_of_a_rate(client) -> None:
    policy = saved(slug="grouped", portability="regions")
    policy.portable_to_groups.add(RegionGroup.objects.get(slug="jing-jin-ji"))
    day = datetime.date(2026, 7, 1)
    make_rate(policy, amount=12_34, age_to=69, in_force_from=day, statuses="rural").save()
    make_rate(policy, amount_kind="", amount=None).save()
    text = text_of(client, policy.get_absolute_url())
    assert "写明的地区： 京津冀" in text
    assert "12.34 元/月 69 岁及以下；农村户籍 这一档：2026-07-01 起" in text
    assert "金额没有查到 没有另外的条件" in text


@pytest.mark.parametrize(
    ("day", "words"),
    [("2025-12-31", ["还没有开始"]), ("2026-12-31", []), ("2027-01-01", ["已经到期"])],
)
def test_what_has_not_begun_or_has_ended_says_so(client, day, words) -> None:
    with time_machine.travel(f"{day}T12:00+08:00", tick=False):
        for url in (reverse("policy", args=["cn-01"]), f"{LIST}?kind=voucher"):
            text = text_of(client, url)
            assert [said for said in ("还没有开始", "已经到期") if said in text] == words


def test_a_policy_without_paperwork_says_what_is_not_known(client) -> None:
    policy = saved(slug="bare", who="")
    text = text_of(client, policy.get_absolute_url())
    for words in ("给什么人没有查到", "带什么 未查到", "到哪里办 未查到", "什么时候给 未查到"):
        assert words in text
    assert "条款 没有写明" in text
    assert "没有查到它和别的政策相互排斥的规定" in text


def test_text_of_a_policy_is_never_markup(client) -> None:
    policy = saved(slug="sharp", name="<script>alert(1)</script>", note="<b>粗</b>")
    for url in (policy.get_absolute_url(), LIST):
        assertNotContains(client.get(url), "<script>alert")
        assertNotContains(client.get(url), "<b>粗</b>")


def test_queries_of_a_page(client, django_assert_num_queries) -> None:
    # 1 policy with document and place, 2 rates, 3 groups, 4 named regions, 5 doubtful regions
    # 6 its sentences with their texts, 7 the text of its document
    # 8 exclusions with documents, 9 first, 10 second
    with django_assert_num_queries(10):
        client.get("/policies/bj-02/")


@pytest.mark.parametrize("slug", ["nothing", "a" * 5000, "-", "%00", "重庆"])
def test_an_unknown_policy_leads_on(client, slug) -> None:
    response = client.get(f"/policies/{slug}/")
    assert response.status_code == 404
    assertTemplateUsed(response, "404.html")


def test_only_looking_is_allowed(client) -> None:
    assert client.post(LIST).status_code == 405
    assert client.post("/policies/bj-01/").status_code == 405
