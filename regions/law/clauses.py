"""Read from its headings which clause of a text each line belongs to. Standard library only."""

import re
from collections.abc import Iterator, Sequence

NUMERALS = "[一二三四五六七八九十百]+"
# Headings, widest first; each ends those of its own depth and below.
LEVELS = (
    re.compile(rf"第{NUMERALS}[条條]"),
    re.compile(rf"{NUMERALS}、"),
    re.compile(rf"[(（]{NUMERALS}[)）]"),
    re.compile(r"\d{1,2}(?:、|[.．](?!\d))"),
    re.compile(r"[(（]\d{1,2}[)）]"),
)
CHAPTER = re.compile(rf"第{NUMERALS}[章节節]")
ENDINGS = "。；;，,：:！!？?"
LONGEST_HEADING = 40


def clauses(lines: Sequence[str]) -> list[str]:
    """Return the clause of each line: 三、3 or 第三条（一）2; empty before the first clause."""
    return list(_walk(lines))


def _walk(lines: Sequence[str]) -> Iterator[str]:
    open_headings: dict[int, str] = {}
    for line in lines:
        if CHAPTER.match(line):
            open_headings.clear()
        for depth, pattern in enumerate(LEVELS):
            if found := pattern.match(line):
                open_headings = {d: h for d, h in open_headings.items() if d < depth}
                open_headings[depth] = _written(found[0], depth)
                break
        yield "".join(open_headings[depth] for depth in sorted(open_headings))


def _written(heading: str, depth: int) -> str:
    """One spelling for each depth: （一） with wide brackets, 3 without its point."""
    match depth:
        case 2 | 4:
            return f"（{heading[1:-1]}）"
        case 3:
            return heading[:-1]
    return heading


def is_heading(line: str) -> bool:
    """Return whether a line is a title or heading: short, and no sentence."""
    return len(line) <= LONGEST_HEADING and line[-1:] not in ENDINGS
