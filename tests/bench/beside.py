"""The same answer from Datasette: facets, total and the ids of a page."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.timezone import localdate

from institutions.models import Listing
from institutions.pages.results.page import PER_PAGE
from institutions.search.filters import InstitutionFilter
from institutions.search.finder import make_finder

# As many facets as the database can be asked for without a condition for each choice.
FACETS = (
    "region_id", "kind", "ownership", "operating", "is_demo", "takes", "refuses", "rooms",
    "bed_categories", "medical", "ratings", "designated", "networked",
)  # fmt: skip
# A name, a search of ours, and the same of Datasette.
ASKED: tuple[tuple[str, dict[str, object], dict[str, object]], ...] = (
    ("everything", {}, {}),
    (
        "three filters nationwide",
        {"settles": 1, "ownership": "private", "price_max": 4_000},
        {"networked": 1, "ownership": "private", "price_from__lte": 400_000},
    ),
)


def answer(asked: dict[str, object]) -> tuple[int, int]:
    """What Datasette is asked for, of ours: the total, and how many ids the page has."""
    data = QueryDict(urlencode(asked))
    search = InstitutionFilter(data, Listing.objects.only("pk"), localdate())
    found = make_finder(search)
    counts = found.choice_counts()
    found.homes_by_place()
    return counts.total, len(found.card_rows().ids(0, PER_PAGE))


class Datasette:
    """The other process."""

    def __init__(self, process: "subprocess.Popen[str]", database: str) -> None:
        self.process, self.database = process, database
        self.version = self._read()["version"]

    def ask(self, asked: dict[str, object]) -> dict[str, Any]:
        query = urlencode(
            [("_facet", name) for name in FACETS]
            + [("_size", PER_PAGE), ("_sort_desc", "known"), ("_nosuggest", 1)]
            + list(asked.items())
        )
        assert self.process.stdin is not None
        self.process.stdin.write(f"/{self.database}/institutions_listing.json?{query}\n")
        self.process.stdin.flush()
        told = self._read()
        if told["status"] != 200 or told["facets"] != len(FACETS):
            raise RuntimeError(f"Datasette did not answer: {told}")
        return told

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        told: dict[str, Any] = json.loads(self.process.stdout.readline())
        return told


@contextmanager
def datasette(python: str, path: Path) -> Iterator[Datasette]:
    command = [python, str(Path(__file__).with_name("datasette_side.py")), str(path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            yield Datasette(process, path.stem)
        finally:
            process.terminate()
