"""How staff sign in: locks, the second factor, the end of a session, and the log of it all."""

import datetime
import io
import re
import time
from typing import Any

import pytest
import time_machine
from axes.models import AccessAttempt
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.contrib.auth.password_validation import (
    password_validators_help_texts,
    validate_password,
)
from django.core.checks.registry import registry
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client, RequestFactory
from django.urls import reverse
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from carebridge.lib.qr import qr_code
from carebridge.lib.visitors import address
from regions.models import FailedSignIn, SignIn, StaffMember
from regions.staff import devices
from regions.staff.checks import second_factor
from tests.factories import make_region, make_user

pytestmark = pytest.mark.django_db

NOON = datetime.datetime(2026, 11, 22, 4, tzinfo=datetime.UTC)
LOGIN, HOME = "/admin/login/", "/admin/"
STEP, PHONE = "/admin/two-step/", "/admin/two-step/phone/"
OFFICE = "10.0.0.1"


def staff(name: str, role: str = "clerk", region: str = "110105") -> AbstractUser:
    user = get_user_model().objects.create_user(name, password="right", is_staff=True)  # noqa: S106
    StaffMember.objects.create(user=user, role=role, region=make_region(region))
    return user


def sign_in(client: Client, name: str, password: str = "right", **meta: str) -> Any:  # noqa: S107
    return client.post(LOGIN, {"username": name, "password": password}, **meta)


def fail(client: Client, name: str, times: int, place: str = OFFICE) -> Any:
    for _ in range(times):
        answer = sign_in(client, name, "wrong", REMOTE_ADDR=place)
    return answer


def later(**span: float) -> Any:
    return time_machine.travel(NOON + datetime.timedelta(**span), tick=False)


# The lock


def test_five_wrong_passwords_lock_the_name_at_this_address_only(client: Client, settings):
    settings.HELP_PHONE = "010-12345678"
    staff("first")
    staff("second")

    assert fail(client, "first", 4).status_code == 200
    locked = fail(client, "first", 1)

    assert locked.status_code == 429
    text = locked.content.decode()
    assert "12:15（北京时间）以后可以再试" in text
    assert "锁 15 分钟" in text
    assert "010-12345678" in text
    assert sign_in(client, "first", REMOTE_ADDR=OFFICE).status_code == 429
    assert sign_in(client, "second", REMOTE_ADDR=OFFICE).status_code == 302
    assert sign_in(Client(), "first", REMOTE_ADDR="10.0.0.2").status_code == 302


def test_the_lock_ends_when_the_page_said_whoever_knocks_meanwhile(client: Client):
    staff("first")
    fail(client, "first", 5)

    with later(minutes=14):
        assert fail(client, "first", 3).status_code == 429
    with later(minutes=15, seconds=1):
        assert sign_in(client, "first", REMOTE_ADDR=OFFICE).status_code == 302


def test_a_right_password_forgets_the_wrong_ones(client: Client):
    staff("first")
    fail(client, "first", 4)
    sign_in(client, "first", REMOTE_ADDR=OFFICE)

    assert fail(Client(), "first", 4).status_code == 200
    assert not FailedSignIn.objects.filter(locked_out=True).exists()


@pytest.mark.parametrize("name", ["", "\0", "x" * 10_000, "不存在"])
def test_odd_names_are_refused_like_wrong_ones(client: Client, name: str):
    assert sign_in(client, name, "wrong").status_code == 200


def test_a_name_longer_than_the_log_is_locked_too(client: Client):
    assert fail(client, "x" * 10_000, 5).status_code == 429


@pytest.mark.parametrize(
    ("proxies", "forwarded", "seen"),
    [
        (0, "1.1.1.1", OFFICE),
        (1, "1.1.1.1", "1.1.1.1"),
        (1, "9.9.9.9, 1.1.1.1", "1.1.1.1"),
        (2, "9.9.9.9, 1.1.1.1, 10.0.0.9", "1.1.1.1"),
        (2, "1.1.1.1", OFFICE),
        (1, "forged", OFFICE),
        (1, "2001:db8::1", "2001:db8::1"),
    ],
)
def test_the_address_is_the_one_our_own_proxy_saw(settings, proxies, forwarded, seen):
    settings.PROXIES = proxies
    request = RequestFactory().get("/", headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR=OFFICE)
    assert address(request) == seen


def test_a_server_without_an_address_locks_the_name(client: Client):
    staff("first")
    assert fail(client, "first", 5, place="").status_code == 429


# The log


def test_the_log_says_who_when_from_where_and_whether(client: Client):
    staff("first")
    sign_in(client, "first", "wrong", REMOTE_ADDR=OFFICE)
    sign_in(client, "first", REMOTE_ADDR=OFFICE)
    with later(minutes=5):
        client.post("/admin/logout/")

    failed, passed = FailedSignIn.objects.get(), SignIn.objects.get()
    assert (failed.username, failed.ip_address) == ("first", OFFICE)
    assert failed.attempt_time == passed.attempt_time == NOON
    assert passed.logout_time == NOON + datetime.timedelta(minutes=5)
    assert "wrong" not in AccessAttempt.objects.values_list("post_data", flat=True)


@pytest.mark.parametrize(("role", "status"), [("national", 200), ("province", 403), ("clerk", 403)])
@pytest.mark.parametrize("model", ["signin", "failedsignin"])
def test_the_log_is_read_by_the_nation_and_changed_by_nobody(client: Client, model, role, status):
    sign_in(client, "<b>nobody", "wrong", REMOTE_ADDR=OFFICE)
    user = staff("reader", role, "000000")
    sign_in(client, "reader", REMOTE_ADDR=OFFICE)
    row = (SignIn if model == "signin" else FailedSignIn).objects.get()
    page = f"regions_{model}"

    listed = client.get(reverse(f"admin:{page}_changelist"), {"q": row.username})
    opened = client.get(reverse(f"admin:{page}_change", args=[row.pk]))

    assert listed.status_code == opened.status_code == status
    if status == 200:
        assert OFFICE in listed.content.decode()
        assert not re.search("User Agent|IP Address|Attempt|<b>nobody", opened.content.decode())
    post = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    client.post(reverse(f"admin:{page}_changelist"), post)
    client.post(reverse(f"admin:{page}_delete", args=[row.pk]), {"post": "yes"})
    assert type(row).objects.filter(pk=row.pk).exists()
    assert not user.has_perm(f"regions.delete_{model}")


def test_the_log_is_kept_for_180_days():
    for age in (179, 181):
        with later(days=-age):
            for model in (SignIn, FailedSignIn):
                model.objects.create(username=str(age), ip_address=OFFICE)
    out = io.StringIO()

    call_command("purge_sign_ins", stdout=out)

    assert "已删除 2 条" in out.getvalue()
    assert {row.username for row in SignIn.objects.all()} == {"179"}
    assert {row.username for row in FailedSignIn.objects.all()} == {"179"}


# The second factor


def code_of(device: TOTPDevice) -> str:
    totp = TOTP(device.bin_key)
    totp.time = time.time()
    return f"{totp.token():06}"


def with_phone(user: AbstractUser) -> TOTPDevice:
    return TOTPDevice.objects.create(user=user, name="手机", confirmed=True)


PAGES = [
    *("/admin/", "/admin/institutions/institution/", "/admin/institutions/institution/add/"),
    *("/admin/institutions/institution/1/preview/", "/admin/password_change/", "/admin/nowhere/"),
    "/admin/autocomplete/?app_label=institutions&model_name=institution&field_name=region",
]


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("setting", ["required", "own choice"])
def test_nothing_opens_before_the_second_factor(client: Client, settings, setting, method):
    user = staff("first", "national", "000000")
    if setting == "required":
        settings.STAFF_TOTP = "required"
    else:
        with_phone(user)
    sign_in(client, "first")

    for page in PAGES:
        answer = getattr(client, method)(page)
        assert answer.status_code == 302, page
        assert answer["Location"].startswith(f"{STEP}?next="), page
    assert client.get("/").status_code == 200


def test_without_a_phone_and_optional_a_password_is_enough(client: Client):
    staff("first")
    sign_in(client, "first")
    page = client.get(HOME)
    assert page.status_code == 200
    assert PHONE in page.content.decode()


@pytest.mark.parametrize("page", [STEP, PHONE])
def test_the_second_step_is_for_who_took_the_first(client: Client, page: str):
    assert client.get(page)["Location"].startswith(LOGIN)
    client.force_login(make_user())
    assert client.get(page)["Location"].startswith(LOGIN)


def test_a_phone_is_set_up_and_asked_for_from_then_on(client: Client, settings):
    settings.STAFF_TOTP = "required"
    user = staff("first")
    sign_in(client, "first")

    assert client.get(STEP)["Location"] == PHONE
    assert "开始设置" in client.get(PHONE).content.decode()
    assert not TOTPDevice.objects.exists()
    client.post(PHONE, {"step": "begin"})
    device = TOTPDevice.objects.get(user=user)
    shown = client.get(PHONE)
    assert devices.key_in_groups(device) in shown.content.decode()
    assert shown.context["qr"] == qr_code(device.config_url)
    assert "no-store" in shown["Cache-Control"]
    assert client.get(HOME).status_code == 302

    wrong = client.post(PHONE, {"step": "finish", "code": "12345"})
    assert "验证码不对" in wrong.content.decode()
    with later(minutes=1):
        done = client.post(PHONE, {"step": "finish", "code": code_of(device)})
        assert client.get(HOME).status_code == 200
        codes = re.findall(r"<li><code>(\w+)</code>", done.content.decode())
        assert len(codes) == 10
        assert "备用码还有 10 个" in client.get(PHONE).content.decode()

    other = Client()
    with later(minutes=2):
        sign_in(other, "first")
        assert other.get(PHONE)["Location"] == STEP
        typed = " ".join(code_of(device))
        passed = other.post(STEP, {"code": typed, "next": "/admin/regions/region/"})
        assert passed["Location"] == "/admin/regions/region/"
        assert other.get(HOME).status_code == 200


def test_a_code_on_paper_is_good_once(client: Client):
    user = staff("first")
    with_phone(user)
    code = devices.new_codes(user)[0]
    sign_in(client, "first")

    assert client.post(STEP, {"code": code.upper()})["Location"] == HOME
    assert client.get(HOME).status_code == 200
    again = Client()
    sign_in(again, "first")
    assert again.post(STEP, {"code": code}).status_code == 200
    assert again.get(HOME).status_code == 302
    assert StaticToken.objects.count() == 9


def test_a_code_is_good_for_its_owner_only(client: Client):
    other = staff("second")
    theirs = with_phone(other)
    with_phone(staff("first"))
    sign_in(client, "first")

    for code in (code_of(theirs), devices.new_codes(other)[0]):
        assert client.post(STEP, {"code": code}).status_code == 200
    assert client.get(HOME).status_code == 302


def test_guessing_codes_is_logged_locked_and_signed_out(client: Client):
    with_phone(staff("first"))
    sign_in(client, "first", REMOTE_ADDR=OFFICE)

    answers = [client.post(STEP, {"code": "000000"}, REMOTE_ADDR=OFFICE) for _ in range(5)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429]
    assert FailedSignIn.objects.filter(path_info=STEP).count() == 5
    assert "_auth_user_id" not in client.session
    assert sign_in(client, "first", REMOTE_ADDR=OFFICE).status_code == 429


@pytest.mark.parametrize("code", ["", "\0", "９" * 40, "x" * 10_000, "1" * 30, "²²²²²²"])
def test_odd_codes_are_refused_beside_the_field(client: Client, code: str):
    user = staff("first")
    with_phone(user)
    devices.begin_setup(user)
    sign_in(client, "first")
    answer = client.post(STEP, {"code": code})
    assert answer.status_code == 200
    assert answer.context["form"].errors["code"]


@pytest.mark.parametrize("page", ["https://elsewhere.example/", "//elsewhere.example", "/\\x.y"])
def test_the_way_back_stays_here(client: Client, page: str):
    user = staff("first")
    with_phone(user)
    sign_in(client, "first")
    code = devices.new_codes(user)[0]
    assert client.post(STEP, {"code": code, "next": page})["Location"] == HOME


def test_another_phone_takes_the_place_of_the_first(client: Client):
    user = staff("first")
    old = with_phone(user)
    client.force_login(user)
    client.post(STEP, {"code": code_of(old)})
    former = devices.new_codes(user)

    client.post(PHONE, {"step": "begin"})
    assert devices.has_phone(user)
    new = devices.pending_device(user)
    client.post(PHONE, {"step": "finish", "code": code_of(new)})

    assert TOTPDevice.objects.get() == new
    assert not StaticToken.objects.filter(token__in=former).exists()
    assert len(client.post(PHONE, {"step": "codes"}).context["codes"]) == 10
    assert client.get(HOME).status_code == 200


def test_who_did_not_confirm_gets_no_codes(client: Client):
    client.force_login(staff("first"))
    client.post(PHONE, {"step": "codes"})
    assert not StaticToken.objects.exists()


def test_the_command_lets_somebody_in_whose_phone_is_lost(client: Client, settings):
    settings.STAFF_TOTP = "required"
    user = staff("first")
    with_phone(user)
    devices.new_codes(user)
    fail(client, "first", 5)
    out = io.StringIO()

    call_command("reset_sign_in", "first", generate_password=True, stdout=out)

    password = re.search(r"只显示这一次）：(\S+)", out.getvalue())[1]
    assert sign_in(client, "first", password, REMOTE_ADDR=OFFICE).status_code == 302
    assert client.get(STEP)["Location"] == PHONE
    assert not StaticToken.objects.exists()
    with pytest.raises(CommandError, match="没有“second”这个账号"):
        call_command("reset_sign_in", "second")


def test_the_nation_lets_somebody_in_with_an_action(client: Client):
    user, boss = staff("first"), staff("boss", "national", "000000")
    above = make_user(username="above", is_superuser=True)
    with_phone(user)
    with_phone(above)
    client.force_login(boss)

    chosen = {"action": "reset_sign_in", "_selected_action": [user.pk, above.pk]}
    client.post("/admin/auth/user/", chosen)

    assert {device.user for device in TOTPDevice.objects.all()} == {above}
    assert LogEntry.objects.get(object_id=str(user.pk)).user_id == boss.pk


def test_nobody_reads_keys_in_the_admin(client: Client):
    client.force_login(make_user(is_staff=True, is_superuser=True))
    for page in ("otp_totp/totpdevice/", "otp_static/staticdevice/", "axes/accessattempt/"):
        assert client.get(f"/admin/{page}").status_code == 404


def test_production_is_told_to_require_it(settings):
    assert [warning.id for warning in second_factor(None)] == ["regions.W001"]
    assert second_factor in registry.get_checks(include_deployment_checks=True)
    settings.STAFF_TOTP = "required"
    assert second_factor(None) == []


# The session


def test_a_session_ends_with_the_browser(client: Client):
    staff("first")
    sign_in(client, "first")
    assert client.cookies["sessionid"]["max-age"] == ""


def test_a_desk_left_alone_is_signed_out(client: Client):
    staff("first")
    sign_in(client, "first")
    client.get(HOME)
    with later(minutes=29):
        assert client.get(HOME).status_code == 200
    with later(minutes=58):
        assert client.get(HOME).status_code == 200
    with later(minutes=88):
        out = client.get("/admin/regions/region/?q=1")
        assert out["Location"] == f"{LOGIN}?next=/admin/regions/region/%3Fq%3D1"
        assert "超过 30 分钟没有操作" in client.get(out["Location"]).content.decode()
    assert "_auth_user_id" not in client.session
    assert SignIn.objects.get().logout_time


def kept(client: Client) -> str:
    """The page that gives back what was sent too late, to who signs in as `first` again."""
    staff("first")
    staff("second")
    sign_in(client, "first")
    client.get(HOME)
    with later(minutes=31):
        sent = {"name": "<b>改好的名称", "row": ["1", "2"], "password1": "secret"}
        out = client.post("/admin/regions/region/add/?q=1", sent | {"map": io.BytesIO(b"png")})
        assert out["Location"] == f"{LOGIN}?next=/admin/typed/"
        assert "您填的内容还在" in client.get(out["Location"]).content.decode()
    return out["Location"]


def test_what_was_sent_too_late_is_given_back_and_goes_where_it_went(client: Client):
    page = kept(client)
    with later(minutes=32):
        assert client.get("/admin/typed/").status_code == 302
        data = {"username": "first", "password": "right"}
        text = client.post(page, data, follow=True).content.decode()
        assert 'action="/admin/regions/region/add/?q=1"' in text
        assert '<input type="hidden" name="name" value="&lt;b&gt;改好的名称">' in text
        assert text.count('name="row"') == 2
        assert "secret" not in text
        assert "照片和表格文件没有留下来" in text
        # Sent once more it is given back no more.
        client.post("/admin/regions/region/add/?q=1", {"name": "x"})
        assert client.get("/admin/typed/")["Location"] == HOME


def test_what_was_sent_too_late_can_be_let_go(client: Client):
    kept(client)
    with later(minutes=32):
        sign_in(client, "first")
        assert client.post("/admin/typed/")["Location"] == "/admin/regions/region/add/?q=1"
        assert "typed" not in client.session


@pytest.mark.parametrize(("name", "minutes"), [("second", 32), ("first", 62)])
def test_it_is_given_to_nobody_else_and_not_for_long(client: Client, name: str, minutes: int):
    kept(client)
    with later(minutes=minutes):
        sign_in(client, name)
        assert client.get("/admin/typed/")["Location"] == HOME
        assert "typed" not in client.session


def test_a_page_of_somebody_else_leaves_nothing_to_be_given_back():
    staff("first")
    client = Client(enforce_csrf_checks=True)
    client.login(username="first", password="right", request=RequestFactory().get("/"))  # noqa: S106
    client.get(HOME)
    with later(minutes=31):
        client.post("/admin/regions/region/add/", {"name": "x"})
        assert "typed" not in client.session


def test_nobody_works_longer_than_a_day_in_one_session(client: Client):
    staff("first")
    sign_in(client, "first")
    for minute in range(0, 12 * 60, 29):
        with later(minutes=minute):
            assert client.get(HOME).status_code == 200
    with later(hours=12):
        assert client.get(HOME).status_code == 302
        assert "登录已满 12 小时" in client.get(LOGIN).content.decode()


def test_looking_costs_a_write_a_minute_at_most(client: Client, django_assert_num_queries):
    client.force_login(staff("first"))
    client.get(PHONE)
    # 1 session, 2 user, 3 phone in use, 4 phone begun, 5-6 permissions given by name, 7 the post
    with django_assert_num_queries(7):
        client.get(PHONE)


# Passwords


@pytest.mark.parametrize("password", ["short", "password", "1234567890"])
def test_what_is_wrong_with_a_password_is_said_in_chinese(password: str):
    with pytest.raises(ValidationError) as refused:
        validate_password(password)
    for text in [*refused.value.messages, *password_validators_help_texts()]:
        assert re.search("[一-鿿]", text), text
