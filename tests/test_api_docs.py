"""docs/api.md and the OpenAPI document name the same addresses, and what the first shows works."""

import re
from pathlib import Path

import pytest

from carebridge.api.openapi import document

TEXT = (Path(__file__).resolve().parent.parent / "docs/api.md").read_text()


def test_the_table_lists_every_address():
    listed = re.findall(r"^\| `([^`]+)` \|", TEXT, re.M)
    assert listed == list(document()["paths"])


@pytest.mark.django_db
def test_every_address_that_is_shown_works(client):
    said = [line for line in TEXT.splitlines() if not line.startswith("|")]
    shown = re.findall(r"`(/api/[^`]*)`", "".join(said))
    assert len(shown) > 3
    assert [path for path in shown if client.get(path).status_code != 200] == []


def test_every_code_of_a_lack_is_explained():
    schemas = document()["components"]["schemas"]
    codes = schemas["Price"]["properties"]["lack"]
    offered = [code for part in codes.get("oneOf", [codes]) for code in part.get("enum", ())]
    assert offered
    assert [code for code in offered if code and f"`{code}`" not in TEXT] == []
