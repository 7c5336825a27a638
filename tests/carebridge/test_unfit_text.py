"""Halves of pairs, broken bytes, NUL, U+FFFE, U+000B: sent or stored, no address fails on one."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.apps import apps
from django.contrib.auth.models import AbstractUser
from django.db import DatabaseError, connection, models, transaction
from django.test import Client

from institutions.models import (
    Correction,
    Institution,
    PendingChange,
    Revision,
    SheetImport,
    SheetLine,
)
from institutions.register.listings import refresh
from regions.models import PendingEdit
from tests.conftest import TODAY
from tests.factories import make_document, make_user, make_whole_institution
from tests.hostile import FIELD, KEPT, patterns

# As percent-encoded bytes: a half of a pair, no UTF-8, NUL, U+FFFE, a vertical tab.
SENT = ("%ED%A0%80", "%ff%c3", "%00", "%EF%BF%BE", "%0B")
ALL_SENT = "a" + "b".join(SENT) + "c"
# The same as a database may hold them; in JSON they may be escaped.
STORED = "\x0b\ufffe\x07"
ESCAPED = r"\ud800\u0000\ufffe\u000b\udfff"
ENDED = ("logout",)
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def staff(db: None) -> AbstractUser:
    return make_user(is_staff=True, is_superuser=True)


@pytest.fixture
def home(staff: AbstractUser) -> Institution:
    """A home with a row of every part, and one of each thing that is said or decided about it."""
    home = make_whole_institution(introduction="说明")
    note = [{"path": "name", "label": "名称", "old": "旧名", "new": "新名"}]
    Revision.objects.create(
        institution=home, version=home.version + 1, how="edited", note="备注", changes=note
    )
    PendingChange.objects.create(
        institution=home, base_version=home.version, changes=note, author=staff
    )
    Correction.objects.create(
        institution=home, wrong="电话不对", how="visit", how_note="问过", received_on=TODAY
    )
    upload = SheetImport.objects.create(
        file_name="表.csv", title="表格", author=staff, as_of=TODAY, content="名称\n".encode(),
        unread=["看不懂"], worksheets=[{"name": "表一", "rows": 1, "hidden": 0, "first": 1}],
    )  # fmt: skip
    SheetLine.objects.create(
        sheet=upload, institution=home, rows=[2], first_row=2, name="名称", outcome="refused",
        changes=note, problems=[{"row": 2, "column": "名称", "value": "值", "message": "不对"}],
    )  # fmt: skip
    refresh([home.pk], TODAY)
    document = make_document()
    PendingEdit.objects.create(
        document=document, author=staff, changes=[{"field": "title", "old": "旧", "new": "新"}]
    )
    return home


def opened(known: dict[str, str]) -> Iterator[str]:
    """Every address of the site, with what exists in the place of what varies."""
    for pattern in sorted(set(patterns())):
        if not any(word in pattern for word in ENDED):
            yield re.sub(r"<(?:\w+:)?(\w+)>", lambda m: known.get(m[1], "1"), pattern)


def known_of(home: Institution) -> dict[str, str]:
    one = {"pk": home.pk, "id": home.pk, "object_id": home.pk, "code": home.region_id}
    return {name: quote(str(value), safe="") for name, value in one.items()}


@pytest.mark.parametrize("signed_in", [False, True], ids=["reader", "staff"])
def test_no_address_fails_on_what_is_sent(
    client: Client, home: Institution, staff: AbstractUser, signed_in: bool
) -> None:
    faults: list[str] = []

    def ask(method: str, address: str, body: str = "", **headers: str) -> set[str]:
        try:
            response = client.generic(method, address, body, FORM, **headers)
            text = response.getvalue() if response.streaming else response.content
        except Exception as error:  # whatever it is, a reader would see a fault
            # Django's own list of choices asks for a number, whatever else is sent.
            if "expected a number" not in str(error):
                faults.append(f"{method} {address[:90]} {[*headers]}: {error!r}"[:300])
            return set()
        return {*FIELD.findall(text.decode("utf-8", "replace"))}

    if signed_in:
        client.force_login(staff)
    headers = {"HTTP_USER_AGENT": "a\0\x0b", "HTTP_REFERER": "a\0", "HTTP_HX_REQUEST": "\0"}
    if not signed_in:
        broken = '"\\355\\240\\200\\000\\013\xff"'
        headers["HTTP_COOKIE"] = f"display={broken}; sessionid={broken}; {broken}=1"
    names = {"q", "region", "page", "p", "o", "e", "all", "near", "cursor", "since", "id", "next"}
    for address in opened(known_of(home)):
        if address.startswith("/admin/") is signed_in:
            fields = sorted({*ask("GET", address), *names})[:KEPT]
            pairs = "&".join(f"{quote(name)}={ALL_SENT}" for name in fields)
            ask("GET", f"{address}?{pairs[:6000]}&{ALL_SENT}", **headers)
            ask("POST", address, pairs, **headers)
    for pattern in sorted(set(patterns())):
        if pattern.startswith("/admin/") is signed_in and "<" in pattern:
            ask("GET", re.sub("<[^>]+>", ALL_SENT, pattern))
    assert "\n".join(faults) == ""


def text_columns(model: type[models.Model]) -> Iterator[Any]:
    for one in model._meta.concrete_fields:
        is_text = isinstance(one, models.CharField | models.TextField | models.JSONField)
        if is_text and not one.primary_key and not one.choices:
            yield one


def spoil(model: type[models.Model]) -> int:
    """Write what no text is made of into each text column of a row, past every check of ours."""
    spoilt = 0
    table = connection.ops.quote_name(model._meta.db_table)
    key = connection.ops.quote_name(model._meta.pk.column)
    for row in model._base_manager.order_by("-pk")[:3]:
        for one in text_columns(model):
            value = getattr(row, one.attname)
            if isinstance(one, models.JSONField):
                value = spoilt_json(value)
            elif value and not re.fullmatch(r"[\w./:@-]*", value, re.ASCII):
                value = value + STORED
            else:
                continue
            broken = "||CAST(x'ffeda080c3' AS TEXT)" if is_raw(one) else ""
            column = connection.ops.quote_name(one.column)
            statement = f"UPDATE {table} SET {column} = %s{broken} WHERE {key} = %s"  # noqa: S608
            try:
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute(statement, [value, row.pk])
                    spoilt += 1
            except DatabaseError:  # a constraint has it
                continue
    return spoilt


def is_raw(one: Any) -> bool:
    """Return whether the column takes bytes that are no UTF-8: any text of SQLite does."""
    return connection.vendor == "sqlite" and not isinstance(one, models.JSONField)


def spoilt_json(data: Any) -> str:
    """The data with halves of pairs after each Chinese word; PostgreSQL's own takes none."""
    text = json.dumps(data, ensure_ascii=False)
    escaped = ESCAPED if connection.vendor == "sqlite" else r"\ufffe\u000b"
    return re.sub(r'(?<=[\u4e00-\u9fff])"', lambda _: f'{escaped}"', text)


def exported(home: Institution) -> Iterator[str]:
    """Addresses beside the named ones: each row of the admin, each form of a file."""
    for model in apps.get_models():
        for row in model._base_manager.order_by("-pk")[:3]:
            base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
            yield base
            yield from (
                f"{base}{quote(str(row.pk), safe='')}/{page}/" for page in ("change", "history")
            )
    yield f"/institutions/compare/?id={home.pk}"
    yield f"/institutions/?region={home.region_id}"


@pytest.mark.parametrize("signed_in", [False, True], ids=["reader", "staff"])
def test_no_address_fails_on_what_is_stored(
    client: Client, home: Institution, staff: AbstractUser, signed_in: bool
) -> None:
    models_of_ours = [
        one for one in apps.get_models() if one._meta.app_label in {"regions", "institutions"}
    ]
    assert sum(map(spoil, models_of_ours)) > 60
    if signed_in:
        client.force_login(staff)
    faults = []
    for address in [*opened(known_of(home)), *exported(home)]:
        if address.startswith("/admin/") is signed_in:
            try:
                response = client.get(address)
                assert response.getvalue() if response.streaming else response.status_code
            except Exception as error:  # whatever it is, a reader would see a fault
                faults.append(f"{address}: {error!r}"[:300])
    assert "\n".join(faults) == ""
