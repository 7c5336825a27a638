"""Two people on one home: each pair of edits, what the second sees, and what stands afterwards.

Both open the same page, the first saves, then the second. Where both changed one figure the second
is asked, with both values and what was typed, and nothing of that save is written; pressing save
once more on the page that came back answers the question.
"""

import datetime
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from institutions.models import Institution, PendingChange
from institutions.register.listings import find_wrong_listings
from tests.factories import make_document, make_user, make_whole_institution
from tests.institutions.admin.test_admin import added, change_page, row_of, shown, typed
from tests.institutions.register.test_workflow import signed_in

pytestmark = pytest.mark.django_db
Data = dict[str, Any]
Edit = Callable[[Data], None]


def write(**fields: Any) -> Edit:
    return lambda data: data.update(fields)


def on_row(part: str, where: dict[str, str], **fields: Any) -> Edit:
    """Type into the row of the part that holds these values."""

    def edit(data: Data) -> None:
        row = row_of(data, part, **where)
        data.update({f"{row}-{name}": value for name, value in fields.items()})

    return edit


def twin(**fields: Any) -> Edit:
    return on_row("beds", {"room": "twin"}, **fields)


def single(**fields: Any) -> Edit:
    return on_row("beds", {"room": "single"}, **fields)


def phone(number: str, **fields: str) -> Edit:
    return lambda data: added(data, "phones", number=number, **fields)


def picture(color: str) -> SimpleUploadedFile:
    Image.new("RGB", (20, 20), color).save(file := io.BytesIO(), "PNG")
    return SimpleUploadedFile(f"{color}.png", file.getvalue(), "image/png")


def beds(home: Institution) -> dict[str, tuple[Any, ...]]:
    return {
        bed.room: (bed.registered, bed.operating, bed.vacant) for bed in home.beds.order_by("room")
    }


def phones(home: Institution) -> dict[str, str]:
    return dict(home.phones.order_by("number").values_list("number", "hours"))


def terms(home: Institution) -> Any:
    return home.terms.trial_days if hasattr(home, "terms") else None


def names(home: Institution) -> tuple[str, str]:
    return home.address, home.operator


@dataclass(frozen=True)
class Pair:
    """Two edits; `asked` is what the second is asked, or nothing where both are saved at once."""

    first: Edit
    second: Edit
    look: Callable[[Institution], Any]
    stands: Any
    asked: str = ""
    again: Any = None


MEALS = {"kind": "meals"}
ONE, OTHER = "010-11112222", "010-33334444"
KNOWN = {"000-12345678": ""}
ALL = {"single": (20, None, None), "twin": (80, 60, 5)}

PAIRS = {
    "same field, same value": Pair(
        write(address="新址"), write(address="新址"), names, ("新址", "")
    ),
    "same field, other value": Pair(
        write(address="他的"),
        write(address="她的"),
        names,
        ("他的", ""),
        "别人把它改成了“他的”（原来是“示例路 1 号”）",
        ("她的", ""),
    ),
    "other field": Pair(write(address="他的"), write(operator="她的"), names, ("他的", "她的")),
    "same row, other field": Pair(
        twin(vacant=3), twin(registered=90), beds, ALL | {"twin": (90, 60, 3)}
    ),
    "same row, same field": Pair(
        twin(vacant=3),
        twin(vacant=7),
        beds,
        ALL | {"twin": (80, 60, 3)},
        "别人把它改成了“3”（原来是“5”）",
        ALL | {"twin": (80, 60, 7)},
    ),
    "deleted row, other edited": Pair(
        single(DELETE="on"), twin(vacant=3), beds, {"twin": (80, 60, 3)}
    ),
    "deleted row, same edited": Pair(
        single(DELETE="on"),
        single(registered=33),
        beds,
        {"twin": (80, 60, 5)},
        "别人刚刚删掉了这一行",
        ALL | {"single": (33, None, None)},
    ),
    "edited row, same deleted": Pair(
        single(registered=33),
        single(DELETE="on"),
        beds,
        ALL | {"single": (33, None, None)},
        "备案床位 20 → 33。还要删",
        {"twin": (80, 60, 5)},
    ),
    "both deleted": Pair(single(DELETE="on"), single(DELETE="on"), beds, {"twin": (80, 60, 5)}),
    "both added, other rows": Pair(phone(ONE), phone(OTHER), phones, KNOWN | {ONE: "", OTHER: ""}),
    "both added the same row": Pair(
        phone(ONE, hours="每天"), phone(ONE, hours="每天"), phones, KNOWN | {ONE: "每天"}
    ),
    "both added a row, unlike": Pair(
        phone(ONE, hours="每天"),
        phone(ONE, hours="工作日"),
        phones,
        KNOWN | {ONE: "每天"},
        "别人刚刚加了同样的一行",
        KNOWN | {ONE: "工作日"},
    ),
    "both added a row, one says more": Pair(
        phone(ONE, hours="每天"), phone(ONE), phones, KNOWN | {ONE: "每天"}
    ),
    "added row, other edited": Pair(
        phone(ONE),
        on_row("phones", {"number": "000-12345678"}, hours="每天"),
        phones,
        {"000-12345678": "每天", ONE: ""},
    ),
    "changed key, same row edited": Pair(
        on_row("beds", {"room": "single"}, room="triple"),
        single(registered=33),
        beds,
        {"triple": (20, None, None), "twin": (80, 60, 5)},
        "别人改了和它有关的：房型 单人间 → 三人间",
        {"triple": (33, None, None), "twin": (80, 60, 5)},
    ),
    "edited row, same row's key changed": Pair(
        single(registered=33),
        on_row("beds", {"room": "single"}, room="triple"),
        beds,
        ALL | {"single": (33, None, None)},
        "备案床位 20 → 33",
        {"triple": (33, None, None), "twin": (80, 60, 5)},
    ),
    "corrected number, same phone's hours": Pair(
        on_row("phones", {"number": "000-12345678"}, number="000-87654321"),
        on_row("phones", {"number": "000-12345678"}, hours="每天"),
        phones,
        {"000-87654321": "每天"},
    ),
    "one price for another period": Pair(
        on_row("fees", MEALS, period="day"),
        on_row("fees", MEALS, amount="1200"),
        lambda home: home.fees.values_list("amount", "period").get(kind="meals"),
        (1100_00, "day"),
        "计费周期 元/月 → 元/天",
        (1200_00, "day"),
    ),
    "one half of a point": Pair(
        write(longitude="116.5", latitude="39.95"),
        write(latitude="39.9"),
        lambda home: (home.longitude, home.latitude),
        (116.5, 39.95),
        "别人把它改成了“39.95”",
        (116.5, 39.9),
    ),
    "terms deleted, edited": Pair(
        write(**{"terms-0-DELETE": "on"}),
        write(**{"terms-0-trial_days": 9}),
        terms,
        None,
        "别人刚刚删掉了这一行",
        9,
    ),
    "photo: other words for the same picture": Pair(
        write(**{"photos-0-position": 3}),
        write(**{"photos-0-alt": "侧门"}),
        lambda home: home.photos.values_list("alt", "position").get(),
        ("侧门", 3),
    ),
    "photo exchanged, described": Pair(
        lambda data: data.update({"photos-0-image": picture("red")}),
        write(**{"photos-0-alt": "侧门"}),
        lambda home: home.photos.get().alt,
        "大门",
        "（换过了）",
        "侧门",
    ),
    "source: other fields": Pair(
        on_row("provenance", {"field": "beds/nursing/twin"}, quote="原文"),
        on_row("provenance", {"field": "beds/nursing/twin"}, as_of="2026-11-02"),
        lambda home: home.provenance.values_list("quote", "as_of").get(field="beds/nursing/twin"),
        ("原文", datetime.date(2026, 11, 2)),
    ),
    "source: the same day": Pair(
        on_row("provenance", {"field": "beds/nursing/twin"}, as_of="2026-11-03"),
        on_row("provenance", {"field": "beds/nursing/twin"}, as_of="2026-11-02"),
        lambda home: home.provenance.get(field="beds/nursing/twin").as_of,
        datetime.date(2026, 11, 3),
        "别人把它改成了“2026",
        datetime.date(2026, 11, 2),
    ),
}


@pytest.fixture
def his(db) -> Client:
    return signed_in("reviewer", "laoli")


@pytest.fixture
def hers(db) -> Client:
    return signed_in("clerk", "xiaowang")


@pytest.fixture
def home(today: datetime.date) -> Institution:
    return make_whole_institution(stage="draft")


def seen(look: Callable[[Institution], Any], home: Institution) -> Any:
    return look(Institution.objects.get(pk=home.pk))


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_nothing_is_taken_back(pair: Pair, his, hers, home, settings, tmp_path, today):
    settings.MEDIA_ROOT = tmp_path
    url = change_page(home)
    first, second = typed(his, url), typed(hers, url)
    pair.first(first)
    pair.second(second)
    assert his.post(url, first).status_code == 302

    page = hers.post(url, second)

    assert seen(pair.look, home) == pair.stands
    if pair.asked:
        assert page.status_code == 200
        assert "没有保存" in (text := page.content.decode())
        assert pair.asked in text
        assert hers.post(url, shown(page)).status_code == 302
        assert seen(pair.look, home) == pair.again
    else:
        assert page.status_code == 302
    assert find_wrong_listings(today) == []


def test_the_second_is_shown_what_the_first_saved(his, hers, home):
    """What she did not touch is what stands now, and the lines say who changed it."""
    url = change_page(home)
    first, second = typed(his, url), typed(hers, url)
    write(address="他的", operator="他的公司")(first)
    write(address="她的")(second)
    his.post(url, first)

    page = hers.post(url, second)

    assert (shown(page)["operator"], shown(page)["address"]) == ("他的公司", "她的")
    assert "laoli" in (text := page.content.decode())
    assert "改了运营方：未公布 → 他的公司" in text


def test_an_answer_does_not_overwrite_what_is_newer_still(his, hers, home):
    url = change_page(home)
    first, second = typed(his, url), typed(hers, url)
    write(address="他的")(first)
    write(address="她的")(second)
    his.post(url, first)
    asked = shown(hers.post(url, second))
    his.post(url, typed(his, url) | {"address": "更新的", "operator": "他的公司"})

    page = hers.post(url, asked)

    assert "别人把它改成了“更新的”（原来是“他的”）" in page.content.decode()
    assert seen(names, home) == ("更新的", "他的公司")
    hers.post(url, shown(page))
    assert seen(names, home) == ("她的", "他的公司")


def test_the_back_button_adds_nothing_twice(hers, home):
    """The page as it was before the save, sent once more with one figure more."""
    url = change_page(home)
    data = typed(hers, url)
    phone(ONE, hours="每天")(data)
    write(address="新址")(data)
    hers.post(url, data)

    page = hers.post(url, data | {"operator": "她的公司"}, follow=True)

    assert "都保留了" in page.content.decode()
    assert seen(names, home) == ("新址", "她的公司")
    assert seen(phones, home) == KNOWN | {ONE: "每天"}


def test_a_page_that_does_not_say_what_it_showed_is_asked_of_everything(his, hers, home):
    """As one kept from before the site knew better: no figure is written over unasked."""
    url = change_page(home)
    old = {name: value for name, value in typed(hers, url).items() if "as_opened" not in name}
    his.post(url, typed(his, url) | {"address": "他的"})

    page = hers.post(url, old | {"operator": "她的公司"})

    assert "别人把它改成了“他的”" in page.content.decode()
    assert seen(names, home) == ("他的", "")


def test_a_change_that_waits_asks_for_nothing_but_what_was_typed(his, hers, home):
    """A clerk's save of a published home: what the reviewer wrote is not part of it."""
    Institution.objects.filter(pk=home.pk).update(stage="published")
    url = change_page(home)
    first, second = typed(his, url), typed(hers, url)
    his.post(url, first | {"address": "他的"})

    hers.post(url, second | {"operator": "她的公司"})

    (pending,) = PendingChange.objects.all()
    paths = [change["path"] for change in pending.changes]
    assert paths == ["operator", "provenance/operator"]
    assert seen(names, home) == ("他的", "")


def test_lines_of_text_are_not_changed_by_the_way_browsers_send_them(his, hers, home):
    Institution.objects.filter(pk=home.pk).update(aliases="甲\n乙")
    url = change_page(home)
    first, second = typed(his, url), typed(hers, url)
    his.post(url, first | {"aliases": "丙"})

    assert hers.post(url, second | {"aliases": "甲\r\n乙", "operator": "她的"}).status_code == 302

    assert seen(lambda home: home.aliases, home) == "丙"


def test_two_on_a_document(client: Client):
    """Rows without a history are kept apart by what each form showed."""
    document = make_document(title="旧题", number="1 号", note="")
    client.force_login(make_user(is_staff=True, is_superuser=True))
    url = f"/admin/regions/document/{document.pk}/change/"
    first, second, third = (typed(client, url) for _ in range(3))
    client.post(url, first | {"title": "他的题", "note": "他的"})

    assert client.post(url, second | {"number": "2 号"}).status_code == 302
    page = client.post(url, third | {"title": "她的题"})

    assert "别人把它改成了“他的题”（原来是“旧题”）" in page.content.decode()
    document.refresh_from_db()
    assert (document.title, document.number, document.note) == ("他的题", "2 号", "他的")
    assert client.post(url, shown(page)).status_code == 302
    document.refresh_from_db()
    assert (document.title, document.number, document.note) == ("她的题", "2 号", "他的")
