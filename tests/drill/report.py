"""What the drill found, as figures and as docs/reliability.md."""

import datetime
import os
import platform
from typing import Any

from .load import Load, longest_gap, quantile, statuses

INTRO = """# What happens when something fails

Written by `make drill` on {day}: {minutes:g} minutes on one machine ({cores} cores, Python
{python}) with two PostgreSQL servers, every commit waiting for the replica, gunicorn with 2
workers, and Redis as the cache. {readers} readers opened pages of every kind, one after another,
and tried once more after a second where they got no page; {writers} writers sent corrections and
never tried again. All of them ran on the cores of the site and of both databases.

"""
# Between these marks people write, and a drill leaves it as it is.
BEGIN, END = "<!-- written by hand -->", "<!-- end of what is written by hand -->"
WORDS = {
    "requests": "pages asked for",
    "first": "of these, answered with a fault or not at all at the first try",
    "kinds": "which faults",
    "second": "still without a page after the second try",
    "old": "answered with a kept page that says how old it is",
    "median": "median, seconds",
    "p99": "99 of 100 sooner than, seconds",
    "gap": "longest time in which no reader got a page, seconds",
    "writes": "corrections sent",
    "write_kinds": "faults of those",
    "acknowledged": "acknowledged to their senders",
    "found": "of these, found in the database afterwards",
    "lost": "acknowledged and lost",
    "write_gap": "longest time in which no correction was taken, seconds",
    "unsaid": "kept although the sender was not told so",
    "import_seconds": "the import took, seconds",
    "import_rows": "homes it added",
}


def figures(
    load: Load,
    happened: list[tuple[float, str]],
    until: float,
    kept: set[str],
    imported: dict[str, float],
    missing: list[str],
) -> dict[str, Any]:
    told = set(load.acknowledged)
    seconds = [answer.seconds for answer in load.reads if answer.good]
    return {
        "requests": len(load.reads),
        "first": sum(not answer.good for answer in load.reads),
        "kinds": statuses(load.reads),
        "second": sum(not answer.good for answer in load.retried),
        "old": sum(answer.old for answer in load.reads),
        "median": round(quantile(seconds, 0.5), 3),
        "p99": round(quantile(seconds, 0.99), 2),
        "gap": round(longest_gap([*load.reads, *load.retried], until), 1),
        "writes": len(load.writes),
        "write_kinds": statuses(load.writes),
        "acknowledged": len(told),
        "found": len(told & kept),
        "lost": len(told - kept),
        "write_gap": round(longest_gap(load.writes, until), 1),
        "unsaid": len(kept - told),
        "import_seconds": round(imported.get("seconds", 0)),
        "import_rows": int(imported.get("after", 0) - imported.get("before", 0)),
        "happened": [_act(at, text, load, happened, until) for at, text in happened],
        "missing": missing,
    }


def _act(
    at: float, text: str, load: Load, happened: list[tuple[float, str]], until: float
) -> dict[str, Any]:
    """What readers noticed between this and the next event."""
    end = min((other for other, _ in happened if other > at), default=until)
    reads = [a for a in load.reads if at <= a.at < end]
    writes = [a for a in load.writes if at <= a.at < end]
    return {
        "at": round(at),
        "what": text,
        "reads": len(reads),
        "faults": sum(not a.good for a in reads),
        "slowest": round(max((a.seconds for a in reads), default=0), 1),
        "writes": f"{sum(a.good for a in writes)} of {len(writes)}",
    }


def page(
    found: dict[str, Any], day: datetime.date, minutes: float, readers: int, writers: int
) -> str:
    head = INTRO.format(
        day=day, minutes=minutes, cores=os.cpu_count(), python=platform.python_version(),
        readers=readers, writers=writers,
    )  # fmt: skip
    heads = ("Second", "What happened", "Pages until the next", "Faults", "Slowest, s", "Taken")
    lines = [f"| {' | '.join(heads)} |"]
    lines += ["|---:|---|---:|---:|---:|---:|"]
    lines += [
        f"| {act['at']} | {act['what']} | {act['reads']} | {act['faults']} | {act['slowest']}"
        f" | {act['writes']} |"
        for act in found["happened"]
    ]
    table = ["| Figure | |", "|---|---:|"]
    table += [f"| {words} | {found[name]} |" for name, words in WORDS.items()]
    left_out = "".join(f"\nNot tried here: {what}." for what in found["missing"])
    outro = OUTRO.format(by_hand=f"{BEGIN}\n{END}")
    return head + "\n".join([*lines, "", *table]) + "\n" + left_out + outro


def keep_by_hand(page: str, before: str) -> str:
    """Return the new page with everything that stands between the marks of the one before.

    Raises `ValueError` where a mark of the page before has no partner: nothing is guessed.
    """
    if before.count(BEGIN) != before.count(END):
        raise ValueError(f"{BEGIN} and {END} must stand in pairs.")
    parts = [part.partition(END)[0].strip("\n") for part in before.split(BEGIN)[1:]]
    kept = "".join(f"\n{part}\n\n" for part in parts if part)
    return page.replace(f"{BEGIN}\n{END}", f"{BEGIN}\n{kept}{END}")


OUTRO = """
While the primary is gone, readers go on from the replica and nothing can be written: a correction
is answered with 503. It ends when somebody, or a tool such as Patroni, promotes the replica; the
site finds the server that takes writes by itself. A write that was under way when the server died
may have been kept although its sender was not told; it is counted above.

{by_hand}
"""
