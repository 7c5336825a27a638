"""The version stands in one place; the log of changes dates it and says how to upgrade to it."""

import datetime
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HEADING = re.compile(r"## (\d+)\.(\d+)\.(\d+) - (\d{4}-\d{2}-\d{2})")
SECTIONS = ("Upgrade", "Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")


def read_versions(text: str) -> list[tuple[tuple[int, ...], datetime.date]]:
    """Return number and day of each version, newest first; ValueError says what is out of order."""
    heads = [line for line in text.splitlines() if line.startswith("## ")]
    if heads[:1] != ["## Unreleased"]:
        raise ValueError("the first section is Unreleased")
    found = []
    for head in heads[1:]:
        match = HEADING.fullmatch(head)
        if match is None:
            raise ValueError(f"neither a version nor a day: {head}")
        number = tuple(int(part) for part in match.groups()[:3])
        found.append((number, datetime.date.fromisoformat(match[4])))
    if found != sorted(found, reverse=True) or len({number for number, _ in found}) < len(found):
        raise ValueError("versions stand newest first, each once")
    return found


def changelog() -> str:
    return (ROOT / "CHANGELOG.md").read_text()


def test_the_newest_version_is_that_of_the_code(settings):
    newest = ".".join(map(str, read_versions(changelog())[0][0]))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert newest == project["version"] == settings.VERSION


def test_sections_are_those_of_keep_a_changelog_and_upgrade_stands_first():
    for version in changelog().split("\n## ")[2:]:
        sections = re.findall(r"^### (.*)$", version, re.MULTILINE)
        assert sections == [name for name in SECTIONS if name in sections]


@pytest.mark.parametrize(
    "text",
    [
        "## 1.0.0 - 2026-01-01",
        "## Unreleased\n## 1.0.0",
        "## Unreleased\n## 1.0.0 - 2026-02-30",
        "## Unreleased\n## 1.0.0 - 2026-01-01\n## 1.1.0 - 2026-02-01",
        "## Unreleased\n## 1.0.0 - 2026-01-01\n## 1.0.0 - 2025-01-01",
    ],
)
def test_a_log_out_of_order_is_refused(text: str):
    with pytest.raises(ValueError, match=r"."):
        read_versions(text)


def test_an_image_holds_the_file_that_the_version_is_read_from():
    assert "!pyproject.toml" in (ROOT / ".dockerignore").read_text().splitlines()
    assert re.search(r"^COPY .*\bpyproject\.toml\b", (ROOT / "deploy/Dockerfile").read_text(), re.M)
