"""The pins are whole: they are installed as they are, and nothing is looked for beside them."""

import re
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
Pins = dict[str, Requirement]


def pins(text: str) -> Pins:
    """The pinned packages that this Python on this system gets, by name."""
    lines = [line.rstrip(" \\") for line in text.splitlines() if re.match(r"[A-Za-z0-9]", line)]
    found = [Requirement(line) for line in lines]
    meant = [one for one in found if one.marker is None or one.marker.evaluate()]
    return {canonicalize_name(one.name): one for one in meant}


def all_pins() -> Pins:
    """`make test` installs both files, so the extras of both count."""
    both = pins((ROOT / "requirements.txt").read_text())
    for name, one in pins((ROOT / "requirements-dev.txt").read_text()).items():
        one.extras |= both[name].extras if name in both else set()
        both[name] = one
    return both


def wanted(pin: Requirement) -> list[Requirement]:
    """What a package asks for itself, and for each of the extras it is pinned with."""
    asked = [Requirement(text) for text in metadata.requires(pin.name) or []]
    extras = ["", *pin.extras]
    return [
        one
        for one in asked
        if one.marker is None or any(one.marker.evaluate({"extra": name}) for name in extras)
    ]


def missing(found: Pins) -> list[str]:
    """Every requirement that no pin meets: not there, without the extra, or another version."""
    lines = []
    for pin in found.values():
        for one in wanted(pin):
            held = found.get(canonicalize_name(one.name))
            if held is None:
                lines.append(f"{pin.name} asks for {one}: not pinned")
            elif one.extras - held.extras:
                lines.append(f"{pin.name} asks for {one}: pinned as {held.name} without the extra")
            elif not one.specifier.contains(version(held), prereleases=True):
                lines.append(f"{pin.name} asks for {one}: pinned is {version(held)}")
    return lines


def version(pin: Requirement) -> str:
    [exact] = pin.specifier
    assert exact.operator == "==", pin
    return exact.version


def asked_for(name: str) -> list[Requirement]:
    """The lines of a .in file."""
    lines = [line.split("#")[0].strip() for line in (ROOT / name).read_text().splitlines()]
    return [Requirement(line) for line in lines if line and not line.startswith("-")]


def test_every_requirement_of_every_pin_is_pinned():
    assert len(all_pins()) > 80
    assert missing(pins((ROOT / "requirements.txt").read_text())) == []
    assert missing(all_pins()) == []


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_what_is_asked_for_is_pinned_with_its_extras(name):
    found = pins((ROOT / f"{name}.txt").read_text())
    for one in asked_for(f"{name}.in"):
        held = found[canonicalize_name(one.name)]
        assert one.extras <= held.extras, one
        assert one.specifier.contains(version(held)), one


@pytest.mark.parametrize(
    ("taken_out", "instead", "told"),
    [
        ("coverage[toml]==", "coverage==", "pinned as coverage without the extra"),
        ("brotli==", "# ", "whitenoise asks for brotli"),
        ("pluggy==", "# ", "pytest asks for pluggy"),
        ("sqlparse==0.6", "sqlparse==0.0", "pinned is 0.0.1"),
    ],
)
def test_a_pin_or_an_extra_that_is_taken_out_is_missed(taken_out, instead, told):
    """Planted: the pins as they would be without it."""
    text = "".join(
        (ROOT / name).read_text() for name in ("requirements.txt", "requirements-dev.txt")
    )
    assert taken_out in text
    planted = pins(re.sub(rf"(?m)^{re.escape(taken_out)}", instead, text))
    assert any(told in line for line in missing(planted)), missing(planted)


@pytest.mark.parametrize("name", ["Makefile", "deploy/Dockerfile"])
def test_pins_are_installed_as_they_are_and_checked(name):
    """Where pip resolves, an extra that is not pinned is refused as soon as a release is newer."""
    text = (ROOT / name).read_text().replace("\\\n", " ")
    with_hashes = [line for line in text.splitlines() if "--require-hashes" in line]
    assert with_hashes
    assert [line for line in with_hashes if "--no-deps" not in line] == []
    assert re.search(r"(pip\b.*|\$\(PIP\)) check$", text, re.MULTILINE)
    assert "--no-strip-extras" in (ROOT / "Makefile").read_text()
