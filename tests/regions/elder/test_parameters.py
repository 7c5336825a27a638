"""Which parameters describe a family, and that all who must keep them private ask in one place."""

import re
from pathlib import Path

from institutions.search.filters import InstitutionFilter
from regions.elder.form import ElderForm
from regions.elder.parameters import is_of_family
from regions.places.anchors import AnchorForm

ROOT = Path(__file__).resolve().parents[3]


def test_every_field_of_the_elder_and_every_place_describes_a_family():
    assert all(map(is_of_family, [*ElderForm.base_fields, *AnchorForm.base_fields, "e_unknown"]))


def test_a_search_describes_nobody_but_by_its_places():
    places = {name for name in InstitutionFilter.base_filters if is_of_family(name)}
    assert places == {*AnchorForm.base_fields}


def test_the_beginning_of_their_names_is_written_once():
    packages = ("carebridge", "regions", "institutions")
    files = [path for name in packages for path in (ROOT / name).rglob("*.py")]
    found = [path for path in files if re.search(r"[\"']e_[\"']", path.read_text())]
    assert found == [ROOT / "regions/elder/parameters.py"]
