"""Documents and facts reach families once somebody of enough reach has passed them."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from institutions.models import Designation, Provenance
from institutions.register.listings import refresh
from institutions.register.provenance import public_documents
from institutions.register.review import move_stage as move_home
from regions.models import Document, Fact, PendingEdit, StaffMember
from regions.models.document import UNPASSED, validate_web_link
from tests.conftest import TODAY
from tests.factories import make_document, make_institution, make_region, make_user

pytestmark = pytest.mark.django_db

MARK = "不该看到的题目"
QUOTE = "不该看到的原文"


def as_staff(role: str, region: str) -> Client:
    user = make_user(is_staff=True)
    StaffMember.objects.create(user=user, role=role, region=make_region(region))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def clerk() -> Client:
    return as_staff("clerk", "110105")


def typed(**changes: Any) -> dict[str, Any]:
    """The form of a document as a browser sends it."""
    return {
        "slug": "typed",
        "title": "一份文件",
        "kind": "notice",
        "region": "110105",
        "issued_precision": "day",
    } | changes


def typed_fact(document: Document, **changes: Any) -> dict[str, Any]:
    return {
        "code": "TYPED",
        "document": document.pk,
        "regions": ["110105"],
        "label": "床位",
        "value": "7",
        "bound": "exact",
        "nature": "result",
        "as_of": "2026-11-01",
        "as_of_precision": "day",
        "quote": QUOTE,
    } | changes


def page_of(row: Any, name: str = "change") -> str:
    return reverse(f"admin:regions_{row._meta.model_name}_{name}", args=[row.pk])


ADD = "admin:regions_document_add"


def test_what_a_clerk_enters_is_a_draft_of_no_grade_of_theirs(clerk):
    crafted = typed(grade="A", stage="published", author="1", is_sheet="on")
    assert clerk.post(reverse(ADD), crafted).status_code == 302
    row = Document.objects.get(slug="typed")
    assert (row.stage, row.grade, row.is_sheet) == ("draft", "C", False)
    assert row.author is not None
    assert Client().get(row.get_absolute_url()).status_code == 404


def test_the_popup_enters_a_draft_too(clerk):
    clerk.post(f"{reverse(ADD)}?_popup=1", typed(grade="A", _popup="1"))
    row = Document.objects.get(slug="typed")
    assert (row.stage, row.grade) == ("draft", "C")


@pytest.mark.parametrize(
    ("role", "place", "may"),
    [
        ("clerk", "110105", False),
        ("reviewer", "110105", False),
        ("province", "110000", False),
        ("clerk", "000000", False),
        ("national", "000000", True),
    ],
)
def test_the_grade_is_the_nations(role, place, may):
    client = as_staff(role, place)
    row = make_document(slug="typed", stage="draft", grade="C", region=make_region("110105"))
    page = client.get(page_of(row))
    assert ("grade" in page.context["adminform"].form.fields) == may
    client.post(page_of(row), typed(grade="A", title="改过"))
    row.refresh_from_db()
    assert (row.grade, row.title) == ("A" if may else "C", "改过")


@pytest.mark.parametrize("region", ["", "130000", "131082"])
def test_a_clerk_enters_none_of_the_nation_or_of_elsewhere(clerk, region):
    make_region("131082")
    assert clerk.post(reverse(ADD), typed(region=region)).status_code == 200
    assert not Document.objects.filter(slug="typed").exists()


def test_a_wider_document_waits_for_who_reaches_it(clerk):
    clerk.post(reverse(ADD), typed(region="110000"))
    row = Document.objects.get(slug="typed")
    clerk.post(reverse("admin:document_move", args=[row.pk, "submit"]))
    row.refresh_from_db()
    assert row.stage == "review"
    publish = reverse("admin:document_move", args=[row.pk, "publish"])
    assert as_staff("reviewer", "110105").post(publish, {"version": 2}).status_code == 404
    as_staff("province", "110000").post(publish, {"version": 2})
    row.refresh_from_db()
    assert row.stage == "published"


def test_what_goes_to_the_site_must_have_been_seen(clerk):
    row = make_document(slug="typed", stage="review", grade="C", region=make_region("110105"))
    clerk.post(page_of(row), typed(title="别的"))
    reviewer = as_staff("reviewer", "110105")
    publish = reverse("admin:document_move", args=[row.pk, "publish"])
    assertContains(reviewer.post(publish, {"version": 1}, follow=True), "别人又改过内容")
    row.refresh_from_db()
    assert row.stage == "review"


def test_a_change_of_a_published_document_waits(clerk):
    row = make_document(slug="typed", grade="C", title="原题", region=make_region("110105"))
    page = clerk.post(page_of(row), typed(title="新题", grade="A", issued_on=""), follow=True)
    assertContains(page, "已送审")
    row.refresh_from_db()
    assert row.title == "原题"
    pending = PendingEdit.objects.get()
    assert {c["field"] for c in pending.changes} == {"title", "issued_on"}
    reviewer = as_staff("reviewer", "110105")
    assertContains(reviewer.get(page_of(pending)), "新题")
    reviewer.post(reverse("admin:edit_approve", args=[pending.pk]))
    row.refresh_from_db()
    assert (row.title, row.grade, row.issued_on, row.stage) == ("新题", "C", None, "published")


def test_an_edit_that_was_overtaken_is_refused(clerk):
    row = make_document(slug="typed", grade="C", title="原题", region=make_region("110105"))
    clerk.post(page_of(row), typed(title="新题"))
    Document.objects.update(title="别人的题")
    pending = PendingEdit.objects.get()
    approve = reverse("admin:edit_approve", args=[pending.pk])
    assertContains(as_staff("reviewer", "110105").post(approve, follow=True), "又被改过：标题")
    row.refresh_from_db()
    assert row.title == "别人的题"


def test_a_change_of_region_takes_the_reach_of_both(clerk):
    row = make_document(slug="typed", grade="C", region=make_region("110105"))
    as_staff("reviewer", "110105").post(page_of(row), typed(region="110000"))
    row.refresh_from_db()
    assert row.region_id == "110105"
    pending = PendingEdit.objects.get()
    approve = reverse("admin:edit_approve", args=[pending.pk])
    assert as_staff("reviewer", "110105").post(approve).status_code == 403
    as_staff("province", "110000").post(approve)
    row.refresh_from_db()
    assert row.region_id == "110000"


def test_a_fact_of_two_regions_takes_the_reach_of_both(clerk):
    document = make_document()
    wide = [make_region("110105").pk, make_region("110106").pk]
    row = Fact.objects.create(
        code="TYPED", document=document, label="床位", value=7, as_of="2026-11-01", quote=QUOTE
    )
    row.regions.set(wide)
    reviewer = as_staff("reviewer", "110105")
    reviewer.post(page_of(row), typed_fact(document, regions=wide, value="8"))
    row.refresh_from_db()
    assert row.value == 7
    pending = PendingEdit.objects.get()
    assert [(c["field"], c["old"], c["new"]) for c in pending.changes] == [
        ("value", "7.00", "8.00")
    ]
    as_staff("province", "110000").post(reverse("admin:edit_approve", args=[pending.pk]))
    row.refresh_from_db()
    assert (row.value, row.regions.count()) == (8, 2)


def test_a_fact_is_passed_after_its_document(clerk):
    document = make_document(stage="review", region=make_region("110105"))
    clerk.post(reverse("admin:regions_fact_add"), typed_fact(document))
    row = Fact.objects.get(code="TYPED")
    assert row.stage == "draft"
    Fact.objects.update(stage="review")
    reviewer = as_staff("reviewer", "110105")
    publish = reverse("admin:fact_move", args=[row.pk, "publish"])
    assertContains(reviewer.post(publish, {"version": 1}, follow=True), "来源文件还没有发布")


def test_a_document_that_policies_stand_on_is_not_withdrawn():
    row = Document.objects.filter(policies__isnull=False, stage="published").first()
    national = as_staff("national", "000000")
    page = reverse("admin:document_move", args=[row.pk, "withdraw"])
    assertContains(national.post(page, follow=True), "以它为依据")
    row.refresh_from_db()
    assert row.stage == "published"


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "JavaScript://x.gov.cn/%0aalert(1)",
        "data:text/html,x",
        "ftp://a.gov.cn/x",
        "file:///etc/passwd",
        "//a.gov.cn/x",
        "https://gov.cn@evil.example/",
        "https://a.gov.cn/a b",
        "https://a.gov.cn/\u202efdp",
        "https:\\\\a.gov.cn",
        "a",
    ],
)
def test_only_links_of_the_web_are_taken(link):
    with pytest.raises(ValidationError, match="http"):
        validate_web_link(link)


@pytest.mark.parametrize("link", ["javascript:alert(1)", "ftp://a.gov.cn/x"])
def test_the_form_refuses_other_links_and_keeps_them(clerk, link):
    page = clerk.post(reverse(ADD), typed(url=link))
    assertContains(page, link)
    assert not Document.objects.filter(slug="typed").exists()
    clerk.post(reverse(ADD), typed(url="https://www.gov.cn/a?b=c#d"))
    assert Document.objects.get(slug="typed").url == "https://www.gov.cn/a?b=c#d"


# What families see


@pytest.fixture
def draft() -> Document:
    """A draft that a published home cites in two places, with a fact that was passed itself."""
    document = make_document(
        slug="secret-slug", title=MARK, stage="draft", url="https://secret.cn/"
    )
    home = make_institution(region=make_region("110105"), operating="open")
    Provenance.objects.create(institution=home, kind="public", document=document, as_of=TODAY)
    Designation.objects.create(institution=home, kind="ltci", region=home.region, document=document)
    for code, stage, source in (
        ("SECRET1", "published", document),
        ("SECRET2", "draft", make_document(title="公开的")),
        ("SECRET3", "review", make_document(title="公开的二")),
    ):
        fact = Fact.objects.create(
            code=code, document=source, stage=stage, label="养老机构", value=3, unit="家",
            as_of="2026-10-01", quote=QUOTE,
        )  # fmt: skip
        fact.regions.set([make_region("110105"), make_region("110000")][:1])
    refresh([home.pk], TODAY)
    return document


PUBLIC = [
    "/", "/sources/", "/regions/", "/regions/110105/", "/regions/110000/", "/institutions/",
    "/sitemap.xml", "/sitemap-documents.xml", "/sitemap-regions.xml", "/api/v1/documents?limit=100",
    "/api/v1/facts?region=110105", "/api/v1/facts?limit=100", "/api/v1/institutions?region=110105",
    "/api/v1/institutions/{home}", "/institutions/{home}/", "/institutions/{home}/pack/",
    "/institutions/{home}/correct/?about=name", "/compare/?id={home}", "/shortlist/?id={home}",
    "/follow/?home={home}", "/feed/", "/institutions/feed/", "/data/", "/about/help/",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_a_draft_stands_on_no_public_page(client: Client, draft: Document, address: str):
    home = draft.cited_for.get().institution
    page = client.get(address.format(home=home.pk), follow=True)
    text = b"".join(page.streaming_content) if page.streaming else page.content
    for secret in (MARK, QUOTE, "secret-slug", "secret.cn", "SECRET"):
        assert secret not in text.decode(), secret


@pytest.mark.parametrize("name", ["csv", "figures.csv", "jsonl", "geojson"])
def test_a_draft_stands_in_no_file_of_open_data(draft: Document, name: str):
    from institutions.open_data.files import FORMATS

    text = "".join(FORMATS[name].file_lines([draft.cited_for.get().institution_id]))
    assert UNPASSED in text or name == "jsonl"
    for secret in (MARK, "secret-slug"):
        assert secret not in text


@pytest.mark.parametrize(
    "address",
    ["/sources/secret-slug/", "/sources/secret-slug/correct/", "/api/v1/documents/secret-slug"],
)
def test_a_draft_has_no_page(client: Client, draft: Document, address: str):
    assert client.get(address).status_code == 404
    Document.objects.filter(pk=draft.pk).update(stage="published")
    assert client.get(address).status_code == 200


def test_a_home_says_that_its_source_waits(client: Client, draft: Document):
    page = client.get(draft.cited_for.get().institution.get_absolute_url())
    assertContains(page, UNPASSED)
    Document.objects.filter(pk=draft.pk).update(stage="published")
    assertNotContains(client.get(draft.cited_for.get().institution.get_absolute_url()), UNPASSED)


def test_a_sheet_is_seen_while_a_home_of_it_is():
    home = make_institution(stage="review")
    sheet = make_document(is_sheet=True, stage="draft", title=MARK)
    other = make_document(stage="draft")
    for document, path in ((sheet, ""), (other, "name")):
        Provenance.objects.create(
            institution=home, field=path, kind="public", document=document, as_of=TODAY
        )
    seen = public_documents().filter(pk__in=[sheet.pk, other.pk])
    assert not seen.exists()
    move_home(home.pk, "publish", by=make_user(), on=TODAY)
    assert list(seen.all()) == [sheet]
    move_home(home.pk, "withdraw", by=make_user(), on=TODAY)
    assert not seen.all().exists()


def test_what_ships_is_published():
    assert not Document.objects.exclude(stage="published").exists()
    assert not Fact.objects.exclude(stage="published").exists()
