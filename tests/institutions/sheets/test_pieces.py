"""A large import goes in pieces: killed anywhere it goes on or is taken back, and nobody waits."""

import datetime
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client
from django.urls import reverse

from institutions.models import Institution, Revision, SheetImport, SheetLine
from institutions.register.history import change_record
from institutions.register.listings import find_wrong_listings, refresh
from institutions.sheets import pieces
from institutions.sheets.pieces import RunningError, WrittenError, is_left_half
from institutions.sheets.plan import MovedError
from institutions.sheets.undo import UndoneError, undo_import
from institutions.sheets.uploads import check, write
from tests.factories import make_institution, make_user
from tests.institutions.register.test_workflow import signed_in
from tests.institutions.sheets.sheets import DAY, TODAY, as_csv
from tests.institutions.sheets.test_undo import tables

HEADS = ["名称", "地区", "地址", "床位类别", "床位·房型", "床位数", "空余床位"]
CHAOYANG = "北京市朝阳区"


class KilledError(BaseException):
    """The process ends here."""


@pytest.fixture(autouse=True)
def _small_pieces(request, monkeypatch) -> None:
    if "full" not in request.keywords:
        monkeypatch.setattr(pieces, "PIECE", 3)
        monkeypatch.setattr(pieces, "PAUSE", 0)


def uploaded(homes: list[Institution], new: int = 6, by: Any = None) -> SheetImport:
    """Homes that are there with other figures, and new ones after them."""
    rows = [[home.name, CHAOYANG, f"新址{home.pk}", "", "", "60", "7"] for home in homes]
    rows += [[f"新院{n}", CHAOYANG, "东路", "", "", "50", "5"] for n in range(new)]
    taken = SheetImport(
        file_name="台账.csv", content=as_csv(HEADS, *rows), kind="own", as_of=DAY, author=by
    )
    check(taken, reviewed=False)
    assert (taken.new, taken.changed) == (new, len(homes))
    return taken


def homes(count: int = 5) -> list[Institution]:
    made = [make_institution(address="旧址") for _ in range(count)]
    refresh([home.pk for home in made], TODAY)
    return made


def kill_at(place: int) -> Any:
    def progress(stage: str, done: int, total: int) -> None:
        if stage == "写入" and done == place:
            raise KilledError

    return progress


def changed_tables(before: dict[str, str]) -> list[str]:
    return [name for name, checksum in tables().items() if before[name] != checksum]


def contents() -> dict[str, Any]:
    """What the sheet says of the register, home by home."""
    rows = Institution.objects.order_by("name").filter(address__regex="^(新址|东路|旧址)")
    return {
        home.name: (home.address, [(bed.registered, bed.vacant) for bed in home.beds.all()])
        for home in rows
    }


@pytest.mark.django_db
@pytest.mark.parametrize("place", [1, 3, 4, 7, 11])
def test_killed_at_any_row_it_is_gone_on_with(place: int):
    taken = uploaded(homes())
    with pytest.raises(KilledError):
        write(taken, None, progress=kill_at(place))
    taken.refresh_from_db()
    assert taken.state == "writing"
    assert is_left_half(taken.state, taken.beat_at)
    assert SheetImport.objects.get().content

    write(taken, None)
    assert (taken.state, taken.new, taken.changed, taken.refused) == ("done", 6, 5, 0)
    found = contents()
    assert len(found) == 11
    assert {beds for _, [beds] in found.values()} == {(60, 7), (50, 5)}
    assert Revision.objects.filter(sheet=taken).count() == 11
    assert set(taken.lines.values_list("institution__name", flat=True)) == set(found)
    assert find_wrong_listings(TODAY) == []
    with pytest.raises(WrittenError):
        write(taken, None)


@pytest.mark.django_db
@pytest.mark.parametrize("place", [4, 10])
def test_killed_at_any_row_it_is_taken_back_as_one_act(place: int):
    there = homes()
    before = tables()
    taken = uploaded(there)
    with pytest.raises(KilledError):
        write(taken, None, progress=kill_at(place))
    undo_import(taken, by=None, on=TODAY)
    taken.refresh_from_db()
    assert taken.state == "undone"
    assert changed_tables(before) == []
    with pytest.raises(WrittenError):
        write(taken, None)


@pytest.mark.django_db
def test_whole_it_is_taken_back_as_one_act_too():
    there = homes()
    before = tables()
    taken = uploaded(there)
    write(taken, None)
    undo_import(taken, by=None, on=TODAY)
    assert changed_tables(before) == []


@pytest.mark.django_db
def test_what_was_changed_before_the_first_piece_is_agreed_to_anew():
    there = homes()
    taken = uploaded(there)
    Institution.objects.filter(pk=there[0].pk).update(address="旧址，别人改的")
    with pytest.raises(MovedError):
        write(taken, None)
    taken.refresh_from_db()
    assert taken.state == "checked"
    assert Institution.objects.filter(name__startswith="新院").count() == 0


@pytest.mark.django_db
def test_a_home_that_somebody_changed_between_two_pieces_is_left_and_named():
    there = homes()

    def progress(stage: str, done: int, total: int) -> None:
        if stage == "写入" and done == 3:
            change_record(
                there[4].pk, lambda record: record | {"address": "别人改的"},
                by=make_user(), how=Revision.How.FORM, on=TODAY,
            )  # fmt: skip
            make_institution(name="新院5", address="别人录入的")

    taken = uploaded(there)
    write(taken, None, progress=progress)
    assert (taken.new, taken.changed, taken.refused) == (5, 4, 2)
    assert Institution.objects.get(pk=there[4].pk).address == "别人改的"
    assert Institution.objects.get(name="新院5").address == "别人录入的"
    refused = taken.lines.filter(outcome=SheetLine.Outcome.REFUSED)
    assert {line.name for line in refused} == {there[4].name, "新院5"}
    assert all("别人改过" in line.problems[0]["reason"] for line in refused)


@pytest.mark.django_db
def test_what_was_changed_while_it_lay_half_written_is_left_and_named():
    there = homes()
    taken = uploaded(there)
    with pytest.raises(KilledError):
        write(taken, None, progress=kill_at(3))
    Institution.objects.filter(pk=there[4].pk).update(address="旧址，别人改的")
    Institution.objects.filter(pk=there[0].pk).update(address="写完以后改的")
    write(taken, None)
    assert (taken.new, taken.changed, taken.refused) == (6, 4, 1)
    assert Institution.objects.get(pk=there[4].pk).address == "旧址，别人改的"
    assert Institution.objects.get(pk=there[0].pk).address == "写完以后改的"


@pytest.mark.django_db
def test_two_do_not_write_it_at_once_and_the_page_says_what_can_be_done():
    clerk: Client = signed_in("clerk", "xiaowang")
    there = homes()
    taken = uploaded(there, by=make_user())
    SheetImport.objects.filter(pk=taken.pk).update(within=there[0].region)
    page = taken.get_absolute_url()

    def progress(stage: str, done: int, total: int) -> None:
        if stage == "写入" and done == 4:
            assert "正在导入，请过一会儿刷新这一页" in clerk.get(page).content.decode()
            with pytest.raises(RunningError):
                write(SheetImport.objects.get(pk=taken.pk), None)
            with pytest.raises(UndoneError):
                undo_import(taken, by=None, on=TODAY)
            raise KilledError

    with pytest.raises(KilledError):
        write(taken, None, progress=progress)
    assert "接着导入" in clerk.get(page).content.decode()
    long_ago = TODAY - datetime.timedelta(days=1)
    SheetImport.objects.filter(pk=taken.pk).update(beat_at=f"{long_ago}T00:00:00+00:00")
    done = clerk.post(reverse("admin:sheet_write", args=[taken.pk]), follow=True)
    assert "已导入：新增 6 家" in done.content.decode()


# Others meanwhile


class Clerks:
    """Clerks who each save the beds of a home of their own every second; how long it took."""

    def __init__(self, there: list[Institution], pause: float) -> None:
        self.pause, self.waits, self.faults = pause, list[float](), list[str]()
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._save, args=(home.pk,)) for home in there]

    def __enter__(self) -> "Clerks":
        for thread in self._threads:
            thread.start()
            time.sleep(self.pause / len(self._threads))  # no five press at the same moment
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _save(self, pk: int) -> None:
        number = 0
        while not self._over.is_set():
            number += 1
            began = time.perf_counter()
            try:
                change_record(
                    pk, lambda record: record | {"address": f"旧址 {number}"},  # noqa: B023
                    by=None, how=Revision.How.FORM, on=TODAY,
                )  # fmt: skip
            except Exception as error:
                self.faults.append(repr(error))
            self.waits.append(time.perf_counter() - began)
            time.sleep(self.pause)
        connections.close_all()


@pytest.fixture
def measured(request, own_database) -> Iterator[None]:
    yield
    connection.close()


@pytest.mark.parametrize(
    ("rows", "pause"),
    [(600, 1.0), pytest.param(56_000, 1.0, marks=pytest.mark.full)],
)
def test_no_save_fails_or_waits_while_a_sheet_is_written(
    measured, monkeypatch, capsys, rows: int, pause: float
):
    monkeypatch.setattr(pieces, "PIECE", 200)
    monkeypatch.setattr(pieces, "PAUSE", 0.12)
    clerks = homes(5)
    taken = uploaded([], new=rows)
    began = time.perf_counter()
    with Clerks(clerks, pause) as saving:
        write(taken, None)
    took = time.perf_counter() - began
    with capsys.disabled():
        told = f"{connection.vendor}: {rows} rows in {took:.0f} s, {len(saving.waits)} saves"
        print(f"\n{told}, longest {max(saving.waits):.2f} s, {len(saving.faults)} failed")
    assert saving.faults[:1] == []
    assert len(saving.waits) >= 5
    assert max(saving.waits) < 2
    assert (taken.state, taken.new) == ("done", rows)
