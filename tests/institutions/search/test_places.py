"""The region tree: groups, provinces, and what lies in the chosen places."""

import pytest

from institutions.search import places

pytestmark = pytest.mark.django_db


def shape(node: places.Node) -> dict[str, list]:
    return {node.place.value: [shape(child) for child in node.children]}


def test_tree_starts_with_groups_and_shows_provinces_closed():
    tree = [shape(node) for node in places.load_places([]).tree]
    assert tree[0] == {"jing-jin-ji": [{"110000": []}, {"120000": []}, {"130000": []}]}
    assert tree[1] == {"huan-jing": []}
    assert {"500000": []} in tree
    assert len(tree) == 2 + 34 - 3


def test_chosen_county_opens_the_way_down_to_it():
    jing_jin_ji = places.load_places(["131082"]).tree[0]
    hebei = jing_jin_ji.children[2]
    assert "131000" in [child.place.value for child in hebei.children]
    langfang = next(child for child in hebei.children if child.place.value == "131000")
    assert "131082" in [child.place.value for child in langfang.children]
    assert all(child.children == () for child in jing_jin_ji.children[:2])


def test_narrowest_drops_what_a_chosen_place_narrows_down():
    chosen = places.load_places(["jing-jin-ji", "130000", "131082", "500000"])
    assert [place.value for place in chosen.narrowest()] == ["131082", "500000"]


def test_group_inside_a_group_narrows_it():
    chosen = places.load_places(["jing-jin-ji", "huan-jing"])
    assert [place.value for place in chosen.narrowest()] == ["huan-jing"]


def test_former_code_stands_for_its_successor():
    found = places.load_places(["500112"])
    assert [place.value for place in found.chosen] == ["500157"]
    assert found.former == ("500112",)


@pytest.mark.parametrize(
    "value", ["999999", "河北", "", "\0", "1310821", "x" * 500, "１３１０８２"]
)
def test_unknown_values_choose_nothing(value):
    found = places.load_places([value])
    assert found.chosen == ()
    assert found.former == ()


def test_a_former_code_that_leads_nowhere_is_unknown():
    found = places.load_places(["110100"])
    assert found.chosen == ()
    assert found.former == ()


def test_many_values_cost_no_more_queries(django_assert_num_queries):
    places.load_places([])
    with django_assert_num_queries(1):  # whether any region changed
        places.load_places(["131082", "410800", "110105", "huan-jing"])
    with django_assert_num_queries(3):  # and the former code and its successor
        places.load_places(["131082", "500105"])


def test_homes_are_counted_for_any_place():
    homes = places.HomesByRegion({"131082": 3, "131003": 2, "110105": 5, "500157": 1})
    tree = places.load_places(["131000"])
    assert homes.count_in(tree.all["131082"]) == 3
    assert homes.count_in(tree.all["131000"]) == 5
    assert homes.count_in(tree.all["jing-jin-ji"]) == 10
    assert homes.count_in(tree.all["huan-jing"]) == 5
    assert homes.count_in(tree.all["410000"]) == 0
    assert places.HomesByRegion({}).count_in(tree.all["131000"]) == 0
