"""Draw twenty behaviours of one commit, and the names a reader may guess their places from.

    python -m tests.where_is_it behaviours [COMMIT] > asked.txt   what to ask, fixed by the commit
    python -m tests.where_is_it names [COMMIT]                    all that the reader is given
    python -m tests.where_is_it verify asked.txt                  whether the list is the one drawn

Behaviours are the entries of CHANGELOG.md and the titles of public pages, as they stand in the
commit. Whoever asks cannot choose among them: they are ordered by a hash of the commit's id and
their text, and the first twenty are asked, in that order.
"""

import argparse
import hashlib
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MOST = 20
PAGES = "templates/public/"
TITLE = re.compile(r"\{%-?\s*block title\s*-?%\}(.*?)\{%-?\s*endblock", re.DOTALL)
# Each tag of a title, and what stands for it in words.
WORDS_FOR = (
    (re.compile(r"\{%-?\s*el(?:se|if)\b.*?%\}", re.DOTALL), " / "),
    (re.compile(r"\{%.*?%\}", re.DOTALL), ""),
    (re.compile(r"\{\{.*?\}\}", re.DOTALL), "…"),
)
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
CHINESE = re.compile(r"[\u4e00-\u9fff]{2}")
# What stands above a behaviour in the log and is none.
NO_BEHAVIOUR = "### Upgrade"
# Where product code, and what its readers see, is looked for.
ASKED_FOR = ("carebridge/", "regions/", "institutions/", "templates/", "static/", "deploy/")


def git(*arguments: str, root: Path = ROOT) -> str:
    """Return what git prints; CalledProcessError where it refuses."""
    run = subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True)
    return run.stdout.decode()


def entries(changelog: str) -> list[str]:
    """Return the first sentence of each entry of the log, without its steps of upgrades."""
    found = []
    for section in re.split(r"(?m)^(?=#{2,3} )", changelog):
        if not section.startswith(NO_BEHAVIOUR):
            parts = re.split(r"(?m)^- ", section)[1:]
            found += [" ".join(part.split("\n\n")[0].split()) for part in parts]
    return [re.split(r"(?<=[.;])\s|(?<=[。；])", LINK.sub(r"\1", one))[0] for one in found]


def titles(templates: Iterable[str]) -> list[str]:
    """Return the title of each page in words, … where it names what the page is about."""
    found = []
    for template in templates:
        if match := TITLE.search(template):
            words = match[1].strip()
            for tag, instead in WORDS_FOR:
                words = tag.sub(instead, words)
            if CHINESE.search(words):
                found.append(f"the page “{words}”")
    return found


def draw(candidates: Iterable[str], seed: str, most: int = MOST) -> list[str]:
    """Return `most` of the candidates by the hash of seed and text, whatever order they come in."""

    def key(text: str) -> str:
        return hashlib.sha256(f"{seed}\n{text}".encode()).hexdigest()

    return sorted(set(candidates), key=key)[:most]


def behaviours(commit: str, root: Path = ROOT) -> list[str]:
    """Return what is asked about the commit, first line first."""
    paths = git("ls-tree", "-r", "--name-only", commit, PAGES, root=root).splitlines()
    pages = [git("show", f"{commit}:{path}", root=root) for path in paths]
    log = git("show", f"{commit}:CHANGELOG.md", root=root)
    return draw([*entries(log), *titles(pages)], commit)


def listed(commit: str, root: Path = ROOT) -> str:
    """Return the list as it is kept: the commit's whole id, then each behaviour with its number."""
    commit = git("rev-parse", "--verify", f"{commit}^{{commit}}", root=root).strip()
    lines = [f"{n}. {one}" for n, one in enumerate(behaviours(commit, root), 1)]
    return "\n".join([f"commit {commit}", *lines, ""])


def names(commit: str, root: Path = ROOT) -> list[str]:
    """Return the paths of product files; migrations tell nothing and are many."""
    paths = git("-c", "core.quotePath=off", "ls-tree", "-r", "--name-only", commit, root=root)
    return [
        path
        for path in paths.splitlines()
        if path.startswith(ASKED_FOR) and "/migrations/" not in path
    ]


def is_drawn(text: str, root: Path = ROOT) -> bool:
    """Return whether a kept list is, line by line, the one that its own commit draws."""
    match = re.match(r"commit ([0-9a-f]{40})\n", text)
    return match is not None and text == listed(match[1], root)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb in ("behaviours", "names"):
        verbs.add_parser(verb).add_argument("commit", nargs="?", default="HEAD")
    verbs.add_parser("verify").add_argument("list", type=Path)
    chosen = parser.parse_args()
    if chosen.verb == "behaviours":
        print(listed(chosen.commit), end="")
    elif chosen.verb == "names":
        print(*names(chosen.commit), sep="\n")
    elif not is_drawn(chosen.list.read_text()):
        print("This is not the list that its commit draws.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
