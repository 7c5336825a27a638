"""One database measured, a line of JSON for each kind of page: `python -m tests.bench.measure`."""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils.timezone import localdate  # noqa: E402

from institutions.models import Institution, Listing  # noqa: E402
from institutions.register.listings import refresh  # noqa: E402
from institutions.search.memory import snapshot as bitmap_index  # noqa: E402

from . import addresses, agreement, beside  # noqa: E402
from .addresses import SUGGEST, URL, Kind  # noqa: E402
from .clock import Taken, ask, summary, timed, watched  # noqa: E402
from .floor import captured, constant, rendered  # noqa: E402

Told = dict[str, Any]
WARM_UP = 3
# Kinds that are asked of the plain ORM as well, and how often.
BY_ORM = {
    "everything",
    "three filters nationwide",
    "养老, in half of all names",
    "net cost, new elder",
}
ORM_RUNS = 5
# Seconds for what is only there to be compared with.
PATIENCE = 10


def load() -> float:
    """Wait for the bitmaps; how many milliseconds they took."""
    started = time.perf_counter()
    while bitmap_index.current() is None:
        time.sleep(0.005)
    return (time.perf_counter() - started) * 1_000


def forget() -> None:
    """Drop the answers that this worker keeps, as a change would."""
    if bitmaps := bitmap_index.current():
        bitmaps._kept.cache_clear()
        bitmaps._in_order.cache_clear()
        bitmaps._held.clear()
        bitmaps.first_holding.cache_clear()


def of_kind(kind: Kind, runs: int, orm: bool = True) -> Told:
    """Pages of one kind and their floor, by turns."""
    for number in range(WARM_UP):
        ask(kind.address(runs + number))
    address = kind.address(0)
    with captured() as seen:
        page = ask(address, "identity")
    template, context = seen[0]
    known = {name: constant(value) for name, value in context.items()}
    with rendered(template, known):
        if ask(address, "identity") != page:
            raise RuntimeError("the floor is another page")
    pages, floors = [], []
    for number in range(runs):
        address = kind.address(number + 1)
        if kind.forget:
            forget()
        pages.append(timed(lambda: ask(address)))  # noqa: B023  called at once
        with rendered(template, known):
            floors.append(timed(lambda: ask(address)))  # noqa: B023
    told = {"page": summary(pages), "floor": summary(floors), "bytes": len(page)}
    if orm and kind.name in BY_ORM:
        told["orm"] = by_orm(kind, min(runs, ORM_RUNS))
    return told


def by_orm(kind: Kind, runs: int) -> Told:
    settings.FACETS = "orm"
    try:
        ask(kind.address(runs))
        return summary(patiently(lambda n: timed(lambda: ask(kind.address(n))), runs))
    finally:
        settings.FACETS = "bitmaps"


def patiently(turn: Callable[[int], Taken], runs: int) -> Iterator[Taken]:
    """So many turns, or fewer of what is slow: three at least."""
    started = time.monotonic()
    for number in range(runs):
        if number >= 3 and time.monotonic() - started > PATIENCE:
            return
        yield turn(number)


def kinds(runs: int, only: str, orm: bool = True) -> Iterator[Told]:
    for kind in addresses.pages():
        if only in kind.name or only == kind.group:
            named = {"what": "page", "name": kind.name, "group": kind.group, "most": kind.most}
            yield named | attempted(lambda: of_kind(kind, runs, orm))  # noqa: B023


def attempted(work: Callable[[], Told]) -> Told:
    """One kind that fails is told; the others are measured still."""
    try:
        return work()
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"[:300]}


def after_writes(runs: int) -> Told:
    """The first page after a home was changed by somebody else."""
    ids = list(Listing.objects.order_by("pk").values_list("pk", flat=True)[: runs + 1])
    taken: list[Taken] = []
    for number, pk in enumerate(ids):
        kind = Institution.Kind.values[number % len(Institution.Kind.values)]
        Institution.objects.filter(pk=pk).update(kind=kind)
        refresh([pk], localdate())
        taken.append(timed(lambda: ask(URL)))
    return {"page": summary(taken[1:])}


def suggestions(runs: int) -> Iterator[Told]:
    for name, text in addresses.suggested():

        def ask_all(name: str = name, text: Callable[[int], str] = text) -> Told:
            ask(f"{SUGGEST}?q={text(runs)}")
            taken = []
            for number in range(runs):
                if "asked before" not in name and (bitmaps := bitmap_index.current()):
                    bitmaps.first_holding.cache_clear()
                taken.append(timed(lambda: ask(f"{SUGGEST}?q={text(number)}")))  # noqa: B023
            return {"page": summary(taken)}

        yield {"what": "suggestion", "name": name} | attempted(ask_all)


def clusters(runs: int) -> Iterator[Told]:
    """What a map is told as it is moved."""
    url = reverse("clusters")
    for name, part in addresses.looked_at():

        def ask_all(part: Callable[[int], addresses.Pairs] = part) -> Told:
            asked = [f"{url}?{urlencode(part(n))}" for n in range(runs)]
            taken = [timed(lambda: ask(address)) for address in asked]  # noqa: B023
            return {"page": summary(taken), "bytes": max(len(ask(a, "identity")) for a in asked)}

        yield {"what": "clusters", "name": name} | attempted(ask_all)


def answers(runs: int, python: str, path: Path) -> Iterator[Told]:
    """Facets, total and ids of a page, by turns with Datasette where there is one."""
    other = beside.datasette(python, path) if python else nullcontext()
    with other as datasette:
        for name, ours, theirs in beside.ASKED:
            told: Told = {"what": "answer", "name": name}
            yield told | attempted(lambda: _by_turns(datasette, ours, theirs, runs))  # noqa: B023


def _by_turns(datasette: Any, ours: Any, theirs: Any, runs: int) -> Told:
    total, _ = beside.answer(ours)
    others: list[Taken] = []

    def turn(number: int) -> Taken:
        if datasette:
            answer = datasette.ask(theirs)
            if answer["total"] != total:
                raise RuntimeError(f"Datasette finds {answer['total']}, not {total}")
            others.append(Taken(answer["wall"], answer["cpu"], 0, 0))
        return timed(lambda: beside.answer(ours))

    mine = list(patiently(turn, runs))
    told: Told = {"page": summary(mine), "total": total}
    return told | (
        {"datasette": summary(others), "version": datasette.version} if datasette else {}
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--only", default="", help="kinds whose name holds this, or of this group")
    parser.add_argument(
        "--no-orm", dest="orm", action="store_false", help="without the plain ORM, which is slow"
    )
    parser.add_argument("--datasette", default="", help="the Python that has Datasette")
    parser.add_argument("--sqlite", type=Path, help="the file that Datasette is asked about")
    options = parser.parse_args()
    say({"what": "load", "wall": load(), "rows": Listing.objects.count()})
    with watched():
        for told in kinds(options.runs, options.only, options.orm):
            say(told)
        if options.only:
            return
        for told in suggestions(options.runs):
            say(told)
        for told in clusters(options.runs):
            say(told)
        say({"what": "write"} | attempted(lambda: after_writes(options.runs)))
        searches = agreement.SEARCHES
        say({"what": "digest", "searches": searches, "digest": agreement.digest()})
        for told in answers(options.runs, options.datasette, options.sqlite):
            say(told)


def say(told: Told) -> None:
    print(json.dumps(told, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
