import datetime
import re
from typing import Any

import pytest
from django.contrib import admin
from django.forms import BaseFormSet, NullBooleanSelect
from django.test import Client
from django.urls import reverse

from institutions.models import Fee, Institution, Listing, Phone, Provenance
from institutions.register.listings import find_wrong_listings, refresh
from regions.staff.scoped_admin import MOST_ROWS, BoundedRows
from tests.factories import (
    make_document,
    make_institution,
    make_region,
    make_user,
    make_whole_institution,
)

pytestmark = pytest.mark.django_db
MODELS = [
    model for model in admin.site._registry if model._meta.app_label in {"institutions", "regions"}
]


def address(model: Any, page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def change_page(home: Institution) -> str:
    return address(Institution, "change", home.pk)


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def home(today: datetime.date) -> Institution:
    home = make_whole_institution()
    refresh([home.pk], on=today)
    return home


def typed(boss: Client, url: str) -> dict[str, Any]:
    """What the form at `url` would send if nobody touched it."""
    return shown(boss.get(url))


def shown(page: Any) -> dict[str, Any]:
    """What the form on this page would send."""
    context = page.context
    data: dict[str, Any] = {}
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        formset: BaseFormSet[Any] = inline.formset
        forms += [formset.management_form, *formset.forms]
    for form in forms:
        for name in form.fields:
            widget, value = form[name].field.widget, form[name].value()
            if hasattr(widget, "decompress"):
                for place, part in enumerate(widget.decompress(value)):
                    data[f"{form[name].html_name}_{place}"] = part or ""
            elif isinstance(widget, NullBooleanSelect):
                data[form[name].html_name] = widget.format_value(value)
            elif value is not None and value is not False and not widget.needs_multipart_form:
                data[form[name].html_name] = value
    return data


def row_of(data: dict[str, Any], prefix: str, **fields: str) -> str:
    """The prefix of the inline row that holds these values: fees-2."""
    found = (match[1] for name in data if (match := re.fullmatch(rf"({prefix}-\d+)-id", name)))
    return next(
        row
        for row in found
        if all(str(data.get(f"{row}-{name}", "")) == value for name, value in fields.items())
    )


def added(data: dict[str, Any], prefix: str, **fields: Any) -> None:
    """One more inline row, as the page's script would send it."""
    place = data[f"{prefix}-TOTAL_FORMS"]
    data[f"{prefix}-TOTAL_FORMS"] = place + 1
    data.update({f"{prefix}-{place}-{name}": value for name, value in fields.items()})


def test_the_site_is_named_in_chinese(boss: Client):
    page = boss.get("/admin/").content.decode()

    assert "颐桥后台" in page
    assert "养老机构" in page
    assert "地区与政策" in page


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_list_renders(boss: Client, home, model, django_assert_max_num_queries):
    # session, user, phone; count twice, rows, facets; date hierarchy; time of the first look (3);
    # choices of the document of facts
    with django_assert_max_num_queries(16):
        page = boss.get(address(model, "changelist"), {"_facets": "True"})

    assert page.status_code == 200
    assert boss.get(address(model, "changelist"), {"q": "朝阳"}).status_code in {200, 302}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_add_page_renders(boss: Client, model, django_assert_max_num_queries):
    kept = {"BedFigures", "Correction", "LoadedFixture", "PendingChange", "PendingEdit"}
    unasked = kept | {"FailedSignIn", "Sentence", "ShippedRow", "SignIn"}
    expected = 403 if model.__name__ in unasked else 200
    with django_assert_max_num_queries(9):
        assert boss.get(address(model, "add")).status_code == expected


def test_a_request_cannot_ask_for_thousands_of_rows(boss: Client):
    numbers = {"staff_figures-TOTAL_FORMS": 131_082, "staff_figures-INITIAL_FORMS": 0}

    page = boss.post(address(Institution, "add"), numbers)

    formsets = {one.formset.prefix: one.formset for one in page.context["inline_admin_formsets"]}
    assert len(formsets["staff_figures"].forms) == MOST_ROWS
    assert any("最多" in error for error in formsets["staff_figures"].non_form_errors())


def test_every_part_is_bounded():
    parts = {inline for one in admin.site._registry.values() for inline in one.inlines}
    assert len(parts) > 12
    assert {part for part in parts if not issubclass(part, BoundedRows)} == set()


def test_the_page_of_a_whole_institution(boss: Client, home, django_assert_max_num_queries):
    # session, user; institution; 12 parts; names of the chosen region, documents and users;
    # savepoint
    with django_assert_max_num_queries(40):
        page = boss.get(change_page(home)).content.decode()

    for words in ("机构是什么", "在哪里", "备案与营业", "收什么人", "本站的登记", "000-12345678"):
        assert words in page


@pytest.mark.parametrize("factory", [make_region, make_document], ids=["region", "document"])
def test_the_pages_of_reference_rows(boss: Client, factory, django_assert_max_num_queries):
    row = factory()
    # session, user, phone; of a document: its row twice and as it was opened, the post twice,
    # whether it is in reach, its content type, edits that wait, savepoint and release
    with django_assert_max_num_queries(14):
        assert boss.get(address(row, "change", row.pk)).status_code == 200


def test_nothing_typed_changes_nothing(boss: Client, home: Institution):
    url = change_page(home)

    page = boss.post(url, typed(boss, url))

    assert page.status_code == 302
    home.refresh_from_db()
    assert home.version == 1


def test_a_new_price_reaches_the_listing(boss: Client, home: Institution, today):
    assert home.listing.price_0 == 5_100_00
    url = change_page(home)
    data = typed(boss, url)
    data[row_of(data, "fees", kind="meals") + "-amount"] = "1200"

    page = boss.post(url, data)

    assert page.status_code == 302
    home.refresh_from_db()
    assert home.version == 2
    assert Listing.objects.get(pk=home.pk).price_0 == 5_200_00
    assert home.pk not in find_wrong_listings(today)


def test_a_price_is_shown_and_typed_in_yuan(boss: Client, home: Institution):
    url = change_page(home)
    data = typed(boss, url)
    meals = row_of(data, "fees", kind="meals") + "-amount"
    assert data[meals] == "1100"
    assert "金额（元）" in (page := boss.get(url).content.decode())
    assert "（分）" not in page

    refused = boss.post(url, data | {meals: "1200.505"}).content.decode()
    boss.post(url, data | {meals: "1200.5"})

    assert 'value="1200.505"' in refused
    assert home.fees.get(kind="meals").amount == 1200_50
    assert typed(boss, url)[meals] == "1200.50"


def test_a_removed_and_an_added_row_reach_the_listing(boss: Client, home: Institution):
    url = change_page(home)
    data = typed(boss, url)
    data[row_of(data, "fees", kind="bed", room="twin") + "-DELETE"] = "on"
    added(
        data, "fees", kind="bed", room="suite", level_from=0, level_to=4, amount=".01", period="day"
    )

    assert boss.post(url, data).status_code == 302

    assert set(home.fees.filter(kind="bed").values_list("room", flat=True)) == {"single", "suite"}
    assert Listing.objects.get(pk=home.pk).bed_0 == 30


def test_a_new_institution_is_a_draft_whoever_enters_it(boss: Client):
    make_region()
    url = address(Institution, "add")
    data = typed(boss, url) | {"name": "新养老院", "region": "110105", "stage": "published"}
    added(data, "phones", number="12345")

    assert boss.post(url, data).status_code == 302

    home = Institution.objects.get(name="新养老院")
    assert (home.version, home.stage) == (1, "draft")
    assert not Listing.objects.filter(pk=home.pk).exists()
    assert home.revisions.get().how == "created"
    assert home.phones.get().number == "12345"


def test_a_deleted_institution_takes_its_listing_along(boss: Client, home: Institution):
    boss.post(address(Institution, "delete", home.pk), {"post": "yes"})

    assert not Institution.objects.filter(pk=home.pk).exists()
    assert not Listing.objects.filter(pk=home.pk).exists()


def test_deleted_selections_take_their_listings_along(boss: Client, home: Institution):
    data = {"action": "delete_selected", "_selected_action": [home.pk], "post": "yes"}

    boss.post(address(Institution, "changelist"), data)

    assert not Listing.objects.filter(pk=home.pk).exists()


def test_a_broken_rule_is_told_and_keeps_what_was_typed(boss: Client, home: Institution):
    url = change_page(home)
    data = typed(boss, url) | {"name": "改过的名称", "longitude": "200"}
    data[row_of(data, "beds", room="twin") + "-vacant"] = 61

    page = boss.post(url, data)

    text = page.content.decode()
    assert page.status_code == 200
    assert "经纬度要成对填写，并在有效范围内。" in text
    assert "已入住加空余不能多于运营床位。" in text
    assert 'value="改过的名称"' in text
    assert 'value="61"' in text
    home.refresh_from_db()
    assert (home.name == "改过的名称", home.version) == (False, 1)


def test_a_taken_row_is_refused(boss: Client, home: Institution):
    url = change_page(home)
    data = typed(boss, url)
    added(data, "phones", number="000-12345678")

    assert "这一行和另一行重复了。" in boss.post(url, data).content.decode()
    assert home.phones.count() == 1


def test_rows_are_not_swapped_in_one_go(boss: Client, home: Institution):
    url = change_page(home)
    data = typed(boss, url)
    first, second = row_of(data, "beds", room="twin"), row_of(data, "beds", room="single")
    for name in ("category", "room"):
        data[f"{first}-{name}"], data[f"{second}-{name}"] = (
            data[f"{second}-{name}"],
            data[f"{first}-{name}"],
        )

    page = boss.post(url, data)

    assert page.status_code == 200
    assert "要互换内容，请分两次保存。" in page.content.decode()


def test_a_removed_row_may_be_typed_anew(boss: Client, home: Institution):
    url = change_page(home)
    data = typed(boss, url)
    data[row_of(data, "phones", number="000-12345678") + "-DELETE"] = "on"
    added(data, "phones", number="000-12345678", hours="每天")

    assert boss.post(url, data).status_code == 302
    assert home.phones.get().hours == "每天"


def test_two_new_equal_rows_are_refused(boss: Client, home: Institution):
    url = change_page(home)
    data = typed(boss, url)
    fee = {"kind": "other", "level_from": 0, "level_to": 4, "amount": 1, "period": "month"}
    added(data, "fees", **fee)
    added(data, "fees", **fee | {"amount": 2})

    assert "这一行和另一行重复了。" in boss.post(url, data).content.decode()
    assert not Fee.objects.filter(institution=home, kind="other").exists()


def test_a_taken_name_is_refused(boss: Client, home: Institution):
    other = make_institution()
    url = change_page(other)

    page = boss.post(url, typed(boss, url) | {"name": home.name})

    assert "这个地区已经有一家同名机构。" in page.content.decode()


def test_a_visitor_is_asked_to_sign_in(client: Client, home: Institution):
    page = client.get(change_page(home))

    assert page.status_code == 302
    assert page.headers["Location"].startswith("/admin/login/")
    assert Phone.objects.filter(institution=home).exists()


def test_the_clerk_is_told_of_a_deposit_beyond_the_rule(boss: Client, home: Institution):
    Fee.objects.filter(institution=home).delete()
    home.fees.create(kind="bed", amount=100000)
    home.fees.create(kind="deposit", period="once", amount=9000000)
    response = boss.post(change_page(home), typed(boss, change_page(home)), follow=True)
    assert "押金超过每月床位费的 12 倍" in response.content.decode()


def test_one_action_removes_every_demo_record(boss: Client, home: Institution):
    real = set(Institution.objects.real().values_list("pk", flat=True))
    ticked = Institution.objects.real().first()
    demo = Institution.objects.demo().count()
    data = {"action": "remove_demo", "_selected_action": ticked.pk}
    asked = boss.post(address(Institution, "changelist"), data)
    assert f"删除这 {demo:,} 家示例机构" in asked.content.decode()
    assert Institution.objects.demo().count() == demo

    response = boss.post(address(Institution, "changelist"), data | {"confirmed": "1"}, follow=True)
    assert f"已删除 {demo:,} 家示例机构" in response.content.decode()
    assert set(Institution.objects.values_list("pk", flat=True)) == real
    assert not Listing.objects.filter(is_demo=True).exists()


def test_who_may_not_delete_is_not_offered_the_action(client: Client, rf):
    request = rf.get("/")
    request.user = make_user(is_staff=True)
    shown = admin.site._registry[Institution].get_actions(request)
    assert "remove_demo" not in shown


@pytest.mark.parametrize("page", ["change", "delete"])
def test_a_window_that_asks_for_no_field_is_refused(boss: Client, home, page):
    url = address(Institution, page, home.pk)
    assert boss.get(f"{url}?_to_field=").status_code == 400
    assert boss.post(url, {"_to_field": ""}).status_code == 400


@pytest.mark.parametrize("kind", ["home", "region", "document"])
def test_cards_say_what_was_saved(boss: Client, kind):
    """A worker keeps rows of cards: whoever saves has to say so."""
    source = Provenance.objects.filter(field="name", document__isnull=False).order_by("pk").first()
    home = source.institution
    field, row = {
        "home": ("name", home),
        "region": ("name", home.region),
        "document": ("title", source.document),
    }[kind]
    results = reverse("institutions")
    before = Client().get(results, {"region": home.region_id}).content.decode()
    url = address(type(row), "change", row.pk)
    assert boss.post(url, typed(boss, url) | {field: "改过的名字"}).status_code == 302
    after = Client().get(results, {"region": home.region_id}).content.decode()
    assert "改过的名字" not in before
    assert "改过的名字" in after
