"""What was measured, as the tables of docs/performance.md; what is written by hand there stays."""

import os
import platform
import sqlite3
import subprocess
import time
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

Told = dict[str, Any]
BEGIN, END = "<!-- measured -->\n", "<!-- end of what was measured -->\n"
EMPTY = f"# Performance\n\n{BEGIN}{END}"
# What is no page with a floor.
OTHERS = {
    "suggestion": "suggestion",
    "clusters": "part of a map",
    "write": "the first page after a change",
    "answer": "facets, total and ids",
}
# The size that the targets are about, and how many times more ten times as many may take.
MIDDLE, LARGE, MOST_GROWTH, MOST_MEMORY = 41_000, 410_000, 4, 200
# A load of more than this is not ours alone.
BUSY = 1.8
MOST_P95, LEAST_FASTER, MOST_SUGGESTION, MOST_KILOBYTES = 2, 50, 15, 40


class Part(Protocol):
    engine: str
    rows: int
    told: list[Told]
    error: str

    @property
    def name(self) -> str: ...


def write(path: Path, parts: list[Part], runs: int, seconds: float) -> None:
    text = path.read_text() if path.exists() else EMPTY
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    measured = "\n".join(_measured(sorted(parts, key=lambda p: (p.rows, p.engine)), runs, seconds))
    path.write_text(f"{before}{BEGIN}\n{measured}\n{END}{after}")


def _measured(parts: list[Part], runs: int, seconds: float) -> Iterator[str]:
    yield from _circumstances(parts, runs, seconds)
    yield "\n## The targets\n"
    yield from _table(("target", "where", "most", "found", ""), _targets(parts))
    for part in parts:
        if part.error:
            yield f"\n**{part.name} was not measured to the end**: {part.error}\n"
    for part in parts:
        if part.rows and part.told:
            yield f"\n## {part.name}\n"
            yield from _of(part)
    yield "\n## Memory of one worker\n"
    yield from _table(("database", "homes", "MB", "more than with none"), _memory(parts))


def _circumstances(parts: list[Part], runs: int, seconds: float) -> Iterator[str]:
    beside = next((t["version"] for p in parts for t in p.told if t.get("version")), "none")
    now, _, before = os.getloadavg()
    named = ("Django", "pyroaring", "psycopg2-binary")
    yield f"Measured on {time.strftime('%Y-%m-%d')} in {seconds / 60:.0f} minutes,"
    yield f"{runs} requests of each kind at {MIDDLE:,} homes, fewer at other sizes."
    yield ""
    yield f"- {_processor()}, {os.cpu_count()} cores; load {before:.1f}, at the end {now:.1f}."
    yield f"- Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {_postgres()},"
    yield f"  {', '.join(f'{name} {version(name)}' for name in named)}, Datasette {beside}."
    if before > BUSY:
        yield "- **Others used the machine meanwhile.** Page and floor take turns, so ratios hold"
        yield "  roughly; times do not, and p95 least of all."


def _processor() -> str:
    try:
        rows = Path("/proc/cpuinfo").read_text().splitlines()
        return next(row.split(": ")[1] for row in rows if row.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _postgres() -> str:
    from tests.run import postgres_programs

    folder = postgres_programs()
    if folder is None:
        return "no PostgreSQL"
    program = [str(folder / "postgres"), "--version"]
    told = subprocess.run(program, capture_output=True, text=True).stdout.split()
    return f"PostgreSQL {told[2]}" if len(told) > 2 else "PostgreSQL"


def _table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    heads = list(heads)
    yield _row(heads)
    yield _row("---" for _ in heads)
    for row in rows:
        yield _row(map(str, row))


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _of(part: Part) -> Iterator[str]:
    """The pages of one database, then what is no page with a floor."""
    heads = (
        "page",
        "ms",
        "p95",
        "CPU ms",
        "in SQL",
        "queries",
        "floor",
        "of floor",
        "CPU of floor",
        "plain ORM",
        "KB",
    )
    yield from _table(heads, (_page(told) for told in part.told if told["what"] == "page"))
    yield ""
    yield from _table(
        ("beside pages", "ms", "p95", "CPU ms", "in SQL", "queries", "Datasette", "faster"),
        (
            _other(t)
            for t in part.told
            if t["what"] in ("suggestion", "clusters", "write", "answer")
        ),
    )
    for told in part.told:
        if told["what"] == "load":
            seconds = told["wall"] / 1_000
            yield f"\nBitmaps of {told['rows']:,} homes are loaded in {seconds:.1f} s, in a thread."


def _page(told: Told) -> list[str]:
    if "error" in told:
        return [told["name"], told["error"], *[""] * 9]
    page, floor = told["page"], told["floor"]
    return [
        told["name"],
        *_times(page),
        f"{floor['wall']:.1f}",
        f"**{page['wall'] / floor['wall']:.2f}**",
        f"{page['cpu'] / floor['cpu']:.2f}",
        f"{told['orm']['wall']:,.0f}" if "orm" in told else "",
        f"{told['bytes'] / 1024:.0f}",
    ]


def _other(told: Told) -> list[str]:
    names = {
        "suggestion": "suggestion: ",
        "clusters": "part of a map: ",
        "answer": "facets, total and ids: ",
    }
    name = names.get(told["what"], "the first page after a change") + told.get("name", "")
    if "error" in told:
        return [name, told["error"], *[""] * 6]
    other = told.get("datasette")
    beside = (
        [f"{other['wall']:.0f}", f"{other['wall'] / told['page']['wall']:.0f} ×"]
        if other
        else ["", ""]
    )
    return [name, *_times(told["page"]), *beside]


def _times(page: Told) -> list[str]:
    return [
        *(f"{page[name]:.1f}" for name in ("wall", "p95", "cpu", "sql")),
        f"{page['queries']:.0f}",
    ]


def _memory(parts: list[Part]) -> Iterator[list[str]]:
    for part in parts:
        if (weight := _weight(part)) is not None:
            more = _more_memory(part, parts)
            yield [part.engine, f"{part.rows:,}", f"{weight:.0f}", f"{more:.0f}" if more else ""]


def _weight(part: Part) -> float | None:
    return next((told["megabytes"] for told in part.told if told["what"] == "memory"), None)


def _more_memory(part: Part, parts: list[Part]) -> float | None:
    """How much more a worker weighs than over no homes at all."""
    weight = _weight(part)
    none = next((_weight(p) for p in parts if p.engine == part.engine and not p.rows), None)
    return None if weight is None or none is None or not part.rows else weight - none


# The targets: each with the worst that was found


def _targets(parts: list[Part]) -> Iterator[list[str]]:
    sizes = [part.rows for part in parts if part.rows <= MIDDLE]
    for part in parts:
        if part.told and part.rows and part.rows == max(sizes):
            yield from _of_pages(part)
            yield from _of_others(part)
    yield from _growth(parts)
    yield from _agreement(parts)


def _agreement(parts: list[Part]) -> Iterator[list[str]]:
    """Whether the databases of one size found the same in the same order."""
    told = [(part, t) for part in parts for t in part.told if t["what"] == "digest"]
    for rows in dict.fromkeys(part.rows for part, _ in told):
        found = [t for part, t in told if part.rows == rows]
        if len(found) > 1:
            same = len({t["digest"] for t in found}) == 1
            searches = f"{found[0]['searches']} searches, SQLite and PostgreSQL, {rows:,} homes"
            met = "met" if same else "**missed**"
            yield ["same ids, same order", searches, "all", "all" if same else "not all", met]


def _of_pages(part: Part) -> Iterator[list[str]]:
    for group, most in dict.fromkeys((t["group"], t["most"]) for t in _pages(part)):
        told = [t for t in _pages(part) if (t["group"], t["most"]) == (group, most)]
        worst = max(told, key=_of_floor)
        yield _target(
            f"{group}, median", f"{part.name}: {worst['name']}", most, _of_floor(worst), "× floor"
        )
        if group == "results":
            worst = max(told, key=_p95)
            yield _target(
                f"{group}, p95", f"{part.name}: {worst['name']}", MOST_P95, _p95(worst), "× floor"
            )


def _of_others(part: Part) -> Iterator[list[str]]:
    suggested = [t for t in part.told if t["what"] == "suggestion" and "page" in t]
    if suggested:
        worst = max(suggested, key=lambda t: t["page"]["wall"])
        name = f"{part.name}: {worst['name']}"
        yield _target("suggestion, median", name, MOST_SUGGESTION, worst["page"]["wall"], "ms")
    clusters = [t for t in part.told if t["what"] == "clusters" and "page" in t]
    if clusters:
        worst = max(clusters, key=lambda t: t["bytes"])
        name, size = f"{part.name}: {worst['name']}", worst["bytes"] / 1024
        yield _target("part of a map, size", name, MOST_KILOBYTES, size, "KB")
    for told in part.told:
        if told["what"] == "answer" and "datasette" in told:
            faster = told["datasette"]["wall"] / told["page"]["wall"]
            met = (
                "met"
                if faster >= LEAST_FASTER
                else f"**missed: {faster / LEAST_FASTER:.0%} of it**"
            )
            name = f"{part.name}: {told['name']}"
            yield [
                "facets, total, ids",
                name,
                f"≥ {LEAST_FASTER} × Datasette",
                f"{faster:.0f} ×",
                met,
            ]


def _growth(parts: list[Part]) -> Iterator[list[str]]:
    for part in parts:
        small = next((p for p in parts if (p.engine, p.rows) == (part.engine, MIDDLE)), None)
        if part.rows != LARGE or small is None:
            continue
        before = {(t["what"], t.get("name")): t["page"]["wall"] for t in small.told if "page" in t}
        grown = [
            (t["page"]["wall"] / before[key], t.get("name", "the first page after a change"))
            for t in part.told
            if "page" in t and (key := (t["what"], t.get("name"))) in before
        ]
        if grown:
            times, name = max(grown)
            yield _target("growth", f"{part.name}: {name}", MOST_GROWTH, times, f"× {MIDDLE:,}")
        if more := _more_memory(part, parts):
            yield _target("memory", part.name, MOST_MEMORY, more, "MB more than empty")


def _pages(part: Part) -> list[Told]:
    return [told for told in part.told if told["what"] == "page" and "page" in told]


def _of_floor(told: Told) -> float:
    return float(told["page"]["wall"] / told["floor"]["wall"])


def _p95(told: Told) -> float:
    return float(told["page"]["p95"] / told["floor"]["wall"])


def _target(name: str, where: str, most: float, found: float, unit: str) -> list[str]:
    met = "met" if found <= most else f"**missed by {found / most - 1:.0%}**"
    return [name, where, f"≤ {most:g} {unit}", f"{found:.2f}", met]
