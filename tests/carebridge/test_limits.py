"""What one network may do, whichever of its addresses asks, and that an office still signs in."""

import threading
import time
from typing import Any

import pytest
import time_machine
from axes.models import AccessAttempt, AccessFailureLog
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import check_password, make_password
from django.test import Client, RequestFactory

from carebridge.lib import limits, visitors
from carebridge.middleware import doors
from carebridge.staff import hashers, sign_in_log
from institutions.models import Correction
from tests.conftest import TODAY
from tests.factories import make_institution

pytestmark = pytest.mark.django_db

LOGIN, CHANGE = "/admin/login/", "/admin/password_change/"
OFFICE = "203.0.113.7"
RIGHT = "right-and-long-enough"


@pytest.fixture(autouse=True)
def _as_shipped(settings, empty_cache) -> None:
    settings.PASSWORDS_IN_TEN_MINUTES, settings.WRONG_PASSWORDS_IN_TEN_MINUTES = 300, 100


@pytest.fixture
def user() -> Any:
    return get_user_model().objects.create_user("clerk", password=RIGHT, is_staff=True)


def sign_in(name: str, password: str = "wrong", address: str = OFFICE, **more: str) -> Any:  # noqa: S107
    typed = {"username": name, "password": password, **more}
    return Client().post(LOGIN, typed, REMOTE_ADDR=address)


def text_of(answer: Any) -> str:
    return b"".join(answer).decode()


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:0:1:2:3:4:5", "2001:db8:0:1::"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("", None),
    ],
)
def test_a_network_is_an_address_or_the_first_64_bits(address, network):
    request = RequestFactory().get("/", REMOTE_ADDR=address)
    assert visitors.network(request) == network


def test_a_hundred_right_sign_ins_of_one_office_pass(user):
    """Some of a hundred people mistype on a Monday morning."""
    for number in range(100):
        if number % 3 == 0:
            assert sign_in(f"name{number}").status_code == 200
        assert sign_in("clerk", RIGHT).status_code == 302, number


@pytest.mark.parametrize("address", ["203.0.113.7", "2001:db8:0:1::{:x}"])
def test_changing_names_are_stopped_before_anything_is_computed(
    user, address, django_assert_num_queries
):
    for number in range(100):
        answer = sign_in(f"name{number}", address=address.format(number + 1))
        assert answer.status_code == 200
    here = address.format(5_000)
    with django_assert_num_queries(0):
        refused = sign_in('<b>"clerk', RIGHT, here, next="/admin/regions/")
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 600
    page = text_of(refused)
    assert "分钟再试" in page
    assert 'value="&lt;b&gt;&#34;clerk"' in page
    assert 'value="/admin/regions/"' in page
    assert RIGHT not in page
    assert sign_in("clerk", RIGHT, "203.0.113.8").status_code == 302
    assert sign_in("clerk", RIGHT, "2001:db8:0:2::1").status_code == 302
    with time_machine.travel(time.time() + 601, tick=False):
        assert sign_in("clerk", RIGHT, here).status_code == 302


def test_wrong_old_passwords_count_and_are_not_shown(user, settings):
    settings.WRONG_PASSWORDS_IN_TEN_MINUTES = 3
    client = Client()
    client.force_login(user)
    typed = {"old_password": "wrong", "new_password1": RIGHT, "new_password2": RIGHT}
    answers = [client.post(CHANGE, typed, REMOTE_ADDR=OFFICE) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert RIGHT not in text_of(answers[-1])
    assert client.get(CHANGE, REMOTE_ADDR=OFFICE).status_code == 200
    assert sign_in("clerk", RIGHT).status_code == 429


def test_all_sign_ins_have_a_measure_too(user, settings):
    settings.PASSWORDS_IN_TEN_MINUTES = 2
    assert [sign_in("clerk", RIGHT).status_code for _ in range(3)] == [302, 302, 429]


def test_only_so_many_are_computed_at_once(user, monkeypatch):
    """Of one network two, of all three: what is more is told to come again in two seconds."""
    monkeypatch.setattr(doors, "gate", limits.Gate(most=3, of_one=2))
    request = RequestFactory().post("/", REMOTE_ADDR=OFFICE)
    other = RequestFactory().post("/", REMOTE_ADDR="203.0.113.8")
    with doors.gate.enter(request) as one, doors.gate.enter(request) as two:
        assert (one, two) == (True, True)
        refused = sign_in("clerk", RIGHT)
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "2")
        assert "正有人在登录" in text_of(refused)
        with doors.gate.enter(other) as three:
            assert three
            assert sign_in("clerk", RIGHT, "203.0.113.9").status_code == 429
    assert sign_in("clerk", RIGHT).status_code == 302
    assert not doors.gate._inside


def test_who_is_refused_waits_without_holding_up_all(monkeypatch):
    monkeypatch.setattr(doors, "PAUSE", 0.3)
    monkeypatch.setattr(doors, "pit", limits.Gate(most=2, of_one=1))
    request = RequestFactory().post("/", REMOTE_ADDR=OFFICE)
    pauses: list[float] = []

    def read() -> None:
        began = time.perf_counter()
        list(doors._slowly(request, "x"))
        pauses.append(time.perf_counter() - began)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(pause >= 0.3 for pause in pauses) == 1


def test_hashes_are_computed_one_at_a_time_and_as_django_does(settings):
    settings.PASSWORD_HASHERS = ["carebridge.staff.hashers.PatientHasher"]
    monkey = hashers.PatientHasher.iterations
    try:
        hashers.PatientHasher.iterations = 10
        kept = make_password("secret")
        assert kept.startswith("pbkdf2_sha256$10$")
        assert check_password("secret", kept)
        assert not check_password("other", kept)
    finally:
        hashers.PatientHasher.iterations = monkey
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    assert check_password("secret", kept)
    assert hashers._executor()._max_workers == 1


def test_rows_of_wrong_sign_ins_are_small_and_few(monkeypatch):
    monkeypatch.setattr(sign_in_log, "MOST", 20)
    monkeypatch.setattr(sign_in_log, "STEP", 5)
    for number in range(60):
        Client().post(
            f"{LOGIN}?next=/{'q' * 5_000}", {"username": f"name{number}", "password": "x" * 5_000},
            REMOTE_ADDR=OFFICE, headers={"User-Agent": "u" * 5_000, "Accept": "a" * 5_000},
        )  # fmt: skip
    for model in (AccessAttempt, AccessFailureLog):
        assert 20 <= model.objects.count() < 26
    fields = [field.name for field in AccessAttempt._meta.fields]
    for row in AccessAttempt.objects.values_list(*fields):
        assert sum(len(str(value)) for value in row) < 2_000


def test_corrections_of_one_household_count_together(settings, today):
    settings.CORRECTIONS_A_DAY = 3
    page = f"{make_institution().get_absolute_url()}correct/"

    def send(number: int) -> Any:
        typed = {"wrong": f"电话打不通 {number}", "how": "phone"}
        return Client().post(page, typed, REMOTE_ADDR=f"2001:db8:0:1::{number:x}")

    answers = [send(number) for number in range(1, 5)]
    assert [answer.status_code for answer in answers] == [302, 302, 302, 429]
    # It is noon in Beijing.
    assert answers[-1].headers["Retry-After"] == str(12 * 60 * 60)
    assert "电话打不通 4" in answers[-1].content.decode()
    assert Correction.objects.of_day(TODAY).count() == 3


def test_the_api_counts_a_household_together(settings):
    settings.API_PER_MINUTE = 3
    urls = [f"2001:db8:0:1::{number:x}" for number in range(1, 5)]
    got = [Client().get("/api/v1/nothing-here", REMOTE_ADDR=url) for url in urls]
    assert [answer.status_code for answer in got] == [404, 404, 404, 429]
    assert 1 <= int(got[-1].headers["Retry-After"]) <= 60


def test_every_limit_has_its_setting_and_none_is_kept_at_nought(settings):
    request = RequestFactory().get("/", REMOTE_ADDR=OFFICE)
    for door, limit in limits.LIMITS.items():
        setattr(settings, limit.setting, 1)
        assert limits.take(door, request) == 0
        assert 1 <= limits.take(door, request) <= limit.seconds
        assert limits.wait(door, request)
        setattr(settings, limit.setting, 0)
        assert limits.take(door, request) == limits.wait(door, request) == 0
