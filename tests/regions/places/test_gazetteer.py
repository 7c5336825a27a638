"""Regions kept in this process are those of the database, until staff change one."""

import pytest

from regions.models import Region
from regions.places.gazetteer import gazetteer
from regions.policies import rulebook as policies

pytestmark = pytest.mark.django_db


def test_nothing_changed_is_one_query_and_full_names_are_none(django_assert_num_queries):
    gazetteer()
    with django_assert_num_queries(1):  # the stamp
        assert gazetteer().regions["131082"].full_name == "河北省廊坊市三河市"


def test_a_change_by_staff_is_seen():
    gazetteer()
    Region.objects.filter(pk="131082").update(name="三河新市")
    assert gazetteer().regions["131082"].name == "三河市"
    policies.changed()
    assert gazetteer().regions["131082"].name == "三河新市"
    assert gazetteer().regions["131082"] in gazetteer().inside["131000"]
