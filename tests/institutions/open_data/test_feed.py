"""What changed in the homes of a search, read by a feed reader of others' making."""

import copy

import feedparser
import pytest

from institutions.models import Institution, Revision
from institutions.open_data.feed import LATEST
from institutions.register.history import change_record
from institutions.register.listings import refresh
from institutions.register.record import PARTS
from institutions.register.review import move_stage
from tests.factories import make_bed, make_institution, make_region, make_user

pytestmark = pytest.mark.django_db

URL = "/institutions.atom"
MEDICAL = next(part for part in PARTS if part.name == "medical_links")
PLACE = "440305"  # no shipped home stands there


def entries(client, **query: str) -> list[feedparser.FeedParserDict]:
    response = client.get(URL, query or {"region": PLACE})
    assert response.status_code == 200
    feed = feedparser.parse(response.content)
    assert not feed.bozo
    assert feed.version == "atom10"
    return feed.entries


def told(client) -> list[tuple[str, str]]:
    return [(entry.tags[0].term, entry.summary) for entry in entries(client)]


@pytest.fixture
def home(today) -> Institution:
    home = make_institution(region=make_region(PLACE), name="<b>甲&乙养老院")
    make_bed(home, category="nursing", room="twin", operating=20, vacant=3)
    refresh([home.pk], today)
    return home


@pytest.fixture
def clerk():
    return make_user(username="secret-clerk")


def change(home, clerk, today, **fields) -> None:
    """What a clerk types: fields of the home, or how many beds are free."""

    def make(record):
        after = copy.deepcopy(record)
        if "vacant" in fields:
            after["beds"][0]["vacant"] = fields["vacant"]
        return after | {name: value for name, value in fields.items() if name != "vacant"}

    assert change_record(home.pk, make, by=clerk, how=Revision.How.FORM, on=today)


def test_a_home_new_to_the_site(client, home):
    (entry,) = entries(client)
    assert entry.title == "<b>甲&乙养老院：新收录"
    assert entry.link == f"http://testserver/institutions/{home.pk}/#updates"
    assert entry.id == f"http://testserver/institutions/{home.pk}/#step-0"
    assert entry.summary == home.region.full_name
    assert [tag.term for tag in entry.tags] == ["新收录"]


def test_free_beds_and_other_changes_newest_first(client, home, clerk, today):
    change(home, clerk, today, vacant=2)
    change(home, clerk, today, address="<i>新</i>街 1 号", website="https://example.org/")
    assert told(client) == [
        ("有更新", "后台修改：网址、地址"),
        ("空床有变化", "床位·护理型床位·双人间·空余床位：3 → 2"),
        ("新收录", home.region.full_name),
    ]
    assert "secret-clerk" not in client.get(URL, {"region": PLACE}).content.decode()


def test_words_are_no_markup(client, home, clerk, today):
    link = dict.fromkeys((field.name for field in MEDICAL.fields), None)
    link |= {"mode": "contract", "partner": "<b>甲&乙医院", "partner_level": ""}
    change(home, clerk, today, medical_links=[link])
    # A reader takes the summary for HTML, and shows what was meant.
    assert "&lt;b&gt;甲&amp;乙医院" in entries(client)[0].summary


def test_what_was_done_to_a_draft_is_not_told(client, home, clerk, today):
    Institution.objects.filter(pk=home.pk).update(stage=Institution.Stage.DRAFT)
    change(home, clerk, today, address="草稿里的地址")
    refresh([home.pk], today)
    assert told(client) == []
    assert move_stage(home.pk, "submit", by=clerk, on=today)
    assert move_stage(home.pk, "publish", by=clerk, on=today)
    assert told(client) == [("新收录", home.region.full_name)]
    change(home, clerk, today, vacant=0)
    assert [kind for kind, _ in told(client)] == ["空床有变化", "新收录"]


def test_a_demo_home_says_so(client, home, today):
    Institution.objects.filter(pk=home.pk).update(is_demo=True)
    refresh([home.pk], today)
    (entry,) = entries(client)
    assert entry.title.startswith("〔示例数据〕")
    assert [tag.term for tag in entry.tags] == ["新收录", "示例数据"]
    assert entries(client, region=PLACE, real="1") == []


def test_the_feed_itself(client, settings, home):
    settings.ORGANISATION = "某省民政厅"
    response = client.get(URL, {"region": PLACE, "sort": "price"})
    assert response.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert response.headers["X-Robots-Tag"] == "noindex"
    feed = feedparser.parse(response.content).feed
    assert feed.title == f"养老机构的变动：{home.region.name}"
    assert feed.author == "某省民政厅"
    assert feed.links[0].href == f"http://testserver/institutions/?region={PLACE}&sort=price"
    assert feed.links[1].href == f"http://testserver{URL}?region={PLACE}&sort=price"
    assert "CC BY 4.0" in feed.rights


@pytest.mark.parametrize(
    "query", ["e_age=80", "e_anything=1", "near=131082", "near2=1", "within=3"]
)
def test_nothing_of_a_family_is_subscribed_to(client, query):
    response = client.get(f"{URL}?{query}")
    assert response.status_code == 400
    assert "不能带老人的情况" in response.content.decode()


def test_what_xml_cannot_hold_is_left_out(client, home, clerk, today):
    change(home, clerk, today, name="乙\x0b养老\ufffe院")
    assert entries(client)[0].title == "乙养老院：有更新"


def test_only_the_latest_and_queries_are_pinned(client, django_assert_num_queries):
    client.get(URL)
    with django_assert_num_queries(4):
        # cities of long-term-care insurance;
        # whether the bitmaps are fresh, for the title;
        # homes published from the first, and steps, each with place
        assert len(entries(client, operating="open")) == LATEST
