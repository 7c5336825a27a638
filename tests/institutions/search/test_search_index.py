"""The index follows every write, and what is missing of it is told, mended and made again."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from institutions.models import Institution, Listing, ListingChange, Tokens
from institutions.models.tokens import All, Either, Token
from institutions.register import listings
from institutions.search import fulltext as search_index
from institutions.search.text import match_text
from regions.models import Region
from tests.factories import make_institution

pytestmark = pytest.mark.django_db
PARTS = {"sqlite": search_index.SQLITE, "postgresql": search_index.POSTGRESQL}


def lose(name: str) -> None:
    """Drop one part of the index, as a rebuilt table drops its triggers."""
    kind = "INDEX" if connection.vendor == "postgresql" else "TRIGGER"
    with connection.cursor() as cursor:
        cursor.execute(
            f"DROP {'TABLE' if (kind, name) == ('TRIGGER', search_index.INDEX) else kind} {name}"
        )


def found(token: str) -> bool:
    return Tokens.objects.filter(pk__holds=Token(token)).exists()


def test_whole_index_is_no_matter_for_complaint() -> None:
    assert search_index.missing(connection) == []
    assert search_index.check_index(databases=["default"]) == []
    assert search_index.check_index() == []


def test_every_part_that_is_missing_is_told_and_made_again() -> None:
    for name in PARTS[connection.vendor]:
        lose(name)
        (warning,) = search_index.check_index(databases=["default"])
        assert name in warning.msg
        assert "rebuild_search" in str(warning.hint)
        search_index.keep_index(using="default")
        assert search_index.check_index(databases=["default"]) == []
        assert found("养老")


def test_index_is_made_anew_from_rows_written_without_it() -> None:
    for name in reversed(PARTS[connection.vendor]):
        lose(name)
    home = make_institution()
    Tokens.objects.create(institution=home, text="岭上 松岭")
    search_index.keep_index(using="default")
    assert found("松岭")


def test_index_follows_inserts_updates_and_deletes() -> None:
    home = make_institution()
    Tokens.objects.create(institution=home, text="岭上 松岭")
    assert found("松岭")
    Tokens.objects.update_or_create(pk=home.pk, defaults={"text": "鹭洲"})
    assert (found("松岭"), found("鹭洲")) == (False, True)
    home.delete()
    assert not found("鹭洲")


@pytest.mark.parametrize(
    "text", ["", '"', "'", "\\", "a b", "松*", "a:b", "a_b", "松岭\n", "#", "a=b"]
)
def test_nothing_of_a_query_language_is_a_token(text: str) -> None:
    with pytest.raises(ValueError, match="not a token"):
        Token(text)


def test_all_and_either() -> None:
    home = make_institution()
    Tokens.objects.create(institution=home, text="#131082 =松岭 yiyang 岭上 松岭")
    either = Either((Token("没有"), All((Token("松岭"), Token("yi", begins=True)))))
    assert Tokens.objects.get(pk__holds=either).pk == home.pk
    for none in (All((Token("松岭"), Token("没有"))), Token("yi"), Token("=松"), Token("131082")):
        assert not Tokens.objects.filter(pk=home.pk, pk__holds=none).exists()


def test_rebuild_writes_what_differs_and_says_how_far_it_is() -> None:
    Tokens.objects.all().update(text="鹭洲")
    place = Region.objects.get(pk="131082")
    left = make_institution(region=place)
    Tokens.objects.create(institution=left, text="松岭")  # never listed
    out = StringIO()
    call_command("rebuild_search", stdout=out)
    number = Listing.objects.count()
    assert f"已生成 {number:,} / {number:,} 家的检索词。\n检索索引已重建。\n" in out.getvalue()
    assert Listing.objects.filter(match_text("燕达").condition).exists()
    assert not Tokens.objects.filter(pk=left.pk).exists()
    assert Tokens.objects.count() == number


def test_workers_hear_of_an_index_that_was_made_anew(monkeypatch) -> None:
    told, make = [], search_index.make

    def made(connection) -> None:
        make(connection)
        told.append(ListingChange.objects.count())

    monkeypatch.setattr(search_index, "make", made)
    call_command("rebuild_search", verbosity=0)
    assert ListingChange.objects.count() > told[0]
    search_index.drop(connection)
    search_index.keep_index("default")
    assert ListingChange.objects.count() > told[1]
    assert ListingChange.objects.last().institutions is None


def test_home_without_tokens_is_due(today) -> None:
    home = Institution.objects.published().first()
    Tokens.objects.filter(pk=home.pk).delete()
    assert home.pk in Listing.objects.outdated(today).values_list("pk", flat=True)
    assert listings.find_wrong_listings(today) == [home.pk]
    call_command("refresh_listings", due=True, verbosity=0)
    assert listings.find_wrong_listings(today) == []
