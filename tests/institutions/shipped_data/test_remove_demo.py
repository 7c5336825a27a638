from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from institutions.models import Bed, Institution, Listing

pytestmark = pytest.mark.django_db


def remove(**options: object) -> str:
    out = StringIO()
    call_command("remove_demo", stdout=out, **{"interactive": False} | options)
    return out.getvalue()


@pytest.mark.parametrize("answer", ["", "no", EOFError])
def test_asks_first_and_says_how_many(monkeypatch, answer: object) -> None:
    asked, demo = [], Institution.objects.demo().count()

    def ask(question: str) -> str:
        asked.append(question)
        if answer is EOFError:
            raise EOFError
        return str(answer)

    monkeypatch.setattr("builtins.input", ask)
    with pytest.raises(CommandError, match="没有删除"):
        remove(interactive=True)
    assert f"{demo:,} 家" in asked[0]
    assert Institution.objects.demo().count() == demo


def test_yes_removes(monkeypatch) -> None:
    monkeypatch.setattr("builtins.input", lambda _: "yes")
    assert "已删除" in remove(interactive=True)
    assert not Institution.objects.demo().exists()


def test_removes_every_demo_home_with_its_parts_and_listing_and_nothing_else() -> None:
    demo, real = Institution.objects.demo().count(), Institution.objects.real().count()
    assert demo
    assert real
    assert remove() == f"已删除 {demo:,} 家示例机构。\n"
    assert Institution.objects.count() == real
    assert Listing.objects.count() == real
    assert not Bed.objects.filter(institution__is_demo=True).exists()


def test_says_when_there_is_none() -> None:
    Institution.objects.demo().delete()
    assert remove() == "没有示例机构。\n"
