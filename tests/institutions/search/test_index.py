"""The search in memory stands behind one door: without its folder the answers are the same."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from institutions.search.index import current_index

ROOT = Path(__file__).resolve().parents[3]
MEMORY = "institutions.search.memory"
ELDER = "e_hukou=110105&e_age=82&e_insured=110000&e_scheme=employee&e_ability=gbt42195%3A3"
ADDRESSES = [
    "/institutions/",
    f"/institutions/?region=131082&{ELDER}&sort=net",
    "/institutions/?region=410800&care=partial&sort=price&page=2",
    "/institutions/?q=%E5%BB%8A%E5%9D%8A%E5%85%BB%E8%80%81&need=meets_oxygen",
    "/institutions/?q=%E5%85%BB%E8%80%81&view=map",
    "/institutions/?near=131082&within=50&sort=near&price_max=3000",
    "/institutions/clusters/?zoom=6&box=110,30,120,42",
    "/institutions/suggest/?q=%E5%BB%8A",
    "/institutions.csv?region=131082",
    "/api/v1/institutions?region=131082&care=partial",
    "/api/v1/suggest?q=yan",
]
# Imports every page in a process that cannot import the folder, and asks for the index.
STARTS = f"""
import sys
sys.modules["{MEMORY}"] = None
import django
django.setup()
from django.conf import settings
from django.urls import get_resolver
del settings.FACETS
from institutions.search.index import current_index
print(len(get_resolver().url_patterns) > 10, current_index())
"""


def answers(client) -> dict[str, tuple[int, bytes]]:
    found = {}
    for address in ADDRESSES:
        response = client.get(address)
        body = b"".join(response) if response.streaming else response.content
        found[address] = (response.status_code, body)
    return found


@pytest.mark.django_db
def test_pages_answer_the_same_without_the_folder_and_its_setting(client, monkeypatch):
    assert current_index() is not None
    before = answers(client)
    assert {status for status, _ in before.values()} == {200}
    for name in [name for name in sys.modules if f"{name}.".startswith(f"{MEMORY}.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, MEMORY, None)  # importing it fails from here on
    monkeypatch.delattr("institutions.search.memory")
    with pytest.raises(ImportError):
        current_index()
    monkeypatch.delattr(django_settings, "FACETS")
    assert current_index() is None
    after = answers(client)
    assert [address for address in ADDRESSES if after[address] != before[address]] == []


def test_the_site_starts_without_the_folder():
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "carebridge.settings"}
    run = [sys.executable, "-W", "ignore", "-c", STARTS]
    started = subprocess.run(run, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert started.stdout.split() == ["True", "None"], started.stderr[-2_000:]
