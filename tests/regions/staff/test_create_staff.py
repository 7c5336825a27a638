import io
import re
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import CommandError

from regions.models import StaffMember
from tests.factories import make_region, make_user

pytestmark = pytest.mark.django_db


def create(**options: Any) -> str:
    out = io.StringIO()
    call_command("create_staff", stdout=out, stderr=out, **options)
    return out.getvalue()


@pytest.fixture(autouse=True)
def _regions() -> None:
    make_region("131082")


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sits at the terminal: lines typed in answer to questions, and secrets typed blind."""

    def sit(lines: list[str], passwords: list[str]) -> None:
        monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
        monkeypatch.setattr("builtins.input", lambda question: lines.pop(0))
        monkeypatch.setattr("getpass.getpass", lambda question: passwords.pop(0))

    return sit


def test_without_a_terminal_a_password_is_generated_and_shown_once():
    said = create(username="clerk", role="clerk", region="131082", generate_password=True)

    password = re.search(r"只显示这一次）：(\S+)", said)[1]
    user = get_user_model().objects.get(username="clerk")
    assert user.check_password(password)
    assert user.is_staff
    assert not user.is_superuser
    assert (user.staff_member.role, user.staff_member.region_id) == ("clerk", "131082")


def test_every_generated_password_is_new():
    first, second = (
        create(username=name, role="national", generate_password=True).split("：")[-1]
        for name in ("a", "b")
    )

    assert first != second
    assert len(first.strip()) >= 16


@pytest.mark.parametrize("role", StaffMember.Role.values)
def test_each_role_can_sign_in_and_do_its_work(role: str):
    create(username="new", role=role, region="000000", generate_password=True)

    user = get_user_model().objects.get(username="new")
    assert not user.is_superuser
    assert user.has_perm("institutions.change_institution")
    assert user.has_perm("regions.change_policy") == (role == "national")


def test_it_asks_for_what_was_not_said(answer: Any):
    answer(["boss", "clerk", "河北·三河"], ["long enough to be good", "long enough to be good"])

    said = create()

    user = get_user_model().objects.get(username="boss")
    assert user.check_password("long enough to be good")
    assert user.staff_member.region_id == "131082"
    assert "long enough" not in said


def test_a_weak_or_mistyped_password_is_asked_again(answer: Any):
    typed = ["1234", "right one here", "wrong one here", "third try is it", "third try is it"]
    answer([], typed)

    said = create(username="clerk", role="clerk", region="131082")

    assert "密码太常见了" in said
    assert "密码太短了，至少要 10 个字符。" in said
    assert "两次输入的密码不一样。" in said
    assert get_user_model().objects.get(username="clerk").check_password("third try is it")


def test_an_empty_password_is_replaced_by_a_generated_one(answer: Any):
    answer([], [""])

    said = create(username="clerk", role="clerk", region="131082")

    assert "只显示这一次" in said
    assert not get_user_model().objects.get(username="clerk").check_password("")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"username": "taken"}, "已存在"),
        ({"username": "white space"}, "用户名"),
        ({"region": "999999"}, "没有“999999”这个地区"),
        ({"role": "national"}, "全国管理员的管辖地区是全国。"),
        ({"role": "king"}, "king"),
        ({"username": None}, "--generate-password"),
    ],
)
def test_a_wrong_answer_makes_nothing(options: dict[str, Any], message: str):
    make_user(username="taken")
    right = {"username": "clerk", "role": "clerk", "region": "131082", "generate_password": True}

    with pytest.raises(CommandError, match=message):
        create(**right | options)

    assert not get_user_model().objects.filter(username="clerk").exists()
    assert not StaffMember.objects.exists()


def test_an_unanswered_question_makes_nothing(answer: Any):
    answer(["  "], [])

    with pytest.raises(CommandError, match="没有回答"):
        create()
