import copy
import datetime
import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from institutions.models import Institution, Listing, Revision
from institutions.register.history import (
    ConflictError,
    back_to,
    change_record,
    from_data,
    patch_record,
    reverse_changes,
    revisions_since,
)
from institutions.register.listings import refresh
from institutions.register.record import Change, difference, to_record
from tests.factories import make_bed, make_institution, make_user, make_whole_institution

TODAY = datetime.date(2026, 11, 22)
VACANT = "beds/nursing/twin/vacant"


def record(home: Institution):
    return to_record(Institution.objects.with_parts().get(pk=home.pk))


def vacancy(old: int | None, new: int | None) -> Change:
    return Change(VACANT, "空余床位", old, new)


def change(home: Institution, *changes: Change, **options) -> Revision | None:
    given = {"by": None, "how": Revision.How.FORM, "on": TODAY} | options
    return change_record(home.pk, lambda before: patch_record(before, changes), **given)


@pytest.fixture
def home(db) -> Institution:
    home = make_whole_institution()
    refresh([home.pk], TODAY)
    return home


def test_a_step_keeps_who_when_and_what(home: Institution):
    clerk = make_user(username="clerk")

    step = change(home, vacancy(5, 4), by=clerk, note="来电")

    assert step is not None
    assert (step.version, step.author, step.how, step.note) == (2, clerk, "form", "来电")
    assert from_data(step.changes) == [Change(VACANT, "床位·护理型床位·双人间·空余床位", 5, 4)]
    assert record(home)["beds"][0]["vacant"] == 4
    assert Listing.objects.get(pk=home.pk).vacant == 4


def test_no_change_is_no_step(home: Institution):
    assert change(home) is None
    assert change(home, vacancy(5, 5)) is None
    assert not Revision.objects.exists()


def test_a_figure_that_is_not_what_it_was_is_a_conflict(home: Institution):
    with pytest.raises(ConflictError) as caught:
        change(home, vacancy(9, 4), Change("name", "名称", home.name, "新名"))

    assert [(c.path, now) for c, now in caught.value.found] == [(VACANT, 5)]
    assert record(home)["name"] == home.name


def test_a_refused_step_leaves_nothing(home: Institution):
    with pytest.raises(ValidationError):
        change(home, vacancy(5, 61))

    assert record(home)["beds"][0]["vacant"] == 5
    assert not Revision.objects.exists()


def test_any_former_state_comes_back(home: Institution):
    first = record(home)
    change(home, vacancy(5, 4))
    second = record(home)
    change_record(
        home.pk,
        lambda old: old | {"beds": old["beds"][1:], "terms": None, "name": "改名", "services": []},
        by=None,
        how=Revision.How.IMPORTED,
        on=TODAY,
    )
    options = {"by": None, "how": Revision.How.RESTORED, "on": TODAY}

    assert [step.version for step in revisions_since(home, 1)] == [3, 2]
    change_record(home.pk, back_to(home, 2), **options)
    assert record(home) == second
    change_record(home.pk, back_to(home, 1), **options)
    assert record(home) == first
    assert Revision.objects.count() == 4


@pytest.mark.django_db
@settings(deadline=None, max_examples=50)
@given(data=st.data())
def test_patching_with_the_difference_gives_the_other(data):
    """Whatever two records say: from one to the other, and back."""
    base = to_record(Institution(name="某院", region_id=None))
    base["region"] = "110105"

    def some():
        made = copy.deepcopy(base)
        made["name"] = data.draw(st.sampled_from(["甲", "乙"]))
        made["takes_men"] = data.draw(st.sampled_from([None, True, False]))
        rooms = data.draw(st.sets(st.sampled_from(["single", "twin", "suite"])))
        counts = {"registered": None, "operating": None, "occupied": None, "as_of": None}
        made["beds"] = [
            counts
            | {"category": "nursing", "room": room, "as_of_precision": "day"}
            | {"vacant": data.draw(st.none() | st.integers(0, 2))}
            for room in sorted(rooms)
        ]
        terms = {"trial_days": data.draw(st.none() | st.integers(0, 2)), "refund_rule": ""}
        made["terms"] = data.draw(st.sampled_from([None, terms]))
        for row in [made["terms"]] if made["terms"] else []:
            names = ("bed_hold_rule", "prepay_months", "custody_bank", "custody_account_public")
            row |= dict.fromkeys(names)
        return made

    one, other = some(), some()
    changes = difference(one, other)

    assert difference(patch_record(one, changes), other) == []
    assert difference(patch_record(other, reverse_changes(changes)), one) == []


def test_twenty_at_once_lose_no_bed(own_database):
    """Everyone reads the vacancy, lets one elder in, and tries anew when somebody was faster."""
    home = make_institution()
    make_bed(home, category="nursing", room="twin", operating=20, occupied=0, vacant=20)
    gate = threading.Barrier(20)
    failures: list[Exception] = []

    def let_in() -> None:
        try:
            gate.wait()
            while not admitted():
                pass
        except Exception as error:  # the thread's own, told below
            failures.append(error)
        finally:
            connection.close()

    def admitted() -> bool:
        bed = home.beds.get()
        try:
            change(
                home,
                vacancy(bed.vacant, bed.vacant - 1),
                Change("beds/nursing/twin/occupied", "", bed.occupied, bed.occupied + 1),
            )
        except ConflictError:
            return False
        return True

    threads = [threading.Thread(target=let_in) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    bed = home.beds.get()
    assert failures == []
    assert (bed.occupied, bed.vacant) == (20, 0)
    assert Institution.objects.get(pk=home.pk).version == 21
    assert list(revisions_since(home, 1).values_list("version", flat=True)) == list(
        range(21, 1, -1)
    )
    assert Listing.objects.get(pk=home.pk).vacant == 0
